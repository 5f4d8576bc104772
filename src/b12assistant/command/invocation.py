"""Run commands: turn errors into one line and an exit status, and flags into a workspace."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from b12assistant.errors import AssistantError, QuestionError, UsageError

if TYPE_CHECKING:
    from b12assistant.application.workspace import Workspace

NAME = "b12assistant"


def run(commands: click.Command) -> int:
    """Run the command line; return the exit status. Any error is one line on standard error."""
    _streams()
    signal.signal(signal.SIGTERM, _terminated)
    try:
        status = commands.main(prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return complain(_usage(error), error.exit_code)
    except AssistantError as error:
        return complain(str(error), error.exit_status)
    except (KeyboardInterrupt, click.Abort):
        # CPython ends by the signal, as if nobody had caught it, if it came inside `exec` (where a dataclass is made).
        exec("")  # noqa: S102 - the next one that ends well takes that back
        return complain("stopped; nothing half done is kept", 130)  # the usual status after Ctrl-C
    except BrokenPipeError:
        _mute()  # the reader closed the pipe
        return 1
    except OSError as error:
        _mute()
        where = f"{error.filename}: " if error.filename else ""
        return complain(
            f"{where}{error.strerror or type(error).__name__}: free disk space or fix permissions, then try again", 1
        )
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        fault = f"a fault in the program, not in what you did ({type(error).__name__}: {error})"
        return complain(f"{fault}: `python -X dev -m {NAME} …` shows where; please report it", 1)
    return status if isinstance(status, int) else 0


def one_line(text: str) -> str:
    """Replace characters that break the line or control the terminal; a message may hold a file name."""
    return "".join(character if character.isprintable() else "�" for character in text)


def places(command: Callable[..., None]) -> Callable[..., None]:
    """Call ``command`` with its workspace.

    `--corpus` and `--index` are accepted also after the command, where most people type them.
    """

    @click.option("--corpus", metavar="DIR", help="The folder of documents.")
    @click.option("--index", "index_folder", metavar="DIR", help="The folder of the index.")
    @click.pass_context
    @wraps(command)
    def called(context: click.Context, /, **options: Any) -> None:
        command(workspace(context, options.pop("corpus"), options.pop("index_folder")), **options)

    return called


def workspace(context: click.Context, corpus: str | None, index_folder: str | None) -> Workspace:
    """Return the workspace that file, environment and flags describe. Raises ``UsageError``."""
    from b12assistant.application.workspace import Workspace

    given = context.obj
    folders = {
        "corpus": given["corpus"] if corpus is None else corpus,
        "index": given["index"] if index_folder is None else index_folder,
    }
    for key, folder in folders.items():
        if folder is not None and not folder.strip("\0 "):  # probably an unset variable in a script
            raise UsageError(f"--{key} is empty", hint="name a folder")
    file = Path(given["config"]) if given["config"] is not None else None
    return Workspace.of(folders["corpus"], folders["index"], file, first_use=_first_use)


def _first_use(space: Workspace) -> None:
    """Build the index of the packaged corpus, with a line that says where, and a progress bar."""
    from b12assistant.display import terminal

    click.echo(
        f"{NAME}: first use: building the index of the packaged corpus in {one_line(str(space.store.root))}", err=True
    )
    with terminal.progress() as progress:
        space.index(progress=progress)


def words(argument: str) -> str:
    """Return an argument as text, whatever the locale. Raises ``QuestionError`` for bytes that are not UTF-8."""
    try:
        argument.encode()
    except UnicodeEncodeError:  # bytes that the locale cannot decode arrive as lone surrogates
        try:
            return os.fsencode(argument).decode()
        except UnicodeError as error:
            raise QuestionError("what you typed is not UTF-8 text", hint="type it again") from error
    return argument


def as_json(value: Any) -> str:
    """Return one line of readable JSON; lone surrogates, as in file names, are escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def lines(sentences: Iterable[str]) -> str:
    return "\n".join(one_line(sentence) for sentence in sentences)


def _usage(error: click.ClickException) -> str:
    message = error.format_message().removesuffix(".")
    context = getattr(error, "ctx", None)
    return f"{message[:1].lower()}{message[1:]} (see `{context.command_path if context else NAME} --help`)"


def complain(sentence: str, status: int) -> int:
    """Print one line on standard error; return ``status``."""
    click.echo(f"{NAME}: {one_line(sentence)}", err=True)
    return status


def _streams() -> None:
    """Write UTF-8 to pipes and files, the terminal's encoding to terminals; replace closed streams with empty ones."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open until the process ends
        elif isinstance(stream, io.TextIOWrapper) and mode == "w":
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _mute() -> None:
    """Discard pending output: it would fail again, with a traceback, when Python exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminated(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)  # unwinds the stack, so that drafts are removed
