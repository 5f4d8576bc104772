"""The folder of reports that `evaluate --out` writes: which there are, and their files. Nothing else is ever read.

A name is looked up among what is there, never joined to a path; links are passed over, and so is what is too large.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from b12assistant.errors import DatasetError, NotFoundError

REPORT = "report.json"
LARGEST = 64 << 20  # bytes of one file
MOST = 200  # reports, and files of one
_NAME = re.compile(r"[^\W_][\w .+-]{0,99}")
_KINDS = (".html", ".json", ".md", ".trec", ".tsv")


@dataclass(frozen=True, slots=True)
class Listed:
    """A report that is there. ``made``: when it was written, by the clock of its file system, in UTC."""

    name: str
    made: datetime
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """The folder; it need not be there."""

    folder: Path

    def listed(self) -> tuple[Listed, ...]:
        """The newest first."""
        found = [_listed(path) for path in self._folders()]
        return tuple(sorted(found, key=lambda each: (each.made, each.name), reverse=True)[:MOST])

    def read(self, name: str) -> dict[str, Any]:
        """A report. Raises ``NotFoundError``, or ``DatasetError`` if it is no JSON object."""
        try:
            report = json.loads(self.file(name, REPORT).decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{name}/{REPORT} is not JSON", hint="write it again with `evaluate --out`") from error
        if not isinstance(report, dict):
            raise DatasetError(f"{name}/{REPORT} is no report", hint="write it again with `evaluate --out`")
        return report

    def file(self, name: str, file: str) -> bytes:
        """A file of a report. Raises ``NotFoundError``."""
        for folder in self._folders():
            if folder.name == name:
                for path in _files(folder):
                    if path.name == file:
                        return path.read_bytes()
        raise NotFoundError("no such report or file", hint="the list of reports names what there is")

    def _folders(self) -> Iterator[Path]:
        for path in _inside(self.folder):
            if path.is_dir() and any(each.name == REPORT for each in _files(path)):
                yield path


def _listed(folder: Path) -> Listed:
    made = datetime.fromtimestamp((folder / REPORT).stat().st_mtime, UTC)
    return Listed(folder.name, made, tuple(sorted(path.name for path in _files(folder)))[:MOST])


def _files(folder: Path) -> Iterator[Path]:
    for path in _inside(folder):
        if path.suffix in _KINDS and path.is_file() and path.stat().st_size <= LARGEST:
            yield path


def _inside(folder: Path) -> Iterator[Path]:
    """What lies in a folder under an ordinary name, no links."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    yield from (path for path in found if _NAME.fullmatch(path.name) and not path.is_symlink())
