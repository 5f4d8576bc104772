"""The page in the frame of another site, which is refused, and without JavaScript, in a real browser."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.conftest import Visit
from browser.reading import SECONDS

pytestmark = pytest.mark.slow

SHOWN = "() => document.querySelector('#tabs [role=tab][aria-selected=true]').textContent.trim()"


def test_arrows_home_and_end_move_among_the_tabs(visit: Visit, site: str) -> None:
    reader = visit(site)
    page = reader.page
    page.focus("#tabs [role=tab][aria-selected=true]")
    for key, name in (
        ("ArrowRight", "Look up"),
        ("ArrowRight", "Ask"),
        ("End", "Look up"),
        ("Home", "Ask"),
        ("ArrowLeft", "Look up"),
    ):
        page.keyboard.press(key)
        page.wait_for_function(f"name => ({SHOWN})() === name", arg=name)
        page.wait_for_function("name => document.activeElement.textContent.trim() === name", arg=name)
    page.keyboard.press("Home")
    page.wait_for_selector("#tab-ask-button[aria-selected=true][tabindex='0']")
    assert page.locator("#tabs [role=tab][tabindex='0']").count() == 1


def test_an_address_names_a_tab_and_a_tab_its_address(visit: Visit, site: str) -> None:
    reader = visit(site, "/#lookup")
    page = reader.page
    page.wait_for_function(f"() => document.querySelector('#tabs [role=tab]') && ({SHOWN})() === 'Look up'")
    page.wait_for_function("() => document.activeElement.id === 'lookup-box'")
    page.click("#tab-ask-button")
    page.wait_for_url(f"{site}/")
    page.wait_for_selector("#tab-ask[role=tabpanel][aria-labelledby=tab-ask-button]")
    page.click("#tab-lookup-button")
    page.wait_for_url(f"{site}/#lookup")
    page.click("#tab-ask-button")
    page.evaluate("() => { location.hash = 'lookup'; }")  # as one types it into the address of the open page
    page.wait_for_selector("#tab-lookup-button[aria-selected=true]")


ASKED = "What wraps every nerve: myelin?"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def another_site(folder: Path) -> Iterator[str]:
    """The origin of another site's server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def test_no_other_site_may_frame_it(chromium: Browser, site: str, tmp_path: Path) -> None:
    (tmp_path / "frame.html").write_text(f'<iframe src="{site}/"></iframe>', "utf-8")
    with another_site(tmp_path) as other, chromium.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"{other}/frame.html")
        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]


def test_without_javascript_the_page_says_what_it_needs_and_sends_nothing(chromium: Browser, site: str) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        sent = list[str]()
        page.goto(site)
        page.on("request", lambda request: sent.append(request.url))
        assert page.get_by_text("This page needs JavaScript").is_visible()
        page.locator("#first textarea").fill(ASKED)
        page.locator("#first button").click()
        assert (page.url, sent) == (f"{site}/", [])
