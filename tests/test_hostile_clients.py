"""Clients that hang up, dawdle, ask for what is not there, or come from another site."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from blocking import ASKED, Blocking, blocking_space
from fakes import FakeWorkspace
from serving import small_space
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from b12assistant.web import listening
from b12assistant.web.policy import JOIN
from b12assistant.web.questions import Questions
from b12assistant.web.site import DATA, MOST_OF_A_CLIENT, QueueGuard, application
from b12assistant.web.warmup import Warmup

HERE = "http://127.0.0.1:7860"
ASK = "/api/v1/ask"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    made = small_space(tmp_path_factory.mktemp("hostile"))
    made.ask(ASKED)  # loads what is loaded once
    return made


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url=HERE, raise_server_exceptions=False)


class Served:
    """A server in this process whose questions wait until the gate opens."""

    def __init__(self, held: Blocking, questions: Questions) -> None:
        self.questions = questions
        self.listener = listening.listen("127.0.0.1", 0, otherwise=7860)
        self.address: tuple[str, int] = self.listener.getsockname()
        app = application(held, Warmup(held), questions=questions)
        self.opened: list[socket.socket] = []
        self.server = listening.server(app, questions)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})
        self.thread.start()

    def connection(self) -> socket.socket:
        self.opened.append(socket.create_connection(self.address, timeout=20))
        return self.opened[-1]

    def close(self) -> None:
        for connection in self.opened:
            connection.close()
        self.server.should_exit = True
        self.thread.join(20)
        self.listener.close()

    def asked(self) -> socket.socket:
        """Send a question, without reading the answer."""
        body = json.dumps({"question": ASKED}).encode()
        connection = self.connection()
        head = f"POST {ASK} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        connection.sendall(head.encode() + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return connection


def until(condition: Any, seconds: float = 60.0) -> bool:
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.02)
    return bool(condition())


@pytest.fixture
def held(space: FakeWorkspace) -> Iterator[Blocking]:
    made = blocking_space(space)
    yield made
    made.gate.set()


@pytest.fixture
def served(held: Blocking) -> Iterator[Served]:
    made = Served(held, Questions.of(held.configuration.settings.web))
    yield made
    held.gate.set()
    made.close()


def test_clients_that_hang_up_leave_the_queue(held: Blocking, served: Served) -> None:
    gone = [served.asked() for _ in range(20)]
    assert until(lambda: served.questions.searches.waiting == 18)
    for connection in gone:
        connection.close()
    assert until(lambda: served.questions.searches.waiting == 0)
    last = served.asked()
    held.gate.set()
    assert last.recv(12) == b"HTTP/1.1 200"


def test_a_connection_whose_request_head_does_not_arrive_is_closed(
    held: Blocking, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "HEAD_SECONDS", 1.0)
    silent, slow, asked = served.connection(), served.connection(), served.asked()
    slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    assert silent.recv(1) == b""
    assert slow.recv(1) == b""
    time.sleep(0.5)
    held.gate.set()
    assert asked.recv(12) == b"HTTP/1.1 200"  # the answer may take longer
    with served.connection() as second:
        second.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert second.recv(12) == b"HTTP/1.1 200"
        second.sendall(b"GET /hea")
        assert until(lambda: second.recv(4096) == b"")


def test_a_websocket_is_refused_in_the_proper_form(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    head = "GET /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    with caplog.at_level(logging.WARNING), served.connection() as connection:
        connection.sendall((head + key).encode())
        answer = connection.recv(4096)
        while b"urn:" not in answer and (more := connection.recv(4096)):
            answer += more
    assert answer.startswith(b"HTTP/1.1 405")
    assert b"urn:b12assistant:problem:method" in answer
    assert caplog.text == ""


LONG = "a" * 300


@pytest.mark.parametrize("path", [f"/assets/{LONG}", f"/static/{LONG}", f"/d/{LONG}", f"/own/{'é' * 200}"])
def test_a_name_that_is_too_long_is_not_found(path: str, client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"fn_index": 10_000, "session_hash": "a", "data": []}, "body.fn_index"),
        ({"fn_index": "0", "session_hash": "a", "data": []}, "body.fn_index"),
        ({"fn_index": None, "session_hash": "a", "data": []}, "body.fn_index"),
        ({"fn_index": 0, "data": []}, "body.session_hash"),
        ({"fn_index": 0, "session_hash": LONG, "data": []}, "body.session_hash"),
        ({"fn_index": 0, "session_hash": "a", "data": {}}, "body.data"),
        ([], "body"),
    ],
)
def test_a_call_that_the_page_has_no_function_for_is_not_queued(
    body: object, at: str, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post(JOIN, json=body)
    assert answer.status_code == 422
    assert at in [error["at"] for error in answer.json()["errors"]]
    assert caplog.text == ""


def test_a_call_that_the_page_has_a_function_for_is_queued(client: TestClient) -> None:
    answer = client.post(JOIN, json={"fn_index": 0, "session_hash": "abc", "data": ["", None]})
    assert answer.status_code == 200


FOREIGN = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://example.org"})
OURS: tuple[dict[str, str], ...] = (
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": HERE},
    {"Origin": "null"},
)


@pytest.mark.parametrize("path", [ASK, "/api/v1/search", "/export", "/reply", "/lookup/search", JOIN])
@pytest.mark.parametrize("headers", FOREIGN)
def test_no_other_site_can_send_a_request_that_may_change_something(
    path: str, headers: dict[str, str], client: TestClient
) -> None:
    answer = client.post(path, json={"question": ASKED}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_site")


@pytest.mark.parametrize("headers", OURS)
def test_our_own_pages_and_programs_can_send_requests(headers: dict[str, str], client: TestClient) -> None:
    assert client.post(ASK, json={"question": ASKED}, headers=headers).status_code == 200
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_one_address_that_floods_leaves_room_for_others(held: Blocking) -> None:
    """As behind a proxy, which passes on each client's address."""
    questions = Questions.of(held.configuration.settings.web)
    app = application(held, Warmup(held), questions=questions)
    held.gate.clear()

    async def asked() -> tuple[list[int], int]:
        def reader(host: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app, client=(host, 1))
            return httpx.AsyncClient(transport=transport, base_url=HERE, timeout=30)

        flood, other = reader("10.0.0.1"), reader("10.0.0.2")
        many = [asyncio.create_task(flood.post(ASK, json={"question": ASKED})) for _ in range(300)]
        while not any(each.done() for each in many):  # the queue is full
            await asyncio.sleep(0.01)
        one = asyncio.create_task(other.post(ASK, json={"question": ASKED}))
        while "10.0.0.2" not in {*questions.checks._jobs, *questions.searches._jobs} and not one.done():
            await asyncio.sleep(0.01)
        held.gate.set()
        found = (await one).status_code
        return [answer.status_code for answer in await asyncio.gather(*many)], found

    statuses, other = asyncio.run(asked())
    assert other == 200
    assert set(statuses) == {200, 503}


