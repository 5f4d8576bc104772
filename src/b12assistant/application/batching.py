"""Answer a file of questions into another file, in order; a bad line does not stop the run."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from b12assistant.application.workspace import Workspace
from b12assistant.data_files import replace_file
from b12assistant.display import json_form, terminal
from b12assistant.errors import AssistantError, QuestionError, UsageError

BAD_LINE = "bad_line"
INTERNAL = "internal"
_STANDARD = Path("-")
_FORM = 'a line is {"id", "question"}'


def run(space: Workspace, input_: Path, output: Path, as_json: Callable[[Any], str]) -> tuple[int, int]:
    """Answer every line of ``input_``; return how many failed, and how many there were.

    The index is opened first, so that a missing index is an error of the whole run.
    """
    lines = _lines(input_)
    if _STANDARD not in (input_, output) and output.is_file() and output.samefile(input_):
        raise UsageError(f"{output} is the input: the answers would replace the questions", hint="name another file")
    space.opened  # noqa: B018 - raises here if there is no index
    failed = 0

    def answers() -> Iterator[str]:
        nonlocal failed
        with terminal.progress() as progress:
            for done, (number, line) in enumerate(lines):
                progress("answering", done, len(lines))
                record = _answer(space, line, number)
                failed += "error" in record
                yield as_json(record)
            progress("answering", len(lines), len(lines))

    write_lines(output, answers())
    return failed, len(lines)


def write_lines(file: Path, lines: Iterable[str]) -> None:
    """Write to a draft next to ``file``, then rename it; `-` is standard output. Raises ``UsageError``.

    Links and permissions are kept; a device or pipe is written directly.
    """
    if file == _STANDARD:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        sys.stdout.flush()
        return
    written = (f"{line}\n".encode() for line in lines)
    try:
        if file.exists() and not file.is_file():
            with file.open("wb") as out:
                out.writelines(written)
        else:
            replace_file(file.resolve(), written)
    except BrokenPipeError:
        raise  # the reader closed the pipe; the file is fine
    except OSError as error:
        why = f"{file} cannot be written ({error.strerror})"
        raise UsageError(why, hint="name a file in a folder you can write to") from error


def _lines(file: Path) -> list[tuple[int, bytes]]:
    """Return every line that is not blank, with its number from 1."""
    try:
        data = sys.stdin.buffer.read() if file == _STANDARD else file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror})", hint="give a file of JSON lines") from error
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _answer(space: Workspace, line: bytes, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line.decode(), parse_constant=int)  # a ValueError for NaN and Infinity
    except UnicodeDecodeError:
        return _error(None, BAD_LINE, f"line {number} is not UTF-8", "save the file as UTF-8")
    except (ValueError, RecursionError):
        return _error(None, BAD_LINE, f"line {number} is not JSON", _FORM)
    name = row.get("id") if isinstance(row, dict) else None
    if not isinstance(name, str | int | float | None) or name in (math.inf, -math.inf):  # no JSON has these
        return _error(None, BAD_LINE, f"line {number}: its id is neither a text nor a number", _FORM)
    try:
        reply = space.ask(*_question(row), as_typed=row.get("as_typed") is True)
    except AssistantError as error:
        return _error(name, error.code, f"line {number}: {error.message}", error.hint)
    except Exception as error:  # noqa: BLE001 - one bad line must not lose the other answers
        what = f"line {number}: a fault in the program ({type(error).__name__}: {error})"
        return _error(name, INTERNAL, what, "please report it, with the line")
    return {"id": name, **json_form.reply_json(reply, space.texts)}


def _question(row: object) -> tuple[str, tuple[str, ...]]:
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise QuestionError("the line has no question", hint=_FORM)
    history = [] if row.get("history") is None else row["history"]
    if not isinstance(history, list) or not all(isinstance(turn, str) for turn in history):
        raise QuestionError("history is not a list of texts", hint='"history": ["earlier user turn", …]')
    turns = (row["question"], *history)
    if any("\ud800" <= character <= "\udfff" for turn in turns for character in turn):
        raise QuestionError("a text holds half a character (a lone surrogate)", hint="write the whole one")
    return row["question"], tuple(history)


def _error(name: object, code: str, message: str, hint: str) -> dict[str, Any]:
    return {"id": name, "error": {"code": code, "message": message, "hint": hint}}
