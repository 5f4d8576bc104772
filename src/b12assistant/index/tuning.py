"""Tune the pinned encoder to the subject, by changes that `benchmarks/fit_encoder.py` learned (decision 28)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.errors import EncoderError
from b12assistant.protocols import Encoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FILE = "data/encoder/retrieval.npz"


@dataclass(frozen=True, eq=False)
class LowRank(Mapping[str, "Floats"]):
    """A change for each named weight, multiplied out of two thin matrices when it is read: whole, all take 42 MB."""

    thin: Mapping[str, tuple[Floats, Floats]]

    def __getitem__(self, name: str) -> Floats:
        down, up = self.thin[name]
        return np.ascontiguousarray((down @ up).T)

    def __iter__(self) -> Iterator[str]:
        return iter(self.thin)

    def __len__(self) -> int:
        return len(self.thin)


def parse_low_rank(arrays: Mapping[str, NDArray[np.float16]]) -> LowRank:
    """Take the arrays ``NAME/down`` (n, rank) and ``NAME/up`` (rank, m); others are passed over."""
    names = [key.removesuffix("/down") for key in arrays if key.endswith("/down")]
    return LowRank({n: (arrays[f"{n}/down"].astype(np.float32), arrays[f"{n}/up"].astype(np.float32)) for n in names})


@lru_cache(maxsize=1)
def _shipped() -> tuple[str, str, LowRank]:
    """Return the digest of the weights it was fitted on, that of the file, and the changes."""
    try:
        data = resources.files("b12assistant").joinpath(FILE).read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return str(arrays["encoder"]), hashlib.sha256(data).hexdigest(), parse_low_rank(arrays)
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"{FILE} cannot be read", hint="reinstall b12assistant") from error


def tuned_encoder(encoder: Encoder) -> Encoder:
    """Return the encoder tuned to the subject, or ``encoder`` itself if it is not the one the changes were made for.

    The digest of the tuned one is the sha256 of both digests. Raises ``EncoderError`` if the file cannot be read.
    """
    fitted_on, digest, changes = _shipped()
    if fitted_on != encoder.digest:
        return encoder
    return encoder.tuned(changes, hashlib.sha256(f"{fitted_on} {digest}".encode()).hexdigest())
