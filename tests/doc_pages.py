"""What the pages of the documentation show and name: code blocks, commands, links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


def pages() -> list[Path]:
    """The README and every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


class Block(NamedTuple):
    """A fenced block: its file, language and text."""

    page: str
    language: str
    text: str


def blocks(pages: Iterable[Path]) -> list[Block]:
    """Every fenced block that names a language."""
    return [
        Block(page.name, language, text)
        for page in pages
        for language, text in re.findall(r"^```(\w+)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    ]


def lines(shown: Iterable[Block]) -> list[list[str]]:
    """The command lines of the shell blocks, as words."""
    typed = (line for _, language, text in shown if language == "sh" for line in text.replace("\\\n", " ").splitlines())
    return [words for words in (shlex.split(line, comments=True) for line in typed) if words]


def dead_links(pages: Iterable[Path]) -> list[tuple[str, str]]:
    """Links to files that are not there: page, target."""
    return [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
