"""The encoders, all-MiniLM-L6-v2 on ONNX Runtime or any model with sentence-transformers, and the ranker; offline.

One forward pass gives a text's vector (mean of its token vectors, as the model was trained) and the token vectors
themselves, for late interaction. Texts are never cut: one over the limit is the caller's error.

The encoder reads a question and a sentence each alone, so every sentence on the subject is near. The ranker reads both
together: the encoder's layers, trained further on graded quotes (`benchmarks/fit/ranker.py`) and stored as eight-bit
integers. It puts the best few quotes in order and says which are strong (docs/decisions/05-quoting.md).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from b12assistant.errors import EncoderError
from b12assistant.index.onnx_encoder import (
    OPENING,
    PINNED_MODEL,
    SPECIAL,
    TINY,
    TOKENIZER,
    WORDS,
    Changes,
    ModelWeights,
    OnnxEncoder,
    check_length,
    find_weights,
    open_session,
    shipped_graph,
    unit,
)
from b12assistant.language.words import levelled, open_tokenizer
from b12assistant.protocols import Encoded, Encoder
from b12assistant.threads import NATIVE_CALLS, once

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

_RUNS_ON = ("sentence-transformers", "tokenizers", "torch", "transformers")
_BATCH = 32
_BULK = 8  # texts; from here more than one thread pays off


class SentenceEncoder:
    """A sentence-transformers model as an ``Encoder``; `load_encoder` makes one. The model is loaded at first use.

    One thread uses it at a time: parallel calls would share the tokenizer's padding.
    """

    def __init__(self, weights: ModelWeights, *, threads: int) -> None:
        self.weights, self._threads, self._turn = weights, threads, threading.RLock()
        self.name, self.digest = weights.name, weights.digest
        file = weights.place / TOKENIZER
        self.tokenizer = file if file.is_file() else None

    @property
    def runtime(self) -> Mapping[str, str]:
        return {"encoder": "sentence-transformers", **{name: version(name) for name in _RUNS_ON}}

    @property
    def dimension(self) -> int:
        return int(self.model.get_embedding_dimension() or 0)

    @once
    def limit(self) -> int:
        """Return the limit in word pieces."""
        return int(self.model.max_seq_length or 512) - SPECIAL

    @once
    def model(self) -> SentenceTransformer:
        """Load the weights with sentence-transformers. Raises ``EncoderError``."""
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()  # no warning about lengths: `encode` checks them, and raises
        try:
            model = SentenceTransformer(str(self.weights.place), device="cpu")
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            why = (str(error).splitlines() or [type(error).__name__])[0][:120]
            raise EncoderError(
                f"the model {self.name!r} cannot be loaded ({why})",
                hint="set `encoder.model` to the folder of a sentence-transformers model",
            ) from error
        model.eval()
        return model

    def count(self, text: str) -> int:
        with self._turn:
            return len(self.model.tokenizer.tokenize(text))

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """Encode texts, in order. Batches depend only on ``texts``: the same texts always give the same bits."""
        import torch

        by_length = sorted(range(len(texts)), key=lambda i: (-len(texts[i]), i))
        done: dict[int, Encoded] = {}
        with self._turn:
            torch.set_num_threads(self._threads if len(texts) >= _BULK else 1)
            for start in range(0, len(by_length), _BATCH):
                rows = by_length[start : start + _BATCH]
                done.update(zip(rows, self._batch([texts[i] for i in rows]), strict=True))
        yield from (done[row] for row in range(len(texts)))

    def each(self, texts: Sequence[str]) -> Sequence[Encoded]:
        return [encoded for text in texts for encoded in self.encode([text])]

    def _batch(self, texts: list[str]) -> list[Encoded]:
        import torch

        features = self.model.tokenizer(
            texts, padding=True, return_offsets_mapping=True, return_special_tokens_mask=True, return_tensors="pt"
        )
        offsets, special = features.pop("offset_mapping").numpy(), features.pop("special_tokens_mask").numpy()
        check_length(int(features["attention_mask"].sum(dim=1).max()) - SPECIAL, self.limit)
        with torch.inference_mode():
            out = self.model({**features, "modality": "text"})
        vectors, tokens = out["sentence_embedding"].float().numpy(), out["token_embeddings"].float().numpy()
        ids = features["input_ids"].numpy()
        return [
            Encoded(
                vector=unit(vectors[i]),
                tokens=unit(tokens[i][keep]),
                offsets=offsets[i][keep].astype(np.int32),
                pieces=ids[i][keep].astype(np.int32),
            )
            for i, keep in enumerate((special == 0) & (features["attention_mask"].numpy() == 1))
        ]


def load_encoder(
    model: str = PINNED_MODEL, *, digest: str | None = None, threads: int = 0
) -> SentenceEncoder | OnnxEncoder:
    """Load the pinned model, or the one in a folder: on ONNX Runtime if a graph ships for it, else on torch.

    ``digest``: required of another model's weights. ``threads``: for bulk work; 0: one for each core. Raises
    ``EncoderError`` if the weights are missing or differ.
    """
    weights, threads = find_weights(model, digest), threads or os.cpu_count() or 1
    graph = shipped_graph(weights)
    return SentenceEncoder(weights, threads=threads) if graph is None else OnnxEncoder(weights, graph, threads=threads)


def parse_low_rank(arrays: Mapping[str, Any]) -> Changes:
    """Take the arrays ``NAME/down`` (n, rank) and ``NAME/up`` (rank, m); others are ignored.

    Each change is computed from its two thin matrices when it is used: in full, all take 42 MB.
    """
    names = [key.removesuffix("/down") for key in arrays if key.endswith("/down")]
    thin = {name: (arrays[f"{name}/down"], arrays[f"{name}/up"]) for name in names}

    def changes() -> Iterator[tuple[str, NDArray[np.float32]]]:
        for name, (down, up) in thin.items():
            yield name, np.ascontiguousarray((down.astype(np.float32) @ up.astype(np.float32)).T)

    return changes


FILE = "data/encoder/retrieval.npz"
IN_CONTEXT = "data/encoder/context.npz"
ASKING, SURE = "asking", "sure"  # of that file: the weights of what a word piece does, and how sure it must be


@cache
def _shipped(file: str) -> tuple[str, Mapping[str, NDArray[Any]]]:
    """Return the digest of a file that ships, and its arrays; ``encoder``: of the weights that it was fitted on."""
    try:
        data = resources.files("b12assistant").joinpath(file).read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return hashlib.sha256(data).hexdigest(), dict(arrays)
    except (OSError, ValueError) as error:
        raise EncoderError(f"{file} cannot be read", hint="reinstall b12assistant") from error


def asking_weights() -> tuple[NDArray[np.float32], float]:
    """Return what finds the questions of a message: weights of a token vector and 1, (d + 1, 3), and the share from
    which words ask. Raises ``EncoderError`` if they cannot be read."""
    _, arrays = _shipped(IN_CONTEXT)
    return np.asarray(arrays[ASKING], np.float32), float(arrays[SURE])


def tuned_encoder(encoder: Encoder, file: str = FILE) -> Encoder:
    """Return the encoder tuned to the subject, or ``encoder`` itself if it is not the one that the changes are for.

    ``file``: `FILE`, or `IN_CONTEXT` for the one that reads a question in its context. The digest of the tuned one is
    the sha256 of both digests. Raises ``EncoderError`` if the file cannot be read.
    """
    digest, arrays = _shipped(file)
    fitted_on = str(arrays["encoder"])
    if fitted_on != encoder.digest or not isinstance(encoder, OnnxEncoder):
        return encoder
    return encoder.tuned(parse_low_rank(arrays), hashlib.sha256(f"{fitted_on} {digest}".encode()).hexdigest())


RED_FLAGS, EIGHT_BITS = "red_flags", "all-MiniLM-L6-v2-eight-bits"  # names of graphs


def in_eight_bits(encoder: Encoder) -> Encoder:
    """Return what reads questions for an encoder: the same weights, most in eight bits, in half the time.

    Its vectors have a cosine of .996 with the encoder's own. Passages are indexed in single precision. An encoder that
    no such graph was made for stays as it is.
    """
    if not isinstance(encoder, OnnxEncoder):
        return encoder
    graph = shipped_graph(encoder.weights, EIGHT_BITS)
    return encoder if graph is None else encoder.with_graph(graph)


def red_flag_encoder(encoder: Encoder, *, threads: int = 0) -> OnnxEncoder:
    """Return the encoder tuned to the red flags, in eight bits; its digest is the sha256 of its graph.

    It runs on ONNX Runtime whatever ``encoder`` runs on. ``threads``: 0 means one for each core.

    Raises ``EncoderError`` for an encoder whose weights it was not made from.
    """
    if encoder.tokenizer is not None:
        weights = ModelWeights(encoder.name, encoder.tokenizer.parent, encoder.digest)
        graph = shipped_graph(weights, RED_FLAGS)
        if graph is not None:
            return OnnxEncoder(weights, graph, threads=threads or os.cpu_count() or 1, digest=graph.sha256)
    raise EncoderError(
        f"no encoder of red flags was made from the weights of {encoder.name!r}",
        hint="set `encoder.model` back, or fit it again with benchmarks/fit/red_flags.py",
    )


FOLDER = "data/reader"
RANKER, DANGER = "ranker", "danger"  # files: how well a quote answers, and whether a part of a letter tells of danger
_HINT = "reinstall b12assistant"
LONGEST = 96  # word pieces of a question, and of a sentence, each with its [SEP]; of a longer question the last count


@dataclass(frozen=True)
class JointReader:
    """``name``: of the ONNX file, which is read at first use; ``graph``: its sha256. Many threads may share it.

    ``tokenizer``: the encoder's, with the word vectors in its folder.
    """

    name: str
    graph: str
    tokenizer: Path

    def score(self, question: str, text: str) -> float:
        """Return a logit, above 0 if the text more likely answers the question than not."""
        return self.scores(question, text)[0]

    def scores(self, first: str, second: str) -> list[float]:
        """Return the logits of a pair.

        Of `DANGER` two of ``first``, a part of a message, beside ``second``: above 0 if somebody is more likely in
        danger now, and if somebody may mean to harm themselves.
        """
        with NATIVE_CALLS:
            asked, read = (each.ids for each in open_tokenizer(self.tokenizer).encode_batch([first, levelled(second)]))
            # One [CLS], and a [SEP] after each.
            start, end = [asked[0], *asked[1:][-LONGEST:]], [*read[1:-1][: LONGEST - 1], read[-1]]
            ids = np.array([[*start, *end]], np.int64)
            kinds = np.array([[0] * len(start) + [1] * len(end)], np.int64)
            inputs = dict(zip(TINY, (ids, np.ones_like(ids), kinds), strict=True))
            (found,) = self._session.run(["score"], inputs)
        return [float(logit) for logit in np.atleast_1d(found[0])]

    @once
    def _session(self) -> Any:
        try:
            graph = resources.files("b12assistant").joinpath(FOLDER, f"{self.name}.onnx").read_bytes()
        except OSError as error:
            raise EncoderError(f"the {self.name} cannot be read", hint=_HINT) from error
        if hashlib.sha256(graph).hexdigest() != self.graph:
            raise EncoderError(f"the {self.name} differs from its digest", hint=_HINT)
        with OPENING:
            session = open_session(graph, self.tokenizer.parent, f"model.{WORDS}")
            session.run(["score"], TINY)
        return session


def open_reader(encoder: Encoder, name: str) -> JointReader | None:
    """Return what ships under a name for an encoder, by its digest; ``None`` for others: their word vectors differ.

    Raises ``EncoderError`` if its facts cannot be read; `JointReader.score` raises it if the graph is damaged.
    """
    try:
        facts = json.loads(resources.files("b12assistant").joinpath(FOLDER, f"{name}.json").read_bytes())
        if encoder.tokenizer is None or facts["encoder"] != encoder.digest:
            return None
        return JointReader(name, str(facts["sha256"]), encoder.tokenizer)
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"the {name} cannot be read", hint=_HINT) from error
