"""Check what documents and sentences rest on: source facts, the register of origins, what curators list of them, and
runs of words that were copied from the files of a folder, not put in own words.

Curators write `references.toml` and the rules of `check.toml`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field

from b12assistant.corpus.disputes import DISPUTES_FILE
from b12assistant.corpus.entries import CuratedEntry, DataFile
from b12assistant.corpus.entries import Text as NonEmpty
from b12assistant.corpus.folder import SENTENCES_FOLDER, corpus_disputes, text_of
from b12assistant.corpus.provenance import read_sentences, sentences_file
from b12assistant.corpus.sources import SOURCES_FILE
from b12assistant.errors import SourceError, SourceFactsError
from b12assistant.index.documents import stale_marks
from b12assistant.language.words import fold
from b12assistant.loaders import SUPPORTED_SUFFIXES, load
from b12assistant.types import Interest, Origin, OriginId, SourceKind, Words
from corpus_checks.reading import REFERENCES, RULES, Finding, Text

NEEDED: Final = ("title", "kind", "words", "commercial_interest", "published", "review", "review_by")
_NEVER_OURS: Final = (SourceKind.GUIDELINE, SourceKind.REVIEW, SourceKind.STUDY)
_NUMERIC: Final = re.compile(r"[\d.]+|\[.*\]")  # a bare IP number
_TEST: Final = re.compile(r"(?:^|[.-])(?:dev\d*|qa\d*|stage|staging|test|uat)(?=[.-])")
_UNKNOWN: Final = re.compile(
    r"^unknown|descriptive title|\bnot (?:named|shown)|\bunnamed\b|\bcop(?:y|ies) (?:at|of)\b"
    r"|^(?:study|case report|review) abstract$|\(abstract(?: listing)?\)$|\(journal abstract\)$",
    re.I,
)
SELLS: Final = frozenset({SourceKind.VENDOR, SourceKind.BLOG})
LEAST_COUNTER_EXAMPLES: Final = 5
_DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s,;\"']+[^\s,;.\"')]")
RUN: Final = 8  # words
_RUN_WORD: Final = re.compile(r"[^\W_]+")
_Run = tuple[str, ...]


class Reference(CuratedEntry):
    """A publication that pages list, as they give it."""

    id: NonEmpty
    title: NonEmpty
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
    """The curators' files."""

    references: Sequence[Reference]
    rules: Rules

    @classmethod
    def load(cls, corpus: Path) -> Curation:
        """Read what is there. Raises ``SourceFactsError``."""
        texts = [text_of(corpus / name) or "" for name in (REFERENCES, RULES)]
        references = DataFile(ReferencesFile, texts[0], file=REFERENCES).content.reference
        return cls(references, DataFile(Rules, texts[1], file=RULES).content)


def check_references(curation: Curation, texts: Sequence[Text]) -> list[Finding]:
    """Return publications that no reference list shows, and DOIs that are not among the publications."""
    listed = " ".join(item for text in texts for item in text.references)
    quotable = " ".join(text.quotable for text in texts)
    known = {doi for reference in curation.references for doi in reference.dois}
    counts = Counter(reference.id for reference in curation.references)
    found = [Finding(REFERENCES, f"{name!r} is there twice") for name, count in counts.items() if count > 1]
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


def check_metadata(texts: Sequence[Text]) -> list[Finding]:
    """Return facts that are missing, contradict each other, or name a file that is not there."""
    files = {text.file for text in texts}
    return [Finding(text.file, what) for text in texts for what in _wrong_facts(text, files)]


def _wrong_facts(text: Text, files: set[str]) -> Iterator[str]:
    source = text.source
    yield from (f"{key} is not given" for key in NEEDED if key not in text.told)
    if source.words is Words.PROJECT_SUMMARY and source.kind in _NEVER_OURS:
        yield f"a project summary is never a {source.kind}"
    if source.superseded_by is not None and source.superseded_by not in files:
        yield f"superseded_by names {source.superseded_by}, which is not there"
    if source.superseded_by == text.file:
        yield "superseded_by names the document itself"
    if source.published and source.review_by and str(source.review_by) < str(source.published):
        yield "review_by is before published"
    if not text.sentences and not text.references:
        yield "nothing in it can be quoted"


def check_addresses(origins: Mapping[OriginId, Origin], curation: Curation) -> Iterator[Finding]:
    """Yield addresses that lead to a copy, a proxy or a test server, and titles and publishers that nobody knows."""
    for origin in origins.values():
        for what in _wrong_origin(origin, curation):
            yield Finding(SOURCES_FILE, f"origin {origin.id}: {what}")
    for id_ in sorted(set(curation.rules.unnamed) - {origin.id for origin in origins.values()}):
        yield Finding("check.toml", f"unnamed has {id_!r}, which is not in the register")


def _wrong_origin(origin: Origin, curation: Curation) -> Iterator[str]:
    host = urlsplit(origin.url).hostname or ""
    if _NUMERIC.fullmatch(host):
        yield f"its address is a bare IP number: {origin.url}"
    elif _TEST.search(host):
        yield f"its address is a test server: {origin.url}"
    elif why := _reason(host, curation.rules.copies):
        yield f"its address is not the publisher's own ({why}): {origin.url}"
    elif host and not urlsplit(origin.url).path.strip("/") and not urlsplit(origin.url).query:
        yield f'its address is a home page, write "unknown": {origin.url}'
    for address in (origin.url, origin.read_at):
        if why := _reason(urlsplit(address).hostname or "", curation.rules.never):
            yield f"nothing may rest on this page ({why}): {address}"
    if origin.id not in curation.rules.unnamed:
        yield from (
            f"its {key} is not known: {value}"
            for key, value in (("title", origin.title), ("publisher", origin.publisher))
            if _UNKNOWN.search(value)
        )


