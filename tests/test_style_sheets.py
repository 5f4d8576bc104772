"""One style sheet draws invisible characters wherever words of a source are shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from serving import small_space
from starlette.testclient import TestClient

from b12assistant.display.markup import UNSEEN, style_sheets
from b12assistant.web.plain_pages import FIGURES
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

PACKAGE = Path(__file__).parent.parent / "src" / "b12assistant"
HIDDEN = "# Nerves\n\nMyelin wraps every\u00adone.\n"
RULE = ".unseen::before {"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every place that shows words of a source, each with its style sheets."""
    space = small_space(tmp_path_factory.mktemp("styles"), {"nerves.md": HIDDEN})
    client = TestClient(application(space, Warmup(space)), base_url="http://127.0.0.1:7860")
    asked = {
        "page": client.get("/"),
        "source": client.get("/d/nerves.md"),
        "plain": client.get(FIGURES),
    }
    return {
        name: page.text + "".join(client.get(at).text for at in re.findall(r'"(/own/[^"]+\.css[^"]*)"', page.text))
        for name, page in asked.items()
    }


@pytest.mark.parametrize("name", ["page", "source", "plain"])
def test_wherever_words_are_shown_unseen_characters_are_drawn(name: str, pages: dict[str, str]) -> None:
    assert pages[name].count(RULE) == 1


def test_an_unseen_character_is_in_the_page_to_be_drawn(pages: dict[str, str]) -> None:
    assert '<span class="unseen" title="U+00AD">' in pages["source"]


def test_there_is_one_definition_of_how_unseen_characters_are_drawn() -> None:
    files = [path for path in PACKAGE.rglob("*") if path.suffix in (".css", ".py")]
    assert [path.name for path in files if re.search(r"(?<!\w)\.unseen\b", path.read_text("utf-8"))] == [UNSEEN]
    assert RULE in style_sheets(UNSEEN)


PAGE = ("page", "panel", "shell", "surface", "lookup", "sources", "keep", "view")


@pytest.mark.parametrize("sheet", PAGE)
def test_there_are_four_sizes_on_screen_two_weights_and_one_radius(sheet: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", style_sheets(f"{sheet}.css"), flags=re.S)

    def values(name: str) -> set[str]:
        return {value.removesuffix(" !important") for value in re.findall(rf"[ {{;]{name}: ([^;]+);", css)}

    printed = {size for size in values("font-size") if size.endswith("pt")}
    ours = {f"var(--{name})" for name in ("small", "text", "large", "title")}
    assert values("font-size") - printed <= {"inherit", "100%", "0", *ours}  # 0: only for what is copied and not seen
    assert values("font-weight") <= {"400", "600"}
    assert values("border-radius") <= {"0", "var(--radius)", "0 0 var(--radius) var(--radius)"}
