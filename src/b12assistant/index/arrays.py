"""Write arrays as a safetensors file, and read them as views of its bytes.

The library writes the file. It is read here because the library would copy each array: a view of a mapped file takes no
memory of the process's own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.store import Data

_TYPES = {"I8": np.int8, "U8": np.uint8, "I32": np.int32, "I64": np.int64, "F32": np.float32}


def save_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the file that holds ``arrays`` by name."""
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def read_arrays(data: Data, file: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file as read-only views. Raises ``IndexDamagedError``, which names ``file``."""
    try:
        begin = 8 + int.from_bytes(data[:8], "little")
        facts = json.loads(bytes(data[8:begin]))
        return {
            name: np.frombuffer(
                data, _TYPES[fact["dtype"]], math.prod(fact["shape"]), begin + fact["data_offsets"][0]
            ).reshape(fact["shape"])
            for name, fact in facts.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamagedError(f"{file} cannot be read", hint=REBUILD) from error
