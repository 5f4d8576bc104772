"""Token vectors that go from file to file: the bytes that they have in memory, and never all of them in memory."""

import io
import tracemalloc
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.errors import IndexDamagedError
from b12assistant.index.token_files import JoinedTokens, StoredTokens
from b12assistant.index.token_store import TokenStore

WIDTH = 5
SIZES = st.lists(st.integers(0, 4), min_size=1, max_size=5)  # tokens of each unit


def store(sizes: list[int], seed: int = 0) -> TokenStore:
    draw = np.random.default_rng(seed)
    rows = sum(sizes)
    tokens = draw.integers(-127, 128, (rows, WIDTH)).astype(np.int8)
    return TokenStore(tokens, draw.integers(0, 9, rows).astype(np.int32), np.cumsum([0, *sizes], dtype=np.int64))


def stores(several: list[list[int]]) -> list[TokenStore]:
    return [store(sizes, seed) for seed, sizes in enumerate(several)]


def stored(file: BinaryIO, tokens: TokenStore) -> StoredTokens:
    """The tokens in a file, opened as those of a former generation are."""
    JoinedTokens([tokens]).write(file)
    file.flush()
    return StoredTokens.of(file, "tokens.npz")


@pytest.fixture
def file(tmp_path: Path) -> BinaryIO:
    return (tmp_path / "tokens.npz").open("w+b")


@given(st.lists(SIZES, min_size=1, max_size=4))
def test_the_file_is_byte_for_byte_that_of_the_joined_store(several: list[list[int]]) -> None:
    parts = stores(several)
    joined = JoinedTokens(parts)
    assert joined.to_bytes() == TokenStore.join(parts).to_bytes()
    assert len(joined) == len(TokenStore.join(parts))


def test_parts_of_a_file_and_parts_in_memory_make_the_same_file(
    file: BinaryIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("b12assistant.index.token_files._BLOCK", 3 * WIDTH)  # of three rows
    with file:
        old, new = store([2, 0, 7, 3, 1]), store([4, 1], seed=1)
        kept = stored(file, old)
        assert len(kept) == len(old)
        mixed = JoinedTokens([kept.part(0, 2), new, kept.part(3, 5)])
        assert mixed.to_bytes() == JoinedTokens([old.part(0, 2), new, old.part(3, 5)]).to_bytes()
        assert [len(block) for block in kept.blocks()] == [3, 3, 3, 3, 1]


def test_a_part_of_a_part_is_that_part(file: BinaryIO) -> None:
    with file:
        old = store([2, 0, 7, 3, 1])
        kept = stored(file, old).part(1, 5).part(1, 3)
        part = TokenStore.from_bytes(JoinedTokens([kept]).to_bytes())
        assert part.tokens.tolist() == old.part(2, 4).tokens.tolist()
        assert part.pieces.tolist() == old.part(2, 4).pieces.tolist()
        assert part.starts.tolist() == [0, 7, 10]


def test_of_a_large_file_a_block_at_a_time_is_held(file: BinaryIO, tmp_path: Path) -> None:
    rows, width = 100_000, 400  # 40 MB
    tokens = np.ones((rows, width), np.int8)
    starts = np.array([0, rows // 2, rows], np.int64)
    with file, (tmp_path / "next.npz").open("wb") as following:
        kept = stored(file, TokenStore(tokens, np.zeros(rows, np.int32), starts))
        del tokens
        tracemalloc.start()
        JoinedTokens([kept.part(0, 1), kept.part(1, 2)]).write(following)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 12_000_000, "two blocks of 4 MiB, and the pieces"
    assert (tmp_path / "next.npz").read_bytes() == (tmp_path / "tokens.npz").read_bytes()


def test_a_file_that_ends_early_is_an_error(file: BinaryIO) -> None:
    with file:
        kept = stored(file, store([2, 7, 3]))
        file.truncate(200)
        with pytest.raises(OSError, match="it ends too early"):
            list(kept.blocks())


def test_each_byte_of_rows_that_the_disk_gives_back_otherwise_is_noticed() -> None:
    tokens = JoinedTokens([store([2, 3])])
    data = tokens.to_bytes()
    assert tokens.is_in(io.BytesIO(data))
    first = data.index(store([2, 3]).tokens.tobytes())
    for at in range(first, first + 5 * WIDTH):
        other = bytearray(data)
        other[at] ^= 1
        assert not tokens.is_in(io.BytesIO(bytes(other))), at
    assert not tokens.is_in(io.BytesIO(data[:-1]))


def archive(tokens: object, rows: int = 2) -> io.BytesIO:
    buffer = io.BytesIO()
    np.savez(buffer, tokens=tokens, pieces=np.zeros(2, np.int32), starts=np.array([0, rows]))  # type: ignore[arg-type]
    return buffer


@pytest.mark.parametrize(
    "other",
    [
        archive(np.zeros((2, WIDTH), np.float32)),
        archive(np.zeros((2, WIDTH), np.int8, order="F")),
        archive(np.zeros((2, WIDTH), np.int8), rows=3),
        archive(np.zeros((3, WIDTH), np.int8)),
    ],
    ids=["numbers", "columns", "starts", "pieces"],
)
def test_a_file_of_another_form_is_refused(other: io.BytesIO) -> None:
    with pytest.raises(IndexDamagedError, match=r"tokens\.npz"):
        StoredTokens.of(other, "tokens.npz")
