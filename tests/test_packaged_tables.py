"""The tables that ship have no key that nobody reads, and nothing empty; the program reads them without checking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest

from b12assistant.data_files import read_data
from b12assistant.language.vocabulary import FILES as VOCABULARY
from b12assistant.safety.assertion import KINDS
from b12assistant.safety.fixed_texts import LINES
from b12assistant.safety.languages import USUAL_KINDS, codes, read_words
from b12assistant.safety.red_flags import Memory, load_red_flags
from b12assistant.safety.translations import CONTROLS, TRANSLATED
from b12assistant.safety.withdrawal import LISTS

# Below these a table gives names of its own.
FREE = {"aliases", "called", "cues", "marks", "memory", "names", "scripts", "usual"}
TERMS = "kind review term variants"
LANGUAGE = "characters cues denying finding id language name named names said usual"
# Every key of a table, at any depth.
TABLES: Mapping[tuple[str, ...], str] = {
    ("red_flags", "texts.toml"): "id origin review text version",
    ("red_flags", "rules_emergency.toml"): (
        "also any apart id kept kind level negative onset origin positive rule text"
    ),
    ("red_flags", "findings_emergency.toml"): "about finding id kind named said",
    ("red_flags", "findings_soft.toml"): "about finding id kind named said",
    ("red_flags", "numbers.toml"): (
        f"abroad called copy doctor general id name number plain read region review_by source {' '.join(LINES)}"
    ),
    ("red_flags", "variants.toml"): "about names of said text unless variant",
    ("red_flags", "translations.toml"): (
        f"heading name sentences version {' '.join((*codes(), 'hi-Deva', *LINES, *TRANSLATED, *CONTROLS))}"
    ),
    ("red_flags", "languages.toml"): "english marks scripts shared words",
    ("red_flags", "assertion.toml"): "cues denial denied far names near no_harm reach said signs",
    ("red_flags", "spelling.toml"): "aliases keep known words",
    ("red_flags", "words.toml"): "memory names",
    ("red_flags", "withdrawals.toml"): f"code controls language names {' '.join(LISTS)}",
    ("red_flags", "proportion.toml"): (
        "against animal animal_is change figure known looked_up names of_animal over person_too result said"
    ),
    ("red_flags", "kindness.toml"): "cue not_shown patterns shown text",
    **{("vocabulary", file): TERMS for file in VOCABULARY},
    **{("red_flags", "languages", f"{code}.toml"): LANGUAGE for code in codes()},
    ("scope", "concepts.toml"): "asked asks concept each id mentions names",
    ("scope", "subject.toml"): "names",
    ("conversation", "signs.toml"): (
        "asks before_pointer clause general inside opens pointers possessives pronouns remark"
    ),
    ("sellers", "cues.toml"): "caution dose safe start_or_stop",
}


def keys_of(value: object, *, own: bool = False) -> Iterator[str]:
    """Every key in a table, apart from the names that it gives itself."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not own:
                yield key
            yield from keys_of(each, own=key in FREE and not own)
    elif isinstance(value, list):
        for each in value:
            yield from keys_of(each)


def texts_of(value: object) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from texts_of(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("path", TABLES, ids="/".join)
def test_a_table_has_no_key_that_nobody_reads_and_nothing_empty(path: tuple[str, ...]) -> None:
    table = read_data(*path)
    assert set(keys_of(table)) <= set(TABLES[path].split())
    assert all(text.strip() for text in texts_of(table))


def of_language(code: str) -> Mapping[str, Any]:
    return read_data("red_flags", "languages", f"{code}.toml")


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
    assert files - {"unread.toml"} == {path[1] for path in TABLES if path[0] == "red_flags" and len(path) == 2}
