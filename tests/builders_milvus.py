"""Indexes on Milvus Lite, in this process; tests that use them are skipped if pymilvus is not installed."""

import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.milvus import Collections, MilvusRows, MilvusTerms, connect

Vectors = NDArray[np.float32]

_NUMBER = count(1)


def lite(folder: Path) -> Any:
    """Milvus Lite with its file in ``folder``."""
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install -e '.[milvus]'")
    return connect(str(folder / f"{next(_NUMBER)}.db"))


def without_words(rows: int) -> BM25FIndex:
    nothing = [""] * rows
    return BM25FIndex.build(nothing, nothing)


def filled(collections: Collections, vectors: Vectors, words: BM25FIndex | None = None) -> MilvusRows:
    """Make and open the only collection, without pymilvus's half-second waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", lambda seconds: None)
        facts = collections.fill(vectors, words or without_words(len(vectors)))
    collections.drop_others(facts["collection"], {"engine": {"collection": "none"}})
    return collections.open(facts)


def milvus_terms(collections: Collections, words: BM25FIndex, rows: int) -> MilvusTerms:
    """The words of ``rows`` rows, which all have the same vector."""
    vectors = np.tile(np.array([1, 0], np.float32), (rows, 1))
    return MilvusTerms(filled(collections, vectors, words), words)
