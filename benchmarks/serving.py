"""Measure the server under load: questions a second, how late the latest are, what is lost, and memory.

    python benchmarks/serving.py [api] [page] [burst] [soak=QUESTIONS] [python=PATH]

Serves the corpus and index of this folder in a process of its own and asks the questions of
`benchmarks/data/questions/train.jsonl` over and over, from this process, on the same cores:

* api: 8 clients for 20 seconds. The goal is 60 questions a second and p95 under 150 ms.
* page: 20 readers, each in a session of its own, by the calls that the page's script makes. The goal is 25 a second and
  p95 under 1.5 s.
* burst: 100 questions at once, three times, over the API and on the page; each gets an answer, or is told that it is
  late or the server busy, and the health route is asked meanwhile.
* soak: QUESTIONS over the API, every tenth on the page in a new session. The goal is that the server's resident memory
  grows by less than 50 MB after the first fifth.

PATH: the Python that runs the server, to measure memory without what only the tests install (`make setup`).

Prints wall time on this machine, with its load before and after, and CPU time of the server, which depends less on it.
Linux only.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx2 as httpx

ROOT = Path(__file__).parent.parent
SET = ROOT / "benchmarks" / "data" / "questions" / "train.jsonl"
_PATIENCE = 300.0  # seconds until the server gives its address: it opens the index first
_FIRST = 120  # questions before any is measured: meanwhile the server makes its suggestions
NOTES = {"Too many people": "busy", "The answer took too long": "late", "Something went wrong": "broken"}


@dataclass(frozen=True, slots=True)
class Served:
    """``process``: its id."""

    process: int
    address: str


@contextmanager
def served(python: str) -> Iterator[Served]:
    """Start a server that gives its address, and stop it at the end. Raises ``SystemExit`` with its output if it fails.

    The output goes to a file: a pipe that nobody reads would fill, and then the server would wait.
    """
    command = [python, "-m", "b12assistant", "serve", "--port", "0"]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603 - this program
        try:
            yield Served(server.pid, _address(server, said))
        finally:
            server.terminate()
            print(f"the server ended with status {server.wait(30)}", flush=True)


def _address(server: subprocess.Popen[bytes], said: IO[bytes]) -> str:
    end = time.monotonic() + _PATIENCE
    while True:
        ended = server.poll() is not None or time.monotonic() > end
        begun = os.pread(said.fileno(), 10_000, 0)  # not `read`: the server shares the position in the file
        text = begun.decode("utf-8", "replace")
        if found := re.search(r"answers at (http://\S+)\s", text):
            return found[1]
        if ended:
            raise SystemExit(f"nothing is served: {text.strip() or 'see b12assistant serve'}")
        time.sleep(0.05)


@dataclass
class Clients:
    """The clients; each answer is counted by how it ended, with the seconds it took."""

    http: httpx.AsyncClient
    questions: itertools.cycle[str]
    ask_function: int
    process: int
    ends: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    async def api(self) -> None:
        await self._timed(self._api)

    async def page(self, session: str | None = None) -> None:
        await self._timed(lambda: self._page(session or uuid.uuid4().hex[:12]))

    async def _timed(self, ask: Callable[[], Awaitable[str]]) -> None:
        started = time.perf_counter()
        try:
            end = await ask()
        except httpx.HTTPError as error:
            end = f"lost ({type(error).__name__})"
        self.ends[end] += 1
        if end == "answered":
            self.seconds.append(time.perf_counter() - started)

    async def _api(self) -> str:
        answer = await self.http.post("/api/v1/ask", json={"question": next(self.questions)})
        return "answered" if answer.status_code == 200 else str(answer.json()["code"])

    async def _page(self, session: str) -> str:
        """Ask as the page's script does: the question goes into the queue, the answer comes on a stream."""
        body = {"data": [next(self.questions), None], "fn_index": self.ask_function, "session_hash": session}
        joined = await self.http.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return f"refused ({joined.status_code})"
        async with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            async for line in stream.aiter_lines():
                told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if told.get("msg") == "process_completed":
                    return _end(told)
        return "lost (the stream ended)"

    def told(self, name: str, wall: float) -> None:
        found = sorted(1000 * each for each in self.seconds) or [0.0]
        late = found[min(len(found) - 1, round(0.95 * (len(found) - 1)))]
        rate = len(self.seconds) / wall
        ends = ", ".join(f"{count} {end}" for end, count in self.ends.most_common())
        print(
            f"{name:34} {rate:6.1f}/s  p50 {statistics.median(found):6.0f} ms  p95 {late:6.0f} ms  {ends}", flush=True
        )
        self.ends, self.seconds = Counter(), []


