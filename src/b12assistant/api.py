"""The Python façade: ``Assistant`` is for programs that ask, ``build_index`` for those that keep a corpus.

Our own commands and pages stand on ``Workspace``, which both open.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from b12assistant.answers import Notice, Reply
from b12assistant.application.workspace import Opened as Opened
from b12assistant.application.workspace import Workspace as Workspace
from b12assistant.application.workspace import local_today as local_today
from b12assistant.config import load_configuration
from b12assistant.display.presentation import Piece, present
from b12assistant.index.indexing import Progress
from b12assistant.types import Document, GenerationId, Hit, IndexReport
from b12assistant.types import FileEnd as FileEnd  # what a report counts


class Assistant:
    """Answers that only quote, from an index on disk. One may be shared by many threads.

    It keeps answering from the generation it opened; open another to see what `build_index` published since.

    >>> assistant = Assistant.open("index")
    >>> reply = assistant.ask("Can low B12 damage nerves without anaemia?")
    >>> reply.answer.status.value
    'answered'
    >>> quote = reply.answer.quotes[0]
    >>> quote.best.text == assistant.document(quote.document.id).text[quote.best.start : quote.best.end]
    True
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @classmethod
    def open(cls, index: str | Path | None = None, *, corpus: str | Path | None = None) -> Assistant:
        """Verify and open the index; the encoder is loaded by the first question.

        Not named, they are those of the folder we are in; where it has none, the packaged corpus, whose index is built
        into the user's cache folder at first use. ``corpus`` is only looked at to say that a quoted file has changed
        since. Other settings come from `b12assistant.toml` and the environment, as for the commands. Raises
        ``IndexMissingError``, ``IndexDamagedError``, ``IndexMismatchError`` or ``EncoderError``, each with the command
        that mends it.
        """
        workspace = _workspace_of(corpus, index)
        workspace.opened  # noqa: B018 - raises here, not at the first question
        return cls(workspace)

    @property
    def generation(self) -> GenerationId:
        """The generation of the index that answers."""
        return self._workspace.opened.collection.generation

    def ask(self, question: str, *, history: Sequence[str] = (), as_typed: bool = False) -> Reply:
        """One answer. ``history``: the user's earlier turns, oldest first, at most 19; answers are not needed.

        ``as_typed``: the question alone is searched, and no other word than its own; history then only counts for
        what must come first.

        Not finding anything is an answer too; ``QuestionError`` is only raised for what cannot be read as a question.

        >>> assistant = Assistant.open("index")
        >>> assistant.ask("Who won the football on Sunday?").answer.status.value
        'no_answer'
        >>> reply = assistant.ask("What about metformin?", history=["Which medicines lower B12?"])
        >>> reply.answer.interpretation.text
        'Which medicines lower B12? What about metformin?'
        """
        return self._workspace.ask(question, history, as_typed=as_typed)

    def search(self, question: str, *, k: int = 10) -> tuple[tuple[Notice, ...], tuple[Hit, ...]]:
        """Look-up: what triage says of the question, and the best ``k`` passages, never withheld, best first.

        >>> notices, hits = Assistant.open("index").search("folic acid hides the anaemia", k=3)
        >>> [hit.rank for hit in hits]
        [1, 2, 3]
        """
        return self._workspace.search(question, k)

    def document(self, id: str) -> Document:  # noqa: A002 - the word the corpus and the JSON use
        """A document by its id, its path in the corpus. Raises ``NotFoundError``."""
        return self._workspace.document(id).document

    def present(self, reply: Reply) -> tuple[Piece, ...]:
        """What the page shows for the reply: its pieces in order, in words."""
        return present(reply, self._workspace.setting(reply))

    def as_json(self, reply: Reply) -> dict[str, Any]:
        """What `ask --json` and the HTTP API give for the reply.

        >>> assistant = Assistant.open("index")
        >>> sorted(assistant.as_json(assistant.ask("What is myelin?")))
        ['answer', 'index', 'timings_ms']
        """
        from b12assistant.display.json_form import reply_json

        return reply_json(reply, self._workspace.texts, today=local_today())


def build_index(
    corpus: str | Path, index: str | Path, *, strict: bool = False, progress: Progress | None = None
) -> IndexReport:
    """Bring ``index`` up to date with ``corpus`` and say what became of every file; only what changed is embedded.

    ``strict``: publish nothing if a file would be left out. If anything fails the former index stays in use.

    >>> report = build_index("corpus", "index")
    >>> report.count(FileEnd.LEFT_OUT)
    0
    """
    build = partial(_workspace_of(corpus, index).index, strict=strict)
    return build(progress=progress) if progress else build()


def _workspace_of(corpus: str | Path | None, index: str | Path | None) -> Workspace:
    given = {"paths.corpus": corpus, "paths.index": index}
    flags = {key: str(path) for key, path in given.items() if path is not None}
    return Workspace(load_configuration(environment=os.environ, flags=flags))
