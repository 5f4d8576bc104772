from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from builders import build_entry
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.application.health import check_entry
from b12assistant.application.quote_checks import check_quote
from b12assistant.index.documents import Entry
from b12assistant.types import Mark, MarkKind, Range

TEXT = "Myelin wraps every nerve. Page 3. Numb feet are an early sign. See a doctor."
QUOTE = {
    "text": "Myelin wraps every nerve. […] Numb feet are an early sign.",
    "spans": [[0, 25], [34, 62]],
    "best": [34, 62],
}


def entry() -> Entry:
    return build_entry("# Nerves\n\nMyelin wraps nerves. Numb feet tingle.\n\n## Food\n\nEat fish. Eat fish.\n", most=6)


def test_a_quote_that_matches_word_for_word_is_sound() -> None:
    assert check_quote(QUOTE, TEXT) is None


@given(st.integers(0, len(QUOTE["text"]) - 1), st.characters())
def test_one_changed_character_is_found(at: int, character: str) -> None:
    shown = str(QUOTE["text"])
    changed = shown[:at] + character + shown[at + 1 :]
    found = check_quote({**QUOTE, "text": changed}, TEXT)
    assert found == (None if changed == shown else "its words are not the words of the source")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"spans": [[0, 25], [34, 61]]}, "its words"),
        ({"spans": [[34, 62], [0, 25]]}, "not in order"),
        ({"spans": [[0, 25], [34, 620]]}, "are outside the document"),
        ({"spans": []}, "are outside the document"),
        ({"best": [26, 33]}, "best sentence is outside"),
        ({"spans": [["a", 3]]}, "no spans, text or best"),
    ],
)
def test_a_quote_that_does_not_match_is_distinguished_from_one_that_does(
    change: Mapping[str, Any], problem: str
) -> None:
    assert problem in (check_quote({**QUOTE, **change}, TEXT) or "")


def test_a_sound_entry_has_nothing_to_report() -> None:
    assert list(check_entry(entry())) == []
    assert len(entry().passages) == 2


def test_passages_that_overlap_are_found() -> None:
    good = entry()
    found = list(check_entry(replace(good, passages=(good.passages[1], good.passages[0]))))
    assert any("overlaps the one before" in problem for problem in found)


def test_a_passage_that_holds_marked_text_is_found() -> None:
    good = entry()
    start = good.passages[0].span.start
    marked = replace(good.document, marks=(Mark(Range(start, start + 1), MarkKind.NEVER, "by hand"),))
    assert any("never quoted" in problem for problem in check_entry(replace(good, document=marked)))
