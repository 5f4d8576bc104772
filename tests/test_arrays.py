"""Arrays in a file: views of its bytes, whether it is read or mapped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from safetensors.numpy import load

from b12assistant.errors import IndexDamagedError
from b12assistant.index.arrays import read_arrays, save_arrays

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
