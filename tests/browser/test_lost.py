"""A lost connection loses nothing: the question is kept, and answered when the server is back; the page says so."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import FakeWorkspace
from playwright.sync_api import Browser, BrowserContext, Page
from serving import EMERGENCY, small_space
from starlette.types import ASGIApp, Message, Receive, Send

from b12assistant.web.questions import Questions
from browser.conftest import CORPUS, Visit
from browser.reading import BOX, DRAWN, Reader
from browser.running import running

pytestmark = pytest.mark.slow

FIRST, NEXT, LAST = "What wraps every nerve: myelin?", "Is myelin made of fat?", "What lowers cobalamin in some people?"
OFFLINE = "You seem to be offline. Your question is kept and will be sent when you are back."
LOST = "We can't be reached just now. Your question is kept and will be sent as soon as we are back."


def shown(page: Page, *questions: str) -> None:
    """Wait until these questions have answers, and the page says nothing of a lost connection."""
    page.wait_for_function(
        """wanted => JSON.stringify([...document.querySelectorAll('.turn .asked .exact')].map(each => each.textContent))
            === JSON.stringify(wanted) && !document.querySelector('#lost').textContent""",
        arg=list(questions),
    )


def asked(page: Page, question: str) -> None:
    page.fill(BOX, question)
    page.press(BOX, "Enter")


def told(page: Page, line: str) -> None:
    page.wait_for_function("line => document.querySelector('#lost').textContent === line", arg=line)


def whole(reader: Reader) -> None:
    """The browser itself reports every request that failed; nothing else went wrong. The server is there again."""
    others = [each for each in reader.complaints if "Failed to load resource" not in each]
    assert others == []
    reader.complaints.clear()
    reader.sound()


@pytest.mark.parametrize("before", [[], [NEXT]], ids=["first question", "later question"])
def test_a_question_asked_offline_is_answered_online(visit: Visit, site: str, before: list[str]) -> None:
    reader = visit(site)
    page = reader.page
    for question in before:
        reader.ask(question)
    reader.quiet()
    page.evaluate("() => { globalThis.same = true; }")
    page.context.set_offline(True)
    asked(page, FIRST)
    told(page, OFFLINE)
    page.keyboard.type(" and more")
    tried = len(reader.asked_for)
    reader.until(lambda: sum("/app_id" in each for each in reader.asked_for[tried:]) > 1)
    page.evaluate(DRAWN)
    assert page.inner_text("#lost") == OFFLINE, "the line stays"
    assert page.locator("#intro h1").bounding_box()["height"] > 20 or before  # type: ignore[index]
    page.context.set_offline(False)
    shown(page, *before, FIRST)
    page.wait_for_function("box => document.querySelector(box).value === 'and more'", arg=BOX)
    assert page.evaluate("() => same"), "without a reload"
    whole(reader)


@pytest.fixture
def own(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(reduced_motion="reduce") as context:
        yield context


@pytest.fixture
def built(tmp_path: Path) -> FakeWorkspace:
    return small_space(tmp_path, CORPUS)


def breaking(app: ASGIApp) -> ASGIApp:
    """The application whose stream breaks once, before the answer of LAST is shown."""
    left = [LAST.rstrip("?").encode()]  # the page escapes marks

    async def broken(scope: Message, receive: Receive, send: Send) -> None:
        async def handed_on(message: Message) -> None:
            if left and left[0] in message.get("body", b"") and b"process_completed" in message["body"]:
                left.clear()
                raise ConnectionError
            await send(message)

        await app(scope, receive, handed_on)

    return broken


def by_enter(page: Page) -> str:
    asked(page, LAST)
    return LAST


def by_button(page: Page) -> str:
    """A question that the page was given by the server that is gone."""
    button = page.locator("#controls button").last
    text = button.inner_text()
    button.click()
    return text


NEW = {"new.md": "# New\n\nTeal otters juggle seventeen pebbles.\n"}


@pytest.mark.parametrize("ask", [by_enter, pytest.param(by_button, marks=pytest.mark.nightly)])
def test_a_question_asked_while_the_server_is_away_is_answered_by_the_next_one(
    own: BrowserContext, built: FakeWorkspace, tmp_path: Path, ask: Callable[[Page], str]
) -> None:
    """The next one has another index."""
    newer = small_space(tmp_path / "newer", {**CORPUS, **NEW})
    with running(built) as address:
        reader = Reader.of(own, address)
        reader.ask(EMERGENCY)
        reader.quiet()
    page = reader.page
    question = ask(page)
    told(page, LOST)
    with running(newer, port=int(address.rpartition(":")[2])):
        shown(page, EMERGENCY, question)
        asked(page, "What do teal otters juggle?")
        shown(page, EMERGENCY, question, "What do teal otters juggle?")
        page.wait_for_selector(".turn blockquote:has-text('seventeen pebbles')")
        whole(reader)


def test_a_server_that_stops_says_so_and_the_next_one_answers(own: BrowserContext, built: FakeWorkspace) -> None:
    questions = Questions(built.configuration.settings.web.seconds)
    with running(built, questions=questions) as address:
        reader = Reader.of(own, address)
        questions.close()
        asked(reader.page, FIRST)
        reader.page.wait_for_function(
            "() => document.querySelector('#note .note')?.textContent.startsWith('We are restarting.')"
        )
    with running(built, port=int(address.rpartition(":")[2])):
        shown(reader.page, FIRST)
        whole(reader)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the framework, whose stream breaks
def test_an_answer_that_breaks_off_comes_after_the_page_has_begun_anew(
    own: BrowserContext, built: FakeWorkspace
) -> None:
    with running(built, breaking) as address:
        reader = Reader.of(own, address)
        reader.ask(FIRST)
        reader.quiet()
        reader.page.evaluate("() => { globalThis.same = true; }")
        asked(reader.page, LAST)
        reader.page.wait_for_function("box => !document.querySelector(box).value", arg=BOX)
        reader.page.keyboard.type("typed since")
        reader.page.wait_for_function("() => !globalThis.same")
        shown(reader.page, FIRST, LAST)
        reader.page.wait_for_function("box => document.querySelector(box).value === 'typed since'", arg=BOX)
        whole(reader)


def test_look_up_opened_while_the_server_is_away_is_there_when_it_is_back(
    own: BrowserContext, built: FakeWorkspace
) -> None:
    with running(built) as address:
        reader = Reader.of(own, address)
    page = reader.page
    page.click("#tab-lookup-button")
    told(page, LOST)
    with running(built, port=int(address.rpartition(":")[2])):
        page.fill("#lookup-box", "numb feet")
        page.wait_for_selector("#lookup li.found")
        told(page, "")
    page.fill("#lookup-box", "eggs")
    told(page, LOST)
    with running(built, port=int(address.rpartition(":")[2])):
        page.wait_for_function("() => document.querySelector('#lookup li.found')?.textContent.includes('Eggs')")
        whole(reader)
