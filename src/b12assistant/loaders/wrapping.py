"""Take away what wrapping added to a text: line ends, and the hyphens at them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Set

from b12assistant.language.vocabulary import english_words
from b12assistant.types import Range

_WHOLE_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_HEAD = re.compile(r"([^\W\d_]{2,})[-‐]$")
_TAIL = re.compile(r"[^\W\d_]+")
_BOUND = re.compile(r"[^\W_][-‐\u00ad]$")  # a hyphen after a letter; after a blank it is a dash
_SUSPENDED = frozenset({"and", "or", "nor", "to", "und"})  # "pre- and postnatal" keeps its blank


def line_end(first: str, second: str, words: Set[str]) -> tuple[str, str]:
    """Return the first of two lines without a hyphen that only breaks a word, and the blank between them, if any.

    A hyphen is removed only if the joined word occurs in the document or a dictionary, and the hyphenated one does
    not: a hyphen too many is ugly, one too few makes a word that the author did not write. ``words``: the document's,
    in lower case.
    """
    tail = _TAIL.match(second)
    if not _BOUND.search(first) or (tail is not None and tail[0].lower() in _SUSPENDED):
        return first, " "
    head = _HEAD.search(first)
    if head is None or tail is None or not tail[0][0].islower():
        return first, ""
    start, end = head[1].lower(), tail[0].lower()
    is_one_word = f"{start}-{end}" not in words and (start + end in words or start + end in english_words())
    return first[:-1] if is_one_word else first, ""


def words_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the words of lines in lower case, hyphenated ones too, for `line_end`."""
    return frozenset(word.lower().replace("‐", "-") for line in lines for word in _WHOLE_WORD.findall(line))


class Flow:
    """A text with parts of it replaced. ``cuts``: start, end and what stands there instead, in order, apart."""

    def __init__(self, before: str, cuts: Iterable[tuple[int, int, str]]) -> None:
        self._starts, self._ends, self._shifts = [0], [0], [0]
        parts: list[str] = []
        length = 0
        for start, end, new in cuts:
            parts += (before[self._ends[-1] : start], new)
            length += start - self._ends[-1] + len(new)
            self._starts.append(start)
            self._ends.append(end)
            self._shifts.append(length - end)
        self.text = "".join(parts) + before[self._ends[-1] :]

    def place(self, offset: int) -> int:
        """Return where a character is now; of what was replaced, where that ends."""
        cut = bisect_right(self._starts, offset) - 1
        return max(offset, self._ends[cut]) + self._shifts[cut]

    def range(self, range_: Range) -> Range:
        return Range(self.place(range_.start), self.place(range_.end))