@pytest.mark.parametrize("path", ["/", "/theme.css", ASK, JOIN, "/gradio_api/queue/data", "/d/nerves.md", "/none"])
@pytest.mark.parametrize("origin", ["https://example.org", "http://localhost:3000", "http://127.0.0.1:7860", "null"])
def test_no_header_of_cors_is_ever_sent(path: str, origin: str, client: TestClient) -> None:
    wanted = {"origin": origin, "access-control-request-method": "POST"}
    for answer in (client.get(path, headers={"origin": origin}), client.options(path, headers=wanted)):
        assert answer.status_code < 500
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_options_are_answered_and_a_method_that_an_address_lacks_is_named(client: TestClient) -> None:
    assert client.options("/").status_code == 204
    assert client.options(ASK).headers["allow"] == "POST"
    for path, method, allowed in (
        ("/export", "GET", "POST"),
        ("/reply", "PUT", "POST"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method")
        assert answer.headers["allow"] in (allowed, f"{allowed}, HEAD")


def test_an_error_of_the_framework_has_our_form(client: TestClient) -> None:
    for answer in (client.get("/gradio_api/queue/data"), client.post("/theme.css"), client.post("/gradio_api/app_id")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) == int(answer.headers["content-length"])
        assert answer.json()["status"] == answer.status_code >= 400


def test_a_length_that_is_said_in_two_ways_is_refused(client: TestClient) -> None:
    headers = {"content-length": "4", "transfer-encoding": "chunked", "content-type": "application/json"}
    answer = client.post(ASK, content=b"null", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "two_lengths")
    assert answer.headers["connection"] == "close"


def test_one_address_may_not_fill_the_queue_of_the_page() -> None:
    waiting: dict[str, int] = {}
    queued: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        queued.append(scope["client"][0])
        await Response("{}")(scope, receive, send)

    guard = QueueGuard(app, lambda session: range(1), dict, lambda: waiting, "Too many people are asking right now.")

    def join(host: str) -> httpx.Response:
        async def joined() -> httpx.Response:
            transport = httpx.ASGITransport(guard, client=(host, 1))
            async with httpx.AsyncClient(transport=transport, base_url=HERE) as reader:
                return await reader.post(JOIN, json={"fn_index": 0, "session_hash": "a", "data": []})

        return asyncio.run(joined())

    waiting |= {"10.0.0.1": MOST_OF_A_CLIENT}
    refused = join("10.0.0.1")
    assert (refused.status_code, refused.json()["detail"]) == (422, "Too many people are asking right now.")
    assert join("10.0.0.2").status_code == 200
    waiting |= {f"10.0.1.{number}": MOST_OF_A_CLIENT for number in range(9)}
    assert join("10.0.0.2").status_code == 422
    assert queued == ["10.0.0.2"]


def test_one_address_may_hold_only_some_of_the_streams_of_the_page() -> None:
    ends = asyncio.Event()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await ends.wait()
        await Response("data: {}\n\n")(scope, receive, send)

    guard = QueueGuard(
        stream, lambda session: range(1), lambda: {"known"}, busy="Too many people are asking right now."
    )

    async def asked() -> tuple[httpx.Response, list[int], httpx.Response]:
        def reader(host: str) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=httpx.ASGITransport(guard, client=(host, 1)), base_url=HERE)

        greedy, other = reader("10.0.0.1"), reader("10.0.0.2")
        address = f"{DATA}?session_hash=known"
        held = [asyncio.create_task(greedy.get(address)) for _ in range(MOST_OF_A_CLIENT)]
        held.append(asyncio.create_task(other.get(address)))
        while guard._streams.total() < len(held):
            await asyncio.sleep(0)
        refused, unknown = await greedy.get(address), await other.get(f"{DATA}?session_hash=nobody")
        ends.set()
        return refused, [(await each).status_code for each in held], unknown

    refused, statuses, unknown = asyncio.run(asked())
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "busy", "5")
    assert set(statuses) == {200}
    assert '"session_not_found":true' in unknown.text
    assert not guard._streams


def test_a_session_that_waits_for_nothing_has_no_stream(client: TestClient) -> None:
    """The page's script begins anew at these words of the framework."""
    assert '"msg":"unexpected_error"' in client.get(f"{DATA}?session_hash=nobody").text


def test_a_long_export_waits_turn_by_turn_and_ends_with_its_reader(space: FakeWorkspace) -> None:
    held = blocking_space(space)
    questions = Questions.of(held.configuration.settings.web)
    app = application(held, Warmup(held), questions=questions)
    turns = [{"question": f"{ASKED} {number}"} for number in range(20)]
    seen: list[int] = []

    async def exported() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as reader:
            asked = asyncio.create_task(reader.post("/export", json={"turns": turns}))
            while not questions.searches._running:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)  # others would come now
            seen.append(questions.searches._running + questions.waiting)
            asked.cancel()
            held.gate.set()
            while questions.searches._running:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            seen.append(questions.searches._running + questions.waiting)

    asyncio.run(exported())
    assert seen == [1, 0]
