"""The words people use: other names for the terms of the sources, misspellings, and results as numbers.

Terms are in `data/vocabulary/`, spelling rules in `data/red_flags/spelling.toml`, both reviewed by hand. A term has one
meaning; a variant with two meanings in this field is left out. For the safety check words are corrected only towards
listed words (`Spelling`), for the search towards those of the collection (`Slips`); a real word is never changed:
reading too much is as dangerous as reading too little.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf, log
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from b12assistant.answers import TermId
from b12assistant.data_files import HINT, Table, chosen, read_data
from b12assistant.errors import ConfigError
from b12assistant.threads import cached, once

FILES: Final = ("abbreviations.toml", "names.toml", "lay.toml")
_APOSTROPHE = "[’']"


@dataclass(frozen=True)
class Vocabulary:
    """``terms``: what the sources call it, by variant: what people write. A variant in capitals is matched only in
    capitals: "PA" is not "pa"."""

    terms: Mapping[str, TermId]

    @once
    def _by_variant(self) -> Mapping[str, TermId]:
        return {_normalised(variant): term for variant, term in self.terms.items()}

    @once
    def _pattern(self) -> re.Pattern[str]:
        variants = sorted(self.terms, key=lambda v: (-len(v), v))
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(_as_pattern, variants)) or '(?!)'})(?![\w-])")

    @once
    def words(self) -> frozenset[str]:
        """Return every word of a variant, in lower case: none of them is a misspelling."""
        return frozenset(word for variant in self._by_variant for word in variant.split())

    def find(self, text: str) -> Iterator[tuple[int, int, TermId]]:
        """Yield start and end of each variant in ``text``, from the left, the longest first, with its term."""
        for match in self._pattern.finditer(text):
            written = _normalised(match[0])
            yield match.start(), match.end(), self._by_variant.get(written) or self._by_variant[written[:-1]]


@cache
def load_vocabulary() -> Vocabulary:
    """Read the terms that ship with the package, for a corpus without its own. Raises ``ConfigError``."""
    return Vocabulary(dict(term for file in FILES for term in parse_terms(read_data("vocabulary", file), file)))


def parse_terms(data: Table, file: str, *, hint: str = HINT) -> Iterator[tuple[str, TermId]]:
    """Yield the variants of a parsed file of the right form, each with its term. Raises ``ConfigError`` for a repeated
    one."""
    seen: set[str] = set()
    for table in data["term"]:
        if repeated := seen.intersection(map(_normalised, table["variants"])):
            what = f"{min(repeated)!r} is in another term too"
            raise ConfigError(f"{file}, term {table['term']}: {what}", hint=hint)
        seen.update(map(_normalised, table["variants"]))
        yield from ((variant, TermId(table["term"])) for variant in table["variants"])


def _normalised(phrase: str) -> str:
    return " ".join(phrase.lower().replace("’", "'").split())


def _as_pattern(variant: str) -> str:
    words = r"\s+".join(re.escape(word).replace("'", _APOSTROPHE) for word in variant.split())
    return rf"{words}s?" if variant.isupper() else f"(?i:{words})"  # PPIs


_NUMBER: Final = r"(?P<number>\d{2,4}|\d,\d{3})"
_YEARS: Final = range(1950, 2050)
_NO_RESULT: Final = (
    r"(?![\d.,]*\d|\s*(?:[-–]|to\b|and\b)\s*\d|\s*(?:%|[mµμu]c?g\b|micro|milli|iu\b|tab|inj|jab|dose|times?\b|x\b|"
    r"years?\b|weeks?\b|days?\b|months?\b))"
)


class Levels:
    """Results that are read as the range they are in. ``data``: a parsed `levels.toml`, which says what its keys mean.

    Bounds and worth are by unit; "" is a number without one, which is of the first scale.
    """

    def __init__(self, data: Table) -> None:
        self._data = data
        scales = {unit.lower(): scale for scale in data["scale"] for unit in scale["units"]}
        self._scales: Mapping[str, Table] = {"": data["scale"][0], **scales}
        units = "|".join(sorted(scales, key=len, reverse=True))
        number = r"\d+(?:,\d{3})*(?:\.\d+)?"
        result = rf"{_NUMBER}(?:\s*(?P<unit>{units})\b|{_NO_RESULT})"
        before = rf"(?P<before>(?:[\s:=,.<>~(-]++|\b(?:{data['between']})\b){{1,12}})"
        self._patterns = (
            re.compile(rf"\b{data['of']}\b{before}{result}", re.I),
            re.compile(
                rf"^(?P<before>)\W*(?:is|was)\s+(?:an?\s+)?{result}\s+(?:\w+\s+)?(?:{data['judged']})\b"
                rf"(?:\s+(?:for|in)\s+(?:my\s+|an?\s+)?{data['of']}(?:\s+(?:{data['results']}))?)?"
                r"(?:\W*$|[\s,]+(?:if|when|as|with|and|but|because)\b)",
                re.I,
            ),
        )
        self._says_result = re.compile(rf"\b(?:{data['results']})\b|[:=<]", re.I)
        self._of = re.compile(rf"(?s:^(?!.*\b(?:{data['other']})\b).*){data['of']}", re.I)
        self._named = re.compile(  # ranges and bounds of a sentence
            rf"(?:(?P<below>{data['below']})|(?P<above>{data['above']}))?(?: about)?\W*\b(?P<first>{number})"
            rf"(?:\s*(?:to|-|–|and)\s*(?P<last>{number}))?(?:\s*\(?(?P<unit>{units})\b)?"
            r"(?:\s+or\s+(?:(?P<less>less|lower|below|under)|(?P<more>more|higher|above|over)))?",
            re.I,
        )

    def _scale(self, match: re.Match[str]) -> Table:
        return self._scales[(match["unit"] or "").lower()]

    def find(self, text: str) -> Iterator[tuple[int, int, TermId]]:
        """Yield start and end of each result in ``text`` with the words of its range."""
        for match in self._results(text):
            number, unit, bounds = _number(match["number"]), match["unit"] or "", self._scale(match)["bounds"]
            if number not in self._data["written"] or bounds != self._scales[""]["bounds"]:
                range_ = self._data["reads"][sum(number >= bound for bound in bounds)]
                words = range_.format(*(f"{each:,}" for each in bounds))
                named = f"{words} {unit}" if match["before"] else f"{self._data['name']} {words} {unit}"
                yield match.start("number"), match.end("unit" if unit else "number"), TermId(named.rstrip())

    def _results(self, text: str) -> Iterator[re.Match[str]]:
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                number, before = _number(match["number"]), match["before"]
                is_dose = number in self._data["doses"] and before and not self._says_result.search(before)
                if match["unit"] or not (is_dose or number in _YEARS):
                    yield match

    def result_of(self, text: str) -> float | None:
        """Return the first result in ``text``, in the first scale; ``None`` if there is none."""
        found = next(self._results(text), None)
        return None if found is None else _number(found["number"]) * float(self._scale(found)["worth"])

    def fits(self, sentence: str, result: float) -> bool | None:
        """Return whether a sentence names a range or bound that ``result`` is inside of; ``None`` if it names none.

        A range without a unit has that of the number before it; any other number without one says nothing.
        """
        worth, fits = 0.0, None
        for match in self._named.finditer(sentence) if self._of.search(sentence) else ():
            worth = float(self._scale(match)["worth"]) if match["unit"] else worth if match["last"] else 0.0
            if worth:
                first, last = (_number(match[name] or match["first"]) * worth for name in ("first", "last"))
                is_below, is_above = bool(match["below"] or match["less"]), bool(match["above"] or match["more"])
                if result < last if is_below else result > first if is_above else first <= result <= last:
                    return True
                fits = False
        return fits


def _number(written: str) -> float:
    return float(written.replace(",", ""))


@cache
def load_levels() -> Levels:
    """Read the results that ship with the package."""
    return Levels(read_data("vocabulary", "levels.toml"))


SPELLING_FILE: Final = "spelling.toml"
_DIGITS: Final = (str.maketrans("0134578", "oieastb"), str.maketrans("0134578", "oleastb"))
STRETCHED: Final = re.compile(r"(.)\1{2,}")
_SHORTEST: Final = 6  # letters of a word that is matched with one letter off
_LONG: Final = 9  # letters of a word that is matched with two letters off
_LONGEST: Final = 24
_CACHED: Final = 4096  # words


@dataclass(frozen=True)
class Spelling:
    """Spelling rules: typos become ``words``, ``keep`` and ``vocabulary`` are left alone, ``aliases`` are replaced.

    ``vocabulary`` is every word that occurs in a wording, and the listed ``known`` ones: digits for letters and the
    like are corrected to it too.
    """

    words: frozenset[str]
    keep: frozenset[str]
    aliases: Mapping[str, str]
    vocabulary: frozenset[str] = frozenset()

    @once
    def _by_letter(self) -> Mapping[str, Sequence[str]]:
        return _grouped((word for word in sorted(self.words) if len(word) >= _SHORTEST), itemgetter(0))

    @cached(_CACHED)
    def correct(self, word: str) -> str:
        """Return the usual spelling of a word, or the word itself."""
        for form in forms_of(word):
            if form in self.aliases:
                return self.aliases[form]
            if form in self.words or form in self.keep or form in self.vocabulary:
                return form
        if not _SHORTEST - 1 <= len(word) <= _LONGEST or not word.isalpha():
            return word
        near = _near(word, self._by_letter.get(word[0], ()), 2 if len(word) >= _LONG else 1)
        return next(near, (word, 0))[0]


def _near(word: str, others: Sequence[str], most: int) -> Iterator[tuple[str, int]]:
    """Yield each of ``others`` that at most so many letters, or swaps of two, tell from ``word``, and how many do: the
    nearest first."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found = process.extract(word, others, scorer=OSA.distance, score_cutoff=most, limit=None)
    yield from ((other, int(slips)) for other, slips, _ in found)


