"""The tables that ship have no key that nobody reads, and nothing empty; the program reads them without checking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from b12assistant.data_files import read_data
from b12assistant.safety.assertion import KINDS
from b12assistant.safety.fixed_texts import LINES
from b12assistant.safety.languages import USUAL_KINDS, codes, read_words
from b12assistant.safety.red_flags import Memory, load_red_flags

# Below these a table gives names of its own.
FREE = {"aliases", "called", "cues", "marks", "memory", "names", "scripts", "usual"}
LANGUAGE = "characters cues denying finding id language name named names said usual"


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
