"""Tune the pinned encoder to the subject, by changes that `benchmarks/fit_encoder.py` learned (decision 28)."""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from importlib import resources

import numpy as np

from b12assistant.errors import EncoderError
from b12assistant.low_rank import LowRank, parse_low_rank
from b12assistant.protocols import Encoder

FILE = "data/encoder/retrieval.npz"


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
