"""English words, read from a package, never from the network."""

from __future__ import annotations

from functools import cache

from spellchecker import SpellChecker


@cache
def english_words() -> frozenset[str]:
    """In lower case."""
    return frozenset(SpellChecker(language="en").word_frequency.words())
