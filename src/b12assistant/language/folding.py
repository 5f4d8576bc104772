"""Fold what people type into plain lower-case words, each with its place in the original text.

Folded text is words and clause marks with one space between: ``. ? ,`` are separate words. Compatibility forms,
accents, case, invisible characters and look-alike letters are folded; Devanagari is written in Latin letters.
``hiding`` finds the characters that a reader cannot see, or that change the order of what is seen.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final

from b12assistant.threads import once
from b12assistant.types import Range

_SOUNDS: Final = "k kh g gh n ch chh j jh n t th d dh n t th d dh n p ph b bh m y r l v sh sh s h l n r l"
_DOTTED_SOUNDS: Final = "k kh g z d dh f y"  # of letters with a dot below, written as one character
CONSONANTS: Final = {
    **dict(zip("कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळऩऱऴ", _SOUNDS.split(), strict=True)),
    **dict(zip(map(chr, range(0x0958, 0x0960)), _DOTTED_SOUNDS.split(), strict=True)),
}
DOTTED: Final = {"ज": "z", "फ": "f"}  # with a dot below as another character; the others sound much the same
VOWELS: Final = dict(
    zip("अआइईउऊऋएऐओऔऑऍऎऒ", "a aa i i u u ri e ai o au o e e o".split(), strict=True)  # noqa: SIM905
)
VOWEL_SIGNS: Final = dict(
    zip("ािीुूृेैोौॉॅॆॊ", "a i i u u ri e ai o au o e e o".split(), strict=True)  # noqa: SIM905
)
NASAL: Final = {"ं": "n", "ँ": "n", "ः": "h"}
VIRAMA: Final = "्"
DOT: Final = "़"


def is_devanagari(character: str) -> bool:
    return "\u0900" <= character <= "\u097f"


def latin(text: str, position: int) -> str:
    """Return the Latin letters for ``text[position]``, a letter of Devanagari; "" for a sign that is not spoken."""
    character = text[position]
    if character in NASAL:
        return _nasal(text, position)
    for table in (VOWELS, VOWEL_SIGNS):
        if character in table:
            return table[character]
    if "०" <= character <= "९":
        return str(ord(character) - ord("०"))
    after = position + 1
    dotted = text[after : after + 1] == DOT
    written = (DOTTED.get(character) if dotted else None) or CONSONANTS.get(character)
    if written is None:
        return ""
    return written + ("a" if _carries_a(text, position, after + dotted) else "")


def _nasal(text: str, position: int) -> str:
    """Return what is typed for a nasal sign: at the end of a word nothing after "i" and "u", "in" after "e"."""
    before = text[position - 1] if position else ""
    if before and not _letter(text[position + 1 : position + 2]):
        if before in "िीुू":
            return ""
        if before == "े":
            return "in"
    return NASAL[text[position]]


def _carries_a(text: str, position: int, after: int) -> bool:
    """Return whether the consonant at ``position`` is spoken with "a"; what follows it is at ``after``."""
    before, following = text[position - 1 : position] if position else "", text[after : after + 1]
    if following in VOWEL_SIGNS or following == VIRAMA:
        return False
    if following in NASAL:
        return True
    if not _letter(following):
        return not _letter(before)  # a word of one letter
    vowel = after + 1 + (text[after + 1 : after + 2] == DOT)
    is_open = following in CONSONANTS and text[vowel : vowel + 1] in VOWEL_SIGNS  # a consonant with a written vowel
    return not (is_open and any(before in table for table in (VOWEL_SIGNS, VOWELS, NASAL, CONSONANTS)))


def _letter(character: str) -> bool:
    return character != "" and is_devanagari(character) and character not in "।॥"


# Letters of other alphabets that are drawn like Latin ones (Unicode confusables, the common part).
LOOK_ALIKES: Final = str.maketrans(
    "авекмнорстухіјѕԁԛԝгпαβεικνορτυχγηωıłøđħ∂ɑɡ",
    "abekmhopctyxijsdqwrnabeikvoptuxynwilodhdag",
) | {ord("œ"): "oe", ord("æ"): "ae"}
ARABIC: Final = str.maketrans("ىةٱیک", "يهايك")  # letters that are written for one another
HAN: Final = "[\u3400-\u4dbf\u4e00-\u9fff]"  # each is a separate word: Chinese has no blanks between words
JOINING: Final = frozenset("'’‘ʼ`´′＇*ـ")  # removed without leaving a gap: can't, su*cide
ENDING: Final = {".": ".", "!": ".", "?": "?", ";": ".", ":": ",", ",": ",", "(": ",", ")": ",", "–": ",", "—": ","} | {
    "。": ".", "！": ".", "？": "?", "；": ".", "：": ",", "，": ",", "、": ",", "（": ",", "）": ",",
    "؟": "?", "؛": ".", "،": ",", "।": ".",
}  # fmt: skip
_RUNS: Final = re.compile(r"[a-zA-Z0-9]+| +|.", re.S)
DECIMAL: Final = "·"  # replaces the point or comma inside a number, which ends no clause
LONGEST: Final = 64  # letters kept of one word: enough to recognise it, and matching stays bounded
SIGNS: Final = {"@": "a", "$": "s", "€": "e"}  # written for letters inside a word


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word or clause mark, with its half-open range in the original text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Folded:
    """Words with one space between; ``offsets[i]`` is where ``words[i]`` starts in ``text``."""

    words: tuple[Word, ...]

    @once
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @once
    def offsets(self) -> tuple[int, ...]:
        return tuple(accumulate((len(word.text) + 1 for word in self.words), initial=0))[:-1]

    def covering(self, start: int, end: int) -> tuple[Word, ...]:
        """Return the words that ``text[start:end]`` touches."""
        first = max(0, bisect_right(self.offsets, start) - 1)
        return self.words[first : max(first + 1, bisect_left(self.offsets, end))]


def fold(text: str, correct: Callable[[str], str] = str) -> Folded:
    """Fold ``text``; ``correct`` returns the usual spelling of a word (it may return several words)."""
    words: list[Word] = []
    for word in _as_written(text):
        corrected = word.text if word.text in ".?," else correct(word.text)
        if corrected == word.text and len(corrected) <= LONGEST:  # the usual case, without the split
            words.append(word)
        else:
            words.extend(Word(part[:LONGEST], word.start, word.end) for part in corrected.split())
    return Folded(tuple(words))


@lru_cache(maxsize=32)
def _as_written(text: str) -> tuple[Word, ...]:
    """Return the words before correction. Cached, because every language and every later turn reads them."""
    return tuple(_join_spaced_letters(_split(text), text))


def _split(text: str) -> list[Word]:
    words: list[Word] = []
    letters: list[str] = []
    start = 0
    for run in _RUNS.finditer(text):
        position, character = run.start(), run[0]
        if character.isascii() and character.isalnum():  # most of nearly every text, and folded as it is
            if not letters:
                start = position
            letters.append(character.lower())
            continue
        folded = " " if character[0] == " " else _fold_character(text, position, character)
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
    """Return letters and digits, a space, a clause mark, or "" for an invisible character."""
    if character in JOINING:
        return ""
    if character in SIGNS and 0 < position < len(text) - 1 and text[position - 1].isalpha():
        return SIGNS[character]
    if character in ENDING:
        inside = 0 < position < len(text) - 1 and text[position - 1].isdigit() and text[position + 1].isdigit()
        return DECIMAL if inside and character in ".," else ENDING[character]
    if is_devanagari(character):
        joins = unicodedata.category(character) in ("Mn", "Mc")  # to the letter before, like the sign for no vowel
        return latin(text, position) or ("" if joins else " ")
    if character == "\n":
        return "." if text[position + 1 : position + 2] == "\n" else " "
    return fold_letter(character)


@lru_cache(maxsize=4096)
def fold_letter(character: str) -> str:
    """Fold a character regardless of its neighbours: to letters and digits, a space, or ""."""
    if unicodedata.category(character) in ("Cf", "Mn", "Me", "Cs"):
        return ""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    kept = "".join(letter for letter in plain.translate(LOOK_ALIKES).translate(ARABIC) if letter.isalnum())
    return kept or " "


def _is_han(letter: str) -> bool:
    """Check whether a letter matches ``HAN``; compiling so wide a class takes longer than folding a question."""
    return len(letter) == 1 and ("\u3400" <= letter <= "\u4dbf" or "\u4e00" <= letter <= "\u9fff")


def _join_spaced_letters(words: list[Word], text: str) -> list[Word]:
    """Join ``s u i c i d e`` into one word: four or more single letters, each one character from the next."""
    joined: list[Word] = []
    run: list[Word] = []
    for word in [*words, Word(".", len(text), len(text))]:
        single = len(word.text) == 1 and word.text.isalpha() and not _is_han(word.text)
        if run and not (single and word.start - run[-1].end == 1):
            spaced = Word("".join(letter.text for letter in run), run[0].start, run[-1].end)
            joined.extend([spaced] if len(run) > 3 else run)
            run = []
        (run if single else joined).append(word)
    return joined[:-1]


# Joiners belong to other scripts and emoji: next to ASCII or at an end they join nothing. A variation selector belongs
# to the character before it: after ASCII or another selector it has no effect.
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_FORMATS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u202a-\u202e\u2061-\u206f\u3164\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
_BREAKS = "\xad\u061c\u200b\u200e\u200f\u2060\ufeff"  # they also occur in honest text, one at a time
_IDLE = (
    "(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
    f"|(?<![^\x00-\x7f{_SELECTORS}])[{_SELECTORS}](?!\u20e3)"
)

# Control and format characters, and blank letters and selectors. Not TAB, LF and CR, which lay out lines, nor NUL,
# which is shown as a picture. The page's script has the same list (shell.js).
UNSEEN = re.compile(f"((?:[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029{_BREAKS}{_FORMATS}]|{_IDLE})+)")

# The flags of Scotland, Wales and other parts of countries.
_FLAG = re.compile("(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")
_HIDING = re.compile(
    f"[{_FORMATS}]|{_IDLE}|[{_BREAKS}\u200c\u200d]{{2,}}"
    # Inside a word they hide it from a search; only a soft hyphen may be there.
    f"|(?<=[A-Za-z0-9])[{_BREAKS[1:]}](?=[A-Za-z0-9])"
)


def hiding(text: str) -> Iterator[Range]:
    """Yield the runs of invisible characters that no honest text has where they are."""
    flags = [Range(match.start(), match.end()) for match in _FLAG.finditer(text)]
    for match in _HIDING.finditer(text):
        run = Range(match.start(), match.end())
        if not any(flag.contains(run) for flag in flags):
            yield run
