"""Words that nobody sees, and words that somebody sees, in the ways of ``tests/unseen``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unseen import pdfs

from b12assistant.errors import SourceError
from b12assistant.loaders import load
from b12assistant.loaders.passages import Splitting, prepare
from stress_tests.runner import Tries


def quotable(data: bytes, name: str) -> list[str]:
    """The sentences of a file that can be quoted."""
    try:
        extract = load(data, name)
    except SourceError:
        return []
    parts = prepare(extract, Splitting(256, 100), lambda text: len(text.split())).parts or ()
    return [extract.text[at.start : at.end] for part in parts for at in part.sentences]


def _of_pdfs() -> Iterator[str | None]:
    for name, made in (pdfs.UNSEEN | pdfs.IN_PART).items():
        quoted = quotable(made.data(), "a.pdf")
        is_quoted = any(word in sentence for sentence in quoted for word in pdfs.HIDDEN)
        yield f"PDF, {name}: {quoted}" if is_quoted else None


def unseen(count: int, folder: Path) -> Tries:
    """What no reader sees is not quoted, nor a sentence of which a letter is not seen."""
    del folder
    for _, result in zip(range(count), _of_pdfs(), strict=False):
        yield result


def seen(count: int, folder: Path) -> Tries:
    """What every reader sees is quoted."""
    del folder
    for _, (name, made) in zip(range(count), pdfs.SEEN.items(), strict=False):
        quoted = quotable(made.data(), "a.pdf")
        yield None if quoted == [pdfs.PLAIN, pdfs.BLEACH] else f"PDF, {name}: {quoted}"
