"""The tab Evaluate: reports of every kind are read, failures are walked through, files are downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders_reports import QUESTIONS, write_reports
from fakes import FakeWorkspace, fake_workspace
from playwright.sync_api import Page

from browser.conftest import Visit
from browser.reading import Reader
from browser.running import running

pytestmark = pytest.mark.slow


# The report that was chosen last, and none that came before it.
SHOWN = "#evaluate .report:not([aria-busy]) h2"


@pytest.fixture(scope="module")
def folder(small: FakeWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_reports(small, tmp_path_factory.mktemp("evaluate") / "reports")
    (folder / "broken").mkdir()
    (folder / "broken" / "report.json").write_text("{}")
    os.utime(folder / "broken" / "report.json", (0, 0))  # the newest is shown first
    return folder


@pytest.fixture(scope="module")
def address(small: FakeWorkspace, folder: Path) -> Iterator[str]:
    space = fake_workspace(small.corpus, small.store.root, flags={"paths.reports": str(folder)})
    space.ask("ready")
    with running(space) as address:
        yield address


def evaluate(reader: Reader, name: str) -> Page:
    page = reader.page
    page.get_by_role("tab", name="Evaluate").click()
    page.locator("#evaluate .reports button", has_text=name).click()
    page.wait_for_selector(f"#evaluate .reports button[aria-pressed=true]:has-text('{name}')")
    page.wait_for_selector(SHOWN)
    return page


STATES = ("questions", "ranking", "red-flags", "broken", "a question")


def reach(reader: Reader, state: str) -> None:
    page = evaluate(reader, "questions" if state == "a question" else state)
    shown = {"ranking": "tiny_collection", "red-flags": "messages.jsonl", "broken": "broken"}.get(
        state, "questions.jsonl"
    )
    page.wait_for_selector(f"#evaluate .report h2:has-text('{shown}')")
    if state == "red-flags":
        page.locator("#evaluate details summary").first.click()
    if state == "a question":
        page.locator("#evaluate .query").first.click()
        page.wait_for_selector("#evaluate .detail h4")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(scheme: str, width: int, visit: Visit, address: str) -> None:
    reader = visit(address, color_scheme=scheme, viewport={"width": width, "height": 844})
    for state in STATES:
        reach(reader, state)
        assert (state, reader.violations()) == (state, [])
        assert reader.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    reader.complaints = [each for each in reader.complaints if "422" not in each]  # a browser tells of every refusal


def test_scores_are_drawn_and_told_with_their_intervals(visit: Visit, address: str) -> None:
    page = evaluate(visit(address), "questions")
    told = page.locator("#evaluate .intervals svg").first.get_attribute("aria-label")
    assert told is not None
    assert told.startswith("hit@1 0.667, 95 % interval 0.000 to 1.000")
    assert "hit@1" in page.locator("#evaluate table").first.inner_text()


def test_reliability_is_drawn_with_its_counts(visit: Visit, address: str) -> None:
    page = evaluate(visit(address), "questions")
    rows = page.locator("#evaluate .beside tbody tr")
    assert page.locator("#evaluate .beside circle").count() == rows.count() > 0
    assert sum(int(rows.nth(i).locator("td").first.inner_text()) for i in range(rows.count())) == len(QUESTIONS)


def test_failures_are_walked_through(visit: Visit, address: str) -> None:
    reader = visit(address)
    page = evaluate(reader, "questions")
    assert page.locator("#evaluate-failures").is_checked()
    failed = page.locator("#evaluate tr.is-failed").count()
    page.uncheck("#evaluate-failures")
    assert page.locator("#evaluate .query").count() == len(QUESTIONS) > failed > 0
    page.locator("#evaluate tr[data-query=sign] .query").click()
    detail = page.locator("#evaluate .detail")
    assert "Metformin lowers cobalamin in some people." in detail.inner_text()
    reader.open(detail.locator("a.cite").first).locator("#hit").wait_for()
    page.keyboard.press("Escape")
    reader.left()
    detail.get_by_text("Close").click()
    assert page.evaluate("() => document.activeElement.className") == "query"


def test_next_failure_is_the_next_and_only_a_failure(visit: Visit, address: str) -> None:
    page = evaluate(visit(address), "questions")
    page.uncheck("#evaluate-failures")
    page.locator("#evaluate tr[data-query=wraps] .query").click()
    page.get_by_text("Next failure").click()
    assert "early sign" in page.locator("#evaluate .detail h4").inner_text()
    assert page.get_by_text("Previous failure").is_disabled()


def test_words_of_a_report_are_words(visit: Visit, address: str) -> None:
    page = evaluate(visit(address), "questions")
    page.uncheck("#evaluate-failures")
    page.fill("#evaluate-find", "<script>")
    (row,) = page.locator("#evaluate tr[data-query]").all()
    assert row.locator("th").text_content() == "<b>paint</b>"
    assert row.locator(".query").text_content() == "Do plants <script>window.__ran=1</script> of paint and brass?"


def test_a_file_is_downloaded(visit: Visit, address: str, folder: Path) -> None:
    page = evaluate(visit(address), "ranking")
    page.wait_for_selector("#evaluate h2:has-text('tiny_collection')")
    with page.expect_download() as saved:
        page.get_by_text("as_configured.trec").click()
    assert Path(saved.value.path()).read_bytes() == (folder / "ranking" / "as_configured.trec").read_bytes()


def test_a_broken_report_says_so_and_the_others_are_read(visit: Visit, address: str) -> None:
    reader = visit(address)
    page = evaluate(reader, "broken")
    page.wait_for_selector("#evaluate .report [role=alert]")
    assert "write one with `evaluate --out`" in page.locator("#evaluate .report [role=alert]").inner_text()
    reader.complaints.clear()  # a browser tells of every refusal
    page = evaluate(reader, "red-flags")
    page.wait_for_selector("#evaluate h2:has-text('messages.jsonl')")


def test_without_a_report_it_says_how_to_write_one(visit: Visit, site: str) -> None:
    page = visit(site).page
    page.get_by_role("tab", name="Evaluate").click()
    page.wait_for_selector("#evaluate .lead:not(:empty)")
    assert "evaluate questions.jsonl --out" in page.locator("#evaluate .surface").inner_text()
    assert page.locator("#evaluate :is(.reports button, .report h2)").count() == 0


def test_by_keyboard_alone(visit: Visit, address: str) -> None:
    page = visit(address).page
    page.get_by_role("tab", name="Ask").focus()
    page.keyboard.press("End")
    page.wait_for_selector(SHOWN)
    page.locator("#evaluate .reports button", has_text="questions").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(SHOWN)
    page.locator("#evaluate-find").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert not page.locator("#evaluate-failures").is_checked()
    page.keyboard.press("Tab")  # the table that scrolls
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#evaluate .detail h4:focus")
    assert page.locator("#evaluate .detail h4").inner_text() == QUESTIONS[0]["question"]
