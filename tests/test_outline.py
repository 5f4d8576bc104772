"""Documents are parsed one by one, when they are asked for; what is known without that is what they say."""

from dataclasses import replace

import numpy as np
import pytest
from builders import build_entry

from b12assistant.errors import IndexDamagedError
from b12assistant.index import collection as outlines
from b12assistant.index.collection import Outline, entries_to_files, passages_in, read_entries
from b12assistant.index.documents import Entry, entry_from_bytes
from b12assistant.index.source_words import SourceWords
from b12assistant.types import DocumentId, PassageId, Source

ENTRIES = [
    build_entry("# Nerves\n\nMyelin wraps every nerve. Damage is slow.\n\n# Food\n\nPlants hold none.\n", file="é.md"),
    build_entry("Nerves tingle.\u2028Myelin again.\n", file="b.txt", source=Source(withdrawn=True)),
    build_entry("Myelin is fat.\n", file="c.txt"),
]
PASSAGES = [passage for entry in ENTRIES for passage in entry.passages]
FILES = entries_to_files(ENTRIES)
OUTLINE = Outline.from_bytes(FILES["outline.npz"])


def test_each_document_is_read_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlines, "_KEPT", 1)
    entries = read_entries(memoryview(FILES["documents.jsonl"]), OUTLINE)
    for number in (2, 0, 1, 0, -1):
        assert entries[number].passages == ENTRIES[number].passages
        assert entries[number].document.text == ENTRIES[number].document.text
    assert list(passages_in(entries, OUTLINE)) == PASSAGES


def test_the_latest_documents_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    real = entry_from_bytes

    def spied(line: bytes) -> Entry:
        read.append(line)
        return real(line)

    monkeypatch.setattr(outlines, "entry_from_bytes", spied)
    monkeypatch.setattr(outlines, "_KEPT", len(ENTRIES[0].passages) + 1)
    entries = read_entries(FILES["documents.jsonl"], OUTLINE)
    assert entries[0] is entries[0]
    _ = entries[1], entries[0], entries[2]  # two fit: the one that was used longest ago goes
    assert entries[0] is entries[0]
    assert len(read) == 3
    assert entries[1].document == ENTRIES[1].document
    assert len(read) == 4


def test_the_outline_says_where_each_passage_is() -> None:
    for row, passage in enumerate(PASSAGES):
        assert OUTLINE.row_of(passage.id) == row
        assert OUTLINE.rows_named(passage.id[:12]) == [row]
        assert row in OUTLINE.rows_of(passage.document.id)
        assert OUTLINE.sentences[row + 1] - OUTLINE.sentences[row] == len(passage.sentences)
    assert sorted(OUTLINE.rows_named("")) == list(range(len(PASSAGES)))
    assert OUTLINE.in_force.tolist() == [True, False, True]


@pytest.mark.parametrize("unknown", ["", "0", "f" * 20, "f" * 40, "é"])
def test_an_unknown_passage_has_no_row(unknown: str) -> None:
    assert OUTLINE.row_of(PassageId(unknown)) is None
    assert OUTLINE.rows_of(DocumentId(unknown)) == range(0)


@pytest.mark.parametrize(
    "data",
    [b"", FILES["documents.jsonl"][:-1], b"{" * len(FILES["documents.jsonl"]), FILES["documents.jsonl"][::-1]],
    ids=["empty", "cut", "no JSON", "reversed"],
)
def test_an_outline_of_other_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(IndexDamagedError, match=r"outline\.npz does not fit documents\.jsonl"):
        list(read_entries(data, OUTLINE))


def test_an_outline_of_other_passages_is_refused() -> None:
    fewer = replace(OUTLINE, firsts=OUTLINE.firsts - np.array([0, 1, 1, 0]))
    with pytest.raises(IndexDamagedError, match="does not fit"):
        list(read_entries(FILES["documents.jsonl"], fewer))


@pytest.mark.parametrize("off", [(), (0,), (0, 1), tuple(range(len(PASSAGES) - 1))])
def test_words_without_what_is_off_are_those_of_the_rest(off: tuple[int, ...]) -> None:
    words = SourceWords.from_bytes(SourceWords.of(PASSAGES).to_bytes()).without(off, PASSAGES)
    rest = [passage for row, passage in enumerate(PASSAGES) if row not in off]
    alone = SourceWords.of(rest).without((), rest)
    assert dict(words) == dict(alone)
    assert words.counts == alone.counts
    assert "myelin" in words
