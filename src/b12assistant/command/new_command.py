"""`new` on the command line."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import click

from b12assistant.command.invocation import lines
from b12assistant.errors import UsageError


def write_skeleton(folder: Path) -> tuple[str, ...]:
    """Write it into ``folder``, which is new or empty; the paths of its files in there, sorted.

    Raises ``UsageError`` if something is there already: nothing is ever written over.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already and not an empty folder", hint="name a new one")
    with resources.as_file(resources.files("b12assistant").joinpath("data", "skeleton")) as skeleton:
        shutil.copytree(skeleton, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    (folder / "gitignore").rename(folder / ".gitignore")  # packages leave out what begins with a dot
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


@click.command()
@click.argument("folder", type=Path)
def new(folder: Path) -> None:
    """Write the skeleton of a project with a corpus of its own.

    The folder must be new or empty. It gets a corpus with a template, files for source facts, red flags, vocabulary,
    differences and fixed texts to adapt, a configuration, a Makefile and a README that says what to do in which order.

    \b
    Example:
      b12assistant new my-project
    """
    for file in write_skeleton(folder):
        click.echo(lines([str(folder / file)]))
    click.echo(lines([f"Next: go to {folder}, run `b12assistant index`, then ask. README.md says what to adapt."]))
