"""One contract for every implementation of ``VectorIndex``; the exact one is the oracle for the others."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from b12assistant.errors import IndexDamagedError
from b12assistant.protocols import VectorIndex
from b12assistant.vector_index import ExactIndex, FaissIndex

Vectors = NDArray[np.float32]
Build = Callable[[Vectors], VectorIndex]

TOLERANCE = 1e-5
TEN = np.eye(10, dtype=np.float32)


def reopened(vectors: Vectors) -> FaissIndex:
    return FaissIndex.from_bytes(FaissIndex.build(vectors).to_bytes(), rows=len(vectors), dimension=vectors.shape[1])


EVERY = pytest.mark.parametrize(
    "build", [ExactIndex, FaissIndex.build, reopened], ids=["exact", "faiss", "faiss reopened"]
)


def unit(rows: list[tuple[int, ...]]) -> Vectors:
    vectors = np.array(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


# Small whole numbers, so that ties are many.
ROW = st.tuples(*[st.integers(-2, 2)] * 4).filter(any)
ROWS = st.lists(ROW, min_size=1, max_size=30).map(unit)
QUERY = ROW.map(lambda row: unit([row])[0])


@EVERY
@given(vectors=ROWS, query=QUERY, k=st.integers(-1, 40))
def test_it_finds_what_the_oracle_finds(build: Build, vectors: Vectors, query: Vectors, k: int) -> None:
    rows, scores = build(vectors).search(query, k)
    _, best = ExactIndex(vectors).search(query, k)
    assert len(rows) == len(set(rows.tolist())) == max(0, min(k, len(vectors)))
    np.testing.assert_allclose(scores, best, atol=TOLERANCE)  # equal at the cut too: only ties may be exchanged
    np.testing.assert_allclose(vectors[rows] @ query, scores, atol=TOLERANCE)


@EVERY
@given(vectors=ROWS, query=QUERY)
def test_the_best_come_first_and_ties_go_by_row(build: Build, vectors: Vectors, query: Vectors) -> None:
    rows, scores = build(vectors).search(query, len(vectors))
    pairs = list(zip((-scores).tolist(), rows.tolist(), strict=True))
    assert pairs == sorted(pairs)


@EVERY
def test_a_row_finds_itself(build: Build) -> None:
    rows, scores = build(TEN).search(TEN[7], 1)
    assert (rows.tolist(), scores.tolist()) == ([7], [1.0])


@EVERY
def test_ties_go_by_row(build: Build) -> None:
    rows, _ = build(np.repeat(TEN[:1], 5, axis=0)).search(TEN[0], 5)
    assert rows.tolist() == [0, 1, 2, 3, 4]


@EVERY
def test_an_opposite_row_comes_last_and_is_not_lost(build: Build) -> None:
    rows, scores = build(np.stack([-TEN[0], TEN[1]])).search(TEN[0], 2)
    assert (rows.tolist(), scores.tolist()) == ([1, 0], [0.0, -1.0])


@EVERY
def test_types_are_those_of_the_protocol(build: Build) -> None:
    rows, scores = build(TEN).search(TEN[0], 3)
    assert [str(rows.dtype), str(scores.dtype)] == ["int64", "float32"]


@EVERY
def test_an_empty_index_finds_nothing(build: Build) -> None:
    rows, scores = build(np.empty((0, 10), np.float32)).search(TEN[0], 3)
    assert (rows.tolist(), scores.tolist()) == ([], [])


@given(ROWS)
def test_the_rows_are_kept_bit_for_bit(vectors: Vectors) -> None:
    assert np.array_equal(reopened(vectors).vectors(), vectors)


@given(ROWS)
def test_saved_twice_the_bytes_are_the_same(vectors: Vectors) -> None:
    assert reopened(vectors).to_bytes() == FaissIndex.build(vectors).to_bytes()


@pytest.mark.parametrize(
    ("data", "rows", "dimension", "complaint"),
    [
        (b"", 10, 10, "cannot be read"),
        (b"nothing of the kind", 10, 10, "cannot be read"),
        (FaissIndex.build(TEN).to_bytes()[:-8], 10, 10, "cannot be read"),
        (FaissIndex.build(TEN).to_bytes(), 9, 10, "does not fit its manifest"),
        (FaissIndex.build(TEN).to_bytes(), 10, 11, "does not fit its manifest"),
    ],
    ids=["empty", "something else", "cut", "rows", "dimension"],
)
def test_what_does_not_fit_is_refused(data: bytes, rows: int, dimension: int, complaint: str) -> None:
    with pytest.raises(IndexDamagedError, match=complaint) as raised:
        FaissIndex.from_bytes(data, rows=rows, dimension=dimension)
    assert raised.value.hint == "run `b12assistant index`"
