"""One browser for all tests, one context for each; a small corpus with one difference behind the page."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from corpora import capsules
from fakes import FakeWorkspace, with_weak_quotes
from playwright.sync_api import Browser, sync_playwright
from serving import small_space

from browser.reading import WINDOW, Reader
from browser.running import ARGUMENTS, find_browser, no_browser, running

Visit = Callable[..., Reader]
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Closed before other tests run: while it is open an event loop runs in this thread, and `asyncio.run` fails."""
    with sync_playwright() as playwright:
        found = find_browser(playwright.chromium.executable_path) or no_browser()
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return with_weak_quotes(small_space(tmp_path_factory.mktemp("browser"), CORPUS))


@pytest.fixture(scope="session")
def site(small: FakeWorkspace) -> Iterator[str]:
    """The page over the small corpus."""
    with running(small) as address:
        yield address


@pytest.fixture(scope="package")
def page_kept() -> dict[str, Reader]:
    """The page that ``reader`` continues with; none until it was first opened, and none after a test that failed."""
    return {}


@pytest.fixture
def reader(chromium: Browser, site: str, page_kept: dict[str, Reader]) -> Iterator[Reader]:
    """A new conversation on one page for all such tests, which saves most of their time.

    Use ``visit`` for what only a page that was just loaded shows.
    """
    reader = page_kept.pop(site, None)
    if reader is None:
        context = chromium.new_context(reduced_motion="reduce", viewport=WINDOW, permissions=CLIPBOARD)
        reader = Reader.of(context, site)
    yield reader
    try:
        reader.sound()
        if reader.page.locator(".turn").count():
            reader.new_conversation()
            page_kept[site] = reader
    finally:
        if site not in page_kept:
            reader.page.context.close()


@pytest.fixture(scope="package")
def pages_visited() -> dict[str, list[Reader]]:
    """Pages that ``visit`` opened, by the options of their contexts: one that has compiled the scripts loads faster."""
    return {}


@pytest.fixture
def visit(chromium: Browser, pages_visited: dict[str, list[Reader]]) -> Iterator[Visit]:
    """Load a page; when the test ends, what must always hold is held against every page it loaded."""
    loaded: list[tuple[str, Reader]] = []

    def opened(address: str, path: str = "/", **options: Any) -> Reader:
        options = {"reduced_motion": "reduce", "permissions": CLIPBOARD, **options}
        there = pages_visited.get(str(options))
        if there:
            loaded.append((str(options), there.pop()))
            loaded[-1][1].visit(address, path)
        else:
            loaded.append((str(options), Reader.of(chromium.new_context(**options), address, path)))
        return loaded[-1][1]

    yield opened
    try:
        while loaded:
            loaded[-1][1].sound()
            name, reader = loaded.pop()
            for other in reader.page.context.pages[1:]:
                other.close()
            pages_visited.setdefault(name, []).append(reader)
    finally:
        for _, reader in loaded:
            reader.page.context.close()


CORPUS = {
    "nerves.md": "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat. Numb feet are an early sign.\n",
    "guides/food.md": "# Food\n\n## Where it is\n\n- Fish holds vitamin B12.\n- Eggs hold vitamin B12.\n\n"
    "Plants hold none.\n",
    "pills.txt": "Metformin lowers cobalamin in some people. Ask for a blood test.\n",
    "shop.md": "---\ntitle: Drips\nkind: vendor\nwords: original\ncommercial_interest: true\n---\n\n# Drips\n\n"
    "Our golden drip costs forty dollars each time.\n\nBuy our golden drip now!\n",
    **capsules("routes/"),
}
