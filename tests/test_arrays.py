"""Arrays in a file: views of its bytes, whether it is read or mapped."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from b12assistant.index.arrays import from_npz, to_npz

KINDS = st.sampled_from([np.dtype(each) for each in ("i1", "?", "i4", "i8", "f4", "S5")])
ARRAYS = st.dictionaries(
    st.text("abcdefgh_", min_size=1, max_size=9),
    KINDS.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(max_dims=2, min_side=0, max_side=5))),
    max_size=4,
)


@pytest.mark.parametrize("view", [bytes, memoryview], ids=["read", "mapped"])
@given(written=ARRAYS)
def test_arrays_are_the_same_again_and_none_is_copied(view: type, written: dict[str, NDArray[np.generic]]) -> None:
    found = from_npz(view(to_npz(written)))
    assert list(found) == list(written)
    for name, array in written.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert not found[name].flags.owndata


@given(ARRAYS)
def test_numpy_reads_the_file(written: dict[str, NDArray[np.generic]]) -> None:
    with np.load(io.BytesIO(to_npz(written)), allow_pickle=False) as found:
        assert found.files == list(written)
        for name, array in written.items():
            np.testing.assert_array_equal(found[name], array)
