"""The command `new`: write the skeleton of a project."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import click

from b12assistant.command.invocation import lines
from b12assistant.errors import UsageError


def write_skeleton(folder: Path) -> tuple[str, ...]:
    """Write the skeleton into ``folder``; return the paths of its files in the folder, sorted.

    Raises ``UsageError`` if the folder exists and is not empty: nothing is overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder", hint="choose a new folder")
    with resources.as_file(resources.files("b12assistant").joinpath("data", "skeleton")) as skeleton:
        shutil.copytree(skeleton, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    (folder / "gitignore").rename(folder / ".gitignore")  # packages leave out files that begin with a dot
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


@click.command()
@click.argument("folder", type=Path)
def new(folder: Path) -> None:
    """Create a project with its own corpus.

    The folder must be new or empty. It gets a corpus with a template, files to adapt (source facts, red flags,
    vocabulary, differences, fixed texts), a configuration, a Makefile and a README that says what to do first.

    \b
    Example:
      b12assistant new my-project
    """
    for file in write_skeleton(folder):
        click.echo(lines([str(folder / file)]))
    click.echo(lines([f"Next: go to {folder}, run `b12assistant index`, then ask. README.md says what to change."]))
