"""One contract for every implementation of ``VectorIndex``; the exact one is the oracle for the others."""

from collections.abc import Callable
from functools import partial

import faiss
import numpy as np
import pytest
from builders_milvus import lite, milvus_vectors
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from b12assistant.errors import IndexDamagedError
from b12assistant.index import vector_index
from b12assistant.index.milvus import Collections
from b12assistant.index.vector_index import ROWS_ALONE, CodedIndex, FaissIndex, best_first, build_index, read_index
from b12assistant.protocols import VectorIndex

Vectors = NDArray[np.float32]
Build = Callable[[Vectors], VectorIndex]

TOLERANCE = 1e-5
TEN = np.eye(10, dtype=np.float32)
ROWS_OF_TEN = FaissIndex(TEN).to_files()["vectors.npz"]
FLAT = faiss.IndexFlatIP(10)
FLAT.add(TEN)


class ExactIndex:
    """The oracle: the same contract in plain NumPy."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def search(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        scores = self._vectors @ query
        return best_first(np.arange(len(scores), dtype=np.int64), scores, k)


def reopened(vectors: Vectors) -> FaissIndex:
    return read_index(FaissIndex(vectors).to_files(), ROWS_ALONE, rows=len(vectors), dimension=vectors.shape[1])


def codes_reopened(vectors: Vectors) -> VectorIndex:
    built = CodedIndex(vectors)
    return read_index(built.to_files(), built.facts, rows=len(vectors), dimension=vectors.shape[1])


LOCAL: dict[str, Build] = {
    "exact": ExactIndex,
    "faiss": FaissIndex,
    "faiss reopened": reopened,
    "codes": CodedIndex,
    "codes reopened": codes_reopened,
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


def test_a_row_finds_itself(build: Build) -> None:
    rows, scores = build(TEN).search(TEN[7], 1)
    assert (rows.tolist(), scores.tolist()) == ([7], [1.0])


def test_ties_go_by_row(build: Build) -> None:
    rows, _ = build(np.repeat(TEN[:1], 5, axis=0)).search(TEN[0], 5)
    assert rows.tolist() == [0, 1, 2, 3, 4]


def test_an_opposite_row_comes_last_and_is_not_lost(build: Build) -> None:
    rows, scores = build(np.stack([-TEN[0], TEN[1]])).search(TEN[0], 2)
    assert (rows.tolist(), scores.tolist()) == ([1, 0], [0.0, -1.0])


def test_types_are_those_of_the_protocol(build: Build) -> None:
    rows, scores = build(TEN).search(TEN[0], 3)
    assert [str(rows.dtype), str(scores.dtype)] == ["int64", "float32"]


def test_an_empty_index_finds_nothing(build: Build) -> None:
    rows, scores = build(np.empty((0, 10), np.float32)).search(TEN[0], 3)
    assert (rows.tolist(), scores.tolist()) == ([], [])


@given(ROWS)
def test_the_rows_are_kept_bit_for_bit(vectors: Vectors) -> None:
    assert np.array_equal(reopened(vectors).vectors(), vectors)


@given(ROWS)
def test_saved_twice_the_bytes_are_the_same(vectors: Vectors) -> None:
    assert reopened(vectors).to_files() == FaissIndex(vectors).to_files()


@pytest.mark.parametrize(
    ("data", "rows", "dimension", "complaint"),
    [
        (b"", 10, 10, "cannot be read"),
        (b"nothing of the kind", 10, 10, "cannot be read"),
        (ROWS_OF_TEN[:-8], 10, 10, "cannot be read"),
        (ROWS_OF_TEN, 9, 10, "does not fit its manifest"),
        (ROWS_OF_TEN, 10, 11, "does not fit its manifest"),
    ],
    ids=["empty", "something else", "cut", "rows", "dimension"],
)
def test_what_does_not_fit_is_refused(data: bytes, rows: int, dimension: int, complaint: str) -> None:
    with pytest.raises(IndexDamagedError, match=complaint) as raised:
        read_index({"vectors.npz": data}, ROWS_ALONE, rows=rows, dimension=dimension)
    assert raised.value.hint == "run `b12assistant index`"


# Codes


def hundreds() -> Vectors:
    """Rows on a circle in the first two of six directions, each a little further round than the one before."""
    round_ = np.linspace(0, 2 * np.pi, 900, endpoint=False)
    rows = np.zeros((900, 6), np.float32)
    rows[:, 0], rows[:, 1] = np.cos(round_), np.sin(round_)
    return rows


CIRCLE = hundreds()
ROUND = CodedIndex(CIRCLE)


def test_above_a_number_of_rows_codes_are_scanned_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_index, "EXACT_UP_TO", 10)
    few, many = build_index(TEN), build_index(np.concatenate([TEN, TEN[:1]]))
    assert (few.facts["kind"], many.facts["kind"]) == ("exact", "codes")
    assert sorted(many.to_files()) == ["codes.faiss", "vectors.npz"]
    assert many.to_files()["vectors.npz"] == FaissIndex(many.vectors()).to_files()["vectors.npz"]


def test_what_the_codes_put_first_is_scored_by_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen centroids separate 900 rows badly; of the 25 they put first, the rows give the five nearest."""
    monkeypatch.setattr(vector_index, "_FEWEST", 0)
    found, scores = ROUND.search(CIRCLE[450], 5)
    np.testing.assert_array_equal(scores, CIRCLE[found] @ CIRCLE[450])
    assert scores[-1] > np.cos(2 * np.pi * 40 / 900)


