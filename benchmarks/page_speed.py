"""How fast the page is in a real browser: time to first use, its weight, and from Enter to the quote on screen.

    python benchmarks/page_speed.py [QUESTIONS]

Serves the corpus and index of this folder in a process of its own, opens it in headless Chromium with one reader, and
asks QUESTIONS (20, as many as a conversation holds) of `benchmarks/data/questions/train.jsonl`, each after the last was
answered; then types into Look up. Milliseconds of wall time on this machine, with its load: the median and the 95th
percentile. The goal is p95 under 300 ms from Enter to the quote. Weight is what came over the wire, by kind.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.running import ARGUMENTS, HOW, find_browser  # noqa: E402 - what the browser tests use
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from served import served  # noqa: E402

SET = ROOT / "benchmarks" / "data" / "questions" / "train.jsonl"
LOOKED_UP = ("numb feet", "folic acid hides", "metformin", "how long does recovery take", "vegan")
LISTED = "b12"  # of a passage each in nearly every document: the longest list there is here


def told(name: str, seconds: Sequence[float]) -> None:
    found = sorted(1000 * each for each in seconds)
    late = found[min(len(found) - 1, round(0.95 * (len(found) - 1)))]
    print(f"{name:42} p50 {statistics.median(found):6.0f} ms  p95 {late:6.0f} ms  n {len(found)}", flush=True)


def opened(browser: Browser, address: str) -> tuple[float, Page]:
    """Seconds until a question can be typed, by a reader who was never here, and the page."""
    page = browser.new_page()
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#ask textarea:enabled")
    return time.perf_counter() - started, page


def weighed(browser: Browser, address: str) -> None:
    """Tells what came over the wire until the page is at rest, by kind."""
    page = browser.new_page()
    kinds: dict[str, str] = {}
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()

    def ended(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "Other")
        sizes[kind] += event["encodedDataLength"]
        counts[kind] += 1

    wire = page.context.new_cdp_session(page)
    wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    wire.on("Network.loadingFinished", ended)
    wire.send("Network.enable")
    page.goto(address)
    page.wait_for_selector("#ask textarea:enabled")
    page.wait_for_timeout(5_000)  # a stream stays open: the network is never idle
    for kind, size in sizes.most_common():
        print(f"{kind:12} {counts[kind]:4} requests {size / 1000:8.1f} kB", flush=True)
    print(f"{'all':12} {counts.total():4} requests {sizes.total() / 1000:8.1f} kB", flush=True)
    page.close()


def asked(page: Page, question: str, number: int) -> float:
    page.fill("#ask textarea", question)
    started = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#turn{number}", state="visible", timeout=120_000)
    return time.perf_counter() - started


def looked_up(page: Page, text: str) -> float:
    started = time.perf_counter()
    page.fill("#lookup-box", text)
    page.wait_for_function("text => document.querySelector('.lookup .list').dataset.text === text", arg=text)
    return time.perf_counter() - started


def walked(page: Page, keys: int) -> list[float]:
    """Seconds from a key to the next passage in focus, down a list."""
    page.focus("#lookup-box")
    page.keyboard.press("ArrowDown")
    seconds = []
    for number in range(1, keys):
        started = time.perf_counter()
        page.keyboard.press("j")
        page.wait_for_function("n => document.activeElement === document.querySelectorAll('.found')[n]", arg=number)
        seconds.append(time.perf_counter() - started)
    return seconds


def main(count: int) -> None:
    questions = [json.loads(line)["question"] for line in SET.read_text("utf-8").splitlines()][:count]
    print(f"{os.cpu_count()} cores, load {', '.join(f'{each:.1f}' for each in os.getloadavg())}", flush=True)
    with served() as server, sync_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        if path is None:
            raise SystemExit(HOW)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        seconds, page = opened(browser, server.address)
        told("opened while the server is loading", [seconds])
        page.wait_for_selector("#state .ready", timeout=300_000)
        told("opened, nothing kept from before", [opened(browser, server.address)[0] for _ in range(5)])
        weighed(browser, server.address)
        told("Enter to the answer on screen", [asked(page, q, n) for n, q in enumerate(questions, start=1)])
        page.get_by_role("tab", name="Look up").click()
        page.wait_for_selector("#lookup-box")
        told("key to the list, Look up, all ways", [looked_up(page, text) for text in LOOKED_UP * 4])
        told("the longest list, all ways", [looked_up(page, LISTED)])
        told(f"j, in a list of {page.locator('.found').count()}", walked(page, 40))
    print(f"load {', '.join(f'{each:.1f}' for each in os.getloadavg())}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20)
