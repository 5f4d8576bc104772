"""Many questions from a file to a file: in order, one model load, a bad line never stops the run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from b12assistant import render, terminal
from b12assistant.api import Workspace, local_today
from b12assistant.errors import AssistantError, QuestionError, UsageError

_STANDARD = Path("-")
AsJson = Callable[[Any], str]


def run(space: Workspace, input_: Path, output: Path, as_json: AsJson) -> int:
    """Answer every line of ``input_``; returns how many could not be answered.

    The index is opened first, so that a missing one is an error of the whole run.
    """
    lines = _lines(input_)
    space.opened  # noqa: B018 - raises here if there is no index
    failed = 0

    def answers() -> Iterator[str]:
        nonlocal failed
        with terminal.progress() as told:
            for number, line in enumerate(lines, start=1):
                told("answering", number - 1, len(lines))
                record = _answer(space, line, number)
                failed += "error" in record
                yield as_json(record)
            told("answering", len(lines), len(lines))

    write_lines(output, answers())
    return failed


def write_lines(file: Path, lines: Iterable[str]) -> None:
    """Write to a draft beside ``file`` and rename it when all is written; `-` is standard output."""
    if file == _STANDARD:
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as out:
            for line in lines:
                out.write(line + "\n")
        draft.replace(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror})", hint="name another file") from error
    finally:
        draft.unlink(missing_ok=True)


def _lines(file: Path) -> list[str]:
    try:
        data = sys.stdin.buffer.read() if file == _STANDARD else file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror})", hint="give a file of JSON lines") from error
    return [line for line in data.decode("utf-8", "replace").split("\n") if line.strip()]


def _answer(space: Workspace, line: str, number: int) -> dict[str, Any]:
    name: object = None
    try:
        row = json.loads(line)
        name = row.get("id") if isinstance(row, dict) else None
        reply = space.ask(*_question(row))
    except (ValueError, RecursionError):
        return _error(name, "bad_line", f"line {number} is not JSON", 'a line is {"id", "question"}')
    except AssistantError as error:
        return _error(name, error.code, error.message, error.hint)
    return {"id": name, **render.reply_json(reply, space.texts, today=local_today())}


def _question(row: object) -> tuple[str, tuple[str, ...]]:
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise QuestionError("the line has no question", hint='a line is {"id", "question"}')
    history = row.get("history") or []
    if not isinstance(history, list) or not all(isinstance(turn, str) for turn in history):
        raise QuestionError("history is not a list of texts", hint='"history": ["earlier user turn", …]')
    return row["question"], tuple(history)


def _error(name: object, code: str, message: str, hint: str) -> dict[str, Any]:
    return {"id": name, "error": {"code": code, "message": message, "hint": hint}}
