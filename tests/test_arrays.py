"""Arrays in a file: views of its bytes, whether it is read or mapped."""

import errno
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from b12assistant.errors import IndexWriteError
from b12assistant.index.arrays import empty, from_npz, to_npz

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


def test_a_large_file_is_the_same_as_a_small_one_and_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {"a": np.arange(600, dtype=np.int32), "b": np.zeros((0, 3), np.float32)}
    small = to_npz(written)
    monkeypatch.setattr("b12assistant.index.arrays.MAPPED_FROM", 1000)
    large = to_npz(written)
    assert isinstance(large, memoryview)
    assert bytes(large) == small


def test_a_full_temporary_folder_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("b12assistant.index.arrays.MAPPED_FROM", 1000)
    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(IndexWriteError, match=r"could not be put into .* \(No space left on device\)"):
        empty((2000,), np.int8)
