from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fakes import FakeWorkspace
from serving import EMERGENCY, small_space

from browser.conftest import Visit
from browser.reading import Reader
from browser.running import running
from browser.traps import PAYLOADS, shown

pytestmark = pytest.mark.slow

# Key by key, without pauses even on a busy machine.
TYPED = """(box, text) => { for (const letter of text) {
    box.value += letter;
    box.dispatchEvent(new InputEvent('input', {bubbles: true, data: letter})); } }"""
MANY = {f"many/{number}.txt": f"A zebra with {number} stripes.\n" for number in range(220)}


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """220 passages with one word in common."""
    with running(small_space(tmp_path_factory.mktemp("herd"), MANY)) as address:
        yield address


def opened(visit: Visit, address: str) -> Reader:
    reader = visit(address, "/#lookup")
    reader.page.wait_for_selector("#lookup-box")
    return reader


def look_up(reader: Reader, text: str, way: str = "all") -> None:
    reader.page.check(f"#lookup input[value={way}]", force=True)
    reader.page.fill("#lookup-box", text)
    reader.page.wait_for_function("text => document.querySelector('.lookup .list').dataset.text === text", arg=text)


def rows(reader: Reader) -> list[str]:
    return reader.page.locator("#lookup .found blockquote").all_text_contents()


