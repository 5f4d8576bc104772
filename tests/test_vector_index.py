"""One contract for every implementation of ``VectorIndex``; the exact one is the oracle for the others."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from builders_milvus import lite, milvus_vectors
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from b12assistant.errors import IndexDamagedError
from b12assistant.index.milvus import Collections
from b12assistant.index.vectors import ROWS_FILE, FaissIndex, best_first, read_index, save_arrays
from b12assistant.protocols import VectorIndex

Vectors = NDArray[np.float32]
Build = Callable[[Vectors], VectorIndex]

TOLERANCE = 1e-5
TEN = np.eye(10, dtype=np.float32)
ROWS_OF_TEN = save_arrays({"rows": TEN})


class ExactIndex:
    """The oracle: the same contract in plain NumPy."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def search(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        scores = self._vectors @ query
        return best_first(np.arange(len(scores), dtype=np.int64), scores, k)


def reopened(vectors: Vectors) -> FaissIndex:
    return read_index({ROWS_FILE: save_arrays({"rows": vectors})}, rows=len(vectors), dimension=vectors.shape[1])


LOCAL: dict[str, Build] = {
    "exact": ExactIndex,
    "faiss": FaissIndex,
    "faiss reopened": reopened,
}
FEW = settings(max_examples=15)  # a collection on a server takes a tenth of a second


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return partial(milvus_vectors, Collections(lite(tmp_path_factory.mktemp("milvus")), "vectors"))


@pytest.fixture(scope="module", params=[*LOCAL, "milvus"])
def build(request: pytest.FixtureRequest) -> Build:
    """Each implementation of ``VectorIndex``."""
    made: Build = LOCAL[request.param] if request.param in LOCAL else request.getfixturevalue("milvus")
    return made


EVERY_LOCAL = pytest.mark.parametrize("local", LOCAL.values(), ids=LOCAL)


def unit(rows: list[tuple[int, ...]]) -> Vectors:
    vectors = np.array(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


# Small whole numbers, so that there are many ties.
ROW = st.tuples(*[st.integers(-2, 2)] * 4).filter(any)
ROWS = st.lists(ROW, min_size=1, max_size=30).map(unit)
QUERY = ROW.map(lambda row: unit([row])[0])


def finds_what_the_oracle_finds(build: Build, vectors: Vectors, query: Vectors, k: int) -> None:
    rows, scores = build(vectors).search(query, k)
    _, best = ExactIndex(vectors).search(query, k)
    assert len(rows) == len(set(rows.tolist())) == max(0, min(k, len(vectors)))
    np.testing.assert_allclose(scores, best, atol=TOLERANCE)  # equal at the cut too: only ties may be exchanged
    np.testing.assert_allclose(vectors[rows] @ query, scores, atol=TOLERANCE)

    finds_in_order(rows, scores)


def finds_in_order(rows: NDArray[np.int64], scores: Vectors) -> None:
    """The best come first, and ties in the order of rows."""
    pairs = list(zip((-scores).tolist(), rows.tolist(), strict=True))
    assert pairs == sorted(pairs)


@EVERY_LOCAL
@given(vectors=ROWS, query=QUERY, k=st.integers(-1, 40))
def test_it_finds_what_the_oracle_finds(local: Build, vectors: Vectors, query: Vectors, k: int) -> None:
    finds_what_the_oracle_finds(local, vectors, query, k)


@FEW
@given(vectors=ROWS, query=QUERY, k=st.integers(-1, 40))
def test_milvus_finds_what_the_oracle_finds(milvus: Build, vectors: Vectors, query: Vectors, k: int) -> None:
    finds_what_the_oracle_finds(milvus, vectors, query, k)


def test_ties_go_by_row(build: Build) -> None:
    rows, _ = build(np.repeat(TEN[:1], 5, axis=0)).search(TEN[0], 5)
    assert rows.tolist() == [0, 1, 2, 3, 4]


def test_an_empty_index_finds_nothing(build: Build) -> None:
    rows, scores = build(np.empty((0, 10), np.float32)).search(TEN[0], 3)
    assert (rows.tolist(), scores.tolist()) == ([], [])


@given(ROWS)
def test_the_rows_are_kept_bit_for_bit(vectors: Vectors) -> None:
    assert np.array_equal(reopened(vectors).rows, vectors)


@pytest.mark.parametrize(
    ("data", "rows", "dimension", "complaint"),
    [
        (ROWS_OF_TEN[:-8], 10, 10, "cannot be read"),
        (ROWS_OF_TEN, 9, 10, "does not fit its manifest"),
    ],
    ids=["cut", "rows"],
)
def test_what_does_not_fit_is_refused(data: bytes, rows: int, dimension: int, complaint: str) -> None:
    with pytest.raises(IndexDamagedError, match=complaint) as raised:
        read_index({"vectors.safetensors": data}, rows=rows, dimension=dimension)
    assert raised.value.hint == "run `b12assistant index`"


# Rows


def test_a_row_that_is_not_of_unit_length_is_refused() -> None:
    rows = TEN.copy()
    rows[3] = float("nan")
    with pytest.raises(IndexDamagedError, match="not of unit length"):
        read_index({ROWS_FILE: save_arrays({"rows": rows})}, rows=10, dimension=10)
