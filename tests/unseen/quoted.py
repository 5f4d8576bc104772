"""What can be quoted of a file."""

from __future__ import annotations

from b12assistant.errors import SourceError
from b12assistant.loaders import load
from b12assistant.loaders.passages import Splitting, prepare
from b12assistant.types import Extract

_SPLITTING = Splitting(256, 100)


def quotable(extract: Extract, splitting: Splitting = _SPLITTING) -> str:
    return " ".join(_sentences(extract, splitting))


def sentences_of(data: bytes, name: str) -> list[str]:
    """The sentences of a file that can be quoted; none if it cannot be read."""
    try:
        return _sentences(load(data, name), _SPLITTING)
    except SourceError:
        return []


def _sentences(extract: Extract, splitting: Splitting) -> list[str]:
    parts = prepare(extract, splitting, lambda text: len(text.split())).parts or ()
    return [extract.text[at.start : at.end] for part in parts for at in part.sentences]
