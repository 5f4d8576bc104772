"""What a stopped build has encoded: the next build goes on from its whole blocks, and opens nothing else."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from corpora import write
from fakes import FakeEncoder, FakeWorkspace, RefusingEncoder, fake_workspace

from b12assistant.errors import IndexMismatchError, IndexMissingError, IndexWriteError
from b12assistant.index.blocks import Blocks
from b12assistant.index.documents import Entry
from b12assistant.index.embedding import embed
from b12assistant.index.token_store import Projection

PLAIN = Projection(None, np.empty(0, np.float32))
ONE_THREAD = {"encoder.threads": 1}
# Builds, in blocks of two passages each, until it has encoded seven texts, then kills itself.
KILLED = """
import os, signal, sys
from pathlib import Path
from fakes import FakeEncoder, fake_workspace
import b12assistant.index.blocks as blocks

class KilledEncoder(FakeEncoder):
    def encode(self, texts):
        if len(self.encoded) == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts)

blocks.PASSAGES = 2
corpus, index = map(Path, sys.argv[1:])
fake_workspace(corpus, index, encoder=KilledEncoder(), flags={"encoder.threads": 1}).index()
"""


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    """Ten files of one passage each, not indexed."""
    pages = {f"{number}.md": f"# Page {number}\n\nNumb feet, page {number}.\n" for number in range(10)}
    return fake_workspace(write(tmp_path / "corpus", pages), tmp_path / "index", flags=ONE_THREAD)


@pytest.fixture
def whole(space: FakeWorkspace, tmp_path: Path) -> FakeWorkspace:
    """The same files, indexed elsewhere in one go."""
    elsewhere = fake_workspace(space.corpus, tmp_path / "whole", flags=ONE_THREAD)
    elsewhere.index()
    return elsewhere


def kill(space: FakeWorkspace) -> None:
    command = [sys.executable, "-c", KILLED, str(space.corpus), str(space.store.root)]
    assert subprocess.run(command, cwd=Path(__file__).parent, check=False).returncode == -signal.SIGKILL


def test_a_killed_build_goes_on_from_its_blocks(space: FakeWorkspace, whole: FakeWorkspace) -> None:
    kill(space)
    with pytest.raises(IndexMissingError):
        space.store.open()
    assert space.index().generation == whole.opened.collection.generation
    assert len(whole.fake_encoder.encoded) - len(space.fake_encoder.encoded) == 6, "three blocks of two passages"
    assert len(space.fake_reader.extracted) == 4
    assert {path.name for path in space.store.root.iterdir()} == {"CURRENT", "LOCK", "generations"}


def test_a_file_that_was_changed_meanwhile_is_encoded_again(space: FakeWorkspace) -> None:
    kill(space)
    write(space.corpus, {"0.md": "# Page 0\n\nNumb hands.\n"})
    space.index()
    assert "0.md" in space.fake_reader.extracted
    assert space.opened.collection.passages[0].sentences[0].text == "Numb hands."


def test_from_scratch_uses_nothing_of_a_stopped_build(space: FakeWorkspace, whole: FakeWorkspace) -> None:
    kill(space)
    space.index(from_scratch=True)
    assert len(space.fake_encoder.encoded) == len(whole.fake_encoder.encoded)
    assert not space.store.unfinished.exists()


def test_sentences_that_were_encoded_alone_are_kept_too(
    space: FakeWorkspace, whole: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("b12assistant.index.blocks.PASSAGES", 1)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeWorkspace, "_publish", stopped)
    with pytest.raises(KeyboardInterrupt):
        space.index()
    monkeypatch.undo()
    again = fake_workspace(space.corpus, space.store.root, encoder=RefusingEncoder(), flags=ONE_THREAD)
    assert again.index().generation == whole.opened.collection.generation


# Several builders


def test_what_others_have_encoded_is_put_together(space: FakeWorkspace, whole: FakeWorkspace, tmp_path: Path) -> None:
    halves = []
    for numbers in ("01234", "56789"):
        half = fake_workspace(tmp_path / f"corpus{numbers}", tmp_path / f"index{numbers}", flags=ONE_THREAD)
        write(half.corpus, {f"{each}.md": (space.corpus / f"{each}.md").read_bytes() for each in numbers})
        half.index()
        halves.append(half.store.root)
    last = fake_workspace(space.corpus, space.store.root, encoder=RefusingEncoder(), flags=ONE_THREAD)
    assert last.index(vectors_of=halves).generation == whole.opened.collection.generation


def test_an_index_of_another_encoder_is_not_put_together(space: FakeWorkspace, whole: FakeWorkspace) -> None:
    other = fake_workspace(space.corpus, space.store.root, encoder=FakeEncoder(digest="1" * 64), flags=ONE_THREAD)
    with pytest.raises(IndexMismatchError, match="were made in another way"):
        other.index(vectors_of=[whole.store.root])
    with pytest.raises(IndexMissingError, match="there is no index in"):
        other.index(vectors_of=[space.corpus])


# The file


@pytest.fixture
def entries(whole: FakeWorkspace) -> Sequence[Entry]:
    return tuple(whole.entries[name] for name in sorted(whole.entries))


@pytest.fixture
def path(entries: Sequence[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of five blocks."""
    monkeypatch.setattr("b12assistant.index.blocks.PASSAGES", 2)
    path = tmp_path / "unfinished"
    with closing(Blocks(path, "this model")) as blocks:
        for entry in entries:
            blocks.add(entry, embed(entry.passages, FakeEncoder(dimension=64), PLAIN, alone=False))
    return path