def forms_of(word: str) -> tuple[str, ...]:
    """Return the word, without digits for letters, without stretched letters, and ``walkin``, ``handz`` in full."""
    forms = [word]
    if word[:1] and any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word):
        forms += [word.translate(table) for table in _DIGITS]
    forms += [STRETCHED.sub(times, form) for form in tuple(forms) for times in (r"\1\1", r"\1")]
    forms += [f"{form}g" for form in forms if form.endswith("in") and len(form) > 4]
    forms += [f"{form[:-1]}s" for form in forms if form.endswith("z") and len(form) > 3]
    return tuple(dict.fromkeys(forms))


@cache
def _spelling_data() -> Table:
    return read_data("red_flags", SPELLING_FILE)


@cache
def usual_spellings() -> Mapping[str, str]:
    """Return how people type words in chats and misspell them most, each with its usual spelling."""
    aliases = _spelling_data()["aliases"]
    return MappingProxyType({written: usual for usual, others in aliases.items() for written in others})


def load_spelling(vocabulary: frozenset[str]) -> Spelling:
    """Read the words that ship with the package; ``vocabulary``: the words of the wordings."""
    data = _spelling_data()
    return Spelling(
        words=frozenset(data["words"]),
        keep=frozenset(data["keep"]),
        aliases=usual_spellings(),
        vocabulary=vocabulary | frozenset(data.get("known", ())),
    )


