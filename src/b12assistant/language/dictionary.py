"""English words, read from a package, never from the network."""

from __future__ import annotations

from functools import cache


@cache
def english_words() -> frozenset[str]:
    """In lower case."""
    from spellchecker import SpellChecker  # not every question has a word that the sources lack

    return frozenset(SpellChecker(language="en").word_frequency.words())
