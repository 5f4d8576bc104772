"""Search texts for wordings, which data files write in a small language; only those a text may hold are compiled.

A wording is words of folded text. ``{leg}`` is a named list of alternatives, `` .. `` means up to three words,
`` ... `` for up to seven, within one sentence. Every repetition is bounded and no alternative can match nothing, so
that searching stays linear in the length of the text; ``check_linear`` refuses anything else.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError
from b12assistant.language.folding import HAN, Word, fold, fold_letter
from b12assistant.threads import cached, once

# A list by its name, the start and end of a group, a bar, a repetition, literal letters, a class of characters; "odd":
# anything else.
_TOKEN: Final = re.compile(
    r"\{(?P<name>[a-z][a-z0-9_]*)\}|(?P<open>\((?!\?)|\(\?(?:[:=!]|<[=!]))|(?P<close>\))|(?P<bar>\|)|"
    r"(?P<times>[?*+]|\{\d*,?\d*\})|(?P<letters>[^\\\[\](){}|?*+$^.]+)|(?P<any>\\[SsdDwW.]|\[[^\\\]]+\]|[$^.])|(?P<odd>.)",
    re.S,
)
_CONSUMES: Final = ("(", "(?:")
_RARER: Final = 6.0  # how much rarer a literal is assumed to be with each letter
_KEY: Final = 3  # a literal is looked up by this many first letters
_TEXTS: Final = 32  # texts whose literals are cached

Needed = frozenset[str] | None  # every match contains one of these; ``None``: unknown


class Literals:
    """The literals that a text must contain for an expression to match; ``names`` are the lists behind ``{name}``.

    A text is searched once for the literals of all expressions.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.names: Mapping[str, str] = names or {}
        self._needed: dict[str, tuple[frozenset[str], ...]] = {}
        self._watched: dict[str, None] = {}
        self._by_key: dict[str, tuple[str, ...]] = {}
        self._watching = threading.Lock()

    def __getitem__(self, expression: str) -> Needed:
        """Return the literals an expression needs; if there are several sets, the one likely to be rarest."""
        return _rarest(self.all_of(expression))

    def all_of(self, expression: str) -> tuple[frozenset[str], ...]:
        """Return all that an expression needs: every match contains one of each set. Empty: unknown."""
        if expression not in self._needed:
            self._needed[expression] = self._read(expression)
        return self._needed[expression]

    def watch(self, letters: Iterable[str]) -> None:
        """Add literals for ``standing`` to look for."""
        with self._watching:
            for literal in letters:
                if literal not in self._watched:
                    self._by_key[literal[:_KEY]] = (*self._by_key.get(literal[:_KEY], ()), literal)
                    self._watched[literal] = None

    def standing(self, text: str) -> frozenset[str]:
        """Return the watched literals that ``text`` contains."""
        return self._look(text, len(self._watched))

    @cached(_TEXTS)
    def _look(self, text: str, _watched: int) -> frozenset[str]:
        keys = {text[place : place + size] for size in range(1, _KEY + 1) for place in range(len(text) - size + 1)}
        return frozenset(literal for key in keys for literal in self._by_key.get(key, ()) if literal in text)

    def named(self, expressions: Iterable[str]) -> frozenset[str]:
        """Return the lists that ``expressions`` name, directly or through other lists."""
        new = {token["name"] for expression in expressions for token in _TOKEN.finditer(expression)} - {None}
        known = frozenset(name for name in new if name in self.names)
        return known | self.named(self.names[name] for name in known) if known else known

    def _read(self, expression: str) -> tuple[frozenset[str], ...]:
        """Collect the needed literals of an expression, token by token."""
        alternatives: list[Needed] = []
        parts: list[Needed] = []
        outer: list[tuple[list[Needed], list[Needed], str]] = []
        repeatable = False  # the last part is letters, so a repetition applies to its last letter
        for token in _TOKEN.finditer(expression):
            kind, text = token.lastgroup, token[0]
            if kind == "odd":
                return ()
            if kind == "open":
                outer.append((alternatives, parts, text))
                alternatives, parts = [], []
            elif kind == "bar":
                alternatives.append(_rarest(parts))
                parts = []
            elif kind == "close":
                if not outer:
                    return ()
                inside = _either([*alternatives, _rarest(parts)])
                alternatives, parts, opened = outer.pop()
                parts.append(inside if opened in _CONSUMES else None)
            elif kind == "times":
                if parts and not _at_least_once(text):
                    parts[-1] = _but_last(parts[-1]) if repeatable else None
            elif kind == "name":
                parts.append(self[self.names[token["name"]]] if token["name"] in self.names else None)
            else:
                parts.append(frozenset((text,)) if kind == "letters" else None)
            repeatable = kind == "letters"
        if outer:
            return ()
        return tuple(_known([_either([*alternatives, _rarest(parts)])] if alternatives else parts))


def _at_least_once(times: str) -> bool:
    return times == "+" or (times[0] == "{" and times[1] not in "0,}")


def _but_last(letters: Needed) -> Needed:
    (text,) = letters or ("",)
    return frozenset((text[:-1],)) if text[:-1].strip() else None


