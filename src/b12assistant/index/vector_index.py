"""Find the nearest passages by inner product, over all rows. In tests, ten obvious lines of NumPy are the oracle."""

from __future__ import annotations

from collections.abc import Mapping

import faiss
import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.arrays import read_arrays, save_arrays
from b12assistant.index.store import Data

Vectors = NDArray[np.float32]
SearchResult = tuple[NDArray[np.int64], Vectors]  # row numbers and cosines

ROWS_FILE = "vectors.safetensors"
_UNIT = 1e-3  # how far from 1 the length of a row may be

faiss.omp_set_num_threads(1)  # one query is faster on one thread, and a fork after threaded search hangs (faiss 5206)


class FaissIndex:
    """Exact inner product over ``rows`` of unit length, (n, d) float32."""

    def __init__(self, rows: Vectors) -> None:
        self.rows = np.ascontiguousarray(rows, dtype=np.float32)

    def search(self, query: Vectors, k: int) -> SearchResult:
        """Return at most ``k`` row numbers and cosines, best first, ties by row."""
        k = min(k, len(self.rows))
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        one = np.ascontiguousarray(query[None, :], dtype=np.float32)
        scores, rows = faiss.knn(one, self.rows, k, metric=faiss.METRIC_INNER_PRODUCT)
        return best_first(rows[0], scores[0], k)

    def to_files(self) -> dict[str, Data]:
        return {ROWS_FILE: save_arrays({"rows": self.rows})}


def read_index(files: Mapping[str, Data], *, rows: int, dimension: int) -> FaissIndex:
    """Read what `FaissIndex.to_files` wrote. Raises ``IndexDamagedError`` if it is something else."""
    found = read_arrays(files[ROWS_FILE], ROWS_FILE).get("rows")
    if found is None or found.shape != (rows, dimension) or found.dtype != np.float32:
        raise IndexDamagedError(f"{ROWS_FILE} does not fit its manifest", hint=REBUILD)
    if not np.allclose(np.linalg.norm(found, axis=1), 1, atol=_UNIT):  # false for NaN too
        raise IndexDamagedError(f"{ROWS_FILE} has a row that is not of unit length", hint=REBUILD)
    return FaissIndex(found)


def best_first(rows: NDArray[np.int64], scores: Vectors, k: int) -> SearchResult:
    """Return the ``k`` best rows and scores, ties by row number."""
    order = np.lexsort((rows, -scores))[: max(k, 0)]
    return np.asarray(rows[order], dtype=np.int64), np.asarray(scores[order], dtype=np.float32)