def kept(path: Path, scope: str = "this model") -> int:
    with closing(Blocks(path, scope)) as blocks:
        return blocks.written


def test_blocks_give_back_what_they_were_given(path: Path, entries: Sequence[Entry]) -> None:
    with closing(Blocks(path, "this model")) as blocks:
        assert blocks.written == 10
        for entry in entries:
            expected = embed(entry.passages, FakeEncoder(dimension=64), PLAIN, alone=False)
            found = blocks.embedded(entry.report.file)
            assert blocks.entry(entry.report.file) == entry
            np.testing.assert_array_equal(found.vectors, expected.vectors)
            np.testing.assert_array_equal(found.context.tokens, expected.context.tokens)
            np.testing.assert_array_equal(found.context.starts, expected.context.starts)
            assert found.alone is None


def test_a_file_cut_off_anywhere_gives_its_whole_blocks(path: Path) -> None:
    data = path.read_bytes()
    found = []
    for size in range(0, len(data) + 1, 61):
        path.write_bytes(data[:size])
        found.append(kept(path))
    assert sorted(found) == found
    assert {*found, 10} == {0, 2, 4, 6, 8, 10}


@pytest.mark.parametrize("part", [0.0, 0.3, 0.5, 0.9])
def test_a_changed_byte_ends_what_is_read(path: Path, part: float) -> None:
    data = bytearray(path.read_bytes())
    at = int(part * len(data))
    data[at] ^= 1
    path.write_bytes(data)
    assert kept(path) == 2 * int(part * 5)


def test_blocks_of_another_model_are_not_used(path: Path) -> None:
    assert kept(path, "another model") == 0
    assert path.read_bytes() == b""


def test_a_full_disk_is_one_clear_line(
    entries: Sequence[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("b12assistant.index.blocks.PASSAGES", 1)
    monkeypatch.setattr(os, "fsync", full)
    embedded = embed(entries[0].passages, FakeEncoder(), PLAIN, alone=False)
    with (
        closing(Blocks(tmp_path / "unfinished")) as blocks,
        pytest.raises(IndexWriteError, match=r"could not be written \(No space left on device\)"),
    ):
        blocks.add(entries[0], embedded)


def test_a_link_in_its_place_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "unfinished").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexWriteError, match="unfinished cannot be opened"):
        Blocks(tmp_path / "unfinished", "this model")
