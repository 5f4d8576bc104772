"""Measure how long a polite client waits beside a rude one, kind by kind.

    python benchmarks/rude_clients.py [SECONDS] [KIND …]

Serves the corpus and index of this folder. The rude client comes from 127.0.0.2, in a process of its own on the same
cores; for SECONDS (20) it does one of the things below as fast as it can. Beside it a client at 127.0.0.3 asks over the
API, and a reader at 127.0.0.4 on the page, each once a second. The goal is p95 under 2.5 s and no answer lost. Linux
only.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import httpx2 as httpx
from serving import SET, Clients, _ask_function, served

RUDE, POLITE, READER = "127.0.0.2", "127.0.0.3", "127.0.0.4"
_TURNS = [{"question": f"What about metformin and myelin, {number}?"} for number in range(20)]
Act = Callable[[httpx.AsyncClient], Awaitable[Any]]


def _from(host: str, address: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=600, max_keepalive_connections=600)
    transport = httpx.AsyncHTTPTransport(local_address=host, limits=limits)
    return httpx.AsyncClient(base_url=address, transport=transport, timeout=30)


def _posts(path: str, body: object, patience: float = 30) -> Act:
    return lambda http: http.post(path, json=body, timeout=patience)


def _gets(path: str, first: Act | None = None) -> Act:
    """Return what reads an address to its end; ``first``: done once before it."""
    begun: asyncio.Task[Any] | None = None

    async def held(http: httpx.AsyncClient) -> None:
        nonlocal begun
        if first is not None:
            begun = begun or asyncio.create_task(first(http))
            await begun
        async with http.stream("GET", path) as stream:
            async for _ in stream.aiter_bytes():
                pass

    return held


async def _slow_body(http: httpx.AsyncClient) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(5)

    await http.post("/api/v1/ask", content=slowly(), headers={"content-type": "application/json"})


def _joins(function: int, data: Sequence[object]) -> Act:
    numbers = itertools.count()

    async def join(http: httpx.AsyncClient) -> None:
        body = {"data": data, "fn_index": function, "session_hash": f"rude{next(numbers)}"}
        await http.post("/gradio_api/queue/join", json=body)

    return join


def kinds(functions: Mapping[str, int], links: Sequence[str], pdf: str) -> dict[str, tuple[int, Act]]:
    """Return, by name, how many at once and what each does over and over."""
    joined = _joins(functions["ask"], ["What is myelin?", None])  # as session "rude0"
    return {
        "nothing": (0, _posts("/", {})),
        "askers": (64, _posts("/api/v1/ask", {"question": "Does metformin lower B12?"})),
        "searches": (64, _posts("/api/v1/search", {"question": "metformin", "k": 100})),
        "exports": (4, _posts("/export", {"turns": _TURNS})),
        "replies": (64, _posts("/reply", {"addresses": list(links)})),
        "hang-ups": (64, _posts("/api/v1/ask", {"question": "Does metformin lower B12?"}, 0.02)),
        "slow-bodies": (520, _slow_body),
        "streams": (520, _gets("/gradio_api/queue/data?session_hash=rude0", first=joined)),
        "no-streams": (520, _gets("/gradio_api/queue/data?session_hash=nobody")),
        "joins": (16, _joins(functions["ask"], ["What is myelin?", None])),
        "restorers": (1, _joins(functions["restored"], [json.dumps(_TURNS), None])),
        "pages-drawn": (45, _gets(f"/pdf/{pdf}?page=1")),
    }


async def _rudely(address: str, number: int, act: Act) -> None:
    async with _from(RUDE, address) as http:

        async def again() -> None:
            while True:
                with suppress(httpx.HTTPError):
                    await act(http)
                await asyncio.sleep(0.001)

        await asyncio.gather(*(again() for _ in range(number)))


def be_rude(address: str, name: str, functions: Mapping[str, int], links: Sequence[str], pdf: str) -> None:
    asyncio.run(_rudely(address, *kinds(functions, links, pdf)[name]))


@contextmanager
def _beside(*rude: Any) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=be_rude, args=rude)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


async def _once_a_second(ask: Callable[[], Awaitable[None]], seconds: float) -> None:
    end = time.monotonic() + seconds
    while (begun := time.monotonic()) < end:
        await ask()
        await asyncio.sleep(max(0.0, begun + 1 - time.monotonic()))


async def measured(address: str, seconds: float, names: Sequence[str]) -> None:
    questions = [json.loads(line)["question"] for line in SET.read_text("utf-8").splitlines()]
    async with _from(POLITE, address) as api, _from(READER, address) as page:
        while (await api.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.5)
        functions = {name: await _ask_function(api, name) for name in ("ask", "restored")}
        found = (await api.post("/lookup/search", json={"text": "vitamin", "k": 30})).json()
        links = [row["address"] for row in found["rows"]] * 4
        listed = (await api.get("/api/v1/documents?limit=200")).json()["documents"]
        pdf = next(each["document"] for each in listed if each["document"].endswith(".pdf"))
        polite = Clients(api, itertools.cycle(questions), functions["ask"], 0)
        reader = Clients(page, itertools.cycle(questions), functions["ask"], 0)
        for _ in range(5):
            await polite.api()
        polite.ends, polite.seconds = Counter(), []
        for name in kinds(functions, links, pdf):
            if names and name not in names:
                continue
            with _beside(address, name, functions, links[:100], pdf):
                await asyncio.sleep(3)  # until it has begun
                await asyncio.gather(_once_a_second(polite.api, seconds), _once_a_second(reader.page, seconds))
            polite.told(f"{name}: polite, API", seconds)
            reader.told(f"{name}: polite, page", seconds)
            await asyncio.sleep(1)


def main(arguments: Sequence[str]) -> None:
    seconds = float(arguments[0]) if arguments else 20.0
    with served(sys.executable) as server:
        print(f"load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores", flush=True)
        asyncio.run(measured(server.address, seconds, arguments[1:]))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
