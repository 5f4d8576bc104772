"""Edit what curators write about questions: those that are asked of a sentence, and those that nothing answers.

Only text is made here; all other lines stay as they are. The caller writes it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from b12assistant.corpus.entries import DataFile, NotAnsweredFile
from b12assistant.corpus.folder import NOT_ANSWERED_FILE, corpus_not_answered
from b12assistant.corpus.provenance import SentenceEntry, located, read_sentences
from b12assistant.errors import SourceFactsError
from b12assistant.types import Document, Range


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """Questions to add to a sentence, and to take from it. ``sentence``: its range in the text of the document."""

    sentence: Range
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


def same_question(question: str) -> str:
    """Return the form in which questions are compared: blanks and capitals do not count."""
    return " ".join(question.split()).casefold()


def marked_questions(corpus: Path, documents: Iterable[str]) -> Iterator[str]:
    """Yield the questions that are asked of sentences of these documents, and those that nothing answers."""
    for document in documents:
        for entry in read_sentences(corpus, document):
            yield from entry.asked
    yield from corpus_not_answered(corpus)


def with_questions(text: str, document: Document, changes: Sequence[SentenceChange]) -> str:
    """Return a `sentences/` file with the changes. ``text``: the file as it is, "" if there is none.

    A sentence gets a line of its own unless one has its words; a line that says nothing any more is removed.
    """
    lines = text.splitlines()
    entries = [SentenceEntry.model_validate_json(line) for line in lines]
    rows: list[tuple[int, dict[str, object] | str]] = []
    places = [found for _, _, found in located(document, entries)]
    at = 0
    left = {change.sentence: list(change.add) for change in changes}
    for line, entry, found in zip(lines, entries, places, strict=True):
        at = found.start if found else at
        row = _edited(entry, json.loads(line), found, document, changes, left)
        if row is not None:
            rows.append((at, line if row == json.loads(line) else row))
    for sentence, added in left.items():
        if added:
            words = " ".join(document.slice(sentence).split())
            before = next((place for place, (start, _) in enumerate(rows) if start > sentence.start), len(rows))
            rows.insert(before, (sentence.start, {"text": words, "asked": added}))
    return "".join(f"{row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)}\n" for _, row in rows)


def _edited(
    entry: SentenceEntry,
    row: dict[str, object],
    found: Range | None,
    document: Document,
    changes: Sequence[SentenceChange],
    left: dict[Range, list[str]],
) -> dict[str, object] | None:
    """Return a line with what concerns its sentence, ``None`` if nothing of it is left; ``left``: what is still to be
    added."""
    for change in changes:
        if found is None or not found.overlaps(change.sentence):
            continue
        gone = set(map(same_question, change.drop))
        asked = [each for each in entry.asked if same_question(each) not in gone]
        known = set(map(same_question, asked))
        left[change.sentence] = [each for each in left[change.sentence] if same_question(each) not in known]
        if " ".join(entry.text.split()) == " ".join(document.slice(change.sentence).split()):
            asked += left[change.sentence]
            left[change.sentence] = []
        if asked != entry.asked:
            row = {**row, "asked": asked} if asked else {key: value for key, value in row.items() if key != "asked"}
            if row.keys() == {"text"}:
                return None
        entry = entry.model_copy(update={"asked": asked})
    return row


def with_not_answered(text: str, add: Sequence[str], drop: Sequence[str], *, file: str = NOT_ANSWERED_FILE) -> str:
    """Return `not_answered.toml` with questions added and taken out. ``text``: as it is, "" if there is none.

    Raises ``SourceFactsError`` if it is not valid, or not written so that it can be edited line by line.
    """
    now = DataFile(NotAnsweredFile, text, file=file).content.questions if text.strip() else []
    gone = set(map(same_question, drop))
    kept = [each for each in now if same_question(each) not in gone]
    known = set(map(same_question, kept))
    new = [each for each in dict.fromkeys(add) if same_question(each) not in known]
    if not new and kept == now:
        return text
    lines = (
        text.rstrip().split("\n") if text.strip() else ["# Questions that no document answers", "questions = [", "]"]
    )
    lines = [line for line in lines if not gone.intersection(map(same_question, _items(line)))]
    if ends := [at for at, line in enumerate(lines) if line.strip() == "]"]:
        added = (f"  {json.dumps(each, ensure_ascii=False)}," for each in new)
        lines[ends[-1] : ends[-1]] = [line.replace("\x7f", "\\u007f") for line in added]
    after = "\n".join(lines) + "\n"
    try:
        is_right = tomllib.loads(after) == {"questions": [*kept, *new]}
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        raise SourceFactsError(
            f"{file} cannot be edited here",
            hint="write each question on a line of its own, with a comma after it, and ] alone below",
        )
    return after


def _items(line: str) -> list[str]:
    """Return the questions on a line of the list."""
    try:
        return list(tomllib.loads(f"questions = [\n{line}\n]")["questions"])
    except tomllib.TOMLDecodeError:
        return []
