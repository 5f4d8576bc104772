"""Provenance: which publications each sentence of a summary rests on, and what is wrong with a summary.

A document `guides/testing.md` may have a file `sentences/guides/testing.md.jsonl` at the top of the corpus, one line of
JSON for each sentence that can be quoted: its text, questions that it answers, and who reviewed it; for a summary, the
origins it rests on with the place in each. The questions help to find the sentence and are never quoted. A finding
names its line in the file, or its page, for the curator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError

from b12assistant.cleaning import DRAWN, STRUCK
from b12assistant.corpus.entries import CuratedEntry, Fault, Text, as_one
from b12assistant.corpus.folder import SENTENCES_FOLDER, text_of
from b12assistant.errors import SourceFactsError
from b12assistant.language.words import bare, find_words
from b12assistant.types import Attribution, Document, Origin, OriginId, Pairing, Passage, Range, Review, Span

_FORM = '{"text": "a sentence of the document", "asked": ["a question it answers"], "origins": {"id": "place"}}'


class SentenceEntry(CuratedEntry):
    """One line of a file of sentences."""

    text: Text
    origins: dict[str, Text] = Field(default={})
    asked: list[Text] = Field(default=[])
    detail: bool = False  # on one study, one area's practice, a rare illness, or for clinicians
    repeats: list[Text] = Field(default=[])  # sentences, of any document, beside which this one says nothing
    then: Text | None = None  # the sentence, of any document, that completes it: quoted with it where it is first
    reviewed_by: Text | None = None
    reviewed_on: date | None = None


def same_question(question: str) -> str:
    """Return the form in which questions are compared: blanks and capitals do not count."""
    return " ".join(question.split()).casefold()


def sentences_file(document: str) -> str:
    """Return the path, in the corpus, of the sentences of a document."""
    return f"{SENTENCES_FOLDER}/{document}.jsonl"


def read_sentences(corpus: Path, document: str) -> tuple[SentenceEntry, ...]:
    """Return the lines about a document, none if it has no such file. Raises ``SourceFactsError`` with the line."""
    lines = (text_of(corpus / sentences_file(document)) or "").splitlines()
    found: list[SentenceEntry] = []
    faults: list[Fault] = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(SentenceEntry.model_validate_json(line))
        except ValidationError as error:
            where = f"{sentences_file(document)}:{number}"
            faults += [Fault(where, ": ".join((*map(str, each["loc"]), each["msg"]))) for each in error.errors()]
    if faults:
        raise as_one(faults, SourceFactsError, hint=_FORM)
    return tuple(found)


def located(document: Document, entries: Iterable[SentenceEntry]) -> Iterator[tuple[int, SentenceEntry, Range | None]]:
    """Yield the number of each line, from 1, the line, and the range of its sentence, ``None`` if it is not there.

    A repeated sentence is looked for after the sentence of the previous line.
    """
    at = 0
    for number, entry in enumerate(entries, start=1):
        found = find_words(document.text, entry.text, at) or find_words(document.text, entry.text)
        at = found.end if found else at
        yield number, entry, found


def attribute(
    document: Document, entries: Sequence[SentenceEntry], origins: Mapping[OriginId, Origin]
) -> tuple[Document, tuple[str, ...]]:
    """Return a document with what its sentences rest on and who reviewed them, and warnings.

    A warning names every line whose sentence is not in it, or that lacks its reviewer or its day. Raises
    ``SourceFactsError`` for an origin that the register lacks.
    """
    attributions: list[Attribution] = []
    reviews: list[Review] = []
    details: list[Range] = []
    repeats: list[Pairing] = []
    completed: list[Pairing] = []
    warnings: list[str] = []
    for number, entry, sentence in located(document, entries):
        where = f"{sentences_file(document.id)}:{number}"
        if bool(entry.reviewed_by) != bool(entry.reviewed_on):
            warnings.append(f"{where}: a review needs reviewed_by and reviewed_on: {entry.text[:60]}")
        if sentence is None:
            warnings.append(f"{where}: this sentence is not in the document: {entry.text[:60]}")
            continue
        if entry.reviewed_by and entry.reviewed_on:
            reviews.append(Review(sentence, entry.reviewed_by, entry.reviewed_on))
        if entry.detail:
            details.append(sentence)
        repeats += [Pairing(sentence, bare(text)) for text in entry.repeats]
        completed += [Pairing(sentence, bare(entry.then))] if entry.then else []
        for id_, place in entry.origins.items():
            origin = origins.get(OriginId(id_))
            if origin is None:
                raise SourceFactsError(
                    f"{where}: the origin {id_!r} is not in the register", hint="add an [[origin]] to sources.toml"
                )
            attributions.append(Attribution(sentence, origin, place))
    found = replace(
        document,
        attributions=tuple(attributions),
        reviews=tuple(reviews),
        details=tuple(sorted(details)),
        repeats=tuple(repeats),
        completed=tuple(completed),
    )
    return found, tuple(warnings)


def provenance_facts(entries: Sequence[SentenceEntry], origins: Mapping[OriginId, Origin]) -> object:
    """Return what an index of these sentences depends on, for a digest: everything but the questions."""
    used = sorted({OriginId(id_) for entry in entries for id_ in entry.origins} & origins.keys())
    return [
        [entry.model_dump(mode="json", exclude={"asked"}) for entry in entries],
        [origins[id_].facts for id_ in used],
    ]


def without_origin(document: Document, passages: Iterable[Passage]) -> tuple[Span, ...]:
    """Return the sentences of a document that can be quoted but have no origin."""
    covered = sorted({attribution.range for attribution in document.attributions})
    return tuple(
        sentence
        for passage in passages
        if not passage.reference
        for sentence in passage.sentences
        if not any(range_.overlaps(sentence.range) for range_ in covered)
    )


_NOT_QUOTED: Final = {
    DRAWN: "something that has no text is drawn in it",
    STRUCK: "words in it are struck out",
}
_MOST_NAMED: Final = 5  # sentences of a file for each reason


def not_quoted(document: Document) -> Iterator[str]:
    """Yield the sentences that are not quoted because a reader sees something else than their words."""
    for rule, reason in _NOT_QUOTED.items():
        ranges = [mark.range for mark in document.marks if mark.rule == rule]
        for range_ in ranges[:_MOST_NAMED]:
            yield f"not quoted, because {reason}: {' '.join(document.slice(range_).split())[:60]}"
        if len(ranges) > _MOST_NAMED:
            yield f"{len(ranges) - _MOST_NAMED} more sentences not quoted, because {reason}"
