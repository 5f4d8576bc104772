"""Several documents are embedded at a time: the bytes are the same, and a failure stops all of it."""

from pathlib import Path

import pytest
from corpora import again, capsules, three_files, write
from fakes import FakeWorkspace, RefusingEncoder, fake_workspace

from b12assistant.errors import IndexMissingError, SourceFactsError


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return three_files(tmp_path)


def test_a_wrong_dispute_is_reported_once_all_is_read_and_nothing_is_published(space: FakeWorkspace) -> None:
    write(space.corpus, capsules())
    (space.corpus / "swallowed.md").write_text("Another text.\n")
    with pytest.raises(SourceFactsError):
        space.index()
    with pytest.raises(IndexMissingError):
        space.store.open()


@pytest.mark.parametrize("threads", [1, 4])
def test_the_bytes_do_not_depend_on_how_many_documents_are_under_way(space: FakeWorkspace, threads: int) -> None:
    one = space.index().generation
    other = fake_workspace(space.corpus, space.store.root.parent / "other", flags={"encoder.threads": threads})
    assert other.index().generation == one


def test_what_the_encoder_refuses_stops_the_build(space: FakeWorkspace) -> None:
    with pytest.raises(AssertionError, match="asked to encode"):
        again(space, RefusingEncoder()).index()
