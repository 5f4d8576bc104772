"""Unicode folding with a map back: what people type, as plain lower-case words, every one with its address.

Folded text is words and clause marks with one space between: ``. ? ,`` are words of their own. Compatibility forms,
accents, case, invisible characters and look-alike letters are folded; nothing here decides anything.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

# Letters of other alphabets that are drawn like Latin ones (Unicode confusables, the common part).
LOOK_ALIKES: Final = str.maketrans(
    "авекмнорстухіјѕԁԛԝгпαβεικνορτυχγηωıłøđħ∂ɑɡ",
    "abekmhopctyxijsdqwrnabeikvoptuxynwilodhdag",
) | {ord("œ"): "oe", ord("æ"): "ae"}
ARABIC: Final = str.maketrans("ىةٱیک", "يهايك")  # letters that are written for one another
HAN: Final = "[\u3400-\u4dbf\u4e00-\u9fff]"  # each is a word of its own: there are no blanks between words
JOINING: Final = frozenset("'’‘ʼ`´′＇*ـ")  # inside a word these leave no gap: can't, su*cide
ENDING: Final = {".": ".", "!": ".", "?": "?", ";": ".", ":": ",", ",": ",", "(": ",", ")": ",", "–": ",", "—": ","} | {
    "。": ".", "！": ".", "？": "?", "；": ".", "：": ",", "，": ",", "、": ",", "（": ",", "）": ",",
    "؟": "?", "؛": ".", "،": ",", "।": ".",
}  # fmt: skip
DECIMAL: Final = "·"  # for the point or comma inside a number, which ends nothing
LONGEST: Final = 64  # letters kept of one word: enough to know it, and every match stays bounded
SIGNS: Final = {"@": "a", "$": "s", "€": "e"}  # written for letters inside a word


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word or clause mark and the half-open range of the original it stands for."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Folded:
    """Words with one space between; ``offsets[i]`` is where ``words[i]`` starts in ``text``."""

    words: tuple[Word, ...]
    text: str = field(init=False)
    offsets: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        offsets, at = [], 0
        for word in self.words:
            offsets.append(at)
            at += len(word.text) + 1
        object.__setattr__(self, "text", " ".join(word.text for word in self.words))
        object.__setattr__(self, "offsets", tuple(offsets))

    def covering(self, start: int, end: int) -> tuple[Word, ...]:
        """The words that ``text[start:end]`` touches."""
        first = max(0, bisect_right(self.offsets, start) - 1)
        return self.words[first : max(first + 1, bisect_left(self.offsets, end))]


def fold(text: str, correct: Callable[[str], str] | None = None) -> Folded:
    """``text`` as folded words; ``correct`` gives the usual spelling of a word (it may give several words)."""
    if correct is None:
        return _uncorrected(text)
    words: list[Word] = []
    for word in _as_written(text):
        mended = word.text if word.text in ".?," else correct(word.text)
        if mended == word.text and len(mended) <= LONGEST:  # without blanks, as every word is written
            words.append(word)
        else:
            words.extend(Word(part[:LONGEST], word.start, word.end) for part in mended.split())
    return Folded(tuple(words))


@lru_cache(maxsize=32)
def _uncorrected(text: str) -> Folded:
    """Asked for by every language that may be spoken."""
    return fold(text, str)


@lru_cache(maxsize=32)
def _as_written(text: str) -> tuple[Word, ...]:
    """The words before any is corrected: every language reads them, and every turn that follows in a conversation."""
    return tuple(_join_spaced_letters(_split(text), text))


def _split(text: str) -> list[Word]:
    words: list[Word] = []
    letters: list[str] = []
    start = 0
    for position, character in enumerate(text):
        folded = _fold_character(text, position, character)
        if folded == "":
            continue
        alone = _is_han(folded)
        mark = alone or folded in (" ", ".", "?", ",")
        if mark and letters:
            words.append(Word("".join(letters), start, position))
            letters = []
        if alone or (folded in (".", "?", ",") and not (words and words[-1].text == folded)):
            words.append(Word(folded, position, position + 1))
        if not mark:
            if not letters:
                start = position
            letters.append(folded)
    if letters:
        words.append(Word("".join(letters), start, len(text)))
    return words


def _fold_character(text: str, position: int, character: str) -> str:
    """Letters and digits, a space, a clause mark, or nothing for what is not seen."""
    if character in JOINING:
        return ""
    if character in SIGNS and 0 < position < len(text) - 1 and text[position - 1].isalpha():
        return SIGNS[character]
    if character in ENDING:
        inside = 0 < position < len(text) - 1 and text[position - 1].isdigit() and text[position + 1].isdigit()
        return DECIMAL if inside and character in ".," else ENDING[character]
    if character == "\n":
        return "." if text[position + 1 : position + 2] == "\n" else " "
    return _plain(character)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """What a character is wherever it stands: letters and digits, a space, or nothing."""
    if unicodedata.category(character) in ("Cf", "Mn", "Me", "Cs"):
        return ""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    kept = "".join(letter for letter in plain.translate(LOOK_ALIKES).translate(ARABIC) if letter.isalnum())
    return kept or " "


def _is_han(letter: str) -> bool:
    """What ``HAN`` says of one letter; to compile so wide a class takes longer than to fold a question."""
    return len(letter) == 1 and ("\u3400" <= letter <= "\u4dbf" or "\u4e00" <= letter <= "\u9fff")


def _join_spaced_letters(words: list[Word], text: str) -> list[Word]:
    """``s u i c i d e`` is one word: four or more single letters, each one character from the next."""
    joined: list[Word] = []
    run: list[Word] = []
    for word in [*words, Word(".", len(text), len(text))]:
        single = len(word.text) == 1 and word.text.isalpha() and not _is_han(word.text)
        if run and not (single and word.start - run[-1].end == 1):
            whole = Word("".join(letter.text for letter in run), run[0].start, run[-1].end)
            joined.extend([whole] if len(run) > 3 else run)
            run = []
        (run if single else joined).append(word)
    return joined[:-1]
