"""Provenance: which publications each sentence of a summary rests on.

A document `guides/testing.md` may have a file `sentences/guides/testing.md.jsonl` at the top of the corpus, one line of
JSON for each sentence that can be quoted: its text, the origins it rests on with the place in each, and questions that
it answers. The questions help to find the sentence and are never quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from b12assistant.corpus.entries import Entry, Text
from b12assistant.corpus.folder import SENTENCES_FOLDER
from b12assistant.errors import SourceFactsError
from b12assistant.types import Attribution, Document, Origin, OriginId, Passage, Range, Span

_FORM = '{"text": "a sentence of the document", "origins": {"id": "place"}, "asked": ["a question it answers"]}'


class SentenceEntry(Entry):
    """One line of a file of sentences."""

    text: Text
    origins: dict[str, Text] = Field(min_length=1)
    asked: list[Text] = Field(default=[])


def sentences_file(document: str) -> str:
    """Return the path, in the corpus, of the sentences of a document."""
    return f"{SENTENCES_FOLDER}/{document}.jsonl"


def read_sentences(corpus: Path, document: str) -> tuple[SentenceEntry, ...]:
    """Return the lines about a document, none if it has no such file. Raises ``SourceFactsError`` with the line."""
    path = corpus / sentences_file(document)
    if not path.is_file():
        return ()
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFactsError(f"{path} cannot be read", hint="save it as UTF-8 text") from error
    return tuple(_entry(line, f"{sentences_file(document)}:{number}") for number, line in enumerate(lines, start=1))


def located(document: Document, entries: Iterable[SentenceEntry]) -> Iterator[tuple[int, SentenceEntry, Range | None]]:
    """Yield the number of each line, from 1, the line, and the range of its sentence, ``None`` if it is not there.

    A repeated sentence is looked for after the sentence of the previous line.
    """
    at = 0
    for number, entry in enumerate(entries, start=1):
        start = document.text.find(entry.text, at)
        if start < 0:
            start = document.text.find(entry.text)
        at = at if start < 0 else start + len(entry.text)
        yield number, entry, None if start < 0 else Range(start, at)


def attribute(
    document: Document, entries: Sequence[SentenceEntry], origins: Mapping[OriginId, Origin]
) -> tuple[tuple[Attribution, ...], tuple[str, ...]]:
    """Return the attributions of a document, and a warning for every line whose sentence is not in it.

    Raises ``SourceFactsError`` for an origin that the register lacks.
    """
    attributions: list[Attribution] = []
    warnings: list[str] = []
    for number, entry, sentence in located(document, entries):
        where = f"{sentences_file(document.id)}:{number}"
        if sentence is None:
            warnings.append(f"{where}: this sentence is not in the document: {entry.text[:60]}")
            continue
        for id_, place in entry.origins.items():
            origin = origins.get(OriginId(id_))
            if origin is None:
                raise SourceFactsError(
                    f"{where}: the origin {id_!r} is not in the register", hint="add an [[origin]] to sources.toml"
                )
            attributions.append(Attribution(sentence, origin, place))
    return tuple(attributions), tuple(warnings)


def provenance_facts(entries: Sequence[SentenceEntry], origins: Mapping[OriginId, Origin]) -> object:
    """Return what an index of these sentences depends on, for a digest: everything but the questions."""
    used = sorted({OriginId(id_) for entry in entries for id_ in entry.origins} & origins.keys())
    return [
        [[entry.text, dict(sorted(entry.origins.items()))] for entry in entries],
        [origins[id_].facts for id_ in used],
    ]


def without_origin(passages: Iterable[Passage], attributions: Iterable[Attribution]) -> tuple[Span, ...]:
    """Return the sentences that can be quoted but have no origin."""
    covered = sorted({attribution.range for attribution in attributions})
    return tuple(
        sentence
        for passage in passages
        if not passage.reference
        for sentence in passage.sentences
        if not any(range_.overlaps(sentence.range) for range_ in covered)
    )


def _entry(line: str, where: str) -> SentenceEntry:
    try:
        return SentenceEntry.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise SourceFactsError(f"{where}: {place}: {problem['msg']}".replace(": : ", ": "), hint=_FORM) from None
