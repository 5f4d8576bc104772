import html
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.display.markup import Layer, exact, layered, revealed, words

# What a page can contain: NUL and lone surrogates cannot be in it, CR only as a number.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
TAG = re.compile(r"</?(\w)>")


@given(texts)
def test_exact_is_ascii_or_raw_controls_and_reads_as_the_text(text: str) -> None:
    written = exact(text)
    assert re.fullmatch("(?:[A-Za-z0-9 \x80-\x9f]|&#[0-9]+;)*", written)
    # html.unescape drops characters that a browser only warns of
    numbers = re.sub("&#([0-9]+);", lambda match: chr(int(match[1])), written)
    assert numbers == text


def test_a_character_that_no_page_can_hold_is_shown_as_its_picture() -> None:
    assert exact("\0") == "&#9216;"
    assert words("<b>") == '<span class="exact" dir="auto">&#60;b&#62;</span>'


UNSEEN = re.compile('<span class="unseen" title="([^"]*)">([^<]*)</span>')
# The format characters that are visible: they are drawn around or under what follows.
SHAPED = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13439)}


def test_every_control_and_format_character_is_revealed_except_those_that_set_lines() -> None:
    every = [chr(code) for code in range(1, sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cf")]
    silent = {each for each in every if UNSEEN.search(revealed(each)) is None}
    assert {ord(each) for each in silent} == {*map(ord, "\t\n\r"), *SHAPED}


def test_no_letter_digit_or_sign_that_can_be_seen_is_marked() -> None:
    blank = {0x115F, 0x1160, 0x3164, 0xFFA0}  # blank Hangul letters
    seen = [code for code in range(1, sys.maxunicode + 1) if unicodedata.category(chr(code))[0] in "LNPS"]
    assert {code for code in seen if "unseen" in revealed(chr(code))} == blank


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a\u202eb", ["U+202E"]),
        ("a\u200b\u200b\u2060b", ["U+200B +2"]),
        ("pass\u200dword \u200c", ["U+200D", "U+200C"]),
        ("A\ufe0f\ufe01 B", ["U+FE0F +1"]),
        ("x\U000e0041", ["U+E0041"]),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", []),  # Persian, whose words need the non-joiner
        ("\U0001f469\u200d\U0001f52c \u2764\ufe0f 1\ufe0f\u20e3", []),  # emoji
        ("\u845b\U000e0100", []),  # a variant of an ideograph
        ("caf\u0065\u0301 \xa0 \r\n\t", []),
    ],
)
def test_a_character_that_hides_or_reverses_is_named_unless_a_script_needs_it(text: str, marked: list[str]) -> None:
    assert [match[1] for match in UNSEEN.finditer(revealed(text))] == marked


@given(texts)
def test_what_is_revealed_is_still_the_text(text: str) -> None:
    assert UNSEEN.sub(r"\2", revealed(text)) == exact(text)


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


def test_a_cut_layer_can_open_its_first_piece_differently() -> None:
    cut = Layer(2, 4, lambda place: "<x>" if place == 2 else "<y>", "</x>")
    assert layered("abcdef", [Layer(0, 3, "<o>", "</o>"), cut]) == "<o>ab<x>c</x></o><y>d</x>ef"
