"""Keep what a curator says of answers: which sentence answers a question, which does not, what nothing answers.

A log beside the corpus, one line of JSON for each mark, only ever appended to and synced at once, so that a crash loses
nothing. One process at a time holds it. The last mark of a sentence counts.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from b12assistant.corpus.question_lists import same_question
from b12assistant.errors import CorpusError
from b12assistant.types import DocumentId

MARKS = "marks.jsonl"
_BUSY = "close the other one, or wait until it has ended"


class MarkVerdict(StrEnum):
    """What a mark says: of one sentence, or of a question as a whole."""

    RIGHT = "right"  # the sentence answers
    PART = "part"  # it answers in part
    WRONG = "wrong"  # it does not answer; without a sentence: the question should not be refused
    NOTHING = "nothing"  # nothing in the corpus answers, and nothing should
    MISSING = "missing"  # it should be answered, and has to be written first


@dataclass(frozen=True, slots=True)
class SentencePlace:
    """A sentence: its document, where it begins in the text, and its words with single blanks."""

    document: DocumentId
    start: int = field(compare=False)  # a document may grow above it
    text: str

    def __str__(self) -> str:
        return f"{self.document}: {self.text}"


@dataclass(frozen=True, slots=True)
class CuratorMark:
    """A mark of a question. ``place``: the sentence that it is about, if it is about one."""

    question: str
    verdict: MarkVerdict
    place: SentencePlace | None = None


@dataclass(frozen=True)
class QuestionJudgement:
    """What all marks of a question say together. ``verdicts``: of each sentence; ``whole``: NOTHING or MISSING."""

    question: str
    verdicts: Mapping[SentencePlace, MarkVerdict] = field(default_factory=dict)
    whole: MarkVerdict | None = None
    overruled: str = ""  # what the last mark contradicts, in words

    @property
    def right(self) -> tuple[SentencePlace, ...]:
        """Return the sentences that answer."""
        return self._of(MarkVerdict.RIGHT)

    @property
    def part(self) -> tuple[SentencePlace, ...]:
        return self._of(MarkVerdict.PART)

    @property
    def wrong(self) -> tuple[SentencePlace, ...]:
        return self._of(MarkVerdict.WRONG)

    def _of(self, verdict: MarkVerdict) -> tuple[SentencePlace, ...]:
        return tuple(place for place, said in self.verdicts.items() if said is verdict)

    @property
    def is_settled(self) -> bool:
        """Check whether the marks say what should be answered."""
        return self.whole is not None or bool(self.right)

    def with_mark(self, mark: CuratorMark) -> QuestionJudgement:
        """Return the judgement after one more mark; it wins over those that it contradicts."""
        if mark.verdict in (MarkVerdict.NOTHING, MarkVerdict.MISSING):
            over = [f"“{place.text}” answered it" for place in self.right]
            kept = {place: said for place, said in self.verdicts.items() if said is not MarkVerdict.RIGHT}
            return QuestionJudgement(self.question, kept, mark.verdict, "; ".join(over))
        if mark.place is None:
            over = ["it was right that nothing answers"] if self.whole is MarkVerdict.NOTHING else []
            return QuestionJudgement(self.question, self.verdicts, None, "; ".join(over))
        before = self.verdicts.get(mark.place, mark.verdict)
        over = [f"this sentence was marked {before}"] if before is not mark.verdict else []
        answers = mark.verdict is MarkVerdict.RIGHT
        if answers and self.whole is not None:
            over.append(f"it was marked {self.whole}")
        whole = None if answers else self.whole
        return QuestionJudgement(self.question, {**self.verdicts, mark.place: mark.verdict}, whole, "; ".join(over))


def judgements_of(marks: Sequence[CuratorMark]) -> dict[str, QuestionJudgement]:
    """Return the judgement of each question, by its key, in the order of their first marks."""
    found: dict[str, QuestionJudgement] = {}
    _judge(found, marks)
    return found


def _judge(found: dict[str, QuestionJudgement], marks: Iterable[CuratorMark]) -> None:
    for mark in marks:
        key = same_question(mark.question)
        found[key] = found.get(key, QuestionJudgement(mark.question)).with_mark(mark)


class MarkLog:
    """The log, held by this process until it is closed. ``complaints``: a sentence for each thing wrong with it."""

    def __init__(self, path: Path) -> None:
        """Open and read the log. Raises ``CorpusError`` if it cannot be written, or if another process holds it."""
        self.path = path
        self.complaints: tuple[str, ...] = ()
        self.marks: list[CuratorMark] = []
        self.judgements: dict[str, QuestionJudgement] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read()
        except BlockingIOError as error:
            self.close()
            raise CorpusError(f"another workbench has {path} open", hint=_BUSY) from error
        except OSError as error:
            self.close()
            raise _unwritable(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the log."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def add(self, mark: CuratorMark) -> QuestionJudgement:
        """Keep a mark; return what all marks of its question now say. Raises ``CorpusError`` if it cannot be kept."""
        self.add_all([mark])
        return self.judgements[same_question(mark.question)]

    def add_all(self, marks: Sequence[CuratorMark]) -> None:
        """Keep several marks, or none. Raises as ``add`` does."""
        self._append([_as_line(mark) for mark in marks])
        self.marks += marks
        _judge(self.judgements, marks)

    def undo(self) -> CuratorMark | None:
        """Take the last mark back, which stays in the log; ``None`` if there is none. Raises as ``add`` does."""
        if not self.marks:
            return None
        self._append([{"undo": 1}])
        taken = self.marks.pop()
        self.judgements = judgements_of(self.marks)
        return taken

    def _append(self, rows: Sequence[Mapping[str, object]]) -> None:
        text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        data = text.encode("utf-8", "backslashreplace")
        end = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file)
        except OSError as error:
            with contextlib.suppress(OSError):  # half a line is of no use
                os.ftruncate(self._file, end)
            raise CorpusError(
                f"the mark was not kept: {self.path} cannot be written ({error.strerror})",
                hint="free disk space or fix permissions, then mark again",
            ) from error

    def _read(self) -> None:
        data = self.path.read_bytes()
        bad: list[int] = []
        for number, line in enumerate(data.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                read = _parsed(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                bad.append(number)
                continue
            if read is not None:
                self.marks.append(read)
            elif self.marks:
                self.marks.pop()
        self.judgements = judgements_of(self.marks)
        if data and not data.endswith(b"\n"):
            os.write(self._file, b"\n")  # the next mark gets a line of its own
        if bad:
            named = ", ".join(map(str, bad[:5])) + (" …" if len(bad) > 5 else "")
            count = "1 line" if len(bad) == 1 else f"{len(bad)} lines"
            told = f"{self.path}: {count} cut off or altered ({named}): not used, and left there; all other marks count"
            self.complaints = (told,)


def _as_line(mark: CuratorMark) -> dict[str, object]:
    place = asdict(mark.place) if mark.place else {}
    return {"question": mark.question, "mark": mark.verdict, **place}


def _parsed(row: Any) -> CuratorMark | None:
    """Return the mark of a line; ``None`` for a line that takes the mark before it back."""
    if "undo" in row:
        return None
    question, verdict = row["question"], MarkVerdict(row["mark"])
    place = None
    if "document" in row:
        document, start, text = row["document"], row["start"], row["text"]
        if not isinstance(document, str) or not isinstance(start, int) or not isinstance(text, str):
            raise TypeError("not a sentence")
        place = SentencePlace(DocumentId(document), start, text)
    if not isinstance(question, str) or (place is None and verdict in (MarkVerdict.RIGHT, MarkVerdict.PART)):
        raise TypeError("not a mark")
    return CuratorMark(question, verdict, place)


def _unwritable(path: Path, error: OSError) -> CorpusError:
    why = error.strerror or type(error).__name__
    return CorpusError(
        f"{path} cannot be written ({why})", hint="fix permissions, or copy the project to a folder of yours"
    )
