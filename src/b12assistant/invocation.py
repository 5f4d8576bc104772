"""What every command shares: errors become one line and an exit status, flags become a workspace."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from b12assistant.errors import AssistantError

if TYPE_CHECKING:
    from b12assistant.api import Workspace

P = ParamSpec("P")
R = TypeVar("R")


def speaking(command: Callable[P, R]) -> Callable[P, R]:
    """Turn an error of ours into one line on stderr and its exit status."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except AssistantError as error:
            click.echo(f"b12assistant: {one_line(str(error))}", err=True)
            raise SystemExit(error.exit_status) from error
        except BrokenPipeError:
            sys.stderr.close()  # the reader left; nothing more to say
            raise SystemExit(1) from None
        except KeyboardInterrupt:
            click.echo("b12assistant: stopped; the former index stays in use", err=True)
            raise SystemExit(130) from None

    return guarded


def one_line(text: str) -> str:
    """A message may hold a file's name: nothing in it may break the line or steer the terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def places(command: Callable[P, R]) -> Callable[P, R]:
    """`--corpus` and `--index` after the command too, where most people type them."""
    command = click.option("--index", "index_folder", metavar="DIR", help="The index.")(command)
    return click.option("--corpus", metavar="DIR", help="The corpus.")(command)


def workspace(context: click.Context, corpus: str | None, index_folder: str | None, **flags: object) -> Workspace:
    """The workspace that file, environment and flags describe."""
    from b12assistant.api import Workspace
    from b12assistant.config import load_configuration

    given = context.obj
    chosen = {"paths.corpus": corpus or given["corpus"], "paths.index": index_folder or given["index"], **flags}
    file = Path(given["config"]) if given["config"] else None
    return Workspace(load_configuration(file=file, environment=os.environ, flags=chosen))


def as_json(value: Any) -> str:
    """One line, readable; a lone surrogate from a file's name is escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def lines(sentences: Iterable[str]) -> str:
    return "\n".join(one_line(sentence) for sentence in sentences)
