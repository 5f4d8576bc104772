from hypothesis import given
from hypothesis import strategies as st
from ranking.runs import compare

from b12assistant.evaluation.labelled_set import interval


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_an_interval_holds_its_mean_and_is_the_same_each_time(values: list[float]) -> None:
    told = interval(values)
    assert told["low"] - 1e-9 <= told["mean"] <= told["high"] + 1e-9
    assert told == interval(values)


def test_runs_that_do_not_differ_have_no_small_p() -> None:
    assert compare([0.5, 0.2], [0.5, 0.2])["p"] == 1
    assert compare([1.0] * 40, [0.0] * 40)["p"] < 0.001
