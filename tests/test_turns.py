"""What is typed on the page is never lost, and a busy, late or broken server says so there."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from blocking import ASKED, SERIOUS, Blocking, blocking_space, questions
from corpora import again
from fakes import FakeWorkspace
from serving import empty_space, small_space

from b12assistant.application.live import Live
from b12assistant.display.labels import label
from b12assistant.web.questions import Lane, Questions, Warmup
from b12assistant.web.turns import Asking, Conversation


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    space = again(small_space(tmp_path_factory.mktemp("turns")))
    space.ask(ASKED)  # loads what is loaded once
    return space


@pytest.fixture
def held(built: FakeWorkspace) -> Iterator[Blocking]:
    space = blocking_space(built)
    yield space
    space.gate.set()


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
    assert [(turn.number, turn.question, turn.as_typed) for turn in talk.turns] == [
        (8, ASKED, True),
        (9, "And why?", False),
    ]
    wrong_turns = ({"question": 1}, {"html": "<b>"}, {"question": "x", "more": 1}, {"question": " "})
    wrong_talks: tuple[object, ...] = ([], {}, [1], [{"question": ASKED}] * 21, *([turn] for turn in wrong_turns))
    for wrong in (None, "", *map(json.dumps, wrong_talks)):
        old, note = asyncio.run(asking.restored(wrong, talk))
        assert old is talk
        assert "could not show your conversation" in note
