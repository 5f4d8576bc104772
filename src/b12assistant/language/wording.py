"""The small language in which data files write wordings; of a list of them no more is compiled than texts ask for.

A wording is words of folded text. ``{leg}`` is a named list of alternatives, `` .. `` up to three words between,
`` ... `` up to seven, within one sentence. Every repetition is bounded and no alternative can match nothing, so that
searching stays linear in the length of the text; ``check_linear`` refuses anything else.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError
from b12assistant.threads import once

# A list by its name, a group that is opened, one that is closed, a bar, a repetition, letters as they stand; else what
# stands for characters that nobody knows.
_TOKEN: Final = re.compile(
    r"\{(?P<name>[a-z][a-z0-9_]*)\}|(?P<open>\((?!\?)|\(\?(?:[:=!]|<[=!]))|(?P<close>\))|(?P<bar>\|)|"
    r"(?P<times>[?*+]|\{\d*,?\d*\})|(?P<letters>[^\\\[\](){}|?*+$^.]+)|(?P<any>\\[SsdDwW.]|\[[^\\\]]+\]|[$^.])|(?P<odd>.)",
    re.S,
)
_CONSUMES: Final = ("(", "(?:")
_UNSURE: Final = 6.0  # how much rarer a literal is taken to be for one letter more
_KEY: Final = 3  # first letters by which literals are looked up
_TEXTS: Final = 32  # of which it is remembered what stands in them

Needed = frozenset[str] | None  # one of these stands in whatever matches; ``None``: nobody knows


class Literals:
    """Of each expression, in which ``{name}`` stands for one of ``names``, what it needs; kept once found.

    Many expressions are asked of one text: what stands in it of all that they need is looked for once.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.names: Mapping[str, str] = names or {}
        self._found: dict[str, tuple[frozenset[str], ...]] = {}
        self._watched: dict[str, None] = {}
        self._by_key: dict[str, tuple[str, ...]] = {}
        self._watching = threading.Lock()
        self._standing: Callable[[str, int], frozenset[str]] = lru_cache(maxsize=_TEXTS)(self._look)

    def __getitem__(self, expression: str) -> Needed:
        """Of all that it needs what seems to stand in the fewest texts."""
        return _rarest(self.all_of(expression))

    def all_of(self, expression: str) -> tuple[frozenset[str], ...]:
        """All that it needs: of each of these one stands in whatever matches. Empty: nobody knows."""
        if expression not in self._found:
            self._found[expression] = self._read(expression)
        return self._found[expression]

    def watch(self, letters: Iterable[str]) -> None:
        """From now on ``standing`` tells of these too."""
        with self._watching:
            for each in letters:
                if each not in self._watched:
                    self._by_key[each[:_KEY]] = (*self._by_key.get(each[:_KEY], ()), each)
                    self._watched[each] = None

    def standing(self, text: str) -> frozenset[str]:
        """What stands in ``text`` of all that is watched."""
        return self._standing(text, len(self._watched))

    def _look(self, text: str, _watched: int) -> frozenset[str]:
        keys = {text[place : place + size] for size in range(1, _KEY + 1) for place in range(len(text) - size + 1)}
        return frozenset(each for key in keys for each in self._by_key.get(key, ()) if each in text)

    def named(self, expressions: Iterable[str]) -> frozenset[str]:
        """The lists that ``expressions`` name, and those that these are made of."""
        new = {each["name"] for expression in expressions for each in _TOKEN.finditer(expression)} - {None}
        known = frozenset(name for name in new if name in self.names)
        return known | self.named(self.names[name] for name in known) if known else known

    def _read(self, expression: str) -> tuple[frozenset[str], ...]:
        alternatives: list[Needed] = []
        parts: list[Needed] = []
        outer: list[tuple[list[Needed], list[Needed], str]] = []
        repeatable = False  # the last part is letters, of which a repetition takes the last
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
    """Of all that is needed, what seems to stand in the fewest texts."""
    return min(_known(parts), key=_frequency, default=None)


def _known(parts: Iterable[Needed]) -> Iterator[frozenset[str]]:
    return (part for part in parts if part is not None and all(literal.strip() for literal in part))


def _frequency(literals: frozenset[str]) -> float:
    return sum(_UNSURE ** -len(literal.strip()) for literal in literals)


def _either(alternatives: list[Needed]) -> Needed:
    return None if None in alternatives else frozenset[str]().union(*(each for each in alternatives if each))


GAPS: Final = {" ... ": 7, " .. ": 3}  # the longer first
DENYING: Final = ("not", "no", "never", "isnt", "arent", "wasnt", "werent", "without")  # none of these hides in a gap
NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
WORD: Final = re.compile(r"(?<=[ (|:])[a-z]{3,}(?=[ )|])")
MOST: Final = 12  # repetitions of a group
LOOSE: Final = re.compile(r"(?<!\\[Sd])[*+]|\{\d+,\}")
COUNT: Final = re.compile(r"\{(?:\d+,)?(\d+)\}")


