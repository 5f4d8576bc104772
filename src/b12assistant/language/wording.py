"""Search texts for wordings, which data files write in a small language.

A wording is words of folded text. ``{leg}`` is a named list of alternatives, `` .. `` means up to three words,
`` ... `` for up to seven, within one sentence. Every repetition is bounded and no alternative can match nothing, so
that searching stays linear in the length of the text; the tests refuse anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final

import re2

from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError
from b12assistant.language.folding import HAN, Word, fold, fold_letter
from b12assistant.threads import NATIVE_CALLS, cached, once

Names = Mapping[str, str]  # lists of alternatives by name

GAPS: Final = {" ... ": 7, " .. ": 3}  # the longer first
DENYING: Final = ("not", "no", "never", "isnt", "arent", "wasnt", "werent", "without")  # none of these hides in a gap
NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
DEEPEST: Final = 4  # lists that name other lists
WORD: Final = re.compile(r"(?<=[ (|:])[a-z]{3,}(?=[ )|])")

FEW: Final = 8  # texts that RE2 reads one wording after the other, before it is told to filter, which takes 0.2 s
_INSIDE: Final = reduce(lambda inner, _: rf"(?:[^()]|\({inner}*\))", range(DEEPEST + 2), "[^()]")
_LOOK: Final = re.compile(rf"\(\?<?[!=]{_INSIDE}*\)|\\b")  # what RE2 cannot do


class Wordings:
    """Wordings as one pattern that matches any of them as whole words: the leftmost match, then the first wording."""

    def __init__(self, wordings: Sequence[str], names: Names, where: str, denying: Sequence[str] = DENYING) -> None:
        self._wordings, self._names, self._where = tuple(wordings), names, where
        self._word = rf"(?!(?:{'|'.join(denying)})\s)[^\s.?]\S*" if denying else r"[^\s.?]\S*"

    @once
    def _pattern(self) -> re.Pattern[str]:
        try:
            return re.compile(rf"(?<!\S)(?:{'|'.join(self.expressions())})(?!\S)")
        except re.error as error:
            raise ConfigError(f"{self._where}: {error}", hint=HINT) from error

    def __bool__(self) -> bool:
        return bool(self._wordings)

    @property
    def is_compiled(self) -> bool:
        return "_pattern" in vars(self)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self._pattern.finditer(text) if self._wordings else iter(())

    def findall(self, text: str) -> list[str]:
        return [match[0] for match in self.finditer(text)]

    @cached(1)
    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return the half-open ranges of all matches. The last text is cached."""
        return tuple(match.span() for match in self.finditer(text))

    def search(self, text: str) -> re.Match[str] | None:
        return self._pattern.search(text) if self._wordings else None

    def match(self, text: str) -> re.Match[str] | None:
        return self._pattern.match(text) if self._wordings else None

    def expressions(self) -> list[str]:
        """Return each wording as a regular expression. Raises ``ConfigError`` for an unknown name."""
        return [self._expanded(wording, self._names) for wording in self._wordings]

    def words(self) -> frozenset[str]:
        """Return the whole words of the wordings and their lists."""
        bare = dict.fromkeys(self._names, "")  # each list is read once, however many wordings name it
        lists = (self._names[name] for name in _named(self._names, self._wordings))
        texts = (self._expanded(text, bare) for text in (*self._wordings, *lists))
        return frozenset(word for text in texts for word in WORD.findall(f"({text})"))

    def _expanded(self, wording: str, names: Names) -> str:
        wording = _with_lists(wording, names, self._where)
        for gap, most in GAPS.items():
            wording = wording.replace(gap, rf"(?: {self._word}){{0,{most}}} ")
        return wording.replace(r"(?:\S+ )", rf"(?:{self._word} )")


