"""Figures and cues, as minimal pairs: one number, one unit or one word makes the difference."""

from __future__ import annotations

import pytest

from b12assistant.answering.disagreement import Conflict, load_cues

CUES = load_cues()


def conflict(one: str, other: str, closeness: float = 0.8, shared: float = 0.45) -> Conflict | None:
    return CUES.conflict(CUES.stance(one), CUES.stance(other), closeness, shared)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Take 500 mcg a day.", "Take 1,000 mcg a day."),
        ("Take 500 to 2000 mcg a day.", "Take 1,000 mcg weekly."),
        ("It takes 2 weeks.", "It takes 3 to 6 months."),
        ("Up to 20% of people over 60 lack it.", "More than 20% of people over 80 lack it."),
        ("A level of 200 pg/mL is low.", "A level of 0.5 ng/mL is low."),
    ],
)
def test_figures_that_do_not_meet_are_told(one: str, other: str) -> None:
    assert conflict(one, other) is Conflict.FIGURES
    assert conflict(other, one) is Conflict.FIGURES


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Take 1 mg a day.", "Take 1,000 µg a day."),
        ("Take 500 to 2000 mcg a day.", "Take 1,000 mcg daily."),
        ("It takes 4 weeks.", "It takes 28 days."),
        ("It takes 1 to 3 months.", "It takes 2 to 4 months."),
        ("Take 500 mcg a day.", "It costs 20 dollars."),
        ("Take 500 mcg a day.", "Inject 1,000 mcg."),
        ("A level of 200 pg/mL is low.", "A level of 148 pmol/L is low."),
        ("People over 60 years lack it.", "People over 80 years lack it."),
        ("Take 500 mcg a day.", "Take some a day."),
    ],
)
def test_figures_that_meet_or_measure_other_things_are_no_difference(one: str, other: str) -> None:
    assert conflict(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The damage is reversible.", "The damage is permanent."),
        ("The damage is reversible.", "The damage is not reversible."),
        ("It is safe.", "It is not safe."),
        ("There is no risk.", "There are serious side effects."),
        ("A normal diet is enough.", "A normal diet gives too little."),
        ("Shots are better than pills.", "Pills are as effective as shots."),
        ("Start right away.", "Speak with a doctor first."),
        ("It is painless.", "It is painful."),
    ],
)
def test_opposed_cues_are_set_side_by_side(one: str, other: str) -> None:
    assert conflict(one, other) is Conflict.CUES
    assert conflict(other, one) is Conflict.CUES


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The damage is reversible.", "The damage is reversible early."),
        ("It is not safe.", "There are serious side effects."),
        ("It is reversible, or permanent.", "It is permanent."),
        ("Myelin wraps fibres.", "Myelin is fatty."),
    ],
)
def test_what_agrees_says_both_or_says_nothing_is_no_difference(one: str, other: str) -> None:
    assert conflict(one, other) is None


def test_two_superlatives_differ_only_where_they_name_different_things() -> None:
    assert conflict("Shots are best.", "Sprays are best.", shared=0.4) is Conflict.CUES
    assert conflict("Shots are best.", "Shots are best.", shared=0.9) is None


@pytest.mark.parametrize(("closeness", "shared"), [(0.59, 0.45), (0.8, 0.34)])
def test_sentences_on_other_subjects_are_not_compared(closeness: float, shared: float) -> None:
    assert conflict("It is safe.", "It is not safe.", closeness, shared) is None


def test_figures_need_one_subject_too() -> None:
    assert conflict("Take 500 mcg a day.", "Take 1,000 mcg a day.", closeness=0.49) is None
