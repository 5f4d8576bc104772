"""Invisible characters and those that reverse text are shown by their codes and affect nothing around them."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page
from serving import small_space

from b12assistant.display.markup import revealed, words
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


def test_the_script_and_the_server_mark_the_same(visit: Visit, site: str) -> None:
    page = visit(site).page
    marked = page.evaluate(
        """last => { const found = [];
        for (let code = 1; code <= last; code += code === 0xD7FF ? 0x801 : 1)
            if (b12.revealed(`a${String.fromCodePoint(code)}\u4e00`).length > 1) found.push(code);
        return found; }""",
        sys.maxunicode,
    )
    alone = [code for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    blocks = [alone[at : at + 256] for at in range(0, len(alone), 256)]
    some = [block for block in blocks if "unseen" in revealed("".join(f"a{chr(code)}\u4e00" for code in block))]
    assert marked == [code for block in some for code in block if "unseen" in revealed(f"a{chr(code)}\u4e00")]
    between = [
        "\u0645\u200c\u062e",
        "\U0001f469\u200d\U0001f52c",
        "1\ufe0f\u20e3",
        "\u2764\ufe0f\ufe0e",
        "\u200d",
        "a\u202e\u2069b",
    ]
    told = page.evaluate(
        "all => all.map(text => { const p = document.createElement('p'); "
        "p.append(...b12.revealed(text)); return p.innerHTML; })",
        between,
    )
    assert told == [revealed(text) for text in between]


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
