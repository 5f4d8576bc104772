"""The card of an answer: our sentences, each with the numbers of what it rests on, and what to do with it, once."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from corpora import summaries
from fakes import FakeWorkspace
from playwright.sync_api import Page
from serving import EMERGENCY, small_space

from b12assistant.display.markup import words
from browser.conftest import Visit
from browser.reading import BOX, DRAWN, SMALL, Reader
from browser.running import running
from browser.traps import TrapWorkspace

pytestmark = pytest.mark.slow

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("card"), summaries())


@pytest.fixture(scope="module")
def card(space: FakeWorkspace) -> Iterator[str]:
    with running(space) as address:
        yield address


@pytest.fixture
def asked(space: FakeWorkspace) -> str:
    """A question that a sentence of a summary answers: that sentence itself."""
    document = space.document("sheath.md").document
    return document.slice(document.attributions[0].range)


def test_a_number_opens_its_publication_in_place_and_shuts_it(
    visit: Visit, card: str, space: FakeWorkspace, asked: str
) -> None:
    reader = visit(card)
    turn = reader.ask(asked)
    figure = turn.locator("figure.quote").first
    number = figure.locator("a.number").first
    assert (number.text_content() or "").startswith("Source ")
    number.click()
    origins = {each.origin for each in space.document("sheath.md").document.attributions}
    opened = figure.locator(".opened").text_content() or ""
    assert any(each.title in opened and each.publisher in opened for each in origins)
    assert "we read" in opened
    reader.accessible()
    number.click()
    assert figure.locator(".opened").count() == 0


def test_no_publisher_stands_over_a_sentence_and_the_foot_names_all_once(
    visit: Visit, card: str, space: FakeWorkspace, asked: str
) -> None:
    reader = visit(card)
    turn = reader.ask(asked)
    shown = turn.locator("figure.quote").first.inner_text()
    origins = {each.origin for each in space.document("sheath.md").document.attributions}
    assert not [each.publisher for each in origins if each.publisher in shown]
    assert turn.locator(".whose").all_text_contents() == [
        "Our summaries, not the sources' own words. No doctor has checked them."
    ]
    assert turn.locator(".ways > button:visible").count() == 2
    turn.locator(".ways .more").click()
    listed = turn.locator(".origins li > strong").all_text_contents()
    assert listed == [str(number) for number in range(1, len(listed) + 1)]
    assert set(turn.locator(".number .chip").all_text_contents()) <= set(listed)
    assert turn.locator(".ways > button:visible").count() == 4


def test_on_a_phone_the_keyboard_shuts_and_every_target_can_be_touched(visit: Visit, card: str, asked: str) -> None:
    reader: Reader = visit(card, viewport=PHONE, has_touch=True, is_mobile=True)
    turn = reader.ask(asked)
    turn.wait_for()
    assert reader.page.evaluate(f"() => document.activeElement !== document.querySelector('{BOX}')")
    assert turn.locator("blockquote").first.is_visible()
    assert reader.page.evaluate(SMALL) == []


SMALL_PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "device_scale_factor": 2}
LONG = f"{EMERGENCY}. {'My feet have been numb for some months. ' * 60}"[:2000]
# Calls nobody, and remembers where each press began and ended.
PRESSED = """() => { globalThis.pressed = [];
    for (const kind of ['pointerdown', 'click']) addEventListener(kind, event => {
        pressed.push(event.target.closest('a, button')?.textContent.trim() ?? event.target.tagName);
        if (event.target.closest('a[href^="tel:"]')) event.preventDefault(); }, true); }"""


TELEPHONE = '.alarm a[href="tel:999"]'


@pytest.mark.parametrize(
    ("pressed", "is_touch"), [(TELEPHONE, True), (TELEPHONE, False), ("#not_happening", True), ("#looking_up", False)]
)
def test_the_first_press_arrives_after_a_message_of_2000_characters(
    visit: Visit, site: str, pressed: str, *, is_touch: bool
) -> None:
    page = visit(site, **SMALL_PHONE, has_touch=is_touch).page
    page.fill("#ask textarea", LONG)
    page.click("#send")
    asked, alarm = page.locator(".turn .asked"), page.locator(".turn .asked + .alarm.emergency")
    alarm.wait_for()
    page.evaluate(DRAWN)
    assert page.evaluate("() => document.activeElement.matches('.alarm.emergency')")
    above, below = asked.bounding_box(), alarm.bounding_box()
    assert above
    assert below
    assert 0 <= above["y"] < below["y"] < 160
    assert above["height"] < 50  # two lines
    assert below["y"] - above["y"] - above["height"] < 20
    page.evaluate(PRESSED)
    target = page.locator(pressed)
    name, box = target.inner_text(), target.bounding_box()
    assert box
    press = page.touchscreen.tap if is_touch else page.mouse.click
    press(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => pressed.length > 1")
    assert page.evaluate("() => pressed") == [name] * 2
    if "tel:" in pressed:
        assert alarm.bounding_box() == below
    else:
        page.wait_for_function(
            "name => document.querySelectorAll('.turn .asked')[1]?.innerText.includes(name)", arg=name
        )


# Each tries to reverse the text that follows it.
TURNING = (
    "\u2069\u202eabc",
    "\u202c\u202c\u2069\u2069\u2067abc",
    "\u202eabc",
    "\u2028\u202eabc",
    "\u05d0\u2069\u202babc",
)
# The left edges of the two words after a title.
PLACES = """title => { const body = document.body;
    body.innerHTML = `<p>${title} <span id="one">one</span> <span id="two">two</span></p>`;
    return ['one', 'two'].map(id => document.getElementById(id).getBoundingClientRect().left); }"""


@pytest.fixture
def view(visit: Visit, site: str) -> Page:
    """A page with the style sheets of a document; the tests replace its body."""
    return visit(site, "/d/nerves.md").page


def test_a_title_reverses_nothing_around_it(view: Page) -> None:
    for title in TURNING:
        one, two = view.evaluate(PLACES, words(title))
        assert one < two, ascii(title)
    one, two = view.evaluate(PLACES, f'<span class="exact">{TURNING[0]}</span>')
    assert one > two, "without the boxes it would"


def test_a_code_is_drawn_and_neither_read_nor_copied(view: Page) -> None:
    text = "not a\u200b\u200b sel\u00adler \u202eof this\u2069"
    view.evaluate("html => { document.body.innerHTML = html; }", f"<p id=p>{words(text)}</p>")
    told = view.evaluate(
        """() => { getSelection().selectAllChildren(document.getElementById('p'));
        const box = document.querySelector('.unseen');
        return [document.getElementById('p').textContent, getSelection().toString(),
                getComputedStyle(box, '::before').content, box.getBoundingClientRect().width > 5]; }"""
    )
    assert told == [text, text, '"U+200B +1"', True]


def test_a_seller_cannot_reverse_its_own_badge(visit: Visit, tmp_path: Path) -> None:
    texts = [f"{turning} a title long enough" for turning in TURNING]
    with running(TrapWorkspace(small_space(tmp_path).configuration, texts_shown=texts, at_once=9)) as address:
        reader = visit(address)
        turn = reader.ask("who sells?")
        turn.locator("details.row").evaluate_all("all => all.forEach(row => { row.open = true; })")
        for place in turn.locator("figure .who").all():
            boxes = place.locator("> *").evaluate_all(
                "all => all.map(each => each.getClientRects()[0]).map(box => [(box.top + box.bottom) / 2, box.left])"
            )
            assert all(
                left < after or below > middle + 8  # on the same line, or on the next one
                for (middle, left), (below, after) in pairwise(boxes)
            )
            assert len(boxes) >= 3
        reader.sound()


ASKED = "What wraps every nerve: myelin?"
STATES = {
    "empty": [],
    "answer": [ASKED],
    "seller and follow-up": ["What costs forty dollars: golden drip?", "And a blood test?"],
    "no answer": ["Do plants dream of paint, glass and brass bands in winter?"],
    "red flag": [EMERGENCY],
    "source": [ASKED],
    "note": [],
    "sides": ["Do swallowed capsules work as well as a syringe?"],
    "other language": ["Welche Lebensmittel enthalten Vitamin B12?"],
    "translated red flag": ["لا أستطيع التنفس وألم في صدري"],  # I cannot breathe, and pain in my chest
    "advice and scope": ["Should I stop taking metformin while pregnant?"],
    "reading": [ASKED, "And fat?"],
}
# What the page must show in a state, so that the right one is tested.
SHOWN = {
    "sides": ".sides figure",
    "other language": ".notice.language",
    "translated red flag": ".alarm .translation p[lang=ar]",
    "advice and scope": ".turn:has(.alarm.caution) .notice.scope",
    "reading": ".read-as button",
}


def reach(reader: Reader, state: str) -> None:
    for question in STATES[state]:
        turn = reader.ask(question)
        if state == "source":
            reader.open(turn.locator("a.cite").first).locator("#hit").wait_for()
    if state == "note":
        reader.page.click("#send")
        reader.page.wait_for_selector("#note .note")
    if state == "sides":
        reader.page.click(".row.sides summary")
    if state in SHOWN:
        reader.page.wait_for_selector(SHOWN[state])


# Below 900 pixels the panel with a document opens as a dialog.
@pytest.mark.parametrize(("state", "width"), [*((state, 1280) for state in STATES), ("source", 390)])
def test_axe_finds_nothing(state: str, width: int, reader: Reader) -> None:
    reader.page.set_viewport_size({"width": width, "height": 844})
    reach(reader, state)
    reader.accessible()


def test_an_emergency_in_another_language_fits_a_narrow_phone(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 320, "height": 640})
    reader.ask("No puedo respirar y me duele el pecho")  # I cannot breathe, and my chest hurts
    reader.page.wait_for_selector("#controls button")
    assert reader.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert reader.page.evaluate(SMALL) == []


def test_a_page_without_scripts_is_accessible(visit: Visit, site: str) -> None:
    visit(site, "/d/guides/food.md").accessible()
    visit(site, "/figures").accessible()
