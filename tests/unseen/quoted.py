"""What can be quoted of a file."""

from __future__ import annotations

from b12assistant.loaders.passages import Splitting, prepare
from b12assistant.types import Extract

_SPLITTING = Splitting(256, 100)


def quotable(extract: Extract, splitting: Splitting = _SPLITTING) -> str:
    parts = prepare(extract, splitting, lambda text: len(text.split())).parts or ()
    return " ".join(extract.text[at.start : at.end] for part in parts for at in part.sentences)
