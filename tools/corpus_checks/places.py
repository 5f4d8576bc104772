"""Name the page of words of a document, or the line of its file on which they begin."""

from __future__ import annotations

import re
from typing import Final

from b12assistant.types import Span

_WORD: Final = re.compile(r"[^\W_⁰¹²³⁴-⁹₀-₉]+")
_BETWEEN: Final = (
    r"(?:<su[bp]\b[^<>]*>[^<>]*</su[bp]>|<[^<>]*>|&#?\w+;|[\W_])++"  # between two words of a file with markup
)
_ENOUGH: Final = (8, 4, 2, 1)  # numbers of words to search by, until a search succeeds


def place(span: Span, data: bytes) -> str:
    """Name the page of a span, or the line of the file on which its words begin."""
    if span.pages:
        return f"page {span.pages[0]}"
    return f"line {line_of(span.text, data.decode('utf-8', 'replace'), after=span.document.text[span.end :])}"


def line_of(words: str, text: str, *, after: str | None = None) -> int:
    """Return the line of ``text`` on which ``words`` begin, as ``offset_of`` finds them."""
    return text.count("\n", 0, offset_of(words, text, after=after)) + 1


def offset_of(words: str, text: str, *, after: str | None = None) -> int:
    """Return where ``words`` begin in ``text``, ignoring markup between them; 0 if they are not there.

    ``after``: what follows them, to choose among repeats; without it, the first is taken.
    """
    sought = _WORD.findall(words)
    for most in _ENOUGH:
        pattern = re.compile(_BETWEEN.join(map(re.escape, sought[:most])), re.I)
        if starts := [found.start() for found in pattern.finditer(text)]:
            return starts[0 if after is None else max(0, len(starts) - 1 - len(pattern.findall(after)))]
    return 0
