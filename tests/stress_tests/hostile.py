"""Hidden text, requests that make no sense, wrong tool calls, and verifying during a build."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blocking import ASKED
from builders_index import publish
from mcp import Client
from serving import page_of, small_space
from unseen.quoted import quotable

from b12assistant.index.store import Store
from b12assistant.integrations.mcp_server import build_server
from b12assistant.loaders import load
from stress_tests.runner import Tries

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
    client = page_of(space, errors=True)
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
    match draw.randrange(3):
        case 0:
            return "GET", f"/{draw.choice(['assets', 'static', 'own', 'd'])}/{letters}", {}
        case 1:
            site = draw.choice(["cross-site", "same-site", "", "x"])
            return (
                "POST",
                draw.choice([ask, "/reply", join]),
                {"json": {}, "headers": {"Sec-Fetch-Site": site}},
            )
        case _:
            other = {"Origin": draw.choice(["http://example.org", "https://127.0.0.1.example", "file://", "a"])}
            return "POST", draw.choice([ask, "/reply", join]), {"json": {"question": "a"}, "headers": other}


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
