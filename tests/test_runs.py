from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranking.runs import best_first, read_run, write_run

from b12assistant.errors import DatasetError
from b12assistant.evaluation.measures import write_whole

IDS = st.text("abcXYZ019-_.", min_size=1, max_size=6)
RUNS = st.dictionaries(
    IDS, st.dictionaries(IDS, st.floats(allow_nan=False, allow_infinity=False), min_size=1), min_size=1
)


@given(RUNS)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, run: dict[str, dict[str, float]]
) -> None:
    path = tmp_path_factory.mktemp("runs") / "a.trec"
    write_run(path, run, "tag")
    assert read_run(path) == run


def test_a_line_is_trecs_and_ranks_follow_scores(tmp_path: Path) -> None:
    write_run(tmp_path / "a.trec", {"q": {"b": 0.5, "a": 2.0, "c": 0.5}}, "mine")
    assert (tmp_path / "a.trec").read_text() == "q Q0 a 1 2.0 mine\nq Q0 c 2 0.5 mine\nq Q0 b 3 0.5 mine\n"
    assert best_first({"b": 0.5, "a": 2.0, "c": 0.5}) == ["a", "c", "b"]


BAD = {
    "five columns": ("q Q0 d 1 0.5", "not a line of a run (5 columns)"),
    "a sentence": ("not a run", "not a line of a run (3 columns)"),
    "a word for a score": ("q Q0 e 1 high tag", "the score 'high' is no number"),
    "not finite": ("q Q0 e 1 nan tag", "the score 'nan' is no number"),
    "a document twice": ("q Q0 d 2 0.1 tag", "'d' is ranked twice for 'q'"),
}


@pytest.mark.parametrize(("line", "says"), BAD.values(), ids=BAD.keys())
def test_a_bad_line_is_named_by_file_and_number(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "a.trec"
    path.write_text(f"q Q0 d 1 0.5 tag\n\n{line}\n")
    with pytest.raises(DatasetError) as caught:
        read_run(path)
    assert str(caught.value).startswith(f"{path}:3: {says}")


def test_an_empty_a_missing_and_an_unreadable_run_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.trec"
    with pytest.raises(DatasetError, match="cannot be read"):
        read_run(path)
    path.write_text("\n")
    with pytest.raises(DatasetError, match=r"a\.trec:1: the run is empty"):
        read_run(path)
    path.write_bytes(b"q Q0 d 1 0.5 tag\nq Q0 \xff 2 0.4 tag\n")
    with pytest.raises(DatasetError, match=r"a\.trec:2: not UTF-8"):
        read_run(path)


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(DatasetError, match="taken cannot be written"):
        write_whole(tmp_path / "taken", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
