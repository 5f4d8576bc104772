from __future__ import annotations

import pytest
from serving import EMERGENCY

from browser.conftest import Visit
from browser.reading import Reader

pytestmark = pytest.mark.slow

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
    "reading": "#reading textarea",
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
    if state == "reading":
        reader.page.click("#read-as > button")
    if state in SHOWN:
        reader.page.wait_for_selector(SHOWN[state])


# Below 900 pixels the panel with a document opens as a dialog.
@pytest.mark.parametrize(("state", "width"), [*((state, 1280) for state in STATES), ("source", 390)])
def test_axe_finds_nothing(state: str, width: int, reader: Reader) -> None:
    reader.page.set_viewport_size({"width": width, "height": 844})
    reach(reader, state)
    reader.accessible()


# What is in the line of a sentence may be smaller.
SMALL = """() => [...document.querySelectorAll('#tab-ask :is(a[href], button, summary, textarea)')].filter(each => {
    const { width, height } = each.getBoundingClientRect(), least = each.closest('.numbers') ? 24 : 44;
    return each.checkVisibility() && height > 1 && Math.min(width, height) < least; }).map(each => each.outerHTML)"""


def test_an_emergency_in_another_language_fits_a_narrow_phone(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 320, "height": 640})
    reader.ask("No puedo respirar y me duele el pecho")  # I cannot breathe, and my chest hurts
    reader.page.wait_for_selector("#controls button")
    assert reader.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert reader.page.evaluate(SMALL) == []


def test_a_page_without_scripts_is_accessible(visit: Visit, site: str) -> None:
    visit(site, "/d/guides/food.md").accessible()
    visit(site, "/figures").accessible()
