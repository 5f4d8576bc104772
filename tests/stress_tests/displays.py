"""Strings of every script, and payloads, shown in a real browser: the page has exactly the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from browser.reading import Reader
from browser.running import ARGUMENTS, find_browser, no_browser, running
from browser.traps import TrapWorkspace, random_strings, shown
from payloads import PAYLOADS
from playwright.sync_api import sync_playwright
from serving import small_space

from b12assistant.display import addresses
from stress_tests.runner import Tries

_MOST_TURNS = 20  # of a conversation

Visit = Callable[[str], Reader]


def strings_shown(count: int, folder: Path) -> Tries:
    """``count`` random strings as quotes, the same number in each turn of one conversation."""
    texts = random_strings(count, seed=9)
    traps = _traps(folder, texts, -(-count // _MOST_TURNS))
    with running(traps) as address, _browser(address) as visit:
        reader = visit("/")
        for turn in range(-(-count // traps.at_once)):
            told = reader.ask(f"Question {turn}?").locator("blockquote").all_text_contents()
            quotes = traps.ask("", [""] * turn).answer.quotes
            wanted = [shown("".join(span.text for span in quote.spans)) for quote in quotes]
            if len(told) != len(wanted):
                yield f"{len(told)} quotes shown of {len(wanted)}"
            yield from (
                None if one == other else f"shown {one!a}, not {other!a}"
                for one, other in zip(told, wanted, strict=False)
            )
        yield _unsound(reader)


def payloads_shown(count: int, folder: Path) -> Tries:
    """The first ``count`` payloads, each as the name, title, text and facts of a document."""
    traps = _traps(folder, PAYLOADS[:count], count)
    with running(traps) as address, _browser(address) as visit:
        for quote in traps.ask("").answer.quotes:
            reader = visit(addresses.of_quote(quote))
            page, text = reader.page, shown(quote.document.text)
            fits = page.locator("#doc").text_content() == page.locator("h1").text_content() == text
            foreign = page.locator("form, input, img, iframe, object, base, video, style, svg, [style]").count()
            yield _unsound(reader) if fits and not foreign else f"{quote.document.text!a} came to something else"
            page.close()


def _unsound(reader: Reader) -> str | None:
    try:
        reader.sound()
    except AssertionError as error:
        return str(error)
    return None


def _traps(folder: Path, texts: Sequence[str], at_once: int) -> TrapWorkspace:
    return TrapWorkspace(small_space(folder).configuration, texts_shown=texts, at_once=at_once)


@contextmanager
def _browser(address: str) -> Iterator[Visit]:
    with sync_playwright() as playwright:
        found = find_browser(playwright.chromium.executable_path) or no_browser()
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        context = browser.new_context(reduced_motion="reduce")
        yield lambda path: Reader.of(context, address, path)
        browser.close()
