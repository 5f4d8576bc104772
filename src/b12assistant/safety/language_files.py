"""The files of other languages than English: wordings of the same findings, and translations of the fixed sentences.

Data in ``data/red_flags/languages/``, a file each. A file is read when its language is spoken or a text of it is shown:
nine of ten questions need none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from b12assistant.answers import FixedText, FixedTexts, TextId
from b12assistant.data_files import HINT, Table, check_keys, integer, read_data, string, strings, subtable, tables
from b12assistant.errors import ConfigError
from b12assistant.language.folding import ARABIC, HAN
from b12assistant.language.literals import Literals
from b12assistant.language.wording import Wordings
from b12assistant.safety.assertion import Cues
from b12assistant.safety.red_flags import Finding, FindingId, FindingKind

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
