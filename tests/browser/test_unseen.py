"""Invisible characters and those that reverse text are shown by their codes and affect nothing around them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page
from serving import small_space

from b12assistant.display.markup import words
from browser.conftest import Visit
from browser.running import running
from browser.traps import TrapWorkspace

pytestmark = pytest.mark.slow

# Each tries to reverse the text that follows it.
TURNING = (
    "\u2069\u202eabc",
    "\u202c\u202c\u2069\u2069\u2067abc",
    "\u202eabc",
    "\u2028\u202eabc",
    "\u05d0\u2069\u202babc",
)
# The left edges of the two words after a title.
PLACES = """title => { const body = document.body;
    body.innerHTML = `<p>${title} <span id="one">one</span> <span id="two">two</span></p>`;
    return ['one', 'two'].map(id => document.getElementById(id).getBoundingClientRect().left); }"""


@pytest.fixture
def view(visit: Visit, site: str) -> Page:
    """A page with the style sheets of a document; the tests replace its body."""
    return visit(site, "/d/nerves.md").page


def test_a_title_reverses_nothing_around_it(view: Page) -> None:
    for title in TURNING:
        one, two = view.evaluate(PLACES, words(title))
        assert one < two, ascii(title)
    one, two = view.evaluate(PLACES, f'<span class="exact">{TURNING[0]}</span>')
    assert one > two, "without the boxes it would"


def test_a_code_is_drawn_and_neither_read_nor_copied(view: Page) -> None:
    text = "not a\u200b\u200b sel\u00adler \u202eof this\u2069"
    view.evaluate("html => { document.body.innerHTML = html; }", f"<p id=p>{words(text)}</p>")
    told = view.evaluate(
        """() => { getSelection().selectAllChildren(document.getElementById('p'));
        const box = document.querySelector('.unseen');
        return [document.getElementById('p').textContent, getSelection().toString(),
                getComputedStyle(box, '::before').content, box.getBoundingClientRect().width > 5]; }"""
    )
    assert told == [text, text, '"U+200B +1"', True]


def test_a_seller_cannot_reverse_its_own_badge(visit: Visit, tmp_path: Path) -> None:
    texts = [f"{turning} a title long enough" for turning in TURNING]
    with running(TrapWorkspace(small_space(tmp_path).configuration, texts_shown=texts, at_once=9)) as address:
        reader = visit(address)
        turn = reader.ask("who sells?")
        turn.locator("details.row").evaluate_all("all => all.forEach(row => { row.open = true; })")
        for place in turn.locator("figure .who").all():
            boxes = place.locator("> *").evaluate_all(
                "all => all.map(each => each.getClientRects()[0]).map(box => [(box.top + box.bottom) / 2, box.left])"
            )
            assert all(
                left < after or below > middle + 8  # on the same line, or on the next one
                for (middle, left), (below, after) in pairwise(boxes)
            )
            assert len(boxes) >= 3
        reader.sound()
