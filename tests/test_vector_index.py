"""One contract for every implementation of ``VectorIndex``; the exact one is the oracle for the others."""

from collections.abc import Callable
from functools import partial
from math import log

import numpy as np
import pytest
from builders_milvus import filled, lite, milvus_terms
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from safetensors.numpy import load

from b12assistant.errors import IndexDamagedError
from b12assistant.index.lexical_index import FIELDS as USUAL
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.milvus import Collections
from b12assistant.index.onnx_encoder import PINNED_DIGEST, PINNED_MODEL
from b12assistant.index.vectors import (
    FaissIndex,
    TokenStore,
    best_first,
    load_projection,
    read_arrays,
    read_vectors,
    save_arrays,
)
from b12assistant.language.words import terms
from b12assistant.protocols import LexicalIndex, VectorIndex

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
    return FaissIndex(read_vectors(save_arrays({"rows": vectors}), vectors.shape))


LOCAL: dict[str, Build] = {"exact": ExactIndex, "faiss": FaissIndex, "faiss reopened": reopened}
FEW = settings(max_examples=15)  # a collection on a server takes a tenth of a second


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return partial(filled, Collections(lite(tmp_path_factory.mktemp("milvus")), "vectors"))


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
    assert np.array_equal(read_vectors(save_arrays({"rows": vectors}), vectors.shape), vectors)


@pytest.mark.parametrize(
    ("data", "rows", "dimension", "complaint"),
    [(ROWS_OF_TEN[:-8], 10, 10, "cannot be read"), (ROWS_OF_TEN, 9, 10, "does not fit the other files")],
    ids=["cut", "rows"],
)
def test_what_does_not_fit_is_refused(data: bytes, rows: int, dimension: int, complaint: str) -> None:
    with pytest.raises(IndexDamagedError, match=complaint) as raised:
        read_vectors(data, (rows, dimension))
    assert raised.value.hint == "run `b12assistant index`"


def test_a_row_that_is_not_of_unit_length_is_refused() -> None:
    rows = TEN.copy()
    rows[3] = float("nan")
    with pytest.raises(IndexDamagedError, match="not of unit length"):
        read_vectors(save_arrays({"rows": rows}), rows.shape)


DIMENSION = 6
STEP = 1 / 400  # of the stored values
CUT = 127 * STEP  # the largest that is stored


def scaled(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def rows(count: int) -> st.SearchStrategy[Vectors]:
    values = st.floats(-1, 1, width=16)
    return arrays.arrays(np.float32, (count, DIMENSION), elements=values).map(scaled)


@st.composite
def stores(draw: st.DrawFn) -> TokenStore:
    """Units of 0 to 4 tokens."""
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=6))
    pieces = draw(st.lists(st.integers(0, 9), min_size=sum(sizes), max_size=sum(sizes)))
    return TokenStore.of(draw(rows(sum(sizes))), np.array(pieces, np.int32), np.cumsum([0, *sizes], dtype=np.int64))


def units(store: TokenStore) -> list[tuple[list[list[int]], list[int]]]:
    """Each scaled's stored vectors and pieces."""
    return [
        (store.tokens[begin:end].tolist(), store.pieces[begin:end].tolist())
        for begin, end in zip(store.starts[:-1].tolist(), store.starts[1:].tolist(), strict=True)
    ]


def slow_best(store: TokenStore, query: Vectors) -> list[list[float]]:
    """For each scaled each query token's best cosine, one at a time."""
    best = []
    for tokens, _ in units(store):
        vectors = scaled(np.array(tokens, np.float32).reshape(-1, DIMENSION))
        best.append([max((float(vector @ each) for vector in vectors), default=-1.0) for each in query])
    return best


@given(stores())
def test_saved_and_loaded_it_is_the_same(store: TokenStore) -> None:
    again = TokenStore.from_bytes(store.to_bytes(), "a file", len(store))
    assert units(again) == units(store)
    assert [str(array.dtype) for array in (again.tokens, again.pieces, again.starts)] == ["int8", "int32", "int64"]
    assert not again.tokens.flags.owndata  # the bytes are not copied


