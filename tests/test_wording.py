"""Wordings find the leftmost of their matches, and what ships is bounded."""

from __future__ import annotations

import pytest

from b12assistant.errors import ConfigError
from b12assistant.language.wording import Wordings, check_linear
from b12assistant.safety.assertion import KINDS
from b12assistant.safety.fixed_texts import load_variants
from b12assistant.safety.triage import load_rules
from b12assistant.safety.withdrawal import load_withdrawals

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
NAMES = {"leg": "legs?|foot", "adv": "(?:(?:really|just) ){0,2}"}


@pytest.mark.slow
def test_every_wording_of_the_package_can_be_read_and_is_bounded() -> None:
    for wordings in (*PACKAGED, *FOREIGN):
        wordings.check()


def test_every_phrase_of_the_package_is_bounded() -> None:
    said = [phrases for each in load_withdrawals().languages for phrases in each.values()]
    said += [phrases for variant in load_variants() for phrases in (variant.said, variant.unless)]
    for phrases in said:
        pattern = phrases._pattern.pattern
        if pattern != "(?!)":  # an empty list
            check_linear(pattern, pattern, longest=60)  # raises


@pytest.mark.parametrize("said", [["(?i)numb"], ["(?P<x>numb)", "(?P<x>cold)"]])
def test_what_can_be_read_alone_but_not_with_the_others_is_reported_by_the_check(said: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"red_flags\.toml, mine: "):
        Wordings(said, {}, "red_flags.toml, mine").check()


def test_of_two_wordings_at_one_place_the_first_is_found_and_then_what_is_behind_it() -> None:
    wordings = Wordings(["leg hurts", "my leg", "leg hurts badly", "badly"], {}, "test")
    assert wordings.findall("my leg hurts badly leg hurts badly") == ["my leg", "badly", "leg hurts", "badly"]
    assert [wordings.match(text) is not None for text in ("my leg", "oh my leg")] == [True, False]


def test_all_that_a_text_holds_is_found() -> None:
    wordings = Wordings(["cant move", "fell down", "lost {leg}"], NAMES, "test")
    assert wordings.findall("i cant move") == ["cant move"]
    assert wordings.findall("i fell down , cant move and lost foot") == ["fell down", "cant move", "lost foot"]
    assert wordings.findall("nothing") == []
