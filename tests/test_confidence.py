from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.signals import Calibration, Signals, load_calibration

COMMITTED = load_calibration()
EVEN = Calibration(bias=0, closeness=2, missing=-4, absent=-1, unknown=-2, possibly=0.3, answered=0.7, leaning=-3)
NOTHING = Signals(closeness=0, missing=0, absent=0, unknown=0)
shares = st.floats(0, 1)
signals = st.builds(Signals, closeness=shares, missing=shares, absent=shares, unknown=shares)


@pytest.mark.parametrize(
    ("given", "confidence"),
    [
        (NOTHING, 0.5),
        (replace(NOTHING, closeness=1), 0.8808),
        (replace(NOTHING, missing=1), 0.0180),
        (replace(NOTHING, absent=1), 0.2689),
        (replace(NOTHING, unknown=1), 0.1192),
        (replace(NOTHING, leaning=1), 0.0474),
        (Signals(closeness=1, missing=0.5, absent=0, unknown=0), 0.5),
    ],
)
def test_confidence_is_the_logistic_of_a_sum(given: Signals, confidence: float) -> None:
    assert EVEN.confidence(given) == pytest.approx(confidence, abs=1e-4)


@pytest.mark.parametrize(
    ("asked", "barred", "is_barred"),
    [
        (0.8, 0.7, False),
        (0.7, 0.7, True),
        (0.74, 0.7, True),
        (None, 0.7, False),
        (None, 0.8, True),
        (0.1, None, False),
    ],
)
def test_a_question_about_as_near_to_one_that_nothing_answers_is_barred(
    asked: float | None, barred: float | None, *, is_barred: bool
) -> None:
    assert replace(NOTHING, asked=asked, barred=barred).is_barred is is_barred


@pytest.mark.parametrize(
    ("changed", "is_barred"),
    [
        ({}, False),
        ({"asked": 0.69}, True),
        ({"closeness": 0.5}, True),
        ({"missing": 0.2}, True),
        ({"absent": 0.4}, True),
        ({"asked": 0.48, "barred": 0.47}, True),
    ],
    ids=["nearly told", "nearer to no answer", "not close", "names another thing", "a word is absent", "little asked"],
)
def test_a_quote_that_says_nearly_what_is_asked_need_not_be_nearer(
    changed: dict[str, float], *, is_barred: bool
) -> None:
    told = Signals(closeness=0.8, missing=0.0, absent=0.1, unknown=0.0, asked=0.71, barred=0.7)
    assert replace(told, **changed).is_barred is is_barred


SIGNS = [("closeness", 1), ("missing", -1), ("absent", -1), ("unknown", -1), ("leaning", -1)]


@pytest.mark.parametrize(("name", "sign"), SIGNS)
@given(first=signals, values=st.lists(shares, min_size=2, max_size=5).map(sorted))
def test_no_signal_counts_the_wrong_way(name: str, sign: int, first: Signals, values: list[float]) -> None:
    certain = [sign * COMMITTED.confidence(replace(first, **{name: value})) for value in values]
    assert all(a <= b for a, b in pairwise(certain))


def test_answers_shown_without_reserve_are_more_certain() -> None:
    assert 0 < COMMITTED.possibly <= COMMITTED.answered < 1


def test_the_committed_weights_do_not_ignore_what_no_source_holds() -> None:
    assert COMMITTED.missing < 0
    assert COMMITTED.absent < 0


def test_a_follow_up_is_never_believed_more() -> None:
    assert COMMITTED.leaning <= 0