@given(stores(), rows(3), st.data())
def test_best_of_some_units_is_what_a_slow_search_finds(store: TokenStore, query: Vectors, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(store)))
    last = data.draw(st.integers(first, len(store)))
    slow = np.array(slow_best(store, query)).reshape(len(store), 3)
    np.testing.assert_allclose(store.best(query, first, last), slow[first:last], atol=1e-5)


@given(st.lists(stores(), min_size=1, max_size=4))
def test_a_part_of_what_was_joined_is_what_was_put_in(several: list[TokenStore]) -> None:
    joined, first = TokenStore.join([*several]), 0
    for store in several:
        assert units(joined.part(first, first + len(store))) == units(store)
        first += len(store)


@given(rows(5))
def test_storing_moves_no_value_by_more_than_half_a_step(tokens: Vectors) -> None:
    stored = TokenStore.of(tokens, np.zeros(5, np.int32), np.array([0, 5])).tokens * STEP
    assert np.abs(stored - np.clip(tokens, -CUT, CUT)).max() <= STEP / 2 + 1e-6


@given(stores())
def test_piece_idf_counts_the_units_that_hold_a_piece(store: TokenStore) -> None:
    held = [set(pieces) for _, pieces in units(store)]
    size = max((max(pieces) for pieces in held if pieces), default=0) + 1
    slow = [log((len(held) + 1) / (sum(piece in pieces for pieces in held) + 0.5)) for piece in range(size)]
    np.testing.assert_allclose(store.piece_idf, slow, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "digest"), [(PINNED_MODEL, "0" * 64), ("another", PINNED_DIGEST)], ids=["other weights", "another model"]
)
def test_a_projection_counts_only_for_the_weights_it_was_fitted_on(name: str, digest: str) -> None:
    projection = load_projection(name, digest)
    assert projection.matrix is None
    assert len(projection.piece_idf) == 0


KINDS = st.sampled_from([np.dtype(kind) for kind in ("i1", "u1", "i4", "i8", "f4")])
ARRAYS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=9),
    KINDS.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(max_dims=2, min_side=0, max_side=5))),
    max_size=4,
)


@pytest.mark.parametrize("view", [bytes, memoryview], ids=["read", "mapped"])
@given(written=ARRAYS)
def test_arrays_are_the_same_again_and_none_is_copied(view: type, written: dict[str, NDArray[np.generic]]) -> None:
    data = save_arrays(written)
    found, expected = read_arrays(view(data), "a file"), load(data)
    assert found.keys() == written.keys() == expected.keys()
    for name, array in written.items():
        np.testing.assert_array_equal(found[name], array)
        np.testing.assert_array_equal(found[name], expected[name])
        assert found[name].dtype == array.dtype
        assert not found[name].flags.owndata
        assert not found[name].flags.writeable
        assert found[name].flags.aligned


@given(ARRAYS)
def test_the_same_arrays_give_the_same_bytes(written: dict[str, NDArray[np.generic]]) -> None:
    assert save_arrays(written) == save_arrays(dict(reversed(written.items())))


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff" * 20, save_arrays({"a": np.zeros(5, np.int8)})[:-1]])
def test_what_cannot_be_read_is_named(data: bytes) -> None:
    with pytest.raises(IndexDamagedError, match="the file cannot be read"):
        read_arrays(data, "the file")


BODIES = ["numb feet and cold hands", "numb toes", "a diet without meat", "cold cold cold weather"]
TITLES = ["Nerves", "Numb feet", "Food", "Weather"]
TEXTS = st.lists(st.sampled_from(["numb", "feet", "cold", "diet", "meat", "the"]), max_size=6).map(" ".join)
FIELDS = st.lists(st.tuples(TEXTS, TEXTS), max_size=8)


def index(bodies: list[str] = BODIES, titles: list[str] = TITLES) -> BM25FIndex:
    return BM25FIndex.build(bodies, titles)


BuildTerms = Callable[..., LexicalIndex]  # bodies and titles; BODIES and TITLES if not given


