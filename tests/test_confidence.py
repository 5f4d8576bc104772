from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.confidence import Calibration, load_calibration

COMMITTED = load_calibration()
EVEN = Calibration(bias=0, closeness=2, unknown=-4, possibly=0.3, answered=0.7)


@pytest.mark.parametrize(
    ("score", "unknown", "confidence"), [(0, 0, 0.5), (1, 0.5, 0.5), (1, 0, 0.8808), (0, 1, 0.0180)]
)
def test_confidence_is_the_logistic_of_a_sum(score: float, unknown: float, confidence: float) -> None:
    assert EVEN.confidence(score, unknown) == pytest.approx(confidence, abs=1e-4)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=5).map(sorted), st.floats(0, 1))
def test_a_closer_window_is_never_less_certain(scores: list[float], unknown: float) -> None:
    assert all(a <= b for a, b in pairwise(COMMITTED.confidence(score, unknown) for score in scores))


@given(st.floats(-1, 1), st.lists(st.floats(0, 1), min_size=2, max_size=5).map(sorted))
def test_the_less_is_known_of_a_question_the_less_certain(score: float, shares: list[float]) -> None:
    assert all(a >= b for a, b in pairwise(COMMITTED.confidence(score, share) for share in shares))


def test_what_is_shown_without_reserve_is_more_certain() -> None:
    assert 0 < COMMITTED.possibly < COMMITTED.answered < 1
