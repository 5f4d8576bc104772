"""Loading behind a page that is already there: it says how it ended, and what no request waits for comes last."""

from __future__ import annotations

import threading
from pathlib import Path

from serving import empty_space, small_space

from b12assistant.application.workspace import Workspace
from b12assistant.integrations.mcp_server import warmup as warmup_of_tools
from b12assistant.web.questions import Warmup

ASKING = {"nerves.md": "# Nerves\n\n## What wraps a nerve?\n\nMyelin wraps a nerve.\n"}


def waited(warmup: Warmup) -> str | None:
    """Wait until loading is done; return what went wrong."""
    warmup.start()
    problem = warmup.problem(60)
    for thread in threading.enumerate():
        if thread.name == "warmup":
            thread.join(60)
    return problem


def test_what_cannot_be_loaded_is_reported_and_nothing_is_made_after_it(tmp_path: Path) -> None:
    made: list[Workspace] = []
    problem = waited(Warmup(empty_space(tmp_path), made.append))
    assert problem is not None
    assert "b12assistant index" in problem
    assert made == []


def test_for_tools_of_other_assistants_only_the_index_is_opened(tmp_path: Path) -> None:
    space = small_space(tmp_path, ASKING)
    assert waited(warmup_of_tools(space)) is None
    assert "opened" in vars(space)
