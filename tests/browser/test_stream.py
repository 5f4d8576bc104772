"""A question that the server accepts is answered, even if it is just closing its stream."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from importlib import resources

import pytest
from fakes import FakeWorkspace
from playwright.sync_api import Browser
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


# The stream of the first question brings its last word; before the page has read it, the server takes a second one.
OVERLAPPING = """async script => {
    const bytes = text => new TextEncoder().encode(text), happened = [];
    let take;
    globalThis.fetch = async asked => {
        const { pathname } = new URL(asked.url || asked, location.href);
        happened.push(pathname);
        if (pathname.endsWith("/join")) return new Promise(done => {
            take = id => done(new Response(JSON.stringify({ event_id: id })));
            if (happened.length === 1) take("first");
        });
        const events = [{ msg: "process_completed", event_id: "first" }, { msg: "close_stream" }];
        return new Response(bytes(events.map(each => `data: ${JSON.stringify(each)}\\n\\n`).join("")));
    };
    new Function(script)();
    const join = "http://here/queue/join", own = "http://here/queue/data", leaving = new AbortController();
    await fetch(join);
    const stream = (await fetch(new Request(own, { signal: leaving.signal }))).body.getReader();
    const second = fetch(join).then(() => happened.push("heard of the second"));
    await stream.read(); // the first is completed
    await stream.read(); // the last word, which is not acted on yet
    take("second");
    await new Promise(done => setTimeout(done, 200));
    happened.push("acts on it");
    leaving.abort();
    await second;
    await fetch(new Request(own, { signal: new AbortController().signal }));
    return happened;
}"""


def test_a_question_taken_while_the_page_reads_the_last_word_is_heard_of_after_it(chromium: Browser) -> None:
    script = resources.files("b12assistant").joinpath("static/stream.js").read_text("utf-8")
    page = chromium.new_page()
    happened = page.evaluate(OVERLAPPING, script)
    page.close()
    join, data = "/queue/join", "/queue/data"
    assert happened == [join, data, join, "acts on it", "heard of the second", data]


# A proxy, or the server, refuses a question since too many come at once.
REFUSED = """async script => {
    const told = [], statuses = [429, 200];
    for (const what of ["b12-lost", "b12-found"]) addEventListener(what, () => told.push(what));
    globalThis.gradio_config = { app_id: 1 };
    globalThis.fetch = async asked => {
        const { pathname } = new URL(asked.url || asked, location.href);
        if (pathname.endsWith("/app_id")) return new Response('{"app_id": 1}');
        return new Response('{"event_id": "first"}', { status: statuses.shift() });
    };
    new Function(script)();
    return [(await fetch("about:/queue/join")).status, ...told];  // of the same origin as this empty page
}"""


def test_a_request_that_is_refused_since_too_many_come_at_once_is_sent_again(chromium: Browser) -> None:
    script = resources.files("b12assistant").joinpath("static/stream.js").read_text("utf-8")
    page = chromium.new_page()
    happened = page.evaluate(REFUSED, script)
    page.close()
    assert happened == [200, "b12-lost", "b12-found"]
