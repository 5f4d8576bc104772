"""Find the nearest passages by inner product: scan all rows while they are few, else short codes of them first.

A code is half a byte for each pair of directions (product quantisation, Jégou, Douze and Schmid, TPAMI 2011, in the
layout of André, Kermarrec and Le Scouarnec, VLDB 2015). All codes are scanned, and the best are scored again by their
rows: the cosines are exact, and as many rows are found as were asked for. In tests, ten obvious
lines of NumPy are the oracle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile

import faiss
import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.arrays import from_npz, to_npz
from b12assistant.index.store import Data

Vectors = NDArray[np.float32]
Found = tuple[NDArray[np.int64], Vectors]

ROWS_FILE, CODES_FILE = "vectors.npz", "codes.faiss"
_OLD_ROWS = "vectors.faiss"  # of schema 1
ROWS_ALONE = {"kind": "exact"}
EXACT_UP_TO = 50_000  # rows; scanning these takes as long as encoding a question
_RESCORED, _FEWEST = 5, 500  # rows scored again: for each one asked for, and at least in all
_TRAINED = 16 * 256  # rows: the most that FAISS uses to learn 16 centroids
_LEAST = 16 * 39  # rows: with fewer it warns
_UNIT = 1e-3  # how far from 1 the length of a row may be
_AT_ONCE = 8192  # rows

faiss.omp_set_num_threads(1)  # one query is faster on one thread, and a fork after threaded search hangs (faiss 5206)


class FaissIndex:
    """Exact inner product over ``rows`` of unit length, (n, d) float32; `CodedIndex` searches by codes first."""

    def __init__(self, rows: Vectors) -> None:
        self._rows = np.ascontiguousarray(rows, dtype=np.float32)

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the facts for the manifest."""
        return ROWS_ALONE

    def search(self, query: Vectors, k: int) -> Found:
        """Return at most ``k`` row numbers and cosines, best first, ties by row."""
        k = min(k, len(self._rows))
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, rows = faiss.knn(_one(query), self._rows, k, metric=faiss.METRIC_INNER_PRODUCT)
        return best_first(rows[0], scores[0], k)

    def vectors(self) -> Vectors:
        """Return all rows, (n, d), not to be changed."""
        return self._rows

    def to_files(self) -> dict[str, Data]:
        return {ROWS_FILE: to_npz({"rows": self._rows})}


class CodedIndex(FaissIndex):
    """Search by codes, one for each of ``rows`` in order; the best are scored again by their rows.

    docs/speed.md counts what the codes miss.
    """

    def __init__(self, rows: Vectors, codes: faiss.IndexPQFastScan | None = None) -> None:
        super().__init__(rows)
        self._codes = _codes_of(self._rows) if codes is None else codes

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"kind": "codes", "parts": self._codes.M, "bits": self._codes.nbits}

    def search(self, query: Vectors, k: int) -> Found:
        wide = max(k * _RESCORED, _FEWEST)
        if k >= 1 and wide < len(self._rows):
            _, found = self._codes.search(_one(query), wide)
            rows = found[0][found[0] >= 0]
            if len(rows) >= k:  # FAISS skips rows whose codes have the lowest possible score, even all rows
                return best_first(rows, self._rows[rows] @ query, k)
        return super().search(query, k)

    def to_files(self) -> dict[str, Data]:
        return {**super().to_files(), CODES_FILE: bytes(faiss.serialize_index(self._codes))}


def _codes_of(rows: Vectors) -> faiss.IndexPQFastScan:
    dimension = rows.shape[1]
    parts = dimension // 2 if dimension % 2 == 0 else dimension
    codes = faiss.IndexPQFastScan(dimension, parts, 4, faiss.METRIC_INNER_PRODUCT)
    if len(rows):
        # Evenly spread over the rows; if there are too few, they repeat.
        sample = np.linspace(0, len(rows) - 1, max(_LEAST, min(len(rows), _TRAINED))).astype(np.int64)
        codes.train(rows[sample])
        codes.add(rows)
    return codes


def build_index(vectors: Vectors) -> FaissIndex:
    """Build the index of ``vectors``, (n, d) float32 of unit length: exact up to `EXACT_UP_TO` rows, else coded."""
    return FaissIndex(vectors) if len(vectors) <= EXACT_UP_TO else CodedIndex(vectors)


def read_index(files: Mapping[str, Data], facts: Mapping[str, Any], *, rows: int, dimension: int) -> FaissIndex:
    """Read what `to_files` wrote, of the kind in ``facts`` of the manifest. The bytes are already verified.

    Raises ``IndexDamagedError`` if they are something else, or if the index does not find one of its own rows.
    """
    vectors = _rows(files, rows=rows, dimension=dimension)
    parts = (vectors[first : first + _AT_ONCE] for first in range(0, rows, _AT_ONCE))
    if not all(np.allclose(np.linalg.norm(part, axis=1), 1, atol=_UNIT) for part in parts):  # false for NaN too
        raise IndexDamagedError(f"{ROWS_FILE} has a row that is not of unit length", hint=REBUILD)
    index = FaissIndex(vectors)
    if facts != ROWS_ALONE:
        if CODES_FILE not in files:
            raise IndexDamagedError(f"{CODES_FILE} is not in the manifest", hint=REBUILD)
        codes = _read(files[CODES_FILE], CODES_FILE, rows=rows, dimension=dimension)
        if not isinstance(codes, faiss.IndexPQFastScan) or facts != (index := CodedIndex(vectors, codes)).facts:
            raise IndexDamagedError(f"{CODES_FILE} does not fit its manifest", hint=REBUILD)
    if rows and not np.all(index.search(vectors[rows // 2], 1)[1] > 1 - _UNIT):
        raise IndexDamagedError("the vector index does not find its own rows", hint=REBUILD)
    return index


def _rows(files: Mapping[str, Data], *, rows: int, dimension: int) -> Vectors:
    if _OLD_ROWS in files:
        read = _read(files[_OLD_ROWS], _OLD_ROWS, rows=rows, dimension=dimension)
        return np.asarray(read.reconstruct_n(0, rows), dtype=np.float32)
    try:
        found = from_npz(files[ROWS_FILE])["rows"]
    except (ValueError, KeyError, BadZipFile) as error:
        raise IndexDamagedError(f"{ROWS_FILE} cannot be read", hint=REBUILD) from error
    if found.shape != (rows, dimension) or found.dtype != np.float32:
        raise IndexDamagedError(f"{ROWS_FILE} does not fit its manifest", hint=REBUILD)
    return found


def _read(data: Data, file: str, *, rows: int, dimension: int) -> faiss.Index:
    try:
        index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
    except RuntimeError as error:
        raise IndexDamagedError(f"{file} cannot be read", hint=REBUILD) from error
    if (index.ntotal, index.d, index.metric_type) != (rows, dimension, faiss.METRIC_INNER_PRODUCT):
        raise IndexDamagedError(f"{file} does not fit its manifest", hint=REBUILD)
    return index


def _one(query: Vectors) -> Vectors:
    return np.ascontiguousarray(query[None, :], dtype=np.float32)


def best_first(rows: NDArray[np.int64], scores: Vectors, k: int) -> Found:
    """Return the ``k`` best rows and scores, ties by row number."""
    order = np.lexsort((rows, -scores))[: max(k, 0)]
    return np.asarray(rows[order], dtype=np.int64), np.asarray(scores[order], dtype=np.float32)
