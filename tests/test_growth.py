"""The benchmarks of growth and speed, small: what they read, what they count, and how they tell it."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from fakes import FakeEncoder
from growth import encode, exact, measure, plot, recall, told
from growth_kinds import KINDS, Vectors
from growth_plot import curves
from growth_texts import LEFT_OUT, questions, stretches
from speed import OURS, SEARCH, ratios, texts

from b12assistant.errors import DatasetError

TEXT = "Iron is stored in the liver, and ferritin shows how much there is. Folate is not. Eggs hold some."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("a", TEXT), ("b", TEXT), (LEFT_OUT, "iron liver ferritin")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "corpus.jsonl").write_text(json.dumps({"_id": "1", "title": "", "text": text}) + "\n")
        (tmp_path / name / "queries.jsonl").write_text(json.dumps({"_id": "1", "text": f"What of {name}?"}) + "\n")
    return tmp_path


def test_stretches_are_clauses_and_sentences_in_a_row_and_none_stands_twice(folder: Path) -> None:
    iron, folate, eggs = (
        "Iron is stored in the liver, and ferritin shows how much there is.",
        "Folate is not.",
        "Eggs hold some.",
    )
    assert sorted(stretches(folder)) == sorted(
        [
            iron,
            folate,
            eggs,
            f"{iron} {folate}",
            f"{folate} {eggs}",
            TEXT,
            "Iron is stored in the liver",
            "and ferritin shows how much there is.",
        ]
    )
    assert sorted(questions(folder)) == ["What of a?", "What of b?"]


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no text"):
        stretches(tmp_path)


def test_encoding_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file, encoder = tmp_path / "rows.f32", FakeEncoder()
    given = ["numb feet", "cold feet", "warm hands"]
    assert encode(given[:2], encoder, file, seconds=60) == 2
    with file.open("ab") as cut:
        cut.write(b"half a row")
    encoder.encoded.clear()
    assert encode(given, encoder, file, seconds=60) == 3
    assert encoder.encoded == ["warm hands"]
    assert np.array_equal(np.fromfile(file, np.float32).reshape(3, -1), [each.vector for each in encoder.encode(given)])


def round_(many: int) -> Vectors:
    """Rows on a circle in the first two of eight directions."""
    angles = np.linspace(0, 2 * np.pi, many, endpoint=False)
    rows = np.zeros((many, 8), np.float32)
    rows[:, 0], rows[:, 1] = np.cos(angles), np.sin(angles)
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_finds_what_is_near(kind: str) -> None:
    rows, asked = round_(5_000), round_(20)
    figures = measure(kind, lambda: rows, asked, exact(rows, asked))
    assert (figures["kind"], figures["rows"]) == (kind, 5_000)
    assert figures["recall@10"] >= 0.9
    assert kind != "exact" or figures["recall@100"] == 1


def test_recall_is_the_share_of_the_first_that_is_found() -> None:
    assert recall([np.array([4, 1, 9])], np.array([[1, 2, 4]]), 2) == 0.5
    assert recall([np.array([1, -1])], np.array([[1, 2]]), 2) == 0.5


FIGURES = [
    {"kind": kind, "rows": rows, "effort": 0, "build_s": 0.5, "memory_mb": 2.0, "disk_mb": 3.0}
    | {"cpu_ms": [1.0, 2.0], "recall@10": 1.0, "recall@100": 0.99}
    for kind in ("exact", "codes")
    for rows in (1_000, 10_000)
]


def test_figures_are_told_and_drawn() -> None:
    assert list(told(FIGURES))[2] == "| 1,000 | exact |  | 1.0 / 2.0 | 0.5 | 2.0 | 3.0 | 1.0 | 0.99 |"
    drawn = ElementTree.fromstring(plot(FIGURES))  # noqa: S314 - drawn a line above
    assert len(drawn.findall("{*}polyline")) == 3 * 2
    assert "exact 1 at 1,000, 1 at 10,000" in drawn.attrib["aria-label"]


def test_what_was_too_short_to_tell_has_no_point() -> None:
    drawn = ElementTree.fromstring(plot([{**each, "build_s": 0.0} for each in FIGURES[:2]]))  # noqa: S314
    assert len(drawn.findall("{*}polyline")) == 2


def test_a_curve_rises_to_the_right_of_its_panel() -> None:
    drawn = ElementTree.fromstring(curves({"ms": {"one": [(10, 1), (1_000, 10)]}}, "rows"))  # noqa: S314
    line = drawn.find("{*}polyline")
    assert line is not None
    (left, low), (right, high) = ([float(each) for each in pair.split(",")] for pair in line.attrib["points"].split())
    assert left < right
    assert low > high  # an SVG counts downwards


def test_only_texts_that_every_system_reads_whole_are_stored(folder: Path) -> None:
    assert texts(folder, 10) == []
    (folder / "a" / "corpus.jsonl").write_text(json.dumps({"_id": "1", "text": "word " * 50}) + "\n")
    assert texts(folder, 10) == [" ".join(["word"] * 50)]


def test_a_ratio_is_to_the_product_in_the_same_run_and_of_a_search_to_its_search() -> None:
    runs = [
        {OURS: {"cold_s": 1.0, "p50_ms": 9.0}, SEARCH: {"p50_ms": 2.0}, "txtai": {"cold_s": cold, "p50_ms": 4.0}}
        for cold in (3.0, 5.0, 4.0)
    ]
    assert ratios(runs, "txtai", "cold_s") == (3.0, 4.0, 5.0)
    assert ratios(runs, "txtai", "p50_ms") == (2.0, 2.0, 2.0)