_SPELLING = chosen("spelling")
_APART, _SOUNDS_ALIKE, _LIKELY, _COMMON = (_SPELLING[name] for name in ("apart", "sounds_alike", "likely", "common"))
# Letters up to which most words are one letter from another: of those only common ones count, if they sound the same or
# letters are swapped or missing.
_SHORT: Final = 5
_TWICE: Final = 7  # letters from which a word may have two slips
_SOUNDING: Final = 3  # a word that sounds like another may have one slip for so many letters
_VOWELS: Final = frozenset("aeiouy")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEXT: Final = {  # the keys that touch each, and itself
    key: "".join(
        row[max(0, at - (other >= here)) : at + 1 + (other <= here)]
        for other, row in enumerate(_ROWS)
        if abs(other - here) < 2
    )
    for here, keys in enumerate(_ROWS)
    for at, key in enumerate(keys)
}
_CONTRACTED: Final = re.compile(r"'(t|re|ve|ll|d|m)$")
_SOUNDS: Final = tuple(
    (re.compile(written), sound)
    for written, sound in (
        ("ph", "f"),
        ("(?<=m)p(?=t)", ""),
        ("[cst]+h(?=[ou])|[ct]i(?=o)", "S"),
        ("ch|ck|q", "k"),
        ("c(?=[eiy])|z", "s"),
        ("c", "k"),
        ("(?:le|[aeiou]l)(?=s?$)", "@l"),
        ("[aeiouy]+", "@"),
        (r"(.)\1+", r"\1"),
        ("@(?=s?$)", ""),
    )
)


