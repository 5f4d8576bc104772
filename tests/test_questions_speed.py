"""The budget of a short question, by stage."""

import pytest
import questions_speed
from questions_speed import BUDGET, CPU, MOST, over, spent

WITHIN = {part: milliseconds for part, (_, milliseconds) in BUDGET.items()}


def test_a_part_over_its_budget_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert over(WITHIN) == []
    assert over(WITHIN | {"safety": (MOST + 0.1) * WITHIN["safety"]}) == ["safety"]
    printed = capsys.readouterr().out
    assert all(part in printed for part in BUDGET)


def test_what_no_stage_measures_is_the_rest() -> None:
    rows = [{CPU: 20.0, "triage": 4.0, "reading": 1.0, "encode": 6.0}, {CPU: 10.0, "triage": 2.0, "quotes": 3.0}]
    assert spent(rows) == {
        "safety": 3.0,
        "understanding, encoding": 3.5,
        "candidates, late interaction": 0.0,
        "quotes, judgement": 1.5,
        "the rest": 7.0,
    }


def test_the_fixed_calculation_takes_time() -> None:
    assert questions_speed.unit() > 0
