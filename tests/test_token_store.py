"""Arrays in a file: views of its bytes, whether it is read or mapped."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from safetensors.numpy import load

from b12assistant.errors import IndexDamagedError
from b12assistant.index.onnx_encoder import PINNED_DIGEST, PINNED_MODEL
from b12assistant.index.vectors import TokenStore, load_projection, read_arrays, save_arrays

Vectors = NDArray[np.float32]
DIMENSION = 6
STEP = 1 / 400  # of the stored values
CUT = 127 * STEP  # the largest that is stored


def unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def rows(count: int) -> st.SearchStrategy[Vectors]:
    values = st.floats(-1, 1, width=16)
    return arrays.arrays(np.float32, (count, DIMENSION), elements=values).map(unit)


@st.composite
def stores(draw: st.DrawFn) -> TokenStore:
    """Units of 0 to 4 tokens."""
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=6))
    pieces = draw(st.lists(st.integers(0, 9), min_size=sum(sizes), max_size=sum(sizes)))
    return TokenStore.of(draw(rows(sum(sizes))), np.array(pieces, np.int32), np.cumsum([0, *sizes], dtype=np.int64))


def units(store: TokenStore) -> list[tuple[list[list[int]], list[int]]]:
    """Each unit's stored vectors and pieces."""
    return [
        (store.tokens[begin:end].tolist(), store.pieces[begin:end].tolist())
        for begin, end in zip(store.starts[:-1].tolist(), store.starts[1:].tolist(), strict=True)
    ]


def slow_best(store: TokenStore, query: Vectors) -> list[list[float]]:
    """For each unit each query token's best cosine, one at a time."""
    best = []
    for tokens, _ in units(store):
        vectors = unit(np.array(tokens, np.float32).reshape(-1, DIMENSION))
        best.append([max((float(vector @ each) for vector in vectors), default=-1.0) for each in query])
    return best


@given(stores())
def test_saved_and_loaded_it_is_the_same(store: TokenStore) -> None:
    again = TokenStore.from_bytes(store.to_bytes(), "a file")
    assert units(again) == units(store)
    assert [str(array.dtype) for array in (again.tokens, again.pieces, again.starts)] == ["int8", "int32", "int64"]
    assert not again.tokens.flags.owndata  # the bytes are not copied


@given(stores(), rows(3))
def test_best_is_what_a_slow_search_finds(store: TokenStore, query: Vectors) -> None:
    slow = np.array(slow_best(store, query)).reshape(len(store), 3)
    np.testing.assert_allclose(store.best(query, 0, len(store)), slow, atol=1e-5)


@given(stores(), rows(2), st.data())
def test_best_of_some_units_is_that_part_of_all(store: TokenStore, query: Vectors, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(store)))
    last = data.draw(st.integers(first, len(store)))
    part = store.best(query, first, last)
    np.testing.assert_allclose(part, store.best(query, 0, len(store))[first:last], atol=1e-6)


@given(st.lists(stores(), min_size=1, max_size=4))
def test_joined_stores_have_all_units_in_order(several: list[TokenStore]) -> None:
    joined = TokenStore.join([*several])
    assert units(joined) == [unit for store in several for unit in units(store)]
    assert len(joined) == sum(map(len, several))


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
    np.testing.assert_allclose(store.piece_idf(), slow, rtol=1e-5)


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
