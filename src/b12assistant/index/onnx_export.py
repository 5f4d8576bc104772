"""Makes the ONNX form of an encoder, once for each model, and holds it against sentence-transformers on real text.

The exporter is torch's tracing one. The newer one needs three more packages, takes four times as long and renames the
weights, which the form leaves in the model's own file and a tuned encoder replaces (decision 17).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from b12assistant.errors import EncoderError
from b12assistant.index.encoding import SentenceEncoder
from b12assistant.index.onnx_encoder import OnnxEncoder
from b12assistant.index.onnx_form import Cache, Facts, OnnxForm, cache_of
from b12assistant.index.weights import SAFETENSORS, Weights
from b12assistant.protocols import Encoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LEAST = 0.9999  # cosine of a vector, or token vector, and that of sentence-transformers
_OPSET = 17
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_TEXTS = 48  # that the form is held against
_PASSING = (ImportError, MemoryError, OSError)  # faults of the machine, not of the model
_LARGEST = 4_000_000  # numbers of a weight that is changed to see whether tuning works: word vectors are not


def ensure_form(weights: Weights, cache: Cache | None = None) -> Facts | None:
    """The facts of the form, which is made if there is none yet; or why it was refused. ``None`` if none can be.

    What the machine lacked, memory or a library, is told and not remembered.
    """
    cache = cache or cache_of(weights)
    if cache is None:
        return None
    known = cache.read()
    if known is not None:
        return known.facts if isinstance(known, OnnxForm) else known
    try:
        form = make_form(SentenceEncoder(weights, threads=1))
    except EncoderError as error:
        facts = Facts(refused=error.message)
        if isinstance(error.__cause__, _PASSING):
            return facts
        form = OnnxForm(b"", facts, cache.folder)
    try:
        cache.write(form.graph, form.facts)
    except OSError as error:
        return Facts(refused=f"it cannot be kept in {cache.place.parent}/: {error.strerror}")
    return form.facts


def make_form(encoder: SentenceEncoder, texts: Sequence[str] = ()) -> OnnxForm:
    """``texts``: to hold it against; else some of the packaged corpus. Raises ``EncoderError`` with what differs."""
    try:
        return _made(encoder, texts)
    except EncoderError:
        raise
    except Exception as error:
        raise EncoderError(f"it cannot be exported ({type(error).__name__}: {str(error)[:100]})") from error


def _made(encoder: SentenceEncoder, texts: Sequence[str]) -> OnnxForm:
    folder = encoder.weights.place
    if folder is None or not (folder / SAFETENSORS).is_file() or not (folder / "tokenizer.json").is_file():
        raise EncoderError(f"{encoder.name!r} is no folder with {SAFETENSORS} and tokenizer.json")
    graph, names = _linked(_traced(encoder), folder)
    facts = Facts(
        sha256=hashlib.sha256(graph).hexdigest(),
        limit=encoder.limit,
        dimension=encoder.dimension,
        pad=int(encoder.model.tokenizer.pad_token_id or 0),
        weights=names,
    )
    form = OnnxForm(graph, facts, folder)
    ours = OnnxEncoder(encoder.weights, form, threads=1)
    texts = texts or packaged_texts(encoder)
    cosine = least_cosine(encoder, ours, texts)
    if names:
        changes = _changes(encoder, names)
        cosine = min(cosine, least_cosine(encoder.tuned(changes), ours.tuned(changes), texts[: _TEXTS // 4]))
    return OnnxForm(graph, replace(facts, cosine=cosine), folder)


def least_cosine(theirs: Encoder, ours: Encoder, texts: Sequence[str]) -> float:
    """Of vectors and token vectors. Raises ``EncoderError`` if it is too small, or if other word pieces were read."""
    least = 1.0
    for text, known, found in zip(texts, theirs.encode(texts), ours.encode(texts), strict=True):
        same = np.array_equal(known.pieces, found.pieces) and np.array_equal(known.offsets, found.offsets)
        if not same or theirs.count(text) != ours.count(text):
            raise EncoderError("it reads other word pieces than sentence-transformers does")
        tokens = (known.tokens * found.tokens).sum(axis=1)
        least = float(np.min([least, known.vector @ found.vector, *tokens]))
    if not least >= LEAST:  # no number, which `min` would pass over, is not enough either
        raise EncoderError(f"its vectors differ from those of sentence-transformers (cosine {least:.5f})")
    return least


def packaged_texts(encoder: Encoder) -> list[str]:
    """Headings and paragraphs of the packaged corpus, every eighth with the two that follow it."""
    folder = Path(str(resources.files("b12assistant").joinpath("data", "corpus")))
    written = "\n\n".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.md")))
    parts = [" ".join(part.lstrip("#").split()) for part in re.split(r"\n\s*\n", written)]
    texts = [" ".join(parts[i : i + 3]) if i % 8 == 0 else part for i, part in enumerate(parts)]
    fitting = [text for text in texts if 0 < encoder.count(text) <= encoder.limit]
    return fitting[:: max(1, len(fitting) // _TEXTS)]


def _traced(encoder: SentenceEncoder) -> bytes:
    """The whole model, pooling and all, to vectors (n, d) and token vectors (n, pieces, d)."""
    import torch

    model: Any = encoder.model
    features = model.tokenizer(["One that is read.", "Another."], padding=True, return_tensors="pt")
    inputs = [name for name in _INPUTS if name in features]
    if len(inputs) != len(features):
        raise EncoderError(f"it reads {', '.join(features)}")

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            out = self.model({**dict(zip(inputs, given, strict=True)), "modality": "text"})
            return out["sentence_embedding"], out["token_embeddings"]

    file: Any = io.BytesIO()
    rows, pieces = {0: "texts"}, {0: "texts", 1: "pieces"}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # that tracing is not the newest way, and takes branches for good
        torch.onnx.export(
            Whole().eval(),
            tuple(features[name] for name in inputs),
            file,
            dynamo=False,
            input_names=inputs,
            output_names=["vector", "tokens"],
            dynamic_axes={**dict.fromkeys(inputs, pieces), "vector": rows, "tokens": pieces},
            opset_version=_OPSET,
            do_constant_folding=False,  # a weight that is turned round is no longer the one in the file
        )
    return bytes(file.getvalue())


def _linked(graph: bytes, folder: Path) -> tuple[bytes, dict[str, str]]:
    """The graph, with the place of each weight that lies in the model's file in its stead, and what they are called."""
    import onnx

    data = (folder / SAFETENSORS).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")  # of the tensors, after a table of their places
    places = {
        name: (start + told["data_offsets"][0], start + told["data_offsets"][1])
        for name, told in json.loads(data[8:start]).items()
        if name != "__metadata__" and told["dtype"] == "F32"
    }
    model, names = onnx.load_from_string(graph), {}
    for tensor in model.graph.initializer:
        for name, (first, last) in places.items():
            if tensor.name.endswith(f".{name}") and tensor.raw_data == data[first:last]:
                names[name] = tensor.name
                tensor.ClearField("raw_data")
                tensor.data_location = onnx.TensorProto.EXTERNAL
                for key, value in (("location", SAFETENSORS), ("offset", first), ("length", last - first)):
                    tensor.external_data.add(key=key, value=str(value))
    return model.SerializeToString(deterministic=True), names


def _changes(encoder: SentenceEncoder, names: Mapping[str, str]) -> dict[str, Floats]:
    """A change to every matrix but the word vectors: some of the same matrix, moved on by a row."""
    model: Any = encoder.model
    found = {name: weight.detach().numpy() for name, weight in model[0].auto_model.named_parameters()}
    matrices = {name: found[name] for name in names if name in found and found[name].ndim == 2}
    return {name: 0.05 * np.roll(matrix, 1, axis=0) for name, matrix in matrices.items() if matrix.size < _LARGEST}
