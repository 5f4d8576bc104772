"""The Python API: ``Assistant`` for programs that ask, ``build_index`` for programs that maintain a corpus.

Our own commands and pages use ``Workspace`` directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from b12assistant.answers import Notice, Reply
from b12assistant.application.workspace import Workspace
from b12assistant.protocols import Progress
from b12assistant.types import Document, FileEnd, GenerationId, Hit, IndexReport

__all__ = ["Assistant", "FileEnd", "Workspace", "build_index"]  # FileEnd: keys of the counts in a report


class Assistant:
    """Answers that only quote, from an index on disk. Many threads may share one.

    It keeps answering from the generation it opened: open another to use what `build_index` published since.

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
        """Verify and open the index; the first question loads the encoder.

        ``index`` may also be the folder of a project, with its `b12assistant.toml`. By default index and corpus are
        those of the working directory. If it has none, the packaged corpus is used; its index is built in the user's
        cache folder at first use. ``corpus`` is used only to notice that a quoted file has changed. Other settings come
        from the project's `b12assistant.toml` and the environment, as for the commands. Raises ``CorpusError`` if there
        is no such corpus,
        ``IndexMissingError``, ``IndexDamagedError``, ``IndexMismatchError`` or ``EncoderError``, each with the command
        that fixes it.
        """
        workspace = Workspace.of(corpus, index)
        workspace.opened  # noqa: B018 - raises here, not at the first question
        return cls(workspace)

    @property
    def generation(self) -> GenerationId:
        """Return the generation of the index that is in use."""
        return self._workspace.opened.collection.generation

    def ask(self, question: str, *, history: Sequence[str] = (), as_typed: bool = False) -> Reply:
        """Answer a question. ``history``: the user's earlier turns, oldest first, at most 19, without the answers.

        ``as_typed``: search for the question's own words only; the safety check still reads the history.

        Finding nothing is an answer too. Raises ``QuestionError`` for what cannot be read as a question.

        >>> assistant = Assistant.open("index")
        >>> assistant.ask("Who won the football on Sunday?").answer.status.value
        'no_answer'
        >>> reply = assistant.ask("And for how long?", history=["How is pernicious anaemia treated?"])
        >>> reply.answer.interpretation.text
        'How long do people with pernicious anaemia need B12?'
        """
        return self._workspace.ask(question, history, as_typed=as_typed)

    def search(self, question: str, *, k: int = 10) -> tuple[tuple[Notice, ...], tuple[Hit, ...]]:
        """Look passages up: return the notices of triage and the ``k`` best passages, best first, none withheld.

        >>> notices, hits = Assistant.open("index").search("folic acid hides the anaemia", k=3)
        >>> [hit.rank for hit in hits]
        [1, 2, 3]
        """
        return self._workspace.search(question, k)

    def document(self, id: str) -> Document:  # noqa: A002 - the word the corpus and the JSON use
        """Return a document by its id, which is its path in the corpus. Raises ``NotFoundError``."""
        return self._workspace.document(id).document

    def as_json(self, reply: Reply) -> dict[str, Any]:
        """Return a reply as `ask --json` and the HTTP API give it.

        >>> assistant = Assistant.open("index")
        >>> sorted(assistant.as_json(assistant.ask("What is myelin?")))
        ['answer', 'as_typed', 'history', 'index', 'timings_ms']
        """
        from b12assistant.display.json_form import reply_json

        return reply_json(reply, self._workspace.texts)


def build_index(
    corpus: str | Path, index: str | Path, *, strict: bool = False, progress: Progress | None = None
) -> IndexReport:
    """Bring ``index`` up to date with ``corpus`` and report on every file; only what changed is embedded.

    ``strict``: publish nothing if a file would be left out. If anything fails, the previous index stays in use.

    >>> report = build_index("corpus", "index")
    >>> [left.file for left in report.files if left.end is FileEnd.LEFT_OUT]
    ['LICENSE', 'README.md']
    """
    return Workspace.of(corpus, index).index(strict=strict, progress=progress)
