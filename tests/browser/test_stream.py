"""A question that the server accepts is answered, even if it is just closing its stream."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from fakes import FakeWorkspace
from starlette.types import ASGIApp, Message, Receive, Send

from browser.conftest import Visit
from browser.running import running

pytestmark = pytest.mark.slow

SECONDS = 1  # that a message is delayed


def late_to_close(app: ASGIApp) -> ASGIApp:
    """The application on a slow network: the message that ends a stream arrives after what follows it."""

    async def late(scope: Message, receive: Receive, send: Send) -> None:
        async def handed_on(message: Message) -> None:
            if b"close_stream" in message.get("body", b""):
                await asyncio.sleep(SECONDS)
            await send(message)

        await app(scope, receive, handed_on)

    return late


def late_to_take(app: ASGIApp) -> ASGIApp:
    """The application if every second question is answered before the page hears that it was accepted."""
    taken = itertools.count()

    async def late(scope: Message, receive: Receive, send: Send) -> None:
        wait = SECONDS * (next(taken) % 2) if scope.get("path", "").endswith("/queue/join") else 0

        async def handed_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(wait)
            await send(message)

        await app(scope, receive, handed_on)

    return late


@pytest.fixture(scope="module", params=[late_to_close, late_to_take], ids=["late to close", "late to take"])
def slow(small: FakeWorkspace, request: pytest.FixtureRequest) -> Iterator[str]:
    with running(small, request.param) as address:
        yield address


def test_each_question_is_answered_at_once_or_while_a_stream_is_closing(visit: Visit, slow: str) -> None:
    reader = visit(slow)
    for asked in ("What wraps every nerve?", "Is myelin made of fat?", "What lowers cobalamin in some people?"):
        assert reader.ask(asked).locator("blockquote").count()


def test_a_stream_that_is_no_longer_waited_for_is_closed(visit: Visit, slow: str) -> None:
    reader = visit(slow)
    reader.ask("What wraps every nerve?")
    reader.quiet()
    assert len([each for each in reader.asked_for if "/queue/data" in each]) > 1