def _rarest(parts: Iterable[Needed]) -> Needed:
    """Return the needed literals that are likely to occur in the fewest texts."""
    return min(_known(parts), key=_frequency, default=None)


def _known(parts: Iterable[Needed]) -> Iterator[frozenset[str]]:
    return (part for part in parts if part is not None and all(literal.strip() for literal in part))


def _frequency(literals: frozenset[str]) -> float:
    return sum(_RARER ** -len(literal.strip()) for literal in literals)


def _either(alternatives: list[Needed]) -> Needed:
    return None if None in alternatives else frozenset[str]().union(*filter(None, alternatives))


GAPS: Final = {" ... ": 7, " .. ": 3}  # the longer first
DENYING: Final = ("not", "no", "never", "isnt", "arent", "wasnt", "werent", "without")  # none of these hides in a gap
NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
DEEPEST: Final = 4  # lists that name other lists
WORD: Final = re.compile(r"(?<=[ (|:])[a-z]{3,}(?=[ )|])")
MOST: Final = 12  # allowed repetitions of a group
LOOSE: Final = re.compile(r"(?<!\\[Sd])[*+]|\{\d+,\}")
COUNT: Final = re.compile(r"(\)?)\{(?:\d+,)?(\d+)\}")


class Wordings:
    """Wordings as one pattern that matches any of them as whole words: the leftmost match, then the first wording.

    A wording is searched for only if the text contains its literals, and compiled only then, each by itself, once:
    compiling a thousand takes longer than reading the question.
    """

    def __init__(
        self,
        wordings: Sequence[str],
        literals: Literals,
        where: str,
        denying: Sequence[str] = DENYING,
    ) -> None:
        self._wordings, self._literals, self._where = tuple(wordings), literals, where
        self._word = rf"(?!(?:{'|'.join(denying)})\s)[^\s.?]\S*" if denying else r"[^\s.?]\S*"
        self._patterns: dict[int, re.Pattern[str]] = {}
        self._last: tuple[str, tuple[tuple[int, int], ...]] = ("", ())

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        places = self._possible(text)
        if not places:
            return iter(())
        patterns = [self._pattern(place) for place in places]
        return patterns[0].finditer(text) if len(patterns) == 1 else _leftmost(patterns, text)

    def findall(self, text: str) -> list[str]:
        return [match[0] for match in self.finditer(text)]

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return the half-open ranges of all matches. The last text is cached."""
        last = self._last
        if last[0] != text:
            last = self._last = text, tuple(match.span() for match in self.finditer(text))
        return last[1]

    def search(self, text: str) -> re.Match[str] | None:
        return next(self.finditer(text), None)

    def match(self, text: str) -> re.Match[str] | None:
        matches = (self._pattern(place).match(text) for place in self._possible(text))
        return next(filter(None, matches), None)

    def expressions(self) -> list[str]:
        """Return each wording as a regular expression. Raises ``ConfigError`` for an unknown name."""
        return [self._expanded(wording, self._literals.names) for wording in self._wordings]

    def check(self) -> None:
        """Raise ``ConfigError`` for a wording that is not linear, matches nothing, or is not valid."""
        for part, wording in zip(self.expressions(), self._wordings, strict=True):
            check_linear(part, f"{self._where}: {wording}")
        self._compile(range(len(self._wordings)))  # a wording valid alone may be invalid with others

    def words(self) -> frozenset[str]:
        """Return the whole words of the wordings and their lists."""
        bare = dict.fromkeys(self._literals.names, "")  # each list is read once, however many wordings name it
        lists = (self._literals.names[name] for name in self._literals.named(self._wordings))
        texts = (self._expanded(text, bare) for text in (*self._wordings, *lists))
        return frozenset(word for text in texts for word in WORD.findall(f"({text})"))

    @once
    def _needs(self) -> tuple[tuple[int, ...], Mapping[str, tuple[int, ...]]]:
        """Return the wordings without known literals, and for each literal the wordings that need it."""
        always: list[int] = []
        by_letters: dict[str, tuple[int, ...]] = {}
        for place, wording in enumerate(self._wordings):
            needed = self._literals[wording]
            if needed is None:
                always.append(place)
            for letters in needed or ():
                by_letters[letters] = (*by_letters.get(letters, ()), place)
        self._literals.watch(by_letters)
        return tuple(always), by_letters

    def _possible(self, text: str) -> Sequence[int]:
        """Return the wordings that could match in ``text``, in order: it contains all that they need."""
        if not self._wordings:
            return ()
        always, by_letters = self._needs
        standing = self._literals.standing(text)
        if by_letters.keys().isdisjoint(standing):
            return always
        places = {place for letters in standing if letters in by_letters for place in by_letters[letters]}
        return [place for place in sorted(places.union(always)) if self._could_match(place, text)]

    def _could_match(self, place: int, text: str) -> bool:
        needed = self._literals.all_of(self._wordings[place])
        return all(any(letters in text for letters in literals) for literals in needed)

    def _pattern(self, place: int) -> re.Pattern[str]:
        if place not in self._patterns:
            self._patterns[place] = self._compile((place,))
        return self._patterns[place]

    def _compile(self, places: Iterable[int]) -> re.Pattern[str]:
        parts = (self._expanded(self._wordings[place], self._literals.names) for place in places)
        try:
            return re.compile(rf"(?<!\S)(?:{'|'.join(parts)})(?!\S)")
        except re.error as error:
            raise ConfigError(f"{self._where}: {error}", hint=HINT) from error

    def _expanded(self, wording: str, names: Mapping[str, str]) -> str:
        wording = _with_lists(wording, names, self._where)
        for gap, most in GAPS.items():
            wording = wording.replace(gap, rf"(?: {self._word}){{0,{most}}} ")
        return wording.replace(r"(?:\S+ )", rf"(?:{self._word} )")


def _leftmost(patterns: Sequence[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    """Yield what one pattern of all alternatives would match: the leftmost match, on a tie the first pattern's."""
    heads = [pattern.search(text) for pattern in patterns]
    while first := min((head for head in heads if head), key=re.Match.start, default=None):
        yield first
        end = max(first.end(), first.start() + 1)
        heads = [
            pattern.search(text, end) if head is not None and head.start() < end else head
            for pattern, head in zip(patterns, heads, strict=True)
        ]


