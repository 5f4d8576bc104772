"""Questions under load: busy and late are told, and what the safety check saw is told in either case."""

from __future__ import annotations

import asyncio
import html
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from corpora import again
from fakes import FakeWorkspace
from serving import EMERGENCY, empty_space, small_space
from starlette.testclient import TestClient

from b12assistant.answers import Reason, Reply, Status
from b12assistant.application.live import Live
from b12assistant.display.labels import load_labels
from b12assistant.web.lanes import Lane
from b12assistant.web.problems import BusyError, LateError
from b12assistant.web.questions import Questions
from b12assistant.web.service import build_app
from b12assistant.web.turns import Asking, Conversation

ASKED = "What wraps every nerve: myelin?"
SERIOUS = "My legs have been getting weaker for weeks, what wraps every nerve?"


@dataclass(frozen=True)
class Held(FakeWorkspace):
    """Searches nothing until it is let go; the safety check is the real one."""

    gate: threading.Event = field(default_factory=threading.Event)

    def ask(self, question: str, history: Sequence[str] = (), **how: Any) -> Reply:
        self.gate.wait(20)
        return super().ask(question, history, **how)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    space = again(small_space(tmp_path_factory.mktemp("questions")))
    for question in (ASKED, SERIOUS, EMERGENCY):
        space.ask(question)  # loads what is loaded once
    return space


@pytest.fixture
def held(built: FakeWorkspace) -> Iterator[Held]:
    space = Held(built.configuration)
    vars(space).update(vars(built))
    vars(space)["gate"] = threading.Event()
    yield space
    space.gate.set()


def questions(*, seconds: float = 20.0, waiting: int = 8) -> Questions:
    return Questions(seconds, Lane("check", 4, waiting), Lane("search", 1, waiting))


def status(reply: Reply) -> Status:
    return reply.answer.status


def test_an_answer_is_that_of_the_workspace(built: FakeWorkspace) -> None:
    found = asyncio.run(questions().ask(built, ASKED, then=lambda reply: reply))
    assert found.answer == built.ask(ASKED).answer
    assert found.timings.total >= found.timings.triage > 0


def test_a_late_one_is_told_so(held: Held) -> None:
    ends: list[str] = []
    late = questions(seconds=0.3)
    late.watch = lambda end, seconds: ends.append(end)
    with pytest.raises(LateError, match=r"0\.3 seconds"):
        asyncio.run(late.ask(held, ASKED, then=status))
    assert ends == ["late"]
    assert late.is_idle


@pytest.mark.parametrize("how", ["late", "busy"])
def test_what_the_safety_check_saw_is_told_of_a_question_that_cannot_be_searched(how: str, held: Held) -> None:
    bounds = questions(seconds=2) if how == "late" else Questions(20, Lane("check", 4, 8), Lane("search", 1, 0))
    if how == "busy":
        bounds.searches.submit(held.gate.wait)
    told = asyncio.run(bounds.ask(held, SERIOUS, then=lambda reply: reply)).answer
    assert (told.status, told.reason) == (Status.SAFETY_ONLY, Reason.NOT_SEARCHED)
    assert any(notice.flag is not None for notice in told.notices)


