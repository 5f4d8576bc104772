"""English words, read from a package, never over the network."""

from __future__ import annotations

from functools import cache


@cache
def english_words() -> frozenset[str]:
    """Return the words of a dictionary, in lower case."""
    from spellchecker import SpellChecker  # slow to import, and few questions need it

    return frozenset(SpellChecker(language="en").word_frequency.words())
