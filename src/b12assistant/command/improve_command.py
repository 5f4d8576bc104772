"""The command `improve`: a curator reads the answers to a file of questions and marks each with one key."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b12assistant.command.invocation import lines, places
from b12assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from b12assistant.api import Workspace
    from b12assistant.application.improvement import Improver
    from b12assistant.types import Span

_KEYS = "r right  A–T this sentence answers  n nothing answers  u undo  Enter next  b back  q quit"
_LETTERS = "ABCDEFGHIJKLMNOPQRST"  # of the nearest sentences
_NEXT, _END = ("", " ", "\r", "\n"), "q"


@click.command()
@places
@click.argument("file", type=Path, metavar="QUESTIONS")
def improve(space: Workspace, file: Path) -> None:
    """Mark answers, so that the next index finds them better.

    QUESTIONS is a text file with a question on each line, or JSON lines of {"question"}. Each is shown with its answer
    as a reader sees it and the twenty nearest sentences; one key marks it. A mark is written at once into the corpus's
    own lists (sentences/, not_answered.toml), and u takes it back; no document is changed.

    \b
    Example:
      b12assistant improve asked.txt
    """
    from b12assistant.application.improvement import Improver, read_questions

    if space.configuration.is_packaged:
        raise UsageError(
            "the corpus that comes with the program is not edited", hint="make a project with `b12assistant new`"
        )
    questions, complaints = read_questions(file)
    space.opened  # noqa: B018 - raises here if there is no index
    improver = Improver(space)
    for sentence in complaints:
        click.echo(lines([sentence]))
    _Desk(improver, tuple(questions), click.getchar if sys.stdin.isatty() else _piped).work()


def _piped() -> str:
    """Return the first letter of the next line of standard input."""
    return (sys.stdin.readline() or _END).strip()[:1]


@dataclass
class _Desk:
    """A curator at a terminal, in front of one question after another."""

    improver: Improver
    questions: tuple[str, ...]
    key: Callable[[], str]
    at: int = 0

    def work(self) -> None:
        """Show questions and take keys until the curator leaves; the first shown has no mark yet."""
        marked = self.improver.marked(self.questions)
        self.at = marked.index(False) if False in marked else len(marked)
        click.echo(f"{len(marked)} questions, {sum(marked)} marked.")
        while self._turn():
            pass
        marked = self.improver.marked(self.questions)
        click.echo(f"{sum(marked)} of {len(marked)} are marked now; `b12assistant index` brings that to readers.")

    def _turn(self) -> bool:
        """Show the question and take keys until another is due; return whether there is one."""
        question = self.questions[self.at] if self.at < len(self.questions) else ""
        sentences = self._show(question) if question else {}
        if not question:
            click.echo("\nThat was the last question: b goes back, u takes the last mark back, q quits.")
        while True:
            click.echo("> ", nl=False)
            key = self.key()
            click.echo(key if key.isprintable() else "")
            if key == _END:
                return False
            if key in _NEXT or key == "b":
                self.at = max(0, self.at - 1) if key == "b" else min(self.at + 1, len(self.questions))
                return True
            try:
                if key == "u":
                    click.echo("Taken back." if self.improver.undo() else "There is no mark to take back.")
                elif question and (key == "n" or key in sentences):
                    self.improver.mark({question: () if key == "n" else (sentences[key],)})
                    self.at += 1
                    return True
                else:
                    click.echo(_KEYS)
            except AssistantError as error:
                click.echo(lines([str(error)]))

    def _show(self, question: str) -> dict[str, Span]:
        """Print a question, its answer and the nearest sentences; return the sentence that each key means."""
        from b12assistant.application.improvement import best_sentence
        from b12assistant.display import terminal
        from b12assistant.display.presentation import present

        reply = self.improver.space.ask(question)
        near = self.improver.nearest(question)
        marked = " (marked)" if self.improver.marked([question])[0] else ""
        click.echo(f"\n{'─' * terminal.WIDTH}\nQuestion {self.at + 1} of {len(self.questions)}{marked}")
        click.echo(f"{lines([' '.join(question.split())])}\n")
        sys.stdout.flush()
        terminal.answer(present(reply, self.improver.space.setting()), terminal.console())
        click.echo("\nNearest sentences:")
        for letter, (sentence, closeness) in zip(_LETTERS, near, strict=False):
            words = f"{' '.join(sentence.text.split())}  ({sentence.document.id}, {closeness:.2f})"
            click.echo(textwrap.fill(terminal.inert(words), terminal.WIDTH, initial_indent=f"{letter}  "))
        click.echo(f"\n{_KEYS}")
        first = [("r", best_sentence(quote)) for quote in reply.answer.quotes[:1]]
        return dict(first + [(letter, sentence) for letter, (sentence, _) in zip(_LETTERS, near, strict=False)])
