"""Take the screenshots of docs/screenshots/ from the page as it is, over the corpus and index of this folder.

.venv/bin/python tools/screenshots.py [STATE …]
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.reading import Reader  # noqa: E402 - what the browser tests use
from browser.running import ARGUMENTS, HOW, find_browser, running  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright  # noqa: E402

from b12assistant.api import Workspace  # noqa: E402
from b12assistant.config import load_configuration  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
ASKED = "Does metformin lower B12?"
STATES = {
    "start": [],
    "answer": [ASKED],
    "differing": ["How long do nerves take to heal?"],
    "source": [ASKED],
    "copying": [ASKED],
    "emergency": ["My legs went weak today and I can't pee"],
    "no-answer": ["Who won the World Cup in 1998?"],
}
# What is looked up in each state.
LOOKED_UP = {
    "look-up": "can numb feet get better",
    "look-up-flag": "I want to kill myself",
    "look-up-row": "folic acid hides the anaemia",
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {1280: 900, 390: 844}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    space = Workspace(load_configuration(environment={}, flags={"web.seconds": 120.0}))  # on a busy machine too
    with sync_playwright() as playwright, running(space) as address:
        found = find_browser(playwright.chromium.executable_path)
        if found is None:
            raise SystemExit(HOW)
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        states = {**STATES, **{tab: [] for tab in LOOKED_UP}}
        for state, questions in states.items():
            if sys.argv[1:] and state not in sys.argv[1:]:
                continue
            for width in SIZES:
                for scheme in SCHEMES:
                    path = FOLDER / f"{state}-{width}-{scheme}.png"
                    _take(browser, address, state, questions, width, scheme, path)
                    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()


def _take(
    browser: Browser,
    address: str,
    state: str,
    questions: list[str],
    width: int,
    scheme: Literal["light", "dark"],
    path: Path,
) -> None:
    size: ViewportSize = {"width": width, "height": SIZES[width]}
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    context.set_default_timeout(120_000)
    reader = Reader.of(context, address)
    for question in questions:
        turn = reader.ask(question)
        if state == "source":
            reader.open(turn.locator("a.cite").nth(turn.locator("figure").count() - 1)).locator("#hit").wait_for()
        if state == "copying":
            turn.locator(".copying summary").first.click()
            reader.page.click("#keep summary")
    if state in LOOKED_UP:
        _look_up(reader.page, state)
    reader.page.wait_for_timeout(400)
    saved(reader.page, path)
    context.close()


def saved(page: Page, path: Path) -> None:
    """Save a picture of what is seen. A page has few colours: with 96 of them it is a third of the size."""
    taken = Image.open(io.BytesIO(page.screenshot()))
    taken.convert("RGB").quantize(96).save(path, optimize=True)


def _look_up(page: Page, state: str) -> None:
    page.evaluate("() => b12.open('lookup')")
    page.wait_for_selector("#lookup-box")
    text = LOOKED_UP[state]
    page.fill("#lookup-box", text)
    page.wait_for_function("text => document.querySelector('.lookup .list').dataset.text === text", arg=text)
    if state == "look-up-row":
        page.locator("#lookup .found summary").nth(2).click()


if __name__ == "__main__":
    main()