class Sieve:
    """Many wordings, of which few match a text.

    RE2 reads one in a fifth of the time that `re` takes to compile it, so `re` compiles those that once matched. After
    ``FEW`` texts RE2 is also told to look at once for the words that each wording needs, which takes it a while.
    """

    def __init__(self, wordings: Sequence[Wordings]) -> None:
        self._wordings, self._texts = [(at, each) for at, each in enumerate(wordings) if each], 0

    @once
    def _filter(self) -> Any:
        options, sieve = re2.Options(), re2.Filter()
        options.never_capture, options.log_errors = True, False
        for _, each in self._wordings:
            try:
                sieve.Add(wider("|".join(each.expressions())), options)
            except re2.error:  # another version of RE2 may refuse one that a test let through
                sieve.Add("")
        return sieve

    @once
    def _compiled(self) -> Any:
        self._filter.Compile()
        return self._filter

    def matches(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Yield every match, with the position of its wordings."""
        self._texts += 1
        likely: Iterable[int] = range(len(self._wordings))
        sieve = self._filter
        with NATIVE_CALLS:
            if self._texts > FEW:
                likely = sorted(self._compiled.Match(text, potential=True) or ())
            passed = [
                self._wordings[number]
                for number in likely
                if self._wordings[number][1].is_compiled or sieve.re(number).search(text)
            ]
        return ((at, match) for at, wordings in passed for match in wordings.finditer(text))


def wider(expression: str) -> str:
    """Return an expression for RE2 that matches wherever this one does: without looking around, any digit a digit."""
    return _LOOK.sub("", expression).replace(r"\d", r"\pN")


def _named(names: Names, expressions: Iterable[str]) -> frozenset[str]:
    """Return the lists that ``expressions`` name, directly or through other lists."""
    known = frozenset(name for expression in expressions for name in NAME.findall(expression)) & names.keys()
    return known | _named(names, (names[name] for name in known)) if known else known


def _with_lists(wording: str, names: Names, where: str) -> str:
    """Put the lists in the place of their names. Raises ``ConfigError`` for an unknown name."""

    def listed(match: re.Match[str]) -> str:
        if match[1] not in names:
            raise ConfigError(f"{where}: no list of words is called {match[1]}", hint=HINT)
        return f"(?:{names[match[1]]})"

    for _ in range(DEEPEST):
        wording = NAME.sub(listed, wording)
    return wording


_HAN: Final = re.compile(HAN)
_APART: Final = re.compile(rf"(?<={HAN}) (?={HAN})")
STOPS: Final = frozenset(".?,")


def plain(text: str) -> str:
    """Return a text as phrases see it: folded words with one blank between, Chinese without, and no marks."""
    return _joined(fold(text).words)


def _joined(words: Iterable[Word]) -> str:
    return _APART.sub("", " ".join(word.text for word in words if word.text not in STOPS))


def clauses(text: str) -> list[tuple[str, str]]:
    """Split a text at its marks: each clause, plain, with the mark that ends it, "" for the last."""
    found: list[tuple[str, str]] = []
    words: list[Word] = []
    for word in (*fold(text).words, Word("", 0, 0)):
        if word.text and word.text not in STOPS:
            words.append(word)
        elif words:
            found.append((_joined(words), word.text))
            words = []
        elif found and word.text == "?":
            found[-1] = (found[-1][0], "?")
    return found


def phrases(given: Iterable[str], names: Names, where: str) -> re.Pattern[str]:
    """Return phrases as one pattern, over whole words except in Chinese.

    Only for phrases of the package, which its tests check.
    """
    expanded = [_expanded(phrase, names, where) for phrase in given]
    spaced = "|".join(each for each in expanded if not _HAN.search(each))
    joined = "|".join(each for each in expanded if _HAN.search(each))
    parts = [*([rf"(?<!\S)(?:{spaced})(?!\S)"] if spaced else []), *([f"(?:{joined})"] if joined else [])]
    return re.compile("|".join(parts) or r"(?!)")


def _expanded(phrase: str, names: Names, where: str) -> str:
    phrase = _with_lists(phrase, names, where).replace("'", "")
    return "".join(letter if letter.isascii() else fold_letter(letter).strip() for letter in phrase)
