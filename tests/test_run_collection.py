"""The script that measures the ranking on one collection, as a terminal runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

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


def test_a_report_is_written_where_it_is_asked_for(call: Call, run: str, tmp_path: Path) -> None:
    assert call(str(TINY), "--run", run, "--out", "out").status == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "per_query.tsv",
        "report.json",
    }


def test_reading_a_test_split_is_announced(call: Call, run: str) -> None:
    done = call(str(TINY), "--split", "test", "--run", run)
    assert "reading the test split of tiny_collection" in done.err


@pytest.mark.parametrize(
    ("file", "line", "says"),
    [
        ("corpus.jsonl", "{", "corpus.jsonl:9: not JSON"),
        ("qrels/dev.tsv", "q1\tnone\t1", "dev.tsv:6: there is no document 'none'"),
        ("theirs.trec", "q3 Q0 d4", "theirs.trec:3: not a line of a run"),
    ],
)
def test_bad_input_is_one_line_with_its_place_and_status_1(
    call: Call, run: str, tmp_path: Path, file: str, line: str, says: str
) -> None:
    folder = Path(copytree(TINY, tmp_path / "tiny"))
    path = Path(run) if file == "theirs.trec" else folder / file
    with path.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    done = call(str(folder), "--run", run, "--out", "out")
    assert (done.status, done.out) == (1, "")
    assert says in done.err
    assert not (tmp_path / "out").exists()


def test_empty_judgements_and_a_missing_file_are_status_1(call: Call, run: str, tmp_path: Path) -> None:
    folder = Path(copytree(TINY, tmp_path / "tiny"))
    (folder / "qrels" / "dev.tsv").write_text("")
    assert "no document is judged relevant" in call(str(folder), "--run", run).err
    (folder / "queries.jsonl").unlink()
    done = call(str(folder), "--run", run)
    assert done.status == 1
    assert "queries.jsonl is missing" in done.err


@pytest.mark.slow
def test_rankings_are_measured_by_name_before_those_of_files(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('says = "without feedback"\n[weights]\nfeedback = 0\n', "utf-8")
    chosen = ("--config", "mine.toml", "--ranking", "bm25", "--ranking", "dense")
    done = call(str(TINY), "--split", "dev", "--cache", "cache", "--json", *chosen)
    names = [each["name"] for each in json.loads(done.out)["rankings"]]
    assert names == ["bm25", "dense", "mine"]


@pytest.mark.slow
def test_the_shipped_ranking_answers_the_tiny_collection(call: Call, tmp_path: Path) -> None:
    done = call(str(TINY), "--split", "dev", "--cache", "cache", "--json")
    assert (done.status, done.err) == (0, "")
    figures = json.loads(done.out)
    assert figures["rankings"][0]["measures"]["success@1"]["mean"] == 1
    assert figures["model"]["name"] == "all-MiniLM-L6-v2"
    assert len(list((tmp_path / "cache").iterdir())) == 1
