from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import pytest
from serving import small_space
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Send

from b12assistant.web.policy import Admission

PATHS = ("/", "/d/", "/healthz")


def scope(path: str) -> dict[str, Any]:
    return {"type": "http", "path": path, "method": "GET", "headers": [], "query_string": b"q=zebra"}


async def statuses(admission: Admission, *paths: str) -> list[int]:
    """The statuses of requests that start one after the other and are open together."""

    async def one(path: str) -> int:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        await admission(scope(path), receive, send)
        if sent[0]["status"] == 503:
            assert dict(sent[0]["headers"])[b"retry-after"]
        return int(sent[0]["status"])

    return list(await asyncio.gather(*map(one, paths)))


async def slow(_: Message, receive: Receive, send: Send) -> None:
    await asyncio.sleep(0.05)
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_requests_over_the_limit_are_refused_but_health_checks_never_are() -> None:
    admission = Admission(slow, PATHS, most=4)
    assert asyncio.run(statuses(admission, "/", "/d/x", "/d/y", "/healthz", "/readyz")) == [200, 200, 503, 200, 200]
    assert asyncio.run(statuses(admission, "/", "/")) == [200, 200]


def test_an_address_that_takes_all_it_can_leaves_room_for_those_that_come_later() -> None:
    held = Admission(slow, PATHS, most=64)
    greedy = [f"10.0.0.{number}" for number in range(6)]

    async def one(host: str) -> int:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        await held({**scope("/"), "client": (host, 1)}, receive, send)
        return int(sent[0]["status"])

    async def all_of_them() -> list[int]:
        floods = [one(host) for host in greedy for _ in range(100)]
        return list(await asyncio.gather(*floods, one("10.0.1.1")))

    ends = asyncio.run(all_of_them())
    assert ends[-1] == 200
    assert [ends[100 * place : 100 * (place + 1)].count(200) for place in range(6)] == [22, 15, 10, 6, 4, 3]


def test_the_log_holds_the_route_and_not_the_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="b12assistant"):
        asyncio.run(statuses(Admission(slow, PATHS), "/d/guides/zebra.md", "/zebra", "/"))
    assert [vars(record)["route"] for record in caplog.records] == ["/d/", "other", "/"]
    assert "zebra" not in str([vars(record) for record in caplog.records])
    assert [vars(record)["status"] for record in caplog.records] == [200, 200, 200]


def test_the_application_is_behind_admission(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    from b12assistant.web.site import application
    from b12assistant.web.warmup import Warmup

    space = small_space(tmp_path_factory.mktemp("behind"))
    caplog.set_level("INFO", "b12assistant.http")
    client = TestClient(application(space, Warmup(space)), base_url="http://127.0.0.1")
    client.get("/api/v1/documents")
    client.get("/api/none")
    assert [vars(record)["status"] for record in caplog.records] == [200, 404]


@pytest.mark.parametrize("whole", [True, False], ids=["after the body", "in the body"])
def test_a_request_whose_client_disconnects_is_dropped(whole: bool, caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []

    async def app(_: Message, receive: Receive, send: Send) -> None:  # noqa: ARG001
        try:
            while (await receive()).get("more_body"):
                pass
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            ended.append("dropped")
            raise

    messages: list[Message] = [
        {"type": "http.request", "body": b"a", "more_body": not whole},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return messages.pop(0)

    async def send(_: Message) -> None:
        raise AssertionError("nobody is there")

    with caplog.at_level(logging.INFO, logger="b12assistant"):
        asyncio.run(asyncio.wait_for(Admission(app, PATHS)(scope("/"), receive, send), 15))
    assert ended == ["dropped"]
    assert [vars(record)["status"] for record in caplog.records] == [499]


@pytest.mark.parametrize(("whole", "status"), [(True, 201), (False, 499)])
def test_an_answer_that_ended_before_its_client_left_keeps_its_status(
    whole: bool, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The server says that the client is gone as soon as an answer is complete, while its task still runs."""
    caplog.set_level("INFO", "b12assistant.http")
    left = asyncio.Event()
    asked: list[Message] = [{"type": "http.request", "body": b"{}"}]

    async def app(_: Any, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": not whole})
        await asyncio.sleep(60)

    async def receive() -> Message:
        if asked:
            return asked.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            left.set()

    asyncio.run(asyncio.wait_for(Admission(app, PATHS)(scope("/"), receive, send), 30))
    assert [vars(record)["status"] for record in caplog.records] == [status]


def test_a_cancellation_that_is_swallowed_is_repeated() -> None:
    """`asyncio.wait_for` and libraries may swallow one."""

    async def app(_: Message, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await receive()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(20)
        await asyncio.sleep(20)

    messages: list[Message] = [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return messages.pop(0)

    async def send(_: Message) -> None:
        raise AssertionError("nobody is there")

    asyncio.run(asyncio.wait_for(Admission(app, PATHS)(scope("/"), receive, send), 15))


def test_a_server_that_is_stopped_stops_its_requests() -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await receive()
        await asyncio.sleep(20)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def stopped() -> None:
        request = asyncio.ensure_future(Admission(app, PATHS)(scope("/"), receive, receive))  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

    asyncio.run(stopped())
