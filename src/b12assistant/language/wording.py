"""The small language in which data files write wordings; of a list of them no more is compiled than a text asks for.

A wording is words of folded text. ``{leg}`` is a named list of alternatives, `` .. `` up to three words between,
`` ... `` up to seven, within one sentence. Every repetition is bounded and no alternative can match nothing, so that
searching stays linear in the length of the text; ``check_linear`` refuses anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError
from b12assistant.language.literals import Literals, could_match

GAPS: Final = {" ... ": 7, " .. ": 3}  # the longer first
DENYING: Final = ("not", "no", "never", "isnt", "arent", "wasnt", "werent", "without")  # none of these hides in a gap
NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
WORD: Final = re.compile(r"(?<=[ (|:])[a-z]{3,}(?=[ )|])")
MOST: Final = 12  # repetitions of a group
LOOSE: Final = re.compile(r"(?<!\\[Sd])[*+]|\{\d+,\}")
COUNT: Final = re.compile(r"\{(?:\d+,)?(\d+)\}")
_NOTHING: Final = re.compile(r"(?!)")


class Wordings:
    """Searches like the one pattern that matches any of ``wordings`` as whole words.

    A wording of which some letters must stand in a text that it matches, and do not, is left out of the pattern: what
    is found is the same, and compiling all of a thousand wordings takes longer than reading the question they are
    asked of. What a second text needs besides, brings the whole pattern: it is compiled twice at most.
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
        self._compiled: tuple[frozenset[int], re.Pattern[str]] = (frozenset(), _NOTHING)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self._of(text).finditer(text)

    def findall(self, text: str) -> list[str]:
        return [match[0] for match in self.finditer(text)]

    def search(self, text: str) -> re.Match[str] | None:
        return self._of(text).search(text)

    def match(self, text: str) -> re.Match[str] | None:
        return self._of(text).match(text)

    def expressions(self) -> list[str]:
        """Each wording as a regular expression. Raises ``ConfigError`` for a name that is none."""
        return [self._expanded(wording, self._literals.names) for wording in self._wordings]

    def check(self) -> None:
        """Raises ``ConfigError`` for a wording that could run away, that matches nothing, or that cannot be read."""
        for part, wording in zip(self.expressions(), self._wordings, strict=True):
            check_linear(part, f"{self._where}: {wording}")
        self._compile(frozenset(range(len(self._wordings))))  # what can be read alone may not go with the others

    def words(self) -> frozenset[str]:
        """The words that stand in the wordings and their lists, parts of words left out."""
        bare = dict.fromkeys(self._literals.names, "")  # each list is read once, however many wordings name it
        lists = (self._literals.names[name] for name in self._literals.named(self._wordings))
        texts = (self._expanded(text, bare) for text in (*self._wordings, *lists))
        return frozenset(word for text in texts for word in WORD.findall(f"({text})"))

    def _of(self, text: str) -> re.Pattern[str]:
        """A pattern that matches in ``text`` what all wordings would."""
        compiled, pattern = self._compiled
        if len(compiled) == len(self._wordings):
            return pattern
        asked = frozenset(i for i, wording in enumerate(self._wordings) if could_match(self._literals[wording], text))
        if not asked <= compiled:
            asked = asked if not compiled else frozenset(range(len(self._wordings)))
            pattern = self._compile(asked)
            self._compiled = asked, pattern
        return pattern

    def _compile(self, places: frozenset[int]) -> re.Pattern[str]:
        parts = (self._expanded(self._wordings[place], self._literals.names) for place in sorted(places))
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
