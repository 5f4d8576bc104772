"""Ways to find the nearest of many rows, each built and asked on one thread: what was weighed for the product.

The first two are the product's own (`index/vector_index.py`). Of the others, `efforts` are tried in order until one
finds enough; "rescored" means scored again by the vectors themselves, five for each that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from b12assistant.index.vector_index import CodedIndex, FaissIndex

Vectors = NDArray[np.float32]
Search = Callable[[Vectors, int], NDArray[np.int64]]

IP = faiss.METRIC_INNER_PRODUCT
WIDE = 5


@dataclass(frozen=True)
class Built:
    """``search``: a question (d,), how many, an effort. ``keeps``: what must stay in memory. ``size``: of its files."""

    search: Callable[[Vectors, int, int], NDArray[np.int64]]
    efforts: Sequence[int]
    keeps: Any
    size: int


def exact(rows: Vectors) -> Built:
    index = FaissIndex.build(rows)
    return Built(lambda q, k, _: index.search(q, k)[0], (0,), index, rows.nbytes)


def codes(rows: Vectors) -> Built:
    index = CodedIndex.build(rows)
    size = sum(map(len, index.to_files().values()))
    return Built(lambda q, k, _: index.search(q, k)[0], (0,), index, size)


def inverted_lists(rows: Vectors) -> Built:
    lists = _lists(len(rows))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(rows.shape[1]), rows.shape[1], lists, IP)
    return _searched(_filled(index, rows), "nprobe", _probes(lists))


def inverted_lists_of_bytes(rows: Vectors) -> Built:
    lists = _lists(len(rows))
    quantizer = faiss.IndexFlatIP(rows.shape[1])
    index = faiss.IndexIVFScalarQuantizer(quantizer, rows.shape[1], lists, faiss.ScalarQuantizer.QT_8bit, IP)
    return _rescored(_searched(_filled(index, rows), "nprobe", _probes(lists)), rows)


def graph(rows: Vectors) -> Built:
    index = faiss.IndexHNSWFlat(rows.shape[1], 32, IP)
    index.hnsw.efConstruction = 80
    index.add(rows)
    return _searched(index, "efSearch", (128, 256, 512, 1024, 2048))


KINDS: dict[str, Callable[[Vectors], Built]] = {
    "exact": exact,
    "codes": codes,
    "IVF": inverted_lists,
    "IVF of bytes, rescored": inverted_lists_of_bytes,
    "HNSW": graph,
}


def _lists(rows: int) -> int:
    return max(1, int(2 * rows**0.5))


def _probes(lists: int) -> list[int]:
    return [max(1, lists * share // 32) for share in (1, 2, 4, 8, 12, 16, 24)]


def _filled(index: faiss.Index, rows: Vectors) -> faiss.Index:
    index.train(rows)
    index.add(rows)
    return index


def _searched(index: faiss.Index, effort: str, efforts: Sequence[int]) -> Built:
    settings: Any = index.hnsw if isinstance(index, faiss.IndexHNSW) else index

    def search(query: Vectors, k: int, value: int) -> NDArray[np.int64]:
        setattr(settings, effort, value)
        return np.asarray(index.search(query[None, :], k)[1][0])

    return Built(search, efforts, index, len(faiss.serialize_index(index)))


def _rescored(built: Built, rows: Vectors) -> Built:
    def search(query: Vectors, k: int, value: int) -> NDArray[np.int64]:
        found = built.search(query, WIDE * k, value)
        found = found[found >= 0]
        return np.asarray(found[np.argsort(-(rows[found] @ query))][:k])

    return Built(search, built.efforts, (built.keeps, rows), built.size + rows.nbytes)
