"""An answer from its address: the quotes it names, if they may be quoted, and nothing else."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qs

import pytest
from blocking import questions
from fakes import FakeWorkspace
from serving import EMERGENCY, small_space
from test_turns import loaded

from b12assistant.answers import Reason, Status, Strength
from b12assistant.application.live import Live
from b12assistant.application.shared_answer import shared
from b12assistant.display import addresses
from b12assistant.types import Span
from b12assistant.web.turns import Asking, Conversation

ASKED = "What wraps every nerve?"
OTHER = "What does metformin lower?"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("shared"))


def links_of(space: FakeWorkspace, question: str) -> list[str]:
    return [addresses.of_quote(quote) for quote in space.ask(question).answer.quotes]


def test_an_address_holds_the_question_and_the_quotes() -> None:
    question = "50 % & more? #1 + 'two'\n\u00fc"
    address = addresses.of_answer(question, ["/d/a.md?at=1-2&is=0123#hit"])
    page, _, given = address.partition("#")
    assert page == "/"
    assert parse_qs(given) == {"answer": [question], "quote": ["/d/a.md?at=1-2&is=0123#hit"]}
    assert addresses.of_answer("\ud800", []) == "/#answer=%ED%A0%80"


def test_the_quotes_of_the_address_are_shown(space: FakeWorkspace) -> None:
    reply = space.ask(ASKED)
    assert shared(space, reply, links_of(space, ASKED)).answer.quotes == reply.answer.quotes
    answer = shared(space, reply, links_of(space, OTHER)).answer
    assert [quote.spans for quote in answer.quotes] == [quote.spans for quote in space.ask(OTHER).answer.quotes]
    assert {quote.strength for quote in answer.quotes} == {Strength.POSSIBLE}
    assert (answer.status, answer.reason) == (Status.POSSIBLY, Reason.WEAK_MATCH)


def test_a_safety_text_stays_alone(space: FakeWorkspace) -> None:
    reply = space.ask(EMERGENCY)
    assert shared(space, reply, links_of(space, ASKED)) is reply


def test_what_was_tampered_with_is_not_shown(space: FakeWorkspace) -> None:
    quote = space.ask(ASKED).answer.quotes[0]
    document, start, end = quote.document, quote.best.start, quote.best.end
    part = addresses.of_spans([Span(document, start + 3, end)], None)
    half = addresses.of_spans([Span(document, start, end - 5)], None)
    heading = addresses.of_spans([Span(document, 0, 4)], None)
    good = addresses.of_quote(quote)
    wrong_digest = good.replace("is=", "is=0")[:-5]
    reply = space.ask(OTHER)
    for link in (
        part,
        half,
        heading,
        wrong_digest,
        good.replace("nerves", "sleeves"),
        "",
        "javascript:alert(1)",
        "/d/",
    ):
        assert shared(space, reply, [link]) is reply, link
    assert [quote.text for quote in shared(space, reply, [half, good]).answer.quotes[0].spans] == [
        span.text for span in quote.spans
    ]


def test_a_shared_answer_is_not_part_of_the_conversation_and_is_in_no_log(
    space: FakeWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    asking = Asking(Live(space), questions(), loaded(space))
    turns = [{"question": OTHER}, {"question": ASKED, "quotes": links_of(space, ASKED)}]
    talk, note = asyncio.run(asking.restored(json.dumps(turns), Conversation()))
    assert note == ""
    assert 'class="turn answered shared"' in talk.turns[1].html
    assert "metformin" not in caplog.text
    assert "wraps" not in caplog.text
