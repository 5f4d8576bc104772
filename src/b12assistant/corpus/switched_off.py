"""What a curator has switched off without deleting it: `switched_off.toml` at the top of a corpus.

It is read when an index is opened, not when it is built: what is switched off stays in the index, and comes back when
its entry goes. A passage's id is made of its words, so an entry whose passage was reworded names nothing any more;
such entries are said, since what they held back may be quoted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from pydantic import Field

from b12assistant.corpus.entries import Entry, TableFile, Text
from b12assistant.errors import SourceFactsError
from b12assistant.types import DocumentId, Passage, PassageId

SWITCHED_OFF_FILE = "switched_off.toml"
_FORM = 'write [[off]] with document = "…" or passage = "…", and why = "…"; since = 2026-11-20 is optional'


class OffEntry(Entry):
    """An entry as a curator wrote it down."""

    document: Text | None = None
    passage: Text | None = None
    why: Text = Field(description="the reason, in a sentence")
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Off:
    """Why something is switched off, in the curator's words, and since when."""

    why: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """Documents and passages that are not quoted, found or set against others."""

    documents: Mapping[DocumentId, Off] = field(default_factory=lambda: MappingProxyType({}))
    passages: Mapping[PassageId, Off] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, passage: Passage) -> Off | None:
        """Why a passage is off: itself, or with its document."""
        return self.documents.get(passage.document.id) or self.passages.get(passage.id)

    def in_part(self, passages: Iterable[Passage]) -> frozenset[DocumentId]:
        """Documents of which some passage is off while they are not."""
        found = {passage.document.id for passage in passages if passage.id in self.passages}
        return frozenset(found - self.documents.keys())

    def without_target(self, passages: Iterable[Passage]) -> Iterator[str]:
        """Entries that name nothing of ``passages``, each as a sentence."""
        known = tuple(passages)
        documents, ids = {passage.document.id for passage in known}, {passage.id for passage in known}
        for name in self.documents.keys() - documents:
            yield f"{SWITCHED_OFF_FILE}: document {name!r} is not in the index: take the entry out, or fix its name"
        for passage in self.passages.keys() - ids:
            yield (
                f"{SWITCHED_OFF_FILE}: passage {passage!r} is not in the index, so nothing is switched off by it: its "
                "words may have changed; find its new id (`b12assistant show`), or remove the entry"
            )


NOTHING_OFF = SwitchedOff()


def parse_switched_off(text: str, *, file: str = SWITCHED_OFF_FILE) -> SwitchedOff:
    """Return what a `switched_off.toml` names. Raises ``SourceFactsError`` that names file and line."""
    table_file = TableFile(text, "off", file=file, form=_FORM)
    documents: dict[DocumentId, Off] = {}
    passages: dict[PassageId, Off] = {}
    for number, entry in enumerate(table_file.entries("off", OffEntry)):
        off = Off(entry.why.strip(), entry.since)
        match entry.document, entry.passage:
            case str(document), None:
                documents[DocumentId(document.strip())] = off
            case None, str(passage):
                passages[PassageId(passage.strip())] = off
            case _:
                where = table_file.where("off", number)("")
                raise SourceFactsError(f"{where}: name one document or one passage", hint=_FORM)
    return SwitchedOff(MappingProxyType(documents), MappingProxyType(passages))
