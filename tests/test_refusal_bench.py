"""The arithmetic of the refusal bench and of its fit, on figures that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from fit_leaning import leaning_of
from fit_longer import cut_of
from fit_refusal import KEPT, SIGNS, calibrated, weighed
from refusal import by_style, reliability, risk_coverage, wilson
from refusal_data import Asked, folds, follow_ups, labelled

from b12assistant.answering.signals import Calibration, Signals

CUTS = Calibration(bias=0, closeness=1, missing=0, absent=0, unknown=0, possibly=0.5, answered=0.9)
ASKED = [
    Asked("a", answerable=True, style="lay"),
    Asked("b", answerable=True, style="typo"),
    Asked("c", answerable=False, style="near_miss"),
    Asked("d", answerable=False, style="near_miss"),
]
CERTAIN = np.array([0.9, 0.4, 0.6, 0.1])
ANSWERABLE = np.array([each.answerable for each in ASKED])


def test_what_is_refused_is_reported_by_style() -> None:
    refused = {name: (row["n"], row["refused"]) for name, row in by_style(CERTAIN, ASKED, CUTS).items()}
    assert refused == {
        "answerable: all": (2, 0.5),
        "answerable: lay": (1, 0.0),
        "answerable: typo": (1, 1.0),
        "unanswerable: near_miss": (2, 0.5),
    }


@pytest.mark.parametrize(("hits", "count", "interval"), [(0, 10, (0.0, 0.278)), (5, 10, (0.237, 0.763))])
def test_wilsons_interval(hits: int, count: int, interval: tuple[float, float]) -> None:
    assert wilson(hits, count) == interval


def test_the_most_certain_are_answered_first() -> None:
    assert [each["risk"] for each in risk_coverage(CERTAIN, ANSWERABLE)] == [0.0, 0.5, 0.333, 0.5]
    assert [each["coverage"] for each in risk_coverage(CERTAIN, ANSWERABLE)] == [0.25, 0.5, 0.75, 1.0]


def test_reliability_weighs_both_classes_alike() -> None:
    certain = np.repeat([0.2, 0.8], [15, 15])
    answerable = np.array([False] * 12 + [True] * 3 + [True] * 15)
    bins = reliability(certain, answerable)
    assert [each["confidence"] for each in bins] == sorted(each["confidence"] for each in bins)
    assert bins[0]["answerable"] == 0.0
    assert bins[-1]["answerable"] == 1.0


def test_no_weight_is_fitted_against_its_sign() -> None:
    rng = np.random.default_rng(1)
    y = rng.random(200) < 0.5
    against = np.column_stack([1 - y, y, rng.random(200), 1 - y, 1 - y, y]) + 0.1 * rng.random((200, 6))
    theta = weighed(against.astype(float), y, np.ones(200))
    assert theta[0] >= 0
    assert (theta[1:4] <= 0).all()
    assert theta[1] == pytest.approx(0)
    assert theta[3] < 0
    assert theta[4] >= 0
    assert theta[5] == pytest.approx(0)


def test_the_cut_keeps_95_of_100_of_the_answerable() -> None:
    rng = np.random.default_rng(2)
    y = np.arange(400) % 2 == 0
    x = np.column_stack([y * 0.1, ~y * 0.1, ~y * 0.1, rng.random(400), 1.1 + y * 0.1, ~y * 0.1]) + rng.random((400, 6))
    asked = [Asked("q", answerable=bool(each), style="near_miss") for each in y]
    cuts = calibrated((x, asked), (x, asked))
    kept = [cuts.confidence(Signals(**dict(zip(SIGNS, row, strict=True)))) >= cuts.possibly for row in x[y].tolist()]
    assert np.mean(kept) == pytest.approx(0.95, abs=0.01)
    assert cuts.possibly <= cuts.answered
    others = [
        cuts.confidence(Signals(*row[:4])) >= cuts.possibly for row in x[y].tolist()
    ]  # quotes that no question was asked of
    assert np.mean(others) == pytest.approx(0.95, abs=0.01)


def test_as_many_follow_ups_as_questions_are_kept() -> None:
    totals = np.random.default_rng(3).normal(3, 1, 400)  # the cut is at 0
    assert np.mean(totals + leaning_of(CUTS, totals) >= 0) == pytest.approx(KEPT, abs=0.01)


def test_no_follow_up_is_let_through_for_being_one() -> None:
    assert leaning_of(CUTS, np.full(9, -2.0)) == 0


def test_follow_ups_come_with_the_turns_before_them_and_never_open() -> None:
    found = follow_ups("calibration")
    assert all(each.history for each in found)
    assert {each.answerable for each in found} == {True, False}


def test_every_row_is_left_out_once_and_never_fitted_on_then() -> None:
    left_out = []
    for kept, left in folds(20):
        assert not set(kept) & set(left)
        left_out += left
    assert sorted(left_out) == list(range(20))


@pytest.mark.parametrize("split", ["train", "calibration"])
def test_the_labelled_splits_hold_both_kinds(split: str) -> None:
    asked = labelled(split)
    assert {each.answerable for each in asked} == {True, False}
    assert {"near_miss", "other_health", "off_topic", "nonsense"} <= {each.style for each in asked}


def test_the_splits_share_no_question() -> None:
    train, calibration = ({each.question for each in labelled(split)} for split in ("train", "calibration"))
    assert not train & calibration


def test_the_cut_of_longer_questions_refuses_nine_in_ten_of_what_nothing_answers() -> None:
    others = np.arange(100) / 200
    cut = cut_of(others)
    assert np.mean(others < cut) >= 0.9 > np.mean(others < cut - 0.01)
