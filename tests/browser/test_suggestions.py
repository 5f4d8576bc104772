from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import EMERGENCY, small_space

from browser.conftest import Visit
from browser.running import running

pytestmark = pytest.mark.slow

CORPUS = {
    "nerves.md": "---\ntitle: Nerves\nkind: guideline\nwords: original\n---\n\n# Nerves\n\n## What wraps a nerve?\n\n"
    "Myelin wraps a nerve.\n\n## Which nerve is longest?\n\nThe longest nerve is the sciatic nerve.\n",
}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(small_space(tmp_path_factory.mktemp("asking"), CORPUS)) as address:
        yield address


def test_an_answer_suggests_what_the_sources_answer_and_one_press_asks_it(visit: Visit, asking: str) -> None:
    reader = visit(asking)
    reader.ask("sciatic nerve")
    offered = reader.page.locator("#suggestions button")
    offered.nth(1).wait_for()
    assert [text.strip() for text in offered.all_text_contents()] == ["What wraps a nerve?", "Which nerve is longest?"]
    offered.first.click()
    reader.page.wait_for_selector("#turn2 figure.quote")
    assert reader.page.evaluate("() => document.activeElement.matches('#ask textarea')")  # the button is gone
    assert reader.page.locator("#turn2 h2 .exact").text_content() == "What wraps a nerve?"
    assert reader.page.locator("#turn2 blockquote").first.text_content() == "Myelin wraps a nerve."


def test_a_refusal_has_one_list(visit: Visit, asking: str) -> None:
    reader = visit(asking)
    turn = reader.ask("What is a nerve?")
    assert turn.locator(".nearest a").count()
    reader.quiet()
    assert reader.page.locator("#suggestions").count() == 0


def test_an_emergency_suggests_nothing(visit: Visit, asking: str) -> None:
    reader = visit(asking)
    reader.ask(EMERGENCY)
    assert reader.page.locator("#suggestions").count() == 0
