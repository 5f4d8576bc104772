"""Several documents are embedded at a time: the bytes are the same, and a failure stops all of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from corpora import again, capsules, three_files, write
from fakes import FakeEncoder, FakeWorkspace, RefusingEncoder, fake_workspace

from b12assistant.errors import IndexMissingError, SourceFactsError
from b12assistant.protocols import Encoded


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


@dataclass(frozen=True)
class CountingEncoder(FakeEncoder):
    """``asked``: how many texts at a time."""

    asked: list[int] = field(default_factory=list, compare=False)

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        self.asked.append(len(texts))
        return super().encode(texts)


def test_only_some_texts_of_a_long_document_are_held_at_once(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[int] = []
    parts = ("feet", "toes", "hands", "fingers", "legs", "lips", "arms")
    signs = [f"Numb {part} are an early sign." for part in parts]
    for name, value in (("_AT_ONCE", 2), ("_MANY", 7), ("give_back", lambda: given_back.append(1))):
        monkeypatch.setattr(f"b12assistant.index.embedding.{name}", value)
    write(space.corpus, {"nerves.md": f"# Nerves\n\n{' '.join(signs)}\n"})
    encoder = CountingEncoder()
    again(space, encoder).index()
    assert max(encoder.asked) == 2
    assert len(given_back) >= 4, "memory is given back after each lot of a long document"
    assert [text for text in encoder.encoded if text in signs] == signs
