"""Find where in a long text a regular expression can match at all: at words with one of the beginnings it allows.

Python tries an expression at every place. Most wordings begin with a few words, of which a text has next to none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from re import _constants, _parser  # what the compiler itself reads
from typing import Any, Final

LETTERS: Final = 4  # of a beginning; with a blank after it, it is a whole word
_GOES_ON: Final = "\0"  # after letters that anything may follow
_ENDED: Final = (" ", _GOES_ON)
_WIDEST: Final = 64  # letters of a range that are listed
_ANY_WORD: Final = r"\S+ "  # at the beginning of an expression
_DIGIT: Final = "0"
_DIGITS: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"\S+")

Beginnings = tuple[frozenset[str], frozenset[str]]  # of the first word of a match, or of the second after any word


def beginnings(expressions: Iterable[str]) -> Beginnings | None:
    """Return the beginnings of words where a match of any can begin; ``None`` if one can begin with anything."""
    found: tuple[set[str], set[str]] = set(), set()
    for expression in expressions:
        items = list(_parser.parse(expression))
        later = expression.startswith(_ANY_WORD) and items[0][0] is not _constants.BRANCH
        for each in _heads(items[2:] if later else items):
            head = each.removesuffix(_GOES_ON)
            head = head if each != head or len(head) == LETTERS or head.endswith(" ") else f"{head} "
            if not head.strip():
                return None
            found[later].add(head)
    return frozenset(found[0]), frozenset(found[1])


def places(text: str, begins: Beginnings) -> list[int]:
    """Return where in a text of words a match can begin, in order."""
    starts, words = _words_of(text)
    numbers = {
        number - later
        for later, heads in enumerate(begins)
        for head in heads
        if head in words
        for number in words[head]
    }
    return [starts[number] for number in sorted(numbers) if number >= 0]


@lru_cache(maxsize=4)
def _words_of(text: str) -> tuple[Sequence[int], Mapping[str, Sequence[int]]]:
    """Return where each word begins, and the numbers of the words with each beginning. Cached: every wording asks."""
    found: dict[str, list[int]] = defaultdict(list)
    starts: list[int] = []
    for number, match in enumerate(_WORD.finditer(text)):
        starts.append(match.start())
        found[match[0]].append(number)
    numbers: dict[str, list[int]] = defaultdict(list)
    for written, own in found.items():
        word = _read(written)
        heads = [word[:length] for length in range(1, min(LETTERS, len(word)) + 1)]
        for head in heads if len(word) >= LETTERS else [*heads, f"{word} "]:
            numbers[head] += own
    return starts, dict(numbers)


def _heads(items: Iterable[tuple[Any, Any]]) -> set[str]:
    """Return what a row of parsed items begins with, cut after the first blank or so many letters."""
    found = {""}
    for kind, value in items:
        open_ = {each for each in found if len(each) < LETTERS and each[-1:] not in _ENDED}
        if not open_:
            break
        found = (found - open_) | {(each + more)[:LETTERS] for each in open_ for more in _heads_of(kind, value)}
    return found


def _heads_of(kind: Any, value: Any) -> set[str]:
    if kind is _constants.LITERAL:
        return {_read(chr(value))}
    if kind is _constants.BRANCH:
        return set(chain.from_iterable(map(_heads, value[1])))
    if kind is _constants.SUBPATTERN:
        return _heads(value[-1])
    if kind is _constants.MAX_REPEAT:
        least, most, repeated = value
        found = _heads(repeated)
        if most > 1:
            found = {each if len(each) == LETTERS or each[-1:] in _ENDED else each + _GOES_ON for each in found}
        return found if least else found | {""}
    if kind in (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT):
        return {""}
    return _letters_of(value) if kind is _constants.IN else {_GOES_ON}


def _read(letters: str) -> str:
    """Return letters with any digit as the same one."""
    return _DIGITS.sub(_DIGIT, letters)


def _letters_of(parts: Iterable[tuple[Any, Any]]) -> set[str]:
    letters: set[str] = set()
    for kind, value in parts:
        if kind is _constants.LITERAL:
            letters.add(_read(chr(value)))
        elif kind is _constants.RANGE and value[1] - value[0] < _WIDEST:
            letters.update(_read(chr(each)) for each in range(value[0], value[1] + 1))
        elif (kind, value) == (_constants.CATEGORY, _constants.CATEGORY_DIGIT):
            letters.add(_DIGIT)
        else:
            return {_GOES_ON}
    return letters