@dataclass(frozen=True)
class Slips:
    """Misspelt words, and the words of a collection that were meant. ``counts``: how often each is there.

    A word was meant by how common it is, less what the slips cost: a noisy channel (Kernighan, Church and Gale, 1990).
    """

    counts: Mapping[str, int]

    @once
    def _common(self) -> Mapping[str, float]:
        """Return the logarithm of each count, the commonest first: of two that are as near, that was meant."""
        words = sorted(self.counts, key=lambda word: (-self.counts[word], word))
        return {word: log(self.counts[word]) for word in words}

    @once
    def _by_letter(self) -> Mapping[str, Sequence[str]]:
        return _grouped(self._common, itemgetter(0))

    @once
    def _least(self) -> float:
        return sum(self.counts.values()) / _COMMON

    @once
    def _by_sound(self) -> Mapping[str, Sequence[str]]:
        return _grouped(self._common, _sound)

    @cached(_CACHED)
    def meant(self, word: str) -> str | None:
        """Return the word that was meant by a misspelt one in lower case, or ``None``."""
        for form in forms_of(word):
            if form in self.counts:
                return form
        if not _SHORT - 1 <= len(word) <= _LONGEST or _VOWELS.isdisjoint(word):  # "mchc" is an abbreviation
            return None
        costs: dict[str, float] = {}
        near = (*self._by_letter.get(word[0], ()), *self._by_letter.get(word[1], ()))
        for each, slips in _near(word, near, 2 if len(word) >= _TWICE else 1):
            is_all_there = not Counter(word) - Counter(each)  # swapped, or a letter is missing
            if is_all_there or _is_next_key(word, each) or (len(word) > _SHORT and each[0] == word[0]):
                costs[each] = _APART * slips
        for each, slips in _near(word, self._by_sound.get(_sound(word), ()), len(word) // _SOUNDING):
            costs[each] = min(costs.get(each, inf), _SOUNDS_ALIKE + slips)
        if len(word) <= _SHORT:
            costs = {each: cost for each, cost in costs.items() if self.counts[each] >= self._least}
        best = max(costs, key=lambda each: self._common[each] - costs[each], default=None)
        return best if best and self._common[best] - costs[best] >= _LIKELY else None


def _is_next_key(word: str, other: str) -> bool:
    """Return whether a finger that slipped to the next key tells two words apart."""
    typed = [pair for pair in zip(word, other, strict=False) if pair[0] != pair[1]]
    return len(word) == len(other) and len(typed) == 1 and typed[0][1] in _NEXT.get(typed[0][0], "")


def _grouped(words: Iterable[str], key: Callable[[str], str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        found.setdefault(key(word), []).append(word)
    return found


@lru_cache(_CACHED)
def _sound(word: str) -> str:
    """Return roughly how a word sounds, to compare with others only."""
    for written, sound in _SOUNDS:
        word = written.sub(sound, word)
    return word


@cache
def english_words(*, with_rare: bool = True) -> frozenset[str]:
    """Return the words of a dictionary, in lower case, "don't" as "dont" too. Many of its rarest ones are misspelt."""
    from spellchecker import SpellChecker  # slow to import, and few questions need it

    counts = dict(SpellChecker(language="en").word_frequency.items())
    rarest = min(counts.values())
    words = (word for word, count in counts.items() if with_rare or count > rarest)
    return frozenset(form for word in words for form in (word, _CONTRACTED.sub(r"\1", word)))
