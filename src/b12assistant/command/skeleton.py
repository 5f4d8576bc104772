"""The skeleton of a project with a corpus of its own: the files in `data/skeleton/`, which work as they stand."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

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
