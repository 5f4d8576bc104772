import json
from pathlib import Path

import pytest
import speed

from b12assistant.errors import DatasetError

GIVEN = (Path("texts.json"), Path("questions.json"))
FIGURES = {"cold_s": 1.0, "cold_cpu_s": 1.0, "p50_ms": 8.0, "p95_ms": 20.0, "p50_cpu_ms": 8.0, "memory_mb": 400.0}
STORED = {"ingest_per_cpu_s": 30.0}
RUN = {
    speed.OURS: FIGURES | STORED | {"p50_ms": 16.0},
    speed.SEARCH: FIGURES,
    "txtai": FIGURES | STORED | {"ingest_per_cpu_s": 15.0},
}


def without(system: str) -> speed.Figures:
    raise SystemExit(f"{system} cannot ingest: no module named txtai")


def test_an_unavailable_system_is_named_once_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speed, "run_of", lambda system, *_: without(system) if system == "txtai" else RUN[system])
    runs = speed.measured(list(RUN), 2, "python", GIVEN)
    assert [list(run) for run in runs] == [[speed.OURS, speed.SEARCH]] * 2
    left_out = [line for line in capsys.readouterr().out.splitlines() if line.startswith("left out")]
    assert left_out == ["left out: txtai cannot ingest: no module named txtai"]


def test_nothing_can_be_compared_without_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "run_of", lambda system, *_: without(system))
    with pytest.raises(SystemExit, match="b12assistant cannot ingest"):
        speed.measured([speed.OURS, "txtai"], 1, "python", GIVEN)


def test_storing_is_compared_with_the_product_and_questions_with_its_search() -> None:
    other = {system: {name: 2 * value for name, value in figures.items()} for system, figures in RUN.items()}
    assert speed.ratios([RUN, other], "txtai", "ingest_per_cpu_s") == (0.5, 0.5, 0.5)
    assert speed.ratios([RUN, other], speed.OURS, "p50_ms") == (2, 2, 2)


def test_the_table_has_a_row_for_each_system_and_says_what_search_has_stored() -> None:
    _, _, *rows = speed.told([RUN])
    assert [row.split(" | ")[0] for row in rows] == [f"| {system}" for system in RUN]
    assert ["as above" in row for row in rows] == [False, True, False]


def test_questions_are_from_every_collection_but_one_and_each_occurs_once(tmp_path: Path) -> None:
    for name in ("a", "b", speed.LEFT_OUT):
        (tmp_path / name).mkdir()
        rows = [
            {"_id": "1", "text": f"What of {name}?"},
            {"_id": "2", "text": "What of all?"},
            {"_id": "3", "text": " "},
        ]
        (tmp_path / name / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert sorted(speed.questions(tmp_path)) == ["What of a?", "What of all?", "What of b?"]
    assert speed.questions(tmp_path) == speed.questions(tmp_path)
    with pytest.raises(DatasetError):
        speed.questions(tmp_path / speed.LEFT_OUT)


def test_only_texts_that_every_system_reads_whole_are_stored(tmp_path: Path) -> None:
    texts = ["too short", "word " * 50, "word " * 500]
    rows = "".join(json.dumps({"_id": str(number), "text": text}) + "\n" for number, text in enumerate(texts))
    (tmp_path / "corpus.jsonl").write_text(rows)
    assert speed.texts(tmp_path, 10) == [" ".join(["word"] * 50)]


def test_a_ratio_is_to_the_product_in_the_same_run_and_of_a_search_to_its_search() -> None:
    runs = [
        {
            speed.OURS: {"cold_s": 1.0, "p50_ms": 9.0},
            speed.SEARCH: {"p50_ms": 2.0},
            "txtai": {"cold_s": cold, "p50_ms": 4.0},
        }
        for cold in (3.0, 5.0, 4.0)
    ]
    assert speed.ratios(runs, "txtai", "cold_s") == (3.0, 4.0, 5.0)
    assert speed.ratios(runs, "txtai", "p50_ms") == (2.0, 2.0, 2.0)
