"""Hidden text, clients that hang up, flood or send nonsense, wrong tool calls, and verifying during a build."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from blocking import ASKED, Blocking, blocking_space
from builders_index import publish
from mcp import Client
from serving import small_space
from starlette.testclient import TestClient
from unseen.quoted import quotable

from b12assistant.index.store import Store
from b12assistant.integrations.mcp_server import build_server
from b12assistant.loaders import load
from b12assistant.web.policy import JOIN, Policy
from b12assistant.web.questions import Questions
from b12assistant.web.site import DATA, application
from b12assistant.web.warmup import Warmup
from stress_tests.runner import Tries

_PATIENCE = 30.0  # seconds; the answer itself is held back until the client is gone
HERE = "http://127.0.0.1:7860"
_SEEN, _HIDDEN = "Numb feet are an early sign.", "Cyanide cures nerves."

_IN_HTML = ("hidden", "aria-hidden=true", "style='display:none'", "style='color:red; visibility: hidden'")
_LETTERS = [*map(chr, range(0xE0020, 0xE007F)), "\u200b", "\u2060", "\u2063", "\u202e", "\u2066", "\u3164", "\ufeff"]


def hidden_text(count: int, folder: Path) -> Tries:
    """A sentence hidden in a known way is named and not quoted; visible text is quoted."""
    del folder
    draw = random.Random(7)  # noqa: S311 - places, not secrets
    for _ in range(count):
        name, data = _hiding(draw)
        extract = load(data, name)
        quoted = quotable(extract)
        if "yanide" in quoted:
            yield f"quotable: {data!r}"
        elif _SEEN not in quoted:
            yield f"what is seen is lost: {data!r}"
        else:
            yield None if extract.warnings else f"not named: {data!r}"


def _hiding(draw: random.Random) -> tuple[str, bytes]:
    if draw.random() < 0.5:
        return "a.html", f"<html><body><p>{_SEEN}</p><div {draw.choice(_IN_HTML)}>{_HIDDEN}</div>".encode()
    at = draw.randrange(1, 6)
    run = "".join(draw.choices(_LETTERS, k=draw.randrange(2, 9)))
    return draw.choice(["a.txt", "a.md"]), f"{_SEEN} {_HIDDEN[:at]}{run}{_HIDDEN[at:]}\n".encode()


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """What is logged as a warning or worse."""
    logged: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())

    handler = Kept(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield logged
    finally:
        logging.getLogger().removeHandler(handler)


def nonsense(count: int, folder: Path) -> Tries:
    """Requests that no page or program of ours sends get an error under 500 in the API's form, and no log."""
    space = small_space(folder)
    client = TestClient(application(space, Warmup(space)), base_url=HERE, raise_server_exceptions=False)
    draw = random.Random(9)  # noqa: S311 - as above
    for _ in range(count):
        method, path, more = _nonsense(draw)
        with _quiet() as logged:
            answer = client.request(method, path, **more)
        in_form = answer.headers.get("content-type") == "application/problem+json"
        right = 400 <= answer.status_code < 500 and in_form and not logged
        yield None if right else f"{method} {path[:80]} {more}: {answer.status_code}, {logged}"


def _nonsense(draw: random.Random) -> tuple[str, str, dict[str, Any]]:
    join, ask = "/gradio_api/queue/join", "/api/v1/ask"
    letters = "".join(draw.choices("abcé", k=draw.randrange(256, 2_000)))
    values: list[object] = [None, -1, 999, "0", 1e300, [], {}, True, "a" * 90]
    match draw.randrange(5):
        case 0:
            return "GET", f"/{draw.choice(['assets', 'static', 'own', 'd'])}/{letters}", {}
        case 1:
            return "POST", join, {"json": {"fn_index": draw.choice(values), "session_hash": "a", "data": []}}
        case 2:
            return "POST", join, {"content": draw.randbytes(draw.randrange(40))}
        case 3:
            site = draw.choice(["cross-site", "same-site", "", "x"])
            return (
                "POST",
                draw.choice([ask, "/reply", "/export", join]),
                {"json": {}, "headers": {"Sec-Fetch-Site": site}},
            )
        case _:
            other = {"Origin": draw.choice(["http://example.org", "https://127.0.0.1.example", "file://", "a"])}
            return "POST", draw.choice([ask, "/reply", join]), {"json": {"question": "a"}, "headers": other}


