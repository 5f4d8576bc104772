"""Letters that must stand in a text for a regular expression to match in it: a cheap look before a dear one.

What cannot be read here is said to match anything; nothing is ever ruled out that could match.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

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
