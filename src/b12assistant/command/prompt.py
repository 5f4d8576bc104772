"""Answer questions at a terminal, one at a time."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any

from b12assistant.answering.assistant import MOST_CHARACTERS
from b12assistant.answers import Reply
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import terminal
from b12assistant.display.presentation import present
from b12assistant.errors import AssistantError, QuestionError
from b12assistant.safety import explanation
from b12assistant.safety.translations import controls_for

_LEAVE = {"q", "quit", "exit", ":q"}
_GREETING = """Ask in your own words. Answers are only quotes from the documents.
Press Enter for a new topic, = to search for your exact words, q to quit."""
_AS_TYPED = "="
_GO_ON = "To continue, pass your question with --history and ask one of these as the new question:"
_MOST_BYTES = 4 * MOST_CHARACTERS  # of the longest question, in UTF-8


def answer_once(
    space: Workspace,
    question: str,
    history: Sequence[str],
    as_json: Callable[[Any], str] | None,
    *,
    as_typed: bool = False,
    explain: bool = False,
) -> None:
    """Print one answer as text, or as JSON with ``as_json``.

    ``as_typed``: search for the question's own words only. ``explain``: add the reasons of triage.
    """
    reply = space.ask(question, history, as_typed=as_typed)
    if as_json:
        more: dict[str, Any] = {"explain": space.explain(question, history)} if explain else {}
        from b12assistant.display.json_form import reply_json

        terminal.line(as_json(reply_json(reply, space.texts, today=local_today()) | more))
        return
    _print(space, reply)
    if explain:
        _explain(space, question, history)
    if controls := _controls(space, reply):
        terminal.line(_GO_ON)
        for sentence in controls:
            terminal.line(f'  "{sentence}"')


def piped() -> str:
    """Read the question from standard input. Raises ``QuestionError`` if it is too long or not UTF-8 text."""
    data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise QuestionError(f"a question has at most {MOST_CHARACTERS:,} characters", hint="shorten it")
    try:
        return data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise QuestionError("the question is not UTF-8 text", hint="type it again, or save it as UTF-8") from error


def converse(space: Workspace, history: Sequence[str] = (), *, explain: bool = False) -> None:
    """Answer until the user leaves; earlier questions are remembered."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives `input` its history and editing keys
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a stray byte must not end the conversation
    terminal.line(_GREETING)
    try:
        try:
            space.engine  # noqa: B018 - loads everything heavy before the first question
        except AssistantError as error:  # without an index, emergencies are still answered
            terminal.line(terminal.inert(str(error)))
        _rounds(space, list(history), explain=explain)
    except (EOFError, KeyboardInterrupt):
        terminal.line("")


def _rounds(space: Workspace, history: list[str], *, explain: bool) -> None:
    held: dict[str, str] = {}  # the two controls offered after a safety-only answer, by the key to type
    while True:
        typed = input("\n> ")
        if typed.strip().lower() in _LEAVE:
            return
        if not typed.strip():
            history, held = [], {}
            terminal.line("New topic.")
            continue
        again = typed.strip() == _AS_TYPED and bool(history)
        question = held.get(typed.strip(), typed)
        if again:
            question, history = history[-1], history[:-1]
        try:
            reply = space.ask(question, history, as_typed=again)
        except AssistantError as error:
            terminal.line(terminal.inert(str(error)))
            history = [*history, question] if again else history
            continue
        held = {str(key): sentence for key, sentence in enumerate(_controls(space, reply), start=1)}
        _print(space, reply)
        if explain:
            _explain(space, question, history)
        history.append(question)
        for key, sentence in held.items():
            terminal.line(f"  {key}: {sentence}")


def _controls(space: Workspace, reply: Reply) -> tuple[str, ...]:
    """Return the two sentences that continue after a safety-only answer, in the reader's language."""
    if not reply.answer.has_controls:
        return ()
    return tuple(text.text for text in controls_for(reply.answer.notices, space.texts))


def _explain(space: Workspace, question: str, history: Sequence[str]) -> None:
    terminal.line("\nWhy the safety check decided so:")
    for line in explanation.lines(space.explain(question, history)):
        terminal.line(terminal.inert(line))


def _print(space: Workspace, reply: Reply) -> None:
    terminal.answer(present(reply, space.setting()), terminal.console())
    sys.stdout.flush()
