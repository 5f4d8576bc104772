"""Answer questions at a terminal, one at a time, and let a curator mark what answers a file of them."""

from __future__ import annotations

import contextlib
import io
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from b12assistant.answering.assistant import MOST_CHARACTERS
from b12assistant.answers import Reply
from b12assistant.application.workspace import Workspace
from b12assistant.command.invocation import as_json, lines
from b12assistant.display import terminal
from b12assistant.display.presentation import present
from b12assistant.errors import AssistantError, QuestionError, UsageError
from b12assistant.safety.fixed_texts import controls_for

if TYPE_CHECKING:
    from b12assistant.application.improvement import Improver
    from b12assistant.types import Span

_LEAVE = {"q", "quit", "exit", ":q"}
_GREETING = """Ask in your own words. Answers are only quotes from the documents.
Press Enter for a new topic, = to search for your exact words, q to quit."""
_AS_TYPED = "="
_GO_ON = "To continue, pass your question with --history and ask one of these as the new question:"
_MOST_BYTES = 4 * MOST_CHARACTERS  # of the longest question, in UTF-8


def answer_once(space: Workspace, question: str, history: Sequence[str], *, json_: bool, as_typed: bool) -> None:
    """Print one answer as text or JSON.

    ``as_typed``: search for the question's own words only.
    """
    reply = space.ask(question, history, as_typed=as_typed)
    if json_:
        from b12assistant.display.json_form import reply_json

        click.echo(as_json(reply_json(reply, space.texts)))
        return
    _print(space, reply)
    if controls := controls_for(reply.answer, space.texts):
        click.echo(_GO_ON)
        for sentence in controls:
            click.echo(f'  "{sentence}"')


def piped() -> str:
    """Read the question from standard input. Raises ``QuestionError`` if it is too long or not UTF-8 text."""
    data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise QuestionError(f"a question has at most {MOST_CHARACTERS:,} characters", hint="shorten it")
    try:
        return data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise QuestionError("the question is not UTF-8 text", hint="type it again, or save it as UTF-8") from error


def converse(space: Workspace, history: Sequence[str] = ()) -> None:
    """Answer until the user leaves; earlier questions are remembered."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives `input` its history and editing keys
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a stray byte must not end the conversation
    click.echo(_GREETING)
    try:
        try:
            space.engine  # noqa: B018 - loads everything heavy before the first question
        except AssistantError as error:  # without an index, emergencies are still answered
            click.echo(terminal.inert(str(error)))
        _rounds(space, list(history))
    except (EOFError, KeyboardInterrupt):
        click.echo("")


def _rounds(space: Workspace, history: list[str]) -> None:
    held: dict[str, str] = {}  # the two controls offered after a safety-only answer, by the key to type
    while True:
        typed = input("\n> ")
        if typed.strip().lower() in _LEAVE:
            return
        if not typed.strip():
            history, held = [], {}
            click.echo("New topic.")
            continue
        again = typed.strip() == _AS_TYPED and bool(history)
        question = held.get(typed.strip(), typed)
        if again:
            question, history = history[-1], history[:-1]
        try:
            reply = space.ask(question, history, as_typed=again)
        except AssistantError as error:
            click.echo(terminal.inert(str(error)))
            history = [*history, question] if again else history
            continue
        held = {str(key): sentence for key, sentence in enumerate(controls_for(reply.answer, space.texts), start=1)}
        _print(space, reply)
        history.append(question)
        for key, sentence in held.items():
            click.echo(f"  {key}: {sentence}")


def _print(space: Workspace, reply: Reply) -> None:
    terminal.answer(present(reply, space.texts), terminal.console())


_KEYS = "r right  A–T this sentence answers  n nothing answers  u undo  Enter next  b back  q quit"
_LETTERS = "ABCDEFGHIJKLMNOPQRST"  # of the nearest sentences
_NEXT, _BACK, _END = (" ", "\r", "\n"), "b", ("q", "")  # no key: there is no more input


def key() -> str:
    """Return the next key. Raises ``UsageError`` where there is no terminal."""
    try:
        return click.getchar()
    except OSError as error:
        raise UsageError("the keys that mark come from a terminal", hint="run `b12assistant improve` in one") from error


@dataclass(frozen=True)
class Desk:
    """A curator at a terminal, in front of one question after another."""

    improver: Improver
    questions: tuple[str, ...]
    key: Callable[[], str]

    def work(self) -> None:
        """Show questions and take keys until the curator leaves; the first shown has no mark yet."""
        marked = self.improver.marked(self.questions)
        click.echo(f"{len(marked)} questions, {sum(marked)} marked.")
        at: int | None = marked.index(False) if False in marked else len(marked)
        while at is not None:
            at = self._turn(at, marked)
        marked = self.improver.marked(self.questions)
        click.echo(f"{sum(marked)} of {len(marked)} are marked now; `b12assistant index` brings that to readers.")

    def _turn(self, at: int, marked: list[bool]) -> int | None:
        """Show the question at a place and take keys; return the place of the next to show, ``None`` to leave.

        ``marked``: which questions have a mark, kept up to date.
        """
        question = self.questions[at] if at < len(self.questions) else ""
        sentences = self._show(question, at, is_marked=marked[at]) if question else {}
        if not question:
            click.echo("\nThat was the last question: b goes back, u takes the last mark back, q quits.")
        while True:
            click.echo("> ", nl=False)
            key = self.key()
            click.echo(key if key.isprintable() else "")
            if key in _END:
                return None
            if key in (_BACK, *_NEXT):
                return max(0, at - 1) if key == _BACK else min(at + 1, len(self.questions))
            try:
                if key == "u":
                    click.echo("Taken back." if self.improver.undo() else "There is no mark to take back.")
                    now = self.improver.marked(self.questions)
                    if now != marked:  # the question whose mark that was
                        place = next(place for place, was in enumerate(marked) if was != now[place])
                        marked[:] = now
                        return place
                elif question and (key == "n" or key in sentences):
                    self.improver.mark(question, sentences.get(key))
                    click.echo(lines([f"Marked: {'nothing answers' if key == 'n' else sentences[key].text}"]))
                    marked[at] = True
                    return at + 1
                else:
                    click.echo(f"Not a key here; the sentences have capital letters.\n{_KEYS}")
            except AssistantError as error:
                click.echo(lines([str(error)]))

    def _show(self, question: str, at: int, *, is_marked: bool) -> dict[str, Span]:
        """Print a question, its answer and the nearest sentences; return the sentence that each key means."""
        from b12assistant.application.improvement import best_sentence

        reply = self.improver.space.ask(question)
        near = self.improver.nearest(question)
        marked = " (marked)" if is_marked else ""
        click.echo(f"\n{'─' * terminal.WIDTH}\nQuestion {at + 1} of {len(self.questions)}{marked}")
        click.echo(f"{lines([' '.join(question.split())])}\n")
        terminal.answer(present(reply, self.improver.space.texts), terminal.console())
        click.echo("\nNearest sentences:")
        for letter, (sentence, closeness) in zip(_LETTERS, near, strict=False):
            words = f"{' '.join(sentence.text.split())}  ({sentence.document.id}, {closeness:.2f})"
            click.echo(textwrap.fill(terminal.inert(words), terminal.WIDTH, initial_indent=f"{letter}  "))
        click.echo(f"\n{_KEYS}")
        first = [("r", best_sentence(quote)) for quote in reply.answer.quotes[:1]]
        return dict(first + [(letter, sentence) for letter, (sentence, _) in zip(_LETTERS, near, strict=False)])
