"""What readers ask is kept only if the operator wants it, never with anything of them, and never at a reader's cost."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable
from concurrent.futures import Future
from html import unescape
from pathlib import Path

import pytest
from blocking import questions
from click.testing import CliRunner
from corpora import again, three_files
from fakes import FakeWorkspace
from starlette.testclient import TestClient
from test_turns import loaded

from b12assistant.application.improved_files import QUESTIONS, folder_of
from b12assistant.application.live import Live
from b12assistant.application.workspace import Workspace
from b12assistant.command.cli import commands
from b12assistant.config import load_configuration
from b12assistant.display.labels import load_labels
from b12assistant.errors import ConfigError
from b12assistant.web.question_log import QuestionLog
from b12assistant.web.questions import Lane, T
from b12assistant.web.site import application
from b12assistant.web.turns import Asking, Conversation
from b12assistant.web.warmup import Warmup

ASKED = "Does metformin lower B12 in some people?"
NOTICE = "are kept, so that answers can be improved"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    space = three_files(tmp_path_factory.mktemp("asked"))
    space.index()
    return space


@pytest.fixture
def log(tmp_path: Path) -> QuestionLog:
    return QuestionLog(tmp_path / "asked.jsonl")


class AtOnce(Lane):
    """A lane that does its work before it returns."""

    def submit(self, work: Callable[[], T], owner: str = "") -> Future[T]:  # noqa: ARG002
        done: Future[T] = Future()
        done.set_result(work())
        return done


def waited(log: QuestionLog) -> QuestionLog:
    """The log, when its thread has written all it was given."""
    log._lane.submit(lambda: None).result(timeout=60)
    return log


def kept(log: QuestionLog) -> list[str]:
    data = waited(log).path.read_bytes() if log.path.exists() else b""
    return [json.loads(line)["question"] for line in data.splitlines()]


def test_a_question_is_kept_once_and_alone(built: FakeWorkspace, log: QuestionLog) -> None:
    for question in (ASKED, f"  {ASKED.upper()} \n", "who has fish"):
        log.keep(built.ask(question))
    waited(log)
    assert log.path.read_text("utf-8") == f'{{"question": "{ASKED}"}}\n{{"question": "who has fish"}}\n'
    assert log.path.stat().st_mode & 0o777 == 0o600
    anew = QuestionLog(log.path)
    anew.keep(built.ask(ASKED))
    assert len(kept(anew)) == 2


@pytest.mark.parametrize(
    ("question", "history"),
    [
        ("I cannot feel my legs since this morning and I have wet myself", ()),  # an emergency
        ("Should I stop my metformin?", ()),  # a decision
        ("I am Anna, and " + "my feet are numb, so " * 15 + "is it B12?", ()),  # a letter
        ("What about eggs?", (ASKED,)),  # says nothing without the question before it
    ],
)
def test_nothing_personal_is_kept(
    question: str, history: tuple[str, ...], built: FakeWorkspace, log: QuestionLog
) -> None:
    log.keep(built.ask(question, history))
    assert kept(log) == []


def full(log: QuestionLog) -> None:
    log.most = 10


def not_writable(log: QuestionLog) -> None:
    log.path.mkdir()


def a_link(log: QuestionLog) -> None:
    log.path.symlink_to(log.path.with_name("elsewhere"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [(full, "is full"), (not_writable, "cannot be written (Is a directory)"), (a_link, "cannot be written")],
)
def test_a_log_that_fails_is_one_line_for_the_operator(
    fault: Callable[[QuestionLog], None],
    words: str,
    built: FakeWorkspace,
    log: QuestionLog,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fault(log)
    with caplog.at_level(logging.WARNING):
        for question in (ASKED, "who has fish", "where are eggs"):
            log.keep(built.ask(question))
        waited(log)
    (line,) = (record.getMessage() for record in caplog.records if record.name == "b12assistant.questions")
    assert words in line
    assert "fish" not in line


def test_a_line_that_was_cut_off_spoils_itself_alone(
    built: FakeWorkspace, log: QuestionLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log.path.write_bytes(b'{"question": "who has f')
    log.keep(built.ask(ASKED))
    waited(log)
    assert log.path.read_bytes().splitlines()[1:] == [json.dumps({"question": ASKED}).encode()]
    whole = os.write
    with monkeypatch.context() as patch:
        patch.setattr("b12assistant.web.question_log.os.write", lambda file, data: whole(file, data[:5]))
        log.keep(built.ask("who has fish"))
        waited(log)
    assert "the disk is full" in caplog.text
    log.keep(built.ask("who has fish"))
    waited(log)
    assert json.loads(log.path.read_bytes().splitlines()[-1]) == {"question": "who has fish"}


@pytest.mark.parametrize("on", [False, True])
def test_what_is_typed_on_the_page_is_kept_only_if_the_page_says_so(
    *, on: bool, built: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("b12assistant.web.question_log.Lane", AtOnce)
    space = again(built, flags={"questions.log": on})
    client = TestClient(application(space, Warmup(space)), base_url="http://127.0.0.1:7860")
    file = folder_of(space.corpus) / QUESTIONS
    assert not file.exists()
    assert (NOTICE in unescape(client.get("/").text)) is on
    assert client.post("/api/v1/ask", json={"question": "who has fish"}).status_code == 200
    asking = Asking(Live(space), questions(), load_labels(), loaded(space), QuestionLog.of(space))
    talk, _ = asyncio.run(asking.restored(json.dumps([{"question": ASKED}]), Conversation()))
    assert "Metformin lowers B12 in some people." in unescape(talk.turns[0].html)
    lines = file.read_bytes().splitlines() if file.exists() else []
    assert [json.loads(line) for line in lines] == [{"question": ASKED}] * on
    file.unlink(missing_ok=True)


def test_the_packaged_corpus_has_no_log() -> None:
    configuration = load_configuration(environment={}, flags={"questions.log": True})
    packaged = type(configuration)(configuration.settings, {**configuration.origins, "paths.index": "packaged"})
    with pytest.raises(ConfigError, match="needs a corpus of your own"):
        QuestionLog.of(Workspace(packaged))


@pytest.mark.parametrize(
    ("given", "words"),
    [([], "which questions should be marked?"), (["--log", "x.txt"], "which"), (["--log"], "no question was kept yet")],
)
def test_the_workbench_says_what_it_needs(given: list[str], words: str, built: FakeWorkspace) -> None:
    place = ["--corpus", str(built.corpus), "--index", str(built.store.root)]
    done = CliRunner().invoke(commands, ["improve", *place, *given])
    assert words in str(done.exception)