class Wordings:
    """Searches like the one pattern that matches any of ``wordings`` as whole words, the first that stands leftmost.

    A wording of which some letters must stand in a text that it matches, and do not, is not even looked for. What is
    looked for is compiled then, each wording by itself, once: a thousand take longer than reading the question.
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
        places = self._asked(text)
        if not places:
            return iter(())
        patterns = [self._pattern(place) for place in places]
        return patterns[0].finditer(text) if len(patterns) == 1 else _leftmost(patterns, text)

    def findall(self, text: str) -> list[str]:
        return [match[0] for match in self.finditer(text)]

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where they stand, half-open; of the same text in a row they are looked for once."""
        last = self._last
        if last[0] != text:
            last = self._last = text, tuple(match.span() for match in self.finditer(text))
        return last[1]

    def search(self, text: str) -> re.Match[str] | None:
        return next(self.finditer(text), None)

    def match(self, text: str) -> re.Match[str] | None:
        found = (self._pattern(place).match(text) for place in self._asked(text))
        return next((match for match in found if match), None)

    def expressions(self) -> list[str]:
        """Each wording as a regular expression. Raises ``ConfigError`` for a name that is none."""
        return [self._expanded(wording, self._literals.names) for wording in self._wordings]

    def check(self) -> None:
        """Raises ``ConfigError`` for a wording that could run away, that matches nothing, or that cannot be read."""
        for part, wording in zip(self.expressions(), self._wordings, strict=True):
            check_linear(part, f"{self._where}: {wording}")
        self._compile(range(len(self._wordings)))  # what can be read alone may not go with the others

    def words(self) -> frozenset[str]:
        """The words that stand in the wordings and their lists, parts of words left out."""
        bare = dict.fromkeys(self._literals.names, "")  # each list is read once, however many wordings name it
        lists = (self._literals.names[name] for name in self._literals.named(self._wordings))
        texts = (self._expanded(text, bare) for text in (*self._wordings, *lists))
        return frozenset(word for text in texts for word in WORD.findall(f"({text})"))

    @once
    def _needs(self) -> tuple[tuple[int, ...], Mapping[str, tuple[int, ...]]]:
        """The wordings of which nobody knows what they need, and for letters those that may do with them."""
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

    def _asked(self, text: str) -> Sequence[int]:
        """The wordings that could match in ``text``, in their order: all that they need stands there."""
        if not self._wordings:
            return ()
        always, by_letters = self._needs
        standing = self._literals.standing(text)
        if by_letters.keys().isdisjoint(standing):
            return always
        found = {place for letters in standing if letters in by_letters for place in by_letters[letters]}
        return [place for place in sorted(found.union(always)) if self._could_match(place, text)]

    def _could_match(self, place: int, text: str) -> bool:
        needed = self._literals.all_of(self._wordings[place])
        return all(any(letters in text for letters in each) for each in needed)

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
        for _ in range(4):  # names may be made of names
            wording = NAME.sub(lambda found: _named(found[1], names, self._where), wording)
        for gap, most in GAPS.items():
            wording = wording.replace(gap, rf"(?: {self._word}){{0,{most}}} ")
        return wording.replace(r"(?:\S+ )", rf"(?:{self._word} )")


def _leftmost(patterns: Sequence[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    """What one pattern of all as alternatives would find: the leftmost match, of the first of ``patterns`` that has one
    there, and so on behind it."""
    heads = [pattern.search(text) for pattern in patterns]
    while first := min((head for head in heads if head), key=re.Match.start, default=None):
        yield first
        end = max(first.end(), first.start() + 1)
        heads = [
            pattern.search(text, end) if head is not None and head.start() < end else head
            for pattern, head in zip(patterns, heads, strict=True)
        ]


def check_linear(pattern: str, where: str) -> None:
    """``*`` and ``+`` repeat one class of characters inside a word; a group is repeated a bounded number of times."""
    loose = LOOSE.search(pattern)
    counts = [int(count) for count in COUNT.findall(pattern)]
    if loose or any(count > MOST for count in counts):
        raise ConfigError(f"{where}: a repetition without a bound", hint=HINT)
    try:
        empty = re.compile(pattern).fullmatch("") is not None
    except re.error as error:
        raise ConfigError(f"{where}: {error}", hint=HINT) from error
    if empty:
        raise ConfigError(f"{where}: a wording that matches nothing", hint=HINT)


def _named(name: str, names: Mapping[str, str], where: str) -> str:
    if name not in names:
        raise ConfigError(f"{where}: no list of words is called {name}", hint=HINT)
    return f"(?:{names[name]})"
