"""Feedback where it is turned on: asked for on answer and quotes, told to the reader, never in an emergency."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakeWorkspace, fake_workspace
from serving import EMERGENCY

from browser.conftest import Visit
from browser.running import running

pytestmark = pytest.mark.slow

ASKED = "What wraps every nerve: myelin?"
OPEN = "Do plants dream of paint, glass and brass bands, Dr Wibble?"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback") / "kept"


@pytest.fixture(scope="module")
def address(small: FakeWorkspace, kept: Path) -> Iterator[str]:
    space = fake_workspace(small.corpus, small.store.root, flags={"feedback.folder": str(kept)})
    space.ask("ready")
    with running(space) as address:
        yield address


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(scheme: str, width: int, visit: Visit, address: str) -> None:
    reader = visit(address, color_scheme=scheme, viewport={"width": width, "height": 844})
    reader.page.wait_for_selector("#kept .kept")
    turn = reader.ask(ASKED)
    turn.locator(".rate.answer").wait_for()
    assert reader.violations() == []
    turn.locator(".rate.answer button").first.click()
    turn.locator(".rate.answer .told:text('Thank you')").wait_for()
    assert reader.violations() == []
    assert reader.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_vote_on_a_quote_is_one_on_evidence(visit: Visit, address: str, kept: Path) -> None:
    reader = visit(address)
    turn = reader.ask(ASKED)
    turn.locator("figure .rate.evidence button", has_text="No").first.click()
    turn.locator(".rate.evidence .told:text('Thank you')").wait_for()
    last = json.loads((kept / "votes.jsonl").read_text("utf-8").splitlines()[-1])
    assert (last["about"], last["good"], last["question"]) == ("evidence", False, ASKED)
    assert last["quotes"][0]["document"] == "nerves.md"
    assert turn.locator(".rate.answer button").count() == 2


def test_nobody_is_asked_to_rate_an_emergency(visit: Visit, address: str) -> None:
    turn = visit(address).ask(EMERGENCY)
    turn.page.wait_for_function("() => document.querySelector('.turn').dataset.rated")
    assert turn.locator(".rate").count() == 0


def test_unanswered_questions_are_listed_and_downloaded(visit: Visit, address: str, kept: Path) -> None:
    reader = visit(address)
    reader.ask(OPEN)
    page = reader.page
    page.get_by_role("tab", name="Evaluate").click()
    shown = page.locator("#evaluate .kept-feedback li")
    shown.first.wait_for()
    assert "Do plants dream of paint, glass and brass bands, Dr [name]?" in shown.all_inner_texts()
    with page.expect_download() as saved:
        page.get_by_text("Download as an evaluation set").click()
    assert Path(saved.value.path()).read_bytes() == (kept / "unanswered.jsonl").read_bytes()


def test_by_default_nobody_is_asked(visit: Visit, site: str) -> None:
    turn = visit(site).ask(ASKED)
    assert turn.locator(".rate").count() == 0
    assert turn.page.locator("#kept").count() == 0
