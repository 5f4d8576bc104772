"""How long a cold start takes, each command in a process of its own: help, search, ask, and the page until it is ready.

    python benchmarks/cold_start.py [RUNS] [AGAINST]

Over the corpus and the index of this folder, which must be up to date. AGAINST: the `src` folder of another version,
whose runs take turns with those of this one, so that both see the same machine. Minimum, median and maximum of RUNS
(5), wall seconds and seconds of the processor; the page has wall seconds alone, from `python app.py` to the first
`/readyz` that says so (`make run` brings the index up to date before that).
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
QUESTION = "Can low B12 damage nerves without anaemia?"
COMMANDS = {"--help": ["--help"], "search": ["search", QUESTION], "ask": ["ask", QUESTION]}
PATIENCE = 300.0  # seconds for the page


def environment(source: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(source)}


def ran(arguments: Sequence[str], source: Path) -> tuple[float, float]:
    """Wall seconds and seconds of the processor of one command, to its last line."""
    before, begun = os.times(), time.perf_counter()
    command = [sys.executable, "-m", "b12assistant", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment(source), stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    wall, after = time.perf_counter() - begun, os.times()
    children = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    return wall, children


def page(source: Path) -> float:
    """Wall seconds until the page answers questions."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.perf_counter()
    app = [sys.executable, str(source.parent / "app.py"), "--port", str(port)]
    server = subprocess.Popen(app, cwd=ROOT, env=environment(source), stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        while time.perf_counter() - begun < PATIENCE and server.poll() is None:
            if ready(port):
                return time.perf_counter() - begun
            time.sleep(0.02)
    finally:
        server.terminate()
        server.wait(30)
    raise SystemExit(f"the page of {source} was not ready within {PATIENCE:.0f} s")


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def told(name: str, seconds: Sequence[float]) -> str:
    return f"{name} {min(seconds):6.2f} {statistics.median(seconds):6.2f} {max(seconds):6.2f}"


def main(runs: int, against: Path | None) -> None:
    sources = {"this": ROOT / "src"} | ({"other": against.resolve()} if against else {})
    print(f"load {os.getloadavg()[0]:.1f}; seconds: minimum, median, maximum of {runs}", flush=True)
    for name, arguments in COMMANDS.items():
        found: dict[str, list[tuple[float, float]]] = {who: [] for who in sources}
        for _ in range(runs):
            for who, source in sources.items():
                found[who].append(ran(arguments, source))
        for who, each in found.items():
            walls, cpus = zip(*each, strict=True)
            print(f"{name:8} {who:6} {told('wall', walls)}   {told('processor', cpus)}", flush=True)
    pages: dict[str, list[float]] = {who: [] for who in sources}
    for _ in range(runs):
        for who, source in sources.items():
            pages[who].append(page(source))
    for who, seconds in pages.items():
        print(f"{'page':8} {who:6} {told('wall', seconds)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5, Path(sys.argv[2]) if sys.argv[2:] else None)
