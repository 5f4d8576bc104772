"""Hyphens at line ends: which one belongs to the word, and which one to the line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from b12assistant.language.dictionary import english_words

_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_HEAD = re.compile(r"([^\W\d_]{2,})[-‐]$")
_TAIL = re.compile(r"[^\W\d_]+")
_BOUND = re.compile(r"[^\W_][-‐\u00ad]$")  # a hyphen on its word; after a blank it would be a dash
_SUSPENDED = frozenset({"and", "or", "nor", "to", "und"})  # "pre- and postnatal" keeps its blank


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one document, in lower case, as they stand inside its lines."""

    words: frozenset[str]
    hyphenated: frozenset[str]  # with their hyphens

    @classmethod
    def of(cls, lines: Iterable[str]) -> Vocabulary:
        found = {word.lower().replace("‐", "-") for line in lines for word in _WORD.findall(line)}
        hyphenated = {word for word in found if "-" in word}
        return cls(frozenset(found - hyphenated), frozenset(hyphenated))

    def joined(self, first: str, second: str) -> str:
        """Two lines of one paragraph as one text.

        A hyphen goes only if the joined word occurs in the document or a dictionary and the hyphenated one does not
        occur: a hyphen too many is ugly, one too few makes a word that the author did not write.
        """
        if not _BOUND.search(first):
            return f"{first} {second}"
        tail = _TAIL.match(second)
        if tail is not None and tail[0].lower() in _SUSPENDED:
            return f"{first} {second}"
        head = _HEAD.search(first)
        if head is None or tail is None or not tail[0][0].islower():
            return first + second
        return first[:-1] + second if self._is_one_word(head[1].lower(), tail[0].lower()) else first + second

    def _is_one_word(self, head: str, tail: str) -> bool:
        if f"{head}-{tail}" in self.hyphenated:
            return False
        return head + tail in self.words or head + tail in english_words()
