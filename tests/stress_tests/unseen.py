"""Digits that are drawn raised or lowered, and pictures in a line, in the ways of ``tests/unseen``."""

from __future__ import annotations

import random
from pathlib import Path

from unseen import drawn
from unseen.quoted import sentences_of as quotable

from stress_tests.runner import Tries


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
