"""Loading behind a page that is already there: it says how it ended, and what no request waits for comes last."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeWorkspace
from serving import empty_space, small_space

from b12assistant.application.live import prepare
from b12assistant.application.workspace import Workspace
from b12assistant.integrations.mcp_server import warmup as warmup_of_tools
from b12assistant.safety.languages import Languages
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


@pytest.mark.parametrize("made", [lambda space: waited(Warmup(space)), prepare], ids=["at the start", "after a swap"])
def test_the_patterns_of_triage_are_compiled(
    made: Callable[[Workspace], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = small_space(tmp_path, ASKING)
    read: list[str] = []
    compiled: list[Languages] = []
    monkeypatch.setattr(type(space.assistant), "triaged", lambda _, question, history=(): read.append(question))
    monkeypatch.setattr(FakeWorkspace, "ask", lambda *_, **__: None)
    monkeypatch.setattr(Languages, "compile", lambda languages: compiled.append(languages))
    made(space)
    assert len(read) > 1
    assert len(read[-1]) > 1_000  # a long message
    assert compiled == [space.rules.languages]


def test_after_a_start_new_objects_are_seldom_looked_through_for_cycles(tmp_path: Path) -> None:
    before = gc.get_threshold()
    try:
        assert waited(Warmup(small_space(tmp_path, ASKING), lambda _: None)) is None
        looked = gc.get_stats()[1]["collections"]
        kept = [[number] for number in range(100_000)]  # with Python's own numbers older objects are looked at 13 times
        assert gc.get_stats()[1]["collections"] - looked <= 1, len(kept)
    finally:
        gc.set_threshold(*before)


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
