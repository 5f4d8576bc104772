"""Takes the screenshots of docs/screenshots/ from the page as it is, over the corpus and index of this folder.

.venv/bin/python tools/screenshots.py
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
from playwright.sync_api import Browser, ViewportSize, sync_playwright  # noqa: E402

from b12assistant.api import Workspace  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
ASKED = "Does metformin lower B12?"
STATES = {
    "start": [],
    "answer": [ASKED],
    "differing": ["How long do nerves take to heal?"],
    "source": [ASKED],
    "emergency": ["My legs went weak today and I can't pee"],
    "no-answer": ["Who won the World Cup in 1998?"],
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {1280: 900, 390: 844}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, running(Workspace()) as address:
        found = find_browser(playwright.chromium.executable_path)
        if found is None:
            raise SystemExit(HOW)
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        for state, questions in STATES.items():
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
    reader = Reader.of(context, address)
    for question in questions:
        turn = reader.ask(question)
        if state == "source":
            reader.open(turn.locator("a.cite").nth(turn.locator("figure").count() - 1)).locator("#hit").wait_for()
    reader.page.wait_for_timeout(400)
    taken = Image.open(io.BytesIO(reader.page.screenshot()))
    taken.convert("RGB").quantize(96).save(path, optimize=True)  # a page has few colours: a third of the size
    context.close()


if __name__ == "__main__":
    main()
