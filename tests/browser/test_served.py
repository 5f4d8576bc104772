from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEncoder, FakeWorkspace, fake_workspace
from playwright.sync_api import Browser
from serving import EMERGENCY, small_space

from b12assistant.answers import Reply
from b12assistant.protocols import Encoded
from browser.conftest import Visit
from browser.reading import BOX, SECONDS, Reader
from browser.running import running

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
ASKED = "Which zebra keeps myelin in good repair?"
# Logs and refuses every attempt to reach another machine; runs before anything else is imported.
WATCHED = """
import ipaddress, runpy, sys
def here(host):
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host if isinstance(host, str) else host.decode()).is_loopback
    except ValueError:
        return False
def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        host = arguments[1][0] if isinstance(arguments[1], tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return
    if not here(host):
        open({log!r}, "a").write(f"{{event}} {{host}}\\n")
        raise OSError("refused")
sys.addaudithook(watch)
sys.argv = ["app.py", "--port", "0"]
runpy.run_path({app!r}, run_name="__main__")
"""


@dataclass(frozen=True)
class Server:
    address: str
    log: Path
    scratch: Path


@pytest.fixture
def watched(built: Path, tmp_path: Path) -> Iterator[Server]:
    """`python app.py` as a person starts it, with the real encoder."""
    log, scratch = tmp_path / "outside.log", tmp_path / "scratch"
    scratch.mkdir()
    code = WATCHED.format(log=str(log), app=str(ROOT / "app.py"))
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "PYTHONPATH")}
    places = dict.fromkeys(("HOME", "TMPDIR", "GRADIO_TEMP_DIR", "XDG_CACHE_HOME"), str(scratch))
    printed: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=built, env=kept | places, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as started:
        assert started.stdout is not None
        try:
            printed.append(started.stdout.readline().decode())
            assert "answers at http://127.0.0.1:" in printed[0], printed[0] + started.stdout.read().decode()
            yield Server(printed[0].split()[3], log, scratch)
        finally:
            started.terminate()
            printed.append(started.communicate(timeout=SECONDS)[0].decode())
    assert printed[1] == ""


def test_the_server_contacts_no_other_machine_and_writes_nothing_down(
    watched: Server, visit: Visit, built: Path
) -> None:
    before = _files(built)
    reader = visit(watched.address)
    turn = reader.ask(ASKED)
    reader.open(turn.locator("a.cite").first).locator("#doc").wait_for()
    reader.ask(EMERGENCY)
    assert not watched.log.exists(), watched.log.read_text()
    assert _files(built) == before
    written = [path for path in watched.scratch.rglob("*") if path.is_file() and b"zebra" in path.read_bytes()]
    assert written == []


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_four_ask_at_once_and_each_gets_its_answer(visit: Visit, site: str) -> None:
    readers = [visit(site) for _ in range(4)]
    asked = [f"What wraps every nerve, myelin number {number}?" for number in range(len(readers))]
    for question, reader in zip(asked, readers, strict=True):
        reader.page.fill(BOX, question)
    for reader in readers:
        reader.page.evaluate("() => document.querySelector('#send').click()")
    for number, reader in enumerate(readers):
        reader.page.wait_for_selector(".turn")
        assert (
            reader.page.locator(".turn h2 .exact").text_content() == f"What wraps every nerve, myelin number {number}?"
        )
        assert reader.page.locator(".turn").count() == 1


@dataclass(frozen=True)
class GatedEncoder(FakeEncoder):
    """Encodes nothing until the gate opens, like an encoder that is still loading."""

    gate: threading.Event = field(default_factory=threading.Event, compare=False)
    wanted: list[str] = field(default_factory=list, compare=False)

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        self.wanted.extend(texts)
        self.gate.wait(SECONDS)
        return FakeEncoder.encode(self, texts)


def test_the_page_is_there_before_the_encoder_and_says_when_that_is_ready(chromium: Browser, tmp_path: Path) -> None:
    built = small_space(tmp_path)
    encoder = GatedEncoder()
    space = fake_workspace(built.corpus, built.store.root, encoder=encoder)
    with running(space) as address, chromium.new_context() as context:
        reader = Reader.of(context, address, "/?")
        page = reader.page
        page.wait_for_selector(".state.loading")
        reader.ask(EMERGENCY)
        assert page.locator(".alarm.emergency").count() == 1
        page.click("#looking_up")
        reader.until(lambda: EMERGENCY in encoder.wanted)  # the server has the question but cannot answer yet
        assert page.locator(".turn").count() == 1
        encoder.gate.set()
        page.wait_for_selector(".state.ready", state="attached")
        page.wait_for_function("() => document.querySelectorAll('.turn').length === 2")
        reader.sound()


class BrokenWorkspace(FakeWorkspace):
    """Fails on questions about a zebra, with an internal detail in its message."""

    def ask(self, question: str, history: Sequence[str] = (), **how: Any) -> Reply:
        if "zebra" in question:
            raise ValueError("a secret of the inside")
        return super().ask(question, history, **how)


def test_an_error_is_reported_without_internals_and_the_question_is_kept(visit: Visit, tmp_path: Path) -> None:
    space = BrokenWorkspace(small_space(tmp_path).configuration)
    with running(space) as address:
        reader = visit(address)
        reader.page.fill(BOX, "What is a zebra?")
        reader.page.press(BOX, "Enter")
        reader.page.wait_for_selector("#note .note")
        assert "Something went wrong" in reader.page.inner_text("#note")
        assert "secret" not in reader.page.content()
        assert reader.page.input_value(BOX) == "What is a zebra?"
        reader.ask("What wraps every nerve: myelin?")
        reader.sound()
