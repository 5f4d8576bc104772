from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fakes import FakeWorkspace
from playwright.sync_api import Route

from b12assistant.application.quote_checks import State, check_file
from browser.conftest import Visit
from browser.reading import AXE, DRAWN, Reader

pytestmark = pytest.mark.slow

ADDRESS = re.compile(r"/d/[\w./]+\?at=[\d,-]+(&best=\d+-\d+)?&is=[0-9a-f,]+#hit")
FORMS = ("markdown", "html", "csv", "json")


def with_three_pins(visit: Visit, site: str) -> Reader:
    """Find three passages and pin them, by keyboard alone."""
    reader = visit(site, "/#lookup")
    page = reader.page
    page.wait_for_selector("#lookup-box:focus")  # the address names the tab
    page.keyboard.type("a")  # in three passages
    page.wait_for_function("() => document.querySelector('.lookup .list').dataset.text === 'a'")
    assert page.locator("#lookup .found").count() == 3
    for key in ("ArrowDown", "p", "j", "p", "j", "p"):
        page.keyboard.press(key)
    assert page.locator("#pack-open").text_content() == "Saved: 3 passages"
    return reader


def forget(reader: Reader) -> None:
    reader.page.evaluate("() => localStorage.clear()")


def test_pins_survive_a_reload_and_hold_no_word_that_was_typed(visit: Visit, site: str) -> None:
    reader = with_three_pins(visit, site)
    page = reader.page
    kept = page.evaluate("() => ({...localStorage})")
    assert list(kept) == ["b12.pack"]
    (only,) = json.loads(kept["b12.pack"])["packs"]
    assert only["name"] == ""
    assert all(ADDRESS.fullmatch(each) for each in only["pins"])
    reader.reload()
    page.wait_for_selector("#lookup-box")
    assert page.locator("#pack-open").text_content() == "Saved: 3 passages"
    page.click("#pack-open")
    page.wait_for_selector("#pack li >> nth=2")
    assert page.locator("#pack li").count() == 3
    forget(reader)


def test_every_export_is_verified(visit: Visit, site: str, small: FakeWorkspace, tmp_path: Path) -> None:
    reader = with_three_pins(visit, site)
    reader.page.click("#pack-open")
    reader.page.wait_for_selector("#pack li >> nth=2")
    for form in FORMS:
        with reader.page.expect_download() as download:
            reader.page.click(f"#pack button[value={form}]")
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        if form != "csv":
            found = check_file(file, small)
            assert ([verdict.state for verdict in found.quotes], found.problems) == ([State.STANDS] * 3, ()), form
        assert small.opened.collection.generation in file.read_text("utf-8")
        assert small.texts["general"].text in file.read_text("utf-8").replace("\\", "")  # type: ignore[index]
    forget(reader)


def test_the_pack_is_ordered_and_emptied_by_keyboard(visit: Visit, site: str) -> None:
    reader = with_three_pins(visit, site)
    page = reader.page
    page.focus("#pack-open")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pack li >> nth=2")
    before = page.locator("#pack blockquote").all_text_contents()
    page.focus("#pack li >> nth=0 >> button >> nth=1")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "text => document.querySelectorAll('#pack blockquote')[1].textContent === text", arg=before[0]
    )
    assert page.evaluate("() => document.activeElement.closest('#pack li') !== null")
    page.focus("#pack li >> nth=2 >> button >> nth=2")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#pack li').length === 2")
    empty = page.get_by_role("button", name="Remove all")
    empty.press("Enter")
    page.get_by_role("button", name="Press again to remove all").press("Enter")
    page.wait_for_function(
        "() => document.querySelector('#pack [role=status]').textContent.startsWith('Nothing is saved')"
    )
    page.keyboard.press("Escape")
    page.wait_for_selector("#pack", state="hidden")
    assert reader.focused() == "pack-open" or "none" in reader.focused()
    assert reader.kept() == 0


def test_a_late_answer_never_overwrites_a_newer_one(visit: Visit, site: str) -> None:
    reader = with_three_pins(visit, site)
    page = reader.page
    page.click("#pack-open")
    page.wait_for_selector("#pack li >> nth=2")
    first, second, third = page.locator("#pack blockquote").all_text_contents()
    asked: list[Route] = []
    page.route("**/pack/read", lambda route: asked.append(route))
    for _ in range(2):
        page.click("#pack li >> nth=0 >> button >> nth=1")  # move one down, then the next before any answer
    reader.until(lambda: len(asked) == 2)
    for route in reversed(asked):
        with page.expect_response("**/pack/read"):
            route.continue_()
    page.wait_for_function("text => document.querySelector('#pack blockquote').textContent !== text", arg=first)
    page.evaluate(DRAWN)
    kept = json.loads(page.evaluate("() => localStorage.getItem('b12.pack')"))["packs"][0]["pins"]
    shown = [link.get_attribute("href") for link in page.locator("#pack li a.cite").all()]
    assert shown == kept
    assert page.locator("#pack blockquote").all_text_contents() == [second, third, first]
    forget(reader)