def check_linear(pattern: str, where: str, *, longest: int = MOST) -> None:
    """Raise ``ConfigError`` unless ``*`` and ``+`` repeat only characters inside a word, and groups have a bound.

    ``longest``: allowed repetitions of one character.
    """
    counts = ((MOST if group else longest, int(count)) for group, count in COUNT.findall(pattern))
    if LOOSE.search(pattern) or any(count > most for most, count in counts):
        raise ConfigError(f"{where}: a repetition without a bound", hint=HINT)
    try:
        empty = re.compile(pattern).fullmatch("") is not None
    except re.error as error:
        raise ConfigError(f"{where}: {error}", hint=HINT) from error
    if empty:
        raise ConfigError(f"{where}: a wording that matches nothing", hint=HINT)


def _with_lists(wording: str, names: Mapping[str, str], where: str) -> str:
    """Put the lists in the place of their names. Raises ``ConfigError`` for an unknown name."""

    def listed(match: re.Match[str]) -> str:
        if match[1] not in names:
            raise ConfigError(f"{where}: no list of words is called {match[1]}", hint=HINT)
        return f"(?:{names[match[1]]})"

    for _ in range(DEEPEST):
        wording = NAME.sub(listed, wording)
    return wording


_HAN: Final = re.compile(HAN)
_LONGEST: Final = 60  # repetitions of one character
STOPS: Final = frozenset(".?,")


class Plain:
    """A text as phrases see it: words with one blank between, Chinese without, and no marks.

    ``text[starts[i]]`` begins ``words[i]``.
    """

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = tuple(word for word in words if word.text not in STOPS)
        self.starts: list[int] = []
        text = ""
        for word in self.words:
            if text and not (_HAN.fullmatch(word.text) and _HAN.fullmatch(text[-1])):
                text += " "
            self.starts.append(len(text))
            text += word.text
        self.text = text

    def covered(self, start: int, end: int) -> Iterator[Word]:
        """Yield the words that begin in ``text[start:end]``."""
        return (word for word, at in zip(self.words, self.starts, strict=True) if start <= at < end)


def clauses(text: str) -> list[tuple[Plain, str]]:
    """Split a text at its marks: each clause with the mark that ends it, "" for the last."""
    found: list[tuple[Plain, str]] = []
    words: list[Word] = []
    for word in (*fold(text).words, Word("", 0, 0)):
        if word.text and word.text not in STOPS:
            words.append(word)
        elif words:
            found.append((Plain(words), word.text))
            words = []
        elif found and word.text == "?":
            found[-1] = (found[-1][0], "?")
    return found


class Phrases:
    """Phrases as one pattern, over whole words except in Chinese."""

    def __init__(self, phrases: Sequence[str], names: Mapping[str, str], where: str) -> None:
        expanded = [_expanded(phrase, names, where) for phrase in phrases]
        for phrase in expanded:
            check_linear(phrase, f"{where}: {phrase}", longest=_LONGEST)
        spaced = "|".join(each for each in expanded if not _HAN.search(each))
        joined = "|".join(each for each in expanded if _HAN.search(each))
        parts = [*([rf"(?<!\S)(?:{spaced})(?!\S)"] if spaced else []), *([f"(?:{joined})"] if joined else [])]
        self._pattern = re.compile("|".join(parts) or r"(?!)")

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        return (match.span() for match in self._pattern.finditer(text))

    def found_in(self, text: str) -> bool:
        return self._pattern.search(text) is not None

    def starts(self, text: str) -> bool:
        return self._pattern.match(text) is not None


def _expanded(phrase: str, names: Mapping[str, str], where: str) -> str:
    phrase = _with_lists(phrase, names, where).replace("'", "")
    return "".join(letter if letter.isascii() else fold_letter(letter) for letter in phrase)
