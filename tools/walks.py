"""Walks two users' ways through the page as it is, with the real model, and takes a picture and the time of each step.

    python tools/walks.py [reader|staff] [--keyboard]

A reader asks a first question and checks it in the source. Somebody in support finds, filters, pins three passages,
exports them and has the export verified. `--keyboard`: the same without a pointer. Over the corpus and index of this
folder; pictures go to docs/screenshots/. The time of a step begins when the one before is done.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.reading import Reader  # noqa: E402 - what the browser tests use
from browser.running import ARGUMENTS, HOW, find_browser, running  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from screenshots import FOLDER, saved  # noqa: E402

from b12assistant.api import Workspace  # noqa: E402
from b12assistant.config import load_configuration  # noqa: E402

QUESTION = "Can folic acid hide a B12 deficiency?"
LOOKED_FOR = "numb feet"
EXPORTED = "document.querySelector('#pack p[role=status]').textContent.includes('.json')"


@dataclass
class Walk:
    """A way through the page, by steps."""

    name: str
    page: Page
    keyboard: bool
    seconds: list[float] = field(default_factory=list)
    begun: float = field(default_factory=time.perf_counter)
    pressed: int = 0  # keys, but for what is typed into a field

    def step(self, told: str, reached: str | None = None, *, seen: bool = True) -> None:
        """What was done is told with its time, when ``reached`` is there; pictures are of the walk with a pointer,
        where something is ``seen``."""
        if reached:
            self.page.wait_for_selector(reached)
        self.seconds.append(time.perf_counter() - self.begun)
        print(f"{len(self.seconds)}. {told}: {self.seconds[-1]:.1f} s", flush=True)
        if seen and not self.keyboard:
            self.page.wait_for_timeout(300)
            saved(self.page, FOLDER / f"walk-{self.name}-{len(self.seconds)}.png")
        self.begun = time.perf_counter()

    def keys(self, *names: str) -> None:
        self.pressed += len(names)
        for name in names:
            self.page.keyboard.press(name)

    def tab_to(self, selector: str, most: int = 40, key: str = "Tab") -> None:
        """Press Tab until ``selector`` has the focus, as somebody without a pointer must."""
        for _ in range(most):
            if self.page.evaluate("at => Boolean(document.activeElement?.matches(at))", selector):
                return
            self.keys(key)
        raise SystemExit(f"{selector} cannot be reached by {most} times {key}")


def reader(walk: Walk) -> None:
    page = walk.page
    page.wait_for_selector("#ask textarea:focus")  # the page puts the cursor there
    page.keyboard.type(QUESTION)
    walk.step("the page is open, the question is typed")
    walk.keys("Enter")
    walk.step("the answer is there", "#turn1 figure.quote")
    if walk.keyboard:
        walk.tab_to("#turn1 a.cite", key="Shift+Tab")
        walk.keys("Enter")
    else:
        page.click("#turn1 a.cite >> nth=0")
    page.frame_locator("#src-frame").locator("#hit").first.wait_for()
    walk.step("the citation is open at the quote, marked in its document")
    source = page.frame_locator("#src-frame").locator("#doc").text_content() or ""
    walk.keys("Escape")
    page.wait_for_selector("#src", state="hidden")
    walk.step("back at the answer, where it was left", "#turn1 a.cite:focus")
    quoted = page.locator("#turn1 figure:has(a.cite:focus) blockquote .exact").first.text_content()
    if not quoted or quoted not in source:
        raise SystemExit("the quote does not stand in the source that its citation opened")


def staff(walk: Walk) -> None:
    _looked_up(walk)
    _filtered(walk)
    _pinned(walk)
    _opened_pack(walk)
    with tempfile.TemporaryDirectory() as folder:
        _verified(_saved(walk, Path(folder)))
    walk.step("verified at a terminal", seen=False)


def _looked_up(walk: Walk) -> None:
    page = walk.page
    if walk.keyboard:
        walk.tab_to("[role=tab]", key="Shift+Tab")
        walk.keys("ArrowRight")
    else:
        page.get_by_role("tab", name="Look up").click()
    page.wait_for_selector("#lookup-box")
    if walk.keyboard:
        walk.keys("/")
    else:
        page.click("#lookup-box")
    page.keyboard.type(LOOKED_FOR)
    page.wait_for_function("text => document.querySelector('.lookup .list').dataset.text === text", arg=LOOKED_FOR)
    walk.step(f"found: {page.inner_text('#lookup .status')}", "#lookup .found")


def _filtered(walk: Walk) -> None:
    page = walk.page
    if walk.keyboard:
        walk.tab_to("#lookup .sieve summary")
        walk.keys("Enter")
        walk.tab_to("#lookup-kind")
        page.keyboard.type("Patient")
    else:
        page.click("#lookup .sieve summary")
        page.select_option("#lookup-kind", "patient_guide")
    page.wait_for_selector("#lookup .sieve summary:text('Filters (1)')")
    page.wait_for_timeout(600)
    walk.step(f"filtered to patient guides: {page.inner_text('#lookup .status')}", "#lookup .found")


def _pinned(walk: Walk) -> None:
    if walk.keyboard:
        walk.keys("/", "ArrowDown", "p", "j", "p", "j", "p")
    else:
        for number in range(3):
            walk.page.click(f"#lookup .found >> nth={number} >> button.pin")
    walk.step("three are pinned", "#pack-open:text('Pack: 3 passages')")


def _opened_pack(walk: Walk) -> None:
    if walk.keyboard:
        walk.keys("/")
        walk.tab_to("#pack-open", key="Shift+Tab")
        walk.keys("Enter")
    else:
        walk.page.click("#pack-open")
    walk.step("the pack is open", "#pack li >> nth=2")


def _saved(walk: Walk, folder: Path) -> Path:
    """The file that the pack was exported to, inside ``folder``."""
    page = walk.page
    with page.expect_download() as download:
        if walk.keyboard:
            walk.tab_to("#pack button[value=json]")
            walk.keys("Enter")
        else:
            page.click("#pack button[value=json]")
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    page.wait_for_function(f"() => {EXPORTED}")
    walk.step(f"saved as {file.name}")
    return file


def _verified(file: Path) -> None:
    verify = [sys.executable, "-m", "b12assistant", "verify", str(file)]
    done = subprocess.run(verify, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - this program
    print(done.stdout.replace(str(file.parent), "…").strip(), flush=True)
    if done.returncode:
        raise SystemExit(f"verify ended with {done.returncode}: {done.stderr.strip()}")


WALKS: dict[str, Callable[[Walk], None]] = {"reader": reader, "staff": staff}


@contextmanager
def opened(space: Workspace) -> Iterator[Reader]:
    """The page, ready, in front of somebody who was never here."""
    with sync_playwright() as playwright, running(space) as address:
        found = find_browser(playwright.chromium.executable_path)
        if found is None:
            raise SystemExit(HOW)
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(120_000)
        yield Reader.of(context, address)
        browser.close()


def main(arguments: list[str]) -> None:
    keyboard = "--keyboard" in arguments
    names = [each for each in arguments if each in WALKS] or list(WALKS)
    space = Workspace(load_configuration(environment={}))
    for name in names:
        with opened(space) as there:
            print(f"{name}{', by keyboard alone' if keyboard else ''}", flush=True)
            walk = Walk(name, there.page, keyboard)
            WALKS[name](walk)
            print(f"in all {sum(walk.seconds):.1f} s, {walk.pressed} keys besides what was typed", flush=True)
            if there.outside() or there.complaints:
                raise SystemExit(f"{there.outside()} {there.complaints}")


if __name__ == "__main__":
    main(sys.argv[1:])
