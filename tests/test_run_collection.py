"""The script that measures the ranking on one collection, as a terminal runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import run_collection
import run_suite
from hypothesis import given
from hypothesis import strategies as st
from ranking.runs import interval, write_run
from shell import Done

from b12assistant.api import Workspace
from b12assistant.config import load_configuration

Call = Callable[..., Done]
TINY = Path(__file__).parent / "fixtures" / "tiny_collection"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> Done:
        status = run_collection.main(arguments)
        streams = capsys.readouterr()
        return Done(status, streams.out, streams.err)

    return called


@pytest.fixture
def run(tmp_path: Path) -> str:
    write_run(tmp_path / "theirs.trec", {"q1": {"d1": 1.0}, "q2": {"d5": 1.0}}, "theirs")
    return str(tmp_path / "theirs.trec")


def test_a_run_is_scored_without_model_or_index(call: Call, run: str, tmp_path: Path) -> None:
    done = call(str(TINY), "--run", run, "--out", "out")
    assert done.status == 0
    figures = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert figures["rankings"][0]["measures"]["success@1"]["mean"] == pytest.approx(2 / 3)


@pytest.mark.slow
def test_the_shipped_ranking_answers_the_tiny_collection(call: Call, tmp_path: Path) -> None:
    done = call(str(TINY), "--split", "dev", "--out", "out")
    assert (done.status, done.err) == (0, "")
    figures = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert figures["rankings"][0]["measures"]["success@1"]["mean"] == 1
    assert figures["model"]["name"] == "all-MiniLM-L6-v2"
    assert len(list((tmp_path / run_collection.CACHE).iterdir())) == 1


def test_the_published_figures_are_of_the_encoder_and_the_ranking_that_ship() -> None:
    encoder = Workspace(load_configuration(environment={})).encoder.digest
    assert run_suite.what_ships(encoder) in run_suite.PAGE.read_text("utf-8"), "run `make bench` again"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_an_interval_holds_its_mean_and_is_the_same_each_time(values: list[float]) -> None:
    told = interval(values)
    assert told["low"] - 1e-9 <= told["mean"] <= told["high"] + 1e-9
    assert told == interval(values)
