"""The vectors of the stretches: encoded once, in their order, and kept in build/growth for the next run to go on with.

A file is of one list of texts in one precision; its name says which, so that no row is taken for another's.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from b12assistant.application.encoders import indexing_encoder, open_encoder
from b12assistant.protocols import Encoder
from b12assistant.settings import EncoderSettings

KEPT = Path(__file__).parent.parent / "build" / "growth"
_SHARD = 2_000

Vectors = NDArray[np.float32]


def encoders(bulk: str) -> tuple[Encoder, Encoder]:
    """For questions, in single precision; for rows, in ``bulk``: fp32 or bf16."""
    settings = EncoderSettings(bulk=bulk)
    encoder = open_encoder(settings)
    return encoder, indexing_encoder(settings, encoder)


def file_of(texts: Sequence[str], encoder: Encoder) -> Path:
    digest = hashlib.sha256(f"{encoder.digest} {encoder.runtime.get('precision', 'single')}".encode())
    for text in texts:
        digest.update(b"\0" + text.encode())
    return KEPT / f"{digest.hexdigest()[:16]}.f32"


def encode(texts: Sequence[str], encoder: Encoder, file: Path, seconds: float) -> int:
    """Append to ``file``, (n, d) float32, until the time is up or all is done; how many rows it holds."""
    width = 4 * encoder.dimension
    done = file.stat().st_size // width if file.is_file() else 0
    end = time.monotonic() + seconds
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as out:
        out.truncate(done * width)
        while done < len(texts) and time.monotonic() < end:
            shard = texts[done : done + _SHARD]
            out.write(np.stack([encoded.vector for encoded in encoder.encode(shard)]).tobytes())
            out.flush()
            done += len(shard)
    return done


def first_rows(file: Path, many: int, dimension: int) -> Vectors:
    """(many, dimension), read into memory: all that a process which searches them would hold."""
    return np.fromfile(file, np.float32, count=many * dimension).reshape(many, dimension)
