"""The HTTP API over a small corpus, asked in this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpora import FOOD, NERVES, PILLS, again, write
from fakes import FakeWorkspace, fake_workspace
from starlette.testclient import TestClient

from b12assistant.api import Workspace
from b12assistant.web.service import build_app

CORPUS: Mapping[str, str] = {"nerves.md": NERVES, "guides/food.md": FOOD, "guides/pills.txt": PILLS}
EMERGENCY = "I want to kill myself"
JSON = {"content-type": "application/json"}


def small_space(folder: Path, corpus: Mapping[str, str] = CORPUS) -> FakeWorkspace:
    """An indexed corpus, as a server finds it when it starts."""
    space = fake_workspace(write(folder / "corpus", corpus), folder / "index")
    space.index()
    return again(space)


def empty_space(folder: Path) -> FakeWorkspace:
    """A corpus without an index."""
    return fake_workspace(write(folder / "corpus", CORPUS), folder / "index")


def client_of(space: Workspace) -> TestClient:
    """Errors come back as a caller gets them."""
    return TestClient(build_app(lambda: space), raise_server_exceptions=False)


def untimed(reply: Mapping[str, Any]) -> dict[str, Any]:
    """A reply without what differs from one run to the next."""
    return {key: value for key, value in reply.items() if key != "timings_ms"}
