import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranking.runs import JUDGED, NAMES, answerable, holm, score

from b12assistant.evaluation.measures import compare, interval

QRELS = {"q1": {"a": 3, "b": 1, "c": 0}, "q2": {"a": 1}, "q3": {"c": 0}}
RUN = {"q1": {"c": 3.0, "b": 2.0, "a": 1.0, "x": 0.5}}


def test_ndcg_has_linear_gain() -> None:
    found = score(QRELS, RUN)["nDCG@10"]["q1"]
    ideal = 3 / math.log2(2) + 1 / math.log2(3)
    assert found == pytest.approx((1 / math.log2(3) + 3 / math.log2(4)) / ideal)


def test_a_query_the_run_lacks_scores_0_and_one_without_a_relevant_document_is_not_counted() -> None:
    scores = score(QRELS, RUN)
    assert set(scores) == {*NAMES, JUDGED}
    assert all(list(each) == ["q1", "q2"] for each in scores.values())
    assert all(scores[name]["q2"] == 0 for name in NAMES)
    assert answerable(QRELS) == ["q1", "q2"]


def test_the_plain_measures_by_hand() -> None:
    scores = {name: each["q1"] for name, each in score(QRELS, RUN).items()}
    assert scores["MRR"] == 1 / 2
    assert scores["MAP"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert [scores["P@1"], scores["P@3"], scores["P@10"]] == pytest.approx([0, 2 / 3, 0.2])
    assert (scores["success@1"], scores["success@3"]) == (0, 1)
    assert (scores["Recall@5"], scores["Recall@100"]) == (1, 1)
    assert scores[JUDGED] == pytest.approx(3 / 4)


def test_the_least_relevant_grade_moves_all_but_ndcg() -> None:
    strict, lax = score(QRELS, RUN, relevant=2), score(QRELS, RUN)
    assert list(strict["MAP"]) == ["q1"]
    assert strict["MRR"]["q1"] == pytest.approx(1 / 3)
    assert strict["nDCG@10"]["q1"] == lax["nDCG@10"]["q1"]


def test_an_empty_run_scores_0() -> None:
    scores = score(QRELS, {})
    assert all(value == 0 for each in scores.values() for value in each.values())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_an_interval_holds_its_mean_and_is_the_same_each_time(values: list[float]) -> None:
    told = interval(values)
    assert told["low"] - 1e-9 <= told["mean"] <= told["high"] + 1e-9
    assert told == interval(values)


def test_an_interval_is_the_bootstraps() -> None:
    from scipy.stats import bootstrap

    values = np.random.default_rng(1).random(200)
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=10_000, rng=2).confidence_interval
    ours = interval(values)
    assert (ours["low"], ours["high"]) == pytest.approx((theirs.low, theirs.high), abs=0.004)


def test_p_is_the_randomisation_tests() -> None:
    from scipy.stats import permutation_test

    rng = np.random.default_rng(3)
    ours, theirs = rng.random(60) + 0.05, rng.random(60)
    expected = permutation_test(
        (ours, theirs), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=10_000, rng=4
    ).pvalue
    assert compare(ours.tolist(), theirs.tolist())["p"] == pytest.approx(expected, abs=0.02)


def test_runs_that_do_not_differ_have_no_small_p() -> None:
    assert compare([0.5, 0.2], [0.5, 0.2])["p"] == 1
    assert compare([1.0] * 40, [0.0] * 40)["p"] < 0.001


def test_holms_correction_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]
