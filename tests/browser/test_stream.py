"""What the server takes is heard of, though it said just before that it had nothing more to say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fakes import FakeWorkspace

from b12assistant.web.policy import App, Message, Receive, Send
from browser.conftest import Visit
from browser.running import running

pytestmark = pytest.mark.slow

SECONDS = 1  # the word is on its way


def late_to_close(app: App) -> App:
    """The application as it is on a slow way: the word that ends a stream arrives after what follows it."""

    async def late(scope: Message, receive: Receive, send: Send) -> None:
        async def handed_on(message: Message) -> None:
            if b"close_stream" in message.get("body", b""):
                await asyncio.sleep(SECONDS)
            await send(message)

        await app(scope, receive, handed_on)

    return late


@pytest.fixture(scope="module")
def slow(small: FakeWorkspace) -> Iterator[str]:
    with running(small, late_to_close) as address:
        yield address


def test_each_question_is_answered_at_once_or_while_a_stream_is_closing(visit: Visit, slow: str) -> None:
    reader = visit(slow)
    for asked in ("What wraps every nerve?", "Is myelin made of fat?", "Where is vitamin B12?"):
        assert reader.ask(asked).locator("blockquote").count()


def test_a_stream_that_nobody_waits_for_is_closed(visit: Visit, slow: str) -> None:
    reader = visit(slow)
    ended: list[str] = []
    for how in ("requestfinished", "requestfailed"):  # the page lets go of it when it hears the word
        reader.page.on(how, lambda request: ended.append(request.url))
    reader.ask("What wraps every nerve?")
    reader.page.wait_for_timeout(4 * SECONDS * 1000)
    begun = [each for each in reader.asked_for if "/queue/data" in each]
    assert len(begun) > 1
    assert len([each for each in ended if "/queue/data" in each]) == len(begun)