def _reason(host: str, listed: Mapping[str, str]) -> str | None:
    """Return why a host or a domain that it belongs to is listed."""
    return next((why for name, why in listed.items() if host == name or host.endswith(f".{name}")), None)


def check_provenance(corpus: Path, texts: Sequence[Text], origins: Mapping[OriginId, Origin]) -> Iterator[Finding]:
    """Yield sentences without origin, figures without unit, origins that nothing rests on, and advice of sellers."""
    used = {found.origin.id for text in texts for found in text.document.attributions}
    for origin in origins.values():
        if origin.id not in used:
            yield Finding(SOURCES_FILE, f"origin {origin.id}: no sentence rests on it")
    files = {sentences_file(text.file) for text in texts}
    for path in sorted((corpus / SENTENCES_FOLDER).rglob("*.jsonl")):
        if (name := path.relative_to(corpus).as_posix()) not in files:
            yield Finding(name, "there is no such document")
    for text in texts:
        yield from (Finding(text.file, what) for what in text.unfounded)
        if text.source.interest is Interest.NONE:
            yield from _advice_of_sellers(text)


def check_marks(texts: Sequence[Text]) -> Iterator[Finding]:
    """Yield marks that name a sentence that is not there, or contradict another mark."""
    sentences = (sentence for text in texts for sentence in text.sentences)
    yield from (Finding(*found) for found in stale_marks((text.document for text in texts), sentences))


def check_disputes(corpus: Path) -> Iterator[Finding]:
    """Yield differences without enough questions that they do not concern."""
    for entry in corpus_disputes(corpus):
        if len(entry.not_asked) < LEAST_COUNTER_EXAMPLES:
            lacks = f"fewer than {LEAST_COUNTER_EXAMPLES} counter-examples (not_asked)"
            yield Finding(DISPUTES_FILE, f"{entry.id}: {lacks}")


def _advice_of_sellers(text: Text) -> Iterator[Finding]:
    by_range: dict[tuple[int, int], list[SourceKind]] = {}
    for found in text.document.attributions:
        by_range.setdefault((found.range.start, found.range.end), []).append(found.origin.kind)
    for (start, end), kinds in by_range.items():
        if SELLS.issuperset(kinds):
            yield Finding(text.file, f"rests on sellers or blogs alone: {text.document.text[start:end]}")


def check_overlap(corpus: Path, texts: Sequence[Text], curation: Curation, against: Path) -> list[Finding]:
    """Return shared runs in documents, in the curators' README and in what is written about sentences.

    Names and addresses of the publications of `references.toml` and the terms that `check.toml` lists may be shared.
    """
    works = [f"{each.authors} ({each.year}). {each.title}" for each in curation.references]
    works += [address for each in curation.references for address in (*each.dois, each.url)]
    allowed = [_words(name) for name in (*works, *curation.rules.allowed)]
    theirs = _runs_of(against)
    ours = [(text.file, text.document.text) for text in texts]
    ours += [(name, (corpus / name).read_text("utf-8")) for name in ("README.md",) if (corpus / name).is_file()]
    ours += [(sentences_file(text.file), _beside(corpus, text.file)) for text in texts]
    return [
        Finding(file, f"{len(run)} words as in {origin}: {' '.join(run)}")
        for file, text in ours
        for run, origin in _shared(_words(text), theirs)
        if not any(_holds(name, run) for name in allowed)
    ]


def _beside(corpus: Path, document: str) -> str:
    """Return the places and questions beside a document's sentences; its sentences are in the document."""
    try:
        entries = read_sentences(corpus, document)
    except SourceFactsError:
        return ""  # reported when the document is read
    return "\n".join(line for entry in entries for line in (*entry.origins.values(), *entry.asked))


def _runs_of(folder: Path) -> dict[_Run, str]:
    """Return every run of words in a folder's files, and a file that holds it."""
    runs: dict[_Run, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUPPORTED_SUFFIXES):
        try:
            words = _words(load(path.read_bytes(), path.name).text)
        except SourceError:
            continue
        for i in range(len(words) - RUN + 1):
            runs.setdefault(tuple(words[i : i + RUN]), path.relative_to(folder).as_posix())
    return runs


def _shared(words: _Run, theirs: Mapping[_Run, str]) -> Iterator[tuple[_Run, str]]:
    """Yield each longest shared run, with the file it begins in."""
    start = 0
    while start + RUN <= len(words):
        origin = theirs.get(words[start : start + RUN])
        if origin is None:
            start += 1
            continue
        end = start + RUN
        while end < len(words) and words[end - RUN + 1 : end + 1] in theirs:
            end += 1
        yield words[start:end], origin
        start = end - RUN + 2


def _holds(name: _Run, run: _Run) -> bool:
    return any(name[i : i + len(run)] == run for i in range(len(name) - len(run) + 1))


def _words(text: str) -> _Run:
    return tuple(_RUN_WORD.findall(fold(text)))
