"""The vectors of passages and of tokens: stored as safetensors, read as views, compared by inner product.

In tests, ten obvious lines of NumPy are the oracle. The library writes a file. It is read here because the library
would copy each array: a view of a mapped file takes no memory of the process's own.

Token vectors, for late interaction: reduced, int8, one row for each token, grouped by unit. A unit is a sentence of a
passage, or the title in front of it. Stored values are round(400 x), which clips one token in six thousand and changes
no ranking that was measured; rows are brought back to unit length when they are read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from b12assistant.data_files import read_fitted
from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.store import Data
from b12assistant.threads import once

_TYPES = {"I8": np.int8, "U8": np.uint8, "I32": np.int32, "I64": np.int64, "F32": np.float32}


def save_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the file that holds ``arrays`` by name."""
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def read_arrays(data: Data, file: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file as read-only views. Raises ``IndexDamagedError``, which names ``file``."""
    try:
        begin = 8 + int.from_bytes(data[:8], "little")
        facts = json.loads(bytes(data[8:begin]))
        return {
            name: np.frombuffer(
                data, _TYPES[fact["dtype"]], math.prod(fact["shape"]), begin + fact["data_offsets"][0]
            ).reshape(fact["shape"])
            for name, fact in facts.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamagedError(f"{file} cannot be read", hint=REBUILD) from error


Vectors = NDArray[np.float32]
SearchResult = tuple[NDArray[np.int64], Vectors]  # row numbers and cosines

ROWS_FILE = "vectors.safetensors"
_UNIT = 1e-3  # how far from 1 the length of a row may be

faiss.omp_set_num_threads(1)  # one query is faster on one thread, and a fork after threaded search hangs (faiss 5206)


class FaissIndex:
    """Exact inner product over ``rows`` of unit length, (n, d) float32."""

    def __init__(self, rows: Vectors) -> None:
        self._rows = np.ascontiguousarray(rows, dtype=np.float32)

    def search(self, query: Vectors, k: int) -> SearchResult:
        """Return at most ``k`` row numbers and cosines, best first, ties by row."""
        k = min(k, len(self._rows))
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        one = np.ascontiguousarray(query[None, :], dtype=np.float32)
        scores, rows = faiss.knn(one, self._rows, k, metric=faiss.METRIC_INNER_PRODUCT)
        return best_first(rows[0], scores[0], k)


def read_rows(data: Data, file: str, shape: tuple[int, int], *, name: str = "rows") -> Vectors:
    """Read vectors, one a row. Raises ``IndexDamagedError`` if they have another ``shape``, (n, d)."""
    rows = read_arrays(data, file).get(name)
    if rows is None or rows.shape != shape or rows.dtype != np.float32:
        raise IndexDamagedError(f"{file} does not fit the other files", hint=REBUILD)
    return rows


def read_vectors(data: Data, shape: tuple[int, int]) -> Vectors:
    """Read the vectors of passages, as `read_rows` does, and check that they are of unit length."""
    rows = read_rows(data, ROWS_FILE, shape)
    if not np.allclose(np.linalg.norm(rows, axis=1), 1, atol=_UNIT):  # false for NaN too
        raise IndexDamagedError(f"{ROWS_FILE} has a row that is not of unit length", hint=REBUILD)
    return rows


def best_first(rows: NDArray[np.int64], scores: Vectors, k: int) -> SearchResult:
    """Return the ``k`` best rows and scores, ties by row number."""
    order = np.lexsort((rows, -scores))[: max(k, 0)]
    return np.asarray(rows[order], dtype=np.int64), np.asarray(scores[order], dtype=np.float32)


_SCALE = 400.0
_FITTED_FOR = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True)
class Projection:
    """General statistics of the language: directions to keep, ``(d, p)``; idf of word pieces, ``(vocabulary,)``.

    Without a fitted file (another model) every direction is kept and ``piece_idf`` is empty.
    """

    matrix: Vectors | None
    piece_idf: Vectors

    def reduce(self, tokens: Vectors) -> Vectors:
        """Return the reduced tokens, ``(n, p)``, rows of unit length."""
        reduced = tokens if self.matrix is None else tokens @ self.matrix
        return np.asarray(reduced / np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-12), np.float32)


def load_projection(encoder_name: str, encoder_digest: str) -> Projection:
    """Read the fitted file of this encoder, if it was fitted on exactly these weights."""
    if encoder_name == _FITTED_FOR:
        fitted_on, projection = read_fitted("late_interaction", f"{_FITTED_FOR}.npz", parse=_projection)
        if fitted_on == encoder_digest:
            return projection
    return Projection(None, np.empty(0, np.float32))


def _projection(arrays: Mapping[str, Any]) -> tuple[str, Projection]:
    fitted = (arrays[name].astype(np.float32) for name in ("projection", "piece_idf"))
    return str(arrays["encoder"]), Projection(*fitted)


@dataclass(frozen=True)
class TokenStore:
    """Token vectors by unit: unit ``u`` is rows ``starts[u]:starts[u + 1]``.

    ``tokens``: (rows, p) int8. ``pieces``: (rows,) word piece ids.
    """

    tokens: NDArray[np.int8]
    pieces: NDArray[np.int32]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, tokens: Vectors, pieces: NDArray[np.int32], starts: NDArray[np.int64]) -> TokenStore:
        """Quantise ``tokens``, (rows, p) rows of unit length."""
        return cls(np.clip(np.rint(tokens * _SCALE), -127, 127).astype(np.int8), pieces, starts)

    @classmethod
    def join(cls, stores: Sequence[TokenStore]) -> TokenStore:
        """Join the units of ``stores``, at least one, in order."""
        ends = np.cumsum([0, *(len(store.tokens) for store in stores)])
        starts = [store.starts[:-1] + end for store, end in zip(stores, ends, strict=False)]
        return cls(
            np.concatenate([store.tokens for store in stores]),
            np.concatenate([store.pieces for store in stores]),
            np.concatenate([*starts, ends[-1:]]).astype(np.int64),
        )

    def part(self, first: int, last: int) -> TokenStore:
        """Return units ``first`` … ``last - 1``."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        return TokenStore(self.tokens[begin:end], self.pieces[begin:end], self.starts[first : last + 1] - begin)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @once
    def piece_idf(self) -> Vectors:
        """Return the idf over units of every word piece up to the highest that occurs, ``(vocabulary,)``."""
        size = int(self.pieces.max(initial=0)) + 1
        pairs = np.repeat(np.arange(len(self)) * size, np.diff(self.starts)) + self.pieces  # of a unit and a piece
        pairs.sort()  # `numpy.unique` takes thirty times as long
        frequency = np.bincount(pairs[np.diff(pairs, prepend=-1) > 0] % size, minlength=size)
        return np.asarray(np.log((len(self) + 1) / (frequency + 0.5)), dtype=np.float32)

    def unit_tokens(self) -> Vectors:
        """Return the tokens as ``best`` takes them: rows of unit length."""
        tokens = self.tokens.astype(np.float32)
        return np.asarray(tokens / _lengths(tokens), dtype=np.float32)

    def best(self, query: Vectors, first: int, last: int) -> Vectors:
        """Return each query token's best cosine in units ``first`` … ``last - 1``, ``(last - first, q)``; empty: -1."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        tokens = self.tokens[begin:end].astype(np.float32)
        cosines = tokens @ query.T
        cosines /= _lengths(tokens)
        bounds = self.starts[first : last + 1] - begin
        filled = bounds[1:] > bounds[:-1]
        best = np.full((last - first, len(query)), -1.0, dtype=np.float32)
        best[filled] = np.maximum.reduceat(cosines, bounds[:-1][filled], axis=0)
        return best

    def to_bytes(self) -> Data:
        return save_arrays({"tokens": self.tokens, "pieces": self.pieces, "starts": self.starts})

    @classmethod
    def from_bytes(cls, data: Data, file: str, units: int) -> TokenStore:
        """Read so many ``units`` from verified bytes; the arrays are views of them. Raises ``IndexDamagedError``."""
        arrays = read_arrays(data, file)
        if len(arrays["starts"]) != units + 1:
            raise IndexDamagedError(f"{file} does not fit documents.jsonl", hint=REBUILD)
        return cls(arrays["tokens"], arrays["pieces"], arrays["starts"])


def _lengths(tokens: Vectors) -> Vectors:
    """Return the lengths of rows, (n, 1). They are not stored: of a whole collection they would take memory."""
    squares = np.einsum("ij,ij->i", tokens, tokens)  # sums of whole numbers, so exact in any order
    return np.asarray(np.maximum(np.sqrt(squares), 1e-6), np.float32)[:, None]
