"""The façade for programs, and the API over the real encoder and the starter corpus."""

from __future__ import annotations

import doctest
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from corpora import again
from fakes import FakeWorkspace
from serving import EMERGENCY, small_space

from b12assistant import api
from b12assistant.api import Assistant, Workspace
from b12assistant.config import load_configuration

LONG = "Can low vitamin B12 damage nerves without anaemia, and what of folate, metformin or myelin? " * 20
QUESTIONS = ("Can low B12 damage nerves without anaemia?", "What is myelin?", LONG, EMERGENCY, "Who won on Sunday?")


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return small_space(tmp_path)


def workspace(starter: Path) -> Workspace:
    flags = {"paths.corpus": str(starter / "corpus"), "paths.index": str(starter / "index")}
    return Workspace(load_configuration(environment={}, flags=flags))


def test_the_facade_returns_what_the_workspace_returns(space: FakeWorkspace) -> None:
    assistant = Assistant(space)
    reply = assistant.ask("And eggs?", history=["Which food holds vitamin B12?"])
    assert reply.answer == space.ask("And eggs?", ["Which food holds vitamin B12?"]).answer
    assert assistant.ask("And eggs?", history=["Which food holds vitamin B12?"], as_typed=True) != reply
    assert assistant.search("numb feet", k=1) == space.search("numb feet", 1)
    assert assistant.generation == reply.generation == space.opened.collection.generation
    assert assistant.as_json(reply)["answer"]["question"] == "And eggs?"


def test_twenty_threads_open_and_ask_at_once(space: FakeWorkspace) -> None:
    expected = space.ask("Which food holds vitamin B12?").answer
    unopened = Assistant(again(space))
    start = threading.Barrier(20)

    def ask(_: int) -> object:
        start.wait()
        return unopened.ask("Which food holds vitamin B12?").answer

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == [expected] * 20


@pytest.mark.slow
def test_the_examples_of_the_facade_run(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(starter)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    examples = [each for each in doctest.DocTestFinder().find(api) if each.examples]
    assert {each.name.rpartition(".api.")[2] for each in examples} == {
        "Assistant",
        "Assistant.ask",
        "Assistant.as_json",
        "Assistant.search",
        "build_index",
    }
    for example in examples:
        assert runner.run(example).failed == 0, example.name