def _end(told: dict[str, Any]) -> str:
    if not told["success"]:
        return "failed"
    note = str(told["output"]["data"][2])
    return next((end for words, end in NOTES.items() if words in note), "refused" if note else "answered")


async def steady(clients: Clients, name: str, ask: Callable[[], Awaitable[None]], number: int, seconds: float) -> None:
    """Run ``number`` clients, each of which asks again as soon as it is answered."""
    started, worked = time.perf_counter(), _worked(clients.process)

    async def one() -> None:
        while time.perf_counter() - started < seconds:
            await ask()

    await asyncio.gather(*(one() for _ in range(number)))
    asked = sum(clients.ends.values())
    clients.told(name, time.perf_counter() - started)
    print(
        f"  {1000 * (_worked(clients.process) - worked) / asked:.1f} ms of the server's CPU time a question", flush=True
    )


async def burst(clients: Clients, name: str, ask: Callable[[], Awaitable[None]]) -> None:
    waits: list[float] = []

    async def health() -> None:
        while True:
            begun = time.perf_counter()
            await clients.http.get("/healthz")
            waits.append(time.perf_counter() - begun)
            await asyncio.sleep(0.05)

    for _ in range(3):
        probe, started = asyncio.create_task(health()), time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(100)))
        probe.cancel()
        clients.told(name, time.perf_counter() - started)
    print(f"  the health route meanwhile answered within {1000 * max(waits):.0f} ms at most ({len(waits)} times)")


async def soak(clients: Clients, count: int) -> None:
    begun, sizes, started = 0, [_resident(clients.process)], time.perf_counter()

    async def one() -> None:
        nonlocal begun
        while begun < count:
            begun += 1
            if begun % (count // 10) == 0:
                sizes.append(_resident(clients.process))
            await (clients.page() if begun % 10 == 0 else clients.api())

    await asyncio.gather(*(one() for _ in range(8)))
    sizes.append(_resident(clients.process))
    clients.told(f"soak, {count:,} questions", time.perf_counter() - started)
    print(f"  MB at every tenth: {' '.join(f'{size:.0f}' for size in sizes)}; after the first fifth "
          f"{sizes[-1] - sizes[2]:+.0f} MB")  # fmt: skip


def _resident(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _worked(process: int) -> float:
    """Return the seconds of CPU time that the server has used."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measured(asked: Sequence[str], process: int, address: str) -> None:
    questions = [json.loads(line)["question"] for line in SET.read_text("utf-8").splitlines()]
    limits = httpx.Limits(max_connections=250, max_keepalive_connections=250)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as http:
        while (await http.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.5)
        clients = Clients(http, itertools.cycle(questions), await _ask_function(http), process)
        for _ in range(_FIRST):
            await clients.api()
        clients.ends, clients.seconds = Counter(), []
        if "api" in asked:
            await steady(clients, "API, 8 clients", clients.api, 8, 20)
        if "page" in asked:
            await steady(clients, "page, 20 readers", clients.page, 20, 20)
        if "burst" in asked:
            await burst(clients, "API, 100 at once", clients.api)
            await burst(clients, "page, 100 at once", clients.page)
        for each in asked:
            if each.startswith("soak="):
                await soak(clients, int(each.removeprefix("soak=")))


async def _ask_function(http: httpx.AsyncClient, name: str = "ask") -> int:
    """Return the number of a function of the page; by default the one that asks."""
    found = re.search(r"window\.gradio_config = (\{.*?\});?</script>", (await http.get("/")).text, re.S)
    functions = json.loads(found[1])["dependencies"] if found else []
    return int(next(each["id"] for each in functions if each["api_name"] == name))


def main(asked: Sequence[str]) -> None:
    python = next((each.removeprefix("python=") for each in asked if each.startswith("python=")), sys.executable)
    with served(python) as server:
        print(f"load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores", flush=True)
        asyncio.run(measured(asked, server.process, server.address))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["api", "page", "burst"])
