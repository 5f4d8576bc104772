"""Wordings find what all of them together would find, however few of them are compiled."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.errors import ConfigError
from b12assistant.language.folding import fold
from b12assistant.language.wording import Literals, Wordings
from b12assistant.safety.assertion import KINDS
from b12assistant.safety.triage import load_rules

RULES = load_rules()
MEMORY = RULES.red_flags.memory
PACKAGED = [each for finding in RULES.red_flags.findings for each in (finding.said, finding.named)]
PACKAGED += [RULES.cues[kind] for kind in KINDS]
PACKAGED += [MEMORY.leaning, MEMORY.leaning_start, MEMORY.parts, MEMORY.filler]
FOREIGN = [
    each
    for lexicon in RULES.languages.lexicons
    for each in (
        *(wordings for finding in lexicon.spoken.findings for wordings in (finding.said, finding.named)),
        *lexicon.spoken.cues.values(),
    )
]
EXEMPLARS = Path(__file__).parent.parent / "benchmarks" / "data" / "red_flags" / "train.jsonl"
NAMES = {"leg": "legs?|foot", "adv": "(?:(?:really|just) ){0,2}", "limb": "{leg}|arms?"}


@pytest.mark.slow
def test_every_wording_of_the_package_can_be_read_and_is_bounded() -> None:
    for wordings in (*PACKAGED, *FOREIGN):
        wordings.check()


@pytest.mark.parametrize("said", [["(?i)numb"], ["(?P<x>numb)", "(?P<x>cold)"]])
def test_what_can_be_read_alone_but_not_with_the_others_is_reported_by_the_check(said: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"red_flags\.toml, mine: "):
        Wordings(said, Literals(), "red_flags.toml, mine").check()


@pytest.mark.parametrize(
    ("expression", "needed"),
    [
        ("lost the use", {"lost the use"}),
        ("walks?", {"walk"}),
        ("(?:leg|foot)", {"leg", "foot"}),
        ("no (?:power|use) in", {" in", "power", "use"}),
        ("{limb}", {"leg", "foot", "arm"}),
        ("cant {adv}move", {"move", "cant "}),
        ("numb(?! (?:joke|skull))", {"numb"}),
        ("(?:very )?", None),
        (r"\d+", None),
        ("(?:a{0,3}|b)", None),
        ("{nobody}", None),
        ("(?P<x>leg)", None),
        (")leg", None),
        ("(leg", None),
        ("[^leg]", None),
        ("x??", None),
        ("ab{2,3}", {"ab"}),
    ],
)
def test_what_must_be_in_a_text_is_found(expression: str, needed: set[str] | None) -> None:
    found = Literals(NAMES)[expression]
    if needed is None:
        assert found is None
    else:
        assert found is not None
        assert found <= needed


ATOMS = st.sampled_from(
    ["a", "b", "ab", "c ", "ba", "a?", "b*", "c+", "a{0,2}", "b{1,2}", "[ab]", ".", r"\S", "^", "$"]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["", "?", "+", "{0,2}", "{2}", "??"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
        inner.map(lambda part: f"(?!{part})"),
        inner.map(lambda part: f"(?={part})"),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, st.text(alphabet="abc ", max_size=12))
def test_nothing_that_matches_is_ruled_out(expression: str, text: str) -> None:
    literals = Literals()
    if re.search(expression, text):
        assert all(any(letters in text for letters in each) for each in literals.all_of(expression))
        assert literals[expression] is None or literals[expression] in literals.all_of(expression)


def test_everything_that_must_be_in_a_text_is_needed() -> None:
    needed = Literals(NAMES).all_of("cant {adv}move .{0,9} {leg}(?: now)?")
    assert {frozenset({"cant "}), frozenset({"legs", "leg", "foot"})} & set(needed)
    assert len(needed) > 1
    assert Literals(NAMES).all_of("cant|dont") == (frozenset({"cant", "dont"}),)


@given(st.lists(st.text(alphabet="abc ", min_size=1, max_size=5), max_size=8), st.text(alphabet="abc ", max_size=20))
def test_everything_watched_that_is_in_a_text_is_reported(letters: list[str], text: str) -> None:
    literals = Literals()
    for each in letters:  # correct again as more is watched, for a text that was read before
        literals.watch([each])
        watched = letters[: letters.index(each) + 1]
        assert literals.standing(text) >= {one for one in watched if one in text}
    assert literals.standing(text) == {each for each in letters if each in text}


def test_many_threads_watch_without_losing_a_word() -> None:
    words = [f"{first}{second}{third}" for first in "ab" for second in "cde" for third in range(200)]
    literals = Literals()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda word: literals.watch([word]), words))
    assert literals.standing(" ".join(words)) == set(words)


def test_of_two_wordings_at_one_place_the_first_is_found_and_then_what_is_behind_it() -> None:
    wordings = Wordings(["leg hurts", "my leg", "leg hurts badly", "badly"], Literals(), "test")
    assert wordings.findall("my leg hurts badly leg hurts badly") == ["my leg", "badly", "leg hurts", "badly"]
    assert [wordings.match(text) is not None for text in ("my leg", "oh my leg")] == [True, False]


def test_places_are_those_of_the_text_that_was_asked_about_last() -> None:
    wordings = Wordings(["leg", "arm"], Literals(), "test")
    texts = ["my leg", "my leg", "an arm , a leg", "", "my leg"]
    assert [wordings.spans(text) for text in texts] == [((3, 6),), ((3, 6),), ((3, 6), (11, 14)), (), ((3, 6),)]


@pytest.mark.slow
def test_a_part_of_the_wordings_finds_what_all_of_them_find() -> None:
    lines = EXEMPLARS.read_text("utf-8").splitlines()[::250]
    texts = [fold(json.loads(line)["text"], RULES.spelling.correct).text for line in lines]
    found = 0
    for wordings in PACKAGED:
        expressions = "|".join(wordings.expressions())
        whole = re.compile(rf"(?<!\S)(?:{expressions})(?!\S)" if expressions else "(?!)")
        for text in texts:
            spans = [match.span() for match in whole.finditer(text)]
            fresh = Wordings(wordings._wordings, wordings._literals, "test")
            assert [match.span() for match in fresh.finditer(text)] == spans
            assert [match.span() for match in wordings.finditer(text)] == spans
            found += len(spans)
    assert found > len(texts)


def test_a_second_text_that_needs_more_gets_it() -> None:
    wordings = Wordings(["cant move", "fell down", "lost {leg}"], Literals(NAMES), "test")
    assert wordings.findall("i cant move") == ["cant move"]
    assert wordings.findall("i fell down , cant move and lost foot") == ["fell down", "cant move", "lost foot"]
    assert wordings.findall("nothing") == []


def test_words_are_those_of_the_wordings_and_of_the_lists_they_name() -> None:
    wordings = Wordings(["cannot {adv}move", "leg .. gone", "walks?"], Literals(NAMES), "test")
    assert wordings.words() >= {"cannot", "really", "just", "gone", "never"}
    assert not wordings.words() & {"foot", "legs", "walk", "walks"}
