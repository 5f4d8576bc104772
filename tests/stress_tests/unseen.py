"""Words that nobody sees, and words that somebody sees, in the ways of ``tests/unseen``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unseen import pages, pdfs

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


def _unseen() -> Iterator[tuple[str, bytes]]:
    yield from ((f"{name}.pdf", made.data()) for name, made in (pdfs.UNSEEN | pdfs.IN_PART).items())
    yield from ((f"{name}.html", data) for name, data in (pages.UNSEEN | pages.LATER).items())
    yield from ((f"{name}.md", data) for name, data in pages.NOTES_UNSEEN.items())


def _seen() -> Iterator[tuple[str, bytes]]:
    yield from ((f"{name}.pdf", made.data()) for name, made in pdfs.SEEN.items())
    yield from ((f"{name}.html", data) for name, data in pages.SEEN.items())
    yield from ((f"{name}.md", data) for name, data in pages.NOTES_SEEN.items())


def unseen(count: int, folder: Path) -> Tries:
    """What no reader sees is not quoted, nor a sentence of which a letter is not seen; what is beside it is quoted."""
    del folder
    for name, data in _spread(_unseen(), count):
        quoted = quotable(data, name)
        is_quoted = any(word in sentence for sentence in quoted for word in pdfs.HIDDEN)
        is_lost = pdfs.PLAIN not in quoted and not name.startswith(
            (*pages.OVER_ALL, *pages.LATER, "form without fonts")
        )
        yield f"{name}: {quoted}" if is_quoted or is_lost else None


def seen(count: int, folder: Path) -> Tries:
    """What every reader sees is quoted."""
    del folder
    for name, data in _spread(_seen(), count):
        quoted = quotable(data, name)
        is_whole = pdfs.PLAIN in quoted and any(pdfs.BLEACH in sentence for sentence in quoted)
        yield None if is_whole else f"{name}: {quoted}"


def _spread(files: Iterator[tuple[str, bytes]], count: int) -> list[tuple[str, bytes]]:
    """Return at most ``count`` files, of every kind."""
    every = list(files)
    return every[:: max(1, len(every) // count)]
