"""A question typed while everything is still loading is not lost, nor is what is typed after it."""

from __future__ import annotations

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
from browser.reading import ALL_RUN, BOX, DRAWN, SECONDS, Reader
from browser.running import running

pytestmark = pytest.mark.slow

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
