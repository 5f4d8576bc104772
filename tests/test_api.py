"""The façade for programs, and the API over the real encoder and the starter corpus."""

from __future__ import annotations

import doctest
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from corpora import again
from fakes import FakeWorkspace
from serving import EMERGENCY, client_of, small_space, untimed

from b12assistant import api
from b12assistant.api import Assistant, Workspace, build_index
from b12assistant.config import load_configuration
from b12assistant.errors import IndexMissingError, LeftOutError, NotFoundError, QuestionError

ROOT = Path(__file__).parent.parent
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


def test_a_document_is_found_by_its_path(space: FakeWorkspace) -> None:
    assert "Fish and eggs" in Assistant(space).document("guides/food.md").text
    with pytest.raises(NotFoundError):
        Assistant(space).document("guides/none.md")


def test_it_keeps_the_generation_it_opened(space: FakeWorkspace) -> None:
    assistant = Assistant(space)
    before = assistant.generation
    (space.corpus / "more.md").write_text("# More\n\nLiver holds a lot of it.\n", "utf-8")
    published = space.index().generation
    assert assistant.generation == before != published
    assert Assistant(again(space)).generation == published


def test_opening_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="b12assistant index"):
        Assistant.open(tmp_path / "index", corpus=tmp_path)


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


@pytest.mark.slow
def test_strict_building_publishes_nothing_if_a_file_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "good.md").write_text("Myelin wraps every nerve.\n", "utf-8")
    (tmp_path / "corpus" / "bad.pdf").write_bytes(b"no PDF")
    told: list[str] = []
    with pytest.raises(LeftOutError):
        build_index(
            tmp_path / "corpus", tmp_path / "index", strict=True, progress=lambda stage, done, of: told.append(stage)
        )
    assert "embedding" in told
    with pytest.raises(IndexMissingError):
        Assistant.open(tmp_path / "index", corpus=tmp_path / "corpus")


@pytest.mark.slow
def test_twenty_threads_get_the_answers_that_one_gets(starter: Path) -> None:
    """Long and short questions are mixed, because threads could change each other's padding in the tokenizer."""
    alone = Assistant(workspace(starter))
    expected = {question: untimed(alone.as_json(alone.ask(question))) for question in QUESTIONS}
    shared = Assistant(workspace(starter))  # not opened yet: all twenty begin at once
    start = threading.Barrier(20)

    def ask(number: int) -> bool:
        start.wait()
        asked = [QUESTIONS[(number + i) % len(QUESTIONS)] for i in range(2)]
        return all(untimed(shared.as_json(shared.ask(question))) == expected[question] for question in asked)

    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(ask, range(20)))


@pytest.mark.slow
def test_http_gives_what_ask_json_prints(starter: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from click.testing import CliRunner

    from b12assistant.command.cli import commands

    client = client_of(workspace(starter))
    places = ["--corpus", str(starter / "corpus"), "--index", str(starter / "index")]
    for question in QUESTIONS:
        ran = CliRunner().invoke(commands, [*places, "ask", "--json", question])
        printed = ran.output or capfd.readouterr().out
        assert untimed(json.loads(printed)) == untimed(client.post("/api/v1/ask", json={"question": question}).json())


def test_text_that_cannot_be_read_as_a_question_is_an_error(space: FakeWorkspace) -> None:
    with pytest.raises(QuestionError):
        Assistant(space).ask("  ")
