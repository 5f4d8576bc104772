"""How long stages take: each is counted once, and nothing is measured unless asked for."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from shell import b12

from b12assistant.stages import measured, stage


@stage("inner")
def inner() -> int:
    time.sleep(0.02)
    return 1


@stage("outer")
def outer() -> int:
    time.sleep(0.01)
    return inner() + inner()


def test_a_stage_within_another_is_counted_once() -> None:
    begun = time.perf_counter()
    with measured() as stages:
        assert outer() == 2
    whole = 1000 * (time.perf_counter() - begun)
    assert list(stages.milliseconds) == ["outer", "inner"]
    assert stages.milliseconds["inner"] >= 40
    assert stages.milliseconds["outer"] >= 10
    assert sum(stages.milliseconds.values()) <= whole


@pytest.mark.slow
def test_ask_reports_its_stages_only_with_the_flag(built: Path) -> None:
    question = "What does metformin lower?"
    told = json.loads(b12("ask", "--json", "--profile", question, cwd=built).out)
    stages = told["profile_ms"]
    assert {"triage", "encode", "candidates", "late interaction", "signals", "quotes", "differences"} <= set(stages)
    assert all(each >= 0 for each in stages.values())
    plain = json.loads(b12("ask", "--json", question, cwd=built).out)
    assert "profile_ms" not in plain
    assert plain["answer"] == told["answer"]
    assert "late interaction" in b12("ask", "--profile", question, cwd=built).out
