"""The page inside another site's page, and without JavaScript, in a real browser."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeWorkspace
from playwright.sync_api import Browser, Page

from b12assistant.config import load_configuration
from browser.reading import SECONDS
from browser.running import running

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parent.parent.parent / "docs" / "embedding" / "demo.html"
IN_DEMO = "http://127.0.0.1:7860/"
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


def allowing(space: FakeWorkspace, framers: str) -> FakeWorkspace:
    flags = {
        "paths.corpus": str(space.corpus),
        "paths.index": str(space.store.root),
        "page.frame_ancestors": framers,
        "web.seconds": 2.0 * SECONDS,
    }
    return replace(space, configuration=load_configuration(environment={}, flags=flags))


@contextmanager
def demo(chromium: Browser, folder: Path, site: str, address: str) -> Iterator[Page]:
    """The documentation's demo page on its own site, with the page at ``address`` in its frame."""
    (folder / "demo.html").write_text(DEMO.read_text("utf-8").replace(IN_DEMO, f"{address}/"), "utf-8")
    with chromium.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"{site}/demo.html", wait_until="domcontentloaded")
        yield page


@pytest.mark.parametrize("framers", ["", "https://www.example.org"], ids=["off", "another site"])
def test_no_other_site_may_frame_it(framers: str, chromium: Browser, small: FakeWorkspace, tmp_path: Path) -> None:
    with (
        another_site(tmp_path) as site,
        running(allowing(small, framers)) as address,
        demo(chromium, tmp_path, site, address) as page,
    ):
        page.wait_for_load_state()  # its frames too
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