@pytest.fixture(scope="module")
def milvus_words(tmp_path_factory: pytest.TempPathFactory) -> BuildTerms:
    collections = Collections(lite(tmp_path_factory.mktemp("milvus_words")), "terms")

    def build_terms(bodies: list[str] = BODIES, titles: list[str] = TITLES) -> LexicalIndex:
        return milvus_terms(collections, index(bodies, titles), len(bodies))

    return build_terms


@pytest.fixture(scope="module", params=["bm25f", "milvus_words"])
def build_terms(request: pytest.FixtureRequest) -> BuildTerms:
    """Each implementation of ``LexicalIndex``."""
    made: BuildTerms = index if request.param == "bm25f" else request.getfixturevalue("milvus_words")
    return made


def found(lexical: LexicalIndex, question: str, k: int = 10) -> list[tuple[int, float]]:
    rows, scores = lexical.search(question, k)
    return list(zip(rows.tolist(), scores.tolist(), strict=True))


def slow_score(question: str, row: int, bodies: list[str], titles: list[str]) -> float:
    """BM25F as the paper writes it, for one row."""
    fields = [
        ([terms(text) for text in bodies], USUAL["b_body"], 1.0),
        ([terms(text) for text in titles], USUAL["b_title"], USUAL["title_weight"]),
    ]
    score = 0.0
    for term in terms(question):
        frequency = 0.0
        for texts, b, weight in fields:
            average = sum(map(len, texts)) / len(texts)
            if average:
                frequency += weight * texts[row].count(term) / (1 - b + b * len(texts[row]) / average)
        having = sum(any(term in texts[i] for texts, _, _ in fields) for i in range(len(bodies)))
        score += log(1 + (len(bodies) - having + 0.5) / (having + 0.5)) * frequency / (USUAL["k1"] + frequency)
    return score


def gives_the_scores_of_the_formula(build_terms: BuildTerms, fields: list[tuple[str, str]], question: str) -> None:
    bodies, titles = [body for body, _ in fields], [title for _, title in fields]
    slow = {row: slow_score(question, row, bodies, titles) for row in range(len(bodies))}
    fast = dict(found(build_terms(bodies, titles), question))
    assert fast == pytest.approx({row: score for row, score in slow.items() if score > 0}, rel=1e-5)


@given(FIELDS, TEXTS)
def test_scores_are_those_of_the_formula(fields: list[tuple[str, str]], question: str) -> None:
    gives_the_scores_of_the_formula(index, fields, question)


@FEW
@given(FIELDS, TEXTS)
def test_scores_of_milvus_are_those_of_the_formula(
    milvus_words: BuildTerms, fields: list[tuple[str, str]], question: str
) -> None:
    gives_the_scores_of_the_formula(milvus_words, fields, question)


def finds_terms_in_order(build_terms: BuildTerms, fields: list[tuple[str, str]], question: str, k: int) -> None:
    lexical = build_terms([body for body, _ in fields], [title for _, title in fields])
    everything = found(lexical, question, len(fields))
    assert everything == sorted(everything, key=lambda pair: (-pair[1], pair[0]))
    assert found(lexical, question, k) == everything[:k]


@given(FIELDS, TEXTS, st.integers(0, 9))
def test_the_best_come_first_and_ties_go_by_row(fields: list[tuple[str, str]], question: str, k: int) -> None:
    finds_terms_in_order(index, fields, question, k)


def test_a_text_that_shares_no_word_is_not_found(build_terms: BuildTerms) -> None:
    assert found(build_terms(), "the and of") == []


@pytest.mark.parametrize(("question", "share"), [("numb feet", 0.0), ("gout", 1.0)], ids=["all known", "unknown"])
def test_the_unknown_share_is_right_at_its_ends(question: str, share: float) -> None:
    assert index().unknown_share(question) == share


@given(FIELDS, TEXTS)
def test_an_index_saved_and_loaded_is_the_same(fields: list[tuple[str, str]], question: str) -> None:
    lexical = index([body for body, _ in fields], [title for _, title in fields])
    again = BM25FIndex.from_bytes(lexical.to_bytes())
    assert again.to_bytes() == lexical.to_bytes()
    assert found(again, question) == found(lexical, question)
    assert again.unknown_share(question) == lexical.unknown_share(question)
