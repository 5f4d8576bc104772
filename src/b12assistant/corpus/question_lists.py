"""Edit what curators write about questions: those that are asked of a sentence, and those that nothing answers.

Only text is made here; all other lines stay as they are. The caller writes it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from b12assistant.corpus.entries import DataFile, NotAnsweredFile
from b12assistant.corpus.folder import NOT_ANSWERED_FILE, corpus_not_answered
from b12assistant.corpus.provenance import SentenceEntry, located, read_sentences
from b12assistant.errors import SourceFactsError
from b12assistant.types import Document, Range

# A string or a comment: what is in it opens and closes nothing.
_INERT = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*", re.S)
_LIST = re.compile(r"^[ \t]*questions[ \t]*=[ \t]*\[", re.M)


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
    if not text.strip():
        return "# Questions that no document answers\nquestions = [\n" + "".join(_item(each) for each in new) + "]\n"
    begin, end = _bounds(text, file)
    body = text[begin:end]
    for start, stop, question in reversed(list(_items(body))):
        if same_question(question) in gone:
            body = body[:start] + body[stop:]
    body = body.rstrip()
    items = list(_items(body))
    if new and items and not body[: items[-1][1]].endswith(","):
        body = f"{body[: items[-1][1]]},{body[items[-1][1] :]}"
    after = text[:begin] + body + "\n" + "".join(map(_item, new)) + text[end:].lstrip(" \t\n")
    try:
        is_right = tomllib.loads(after) == {"questions": [*kept, *new]}
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        raise SourceFactsError(f"{file} cannot be edited here", hint="write each question on a line of its own")
    return after


def _item(question: str) -> str:
    return f"  {json.dumps(question, ensure_ascii=False)},\n".replace("\x7f", "\\u007f")


def _bounds(text: str, file: str) -> tuple[int, int]:
    """Return where the list begins, after its bracket, and where its closing bracket is."""
    blank = _INERT.sub(lambda match: " " * len(match[0]), text)
    found = _LIST.search(blank)
    end = blank.find("]", found.end()) if found else -1
    if found is None or end < 0:
        raise SourceFactsError(f"{file} cannot be edited here", hint="write it as questions = [ … ]")
    return found.end(), end


def _items(body: str) -> Iterator[tuple[int, int, str]]:
    """Yield begin and end of each question in the list, with its comma and the blanks before it, and its words."""
    for match in _INERT.finditer(body):
        if match[0].startswith("#"):
            continue
        question = tomllib.loads(f"q = {match[0]}")["q"]
        start = len(body[: match.start()].rstrip(" \t\n"))
        comma = re.compile(r"[ \t]*,").match(body, match.end())
        yield start, comma.end() if comma else match.end(), question
