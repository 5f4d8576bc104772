"""The configuration of the how-to, in a real nginx before a real server."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from blocking import ASKED
from serving import small_space
from starlette.types import Receive, Scope, Send

from b12assistant.web import listening
from b12assistant.web.policy import JOIN
from b12assistant.web.questions import Questions, Warmup
from b12assistant.web.site import DATA, application

NGINX, OPENSSL = shutil.which("nginx"), shutil.which("openssl")
HOW_TO = Path(__file__).parent.parent / "docs" / "how-to" / "reverse-proxy.md"
READER = "127.0.0.5"  # the address that the reader comes from
ANNA = ("anna", "secret")
USERS = "anna:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"  # as `htpasswd -B` writes it
FRAME = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    {servers}
}}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (NGINX and OPENSSL), reason="nginx and openssl are not installed"),
]


@dataclass
class Watched:
    """An application that notes where requests come from."""

    app: object
    seen: list[tuple[str, str, bool]] = field(default_factory=list)  # client, scheme, whether a password came with it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            with_password = any(name == b"authorization" for name, _ in scope["headers"])
            self.seen.append((scope["client"][0], scope["scheme"], with_password))
        await self.app(scope, receive, send)  # type: ignore[operator]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def configuration(folder: Path, behind: int, plain: int, secure: int) -> str:
    found = re.search(r"```nginx\n(.*?)```", HOW_TO.read_text("utf-8"), re.S)
    assert found
    text = textwrap.dedent(found[1])
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{secure} ssl"),
        ("/etc/ssl/certs/b12.example.org.pem", f"{folder}/pem"),
        ("/etc/ssl/private/b12.example.org.key", f"{folder}/key"),
        ("/etc/nginx/b12.users", f"{folder}/users"),
        ("127.0.0.1:7860", f"127.0.0.1:{behind}"),
        ("b12.example.org", "localhost"),
    ):
        assert old in text
        text = text.replace(old, new)
    return FRAME.format(folder=folder, servers=text)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    space = small_space(tmp_path_factory.mktemp("proxied"))
    space.ask(ASKED)  # loads what is loaded once
    warmup = Warmup(space)
    warmup.start()
    return Watched(application(space, warmup))


@pytest.fixture(scope="module")
def proxied(watched: Watched, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder, listener = tmp_path_factory.mktemp("nginx"), listening.listen("127.0.0.1", 0)
    server = listening.server(watched, Questions(20))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    made = [str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made += ["-keyout", f"{folder}/key", "-out", f"{folder}/pem", "-subj", "/CN=localhost"]
    subprocess.run([*made, "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    (folder / "users").write_text(USERS)
    secure = free_port()
    (folder / "conf").write_text(configuration(folder, listener.getsockname()[1], free_port(), secure))
    nginx = subprocess.Popen([str(NGINX), "-c", f"{folder}/conf", "-p", f"{folder}"], stderr=subprocess.DEVNULL)
    trusted = ssl.create_default_context(cafile=f"{folder}/pem")
    transport = httpx.HTTPTransport(verify=trusted, local_address=READER)
    try:
        with httpx.Client(base_url=f"https://localhost:{secure}", transport=transport, timeout=30) as client:
            ends = time.monotonic() + 20
            while nginx.poll() is None and time.monotonic() < ends:
                try:
                    client.get("/healthz")
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
            assert nginx.poll() is None, (folder / "errors").read_text()
            yield client
    finally:
        nginx.terminate()
        nginx.wait(20)
        server.should_exit = True
        thread.join(20)
        listener.close()


def test_only_who_has_a_password_gets_past_it(proxied: httpx.Client) -> None:
    assert proxied.get("/").status_code == 401
    assert proxied.get("/", auth=("anna", "guess")).status_code == 401
    assert proxied.get("/healthz").status_code == 200
    page = proxied.get("/", auth=ANNA)
    assert (page.status_code, "gradio_config" in page.text) == (200, True)


def test_a_question_is_answered_over_the_api_and_on_the_stream_of_the_page(
    proxied: httpx.Client, watched: Watched
) -> None:
    said = {"X-Forwarded-For": "10.1.2.3"}
    asked = proxied.post("/api/v1/ask", json={"question": ASKED}, auth=ANNA, headers=said)
    assert (asked.status_code, asked.json()["answer"]["status"]) == (200, "answered")
    assert watched.seen[-1] == (READER, "https", False)
    config = json.loads(
        re.findall(r"window\.gradio_config = (\{.*?\});?</script>", proxied.get("/", auth=ANNA).text)[0]
    )
    function = next(each["id"] for each in config["dependencies"] if each["api_name"] == "ask")
    body = {"data": [ASKED, None], "fn_index": function, "session_hash": "proxied"}
    assert proxied.post(JOIN, json=body, auth=ANNA).status_code == 200
    events = proxied.get(DATA, params={"session_hash": "proxied"}, auth=ANNA).text
    assert '"msg":"process_completed"' in events
    assert '"success":true' in events


def test_what_is_too_large_or_too_often_is_refused_by_the_proxy(proxied: httpx.Client, watched: Watched) -> None:
    reached = len(watched.seen)
    assert proxied.post("/api/v1/ask", content=b" " * (600 << 10), auth=ANNA).status_code == 413
    assert any(proxied.get("/").status_code == 429 for _ in range(1000))
    assert len(watched.seen) == reached
