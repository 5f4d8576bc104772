"""Clients that ask for what is not there, or come from another site."""

import base64
import hashlib
import json
import re
import runpy
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from blocking import ASKED
from corpora import again
from fakes import FakeWorkspace
from serving import HERE, page_of
from shell import Done
from starlette.testclient import TestClient

from b12assistant.errors import ConfigError, ServerError
from b12assistant.web import listening, policy, site
from b12assistant.web.page_routes import OWN_POLICY
from b12assistant.web.policy import JOIN
from b12assistant.web.questions import Warmup
from b12assistant.web.site import DATA, application

ROOT = Path(__file__).parent.parent
ROUTES = (
    "/", "/theme.css", "/own/page.css", "/own/app.js", "/own/favicon.svg", "/favicon.ico", "/d/nerves.md",
    "/d/none.md", "/healthz", "/api/v1/documents", "/api/none", "/nothing", "/own/none.css", "/gradio_api/upload",
)  # fmt: skip
SHUT = (
    "/config", "/openapi.json", "/gradio_api/info", "/gradio_api/file=/etc/passwd", "/gradio_api/openapi.json",
    "/gradio_api/proxy=http://example.com", "/assets/../config",
)  # fmt: skip


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url=HERE)


@pytest.mark.parametrize("route", ROUTES)
def test_every_response_has_its_headers(route: str, client: TestClient) -> None:
    headers = client.get(route).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors" in headers["content-security-policy"]
    assert "server" not in headers


