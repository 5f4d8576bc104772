"""What every fit shares: what it is called with, how it reads labelled data, and how it writes arrays."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.index.encoding import load_encoder

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "corpus"
DATA = ROOT / "benchmarks" / "data"
PACKAGED = ROOT / "src" / "b12assistant"
GRADED = DATA / "tuning" / "graded.jsonl"
UNREAD = 607  # the last graded questions, of writers 29 to 38, which the ranker does not learn from
TYPED = DATA / "tuning" / "typed.jsonl"
SPARED = "l"  # what the ids of the typed questions begin with that the ranker does not learn from
SEED = 20_261_120


@dataclass(frozen=True)
class Given:
    """What a fit is called with."""

    datasets: Path
    first: Path | None = None
    rate: float | None = None


def write(file: str | Path, **arrays: Any) -> None:
    """Write arrays to a file, of the package if nothing else is said, and print its digest."""
    path = PACKAGED / file
    np.savez_compressed(path, **arrays)
    print(f"{path}: sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}", flush=True)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a JSON lines file; it may be gzipped, and then ends in `.gz` too."""
    packed = path.with_name(f"{path.name}.gz")
    with path.open(encoding="utf-8") if path.is_file() else gzip.open(packed, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def labelled_rows(*names: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of files of `benchmarks/data`."""
    for name in names:
        yield from rows(DATA / name)


def workspace(corpus: Path = CORPUS, index: Path = ROOT / "index") -> Workspace:
    flags = {"paths.corpus": str(corpus), "paths.index": str(index), "encoder.threads": 1}
    return Workspace(load_configuration(environment={}, flags=flags))


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Encode texts with the plain encoder, (n, d)."""
    return np.stack([each.vector for each in load_encoder(threads=1).encode(texts)])
