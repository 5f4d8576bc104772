"""Read data files that ship with the package, and lines that users give; find the line of a fault; write a file whole.

The tests check what ships, `corpus/entries.py` what a corpus brings.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, TypeVar

from b12assistant.errors import ConfigError, UsageError

Table = Mapping[str, Any]
Parsed = TypeVar("Parsed")
HINT = "restore the packaged data files, or correct the place named"
_HEAD = re.compile(r"\s*\[\[?\s*[\"']?([\w-]+)[\"']?\s*\]\]?\s*(?:#|$)")  # of a table


def read_data(*path: str) -> dict[str, Any]:
    """Read a TOML file below ``b12assistant/data``. Raises ``ConfigError`` if it cannot be read."""
    name = "/".join(path)
    try:
        return tomllib.loads(resources.files("b12assistant").joinpath("data", *path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"data/{name} cannot be read: {error}", hint=HINT) from error


@cache
def chosen(section: str) -> Mapping[str, float]:
    """Return a section of ``data/chosen.toml``: numbers that were chosen on labelled data, by name."""
    return MappingProxyType(read_data("chosen.toml")[section])


def read_fitted(*path: str, parse: Callable[[Mapping[str, Any]], Parsed]) -> Parsed:
    """Read a file of fitted arrays below ``b12assistant/data``. Raises ``ConfigError`` if it cannot be read."""
    import numpy as np

    name = "/".join(path)
    try:
        data = resources.files("b12assistant").joinpath("data", *path).read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return parse(arrays)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"data/{name} cannot be read: {error}", hint=HINT) from error


def read_lines(path: Path, *, hint: str) -> list[tuple[int, str]]:
    """Return the lines of a UTF-8 file that are not blank, with their numbers from 1.

    ``hint``: what to give instead of a file that cannot be read. Raises ``UsageError``.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")  # a JSON string may hold other line ends
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})", hint=hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8", hint="save the file as UTF-8") from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def open_regular(path: Path) -> BinaryIO | None:
    """Open a regular file to be read, ``None`` if it is none: links are not followed, and a pipe does not block."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None


def replace_file(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write to a draft first, then rename it, so that the file is there whole or not at all.

    Permissions are kept, and a missing folder is made.
    """
    draft = path.with_name(f".{path.name[:60]}-{os.getpid()}")  # at most 255 bytes
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with draft.open("wb") as out:
            out.writelines([data] if isinstance(data, bytes) else data)
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def line_of(text: str, *place: str | int) -> int:
    """Return the line, from 1, of a key in valid TOML: (key,), (table, key) or (table, number, key).

    If the key is missing, it is the line of the table; if the table is missing, 1. No library gives lines.
    """
    lines = text.split("\n")
    heads = [(i, match[1]) for i, match in enumerate(map(_HEAD.match, lines)) if match]
    ours = [i for i, name in heads if name == place[0]]
    number = next((part for part in place if isinstance(part, int)), 0)
    start = ours[number] if number < len(ours) else 0
    end = next((i for i, _ in heads if i > start or not ours), len(lines))
    key = next((part for part in place[bool(ours) :] if isinstance(part, str)), "")
    pattern = re.compile(rf"\s*([\"']?){re.escape(key)}\1\s*=")
    return next((i for i in range(start, end) if pattern.match(lines[i])), start) + 1
