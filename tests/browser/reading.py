"""What a reader does on the page, and what must hold whatever they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from playwright.sync_api import BrowserContext, Dialog, FrameLocator, Locator, Page

BOX = "#ask textarea"
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
# All that an answer is made of. Anything else came out of somebody's text.
TAGS = [
    "A",
    "BLOCKQUOTE",
    "BUTTON",
    "DETAILS",
    "DIV",
    "FIGCAPTION",
    "FIGURE",
    "H2",
    "H3",
    "LI",
    "MARK",
    "P",
    "SPAN",
    "STRONG",
    "SUMMARY",
    "UL",
]


@dataclass
class Reader:
    """A page with what it asked for, complained of and threw up."""

    page: Page
    address: str
    asked_for: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, context: BrowserContext, address: str, path: str = "/") -> Reader:
        reader = cls(context.new_page(), address)
        page = reader.page
        page.set_default_timeout(60_000)
        page.on("request", lambda request: reader.asked_for.append(f"{request.method} {request.url}"))
        page.on("dialog", reader._refuse)
        page.on("pageerror", lambda error: reader.complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: reader.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.goto(address + path, wait_until="domcontentloaded")
        if path == "/":
            page.wait_for_selector(BOX)
            page.wait_for_selector(".state.ready")
        if path.startswith("/#"):  # before this, the page still listens to the server
            page.wait_for_selector(".state.ready", state="attached")
        return reader

    def _refuse(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def ask(self, question: str) -> Locator:
        """Type a question; its turn."""
        before = self.page.locator(".turn").count()
        self.page.fill(BOX, question)
        self.page.press(BOX, "Enter")
        return self._next_turn(before)

    def press(self, selector: str) -> Locator:
        """Press a button that asks something; its turn."""
        before = self.page.locator(".turn").count()
        self.page.click(selector)
        return self._next_turn(before)

    def _next_turn(self, before: int) -> Locator:
        self.page.wait_for_function("n => document.querySelectorAll('.turn').length > n", arg=before)
        return self.page.locator(".turn").nth(before)

    def open(self, link: Locator) -> FrameLocator:
        """Follow a citation into the panel."""
        link.click()
        frame = self.page.frame_locator("#src-frame")
        frame.locator("#doc").wait_for()
        return frame

    def focused(self) -> str:
        told: str = self.page.evaluate("() => document.activeElement.id || document.activeElement.className")
        return told

    def outside(self) -> list[str]:
        """Requests that left this machine."""
        here = (f"GET {self.address}/", f"POST {self.address}/", f"HEAD {self.address}/", "GET data:")
        return [request for request in self.asked_for if not request.startswith(here)]

    def kept(self) -> int:
        """What the page wrote into the browser."""
        told: int = self.page.evaluate("() => localStorage.length + sessionStorage.length + document.cookie.length")
        return told

    def violations(self) -> list[str]:
        """What axe-core finds wrong, in every frame."""
        self.page.wait_for_timeout(200)  # a transition gives half-way colours
        for frame in self.page.frames:
            frame.evaluate(AXE)
        found: Sequence[dict[str, Any]] = self.page.evaluate("async () => (await axe.run(document)).violations")
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]

    def foreign(self) -> list[str]:
        """Tags, styles and handlers inside answers that are not of our making."""
        told: list[str] = self.page.evaluate(
            """tags => [...document.querySelectorAll('.turn, .turn *')].filter(node =>
                !tags.includes(node.tagName) || node.hasAttribute('style') || node.hasAttribute('onclick')
                || (node.tagName === 'A' && !/^(\\/d\\/|#t\\d)/.test(node.getAttribute('href')))
            ).map(node => node.outerHTML.slice(0, 200))""",
            TAGS,
        )
        return told

    def sound(self) -> None:
        """Nothing left the machine, nothing was kept, nobody complained, nothing foreign came in."""
        assert self.outside() == [], self.outside()
        assert self.complaints == [], self.complaints
        assert self.kept() == 0
        assert self.foreign() == [], self.foreign()
        assert self.page.evaluate("() => window.__ran") is None
