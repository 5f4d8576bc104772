from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from doc_pages import ROOT
from fakes import FakeWorkspace
from serving import EMERGENCY

from b12assistant.corpus.sources import SourcesFile
from b12assistant.display.answer_html import figure
from b12assistant.display.labels import load_labels
from b12assistant.display.quoted import Basis, Cited, Quoted, Speaker
from b12assistant.types import Attribution, Interest, Range, Source
from browser.conftest import Visit
from browser.reading import DRAWN, Reader

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


@pytest.mark.parametrize("widths", [(320, 360, 640), (1920,)], ids=["dialog", "beside"])
def test_nothing_scrolls_sideways(widths: tuple[int, ...], reader: Reader) -> None:
    reader.page.set_viewport_size({"width": widths[0], "height": 640})
    reader.open(reader.ask(ASKED).locator("a.cite").first)
    for width in widths:
        reader.page.set_viewport_size({"width": width, "height": 640})
        for frame in reader.page.frames:
            frame.evaluate(DRAWN)
            assert frame.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, width


OVERLAP = """() => [...document.querySelectorAll('.sides .source')].filter(line => {
    const boxes = [...line.querySelectorAll(':scope > a, .who > *')].map(each => each.getBoundingClientRect());
    const meet = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
        && one.top < other.bottom - 1 && other.top < one.bottom - 1;
    return boxes.some((one, i) => boxes.slice(i + 1).some(other => meet(one, other))); }).length"""


def test_the_speakers_of_two_sides_do_not_overlap(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 1280, "height": 844})
    reach(reader, "sides")
    assert reader.page.evaluate(OVERLAP) == 0


SMALL = """() => [...document.querySelectorAll('#tab-ask :is(a[href], button, summary, textarea)')].filter(each => {
    const { width, height } = each.getBoundingClientRect();
    return each.checkVisibility() && height > 1 && Math.min(width, height) < 44; }).map(each => each.outerHTML)"""


TOO_SMALL_OR_TALL = """drawn => { const card = document.querySelector('.card'), before = card.innerHTML;
    card.innerHTML = drawn;
    const lines = [...card.querySelectorAll('summary.who')]
        .map(line => [line.getBoundingClientRect().height, line.innerText]);
    card.innerHTML = before;
    return lines.filter(([height]) => height < 24 || height > 44); }"""


def test_who_says_so_takes_two_lines_of_a_phone_for_every_publication(reader: Reader, small: FakeWorkspace) -> None:
    labels, cited = load_labels(), Cited(small.ask(ASKED).answer.quotes[0].spans)
    quote = Quoted.of(cited, labels, date(2026, 11, 23))
    calm = Source(interest=Interest.NONE)  # a seller's page has a label more
    origins = SourcesFile((ROOT / "corpus" / "sources.toml").read_text(encoding="utf-8")).origins
    publications = [Basis.of(Attribution(Range(0, 1), origin, "a place")) for origin in origins.values()]
    speakers = {each.chip: each for each in (Speaker.of(calm, labels, [each]) for each in publications)}
    drawn = [figure(f"t{at}", replace(quote, speaker=each), labels) for at, each in enumerate(speakers.values())]
    assert len(drawn) > 900
    reader.ask(ASKED)
    for width in (390, 320):
        reader.page.set_viewport_size({"width": width, "height": 844})
        assert reader.page.evaluate(TOO_SMALL_OR_TALL, "".join(drawn)) == [], width


def test_an_emergency_in_another_language_fits_a_narrow_phone(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 320, "height": 640})
    reader.ask("No puedo respirar y me duele el pecho")  # I cannot breathe, and my chest hurts
    reader.page.wait_for_selector("#controls button")
    assert reader.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert reader.page.evaluate(SMALL) == []


def test_a_page_without_scripts_is_accessible(visit: Visit, site: str) -> None:
    visit(site, "/d/guides/food.md").accessible()
    visit(site, "/figures").accessible()


@pytest.mark.parametrize("path", ["/d/no/such.md", "/nowhere"])
def test_an_unknown_address_is_accessible(path: str, visit: Visit, site: str) -> None:
    missing = visit(site, path)
    missing.accessible()
    missing.complaints.clear()  # a browser reports every 404
