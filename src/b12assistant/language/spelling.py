"""Correct the spelling of words that triage knows: aliases, digits for letters, stretched letters, a typo or two.

Words are corrected only towards listed words, and a word listed as another real word is never changed: reading too
much is as dangerous as reading too little.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from b12assistant.data_files import Table, check_keys, read_data, strings, subtable
from b12assistant.threads import once

FILE: Final = "spelling.toml"
DIGITS: Final = (str.maketrans("0134578", "oieastb"), str.maketrans("0134578", "oleastb"))
STRETCHED: Final = re.compile(r"(.)\1{2,}")
SHORTEST: Final = 6  # letters of a word that is matched with one letter off
LONG: Final = 9  # letters of a word that is matched with two letters off
LONGEST: Final = 24
CACHED: Final = 4096  # words


@dataclass(frozen=True)
class Spelling:
    """Spelling rules: typos become ``words``, ``keep`` and ``vocabulary`` are left alone, ``aliases`` are replaced.

    ``vocabulary`` is every word that occurs in a wording, and the listed ``known`` ones: digits for letters and the
    like are corrected to it too. ``correct`` returns the usual spelling of a word, or the word itself; the last words
    are cached.
    """

    words: frozenset[str]
    keep: frozenset[str]
    aliases: Mapping[str, str]
    vocabulary: frozenset[str] = frozenset()

    @once
    def correct(self) -> Callable[[str], str]:
        return lru_cache(maxsize=CACHED)(self._corrected)

    @once
    def _by_letter(self) -> Mapping[str, tuple[str, ...]]:
        words = sorted(word for word in self.words if len(word) >= SHORTEST)
        return {letter: tuple(group) for letter, group in groupby(words, key=itemgetter(0))}

    def _corrected(self, word: str) -> str:
        """Return the usual spelling of a word, or the word itself."""
        for form in _forms(word):
            if form in self.aliases:
                return self.aliases[form]
            if form in self.words or form in self.keep or form in self.vocabulary:
                return form
        return self._nearest(word)

    def _nearest(self, word: str) -> str:
        if not SHORTEST - 1 <= len(word) <= LONGEST or not word.isalpha():
            return word
        group = self._by_letter.get(word[0])
        if not group:
            return word
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        allowed = 2 if len(word) >= LONG else 1
        nearest = process.extractOne(word, group, scorer=OSA.distance, score_cutoff=allowed)
        return word if nearest is None else str(nearest[0])


def _forms(word: str) -> tuple[str, ...]:
    """Return the word, without digits for letters, without stretched letters, and ``walkin``, ``handz`` in full."""
    forms = [word]
    if word[:1] and any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word):
        forms += [word.translate(table) for table in DIGITS]
    forms += [STRETCHED.sub(times, form) for form in tuple(forms) for times in (r"\1\1", r"\1")]
    forms += [f"{form}g" for form in forms if form.endswith("in") and len(form) > 4]
    forms += [f"{form[:-1]}s" for form in forms if form.endswith("z") and len(form) > 3]
    return tuple(dict.fromkeys(forms))


def load_spelling(vocabulary: frozenset[str]) -> Spelling:
    """Read the words that ship with the package; ``vocabulary``: the words of the wordings."""
    return parse_spelling(read_data("red_flags", FILE), vocabulary)


def parse_spelling(data: Table, vocabulary: frozenset[str]) -> Spelling:
    """Return the spelling rules of a parsed file. Raises ``ConfigError``."""
    check_keys(data, FILE, required=("words", "keep", "aliases"), optional=("known",))
    aliases = subtable(data, "aliases", FILE)
    check_keys(aliases, f"{FILE}, aliases", required=tuple(aliases))
    read = {written: usual for usual in aliases for written in strings(aliases, usual, f"{FILE}, aliases")}
    return Spelling(
        words=frozenset(strings(data, "words", FILE)),
        keep=frozenset(strings(data, "keep", FILE)),
        aliases=MappingProxyType(read),
        vocabulary=vocabulary | frozenset(strings(data, "known", FILE)),
    )


@cache
def english_words() -> frozenset[str]:
    """Return the words of a dictionary, in lower case."""
    from spellchecker import SpellChecker  # slow to import, and few questions need it

    return frozenset(SpellChecker(language="en").word_frequency.words())
