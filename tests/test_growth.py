"""The benchmarks of growth and speed, small: what they read, what they count, and how they tell it."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from fakes import FakeEncoder
from growth import exact, measure, plot, recall, told
from growth_kinds import KINDS, Vectors
from growth_overlap import documents, sharing
from growth_plot import curves
from growth_rows import encode, file_of, first_rows
from growth_texts import LEFT_OUT, LONGEST, Stretch, questions, stretches
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


def words(text: str) -> int:
    return len(text.split())


def test_stretches_are_clauses_in_a_row_and_none_stands_twice(folder: Path) -> None:
    stored, shows = "Iron is stored in the liver", "and ferritin shows how much there is."
    folate, eggs = "Folate is not.", "Eggs hold some."
    expected = {
        stored: 0,
        shows: 0,
        f"{stored}, {shows}": 1,
        f"{shows} {folate}": 0,
        f"{shows} {folate} {eggs}": 0,
        f"{stored}, {shows} {folate}": 2,
        f"{folate} {eggs}": 2,
        TEXT: 3,
    }
    found = stretches(folder, words)
    assert sorted((each.text, each.sentences) for each in found) == sorted(expected.items())
    assert {each.text for each in found} == {TEXT[each.start : each.start + len(each.text)] for each in found}
    assert sorted(questions(folder)) == ["What of a?", "What of b?"]


def test_a_text_that_differs_in_capitals_and_blanks_alone_is_no_other(folder: Path) -> None:
    before = len(stretches(folder, words))
    (folder / "b" / "corpus.jsonl").write_text(
        json.dumps({"_id": "1", "text": "FOLATE  is not.  Eggs hold some."}) + "\n"
    )
    assert len(stretches(folder, words)) == before


def test_no_stretch_is_longer_than_is_said(folder: Path) -> None:
    long, short = f"Iron {'and iron ' * LONGEST}is stored, or so it is said.", "Folate is not."
    (folder / "a" / "corpus.jsonl").write_text(json.dumps({"_id": "1", "text": f"{long} {short}"}) + "\n")
    (folder / "b" / "corpus.jsonl").unlink()
    said = "or so it is said."
    assert {each.text: each.sentences for each in stretches(folder, words)} == {said: 0, f"{said} {short}": 0}


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no text"):
        stretches(tmp_path, words)


def test_rows_share_words_where_their_places_overlap() -> None:
    inside, beside, elsewhere = Stretch("b c", 0, 1, 2), Stretch("e f", 1, 1, 8), Stretch("b c", 1, 2, 2)
    assert sharing([beside, elsewhere]) == 0
    assert sharing([Stretch("a b c d", 1, 1, 0), inside, beside, elsewhere]) == 0.5
    assert sharing([Stretch("a b c d e f", 2, 1, 0), inside, beside]) == 1


def test_documents_of_the_first_rows_are_counted() -> None:
    given = [Stretch("", 1, document, 0) for document in (7, 7, 8, 9)]
    assert documents(given, np.array([0, 1, 3]), np.array([[0, 1], [0, 2]])) == 1.5


def test_encoding_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file, encoder = tmp_path / "rows.f32", FakeEncoder()
    given = ["numb feet", "cold feet", "warm hands"]
    assert encode(given[:2], encoder, file, seconds=60) == 2
    with file.open("ab") as cut:
        cut.write(b"half a row")
    encoder.encoded.clear()
    assert encode(given, encoder, file, seconds=60) == 3
    assert encoder.encoded == ["warm hands"]
    assert np.array_equal(first_rows(file, 3, encoder.dimension), [each.vector for each in encoder.encode(given)])
    assert np.array_equal(first_rows(file, 2, encoder.dimension), first_rows(file, 3, encoder.dimension)[:2])


def test_rows_of_other_texts_or_in_another_precision_lie_in_another_file() -> None:
    single, half = FakeEncoder(), FakeEncoder(runtime={"precision": "bfloat16"})
    assert len({file_of(["a", "b"], single), file_of(["ab"], single), file_of(["a", "b"], half)}) == 3
    assert file_of(["a", "b"], single) == file_of(["a", "b"], FakeEncoder())


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
