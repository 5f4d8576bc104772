"""Questions and answers at a terminal, one at a time."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

from b12assistant import render, terminal
from b12assistant.answers import Reply, Status
from b12assistant.api import Workspace, local_today
from b12assistant.assistant import MOST_TURNS
from b12assistant.errors import QuestionError

_LEAVE = {"q", "quit", "exit", ":q"}
_CONTROLS = {"1": "not_happening", "2": "looking_up"}
_GREETING = """Ask about vitamin B12 and nerves. Answers are quotes from the corpus, nothing else.
An empty line starts a new topic, q leaves."""


def answer_once(space: Workspace, question: str, history: Sequence[str], as_json: Callable[[Any], str] | None) -> None:
    """Print one answer, as text or as JSON."""
    reply = space.ask(question, history)
    if as_json:
        terminal.line(as_json(render.reply_json(reply, space.texts, today=local_today())))
    else:
        _print(space, reply)


def converse(space: Workspace) -> None:
    """Answer until the user leaves; earlier questions are remembered."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives `input` its history and editing keys
    terminal.line(_GREETING)
    history: list[str] = []
    held = False  # an emergency text stands, and its two controls are offered
    while True:
        try:
            typed = input("\n> ")
        except EOFError:
            terminal.line("")
            return
        if typed.strip().lower() in _LEAVE:
            return
        if not typed.strip():
            history, held = [], False
            continue
        question = _control(space, typed) if held else typed
        try:
            reply = space.ask(question, history[-(MOST_TURNS - 1) :])
        except QuestionError as error:
            terminal.line(str(error))
            continue
        history.append(question)
        held = reply.answer.status is Status.SAFETY_ONLY
        _print(space, reply)
        if held:
            for key, name in _CONTROLS.items():
                terminal.line(f"  {key}: {_text(space, name)}")


def _control(space: Workspace, typed: str) -> str:
    name = _CONTROLS.get(typed.strip())
    return _text(space, name) if name else typed


def _text(space: Workspace, name: str) -> str:
    return next(text.text for text in space.texts.values() if text.id == name)


def _print(space: Workspace, reply: Reply) -> None:
    out = terminal.console()
    terminal.answer(reply.answer, space.texts, out, today=local_today(), changed=reply.source_changed)
    sys.stdout.flush()
