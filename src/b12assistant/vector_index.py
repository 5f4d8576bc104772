"""Nearest passages by inner product: FAISS for use, ten obvious lines of NumPy as the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import faiss
import numpy as np

from b12assistant.errors import IndexDamagedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

faiss.omp_set_num_threads(1)  # one query is faster on one thread, and a fork after threaded search hangs (faiss 5206)


class FaissIndex:
    """Exact inner product over rows of unit length, ``(n, d)`` float32."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> FaissIndex:
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    def search(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """At most ``k`` row numbers and cosines, best first, ties by row."""
        k = min(k, self._index.ntotal)
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, rows = self._index.search(np.ascontiguousarray(query[None, :], dtype=np.float32), k)
        found = rows[0] >= 0  # FAISS pads with -1
        return best_first(rows[0][found], scores[0][found], k)

    def vectors(self) -> Vectors:
        """All rows, ``(n, d)``."""
        return np.asarray(self._index.reconstruct_n(0, self._index.ntotal), dtype=np.float32)

    def to_bytes(self) -> bytes:
        return bytes(faiss.serialize_index(self._index))

    @classmethod
    def from_bytes(cls, data: bytes, *, rows: int, dimension: int) -> FaissIndex:
        """Read bytes that were already verified against their digest; checks what FAISS itself does not."""
        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError as error:
            raise IndexDamagedError("vectors.faiss cannot be read", hint="run `b12assistant index`") from error
        if (index.ntotal, index.d, index.metric_type) != (rows, dimension, faiss.METRIC_INNER_PRODUCT):
            raise IndexDamagedError("vectors.faiss does not fit its manifest", hint="run `b12assistant index`")
        return cls(index)


class ExactIndex:
    """The oracle: the same contract in plain NumPy."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def search(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        scores = self._vectors @ query
        return best_first(np.arange(len(scores), dtype=np.int64), scores, k)


def best_first(rows: NDArray[np.int64], scores: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
    """The ``k`` best, ties by row number."""
    order = np.lexsort((rows, -scores))[: max(k, 0)]
    return np.asarray(rows[order], dtype=np.int64), np.asarray(scores[order], dtype=np.float32)