def test_what_the_safety_check_saw_is_told_where_a_search_breaks(
    built: FakeWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(FakeWorkspace):
        def ask(self, question: str, history: Sequence[str] = (), **how: Any) -> Reply:  # noqa: ARG002
            raise ValueError(f"the inside, and {question}")

    broken = Broken(built.configuration)
    told = asyncio.run(questions().ask(broken, SERIOUS, then=lambda reply: reply)).answer
    assert (told.status, told.reason) == (Status.SAFETY_ONLY, Reason.NOT_SEARCHED)
    assert "ValueError" in caplog.text
    assert "nerve" not in caplog.text
    with pytest.raises(ValueError, match="the inside"):
        asyncio.run(questions().ask(broken, ASKED, then=status))


def test_an_emergency_never_waits_behind_a_search(held: Held) -> None:
    async def asked() -> Status:
        bounds = questions()
        waiting = [asyncio.create_task(bounds.ask(held, ASKED, then=status)) for _ in range(6)]
        await asyncio.sleep(0.05)
        found = await asyncio.wait_for(bounds.ask(held, EMERGENCY, then=status), 10)
        held.gate.set()
        assert await asyncio.gather(*waiting) == [Status.ANSWERED] * 6
        return found

    assert asyncio.run(asked()) is Status.SAFETY_ONLY


@pytest.mark.parametrize("how", ["busy", "late"])
def test_an_emergency_is_told_where_the_whole_check_cannot_be_waited_for(how: str, held: Held) -> None:
    """As while the encoder loads: the checks hold every thread, or take too long."""

    async def asked(question: str) -> Reply:
        few = Questions(
            0.2 if how == "late" else 20.0, Lane("check", 1, 0 if how == "busy" else 8), Lane("search", 1, 8)
        )
        blocked = few.checks.submit(lambda: held.gate.wait(20))
        try:
            return await few.ask(held, question, then=lambda reply: reply)
        finally:
            held.gate.set()
            await asyncio.wrap_future(blocked)
            held.gate.clear()

    told = asyncio.run(asked(EMERGENCY))
    assert (told.answer.status, told.answer.reason) == (Status.SAFETY_ONLY, Reason.RED_FLAG)
    with pytest.raises(BusyError if how == "busy" else LateError):
        asyncio.run(asked(ASKED))


def test_one_too_many_is_refused_at_once_and_the_others_are_answered(held: Held) -> None:
    async def asked() -> list[Status | BaseException]:
        bounds = questions(waiting=2)
        each = [asyncio.create_task(bounds.ask(held, ASKED, then=status)) for _ in range(4)]
        while not any(task.done() for task in each):
            await asyncio.sleep(0.01)
        held.gate.set()
        return await asyncio.gather(*each, return_exceptions=True)

    ends = asyncio.run(asked())
    assert [type(end) for end in ends if not isinstance(end, Status)] == [BusyError]
    assert ends.count(Status.ANSWERED) == 3


def test_after_it_is_closed_what_was_begun_is_answered_and_nothing_new(held: Held) -> None:
    async def asked() -> None:
        bounds = questions()
        begun = asyncio.create_task(bounds.ask(held, ASKED, then=status))
        await asyncio.sleep(0.05)
        bounds.close()
        assert not bounds.is_idle
        with pytest.raises(BusyError, match="being stopped"):
            await bounds.ask(held, ASKED, then=status)
        held.gate.set()
        assert await begun is Status.ANSWERED
        assert bounds.is_idle

    asyncio.run(asked())


def test_over_http_busy_and_late_say_when_to_come_again(held: Held) -> None:
    bounds = questions(seconds=0.3)
    client = TestClient(build_app(lambda: held, bounds))
    late = client.post("/api/v1/ask", json={"question": ASKED})
    assert (late.status_code, late.json()["code"], late.headers["retry-after"]) == (503, "late", "5")
    held.gate.set()
    bounds.close()
    busy = client.post("/api/v1/search", json={"question": ASKED})
    assert (busy.status_code, busy.json()["code"], busy.headers["retry-after"]) == (503, "busy", "5")
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("how", ["late", "busy"])
def test_the_page_says_so_in_its_own_words_and_keeps_the_question(how: str, language: str, held: Held) -> None:
    bounds, said = questions(seconds=0.3), load_labels(language)
    if how == "busy":
        bounds.close()
    box, talk, note = asyncio.run(Asking(Live(held), bounds, said).ask(ASKED, Conversation()))
    assert (box, talk) == (ASKED, Conversation())
    assert said(f"ask.{how}")[:20] in html.unescape(note)


def test_the_page_tells_no_folder_of_the_machine_and_the_log_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    space = empty_space(tmp_path)
    _, _, note = asyncio.run(Asking(Live(space), questions(), load_labels()).ask(ASKED, Conversation()))
    assert "There is no index yet" in html.unescape(note)
    assert str(tmp_path) not in html.unescape(note)
    assert str(tmp_path) in caplog.text


def test_suggestions_that_break_are_no_error_of_the_page(
    built: FakeWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(FakeWorkspace):
        def suggested(self, asked: Sequence[str]) -> tuple[str, ...]:
            raise ValueError(f"the inside, and {asked}")

    asking = Asking(Live(Broken(built.configuration)), questions(), load_labels())

    async def seen() -> list[tuple[str, ...]]:
        _, talk, _ = await asking.ask(ASKED, Conversation())
        return [each async for each in asking.suggested(talk)]

    assert asyncio.run(seen()) == [()]
    assert "ValueError" in caplog.text
    assert "nerve" not in caplog.text


def test_the_page_tells_what_it_hears(built: FakeWorkspace) -> None:
    heard: list[tuple[str, list[str]]] = []
    live = Live(built, lambda reply, history: heard.append((reply.answer.question.text, list(history))))
    asking = Asking(live, questions(), load_labels())

    async def two() -> None:
        _, talk, _ = await asking.ask(ASKED, Conversation())
        await asking.ask("And of eggs?", talk)

    asyncio.run(two())
    assert heard == [(ASKED, []), ("And of eggs?", [ASKED])]


def test_what_is_logged_holds_no_question(built: FakeWorkspace, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        asyncio.run(questions().ask(built, "What of the zebra?", then=status))
    (record,) = [each for each in caplog.records if each.name == "b12assistant.questions"]
    assert vars(record)["end"] in list(Status)
    assert "zebra" not in str([vars(each) for each in caplog.records])
