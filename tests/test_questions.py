"""Questions under load: a busy or late server says so, and always says what the safety check found."""

import asyncio
import html
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any, TypeVar

import pytest
from blocking import ASKED, SERIOUS, Blocking, blocking_space, questions
from corpora import again
from fakes import FakeWorkspace
from serving import EMERGENCY, empty_space, small_space
from starlette.testclient import TestClient

from b12assistant.answers import Reason, Reply, Status
from b12assistant.application.live import Live
from b12assistant.corpus.entries import load_page_words
from b12assistant.display.labels import label
from b12assistant.web.page_routes import page_router
from b12assistant.web.problems import BusyError, LateError
from b12assistant.web.questions import Lane, Questions, Warmup
from b12assistant.web.service import build_app
from b12assistant.web.turns import Asking, Conversation

T = TypeVar("T")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    space = again(small_space(tmp_path_factory.mktemp("questions")))
    for question in (ASKED, SERIOUS, EMERGENCY):
        space.ask(question)  # loads what is loaded once
    return space


@pytest.fixture
def held(built: FakeWorkspace) -> Iterator[Blocking]:
    space = blocking_space(built)
    yield space
    space.gate.set()


def status(reply: Reply) -> Status:
    return reply.answer.status


def ends(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [vars(record)["end"] for record in caplog.records if record.name == "b12assistant.questions"]


def test_a_late_question_gets_an_error_that_says_so(held: Blocking, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "b12assistant.questions")
    late = questions(seconds=0.3)
    with pytest.raises(LateError, match=r"0\.3 seconds"):
        asyncio.run(late.ask(held, ASKED, then=status))
    assert ends(caplog) == ["late"]
    assert late.is_idle


class Hasty(Questions):
    """The check has its full time; a search has none."""

    async def _done(self, lane: Lane, work: Callable[[], T], deadline: float) -> T:
        return await super()._done(lane, work, 0.0 if lane is self.searches else deadline)


@pytest.mark.parametrize("how", ["late", "busy"])
def test_what_the_safety_check_saw_is_shown_for_a_question_that_cannot_be_searched(how: str, held: Blocking) -> None:
    kind = Hasty if how == "late" else Questions
    bounds = kind(60, Lane("check", 4, 8), Lane("search", 1, 0))
    if how == "busy":
        bounds.searches.submit(held.gate.wait)
    told = asyncio.run(bounds.ask(held, SERIOUS, then=lambda reply: reply)).answer
    assert (told.status, told.reason) == (Status.SAFETY_ONLY, Reason.NOT_SEARCHED)
    assert any(notice.flag is not None for notice in told.notices)


def test_what_the_safety_check_saw_is_shown_where_a_search_fails(
    built: FakeWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(FakeWorkspace):
        def ask(self, question: str, history: Sequence[str] = (), **how: Any) -> Reply:  # noqa: ARG002
            raise ValueError(f"the inside, and {question}")

    broken = Broken(built.configuration)
    box, _, note = asyncio.run(Asking(Live(broken), questions(), loaded(built)).ask(ASKED, Conversation()))
    assert (box, "Something went wrong" in note, "inside" in note) == (ASKED, True, False)
    told = asyncio.run(questions().ask(broken, SERIOUS, then=lambda reply: reply)).answer
    assert (told.status, told.reason) == (Status.SAFETY_ONLY, Reason.NOT_SEARCHED)
    assert "ValueError" in caplog.text
    assert "nerve" not in caplog.text
    with pytest.raises(ValueError, match="the inside"):
        asyncio.run(questions().ask(broken, ASKED, then=status))


def test_an_emergency_never_waits_behind_a_search(held: Blocking) -> None:
    async def asked() -> Status:
        bounds = questions()
        waiting = [asyncio.create_task(bounds.ask(held, ASKED, then=status)) for _ in range(6)]
        while bounds.searches._unfinished < 6:
            await asyncio.sleep(0.01)
        found = await asyncio.wait_for(bounds.ask(held, EMERGENCY, then=status), 60)
        held.gate.set()
        assert await asyncio.gather(*waiting) == [Status.ANSWERED] * 6
        return found

    assert asyncio.run(asked()) is Status.SAFETY_ONLY


@pytest.mark.parametrize("how", ["busy", "late"])
def test_an_emergency_is_answered_where_the_whole_check_cannot_be_waited_for(how: str, held: Blocking) -> None:
    """As while the encoder loads: the checks occupy every thread, or take too long."""

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
    likely = asyncio.run(asked("loss of bladder control"))
    assert (likely.answer.is_emergency, likely.answer.reason) == (True, Reason.NOT_SEARCHED)
    with pytest.raises(BusyError if how == "busy" else LateError):
        asyncio.run(asked(ASKED))


@pytest.mark.parametrize("how", ["busy", "late"])
@pytest.mark.parametrize(
    ("path", "field", "empty"), [("/api/v1/search", "question", "hits"), ("/lookup/search", "text", "rows")]
)
def test_an_emergency_is_answered_where_no_search_can_be_waited_for(
    path: str, field: str, empty: str, how: str, held: Blocking, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "b12assistant.questions")
    bounds = Questions(
        0.3 if how == "late" else 20.0, Lane("check", 1, 8), Lane("search", 1, 0 if how == "busy" else 8)
    )
    bounds.searches.submit(lambda: held.gate.wait(20))
    app = build_app(lambda: held, bounds)
    app.include_router(page_router(lambda: held, bounds, load_page_words()))
    client = TestClient(app)
    answer = client.post(path, json={field: EMERGENCY})
    told = answer.json()
    assert answer.status_code == 200
    assert not told[empty]
    if path.startswith("/lookup"):
        assert told["notices"].startswith('<div class="alarm emergency">')
        assert told["message"] == f"{label(f'ask.{how}')}."
    else:
        assert told["notices"][0]["text_id"] == "emergency_self_harm"
        assert told["index"] == {"generation": None}
    nothing = client.post(path, json={field: ASKED})
    assert (nothing.status_code, nothing.json()["code"]) == (503, how)
    assert ends(caplog) == ["safety_only", how]


def test_a_reply_waits_in_the_lane_of_searches(built: FakeWorkspace, caplog: pytest.LogCaptureFixture) -> None:
    """It seeks words in whole documents, which may take the processor from answers."""
    caplog.set_level("INFO", "b12assistant.questions")
    gate, bounds = threading.Event(), Questions(20, Lane("check", 1, 8), Lane("search", 1, 0))
    app = build_app(lambda: built, bounds)
    app.include_router(page_router(lambda: built, bounds, load_page_words()))
    client = TestClient(app)
    asked = {"parts": [{"question": ASKED, "addresses": []}]}
    assert client.post("/reply", json=asked).status_code == 200
    bounds.searches.submit(gate.wait)
    refused = client.post("/reply", json=asked)
    gate.set()
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    bounds.close()
    assert client.post("/reply", json=asked).json()["code"] == "stopping"
    assert ends(caplog) == ["searched", "busy"]


def test_one_too_many_is_refused_at_once_and_the_others_are_answered(held: Blocking) -> None:
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


def test_over_http_late_and_stopping_say_when_to_come_again(held: Blocking) -> None:
    bounds = questions(seconds=0.3)
    client = TestClient(build_app(lambda: held, bounds))
    late = client.post("/api/v1/ask", json={"question": ASKED})
    assert (late.status_code, late.json()["code"], late.headers["retry-after"]) == (503, "late", "5")
    held.gate.set()
    bounds.close()
    for stopping in (client.post("/api/v1/search", json={"question": ASKED}), client.get("/readyz")):
        assert (stopping.status_code, stopping.json()["code"]) == (503, "stopping")
        assert stopping.headers["retry-after"] == "5"
    assert client.get("/healthz").status_code == 200


SECONDS = 60  # a busy machine may take this long


def blocked(lane: Lane, number: int, gate: threading.Event) -> list[Future[bool]]:
    return [lane.submit(lambda: gate.wait(SECONDS)) for _ in range(number)]


def test_a_job_given_up_before_its_turn_is_never_started() -> None:
    lane, gate, begun = Lane("test", 1, 5), threading.Event(), list[str]()
    first = blocked(lane, 1, gate)
    given_up = lane.submit(lambda: begun.append("given up"))
    last = lane.submit(lambda: begun.append("last"))
    assert given_up.cancel()
    gate.set()
    last.result(SECONDS)
    assert first[0].result(SECONDS)
    assert begun == ["last"]
    with pytest.raises(CancelledError):
        given_up.result()


def loaded(space: FakeWorkspace) -> Warmup:
    """A warm-up that has finished."""
    warmup = Warmup(space)
    warmup.start()
    warmup.problem(20)
    return warmup


@pytest.mark.parametrize("how", ["late", "stopping"])
def test_the_page_says_so_in_its_own_words_and_keeps_the_question(
    how: str, held: Blocking, built: FakeWorkspace
) -> None:
    bounds = questions(seconds=0.3)
    if how == "stopping":
        bounds.close()
    asking = Asking(Live(held), bounds, loaded(built))
    box, talk, note = asyncio.run(asking.ask(ASKED, Conversation()))
    assert (box, talk) == (ASKED, Conversation())
    assert label(f"ask.{how}")[:20] in html.unescape(note)


def test_a_safety_text_without_its_quotes_says_that_they_are_missing(held: Blocking, built: FakeWorkspace) -> None:
    bounds = Questions(60, Lane("check", 4, 8), Lane("search", 1, 0))
    bounds.searches.submit(held.gate.wait)
    _, talk, note = asyncio.run(Asking(Live(held), bounds, loaded(built)).ask(SERIOUS, Conversation()))
    shown = html.unescape(talk.turns[0].html)
    assert note == ""
    assert "<blockquote" not in shown
    assert label("headlines.not_searched") in shown


def test_a_question_late_because_everything_was_loading_is_answered_after_loading(
    held: Blocking, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "b12assistant.questions")
    warmup = Warmup(held)  # asks, so it waits for the gate

    async def asked() -> tuple[str, Conversation, str]:
        bounds = questions(seconds=0.3)
        waiting = asyncio.create_task(Asking(Live(held), bounds, warmup).ask(ASKED, Conversation()))
        while not caplog.records:
            await asyncio.sleep(0.01)
        assert [vars(record)["end"] for record in caplog.records] == ["late"]
        assert not waiting.done()
        bounds.seconds = 60.0
        held.gate.set()
        return await waiting

    warmup.start()
    box, talk, note = asyncio.run(asked())
    assert (box, note) == ("", "")
    assert talk.questions == [ASKED]


def test_the_page_names_no_folder_of_the_machine_but_the_log_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    space = empty_space(tmp_path)
    asking = Asking(Live(space), questions(), loaded(space))
    _, _, note = asyncio.run(asking.ask(ASKED, Conversation()))
    assert "There is no index yet" in html.unescape(note)
    assert str(tmp_path) not in html.unescape(note)
    assert str(tmp_path) in caplog.text


def test_a_conversation_that_a_browser_kept_is_asked_again_whole_or_not_at_all(built: FakeWorkspace) -> None:
    asking = Asking(Live(built), questions(), loaded(built))
    turns = [{"question": ASKED, "as_typed": True}, {"question": "And why?"}]
    talk, note = asyncio.run(asking.restored(json.dumps(turns), Conversation(count=7)))
    assert note == ""
    assert [(turn.number, turn.question, "as-typed" in turn.html) for turn in talk.turns] == [
        (8, ASKED, True),
        (9, "And why?", False),
    ]
    wrong_turns = ({"question": 1}, {"html": "<b>"}, {"question": "x", "more": 1}, {"question": " "})
    wrong_talks: tuple[object, ...] = ([], {}, [1], [{"question": ASKED}] * 21, *([turn] for turn in wrong_turns))
    for wrong in (None, "", *map(json.dumps, wrong_talks)):
        old, note = asyncio.run(asking.restored(wrong, talk))
        assert old is talk
        assert "could not show your conversation" in note
