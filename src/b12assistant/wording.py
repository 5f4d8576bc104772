"""The small language in which data files write wordings, compiled to one regular expression each list.

A wording is words of folded text. ``{leg}`` is a named list of alternatives, `` .. `` up to three words between,
`` ... `` up to seven, within one sentence. Every repetition is bounded and no alternative can match nothing, so that
searching stays linear in the length of the text; ``check_linear`` refuses anything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError

GAPS: Final = {" ... ": 7, " .. ": 3}  # the longer first
DENYING: Final = ("not", "no", "never", "isnt", "arent", "wasnt", "werent", "without")  # none of these hides in a gap
NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
WORD: Final = re.compile(r"(?<=[ (|:])[a-z]{3,}(?=[ )|])")
MOST: Final = 12  # repetitions of a group
LOOSE: Final = re.compile(r"(?<!\\[Sd])[*+]|\{\d+,\}")
COUNT: Final = re.compile(r"\{(?:\d+,)?(\d+)\}")
NEVER: Final = re.compile(r"(?!)")


def compile_wordings(
    wordings: Sequence[str], names: Mapping[str, str], where: str, denying: Sequence[str] = DENYING
) -> re.Pattern[str]:
    """One pattern that matches any of the wordings as whole words."""
    if not wordings:
        return NEVER
    word = rf"(?!(?:{'|'.join(denying)})\s)[^\s.?]\S*" if denying else r"[^\s.?]\S*"
    parts = [_expand(wording, names, where, word) for wording in wordings]
    for part, wording in zip(parts, wordings, strict=True):
        check_linear(part, f"{where}: {wording}")
    return re.compile(rf"(?<!\S)(?:{'|'.join(parts)})(?!\S)")


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


def _expand(wording: str, names: Mapping[str, str], where: str, word: str) -> str:
    for _ in range(4):  # names may be made of names
        wording = NAME.sub(lambda found: _named(found.group(1), names, where), wording)
    for gap, most in GAPS.items():
        wording = wording.replace(gap, rf"(?: {word}){{0,{most}}} ")
    return wording.replace(r"(?:\S+ )", rf"(?:{word} )")


def _named(name: str, names: Mapping[str, str], where: str) -> str:
    if name not in names:
        raise ConfigError(f"{where}: no list of words is called {name}", hint=HINT)
    return f"(?:{names[name]})"


def words_of(pattern: re.Pattern[str]) -> frozenset[str]:
    """The words that stand in a compiled pattern, parts of words left out."""
    return frozenset(WORD.findall(pattern.pattern))