def hanging_up(count: int, folder: Path) -> Tries:
    """A client hangs up at some stage of its request; nothing of it is left, and the next question is answered."""
    space = small_space(folder)
    held = blocking_space(space)
    questions = Questions.of(held.configuration.settings.web)
    app = application(held, Warmup(held), questions=questions)
    draw = random.Random(11)  # noqa: S311 - as above
    body = json.dumps({"question": ASKED}).encode()

    async def gone(after: int) -> str | None:
        parts = [body[i : i + 9] for i in range(0, len(body), 9)]
        messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        messages[-1]["more_body"] = False
        messages = messages[:after]

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(draw.random() / 100)
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: object) -> None:
            del message

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/api/v1/ask", "headers": headers, "query_string": b""}
        asked = app({**scope, "client": ("10.0.0.1", 1), "raw_path": b"/api/v1/ask"}, receive, send)
        try:
            await asyncio.wait_for(asked, _PATIENCE)
        except TimeoutError:
            return f"the request went on without its client after part {after}"
        return None if questions.waiting == 0 else f"{questions.waiting} wait after part {after}"

    for _ in range(count):
        held.gate.clear()
        wrong = asyncio.run(gone(draw.randrange(9)))
        held.gate.set()
        if wrong is None and draw.random() < 0.1:
            wrong = None if asyncio.run(_asked(app, "10.0.0.2")) == 200 else "the next question is not answered"
        yield wrong


async def _asked(app: Policy, host: str) -> int:
    transport = httpx.ASGITransport(app, client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url=HERE, timeout=30) as reader:
        return (await reader.post("/api/v1/ask", json={"question": ASKED})).status_code


def floods(count: int, folder: Path) -> Tries:
    """One address sends more than the queue holds; another's question, sent after them, is answered."""
    space = small_space(folder)
    for number in range(count):
        held = blocking_space(space)
        flood, other = asyncio.run(_flooded(held, Questions.of(held.configuration.settings.web)))
        yield None if other == 200 and flood <= {200, 503} else f"flood {number}: {flood}, the other {other}"


async def _flooded(held: Blocking, questions: Questions) -> tuple[set[int], int]:
    """The statuses of the flood, and that of the other address, which asks when the queue is full."""
    app = application(held, Warmup(held), questions=questions)
    many = [asyncio.create_task(_asked(app, "10.0.0.1")) for _ in range(200)]
    while not any(each.done() for each in many):
        await asyncio.sleep(0.01)
    one = asyncio.create_task(_asked(app, "10.0.0.2"))
    while "10.0.0.2" not in {*questions.checks._jobs, *questions.searches._jobs} and not one.done():
        await asyncio.sleep(0.01)
    held.gate.set()
    return set(await asyncio.gather(*many)), await one


_TURNS = [{"question": f"{ASKED} {number}"} for number in range(20)]
_JOINED = {"data": [ASKED, None], "fn_index": 0}
_Act = Callable[[httpx.AsyncClient, int], Awaitable[Any]]


async def _slowly() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(1)


async def _and_hang_up(http: httpx.AsyncClient) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(http.post("/api/v1/ask", json={"question": ASKED}), 0.01)


