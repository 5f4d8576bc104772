"""Measure how long a cold start takes, each command in a process of its own: from help to a page that answers.

    python benchmarks/cold_start.py [RUNS] [AGAINST]

Uses the corpus and the index of this folder, which is brought up to date first. AGAINST: the `src` folder of another
version, whose runs alternate with those of this one, so that both see the same machine; it does not index, since both
share one index. Prints minimum, median and maximum of RUNS (5), in wall and processor seconds. `index` finds nothing
changed; `make run` is the second one, with everything installed and indexed. For a page, wall seconds are those from
the start of the command to the end of the first answer, and "ready" those to the first `/readyz` that says so; then it
is stopped, and processor seconds are all that it used.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
QUESTION = "Can low B12 damage nerves without anaemia?"
COMMANDS = {"--help": ["--help"], "search": ["search", QUESTION], "ask": ["ask", QUESTION], "index": ["index"]}
PAGES = {"app.py": [sys.executable, "app.py", "--port", "{port}"], "make run": ["make", "run", "PORT={port}"]}
WRITE = ("index", "make run")  # the index
PATIENCE = 300.0  # seconds for the page

Seconds = Mapping[str, float]  # by what they measure


def environment(source: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(source)}


def spent() -> float:
    """Return the processor seconds of all children that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def ran(arguments: Sequence[str], source: Path) -> Seconds:
    """Time one command, to its last line."""
    before, begun = spent(), time.perf_counter()
    command = [sys.executable, "-m", "b12assistant", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment(source), stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    return {"wall": time.perf_counter() - begun, "processor": spent() - before}


def served(command: Sequence[str], source: Path) -> Seconds:
    """Time a command that serves the page on ``{port}``; it and its children are stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    whole = [word.format(port=port) for word in command]
    before, begun = spent(), time.perf_counter()
    server = subprocess.Popen(  # noqa: S603 - our own program
        whole, cwd=ROOT, env=environment(source), stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not answered(f"http://127.0.0.1:{port}/readyz"):
            if server.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise SystemExit(f"`{' '.join(whole)}` was not ready within {PATIENCE:.0f} s")
            time.sleep(0.02)
        ready = time.perf_counter() - begun
        if not answered(f"http://127.0.0.1:{port}/api/v1/ask", json.dumps({"question": QUESTION}).encode()):
            raise SystemExit(f"`{' '.join(whole)}` was ready and did not answer")
        wall = time.perf_counter() - begun
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
    return {"wall": wall, "ready": ready, "processor": spent() - before}


def answered(url: str, body: bytes | None = None) -> bool:
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - of this machine
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def told(found: Sequence[Seconds]) -> str:
    return "   ".join(
        f"{name} {min(each):6.2f} {statistics.median(each):6.2f} {max(each):6.2f}"
        for name in found[0]
        for each in [[seconds[name] for seconds in found]]
    )


def main(runs: int, against: Path | None) -> None:
    sources = {"this": ROOT / "src"} | ({"other": against.resolve()} if against else {})
    ran(COMMANDS["index"], sources["this"])
    print(f"load {os.getloadavg()[0]:.1f}; seconds: minimum, median, maximum of {runs}", flush=True)
    for name, command in (COMMANDS | PAGES).items():
        found: dict[str, list[Seconds]] = {who: [] for who in sources if who == "this" or name not in WRITE}
        for _ in range(runs):
            for who, each in found.items():
                each.append((served if name in PAGES else ran)(command, sources[who]))
        for who, each in found.items():
            print(f"{name:8} {who:6} {told(each)}", flush=True)
    print(f"load {os.getloadavg()[0]:.1f} in the end")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5, Path(sys.argv[2]) if sys.argv[2:] else None)
