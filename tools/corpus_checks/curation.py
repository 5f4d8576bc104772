"""What curators write down beside the documents: `references.toml` and the rules of `check.toml`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import Field

from b12assistant.corpus.entries import CuratedEntry, DataFile, Text
from b12assistant.errors import SourceFactsError
from corpus_checks import Finding
from corpus_checks.reading import REFERENCES, RULES
from corpus_checks.reading import Text as Read

_DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s,;\"']+[^\s,;.\"')]")


class Reference(CuratedEntry):
    """A publication that pages list, as they give it."""

    id: Text
    title: Text
    authors: str = ""
    year: int | str = ""
    journal: str = ""
    doi: str | list[str] = Field(default=[])
    correction: str = ""
    url: str = ""

    @property
    def dois(self) -> tuple[str, ...]:
        """Return its own and that of a correction."""
        own = [self.doi] if isinstance(self.doi, str) else self.doi
        return tuple(filter(None, (*own, self.correction)))


class ReferencesFile(CuratedEntry):
    reference: list[Reference] = Field(default=[])


class Rules(CuratedEntry):
    """What the checks let pass, and what they forbid besides."""

    words: list[str] = Field(default=[])
    openings: list[str] = Field(default=[])
    allowed: list[str] = Field(default=[])
    glossaries: list[str] = Field(default=[])
    grades: dict[str, float] = Field(default={})  # a folder, "" for the rest, to the highest median grade
    most_words: dict[str, float] = Field(default={})  # a folder to the most words of a sentence
    copies: dict[str, str] = Field(default={})  # hosts of copies, proxies and short links, with the reason
    never: dict[str, str] = Field(default={})  # hosts of pages that nothing may rest on, with the reason
    unnamed: list[str] = Field(default=[])  # origins whose title or publisher could not be found


@dataclass(frozen=True, slots=True)
class Curation:
    """The curators' files; ``broken``: what in them cannot be read as it should be."""

    references: Sequence[Reference] = ()
    rules: Rules = field(default_factory=Rules)
    broken: tuple[Finding, ...] = ()

    @classmethod
    def load(cls, corpus: Path) -> Curation:
        texts = [path.read_text("utf-8") if path.is_file() else "" for path in (corpus / REFERENCES, corpus / RULES)]
        try:
            references = DataFile(ReferencesFile, texts[0], file=REFERENCES).content.reference
            return cls(references, DataFile(Rules, texts[1], file=RULES).content)
        except SourceFactsError as error:
            return cls(broken=(Finding(error.message.partition(":")[0], str(error)),))


def check_references(curation: Curation, texts: Sequence[Read]) -> list[Finding]:
    """Return publications that no reference list shows, and DOIs that are not among the publications."""
    listed = " ".join(item for text in texts for item in text.references)
    quotable = " ".join(text.quotable for text in texts)
    known = {doi for reference in curation.references for doi in reference.dois}
    counts = Counter(reference.id for reference in curation.references)
    found = [*curation.broken]
    found += [Finding(REFERENCES, f"{name!r} is there twice") for name, count in counts.items() if count > 1]
    for reference in curation.references:
        where = [*reference.dois, *([reference.url] if reference.url else [])]
        wrong = [f"no reference list shows {address}" for address in where if address not in listed]
        if reference.title not in quotable:
            wrong.append("no document gives its title")
        found += [Finding(REFERENCES, f"{reference.id}: {what}") for what in wrong]
    for text in texts:
        shown = {doi for item in text.references for doi in _DOI.findall(item)}
        found += [
            Finding(text.file, f"DOI {doi} is not in {REFERENCES}")
            for doi in sorted({*text.source.cites, *shown} - known)
        ]
    return found
