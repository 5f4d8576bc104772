"""How fast the page is in a real browser: time to first use, its weight, and from Enter to the quote on screen.

    python benchmarks/page_speed.py [QUESTIONS]

Serves the corpus and index of this folder in a process of its own, opens it in headless Chromium with one reader, and
asks QUESTIONS (20, as many as a conversation holds) of `benchmarks/data/questions/train.jsonl`, each after the last was
answered; then types into Look up. Milliseconds of wall time on this machine: the median and the 95th percentile. The
goal is p95 under 300 ms.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.running import ARGUMENTS, HOW, find_browser  # noqa: E402 - what the browser tests use
from playwright.sync_api import Page, Response, sync_playwright  # noqa: E402

SET = ROOT / "benchmarks" / "data" / "questions" / "train.jsonl"
LOOKED_UP = ("numb feet", "folic acid hides", "metformin", "how long does recovery take", "vegan")
ANSWERED = ".turn >> nth=-1"


def served() -> tuple[subprocess.Popen[str], str]:
    """The server, and its address when the page is there."""
    command = [sys.executable, "-m", "b12assistant", "serve", "--port", "0"]
    server = subprocess.Popen(  # noqa: S603 - this very program
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    line = server.stdout.readline() if server.stdout else ""
    found = re.search(r"http://\S+", line)
    if not found:
        server.terminate()
        raise SystemExit(f"the page is not served: {line.strip()}")
    return server, found[0]


def told(name: str, seconds: Sequence[float]) -> None:
    found = sorted(1000 * each for each in seconds)
    late = found[min(len(found) - 1, round(0.95 * (len(found) - 1)))]
    print(f"{name:42} p50 {statistics.median(found):6.0f} ms  p95 {late:6.0f} ms  n {len(found)}", flush=True)


def opened(page: Page, address: str) -> float:
    """Seconds until a question can be typed; tells what came over the wire."""
    weights: list[int] = []

    def weigh(response: Response) -> None:
        weights.append(int(response.headers.get("content-length") or 0))

    page.on("response", weigh)
    started = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("#ask textarea:enabled")
    seconds = time.perf_counter() - started
    page.wait_for_timeout(2_000)  # a stream stays open: the network is never idle
    page.remove_listener("response", weigh)
    print(f"{len(weights)} requests, {sum(weights) / 1e6:.2f} MB", flush=True)
    return seconds


def asked(page: Page, question: str, number: int) -> float:
    page.fill("#ask textarea", question)
    started = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#turn{number}", state="visible")
    return time.perf_counter() - started


def looked_up(page: Page, text: str) -> float:
    started = time.perf_counter()
    page.fill("#lookup-box", text)
    page.wait_for_function("text => document.querySelector('.lookup .list').dataset.text === text", arg=text)
    return time.perf_counter() - started


def main(count: int) -> None:
    questions = [json.loads(line)["question"] for line in SET.read_text("utf-8").splitlines()][:count]
    server, address = served()
    try:
        with sync_playwright() as playwright:
            browser = find_browser(playwright.chromium.executable_path)
            if browser is None:
                raise SystemExit(HOW)
            page = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS).new_page()
            told("opened for the first time", [opened(page, address)])
            page.wait_for_selector("#state .ready", timeout=120_000)
            told("opened again", [opened(page, address) for _ in range(5)])
            page.wait_for_timeout(10_000)  # the suggestions are made in the meantime
            told("Enter to the answer on screen", [asked(page, q, n) for n, q in enumerate(questions, start=1)])
            page.get_by_role("tab", name="Look up").click()
            page.wait_for_selector("#lookup-box")
            told("key to the list, Look up, all ways", [looked_up(page, text) for text in LOOKED_UP * 4])
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20)
