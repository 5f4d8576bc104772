"""The ONNX form of an encoder, kept in the user's cache: a graph, and beside it what was found when it was made.

The graph holds no weights; it names their places in the model's own file, which is verified wherever it is read. A
model that has no such form is remembered too, with the reason, so that it is not tried again each time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from b12assistant.index.weights import SAFETENSORS, Weights, file_digest
from b12assistant.packaged import cache_folder

FORM = 1  # raise when what is made changes: former ones are not taken
_RUNS_ON = ("onnxruntime", "tokenizers")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a graph. ``sha256``: of its bytes; ``cosine``: the least found between a vector or token vector
    of it and of sentence-transformers; ``weights``: the model's names of those it reads, and the graph's; ``pad``:
    the piece that fills up short texts. ``refused``: why there is no graph; then only this counts.
    """

    sha256: str = ""
    cosine: float = 0.0
    limit: int = 0
    dimension: int = 0
    pad: int = 0
    weights: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""


@dataclass(frozen=True, slots=True)
class OnnxForm:
    """``graph``: the bytes, already held against the sha256 of ``facts``. ``folder``: of the model, whose weights and
    tokenizer it uses."""

    graph: bytes
    facts: Facts
    folder: Path


@dataclass(frozen=True, slots=True)
class Cache:
    """Where the ONNX form of one model lies. Its name covers the weights, the model's other files, the libraries that
    run it, and how it is made."""

    place: Path  # without its ending
    folder: Path  # of the model

    def read(self) -> OnnxForm | Facts | None:
        """The form, or the facts that say why there is none; ``None`` if it was not made yet, or is not whole."""
        try:
            facts = Facts(**json.loads(self._facts.read_bytes()))
            if facts.refused:
                return facts
            graph = self._graph.read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        whole = hashlib.sha256(graph).hexdigest() == facts.sha256
        return OnnxForm(graph, facts, self.folder) if whole else None

    def write(self, graph: bytes, facts: Facts) -> None:
        """The facts last, so that a form without them is none. Raises ``OSError``."""
        self.place.parent.mkdir(parents=True, exist_ok=True)
        _replace(self._graph, graph)
        _replace(self._facts, json.dumps({**asdict(facts), "weights": dict(facts.weights)}, indent=1).encode())

    @property
    def _graph(self) -> Path:
        return self.place.with_suffix(".onnx")

    @property
    def _facts(self) -> Path:
        return self.place.with_suffix(".json")


def cache_of(weights: Weights, environment: Mapping[str, str] = os.environ) -> Cache | None:
    """``None`` where there can be none: weights that are not verified, or in no file that can be mapped."""
    versions = runtime_versions()
    if weights.place is None or not (weights.place / SAFETENSORS).is_file() or not versions:
        return None
    told = sorted(weights.place.rglob("*.json"))
    files = {path.relative_to(weights.place).as_posix(): file_digest(path) for path in told}
    described = json.dumps([FORM, weights.digest, files, versions], sort_keys=True)
    name = hashlib.sha256(described.encode()).hexdigest()[:32]
    return Cache(cache_folder(environment) / "encoders" / name, weights.place)


def runtime_versions() -> dict[str, str]:
    """Of the libraries that run the form; empty where one is missing."""
    try:
        return {package: version(package) for package in _RUNS_ON}
    except PackageNotFoundError:
        return {}


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(path)
