"""What a reader can do on the page, and what must always hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

from playwright.sync_api import BrowserContext, Dialog, FrameLocator, Locator, Page, Request, ViewportSize

BOX = "#ask textarea"
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
LOOKS: dict[int, Literal["light", "dark"]] = {1280: "light", 390: "dark", 320: "dark"}  # by width in CSS pixels
NARROWEST = 320
WINDOW: ViewportSize = {"width": 1280, "height": 844}
SECONDS = 60  # a busy machine may take this long
CUT_OFF = "signal is aborted"  # logged by the framework, with others, when a page is left during a stream
# The framework adds our scripts after its own have run; nothing else says which of ours have run.
RUN = """const run = globalThis.scriptsRun = new Set();
    document.addEventListener('load', event => event.target.src && run.add(event.target.src), true);"""
ALL_RUN = """() => { const own = [...document.scripts].filter(script => script.src.includes('/own/'));
    return own.length > 1 && own.every(script => scriptsRun.has(script.src)); }"""
# Waits until the page is drawn and deferred work is done.
DRAWN = """() => new Promise(done => { let left = 3;
    const next = () => left-- ? requestAnimationFrame(next) : done(); next(); })"""
STILL = """() => Promise.all(document.getAnimations().filter(each => isFinite(each.effect.getComputedTiming().endTime))
    .map(each => each.finished.catch(() => null)))"""
# The panel's frame shows the document at an address, whole and with its script.
ARRIVED = """address => { const {contentWindow, contentDocument} = document.querySelector('#src-frame');
    return contentWindow.location.href.endsWith(address) && contentDocument.querySelector('#doc') !== null
        && contentDocument.readyState === 'complete'; }"""
# What is there already does not count, for it may say the same.
SEEN = """([selector, pattern]) => { const seen = globalThis.seen = {yet: false}, wanted = new RegExp(pattern);
    for (const each of document.querySelectorAll(selector)) each.textContent = '';
    const watch = new MutationObserver(() => {
        seen.yet ||= [...document.querySelectorAll(selector)].some(each => wanted.test(each.textContent)); });
    watch.observe(document, {attributes: true, characterData: true, childList: true, subtree: true}); }"""
# The only tags of an answer. Any other came from the text of a source or a question.
TAGS = [
    *("A", "BLOCKQUOTE", "BUTTON", "DETAILS", "DIV", "FIGCAPTION", "FIGURE", "H2", "H3", "LI", "MARK", "P"),
    *("SECTION", "SPAN", "STRONG", "SUMMARY", "UL"),
]


# Controls that are too small to touch. What is in the line of a sentence may be smaller.
SMALL = """() => [...document.querySelectorAll('#tab-ask :is(a[href], button, summary, textarea)')].filter(each => {
    const { width, height } = each.getBoundingClientRect(), least = each.closest('.numbers') ? 24 : 44;
    return each.checkVisibility() && height > 1 && Math.min(width, height) < least; }).map(each => each.outerHTML)"""


@dataclass
class Reader:
    """A page, the requests it made, and the errors, warnings and dialogs it caused."""

    page: Page
    address: str
    asked_for: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    listening: set[Request] = field(default_factory=set)
    size: ViewportSize = field(default_factory=lambda: WINDOW)

    @classmethod
    def of(cls, context: BrowserContext, address: str, path: str = "/") -> Reader:
        page = context.new_page()
        reader = cls(page, address, size=page.viewport_size or WINDOW)
        page.set_default_timeout(SECONDS * 1000)
        page.add_init_script(RUN)
        page.on("request", reader._note)
        for end in ("requestfinished", "requestfailed"):  # the page drops a stream when it hears of its end
            page.on(end, reader._strike)
        page.on("dialog", reader._refuse)
        page.on("pageerror", lambda error: reader.complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: reader.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.goto(address + path)
        reader._arrive(path)
        return reader

    def visit(self, address: str, path: str) -> None:
        """Load a page as a new tab does: nothing that was stored, set or caught by the test before is left."""
        page = self.page
        page.unroute_all()
        page.context.set_offline(False)
        page.emulate_media(media="screen", color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size(self.size)
        page.goto(f"{address}/favicon.ico")
        page.evaluate("() => { sessionStorage.clear(); localStorage.clear(); }")
        self.asked_for.clear()
        self.complaints.clear()
        self.listening.clear()
        self.address = address
        page.goto(address + path)
        self._arrive(path)

    def reload(self) -> None:
        """Reload the page, and wait as ``of`` does."""
        self.quiet()
        before = len(self.complaints)
        self.page.reload()
        if any(CUT_OFF in each for each in self.complaints[before:]):
            del self.complaints[before:]
        self._arrive(self.page.url.removeprefix(self.address))

    def _arrive(self, path: str) -> None:
        """Wait until a conversation page is connected to the server and our scripts have run."""
        if path == "/" or path.startswith("/#"):
            self.page.wait_for_selector(BOX, state="visible" if path == "/" else "attached")
            self.page.wait_for_selector(".state.ready", state="attached")
            self.page.wait_for_function(ALL_RUN)
            self.page.evaluate("() => b12.ready")
            self.quiet()

    def new_conversation(self) -> None:
        """Empty the page for another test, as a person does: shut the panel, press "New conversation"."""
        page = self.page
        page.emulate_media(media="screen", color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size(WINDOW)
        if page.locator("#src-close").is_visible():
            page.click("#src-close")
            self.left()
        page.fill(BOX, "")
        page.click("#new")
        page.wait_for_function("() => !document.querySelector('.turn, #note .note')")
        self.quiet()
        self.asked_for.clear()

    def _note(self, request: Request) -> None:
        self.asked_for.append(f"{request.method} {request.url}")
        if "/queue/" in request.url:
            self.listening.add(request)

    def _strike(self, request: Request) -> None:
        self.listening.discard(request)

    def _refuse(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def ask(self, question: str) -> Locator:
        """Type a question; return its turn."""
        before = self.page.locator(".turn").count()
        self.page.fill(BOX, question)
        self.page.press(BOX, "Enter")
        return self._next_turn(before)

    def press(self, selector: str) -> Locator:
        """Press a button that asks something; return its turn."""
        before = self.page.locator(".turn").count()
        self.page.click(selector)
        return self._next_turn(before)

    def _next_turn(self, before: int) -> Locator:
        self.page.wait_for_function("n => document.querySelectorAll('.turn').length > n", arg=before)
        return self.page.locator(".turn").nth(before)

    def open(self, link: Locator) -> FrameLocator:
        """Follow a citation into the panel; wait until the document is loaded and has set the focus."""
        link.click()
        self.arrived()
        return self.page.frame_locator("#src-frame")

    def arrived(self, address: str = "") -> None:
        """Wait until the panel shows a document whose address ends with ``address``."""
        self.page.wait_for_function(ARRIVED, arg=address)
        frame = self.page.locator("#src-frame").element_handle().content_frame()
        assert frame is not None
        frame.evaluate(DRAWN)

    def left(self) -> None:
        """Wait until the panel is shut and the page drawn again: until then the browser may move the focus."""
        self.page.wait_for_selector("#src", state="hidden")
        self.page.evaluate(DRAWN)

    def until(self, happened: Callable[[], object]) -> None:
        """Wait for something that the page itself does not report."""
        end = time.monotonic() + SECONDS
        while not happened():
            assert time.monotonic() < end
            self.page.wait_for_timeout(20)  # lets browser events in

    def quiet(self) -> None:
        """Wait until no question is under way."""
        while any("/queue/" in each for each in self.asked_for):
            self.page.evaluate(DRAWN)  # what the last answer starts has begun
            if not self.listening:
                break
            self.until(lambda: not self.listening)

    @contextmanager
    def sees(self, selector: str, pattern: str = "") -> Iterator[None]:
        """Empty the ``selector`` elements; within it, the text of one must match ``pattern``, if only for a moment."""
        self.page.evaluate(SEEN, [selector, pattern])
        yield
        self.page.wait_for_function("() => seen.yet")

    def focused(self) -> str:
        told: str = self.page.evaluate("() => document.activeElement.id || document.activeElement.className")
        return told

    def outside(self) -> list[str]:
        """Requests that left this machine."""
        here = (f"GET {self.address}/", f"POST {self.address}/", f"HEAD {self.address}/", "GET data:")
        return [request for request in self.asked_for if not request.startswith(here)]

    def kept(self) -> int:
        """How much the page stored in the browser, apart from this tab's questions and searches."""
        told: int = self.page.evaluate("() => localStorage.length + sessionStorage.length + document.cookie.length")
        own: int = self.page.evaluate(
            "() => ['b12.talk', 'b12.searches'].filter(name => name in sessionStorage).length"
        )
        return told - own

    def talk(self) -> list[dict[str, Any]]:
        """The conversation as this tab keeps it."""
        told: list[dict[str, Any]] = self.page.evaluate("() => JSON.parse(sessionStorage.getItem('b12.talk') || '[]')")
        return told

    def violations(self) -> list[str]:
        """What axe-core finds wrong, in every frame."""
        for frame in self.page.frames:
            frame.evaluate(DRAWN)
            frame.evaluate(STILL)  # colours are in between during a transition
            if frame.evaluate("() => !('axe' in globalThis)"):
                frame.evaluate(AXE)
        found: Sequence[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        )
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]

    def accessible(self) -> None:
        """Check that axe-core finds nothing, wide in light and on a phone in dark, and that nothing scrolls sideways.

        One visit checks both, for what differs is style; what is opened at another width is visited at that width too.
        """
        before = self.page.viewport_size or WINDOW
        for width, scheme in LOOKS.items():
            self.page.set_viewport_size({"width": width, "height": 844})
            self.page.emulate_media(color_scheme=scheme)
            assert self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, width
            assert width == NARROWEST or self.violations() == [], (width, scheme)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(before)

    def foreign(self) -> list[str]:
        """Tags, styles and handlers in answers that are not ours."""
        told: list[str] = self.page.evaluate(
            """tags => [...document.querySelectorAll('.turn, .turn *')].filter(node =>
                !tags.includes(node.tagName) || node.hasAttribute('style') || node.hasAttribute('onclick')
                || (node.tagName === 'A' && !node.matches('a.origin[rel~=noopener][href^="https://"]')
                    && !/^(\\/d\\/|\\/#answer=|#t\\d|tel:\\d+$)/.test(node.getAttribute('href')))
            ).map(node => node.outerHTML.slice(0, 200))""",
            TAGS,
        )
        return told

    def sound(self) -> None:
        """Check that nothing left the machine, was stored, or caused an error, and no foreign markup got in.

        Call it while the server runs: a stream that is cut off counts as an error.
        """
        self.quiet()
        assert self.outside() == [], self.outside()
        assert self.complaints == [], self.complaints
        assert self.kept() == 0
        assert self.foreign() == [], self.foreign()
        assert self.page.evaluate("() => window.__ran") is None
