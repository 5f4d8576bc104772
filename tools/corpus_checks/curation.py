"""What curators write down beside the documents: `references.toml` and the rules of `check.toml`."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from corpus_checks import Finding
from corpus_checks.reading import REFERENCES, RULES, Text

_DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s,;\"']+[^\s,;.\"')]")
_REFERENCE_KEYS: Final = {"id", "authors", "title", "journal", "year", "doi", "correction", "url"}
_RULE_KEYS: Final = {"words", "openings", "allowed", "glossaries", "grades", "copies", "never", "unnamed", "most_words"}
_Table = Mapping[str, object]


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


@dataclass(frozen=True, slots=True)
class Curation:
    """The curators' files; ``broken``: what in them cannot be read as it should be."""

    references: tuple[Reference, ...] = ()
    words: frozenset[str] = frozenset()
    openings: frozenset[str] = frozenset()
    allowed: tuple[str, ...] = ()
    glossaries: frozenset[str] = frozenset()
    grades: Mapping[str, float] = field(default_factory=dict)  # a folder, "" for the rest, to the highest median grade
    most_words: Mapping[str, float] = field(default_factory=dict)  # a folder to the most words of a sentence
    copies: Mapping[str, str] = field(default_factory=dict)  # hosts of copies, proxies and short links, with the reason
    never: Mapping[str, str] = field(default_factory=dict)  # hosts of pages that nothing may rest on, with the reason
    unnamed: frozenset[str] = frozenset()  # origins whose title or publisher could not be found
    broken: tuple[Finding, ...] = ()

    @classmethod
    def load(cls, corpus: Path) -> Curation:
        broken: list[Finding] = []
        references = _table(corpus / REFERENCES, {"reference"}, broken)
        rules = _table(corpus / RULES, _RULE_KEYS, broken)
        return cls(
            references=tuple(
                _reference(each) for each in _entries(references, "reference", _REFERENCE_KEYS, REFERENCES, broken)
            ),
            words=frozenset(word.casefold() for word in _texts(rules, "words")),
            openings=frozenset(_texts(rules, "openings")),
            allowed=_texts(rules, "allowed"),
            glossaries=frozenset(_texts(rules, "glossaries")),
            grades=_numbers(rules, "grades"),
            most_words=_numbers(rules, "most_words"),
            copies=_reasons(rules, "copies"),
            never=_reasons(rules, "never"),
            unnamed=frozenset(_texts(rules, "unnamed")),
            broken=tuple(broken),
        )


def check_references(curation: Curation, texts: Sequence[Text]) -> list[Finding]:
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


def _reference(entry: _Table) -> Reference:
    return Reference(
        id=_text(entry, "id"),
        title=_text(entry, "title"),
        authors=_text(entry, "authors"),
        year=_text(entry, "year"),
        journal=_text(entry, "journal"),
        dois=(*_texts(entry, "doi"), *_texts(entry, "correction")),
        url=_text(entry, "url"),
    )


def _text(entry: _Table, key: str) -> str:
    return str(entry.get(key, ""))


def _texts(entry: _Table, key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)


def _reasons(entry: _Table, key: str) -> dict[str, str]:
    value = entry.get(key, {})
    return {str(name): str(why) for name, why in value.items()} if isinstance(value, dict) else {}


def _numbers(entry: _Table, key: str) -> dict[str, float]:
    value = entry.get(key, {})
    return {str(name): float(number) for name, number in value.items()} if isinstance(value, dict) else {}