def test_a_page_that_nobody_asks_looks_for_questions_fifty_times_a_second(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio would look a thousand times."""
    looks: Counter[int] = Counter()  # of each queue: those of other tests may still be there

    def counted(queue: object) -> int:
        looks[id(queue)] += 1
        return 0

    monkeypatch.setattr("gradio.queueing.Queue.__len__", counted)
    begun = time.monotonic()
    with TestClient(application(space, Warmup(space)), base_url=HERE) as client:
        client.get("/")
        time.sleep(0.3)
    assert 2 <= max(looks.values()) <= 100 * (time.monotonic() - begun)


def test_the_page_lets_only_its_own_inline_scripts_run(client: TestClient) -> None:
    page = client.get("/")
    told = page.headers["content-security-policy"]
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page.text, re.S)
    digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
    assert digests
    assert set(re.findall(r"'sha256-([^']+)'", told)) == digests
    script_src = next(part for part in told.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in script_src
    assert page.headers["cache-control"] == "no-store"


def test_a_document_is_read_under_a_stricter_policy(client: TestClient) -> None:
    assert client.get("/d/nerves.md").headers["content-security-policy"] == OWN_POLICY
    assert "unsafe" not in OWN_POLICY


def test_no_function_of_the_page_is_offered_to_programs(client: TestClient) -> None:
    found = re.search(r"window\.gradio_config = (\{.*?\});?</script>", client.get("/").text, re.S)
    assert found
    functions = json.loads(found[1])["dependencies"]
    assert {each["api_visibility"] for each in functions} <= {"private", "undocumented"}  # the latter: redrawing a turn
    assert [each["api_name"] for each in functions if each["api_name"] == "ask"] == ["ask"]


@pytest.mark.parametrize("path", SHUT)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_page_does_not_need_is_closed(path: str, method: str, client: TestClient) -> None:
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize(
    ("host", "status"), [("127.0.0.1:7860", 200), ("[::1]:7860", 200), ("example.com", 421), ("", 421)]
)
def test_only_its_own_names_are_answered(host: str, status: int, client: TestClient) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == status


def test_names_that_an_operator_gave_it_are_its_own_too(space: FakeWorkspace) -> None:
    named = again(space, flags={"web.hosts": "b12.example.org Clinic.example"})
    known = TestClient(application(named, Warmup(named)), base_url=HERE)
    answers = {"b12.example.org": 200, "clinic.example:80": 200, "example.org": 421, "localhost": 200}
    for host, status in answers.items():
        assert known.get("/healthz", headers={"host": host}).status_code == status, host
    for wrong in ("*", "*.example.org", "http://example.org", "a..b"):
        with pytest.raises(ConfigError, match="not a host name"):
            application(again(space, flags={"web.hosts": wrong}), Warmup(space))


def test_on_a_wildcard_address_numbers_are_answered_and_foreign_names_are_not(space: FakeWorkspace) -> None:
    open_to_all = TestClient(application(space, Warmup(space), "0.0.0.0"), base_url=HERE)  # noqa: S104
    assert open_to_all.get("/healthz", headers={"host": "192.168.1.5:80"}).status_code == 200
    assert open_to_all.get("/healthz", headers={"host": "example.com"}).status_code == 421


@pytest.mark.parametrize("length", [None, "4"])
def test_a_body_that_does_not_end_is_cut_off(length: str | None, client: TestClient) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(2 * policy.LARGEST // 65536):
            yield b"x" * 65536

    headers = {"content-type": "application/json"} | ({"content-length": length} if length else {})
    path = "/gradio_api/queue/join"
    assert client.post(path, content=body(), headers=headers).status_code in (400, 413)
    assert client.post(path, content=b"x" * (policy.LARGEST + 1), headers=headers).status_code in (400, 413, 422)


def test_a_document_that_is_not_there_says_so_and_echoes_nothing_live(client: TestClient) -> None:
    page = client.get("/d/%3Cscript%3Ealert(1)%3C/script%3E%0A.md")
    assert page.status_code == 404
    assert "We can&#39;t find that document" in page.text
    assert "<script>alert" not in page.text


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def run(*arguments: str, cwd: Path) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr("sys.argv", ["app.py", *arguments])
        with pytest.raises(SystemExit) as left:
            runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
        return Done(int(left.value.code or 0), *capsys.readouterr())

    return run


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5"])  # noqa: S104
def test_it_listens_beyond_this_machine_only_behind_a_proxy(
    host: str, space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listen(host: str, *_: int, **__: int) -> NoReturn:
        raise ServerError(f"allowed on {host}")

    monkeypatch.setattr(listening, "listen", listen)
    with pytest.raises(ServerError, match="will not listen") as raised:
        site.serve(space, host)
    assert raised.value.hint is not None
    assert "--behind-proxy" in raised.value.hint
    for here in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        with pytest.raises(ServerError, match="allowed on"):
            site.serve(space, here)
    with pytest.raises(ServerError, match=f"allowed on {host}"):
        site.serve(space, host, behind_proxy=True)
    with pytest.raises(ServerError, match=f"allowed on {host}"):
        site.serve(again(space, flags={"web.behind_proxy": True}), host)


@pytest.mark.slow
def test_without_an_index_app_says_what_to_run(app: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()  # without one the packaged corpus is served
    done = app(cwd=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert re.fullmatch(r".*index.*: run `make run`", done.complaint)


@pytest.mark.slow
def test_a_port_in_use_is_one_clear_line(app: Callable[..., Done], built: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = app("--port", str(port), cwd=built)
    assert done.status == 1
    assert re.fullmatch(rf"cannot listen on 127\.0\.0\.1, port {port} .*: try --port \d+", done.complaint)


ASK = "/api/v1/ask"


@pytest.fixture(scope="module")
def stranger(space: FakeWorkspace) -> TestClient:
    space.ask(ASKED)  # loads what is loaded once
    return page_of(space, errors=True)


LONG_NAME = "a" * 300


@pytest.mark.parametrize(
    "path", [f"/assets/{LONG_NAME}", f"/static/{LONG_NAME}", f"/d/{LONG_NAME}", f"/own/{'é' * 200}"]
)
def test_a_name_that_is_too_long_is_not_found(
    path: str, stranger: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert caplog.text == ""


FOREIGN = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://example.org"})
OURS: tuple[dict[str, str], ...] = (
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": HERE},
    {"Origin": "null"},
)


@pytest.mark.parametrize("path", [ASK, "/api/v1/search", "/reply", "/lookup/search", JOIN])
@pytest.mark.parametrize("headers", FOREIGN)
def test_no_other_site_can_send_a_request_that_may_change_something(
    path: str, headers: dict[str, str], stranger: TestClient
) -> None:
    answer = stranger.post(path, json={"question": ASKED}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_site")


@pytest.mark.parametrize("headers", OURS)
def test_our_own_pages_and_programs_can_send_requests(headers: dict[str, str], stranger: TestClient) -> None:
    assert stranger.post(ASK, json={"question": ASKED}, headers=headers).status_code == 200
    assert stranger.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/theme.css", ASK, JOIN, "/gradio_api/queue/data", "/d/nerves.md", "/none"])
@pytest.mark.parametrize("origin", ["https://example.org", "http://localhost:3000", "http://127.0.0.1:7860", "null"])
def test_no_header_of_cors_is_ever_sent(path: str, origin: str, stranger: TestClient) -> None:
    wanted = {"origin": origin, "access-control-request-method": "POST"}
    for answer in (stranger.get(path, headers={"origin": origin}), stranger.options(path, headers=wanted)):
        assert answer.status_code < 500
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_options_are_answered(stranger: TestClient) -> None:
    assert stranger.options("/").status_code == 204
    assert stranger.options(ASK).headers["allow"] == "POST"


def test_a_session_that_waits_for_nothing_has_no_stream(stranger: TestClient) -> None:
    """The page's script begins anew at these words of the framework."""
    assert '"msg":"unexpected_error"' in stranger.get(f"{DATA}?session_hash=nobody").text
