"""What is drawn is what is read: raised digits stay raised, and what has no text leaves no sentence to quote."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpora import report_of
from fakes import fake_workspace
from hypothesis import given, settings
from hypothesis import strategies as st
from unseen.drawn import DRAWN_HTML, RENDERERS, Part, groups, shown, with_drawn
from unseen.quoted import sentences_of as quotable

from b12assistant.loaders import load
from b12assistant.loaders.manuscript import shifted

_NUMBER = st.from_regex(r"[1-9][0-9]{0,2}", fullmatch=True)
_SHIFTED = st.tuples(st.sampled_from("^_"), _NUMBER | st.sampled_from(["1,2", "10,11", "a", "2a"]))
_FIGURE = st.tuples(_NUMBER, st.lists(_SHIFTED, max_size=1), st.sampled_from([" tablets ", "/", " or ", " a day, "]))


@st.composite
def sentences(draw: st.DrawFn) -> list[Part]:
    parts: list[Part] = [("", "Take ")]
    for number, shifts, after in draw(st.lists(_FIGURE, min_size=1, max_size=4)):
        parts += [("", number), *shifts, ("", after)]
    return [*parts, ("", "and no more.")]


@pytest.mark.parametrize("how", RENDERERS)
@settings(max_examples=40)
@given(parts=sentences())
def test_the_digits_of_a_quote_are_those_that_are_drawn(how: str, parts: list[Part]) -> None:
    name, render = RENDERERS[how]
    assert groups(" ".join(quotable(render(parts), name))) == shown(parts)


@pytest.mark.parametrize(
    ("text", "before", "raised", "written"),
    [("2", "5", True, "²"), ("12", "B", False, "₁₂"), ("1,2", "5", True, " ^(1,2)"), ("th", "4", True, "th")],
)
def test_shifted_text_is_written_on_the_line(text: str, before: str, raised: bool, written: str) -> None:
    assert shifted(text, before, raised=raised) == written


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("take 5<sup><a href=#a>1</a>,<a href=#b>2</a></sup> now", "take 5 ^(1,2) now"),
        ("10<sup>3<sup>2</sup></sup> of it", "10 ^(3^2) of it"),
        ("1<sup>1</sup>/<sub>2</sub> of it", "1¹/₂ of it"),
        ("5<sup><span hidden>9</span>2</sup> of it", "5² of it"),
    ],
)
def test_what_is_inside_a_raised_element_is_one_text(source: str, text: str) -> None:
    assert load(f"<body><p>{source}</p>".encode(), "a.html").text == text


@pytest.mark.parametrize("what", DRAWN_HTML)
def test_a_sentence_with_something_drawn_or_struck_out_is_never_quoted(what: str) -> None:
    assert quotable(with_drawn(what), "a.html") == ["Numb feet tingle.", "See a doctor."]


@pytest.mark.parametrize("source", ["Tablets are ![not](x.png) safe.", "Take ~~10~~ 5 tablets."])
def test_the_same_in_markdown(source: str) -> None:
    assert quotable(f"Numb feet tingle. {source}\n\nSee a doctor.\n".encode(), "a.md") == [
        "Numb feet tingle.",
        "See a doctor.",
    ]


@pytest.mark.parametrize("source", ["Take <img width=1 height=1>5 tablets.", "<span>Take</span> 5 tablets."])
def test_what_draws_nothing_in_a_sentence_costs_nothing(source: str) -> None:
    page = f"<body><p>{source}</p>"
    assert quotable(page.encode(), "a.html") == ["Take 5 tablets."]


def test_a_list_is_not_quoted_without_its_introduction() -> None:
    page = (
        b"<body><p>Numb feet tingle.</p><p>Do <img src=x> this:</p><ul><li>Eat fish.<li>Walk.</ul><p>See a doctor.</p>"
    )
    assert quotable(page, "a.html") == ["Numb feet tingle.", "See a doctor."]


def test_the_report_names_the_place_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    lines = (
        "<html><body>",
        "<p>Numb feet tingle, and so do cold hands in winter, however warm the gloves are.</p>",
        "<p>Tablets are <img src=x> safe.</p>",
        "<p>Take <s>1</s> 5.</p>",
    )
    (tmp_path / "corpus" / "a.html").write_text("\n".join(lines))
    report = fake_workspace(tmp_path / "corpus", tmp_path / "index").index()
    assert report_of(report, "a.html").reasons == (
        "not quoted, because something that has no text is drawn in it: Tablets are \ufffc safe.",
        "not quoted, because words in it are struck out: Take 1 5.",
    )


def test_a_note_after_a_full_stop_belongs_to_the_sentence_before_it() -> None:
    page = b"<body><p>It falls in adults.<sup>1</sup> Feet tingle.<sup>2,3</sup> See a doctor.</p>"
    assert quotable(page, "a.html") == ["It falls in adults.¹", "Feet tingle.^(2,3)", "See a doctor."]
