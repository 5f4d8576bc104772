"""What an operator who turned it on keeps for curators, in one local folder: votes, and questions without an answer.

Off by default. What may tell who asked is taken out first (`identifiers`). Nothing here is read when a question is
answered: a vote never changes a ranking; a person reads it, and changes the corpus or a labelled set.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from b12assistant.answers import Answer, NoticeKind, Reason, Reply, Status
from b12assistant.language.identifiers import stripped

VOTES = "votes.jsonl"
UNANSWERED = "unanswered.jsonl"
LARGEST = 20 << 20  # bytes of a file; then nothing more is kept
_LOG = logging.getLogger("b12assistant.corpus.ledger")
_UNKNOWN = (Reason.NOTHING_CLOSE, Reason.NO_KNOWN_WORD)


@dataclass(eq=False)
class Ledger:
    """The folder. ``is_known``: whether a word stands in the sources, and is no name for all its capital."""

    folder: Path
    is_known: Callable[[str], bool]
    today: Callable[[], date]
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def heard(self, reply: Reply, history: Sequence[str]) -> None:
        """Keep the question of a reply that holds no answer. One that is flagged is never kept."""
        if not is_open(reply.answer):
            return
        asked = self._stripped(reply.answer.question.text)
        earlier = [self._stripped(turn) for turn in history]
        name = hashlib.sha256("\0".join([*earlier, asked]).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        with self._writing:
            if any(row.get("id") == name for row in self._rows(UNANSWERED)):
                return
            self._append(UNANSWERED, {"id": name, "question": asked, "history": earlier, "gold": []})

    def vote(self, *, about: str, good: bool, question: str, quotes: Sequence[Mapping[str, Any]]) -> None:
        """Keep what a reader thinks of an answer, or of one quote as evidence for it."""
        row = {"day": self.today().isoformat(), "about": about, "good": good}
        with self._writing:
            self._append(VOTES, {**row, "question": self._stripped(question), "quotes": list(quotes)})

    def unanswered(self) -> list[dict[str, Any]]:
        """Labelled questions without gold, oldest first: the form that `evaluate` reads."""
        with self._writing:
            return list(self._rows(UNANSWERED))

    def counts(self) -> dict[str, dict[str, int]]:
        """Votes by what they are about."""
        found = {"answer": {"good": 0, "bad": 0}, "evidence": {"good": 0, "bad": 0}}
        with self._writing:
            for row in self._rows(VOTES):
                about = row.get("about")
                if isinstance(about, str) and about in found:
                    found[about]["good" if row.get("good") is True else "bad"] += 1
        return found

    def _stripped(self, text: str) -> str:
        return stripped(text, self.is_known)

    def _rows(self, file: str) -> Iterator[dict[str, Any]]:
        try:
            lines = (self.folder / file).read_text("utf-8").split("\n")
        except (OSError, UnicodeDecodeError):
            return
        for line in lines:
            try:
                row = json.loads(line) if line.strip() else None
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict):
                yield row

    def _append(self, file: str, row: Mapping[str, Any]) -> None:
        """An answer never fails because it could not be kept."""
        path = self.folder / file
        line = json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if path.exists() and path.stat().st_size + len(line) > LARGEST:
                _LOG.warning("%s is full: nothing more is kept", file)
                return
            with path.open("ab") as kept:
                kept.write(line)
        except OSError as error:
            _LOG.warning("%s could not be written (%s)", file, error.strerror or type(error).__name__)


def is_open(answer: Answer) -> bool:
    """Whether nothing was found for a question that nothing serious was seen in."""
    flagged = any(each.flag is not None or each.kind is NoticeKind.TRIAGE_FAILED for each in answer.notices)
    return answer.status is Status.NO_ANSWER and answer.reason in _UNKNOWN and not flagged
