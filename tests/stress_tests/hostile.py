"""Wrong tool calls, and verifying during a build."""

import asyncio
import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from blocking import ASKED
from builders_index import publish
from mcp import Client
from serving import small_space

from b12assistant.command.mcp_server import build_server
from b12assistant.index.store import Store
from stress_tests.runner import Tries


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