def test_a_quote_of_an_answer_is_pinned_from_there(visit: Visit, site: str) -> None:
    reader = visit(site)
    turn = reader.ask("What wraps every nerve: myelin?")
    assert not reader.page.locator("#pack-open").is_visible()
    turn.locator("button.pin").first.click()
    assert reader.page.locator("#pack-open").text_content() == "Saved: 1 passage"
    reader.page.click("#pack-open")
    reader.page.wait_for_selector("#pack li mark")
    assert reader.page.locator("#pack li mark").text_content() == turn.locator("mark").first.text_content()
    forget(reader)


def test_whatever_is_in_the_storage_is_checked(visit: Visit, site: str) -> None:
    reader = visit(site)
    good = "/d/nerves.md?at=0-5&is=0123456789abcdef#hit"
    page = reader.page
    page.evaluate(
        "good => localStorage.setItem('b12.pack', JSON.stringify([good, 'javascript:alert(1)', 7, null, 'https://example.com/d/x']))",
        good,
    )
    reader.reload()
    page.wait_for_selector("#pack-open:visible")
    page.click("#pack-open")
    page.wait_for_selector("#pack li")
    assert page.locator("#pack li").count() == 1
    assert "no longer in their document" in page.inner_text("#pack li")
    page.evaluate("() => localStorage.setItem('b12.pack', '{')")
    reader.reload()
    assert not page.locator("#pack-open").is_visible()
    forget(reader)


def test_axe_finds_nothing_in_the_pack(visit: Visit, site: str) -> None:
    reader = with_three_pins(visit, site)
    reader.page.click("#pack-open")
    reader.page.wait_for_selector("#pack li")
    reader.accessible()
    forget(reader)


def test_collections_have_names_which_are_text_and_are_kept(visit: Visit, site: str) -> None:
    reader = with_three_pins(visit, site)
    page, name = reader.page, "<img src=x onerror=window.__ran=1> & more"
    page.click("#pack-open")
    page.wait_for_selector("#pack li >> nth=2")
    page.get_by_role("button", name="New collection").click()
    page.fill("#pack-typed", name)
    page.keyboard.press("Enter")
    assert page.locator("#pack-name option").all_text_contents() == ["Saved passages", name]
    assert page.locator("#pack-open").text_content() == f"{name}: 0"
    page.keyboard.press("Escape")
    page.wait_for_selector("#pack", state="hidden")
    page.locator("#lookup .found").first.focus()
    page.keyboard.press("p")
    assert page.locator("#pack-open").text_content() == f"{name}: 1"
    reader.reload()
    page.wait_for_selector("#pack-open:visible")
    page.click("#pack-open")
    page.wait_for_selector("#pack li")
    assert page.locator("#pack li").count() == 1
    page.select_option("#pack-name", "0")
    page.wait_for_selector("#pack li >> nth=2")
    page.select_option("#pack-name", "1")
    page.get_by_role("button", name="Remove all").click()
    page.get_by_role("button", name="Press again to remove all").click()
    page.wait_for_selector("#pack li >> nth=2")
    assert page.locator("#pack-name option").all_text_contents() == ["Saved passages"]
    reader.accessible()
    forget(reader)


def test_a_collection_is_copied_as_a_reply(visit: Visit, site: str) -> None:
    reader = with_three_pins(visit, site)
    reader.page.click("#pack-open")
    reader.page.get_by_role("button", name="Copy as reply").click()
    reader.page.wait_for_function(
        "() => document.querySelector('#pack [role=status]').textContent.startsWith('Copied')"
    )
    copied = reader.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("Hello,\n\n")
    assert copied.count("“") >= 3
    forget(reader)


def test_two_passages_are_compared_on_a_page_of_their_own(visit: Visit, site: str) -> None:
    reader = visit(site, "/#lookup")
    page = reader.page
    page.fill("#lookup-box", "a")
    page.wait_for_selector("#lookup .found >> nth=2")
    for at in range(2):
        page.locator("#lookup .found summary").nth(at).click()
    lines = page.locator("#lookup .found mark").all_text_contents()[:2]
    page.locator("#lookup button.compare").first.click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Compare with this").first.click()
    other = opened.value
    other.wait_for_selector("article >> nth=1")
    assert other.locator("article mark").all_text_contents() == lines
    for width, beside in ((1280, True), (390, False)):
        other.set_viewport_size({"width": width, "height": 844})
        left, right = (other.locator("article").nth(at).bounding_box() for at in range(2))
        assert left
        assert right
        assert (left["y"] == right["y"]) is beside
    other.evaluate(AXE)
    assert other.evaluate("async () => (await axe.run(document)).violations.map(each => each.id)") == []
