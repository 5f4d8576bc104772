"""A question typed while everything is still loading is not lost, nor is what is typed after it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fakes import FakeEncoder, fake_workspace
from playwright.sync_api import Browser, Page, Route
from serving import small_space

from b12assistant.protocols import Encoded
from b12assistant.web.questions import Questions
from browser.conftest import Visit
from browser.reading import ALL_RUN, BOX, DRAWN, SECONDS, Reader
from browser.running import running

pytestmark = pytest.mark.slow

# The framework does the same until its own styles are there.
HIDDEN = "<style id=late>.gradio-container {visibility: hidden !important}</style>"
FIRST, NEXT = "What wraps every nerve: myelin?", "Is myelin made of fat?"


@dataclass(frozen=True)
class SlowEncoder(FakeEncoder):
    """Encodes nothing until it is loaded."""

    loaded: threading.Event = field(default_factory=threading.Event, compare=False)
    wanted: list[str] = field(default_factory=list, compare=False)

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        self.wanted.extend(texts)
        self.loaded.wait(SECONDS)
        return super().encode(texts)


def typed(page: Page, text: str) -> None:
    page.keyboard.type(text, delay=10)


@pytest.mark.parametrize("is_late", [False, True], ids=["in time", "late"])
def test_what_is_typed_while_everything_loads_is_answered_and_nothing_is_lost(
    is_late: bool, chromium: Browser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """``is_late``: the time for an answer is over before everything is loaded."""
    caplog.set_level("INFO", "b12assistant.questions")
    built, encoder = small_space(tmp_path), SlowEncoder()
    space = fake_workspace(built.corpus, built.store.root, encoder=encoder)
    bounds = Questions.of(space.configuration.settings.web)
    bounds.seconds = 0.5 if is_late else SECONDS
    with running(space, questions=bounds) as address, chromium.new_context() as context:
        reader = Reader.of(context, address, "/?")
        page = reader.page
        page.focus(BOX)
        page.wait_for_selector(f"{BOX}:focus")  # the framework hides it until its styles have come
        typed(page, FIRST)
        page.wait_for_function(ALL_RUN)
        page.evaluate("() => b12.ready")
        assert page.locator(".state.loading").count() == 1
        assert page.input_value(BOX) == FIRST
        page.keyboard.press("Enter")
        reader.until(lambda: FIRST in encoder.wanted)
        typed(page, f" {NEXT}")
        page.keyboard.press("Enter")  # not accepted: one question at a time
        if is_late:
            reader.until(lambda: any(vars(record).get("end") == "late" for record in caplog.records))
            bounds.seconds = SECONDS
        page.evaluate(DRAWN)
        assert page.locator(".turn, #note .note").count() == 0
        encoder.loaded.set()
        page.wait_for_selector("#turn1 blockquote")
        page.wait_for_function("([box, text]) => document.querySelector(box).value === text", arg=[BOX, NEXT])
        page.press(BOX, "Enter")
        page.wait_for_selector("#turn2")
        assert page.locator(".turn h2 .exact").all_text_contents() == [FIRST, NEXT]
        page.wait_for_function("box => !document.querySelector(box).value", arg=BOX)
        reader.sound()


def test_a_question_that_was_refused_and_what_was_typed_after_it_stay(chromium: Browser, tmp_path: Path) -> None:
    built = small_space(tmp_path)
    with running(built) as address, chromium.new_context() as context:
        reader = Reader.of(context, address)
        page = reader.page
        page.focus(BOX)
        typed(page, "?!")
        page.keyboard.press("Enter")
        page.wait_for_selector("#note .note")
        typed(page, f" {FIRST}")
        page.keyboard.press("Enter")
        page.wait_for_selector("#turn1")
        page.wait_for_function("box => !document.querySelector(box).value", arg=BOX)
        reader.sound()


def test_a_warning_without_a_search_says_that_nothing_was_searched(visit: Visit, site: str) -> None:
    """What Look up says if the server is busy and the words typed describe an emergency."""
    page = visit(site, "/#lookup").page

    def busy(route: Route) -> None:
        notice = {"text_id": "a", "lines": ["Call now."], "language": None, "alarm": "emergency", "heading": "First"}
        found = {"notices": [notice], "rows": [], "generation": None, "message": "Nothing was searched."}
        route.fulfill(body=json.dumps(found), content_type="application/json")

    page.wait_for_selector("#lookup-box")
    page.route("**/lookup/search", busy)
    page.fill("#lookup-box", "numb feet")
    page.wait_for_selector("#lookup .alarm.emergency")
    assert page.inner_text("#lookup .status") == "Nothing was searched."


def test_what_is_asked_before_any_other_script_has_run_is_answered(chromium: Browser, site: str) -> None:
    with chromium.new_context() as context:
        page, held, waits = context.new_page(), list[Route](), [True]

        def hold(route: Route) -> None:
            if waits and "stream" not in route.request.url:
                held.append(route)
            else:
                route.continue_()

        page.set_default_timeout(SECONDS * 1000)
        page.route("**/*.js*", hold)
        page.goto(site, wait_until="commit")
        page.locator("#first textarea").fill(FIRST)
        page.locator("#first textarea").press("Enter")
        waits.clear()
        for route in held:
            route.continue_()
        page.wait_for_selector("#turn1 blockquote")
        assert page.locator(".turn .asked .exact").all_text_contents() == [FIRST]
        assert page.url == f"{site}/"


SHIFTS = """globalThis.shifted = 0; new PerformanceObserver(list => {
    for (const each of list.getEntries()) shifted += each.value; }).observe({type: 'layout-shift', buffered: true});"""
PLACES = """parts => parts.map(part => document.querySelector(part).getBoundingClientRect())
    .flatMap(({ x, y }) => [x, y])"""


@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_paint_has_the_final_shape_and_a_second_visit_is_small(
    chromium: Browser, site: str, width: int
) -> None:
    with chromium.new_context(viewport={"width": width, "height": 844}) as context:
        page = context.new_page()
        page.route("**/assets/*.js", lambda route: route.abort())
        page.goto(site)
        before = page.evaluate(PLACES, ["#first img", "#first h1", "#first textarea"])
        assert page.locator(".wrap.default.full:visible").count() == 0, "the framework's spinner"
        page.close()
        for visit in range(2):
            page, sizes, addresses = context.new_page(), dict[str, int](), dict[str, str]()
            page.add_init_script(SHIFTS)
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            session.on(
                "Network.requestWillBeSent",
                lambda event, addresses=addresses: addresses.update({event["requestId"]: event["request"]["url"]}),
            )
            session.on(
                "Network.loadingFinished",
                lambda event, sizes=sizes: sizes.update({event["requestId"]: event["encodedDataLength"]}),
            )
            page.goto(site)
            page.wait_for_selector(".state.ready")
            page.evaluate(DRAWN)
            after = page.evaluate(PLACES, ["#brand img", "#intro h1", BOX])
            assert max(abs(one - other) for one, other in zip(before, after, strict=True)) < 3, (before, after)
            assert page.evaluate("() => shifted") < 0.05
            # How often the page asks for the state of loading depends on how long that takes.
            shape = [size for name, size in sizes.items() if "/queue/" not in addresses.get(name, "")]
            assert visit == 0 or sum(shape) < 55_000
            page.close()


def test_an_address_puts_the_focus_in_the_search_box_though_the_styles_come_late(chromium: Browser, site: str) -> None:
    page = chromium.new_page()
    page.set_default_timeout(SECONDS * 1000)
    page.route("**/", lambda route: route.fulfill(response=(got := route.fetch()), body=got.text() + HIDDEN))
    page.goto(f"{site}/#lookup")
    page.wait_for_selector("#lookup-box", state="attached")
    page.evaluate(DRAWN)
    assert page.evaluate("() => document.activeElement === document.body")
    page.evaluate("() => document.querySelector('#late').remove()")
    page.wait_for_selector("#lookup-box:focus")
    page.close()
