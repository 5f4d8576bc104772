"""Give a mean its interval, and write reports. Intervals are percentiles of a bootstrap over questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.data_files import replace_file
from b12assistant.errors import DatasetError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

SEED = 20_261_120
SAMPLES = 10_000


def write_whole(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all. Raises ``DatasetError``."""
    try:
        replace_file(path, text.encode())
    except OSError as error:
        why = f"{path} cannot be written ({error.strerror})"
        raise DatasetError(why, hint="name a file in a folder you can write to") from error


def interval(values: Sequence[float] | Values, samples: int = SAMPLES) -> dict[str, float]:
    """Return the ``mean``, the ends ``low`` and ``high`` of its 95 % bootstrap interval, and ``n``."""
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(SEED)
    means = [rng.choice(sample, (samples // 10, len(sample))).mean(axis=1) for _ in range(10)]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return {"mean": float(sample.mean()), "low": float(low), "high": float(high), "n": len(sample)}
