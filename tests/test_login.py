"""The optional login: nothing is answered without one, and nobody guesses their way in."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from corpora import again
from fakes import FakeWorkspace
from serving import small_space
from starlette.testclient import TestClient

from b12assistant.display.citation_formats import CITE
from b12assistant.display.printed_pages import PICTURES
from b12assistant.web import login, passwords
from b12assistant.web.admission import Admission, Message
from b12assistant.web.site import application
from b12assistant.web.tries import MOST, WINDOW
from b12assistant.web.warmup import Warmup

HERE = "http://127.0.0.1:7860"
RIGHT = "correct horse battery"
READER = {"accept": "text/html"}
COVERED = (
    "/",
    "/plain",
    "/d/nerves.md",
    f"{CITE}nerves.md",
    f"{PICTURES}nerves.md",
    "/api/v1/documents",
    "/api/v1/openapi.json",
    "/library/documents",
    "/lookup/choices",
    "/reports",
    "/gradio_api/queue/data",
    "/gradio_api/heartbeat/x",
    "/theme.css",
    "/nothing",
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("login") / "passwords.txt"
    passwords.write(file, "anna", RIGHT)
    passwords.write(file, "björn", RIGHT[::-1])
    return file


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory, file: Path) -> FakeWorkspace:
    return again(small_space(tmp_path_factory.mktemp("covered")), flags={"web.passwords": str(file)})


@pytest.fixture(scope="module")
def stranger(space: FakeWorkspace) -> TestClient:
    """Who never logs in, nor tries to."""
    return TestClient(application(space, Warmup(space)), base_url=HERE, follow_redirects=False)


@pytest.fixture
def client(space: FakeWorkspace) -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url=HERE, follow_redirects=False)


def entered(client: TestClient, name: str = "anna", password: str = RIGHT) -> int:
    return client.post("/login", data={"name": name, "password": password}).status_code


@pytest.mark.parametrize("path", COVERED)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_nothing_is_answered_without_a_login(path: str, method: str, stranger: TestClient) -> None:
    told = stranger.request(method, path, headers={"accept": "application/json"})
    assert told.status_code == (404 if path == "/nothing" else 401)


def test_a_reader_is_led_to_the_login_and_a_program_is_told(stranger: TestClient) -> None:
    reader = stranger.get("/d/nerves.md", headers=READER)
    assert (reader.status_code, reader.headers["location"]) == (303, "/login")
    program = stranger.post("/api/v1/ask", json={"question": "What wraps every nerve?"})
    assert (program.status_code, program.json()["code"]) == (401, "login")
    assert "cookie" in program.json()["hint"]


def test_health_and_the_style_of_the_login_are_for_everybody(stranger: TestClient) -> None:
    assert stranger.get("/healthz").status_code == 200
    assert stranger.get("/own/plain.css").status_code == 200


def test_whoever_logs_in_is_answered_until_they_log_out(client: TestClient) -> None:
    form = client.get("/login")
    assert 'type="password"' in form.text
    assert "form-action 'self'" in form.headers["content-security-policy"]
    entering = client.post("/login", data={"name": "anna", "password": RIGHT})
    assert (entering.status_code, entering.headers["location"]) == (303, "/")
    cookie = entering.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie  # loopback, without TLS
    for path in ("/", "/d/nerves.md", "/api/v1/documents", "/plain"):
        assert client.get(path).status_code == 200, path
    assert 'href=\\"/login\\"' in client.get("/").text
    assert "anna" in client.get("/login").text
    assert client.post("/login", data={"out": "1"}).status_code == 303
    assert client.get("/api/v1/documents").status_code == 401


def test_over_tls_the_cookie_stays_there(space: FakeWorkspace) -> None:
    client = TestClient(application(space, Warmup(space)), base_url="https://127.0.0.1", follow_redirects=False)
    entering = client.post("/login", data={"name": "anna", "password": RIGHT})
    assert "; Secure" in entering.headers["set-cookie"]


def test_any_letters_make_a_name(client: TestClient) -> None:
    assert entered(client, "björn", RIGHT[::-1]) == 303
    assert client.get("/api/v1/documents").status_code == 200


def test_a_cookie_of_ones_own_making_opens_nothing(client: TestClient) -> None:
    assert entered(client) == 303
    good = client.cookies[login.COOKIE]
    client.cookies.clear()
    name, dot, rest = good.partition(".")
    flipped = good[:-3] + ("A" if good[-3] != "A" else "B") + good[-2:]
    for forged in (flipped, name, f"{b'ben'.hex()}{dot}{rest}", f"x{good}", "", "anna", ".", '\x7f;"', f"{name}.."):
        told = client.get("/api/v1/documents", headers={"cookie": f"{login.COOKIE}={forged}"})
        assert told.status_code == 401, forged
    assert client.get("/api/v1/documents", headers={"cookie": f"a=b; {login.COOKIE}={good}"}).status_code == 200


def test_a_cookie_of_somebody_else_is_no_hindrance(client: TestClient) -> None:
    assert entered(client) == 303
    good = client.cookies[login.COOKIE]
    client.cookies.clear()
    for other in ('seen={"a": 1}', "x=a b", "=;;", "\x7f"):
        cookies = {"cookie": f"{other}; {login.COOKIE}={good}"}
        assert client.get("/api/v1/documents", headers=cookies).status_code == 200, other


def test_a_new_password_ends_the_sessions_of_the_former(tmp_path: Path, space: FakeWorkspace) -> None:
    file = tmp_path / "passwords.txt"
    passwords.write(file, "anna", RIGHT)
    own = again(space, flags={"web.passwords": str(file)})
    client = TestClient(application(own, Warmup(own)), base_url=HERE, follow_redirects=False)
    assert entered(client) == 303
    passwords.write(file, "ben", RIGHT)
    assert client.get("/api/v1/documents").status_code == 200
    passwords.write(file, "anna", RIGHT[::-1])
    assert client.get("/api/v1/documents").status_code == 401


def test_a_form_of_very_many_fields_is_not_read(client: TestClient) -> None:
    many = "&".join(f"a{number}=1" for number in range(1000))
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=f"{many}&name=anna", headers=form).status_code == 400


def test_a_form_that_does_not_arrive_is_told_so(space: FakeWorkspace) -> None:
    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.sleep(20)
        raise AssertionError("waited too long")

    async def send(message: Message) -> None:
        sent.append(message)

    gate = application(space, Warmup(space)).app
    assert isinstance(gate, Admission)
    gate.patience = 0.05
    asked: Message = {
        "type": "http",
        "path": "/login",
        "method": "POST",
        "headers": [],
        "query_string": b"",
        "client": None,
    }
    asyncio.run(gate(asked, never, send))
    assert sent[0]["status"] == 408


def test_a_session_ends(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert entered(client) == 303
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + login.SECONDS + 2)
    good = client.cookies[login.COOKIE]
    client.cookies.clear()
    assert client.get("/api/v1/documents", headers={"cookie": f"{login.COOKIE}={good}"}).status_code == 401


def test_a_session_of_another_server_is_none_of_this_one(client: TestClient, space: FakeWorkspace) -> None:
    other = TestClient(application(space, Warmup(space)), base_url=HERE, follow_redirects=False)
    assert entered(other) == 303
    client.cookies[login.COOKIE] = other.cookies[login.COOKIE]
    assert client.get("/api/v1/documents").status_code == 401


def test_wrong_tries_are_told_alike_and_then_have_to_wait(client: TestClient) -> None:
    told = [
        client.post("/login", data={"name": name, "password": "wrong"}) for name in ("anna", "nobody", "", "anna", "x")
    ]
    assert [each.status_code for each in told] == [403] * MOST
    assert len({each.text for each in told}) == 1
    late = client.post("/login", data={"name": "anna", "password": RIGHT})
    assert late.status_code == 429
    assert 0 < int(late.headers["retry-after"]) <= WINDOW + 1


def test_whoever_is_taken_out_of_the_file_is_logged_out(tmp_path: Path, space: FakeWorkspace) -> None:
    file = tmp_path / "passwords.txt"
    for name in ("anna", "ben"):
        passwords.write(file, name, RIGHT)
    own = again(space, flags={"web.passwords": str(file)})
    client = TestClient(application(own, Warmup(own)), base_url=HERE, follow_redirects=False)
    assert entered(client) == 303
    assert client.get("/api/v1/documents").status_code == 200
    file.write_text("".join(line for line in file.read_text().splitlines(True) if not line.startswith("anna:")))
    assert client.get("/api/v1/documents").status_code == 401
    file.unlink()
    assert entered(client, "ben") == 403


def test_without_a_file_there_is_no_login(tmp_path: Path) -> None:
    space = small_space(tmp_path)
    client = TestClient(application(space, Warmup(space)), base_url=HERE)
    assert client.get("/login").status_code == 404
    assert client.get("/api/v1/documents").status_code == 200
