"""Keep what readers ask for the curator's workbench, if the operator switched that on (`questions.log`).

Questions only, each once: no time, no address, no conversation, no letter, and no message with a notice of safety.
Writing has a thread of its own, so that no answer waits for it or fails with it.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from b12assistant.answers import NoticeKind, Reply
from b12assistant.application.improved_files import QUESTIONS, folder_of
from b12assistant.application.workspace import Workspace
from b12assistant.corpus.question_lists import same_question
from b12assistant.errors import ConfigError
from b12assistant.web.problems import BusyError
from b12assistant.web.questions import Lane

MOST = 1 << 20  # bytes of the file: about 15,000 questions
LONGEST = 300  # characters of a question; a longer message tells of a person
_WAITING = 64
_OF_ANSWERS = (NoticeKind.GENERAL, NoticeKind.SCOPE, NoticeKind.ONLY_SELLERS, NoticeKind.DOSE)  # not of the reader
_LOG = logging.getLogger("b12assistant.questions")


@dataclass(eq=False)
class QuestionLog:
    """The file that questions are kept in. ``most``: its limit in bytes."""

    path: Path
    most: int = MOST
    _lane: Lane = field(default_factory=lambda: Lane("question log", 1, _WAITING), init=False)
    _known: set[str] = field(default_factory=set, init=False)
    _trouble: str = field(default="", init=False)  # the last one that was logged

    @classmethod
    def of(cls, space: Workspace) -> QuestionLog | None:
        """Return the log of a project; ``None`` if it is off. Raises ``ConfigError`` for the packaged corpus."""
        if not space.configuration.settings.questions.log:
            return None
        if space.configuration.is_packaged:
            hint = "switch it off, or make a project with `b12assistant new`"
            raise ConfigError("questions.log needs a corpus of your own: only its answers can be improved", hint=hint)
        return cls(folder_of(space.corpus) / QUESTIONS)

    def keep(self, reply: Reply) -> None:
        """Keep the question of an answer, soon, if it may be kept. Nothing is raised."""
        question = " ".join(reply.answer.question.text.split())
        leans = reply.history and reply.answer.interpretation is not None  # it says nothing without the turns before
        is_plain = all(notice.kind in _OF_ANSWERS for notice in reply.answer.notices)
        if is_plain and not leans and len(question) <= LONGEST:
            with suppress(BusyError):  # too many at once: some are lost
                self._lane.submit(partial(self._keep, question))

    def _keep(self, question: str) -> None:
        row = f"{json.dumps({'question': question}, ensure_ascii=False)}\n".encode("utf-8", "replace")
        try:
            with _opened(self.path) as file:
                size = os.fstat(file).st_size
                if not self._known and size:
                    self._known = set(_kept(os.pread(file, self.most, 0)))
                if same_question(question) in self._known:
                    return
                if size and os.pread(file, 1, size - 1) != b"\n":
                    row = b"\n" + row  # a line that was cut off spoils itself alone
                if size + len(row) > self.most:
                    self._complain(
                        "is full, and no more are kept: mark them with `b12assistant improve --log`, then remove it"
                    )
                    return
                if os.write(file, row) < len(row):
                    self._complain("was cut off: the disk is full")
                    return
        except OSError as error:
            self._complain(f"cannot be written ({error.strerror}): fix permissions, or switch questions.log off")
            return
        self._known.add(same_question(question))
        self._trouble = ""

    def _complain(self, trouble: str) -> None:
        """Write a line to the server's log, unless it was the last one."""
        if trouble != self._trouble:
            _LOG.warning("the log of questions, %s, %s", self.path, trouble)
        self._trouble = trouble


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open the log, for its owner alone, at its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _kept(data: bytes) -> Iterator[str]:
    for line in data.split(b"\n"):
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield same_question(json.loads(line)["question"])
