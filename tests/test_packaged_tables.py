"""The tables that ship with the package have their form; the program reads them without checking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, create_model

from b12assistant.answering.turn_forms import _Signs as Signals
from b12assistant.corpus.entries import CuratedEntry, FindingEntry, RuleEntry, TextsFile, VocabularyFile
from b12assistant.data_files import read_data
from b12assistant.language.vocabulary import FILES as VOCABULARY
from b12assistant.safety.assertion import KINDS
from b12assistant.safety.fixed_texts import LINES
from b12assistant.safety.languages import USUAL_KINDS, codes, read_words
from b12assistant.safety.opinion import LISTS as PROPORTIONS
from b12assistant.safety.red_flags import Memory, load_red_flags
from b12assistant.safety.translations import CONTROLS, TRANSLATED
from b12assistant.safety.withdrawal import LISTS

Text = Annotated[str, Field(pattern=r"\S")]
Texts = list[Text]
Some = Annotated[Texts, Field(min_length=1)]


class PackagedRule(RuleEntry):
    apart: bool = False
    kept: float | None = None


class Rules(CuratedEntry):
    rule: list[PackagedRule] = Field(min_length=1)


class Findings(CuratedEntry):
    finding: list[FindingEntry] = Field(min_length=1)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Telephone(Strict):
    number: Text
    source: Text
    copy_: Text = Field(alias="copy")
    read: date
    review_by: date
    plain: Text = ""


class Region(Strict):
    id: Text
    name: Text
    emergency: Telephone
    crisis_line: Telephone | None = None
    poison_line: Telephone | None = None
    doctor: Telephone | None = None
    abroad: Text | None = None
    called: dict[str, Text] = {}


class General(Strict):
    emergency: Text
    crisis_line: Text
    poison_line: Text


class EnglishGeneral(General):
    doctor: Text


class KindCue(Strict):
    text: Text
    patterns: Some
    shown: Some
    not_shown: Some


class Kindness(Strict):
    cue: list[KindCue]


class Numbers(Strict):
    general: EnglishGeneral
    region: list[Region]


class Variant(Strict):
    of: Text
    text: Text
    about: Text
    said: Some
    unless: Texts = []


class Variants(Strict):
    names: dict[str, Text]
    variant: list[Variant]


class Translation(General):
    name: Text
    version: Annotated[int, Field(ge=1)]
    heading: Text
    sentences: create_model("Sentences", __base__=Strict, **dict.fromkeys((*TRANSLATED, *CONTROLS), (Text, ...)))  # type: ignore[valid-type]


class Unread(Strict):
    name: Text
    text: Annotated[str, Field(pattern=r"\{emergency\}")]
    letters: str = ""
    script: str = ""
    words: Texts = []


class Finding(Strict):
    id: Text
    said: Texts = []
    named: Texts = []


class Language(Strict):
    language: Text
    name: Text
    denying: Texts = []
    usual: dict[str, str] = {}
    characters: str = ""
    names: dict[str, Some] = {}
    cues: dict[str, Some] = {}
    finding: list[Finding]


class English(Strict):
    words: Some
    shared: Some


class Known(Strict):
    marks: dict[str, Texts]
    scripts: dict[str, Text]
    english: English


class Reach(Strict):
    near: Annotated[int, Field(ge=1)]
    far: Annotated[int, Field(ge=1)]


class Denial(Strict):
    signs: Some
    denied: Some
    no_harm: Some
    said: Some
    names: dict[str, Text]


class Assertion(Strict):
    reach: Reach
    cues: dict[str, Some]
    denial: Denial


class Spelling(Strict):
    words: Some
    keep: Some
    aliases: dict[str, Some]
    known: Texts = []


class Words(Strict):
    names: dict[str, Text]
    memory: dict[str, Some]


Withdrawal = create_model(  # type: ignore[call-overload]
    "Withdrawal", __base__=Strict, code=(Text, ...), names=(dict[str, Text], {}), **dict.fromkeys(LISTS, (Texts, ...))
)


class Said(Strict):
    said: Some


Proportion = create_model(  # type: ignore[call-overload]
    "Proportion", __base__=Strict, names=(dict[str, Text], ...), **dict.fromkeys(PROPORTIONS, (Said, ...))
)


class Withdrawals(Strict):
    controls: Some
    language: list[Withdrawal]  # type: ignore[valid-type]


def _expression(pattern: str) -> str:
    re.compile(pattern.replace("{name}", "x"))
    return pattern


Expressions = Annotated[list[Annotated[Text, AfterValidator(_expression)]], Field(min_length=1)]


class Concept(Strict):
    id: Text
    names: Some
    asks: Expressions
    asked: Some
    mentions: Texts
    each: bool = False


class Concepts(Strict):
    concept: list[Concept] = Field(min_length=1)


class Subject(Strict):
    names: Some


class Cues(Strict):
    dose: Expressions
    safe: Expressions
    start_or_stop: Expressions
    caution: Expressions


Signs = create_model(  # type: ignore[call-overload]
    "Signs",
    __base__=Strict,
    **dict.fromkeys(("opens", *Signals.__dataclass_fields__.keys() - {"opening"}), (Some, ...)),
)


class Labels(RootModel[dict[str, dict[str, Text]]]):
    pass


class Translations(RootModel[dict[str, Translation]]):
    pass


class UnreadLanguages(RootModel[dict[str, Unread]]):
    pass


class ShortNames(BaseModel):
    model_config = ConfigDict(extra="forbid")
    short: dict[Text, Text]


TABLES: list[tuple[type[BaseModel], tuple[str, ...]]] = [
    (TextsFile, ("red_flags", "texts.toml")),
    (Rules, ("red_flags", "rules_emergency.toml")),
    (Findings, ("red_flags", "findings_emergency.toml")),
    (Findings, ("red_flags", "findings_soft.toml")),
    *((VocabularyFile, ("vocabulary", file)) for file in VOCABULARY),
    (Numbers, ("red_flags", "numbers.toml")),
    (Variants, ("red_flags", "variants.toml")),
    (Translations, ("red_flags", "translations.toml")),
    (UnreadLanguages, ("red_flags", "unread.toml")),
    (Known, ("red_flags", "languages.toml")),
    (Assertion, ("red_flags", "assertion.toml")),
    (Spelling, ("red_flags", "spelling.toml")),
    (Words, ("red_flags", "words.toml")),
    (Withdrawals, ("red_flags", "withdrawals.toml")),
    (Proportion, ("red_flags", "proportion.toml")),
    (Kindness, ("red_flags", "kindness.toml")),
    *((Language, ("red_flags", "languages", f"{code}.toml")) for code in codes()),
    (Concepts, ("scope", "concepts.toml")),
    (Subject, ("scope", "subject.toml")),
    (Signs, ("conversation", "signs.toml")),
    (Cues, ("sellers", "cues.toml")),
    (ShortNames, ("page", "publishers.toml")),
    (Labels, ("page", "labels", "en.toml")),
]


def of_language(code: str) -> Mapping[str, Any]:
    return read_data("red_flags", "languages", f"{code}.toml")


@pytest.mark.parametrize(("model", "path"), TABLES, ids=["/".join(path) for _, path in TABLES])
def test_a_table_has_every_key_no_other_and_nothing_empty(model: type[BaseModel], path: tuple[str, ...]) -> None:
    model.model_validate(read_data(*path))


def test_no_region_comes_twice_and_each_number_is_reviewed_after_it_was_read() -> None:
    regions = read_data("red_flags", "numbers.toml")["region"]
    assert len({region["id"] for region in regions}) == len(regions)
    lines = [region[line] for region in regions for line in LINES if line in region]
    assert all(line["read"] < line["review_by"] for line in lines)


def test_every_kind_of_cue_and_of_memory_has_wordings() -> None:
    assert set(read_data("red_flags", "assertion.toml")["cues"]) == set(KINDS)
    assert set(read_data("red_flags", "words.toml")["memory"]) == set(Memory.__dataclass_fields__)


@pytest.mark.parametrize("code", codes())
def test_a_language_words_only_what_english_has(code: str) -> None:
    table = of_language(code)
    assert table["language"] == code
    assert {each["id"] for each in table["finding"]} <= {finding.id for finding in load_red_flags().findings}
    assert {USUAL_KINDS.get(kind, kind) for kind in table.get("cues", {})} <= set(KINDS)


def test_each_language_has_its_words_listed_and_its_marks() -> None:
    assert sorted(read_words()) == list(codes())
    assert set(read_data("red_flags", "languages.toml")["marks"]) == set(codes())


def test_no_table_of_the_red_flags_is_left_unchecked() -> None:
    folder = resources.files("b12assistant").joinpath("data", "red_flags")
    files = {file.name for file in folder.iterdir() if file.name.endswith(".toml")}
    assert files == {path[1] for _, path in TABLES if path[0] == "red_flags" and len(path) == 2}