@given(k=st.integers(-1, 950), at=st.integers(0, 899))
def test_codes_give_as_many_as_are_asked_for_with_their_own_cosines_best_first(k: int, at: int) -> None:
    found, scores = ROUND.search(CIRCLE[at], k)
    assert len(found) == len(set(found.tolist())) == max(0, min(k, 900))
    np.testing.assert_allclose(scores, CIRCLE[found] @ CIRCLE[at], atol=TOLERANCE)
    pairs = list(zip((-scores).tolist(), found.tolist(), strict=True))
    assert pairs == sorted(pairs)


def test_rows_that_are_all_the_same_are_found() -> None:
    found, scores = CodedIndex(np.repeat(TEN[:1], 700, axis=0)).search(TEN[0], 9)
    assert (found.tolist(), set(scores.tolist())) == ([*range(9)], {1.0})


@pytest.mark.parametrize("many", [1, 15, 900])
def test_codes_made_twice_are_the_same_bytes(many: int) -> None:
    rows = CIRCLE[:many]
    assert CodedIndex(rows).to_files() == CodedIndex(rows).to_files()


CODED = CodedIndex(TEN)


@pytest.mark.parametrize(
    ("changed", "facts", "complaint"),
    [
        ({"codes.faiss": b""}, {}, "codes.faiss cannot be read"),
        ({"codes.faiss": bytes(faiss.serialize_index(FLAT))}, {}, "codes.faiss does not fit its manifest"),
        ({"codes.faiss": CodedIndex(TEN[:9]).to_files()["codes.faiss"]}, {}, "codes.faiss does not fit"),
        ({}, {"parts": 6}, "codes.faiss does not fit its manifest"),
        ({}, {"kind": "graph"}, "codes.faiss does not fit its manifest"),
    ],
    ids=["empty", "rows", "of fewer", "other parts", "another kind"],
)
def test_codes_that_do_not_fit_are_refused(changed: dict[str, bytes], facts: dict[str, object], complaint: str) -> None:
    with pytest.raises(IndexDamagedError, match=complaint):
        read_index({**CODED.to_files(), **changed}, {**CODED.facts, **facts}, rows=10, dimension=10)


def test_codes_that_the_manifest_mentions_must_be_there() -> None:
    with pytest.raises(IndexDamagedError, match=r"codes\.faiss is not in the manifest"):
        read_index(FaissIndex(TEN).to_files(), CODED.facts, rows=10, dimension=10)


@pytest.mark.parametrize("length", [0.9, float("nan"), float("inf")])
def test_a_row_that_is_not_of_unit_length_is_refused(length: float) -> None:
    rows = TEN.copy()
    rows[3] = length
    with pytest.raises(IndexDamagedError, match="not of unit length"):
        read_index(FaissIndex(rows).to_files(), ROWS_ALONE, rows=10, dimension=10)


def test_codes_of_other_rows_are_refused() -> None:
    """Their bytes and their form are right, but a search for a row does not find it."""
    rows = np.random.default_rng(1).standard_normal((3000, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ours, others = CodedIndex(rows), CodedIndex(-rows)
    mixed = {**ours.to_files(), "codes.faiss": others.to_files()["codes.faiss"]}
    assert len(read_index(ours.to_files(), ours.facts, rows=3000, dimension=16).vectors()) == 3000
    with pytest.raises(IndexDamagedError, match="does not find its own rows"):
        read_index(mixed, ours.facts, rows=3000, dimension=16)
