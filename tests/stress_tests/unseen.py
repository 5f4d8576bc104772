"""Words that nobody sees, that somebody sees, or that are drawn otherwise, in the ways of ``tests/unseen``."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from unseen import drawn, pages, pdfs
from unseen.quoted import sentences_of as quotable

from stress_tests.runner import Tries


def _unseen() -> Iterator[tuple[str, bytes]]:
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
        is_lost = pdfs.PLAIN not in quoted and not name.startswith((*pages.OVER_ALL, *pages.LATER))
        yield f"{name}: {quoted}" if is_quoted or is_lost else None


def seen(count: int, folder: Path) -> Tries:
    """What every reader sees is quoted."""
    del folder
    for name, data in _spread(_seen(), count):
        quoted = quotable(data, name)
        is_whole = pdfs.PLAIN in quoted and any(pdfs.BLEACH in sentence for sentence in quoted)
        yield None if is_whole else f"{name}: {quoted}"


def drawn_otherwise(count: int, folder: Path) -> Tries:
    """A quote has the digits that the page draws; a sentence with something that has no text is not quoted."""
    del folder
    for what in drawn.DRAWN_HTML:
        quoted = quotable(drawn.with_drawn(what), "a.html")
        yield None if quoted == ["Numb feet tingle.", "See a doctor."] else f"{what}: {quoted}"
    draw = random.Random(19)  # noqa: S311 - figures, not secrets
    kinds = list(drawn.RENDERERS.values())
    for number in range(count):
        name, render = kinds[number % len(kinds)]
        parts = drawn.sentence(draw)
        quoted = quotable(render(parts), name)
        yield None if drawn.groups(" ".join(quoted)) == drawn.shown(parts) else f"{name} of {parts}: {quoted}"


def _spread(files: Iterator[tuple[str, bytes]], count: int) -> list[tuple[str, bytes]]:
    """Return at most ``count`` files, of every kind."""
    every = list(files)
    return every[:: max(1, len(every) // count)]