def test_each_way_of_searching_finds_a_passage_marks_it_and_says_why(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    reasons = {
        "all": "meaning (no. 1)",
        "words": "words: numb, feet",
        "meaning": "meaning (no. 1)",
        "phrase": "exact phrase",
    }
    first = reader.page.locator("#lookup .found").first
    for way, reason in reasons.items():
        look_up(reader, "numb feet", way)
        reader.page.wait_for_function(
            "why => document.querySelector('.found summary')?.title.includes(why)", arg=reason
        )
        assert first.locator(".line").text_content() == "Numb feet are an early sign."
        assert first.locator("mark").text_content() == "Numb feet are an early sign."
        assert "".join(first.locator(".line b").all_text_contents()).replace(" ", "") == "Numbfeet"
        assert first.locator(".cite").text_content() == "Nerves › Sheath"


def test_only_near_passages_are_listed_and_counted(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    look_up(reader, "numb feet")
    assert rows(reader) == ["Myelin wraps every nerve. It is made of fat. Numb feet are an early sign."]
    assert reader.page.inner_text("#lookup .status") == "1 passage found"
    look_up(reader, "quagga")
    assert rows(reader) == []
    assert "Nothing found" in reader.page.inner_text("#lookup .status")


def test_filters_narrow_and_clear(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    page = reader.page
    look_up(reader, "golden drip")
    assert page.locator("#lookup .found .badge.sells").text_content() == "Sells what it recommends"
    look_up(reader, "a")
    assert len(rows(reader)) == 3
    page.click("#lookup .sieve summary")
    page.fill("#lookup-document", "pills")
    page.wait_for_function("() => document.querySelectorAll('#lookup .found').length === 1")
    assert rows(reader) == ["Metformin lowers cobalamin in some people. Ask for a blood test."]
    assert page.locator("#lookup .sieve summary").text_content() == "More filters (1)"
    page.select_option("#lookup-kind", "seller")
    page.wait_for_function("() => document.querySelector('#lookup .status').textContent.startsWith('Nothing found')")
    page.focus("#lookup-kind")
    page.keyboard.press("/")
    assert reader.focused() == "lookup-box"
    page.click("#lookup .sieve button")
    page.wait_for_function("() => document.querySelectorAll('#lookup .found').length === 3")
    assert page.locator("#lookup .sieve summary").text_content() == "More filters"


def test_a_safety_text_is_above_every_passage_and_withholds_none(visit: Visit, site: str, small: FakeWorkspace) -> None:
    reader = opened(visit, site)
    look_up(reader, f"{EMERGENCY} numb feet are an early sign")
    alarm = reader.page.locator("#lookup-box + .alert[role=alert] .alarm.emergency")
    assert alarm.locator("p").all_text_contents()[0] in small.texts["emergency_self_harm"].text  # type: ignore[index]
    first = reader.page.locator("#lookup .found").first
    above, below = alarm.bounding_box(), first.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    assert first.locator(".line").text_content() == "Numb feet are an early sign."
    look_up(reader, "myelin")
    assert reader.page.locator("#lookup .alarm").count() == 0


def test_what_is_typed_is_in_no_address_and_many_keys_make_one_request(visit: Visit, herd: str) -> None:
    reader = opened(visit, herd)
    reader.page.locator("#lookup-box").evaluate(TYPED, "zebra stripes")
    reader.page.wait_for_function(
        "() => document.querySelector('.lookup .status').textContent === 'The first 200 passages'"
    )
    assert reader.page.locator("#lookup .found").count() == 10
    reader.page.click("#lookup .next button")
    assert reader.page.locator("#lookup .found").count() == 20
    assert reader.page.evaluate("() => [...document.querySelectorAll('.found')].indexOf(document.activeElement)") == 10
    assert len([each for each in reader.asked_for if each.endswith("/lookup/search")]) == 1
    assert not [each for each in reader.asked_for if re.search("zebra|stripes", each)]
    assert reader.page.url == f"{herd}/#lookup"


def test_everything_works_by_keyboard(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    page = reader.page
    look_up(reader, "swallowed capsules")
    assert len(rows(reader)) >= 2
    focused = "() => [...document.querySelectorAll('#lookup .found')].indexOf(document.activeElement)"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == 0
    page.keyboard.press("j")
    assert page.evaluate(focused) == 1
    page.keyboard.press("k")
    assert page.evaluate(focused) == 0
    with reader.sees("#toast", "^Copied"):
        page.keyboard.press("c")
    assert page.evaluate("() => navigator.clipboard.readText()").startswith(f"“{rows(reader)[0]}”")
    page.keyboard.press("Enter")
    page.frame_locator("#src-frame").locator("#hit").first.wait_for()
    page.wait_for_function("() => document.activeElement.id === 'src-frame'")
    page.keyboard.press("Escape")
    reader.left()
    assert page.evaluate("() => document.activeElement.closest('#lookup .found') !== null")
    page.keyboard.press("/")
    assert reader.focused() == "lookup-box"
    page.keyboard.press("/")
    assert page.input_value("#lookup-box") == "/"


def test_focus_that_has_moved_on_when_the_panel_closes_is_left_alone(visit: Visit, site: str) -> None:
    """The browser moves the focus when it goes back to an address that names a tab."""
    reader = opened(visit, site)
    look_up(reader, "numb feet")
    reader.page.locator("#lookup .found summary").first.click()
    reader.open(reader.page.locator("#lookup .found a.cite").first)
    reader.page.evaluate(
        """() => { addEventListener('popstate', () => document.querySelector('#lookup-box').focus());
        document.querySelector('#src-close').click(); }"""
    )
    reader.left()
    assert reader.focused() == "lookup-box"


def test_single_keys_can_be_switched_off(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    page = reader.page
    look_up(reader, "numb feet")
    page.click("#lookup .keys summary")
    page.uncheck("#lookup-keys")
    page.focus("#lookup .found >> nth=0")
    page.keyboard.press("j")
    page.keyboard.press("/")
    assert reader.focused() == "found"
    page.check("#lookup-keys")
    page.focus("#lookup .found >> nth=0")
    page.keyboard.press("/")
    assert reader.focused() == "lookup-box"


def test_many_questions_give_a_row_each_and_no_more_than_fifty(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    page = reader.page
    page.click("#lookup .many summary")
    page.click("#lookup-many-go")
    assert "paste a question" in page.inner_text("#lookup-many-note")
    asked = [
        "What wraps every nerve: myelin?",
        "Do plants dream of paint, glass and brass bands?",
        EMERGENCY,
        EMERGENCY,
    ]
    page.fill("#lookup-many", "\n\n".join([*asked, *(f"Is myelin number {number} of fat?" for number in range(47))]))
    page.click("#lookup-many-go")
    page.wait_for_function("() => document.querySelectorAll('#lookup .many tbody tr').length === 50")
    page.wait_for_function("() => !document.querySelector('#lookup-many-go').disabled")
    assert "first 50 of 51" in page.inner_text("#lookup-many-note")
    lines = page.locator("#lookup .many tbody tr")
    assert [lines.nth(at).locator("th").text_content() for at in range(4)] == asked
    assert lines.nth(0).locator("mark").text_content() == "Myelin wraps every nerve."
    assert lines.nth(1).locator("blockquote").count() == 0
    assert "safety text comes first" in (lines.nth(2).text_content() or "")
    assert page.locator("#lookup .many .alarm.emergency .kicker").all_text_contents() == ["Question 3, 4: Get help now"]


def test_sources_are_shown_exactly_and_inert(visit: Visit, tmp_path_factory: pytest.TempPathFactory) -> None:
    corpus = {f"{number}.txt": f"Zebra {payload}\n" for number, payload in enumerate(PAYLOADS[:24])}
    space = small_space(tmp_path_factory.mktemp("inert"), corpus)
    with running(space) as address:
        reader = opened(visit, address)
        look_up(reader, "zebra", "words")
        while reader.page.locator("#lookup .next button").count():
            reader.page.click("#lookup .next button")
        texts = [shown(entry.document.text) for entry in space.opened.entries]
        told = rows(reader)
        assert len(told) >= len(corpus)
        assert [
            row for row in told if not any(all(part in text for part in row.split(" […] ")) for text in texts)
        ] == []
        assert reader.page.evaluate("() => window.__ran") is None
        tags = reader.page.evaluate(
            "() => [...new Set([...document.querySelectorAll('.found *')].map(n => n.tagName))]"
        )
        assert set(tags) <= {
            "DETAILS",
            "SUMMARY",
            "FIGURE",
            "BLOCKQUOTE",
            "MARK",
            "B",
            "SPAN",
            "FIGCAPTION",
            "P",
            "A",
            "STRONG",
            "BUTTON",
        }
        reader.sound()


def test_an_error_is_reported_and_the_next_search_works(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    page = reader.page
    page.route(
        "**/lookup/search", lambda route: route.fulfill(status=503, json={"detail": "No index.", "hint": "Make one."})
    )
    page.fill("#lookup-box", "numb feet")
    page.wait_for_function(
        "() => document.querySelector('#lookup .status').textContent.includes('No index. Make one.')"
    )
    page.unroute("**/lookup/search")
    look_up(reader, "myelin")
    assert rows(reader)
    reader.complaints.clear()  # a browser reports every 503


STATES = ("empty", "found", "row", "flag", "many", "nothing")


def reach(reader: Reader, state: str) -> None:
    page = reader.page
    if state == "found":
        page.click("#lookup .sieve summary")
        look_up(reader, "numb feet")
    elif state == "row":
        page.locator("#lookup .found summary").first.click()
        page.focus("#lookup .found >> nth=0")
    elif state == "flag":
        look_up(reader, "لا أستطيع التنفس وألم في صدري")  # I cannot breathe, and pain in my chest
        page.wait_for_selector("#lookup .alarm [lang=ar]")
    elif state == "many":
        page.click("#lookup .many summary")
        page.fill("#lookup-many", f"What wraps every nerve: myelin?\n{EMERGENCY}")
        page.click("#lookup-many-go")
        page.wait_for_function("() => document.querySelectorAll('#lookup .many tbody tr').length === 2")
        page.wait_for_function("() => !document.querySelector('#lookup-many-go').disabled")
        page.click("#lookup .keys summary")
    elif state == "nothing":
        look_up(reader, "quagga", "phrase")


def test_axe_finds_nothing_in_any_state(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    for state in STATES:
        reach(reader, state)
        reader.accessible()


def test_control_k_leads_to_the_box_and_passages_of_a_document_are_listed_together(visit: Visit, site: str) -> None:
    reader = visit(site)
    page = reader.page
    page.keyboard.press("Control+k")
    page.wait_for_function("() => document.activeElement.id === 'lookup-box'")
    page.keyboard.type("vitamin B12 nerve")
    page.wait_for_function("() => document.querySelector('.lookup .list').dataset.text === 'vitamin B12 nerve'")
    documents = page.locator("#lookup .found .cite").evaluate_all("all => all.map(each => each.pathname)")
    groups = [name for name, before in zip(documents, [None, *documents], strict=False) if name != before]
    assert len(groups) == len(set(groups))
    assert page.locator("#lookup .found:not(.more)").count() == len(groups)
    page.click("#tab-ask-button")
    page.keyboard.press("Control+k")
    page.wait_for_function("() => document.activeElement.id === 'lookup-box'")
    page.fill("#lookup-box", "")
    page.get_by_role("group", name="Recent searches").get_by_role("button", name="vitamin B12 nerve").click()
    page.wait_for_selector("#lookup .found")
    assert page.input_value("#lookup-box") == "vitamin B12 nerve"
