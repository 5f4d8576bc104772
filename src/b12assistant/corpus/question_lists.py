"""Edit what curators write about questions: those that are asked of a sentence, and those that nothing answers.

Only text is made here; all other lines stay as they are. The caller writes it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from b12assistant.corpus.entries import DataFile, NotAnsweredFile
from b12assistant.corpus.folder import NOT_ANSWERED_FILE, corpus_not_answered
from b12assistant.corpus.provenance import SentenceEntry, located, read_sentences
from b12assistant.errors import SourceFactsError
from b12assistant.types import Document, Range


def same_question(question: str) -> str:
    """Return the form in which questions are compared: blanks and capitals do not count."""
    return " ".join(question.split()).casefold()


def marked_questions(corpus: Path, documents: Iterable[str]) -> Iterator[str]:
    """Yield the questions that are asked of sentences of these documents, and those that nothing answers."""
    for document in documents:
        for entry in read_sentences(corpus, document):
            yield from entry.asked
    yield from corpus_not_answered(corpus)


def with_questions(text: str, document: Document, add: Mapping[Range, list[str]], drop: Iterable[str] = ()) -> str:
    """Return a `sentences/` file with questions added to sentences, by their ranges, and others taken out.

    ``text``: the file as it is, "" if there is none. A sentence gets a line of its own unless one has its words; a line
    that says nothing any more is removed.
    """
    lines, gone = text.splitlines(), set(map(same_question, drop))
    entries = [SentenceEntry.model_validate_json(line) for line in lines]
    left = {" ".join(document.slice(sentence).split()): (sentence.start, asked) for sentence, asked in add.items()}
    rows: list[tuple[int, str]] = []
    at = 0
    for line, (_, entry, found) in zip(lines, located(document, entries), strict=True):
        at = found.start if found else at
        _, new = left.pop(" ".join(entry.text.split()), (at, []))
        asked = _joined([each for each in entry.asked if same_question(each) not in gone], new)
        row = {**json.loads(line), "asked": asked} if asked else {**json.loads(line)}
        if not asked:
            row.pop("asked", None)
        if asked == entry.asked or row.keys() != {"text"}:
            rows.append((at, line if asked == entry.asked else json.dumps(row, ensure_ascii=False)))
    for words, (start, asked) in left.items():
        before = next((place for place, (begin, _) in enumerate(rows) if begin > start), len(rows))
        rows.insert(before, (start, json.dumps({"text": words, "asked": _joined([], asked)}, ensure_ascii=False)))
    return text if [line for _, line in rows] == lines else "".join(f"{line}\n" for _, line in rows)


def _joined(kept: Sequence[str], new: Iterable[str]) -> list[str]:
    """Return questions with those of ``new`` that are not among them."""
    known = {same_question(each): each for each in kept}
    for each in new:
        known.setdefault(same_question(each), each)
    return list(known.values())


def with_not_answered(text: str, add: Sequence[str], drop: Sequence[str]) -> str:
    """Return `not_answered.toml` with questions added and taken out. ``text``: as it is, "" if there is none.

    Raises ``SourceFactsError`` if it is not valid, or not written so that it can be edited line by line.
    """
    now = DataFile(NotAnsweredFile, text, file=NOT_ANSWERED_FILE).content.questions if text.strip() else []
    gone = set(map(same_question, drop))
    kept = [each for each in now if same_question(each) not in gone]
    new = _joined(kept, add)[len(_joined(kept, ())) :]
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
            f"{NOT_ANSWERED_FILE} cannot be edited here",
            hint="write each question on a line of its own, with a comma after it, and ] alone below",
        )
    return after


def _items(line: str) -> list[str]:
    """Return the questions on a line of the list."""
    try:
        return list(tomllib.loads(f"questions = [\n{line}\n]")["questions"])
    except tomllib.TOMLDecodeError:
        return []
