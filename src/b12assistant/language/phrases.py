"""Search texts for phrases in any language, as data files write them: any case, any punctuation, accents or none.

A phrase is a regular expression over plain words; ``{name}`` is a list of alternatives. Chinese is matched without the
blanks between its characters, Hindi as it is typed in Latin letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError
from b12assistant.language.folding import HAN, Word, fold, fold_letter
from b12assistant.language.wording import check_linear

_NAME: Final = re.compile(r"\{([a-z][a-z_]*)\}")
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
    for _ in range(3):  # lists may name other lists
        for name in _NAME.findall(phrase):
            if name not in names:
                raise ConfigError(f"{where}: no list of words is called {name}", hint=HINT)
        phrase = _NAME.sub(lambda match: f"(?:{names[match[1]]})", phrase)
    return "".join(letter if letter.isascii() else fold_letter(letter) for letter in phrase.replace("'", ""))
