"""The figures that the page gives are those of the docs, and none is beyond its floor."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from floors import load_floors
from serving import page_of, small_space

from b12assistant.answers import Move, Reason
from b12assistant.data_files import read_data
from b12assistant.display.labels import label, review, tables
from b12assistant.types import Source, SourceKind


@pytest.mark.parametrize(
    ("stated", "shown"),
    [("not clinically reviewed", "no doctor has checked it"), ("by Dr A. Sample", "by Dr A. Sample"), (None, "")],
)
def test_that_nobody_reviewed_a_source_is_said_in_the_words_of_readers(stated: str | None, shown: str) -> None:
    assert review(Source(review=stated)) == shown


ROOT = Path(__file__).parent.parent / "src" / "b12assistant"
HEALTH = re.compile(
    r"\b(?:b12|vitamin|nerv|dos[ei]s?\b|symptom|síntoma|deficien|doctor|médic|treat|inject|inyec|anaemi)", re.I
)
UNCHECKED = re.compile(r"\bno doctor has checked\b", re.I)  # of our texts, not of health


def test_every_value_that_an_answer_can_have_has_a_label() -> None:
    for kind in SourceKind:
        assert label(f"kinds.{kind}")
    for move in Move:
        assert label(f"moves.{move}")
    assert {*tables()["headlines"]} == {*Reason} - {Reason.RED_FLAG, Reason.TRIAGE_FAILED}


def test_no_label_speaks_about_health() -> None:
    for name, table in tables().items():
        assert [
            text for text in table.values() if HEALTH.search(UNCHECKED.sub("", text.replace("b12assistant", "")))
        ] == [], name


REPOSITORY = Path(__file__).parent.parent
FIGURES = read_data("page", "figures.toml")["figure"]
IDS = [f"{each['about']}: {each['hits']} of {each['n']}" for each in FIGURES]
FLOORS = {name: floor for part in ("answers", "safety") for name, floor in load_floors(part).items()}


@pytest.mark.parametrize("figure", FIGURES, ids=IDS)
def test_the_docs_give_the_same_figure(figure: dict[str, Any]) -> None:
    hits, n = figure["hits"], figure["n"]
    share = hits / n
    ways = (f"{share:.3f}".lstrip("0"), f"{share:.2f}".lstrip("0"), f"{share:.1%}".replace("%", " %"))
    page = (REPOSITORY / "docs" / figure["docs"]).read_text("utf-8")
    assert f"{hits} of {n}" in page or (f"{n:,}" in page and any(way in page for way in ways))


@pytest.mark.parametrize("figure", [each for each in FIGURES if "floor" in each], ids=lambda each: each["floor"])
def test_no_figure_is_beyond_its_floor(figure: dict[str, Any]) -> None:
    floor, share = FLOORS[figure["floor"]], figure["hits"] / figure["n"]
    assert floor.get("least", 0) <= share <= floor.get("most", 1)


def test_the_page_says_each_figure_with_its_day_and_command(tmp_path: Path) -> None:
    page = unescape(page_of(small_space(tmp_path)).get("/figures").text)
    for figure in FIGURES:
        assert f"{figure['hits']:,}" in page
        assert figure["command"] in page
    assert "{" not in page
    assert "Measured on 1 December 2026: make floors" in page