_RUDE: dict[str, _Act] = {
    "asks": lambda http, _: http.post("/api/v1/ask", json={"question": ASKED}),
    "searches": lambda http, _: http.post("/api/v1/search", json={"question": "myelin", "k": 100}),
    "exports": lambda http, _: http.post("/export", json={"turns": _TURNS}),
    "hangs up": lambda http, _: _and_hang_up(http),
    "sends slowly": lambda http, _: http.post("/api/v1/ask", content=_slowly()),
    "joins": lambda http, number: http.post(JOIN, json={**_JOINED, "session_hash": f"a{number}"}),
    "streams": lambda http, _: http.get(DATA, params={"session_hash": "a0"}),
    "asks for nothing": lambda http, number: http.get(f"/d/{number}"),
}


def rude_clients(count: int, folder: Path) -> Tries:
    """An address does one thing two hundred times at once; another's question is answered soon, and nothing is lost."""
    app = application(space := small_space(folder), Warmup(space))
    for number in range(count):
        name = list(_RUDE)[number % len(_RUDE)]
        status, seconds = asyncio.run(_beside(app, _RUDE[name]))
        yield None if status == 200 and seconds < _PATIENCE else f"{name}: {status} after {seconds:.1f} s"


async def _beside(app: Policy, act: _Act) -> tuple[int, float]:
    transport = httpx.ASGITransport(app, client=("10.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url=HERE, timeout=_PATIENCE) as rude:
        many = [asyncio.ensure_future(act(rude, number)) for number in range(200)]
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        status = await _asked(app, "10.0.0.2")
        seconds = time.monotonic() - begun
        for each in many:
            each.cancel()
        await asyncio.gather(*many, return_exceptions=True)
    return status, seconds


def tool_calls(count: int, folder: Path) -> Tries:
    """Tools called with anything give a result with labelled blocks, or an error in our words."""
    space = small_space(folder)
    draw = random.Random(13)  # noqa: S311 - as above
    values: list[Any] = [None, "", " ", "a", ASKED, "SECRET" * 9_000, 5, -1, 1e9, True, [], ["a"] * 30, {"a": 1}]
    passage = space.opened.collection.passages[0].id
    proper: dict[str, dict[str, Any]] = {
        "ask": {"question": ASKED},
        "search": {"question": "metformin"},
        "open_passage": {"passage": passage},
    }
    kinds = ("Fixed text", "Quote", "Passage", "Label", "Place in the sources", "How the question was read")

    async def called() -> list[str | None]:
        found: list[str | None] = []
        calls = Counter[bool]()
        async with Client(build_server(space)) as client:
            for _ in range(count):
                tool = draw.choice(list(proper))
                names = draw.sample(["question", "history", "k", "passage", "other"], draw.choice([0, 1, 1, 2]))
                arguments = proper[tool] | {name: draw.choice(values) for name in names}
                result = await client.call_tool(tool, arguments)
                calls[result.is_error or False] += 1
                texts = [getattr(block, "text", "") for block in result.content]
                inside = ("pydantic", "input_value", "SECRETSECRET", "Traceback")
                clean = not any(word in "".join(texts) for word in inside)
                told = result.is_error or all(text.startswith(kinds) for text in texts)
                found.append(None if clean and told else f"{tool} {str(arguments)[:80]}: {texts[:2]}"[:400])
        if count >= 40 and min(calls[False], calls[True]) < count // 20:
            found.append(f"too few calls were answered, or too few refused: {calls}")
        return found

    yield from asyncio.run(called())


def beside_a_builder(count: int, folder: Path) -> Tries:
    """While another thread keeps publishing, no generation is called damaged."""
    store = Store(folder / "index")
    over = threading.Event()

    def build() -> None:
        number = 0
        while not over.is_set():
            number += 1
            publish(store, {"documents.jsonl": b"%d" % number, "vectors.faiss": b"x" * 40_000})

    publish(store, {"documents.jsonl": b"0"})
    builder = threading.Thread(target=build)
    builder.start()
    try:
        for _ in range(count):
            found = list(store.damage())
            yield "; ".join(found) or None
    finally:
        over.set()
        builder.join()
