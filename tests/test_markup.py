from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from b12assistant.markup import Layer, exact, layered, plain, words

# What every browser is given as it is: NUL and half pairs cannot stand in a page, CR only as a number.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
TAG = re.compile(r"</?(\w)>")


def read(markup: str) -> str:
    """The text a browser makes of it; Python reads U+0080 to U+009F as numbers otherwise, and they stand raw."""
    return html.unescape(TAG.sub("", markup))


@given(texts)
def test_exact_is_ascii_or_raw_controls_and_reads_as_the_text(text: str) -> None:
    written = exact(text)
    assert re.fullmatch("(?:[A-Za-z0-9 \x80-\x9f]|&#[0-9]+;)*", written)
    # html.unescape drops what a browser only complains of
    numbers = re.sub("&#([0-9]+);", lambda match: chr(int(match[1])), written)
    assert numbers == text


@given(texts)
def test_plain_reads_as_the_text(text: str) -> None:
    written = plain(text)
    assert not set(written) & set("<>\"'\r")
    assert html.unescape(written) == text


def test_what_no_page_can_hold_is_shown_as_a_picture_of_it() -> None:
    assert exact("\0") == "&#9216;"
    assert plain("\0\ud800") == "\u2400\ufffd"
    assert words("<b>") == '<span class="exact" dir="auto">&#60;b&#62;</span>'


@st.composite
def layered_texts(draw: st.DrawFn) -> tuple[str, list[Layer]]:
    text = draw(st.text("ab<& \n", min_size=1, max_size=30))
    ends = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=8))
    names = "abcdefgh"
    return text, [
        Layer(min(pair), max(pair), f"<{name}>", f"</{name}>") for name, pair in zip(names, pairs, strict=False)
    ]


@given(layered_texts())
def test_layers_always_nest_lose_no_text_and_cover_their_ranges(drawn: tuple[str, list[Layer]]) -> None:
    text, layers = drawn
    covered: dict[str, set[int]] = {layer.opening[1]: set() for layer in layers if isinstance(layer.opening, str)}
    stack: list[str] = []
    place = 0
    for piece in re.split(r"(</?\w>)", layered(text, layers)):
        tag = TAG.fullmatch(piece)
        if tag is None:
            read_as = html.unescape(piece)
            assert text.startswith(read_as, place)
            for name in stack:
                covered[name] |= set(range(place, place + len(read_as)))
            place += len(read_as)
        elif piece.startswith("</"):
            assert stack.pop() == tag[1]
        else:
            stack.append(tag[1])
    assert place == len(text)
    assert stack == []
    for layer in layers:
        assert covered[str(layer.opening)[1]] == set(range(layer.start, layer.end))


def test_only_the_first_piece_of_a_cut_layer_is_told_where_it_begins() -> None:
    cut = Layer(2, 4, lambda place: "<x>" if place == 2 else "<y>", "</x>")
    assert layered("abcdef", [Layer(0, 3, "<o>", "</o>"), cut]) == "<o>ab<x>c</x></o><y>d</x>ef"
