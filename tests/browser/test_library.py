"""The tab Library: what the index holds, what is switched off, and the index built anew from the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from corpora import again, write
from fakes import FakeWorkspace
from playwright.sync_api import Page
from serving import small_space

from browser.conftest import CORPUS, Visit
from browser.reading import Reader
from browser.running import running

pytestmark = pytest.mark.slow

EXTRA = {
    "menu.md": "# Menu\n\n[Home](/) [About](/a) [Contact](/c) [Shop](/s)\n\nLiver holds much cobalamin.\n",
    "broken.pdf": "this is no PDF",
    "trap.md": "# <img src=x onerror=window.__ran=1>\n\nA \\<script>window.__ran=1\\</script> and $x^2$ is plain.\n",
}
STATES = ("list", "document", "filtered", "nothing")


def made(folder: Path) -> FakeWorkspace:
    """A corpus with a file that is left out, and with a passage and a document that are switched off; it is loaded."""
    space = small_space(folder, {**CORPUS, **EXTRA})
    passage = next(each for each in space.opened.collection.passages if "Metformin" in each.span.text)
    entries = f'[[off]]\npassage = "{passage.id}"\nwhy = "A newer page says otherwise"\n'
    entries += '[[off]]\ndocument = "shop.md"\nwhy = "An advertisement"\nsince = 2026-11-01\n'
    write(space.corpus, {"switched_off.toml": entries + '[[off]]\npassage = "0123"\nwhy = "gone"\n'})
    loaded = again(space)
    loaded.ask("ready")
    return loaded


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return made(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def address(space: FakeWorkspace) -> Iterator[str]:
    with running(space) as address:
        yield address


@pytest.fixture
def own(tmp_path: Path) -> FakeWorkspace:
    """One that a test may change."""
    return made(tmp_path)


@pytest.fixture
def own_address(own: FakeWorkspace) -> Iterator[str]:
    with running(own) as address:
        yield address


def library(reader: Reader) -> Page:
    reader.page.get_by_role("tab", name="Library").click()
    reader.page.wait_for_selector("#library .document")
    return reader.page


def reach(page: Page, state: str) -> None:
    if state == "document":
        page.locator("#library .document", has_text="nerves.md").locator("summary").click()
        page.wait_for_selector("#library .document[open] blockquote")
    if state == "filtered":
        page.select_option("#library-show", "off")
    if state == "nothing":
        page.fill("#library-find", "no such document")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(scheme: str, width: int, visit: Visit, address: str) -> None:
    reader = visit(address, color_scheme=scheme, viewport={"width": width, "height": 844})
    page = library(reader)
    for state in STATES:
        reach(page, state)
        assert (state, reader.violations()) == (state, [])
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_every_file_is_told(visit: Visit, address: str, space: FakeWorkspace) -> None:
    page = library(visit(address))
    shown = page.locator("#library .document .title").all_inner_texts()
    assert sorted(shown) == sorted(entry.document.title for entry in space.opened.entries)
    assert "broken.pdf" in page.locator("#library .left-out table").inner_text()
    assert str(len(space.opened.collection.passages)) in page.locator("#library .numbers").inner_text()


def test_a_document_shows_its_facts_passages_and_marked_text(visit: Visit, address: str, space: FakeWorkspace) -> None:
    page = library(visit(address))
    for name in ("menu.md", "trap.md"):
        document = page.locator("#library .document", has_text=name)
        document.locator("summary").click()
        document.locator("blockquote").first.wait_for()
        entry = space.document(name)
        shown = [each.text_content() for each in document.locator("blockquote").all()]
        assert shown == [entry.document.text[each.span.start : each.span.end] for each in entry.passages]
        assert entry.file_sha256 in document.locator(".facts").inner_text()
    marked = page.locator("#library .document", has_text="menu.md").locator("h3:text('Marked text') ~ ul li")
    assert marked.count() == len(space.document("menu.md").document.marks) > 0


def test_what_is_switched_off_is_told_with_its_reason(visit: Visit, address: str) -> None:
    page = library(visit(address))
    page.select_option("#library-show", "off")
    assert page.locator("#library .document").count() == 2
    told = page.locator("#library .documents").inner_text()
    assert "Switched off since 1 November 2026: An advertisement" in told
    assert "1 passage switched off" in told
    assert "0123" in page.locator("#library .to-mend").inner_text()


def test_the_lines_that_switch_a_passage_off_are_copied(visit: Visit, address: str, space: FakeWorkspace) -> None:
    reader = visit(address, permissions=["clipboard-read", "clipboard-write"])
    page = library(reader)
    reach(page, "document")
    page.locator("#library .document[open] li .switch button").first.click()
    page.wait_for_selector("#library .switch .note:text('Copied')")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    passage = space.document("nerves.md").passages[0].id
    assert copied.startswith(f'[[off]]\npassage = "{passage}"\nwhy = "')


def test_a_passage_opens_where_it_stands_and_focus_comes_back(visit: Visit, address: str) -> None:
    reader = visit(address)
    page = library(reader)
    reach(page, "document")
    link = page.locator("#library .document[open] li a.cite").first
    reader.open(link)
    page.keyboard.press("Escape")
    reader.left()
    assert link.evaluate("link => link === document.activeElement")


def test_by_keyboard_alone(visit: Visit, address: str) -> None:
    reader = visit(address)
    page = reader.page
    page.get_by_role("tab", name="Ask").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#library .document")
    page.locator("#library-find").focus()
    page.keyboard.type("nerves")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#library .document[open] blockquote")
    assert "nerves.md" in page.locator("#library .document[open]").inner_text()
    assert "Myelin wraps every nerve." in page.locator("#library .document[open] blockquote").first.inner_text()


def test_the_index_is_built_anew_and_answers_follow(visit: Visit, own_address: str, own: FakeWorkspace) -> None:
    reader = visit(own_address)
    page = library(reader)
    write(own.corpus, {"new.md": "# New\n\nQuaggas graze on cobalt meadows.\n", "switched_off.toml": ""})
    page.click("text=Compare with the files")
    page.wait_for_selector("#library .changes li:text('new.md')")
    with reader.sees("#library .building .progress:not([hidden])"):
        page.click("#library-index")
    page.wait_for_selector("#library .building .note:text('Done: ')", timeout=60_000)
    assert page.locator("#library .document", has_text="new.md").count() == 1
    assert page.locator("#library .badge.off").count() == 0
    page.wait_for_function("() => document.activeElement.id === 'library-index'")
    page.get_by_role("tab", name="Ask").click()
    assert "Quaggas graze on cobalt meadows." in reader.ask("Where do quaggas graze: cobalt meadows?").inner_text()
    assert "golden drip" in reader.ask("What costs forty dollars: golden drip?").inner_text()
    reader.sound()


def test_who_has_moved_on_while_the_index_is_built_is_left_alone(visit: Visit, address: str) -> None:
    reader = visit(address)
    page = library(reader)
    told = {"state": "running", "stage": "reading", "done": 0, "of": 0, "problem": "", "counts": {}}
    page.route("**/library/index", lambda route: route.fulfill(json=told))
    with reader.sees("#library .building .progress:not([hidden])"):
        page.click("#library-index")
    page.focus("#library-find")
    told["state"] = "failed"
    page.wait_for_selector("#library .building .note:text('the former index stays')")
    assert reader.focused() == "library-find"


def test_an_index_that_cannot_be_built_leaves_the_former_one(
    visit: Visit, own_address: str, own: FakeWorkspace
) -> None:
    reader = visit(own_address)
    page = library(reader)
    write(own.corpus, {"switched_off.toml": "[[off]]"})
    page.click("#library-index")
    page.wait_for_selector("#library .building .note:text('the former index stays')", timeout=60_000)
    assert "names no one document or passage" in page.locator("#library .building .note").inner_text()
    page.get_by_role("tab", name="Ask").click()
    assert reader.ask("What wraps every nerve: myelin?").locator("figure").count() > 0
    reader.sound()
