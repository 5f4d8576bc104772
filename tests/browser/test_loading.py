"""A question typed while everything is still loading is not lost, nor is what is typed after it."""

import asyncio
import itertools
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pytest
from fakes import FakeEncoder, FakeWorkspace, fake_workspace
from playwright.sync_api import Browser, Page, Route
from serving import EMERGENCY, small_space
from starlette.types import ASGIApp, Message, Receive, Send

from b12assistant.protocols import Encoded
from b12assistant.web.questions import Questions
from browser.conftest import Visit
from browser.reading import ALL_RUN, BOX, DRAWN, SECONDS, Reader
from browser.running import running

pytestmark = pytest.mark.slow
NIGHTLY = pytest.mark.nightly

FIRST, NEXT = "What wraps every nerve: myelin?", "Is myelin made of fat?"


@dataclass(frozen=True)
class SlowEncoder(FakeEncoder):
    """Encodes nothing until it is loaded."""

    loaded: threading.Event = field(default_factory=threading.Event, compare=False)
    wanted: list[str] = field(default_factory=list, compare=False)

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        self.wanted.extend(texts)
        self.loaded.wait(SECONDS)
        return super().encode(texts)


def typed(page: Page, text: str) -> None:
    page.keyboard.type(text, delay=10)


@pytest.mark.parametrize("is_late", [pytest.param(False, id="in time", marks=NIGHTLY), pytest.param(True, id="late")])
def test_what_is_typed_while_everything_loads_is_answered_and_nothing_is_lost(
    is_late: bool,
    chromium: Browser,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``is_late``: the time for an answer is over before everything is loaded."""
    built, encoder = small_space(tmp_path), SlowEncoder()
    space = fake_workspace(built.corpus, built.store.root, encoder=encoder)
    bounds = Questions(space.configuration.settings.web.seconds)
    bounds.seconds = 0.5 if is_late else SECONDS

    def give_time(record: logging.LogRecord) -> bool:
        if vars(record).get("end") == "late":  # the page asks again at once
            bounds.seconds = SECONDS
        return True

    caplog.set_level("INFO", "b12assistant.questions")
    monkeypatch.setattr(logging.getLogger("b12assistant.questions"), "filters", [give_time])
    with running(space, questions=bounds) as address, chromium.new_context() as context:
        reader = Reader.of(context, address, "/?")
        page = reader.page
        page.focus(BOX)
        page.wait_for_selector(f"{BOX}:focus")  # the framework hides it until its styles have come
        typed(page, FIRST)
        page.wait_for_function(ALL_RUN)
        page.evaluate("() => b12.ready")
        assert page.locator(".state.loading").count() == 1
        assert page.input_value(BOX) == FIRST
        page.keyboard.press("Enter")
        reader.until(lambda: FIRST in encoder.wanted)
        typed(page, f" {NEXT}")
        page.keyboard.press("Enter")  # not accepted: one question at a time
        if is_late:
            reader.until(lambda: bounds.seconds == SECONDS)
        page.evaluate(DRAWN)
        assert page.locator(".turn, #note .note").count() == 0
        encoder.loaded.set()
        page.wait_for_selector("#turn1 blockquote")
        page.wait_for_function("([box, text]) => document.querySelector(box).value === text", arg=[BOX, NEXT])
        page.press(BOX, "Enter")
        page.wait_for_selector("#turn2")
        assert page.locator(".turn h2 .exact").all_text_contents() == [FIRST, NEXT]
        page.wait_for_function("box => !document.querySelector(box).value", arg=BOX)
        reader.sound()


def test_what_is_asked_before_any_other_script_has_run_is_answered(chromium: Browser, site: str) -> None:
    with chromium.new_context() as context:
        page, held, waits = context.new_page(), list[Route](), [True]

        def hold(route: Route) -> None:
            if waits and "stream" not in route.request.url:
                held.append(route)
            else:
                route.continue_()

        page.set_default_timeout(SECONDS * 1000)
        page.route("**/*.js*", hold)
        page.goto(site, wait_until="commit")
        page.locator("#first textarea").fill(FIRST)
        page.locator("#first textarea").press("Enter")
        waits.clear()
        for route in held:
            route.continue_()
        page.wait_for_selector("#turn1 blockquote")
        assert page.locator(".turn .asked .exact").all_text_contents() == [FIRST]
        assert page.url == f"{site}/"


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
    for question, reader in zip(asked, readers, strict=True):
        reader.page.wait_for_selector(".turn")
        assert reader.page.locator(".turn h2 .exact").text_content() == question
        assert reader.page.locator(".turn").count() == 1


def test_the_page_is_there_before_the_encoder_and_says_when_that_is_ready(chromium: Browser, tmp_path: Path) -> None:
    built = small_space(tmp_path)
    encoder = SlowEncoder()
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
        encoder.loaded.set()
        page.wait_for_selector(".state.ready", state="attached")
        page.wait_for_function("() => document.querySelectorAll('.turn').length === 2")
        reader.sound()


DELAY = 1  # that a message is delayed


def late_to_close(app: ASGIApp) -> ASGIApp:
    """The application on a slow network: the message that ends a stream arrives after what follows it."""

    async def late(scope: Message, receive: Receive, send: Send) -> None:
        async def handed_on(message: Message) -> None:
            if b"close_stream" in message.get("body", b""):
                await asyncio.sleep(DELAY)
            await send(message)

        await app(scope, receive, handed_on)

    return late


def late_to_take(app: ASGIApp) -> ASGIApp:
    """The application if every second question is answered before the page hears that it was accepted."""
    taken = itertools.count()

    async def late(scope: Message, receive: Receive, send: Send) -> None:
        wait = DELAY * (next(taken) % 2) if scope.get("path", "").endswith("/queue/join") else 0

        async def handed_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(wait)
            await send(message)

        await app(scope, receive, handed_on)

    return late


@pytest.fixture(scope="module", params=[pytest.param(late_to_close, marks=NIGHTLY), late_to_take])
def slow(small: FakeWorkspace, request: pytest.FixtureRequest) -> Iterator[str]:
    with running(small, request.param) as address:
        yield address


def test_each_question_is_answered_at_once_or_while_a_stream_is_closing(visit: Visit, slow: str) -> None:
    reader = visit(slow)
    for asked in ("What wraps every nerve?", "Is myelin made of fat?", "What lowers cobalamin in some people?"):
        assert reader.ask(asked).locator("blockquote").count()


def told_by(chromium: Browser, scenario: str) -> object:
    """Run a scenario with the script of the stream, in an empty page."""
    page = chromium.new_page()
    happened = page.evaluate(scenario, resources.files("b12assistant").joinpath("static/stream.js").read_text("utf-8"))
    page.close()
    return happened


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
    happened = told_by(chromium, REFUSED)
    assert happened == [200, "b12-lost", "b12-found"]
