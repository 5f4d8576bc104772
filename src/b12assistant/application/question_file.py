"""Read the questions that a curator marks, from a text file or JSON lines; each is asked once.

A line of JSON may say more, as a labelled set does: `gold`, words of the sentences that answer (an empty list: nothing
does), and `wrong`, words of sentences that do not. What is wrong with a file is said in one sentence for each kind of
fault, and the other lines are used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b12assistant.answering.assistant import turns_of
from b12assistant.application.marks import MarkVerdict
from b12assistant.corpus.question_lists import same_question
from b12assistant.errors import QuestionError, UsageError

_NAMED = 5  # lines of a fault
_FORM = 'give a .txt file with a question on each line, or a .jsonl file with {"question": "…"}'


@dataclass(frozen=True, slots=True)
class FileLabels:
    """What the lines of a question say beside it: words of sentences with a verdict, or NOTHING alone."""

    words: tuple[tuple[str, MarkVerdict], ...] = ()
    nothing: bool = False

    @property
    def contradiction(self) -> str:
        """Return what they say against each other; "" if they agree."""
        verdicts: dict[str, MarkVerdict] = {}
        for words, verdict in self.words:
            if verdicts.setdefault(same_question(words), verdict) is not verdict:
                return f"“{words[:60]}” is both right and wrong"
        if self.nothing and MarkVerdict.RIGHT in verdicts.values():
            return "a sentence answers it, and nothing does"
        return ""


@dataclass(frozen=True)
class QuestionFile:
    """``asked``: each question once, as first written, with what the file says of it; ``complaints``: a sentence for
    each kind of fault."""

    asked: dict[str, FileLabels]
    complaints: tuple[str, ...]


def read_questions(path: Path) -> QuestionFile:
    """Read a file. Raises ``UsageError`` if it cannot be read or holds no question."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})", hint=_FORM) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path} is not UTF-8 (line {line})", hint="save the file as UTF-8") from error
    return collected(path, _rows(text, as_json=path.suffix in (".jsonl", ".json")))


def collected(path: Path, rows: Iterable[tuple[int, str, FileLabels | None, str]]) -> QuestionFile:
    """Join the lines of each question. Raises ``UsageError`` if there is no question."""
    asked: dict[str, tuple[str, FileLabels]] = {}
    faults: dict[str, list[int]] = {}
    for number, question, labels, fault in rows:
        key = same_question(question)
        if fault or labels is None:
            faults.setdefault(fault, []).append(number)
        elif key in asked:
            first, before = asked[key]
            asked[key] = first, FileLabels(before.words + labels.words, before.nothing or labels.nothing)
            faults.setdefault("", []).append(number)
        else:
            asked[key] = question, labels
    if not asked:
        raise UsageError(f"{path} holds no question", hint=_FORM)
    complaints = [
        f"{path}: {_lines(numbers)} left out: {fault}"
        if fault
        else f"{path}: {_lines(numbers)} the same question as an earlier line; it is asked once"
        for fault, numbers in faults.items()
    ]
    found: dict[str, FileLabels] = {}
    for question, labels in asked.values():
        if against := labels.contradiction:
            complaints.append(f"{path}: “{question[:60]}”: {against}; neither counts until you mark it")
            labels = FileLabels()
        found[question] = labels
    return QuestionFile(found, tuple(complaints))


def _lines(numbers: list[int]) -> str:
    named = ", ".join(map(str, numbers[:_NAMED]))
    if len(numbers) == 1:
        return f"line {named} is"
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return f"lines {named}{more} are"


def _rows(text: str, *, as_json: bool) -> Iterator[tuple[int, str, FileLabels | None, str]]:
    """Yield number, question, labels and fault of each line that is not blank; a "#" begins a comment in plain text."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or (not as_json and line.lstrip().startswith("#")):
            continue
        try:
            question, labels = _row(json.loads(line)) if as_json else (line.strip(), FileLabels())
            turns_of(question, ())
            question.encode()  # half a character could not be written into the corpus
        except QuestionError as error:
            yield number, "", None, error.message
        except _HistoryError:
            yield number, "", None, "it leans on an earlier question; write it as a whole one"
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield number, "", None, 'it is not {"question": "…"}'
        else:
            yield number, question, labels, ""


class _HistoryError(Exception):
    """The line is a follow-up."""


def _row(row: Any) -> tuple[str, FileLabels]:
    if isinstance(row, str):
        return row.strip(), FileLabels()
    question = row["question"]
    if not isinstance(question, str):
        raise TypeError("not a text")
    if row.get("history"):
        raise _HistoryError
    gold, wrong = row.get("gold"), row.get("wrong")
    words = [(each, MarkVerdict.RIGHT) for each in _texts(gold)] + [(each, MarkVerdict.WRONG) for each in _texts(wrong)]
    return question.strip(), FileLabels(tuple(words), nothing=gold == [])


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        raise TypeError("not a list of texts")
    return value
