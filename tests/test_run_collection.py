"""The script that measures the ranking on one collection, as a terminal runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import run_collection
from ranking.runs import write_run
from shell import Done

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


def test_a_run_is_scored_without_model_or_index(call: Call, run: str) -> None:
    done = call(str(TINY), "--run", run, "--json")
    assert done.status == 0
    assert "scoring the run" in done.err
    figures = json.loads(done.out)
    assert figures["rankings"][0]["measures"]["success@1"]["mean"] == pytest.approx(2 / 3)


@pytest.mark.slow
def test_the_shipped_ranking_answers_the_tiny_collection(call: Call, tmp_path: Path) -> None:
    done = call(str(TINY), "--split", "dev", "--cache", "cache", "--json")
    assert (done.status, done.err) == (0, "")
    figures = json.loads(done.out)
    assert figures["rankings"][0]["measures"]["success@1"]["mean"] == 1
    assert figures["model"]["name"] == "all-MiniLM-L6-v2"
    assert len(list((tmp_path / "cache").iterdir())) == 1
