"""What is switched off without deleting it, and notes on passages: `switched_off.toml` at the top of a corpus.

The file is read when an index is opened, not when it is built: what is switched off stays in the index, and comes back
when its entry is removed. A passage's id depends on its words, so the entry of a reworded passage matches nothing;
such entries are reported, since their text may be quoted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from b12assistant.errors import SourceFactsError
from b12assistant.types import DocumentId, Passage, PassageId

SWITCHED_OFF_FILE = "switched_off.toml"


@dataclass(frozen=True, slots=True)
class Off:
    """The curator's reason for switching something off, with its date."""

    why: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """Documents and passages that are never quoted, found or compared, and notes shown with quotes of a passage."""

    documents: Mapping[DocumentId, Off] = field(default_factory=lambda: MappingProxyType({}))
    passages: Mapping[PassageId, Off] = field(default_factory=lambda: MappingProxyType({}))
    notes: Mapping[PassageId, str] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, passage: Passage) -> Off | None:
        """Return why a passage is off, by itself or with its document; ``None`` if it is on."""
        return self.documents.get(passage.document.id) or self.passages.get(passage.id)

    def without_target(
        self, is_document: Callable[[DocumentId], bool], is_passage: Callable[[PassageId], bool]
    ) -> Iterator[str]:
        """Yield a message for each entry that matches nothing."""
        for name in sorted(self.documents.keys()):
            if not is_document(name):
                yield f"{SWITCHED_OFF_FILE}: document {name!r} is not in the index: remove the entry, or fix its name"
        for passage in sorted(self.passages.keys() | self.notes.keys()):
            if not is_passage(passage):
                yield (
                    f"{SWITCHED_OFF_FILE}: passage {passage!r} is not in the index, so its entry does nothing: its "
                    "words may have changed; find its new id with `b12assistant show`, or remove the entry"
                )


NOTHING_OFF = SwitchedOff()


def parse_switched_off(text: str, *, file: str = SWITCHED_OFF_FILE) -> SwitchedOff:
    """Parse a `switched_off.toml`. Raises ``SourceFactsError`` that names file and line."""
    from b12assistant.corpus.entries import DataFile, OffFile  # a question needs no pydantic

    table_file = DataFile(OffFile, text, file=file)
    documents: dict[DocumentId, Off] = {}
    passages: dict[PassageId, Off] = {}
    for number, entry in enumerate(table_file.content.off):
        off = Off(entry.why.strip(), entry.since)
        match entry.document, entry.passage:
            case str(document), None:
                documents[DocumentId(document.strip())] = off
            case None, str(passage):
                passages[PassageId(passage.strip())] = off
            case _:
                raise SourceFactsError(
                    f"{table_file.where('off', number)}: name one document or one passage", hint="keep one of the keys"
                )
    notes = {PassageId(entry.passage.strip()): entry.note.strip() for entry in table_file.content.note}
    return SwitchedOff(MappingProxyType(documents), MappingProxyType(passages), MappingProxyType(notes))
