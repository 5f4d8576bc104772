"""The script that measures the ranking on one collection, as a terminal runs it."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import run_collection
from hypothesis import given
from hypothesis import strategies as st
from ranking.datasets import Text, load_dataset
from ranking.runs import read_run, write_run
from shell import Done

Call = Callable[..., Done]
TINY = Path(__file__).parent / "fixtures" / "tiny_collection"
IDS = st.text("abcXYZ019-_.", min_size=1, max_size=6)
RUNS = st.dictionaries(
    IDS, st.dictionaries(IDS, st.floats(allow_nan=False, allow_infinity=False), min_size=1), min_size=1
)


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


def test_text_is_for_people(call: Call, run: str) -> None:
    lines = call(str(TINY), "--run", run).out.splitlines()
    assert lines[0] == "collection: tiny_collection, split dev"
    assert any(line.startswith("  nDCG@10     0.") for line in lines)
    assert "  mind: 1 of 3 queries are missing from the run and count as 0 (first: q3)" in lines


def test_a_report_is_written_where_it_is_asked_for(call: Call, run: str, tmp_path: Path) -> None:
    assert call(str(TINY), "--run", run, "--out", "out").status == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "per_query.tsv",
        "report.json",
        "report.md",
    }


def test_reading_a_test_split_is_announced(call: Call, run: str) -> None:
    done = call(str(TINY), "--split", "test", "--run", run)
    assert "reading the test split of tiny_collection" in done.err


@pytest.mark.parametrize(
    ("file", "line", "says"),
    [
        ("corpus.jsonl", "{", "corpus.jsonl:9: not JSON"),
        ("corpus.jsonl", '{"_id": "d1", "text": "x"}', "corpus.jsonl:9: the id 'd1' was used before"),
        ("queries.jsonl", '{"_id": "x", "text": " "}', "queries.jsonl:7: the query is empty"),
        ("qrels/dev.tsv", "q1\tnone\t1", "dev.tsv:6: there is no document 'none'"),
        ("qrels/dev.tsv", "q1\td1\t1", "dev.tsv:6: 'd1' was judged otherwise"),
        ("qrels/dev.tsv", "q1\td2\tgood", "dev.tsv:6: the grade 'good' is no whole number"),
        ("theirs.trec", "q3 Q0 d4", "theirs.trec:3: not a line of a run"),
        ("theirs.trec", "q3 Q0 d4 1 nan tag", "theirs.trec:3: the score 'nan' is no number"),
        ("theirs.trec", "q1 Q0 d1 2 0.1 tag", "theirs.trec:3: 'd1' is ranked twice for 'q1'"),
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


@given(RUNS)
def test_a_run_that_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, run: dict[str, dict[str, float]]
) -> None:
    path = tmp_path_factory.mktemp("runs") / "a.trec"
    write_run(path, run, "tag")
    assert read_run(path) == run


def test_ranks_follow_scores(tmp_path: Path) -> None:
    write_run(tmp_path / "a.trec", {"q": {"b": 0.5, "a": 2.0, "c": 0.5}}, "mine")
    assert (tmp_path / "a.trec").read_text() == "q Q0 a 1 2.0 mine\nq Q0 c 2 0.5 mine\nq Q0 b 3 0.5 mine\n"


def test_gzipped_files_read_alike(tmp_path: Path) -> None:
    tiny = Path(copytree(TINY, tmp_path / "tiny"))
    for name in ("corpus.jsonl", "queries.jsonl"):
        (tiny / f"{name}.gz").write_bytes(gzip.compress((tiny / name).read_bytes()))
        (tiny / name).unlink()
    assert load_dataset(tiny).texts == load_dataset(TINY).texts
    assert load_dataset(tiny).digest == load_dataset(TINY).digest


def test_trec_files_read_alike(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.trec").write_text(
        "<DOC>\n<DOCNO> a-1 </DOCNO>\n<TITLE>Rain &\nbarrels</TITLE>\n"
        "<TEXT>\nA barrel <b>keeps</b> rain.\n</TEXT>\n</DOC>\n"
        "<DOC><DOCNO>a-2</DOCNO><TEXT>Compost.</TEXT></DOC>\n"
    )
    (tmp_path / "queries.tsv").write_text("7\tkeeping rain\n8\tcompost\n")
    (tmp_path / "qrels" / "dev.qrels").write_text("7 0 a-1 1\n7 0 a-2 -1\n8\t0\ta-2\t2\n")
    dataset = load_dataset(tmp_path)
    assert dataset.texts == (Text("a-1", "Rain & barrels", "A barrel  keeps  rain."), Text("a-2", "", "Compost."))
    assert dataset.queries == {"7": "keeping rain", "8": "compost"}
    assert dataset.qrels == {"7": {"a-1": 1, "a-2": -1}, "8": {"a-2": 2}}


def test_a_test_split_is_never_the_default_if_there_is_another(tmp_path: Path) -> None:
    tiny = Path(copytree(TINY, tmp_path / "tiny"))
    assert load_dataset(tiny).split == "dev"
    (tiny / "qrels" / "dev.tsv").unlink()
    assert load_dataset(tiny).split == "test"


def test_an_unknown_ranking_is_wrong_use(call: Call) -> None:
    done = call(str(TINY), "--ranking", "bm2")
    assert done.status == 2
    assert "there is no ranking 'bm2': did you mean bm25?" in done.err


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
