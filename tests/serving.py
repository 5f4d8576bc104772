"""The HTTP API over a small corpus, called in this process."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from corpora import FOOD, NERVES, PILLS, again, write
from fakes import FakeWorkspace, fake_workspace
from fastapi import FastAPI
from starlette.testclient import TestClient

from b12assistant.api import Workspace
from b12assistant.web.policy import Policy
from b12assistant.web.questions import Warmup
from b12assistant.web.service import build_app
from b12assistant.web.site import application

CORPUS: Mapping[str, str] = {"nerves.md": NERVES, "guides/food.md": FOOD, "guides/pills.txt": PILLS}
EMERGENCY = "I want to kill myself"
HERE = "http://127.0.0.1:7860"
JSON = {"content-type": "application/json"}


def small_space(folder: Path, corpus: Mapping[str, str | bytes] = CORPUS) -> FakeWorkspace:
    """An indexed corpus, as a server finds it when it starts."""
    space = fake_workspace(write(folder / "corpus", corpus), folder / "index")
    space.index()
    return again(space)


def empty_space(folder: Path) -> FakeWorkspace:
    """A corpus without an index."""
    return fake_workspace(write(folder / "corpus", CORPUS), folder / "index")


def client_of(space: Workspace) -> TestClient:
    """A client that gets errors as a caller would."""
    return TestClient(build_app(lambda: space), raise_server_exceptions=False)


def page_of(space: Workspace, *, errors: bool = False) -> TestClient:
    """A client of the page. ``errors``: it gets errors as a reader would, in place of what was raised."""
    app = application(space, Warmup(space))
    return TestClient(app, base_url=HERE, raise_server_exceptions=not errors)


def got_as_sent(app: FastAPI | Policy, address: str) -> httpx.Response:
    """What a server would answer: it decodes a path once, the TestClient twice."""

    async def got() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:7860") as client:
            return await client.get(address)

    return asyncio.run(got())


def untimed(reply: Mapping[str, Any]) -> dict[str, Any]:
    """A reply without its timings, which differ between runs."""
    return {key: value for key, value in reply.items() if key != "timings_ms"}
