"""What curators write down beside the documents: `facts.toml`, `references.toml` and the rules of `check.toml`."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corpus_checks import Finding
from corpus_checks.reading import FACTS, REFERENCES, RULES, Text

_DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s,;\"']+[^\s,;.\"')]")
_FACT_KEYS: Final = {"id", "pages", "document", "also", "merged", "states", "numbers"}
_REFERENCE_KEYS: Final = {"id", "authors", "title", "journal", "year", "doi", "correction", "url", "pages"}
_RULE_KEYS: Final = {"words", "openings", "allowed", "glossaries"}
_Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement of the pages, and the documents that carry it."""

    id: str
    pages: tuple[str, ...]
    documents: tuple[str, ...]
    states: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A publication that pages list, as they give it."""

    id: str
    title: str
    authors: str
    year: str
    journal: str
    dois: tuple[str, ...]  # its own and that of a correction
    url: str
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curation:
    """The curators' files; ``broken``: what in them cannot be read as it should be."""

    pages: Mapping[str, str]  # page to title
    facts: tuple[Fact, ...] = ()
    references: tuple[Reference, ...] = ()
    words: frozenset[str] = frozenset()
    openings: frozenset[str] = frozenset()
    allowed: tuple[str, ...] = ()
    glossaries: frozenset[str] = frozenset()
    broken: tuple[Finding, ...] = ()

    @classmethod
    def load(cls, corpus: Path) -> Curation:
        broken: list[Finding] = []
        facts = _table(corpus / FACTS, {"pages", "fact"}, broken)
        references = _table(corpus / REFERENCES, {"reference"}, broken)
        rules = _table(corpus / RULES, _RULE_KEYS, broken)
        pages = facts.get("pages", {})
        return cls(
            pages={key: str(title) for key, title in pages.items()} if isinstance(pages, dict) else {},
            facts=tuple(_fact(each) for each in _entries(facts, "fact", _FACT_KEYS, FACTS, broken)),
            references=tuple(
                _reference(each) for each in _entries(references, "reference", _REFERENCE_KEYS, REFERENCES, broken)
            ),
            words=frozenset(word.casefold() for word in _texts(rules, "words")),
            openings=frozenset(_texts(rules, "openings")),
            allowed=_texts(rules, "allowed"),
            glossaries=frozenset(_texts(rules, "glossaries")),
            broken=tuple(broken),
        )


def check_facts(curation: Curation, texts: Sequence[Text]) -> list[Finding]:
    """Facts with the id of another, of no known page, in no document, or with a number that its document lacks."""
    by_file = {text.file: text for text in texts}
    twice = [name for name, count in Counter(fact.id for fact in curation.facts).items() if count > 1]
    twice += [said for said, count in Counter(fact.states for fact in curation.facts).items() if count > 1]
    found = [*curation.broken, *(Finding(FACTS, f"{name!r} is there twice") for name in twice)]
    for fact in curation.facts:
        found += [Finding(FACTS, f"{fact.id}: {what}") for what in _wrong_fact(fact, curation, by_file)]
    return found


def _wrong_fact(fact: Fact, curation: Curation, by_file: Mapping[str, Text]) -> Iterator[str]:
    if not fact.id or not fact.states:
        yield "it needs an id and what it states"
    if not fact.pages or not fact.documents:
        yield "it needs pages and a document"
    yield from (f"page {page} is not known" for page in fact.pages if page not in curation.pages)
    titles = {curation.pages.get(page, "") for page in fact.pages}
    for document in fact.documents:
        text = by_file.get(document)
        if text is None:
            yield f"there is no document {document}"
            continue
        if not titles & set((text.source.based_on or "").split("; ")):
            yield f"{document} is based on none of its pages"
        yield from (f"{document} does not say {number}" for number in fact.numbers if not _says(text, number))


def _says(text: Text, number: str) -> bool:
    """Whether the number stands in a sentence that can be quoted, and not as a part of a longer one."""
    return re.search(rf"(?<![\w.])(?<!\d,){re.escape(number)}(?!\w|[.,]\d)", text.quotable) is not None


def check_references(curation: Curation, texts: Sequence[Text]) -> list[Finding]:
    """Publications that no reference list shows, and DOIs that are not among the publications."""
    listed = " ".join(item for text in texts for item in text.references)
    quotable = " ".join(text.quotable for text in texts)
    known = {doi for reference in curation.references for doi in reference.dois}
    counts = Counter(reference.id for reference in curation.references)
    found = [Finding(REFERENCES, f"{name!r} is there twice") for name, count in counts.items() if count > 1]
    for reference in curation.references:
        where = [*reference.dois, *([reference.url] if reference.url else [])]
        wrong = [f"no reference list shows {address}" for address in where if address not in listed]
        wrong += [f"page {page} is not known" for page in reference.pages if page not in curation.pages]
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


def _table(path: Path, keys: set[str], broken: list[Finding]) -> _Table:
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        broken.append(Finding(path.name, f"not valid TOML: {error}"))
        return {}
    broken += [Finding(path.name, f"unknown key {key!r}") for key in table if key not in keys]
    return table


def _entries(table: _Table, name: str, keys: set[str], file: str, broken: list[Finding]) -> Iterator[_Table]:
    entries = table.get(name, [])
    for entry in entries if isinstance(entries, list) else []:
        broken += [Finding(file, f"{entry.get('id')}: unknown key {key!r}") for key in entry if key not in keys]
        yield entry


def _fact(entry: _Table) -> Fact:
    documents = (*_texts(entry, "document"), *_texts(entry, "also"))
    return Fact(_text(entry, "id"), _texts(entry, "pages"), documents, _text(entry, "states"), _texts(entry, "numbers"))


def _reference(entry: _Table) -> Reference:
    return Reference(
        id=_text(entry, "id"),
        title=_text(entry, "title"),
        authors=_text(entry, "authors"),
        year=_text(entry, "year"),
        journal=_text(entry, "journal"),
        dois=(*_texts(entry, "doi"), *_texts(entry, "correction")),
        url=_text(entry, "url"),
        pages=_texts(entry, "pages"),
    )


def _text(entry: _Table, key: str) -> str:
    return str(entry.get(key, ""))


def _texts(entry: _Table, key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)
