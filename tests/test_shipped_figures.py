"""The figures that the page gives are those of the docs, and none is beyond its floor."""

from html import unescape
from pathlib import Path

import pytest
from floors import load_floors
from serving import page_of, small_space

from b12assistant.corpus.entries import Figure, load_figures

ROOT = Path(__file__).parent.parent
FIGURES = load_figures().figure
IDS = [f"{each.about}: {each.hits} of {each.n}" for each in FIGURES]
FLOORS = {name: floor for part in ("answers", "safety") for name, floor in load_floors(part).items()}


@pytest.mark.parametrize("figure", FIGURES, ids=IDS)
def test_the_docs_give_the_same_figure(figure: Figure) -> None:
    share = figure.hits / figure.n
    ways = (f"{share:.3f}".lstrip("0"), f"{share:.2f}".lstrip("0"), f"{share:.1%}".replace("%", " %"))
    counted = f"{figure.hits} of {figure.n}"
    page = (ROOT / "docs" / figure.docs).read_text("utf-8")
    assert counted in page or (f"{figure.n:,}" in page and any(way in page for way in ways))


@pytest.mark.parametrize("figure", [each for each in FIGURES if each.floor], ids=lambda each: each.floor)
def test_no_figure_is_beyond_its_floor(figure: Figure) -> None:
    floor, share = FLOORS[figure.floor], figure.hits / figure.n
    assert floor.get("least", 0) <= share <= floor.get("most", 1)


def test_the_page_says_each_figure_with_its_day_and_command(tmp_path: Path) -> None:
    page = unescape(page_of(small_space(tmp_path)).get("/figures").text)
    for figure in FIGURES:
        assert f"{figure.hits:,}" in page
        assert figure.command in page
    assert "{" not in page
    assert "Measured on 26 November 2026: make floors" in page
