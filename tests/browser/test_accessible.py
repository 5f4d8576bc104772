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
# What stands on the page in a state, so that none of them is some other one.
SHOWN = {
    "sides": ".sides h3 + .columns figure",
    "other language": ".notice.language",
    "translated red flag": ".alarm .translation p[lang=ar]",
    "advice and scope": ".alarm.caution ~ .notice.scope",
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
    if state in SHOWN:
        reader.page.wait_for_selector(SHOWN[state])


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(state: str, scheme: str, width: int, visit: Visit, site: str) -> None:
    reader = visit(site, color_scheme=scheme, viewport={"width": width, "height": 844})
    reach(reader, state)
    assert reader.violations() == []
    assert reader.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("width", [320, 360, 640, 1920])
def test_nothing_scrolls_sideways(width: int, visit: Visit, site: str) -> None:
    reader = visit(site, viewport={"width": width, "height": 640})
    reader.open(reader.ask(ASKED).locator("a.cite").first)
    for frame in reader.page.frames:
        assert frame.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_document_alone_is_accessible(visit: Visit, site: str) -> None:
    for scheme in ("light", "dark"):
        reader = visit(site, "/d/guides/food.md", color_scheme=scheme)
        assert reader.violations() == []
        missing = visit(site, "/d/no/such.md", color_scheme=scheme)
        assert missing.violations() == []
        missing.complaints.clear()  # a browser complains of every 404
