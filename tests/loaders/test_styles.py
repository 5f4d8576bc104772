"""What the styles of an HTML page hide: which rule wins, which ways of hiding count, and which media."""

from __future__ import annotations

import pytest

from b12assistant.loaders import html


def text(source: str) -> str:
    return html.load(source.encode()).text


@pytest.mark.parametrize(
    "hidden",
    [
        "<style>.x{display:none}</style><p class=x>no</p>",
        "<style>@media screen{.x{opacity:0}}</style><p class=x>no",
        "<p style='position:absolute;left:-9999px'>no",
        "<p style='color:#fff'>no",
        "<p style='color:white;background:white'>no",
        "<p style='opacity:0'>no",
        "<p style='clip-path:inset(50%)'>no",
        "<p style='text-indent:-9999px'>no",
        "<p style='height:0;overflow:hidden'>no",
        "<style>:root{--h:none} .x{display:var(--h)}</style><p class=x>no",
        "<style>.a{& .b{visibility:hidden}}</style><div class=a><p class=b>no</div>",
        "<style>#x{display:none!important}</style><p id=x style='display:block'>no",
        "<font color=white>no</font>",
        "<p style='font:0/0 a'>no",
        "<p style='font-size:1px'>no",
        "<p style='transform:scale(0)'>no",
        "<div style='background:#000'><p style='color:rgb(0 0 0)'>no</div>",
        "<p style='color:transparent'>no",
        "<p style='color:rgba(0,0,0,.01)'>no",
        "<style>.sr{position:absolute;width:1px;height:1px;overflow:hidden}</style><i class=sr>no</i>",
        "<p style='margin-left:-9999px'>no",
    ],
)
def test_what_styles_hide_is_left_out_and_counted(hidden: str) -> None:
    extract = html.load(f"<p>before</p>{hidden}</p><p style='color:#000;text-indent:0'>after".encode())
    assert (extract.text, extract.warnings) == ("before\n\nafter", ("2 letter(s) that the page hides left out",))


@pytest.mark.parametrize(
    "shown",
    [
        "<style>.x{display:none}</style><p class=y>yes",
        "<style>@media print{.x{display:none}}</style><p class=x>yes",
        "<style>@media (max-width:600px){.x{display:none}}</style><p class=x>yes",
        "<div style='background:#000'><p style='color:#fff'>yes</div>",
        "<p style='color:#fff;background:url(x.png)'>yes",
        "<div style='visibility:hidden'><p style='visibility:visible'>yes</div>",
        "<style>p{display:none} p.x{display:block}</style><p class=x>yes",
        "<p style='height:0'>yes",
        "<style>.x:hover{display:none}</style><p class=x>yes",
        "<p style='background:linear-gradient(red,blue);-webkit-background-clip:text;color:transparent'>yes",
        "<p style='text-indent:-2em;margin-left:-20px'>yes",
        "<style>.x::before{display:none}</style><p class=x>yes",
        "<style>p{font:700 14px/1.5 Arial}</style><p>yes",
        "<p style='opacity:.5;font-size:80%'>yes",
        "<style>p{display:none",
        "<style>@import 'x.css'; @font-face{src:url(a;b)} p{color:red}</style><p>yes",
    ],
)
def test_what_styles_do_not_hide_stays(shown: str) -> None:
    assert text(f"{shown}") == ("yes" if "yes" in shown else "")


def test_a_page_hidden_as_a_whole_has_no_text() -> None:
    assert text("<html style='display:none'><body><p>no") == ""


@pytest.mark.parametrize("style", ["font-size:0.9em", "font-size:10px", "display:block", "opacity:1"])
def test_what_only_looks_hidden_stays(style: str) -> None:
    assert text(f"<p style='{style}'>seen</p>") == "seen"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<style>.x{display:none} p{display:block}</style><p class=x>no", id="class-over-element"),
        pytest.param("<style>#x{display:none} .x{display:block}</style><p id=x class=x>no", id="id-over-class"),
        pytest.param("<style>p{display:block} p{display:none}</style><p>no", id="later-over-earlier"),
        pytest.param("<style>p{display:block}</style><p style='display:none'>no", id="element-over-sheet"),
        pytest.param("<style>p{display:none !important}</style><p style='display:block'>no", id="important"),
        pytest.param("<style>p,.y{display:none}</style><p>no", id="one-of-several-selectors"),
    ],
)
def test_the_rule_that_wins_in_a_browser_wins(page: str) -> None:
    assert text(page) == ""
    assert text(page.replace("none", "grid").replace("block", "none").replace("grid", "block")) == "no"


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        ("screen", True),
        ("all and (min-width: 40em)", True),
        ("print, screen", True),
        ("(max-width: 1280px)", True),
        ("only print", False),
        ("speech", False),
        ("(min-width: 2000px)", False),
        ("(prefers-color-scheme: dark)", False),
    ],
)
def test_a_rule_counts_if_a_wide_light_screen_uses_it(query: str, counts: bool) -> None:
    expected = "" if counts else "yes"
    assert text(f"<style>@media {query}{{p{{display:none}}}}</style><p>yes") == expected
    assert text(f"<style media='{query}'>p{{display:none}}</style><p>yes") == expected


def test_a_style_sheet_for_pages_without_scripts_does_not_count() -> None:
    assert text("<noscript><style>p{display:none}</style></noscript><p>yes") == "yes"


@pytest.mark.parametrize(
    ("rules", "counts"),
    [
        (".a{.b{display:none}}", True),
        (".b{.a &{display:none}}", True),
        ("@supports (display:grid){.b{display:none}}", True),
        ("@layer base{.b{display:none}}", True),
        (".b{.a{display:none}}", False),
        ("@keyframes gone{to{display:none}}", False),
        ("@font-face{.b{display:none}}", False),
    ],
)
def test_a_rule_inside_another_counts_where_both_hold(rules: str, counts: bool) -> None:
    assert text(f"<style>{rules}</style><div class=a><p class=b>yes</div>") == ("" if counts else "yes")


def test_a_brace_in_a_string_or_comment_does_not_end_a_rule() -> None:
    assert text("<style>.x{content:'}'; /* } */ display:none}</style><p class=x>no</p><p>yes") == "yes"


def test_a_variable_of_an_element_is_used() -> None:
    assert text("<p style='--h:none;display:var(--h)'>no") == ""


def test_a_variable_that_is_not_set_has_its_other_value() -> None:
    assert text("<p style='display:var(--h, none)'>no") == ""


def test_variables_that_name_each_other_end() -> None:
    assert text("<p style='--a:var(--b);--b:var(--a);display:var(--a)'>yes") == "yes"


@pytest.mark.parametrize(
    "colour",
    ["#fff", "#FFFFFF", "#ffffff80", "white", "rgb(255,255,255)", "rgb(100% 100% 100%)", "hsl(0,0%,100%)", "#fefefe"],
)
def test_white_is_white_in_every_notation(colour: str) -> None:
    assert text(f"<p style='color:{colour}'>no") == ""


@pytest.mark.parametrize(
    "colour", ["#000f", "#eee", "hsl(9 9% 9%)", "rgba(0,0,0,50%)", "oklch(1 0 0)", "#fffff", "rgb(1)"]
)
def test_a_colour_that_differs_from_its_ground_or_is_not_known_is_seen(colour: str) -> None:
    assert text(f"<p style='color:{colour}'>yes") == "yes"


@pytest.mark.parametrize("colour", ["#0000", "rgb(0 0 0 / 0)", "rgba(9,9,9,1%)", "hsla(0,0%,0%,0)", "transparent"])
def test_letters_without_opacity_are_not_seen(colour: str) -> None:
    assert text(f"<p style='color:{colour}'>no") == ""


@pytest.mark.parametrize("ground", ["transparent", "inherit", "none", "rgba(0,0,0,.01)"])
def test_behind_a_clear_ground_is_that_of_the_page(ground: str) -> None:
    assert text(f"<p style='background-color:{ground};color:white'>no") == ""


def test_a_half_clear_ground_is_mixed_with_what_is_behind_it() -> None:
    assert text("<p style='background:rgba(255,255,255,.5);color:white'>no") == ""
    assert text("<p style='background:rgba(0,0,0,.5);color:white'>yes") == "yes"


def test_the_colours_of_old_attributes_are_read() -> None:
    assert text("<table bgcolor=black><tr><td><font color='#000000'>no</font></table><p>yes") == "yes"


@pytest.mark.parametrize(
    "style",
    [
        "position:fixed;inset:0 0 0 -900px",
        "position:absolute;inset:-900px 0 0",
        "margin:0 0 0 -900px",
        "margin:0 -900px 0",
        "position:absolute;left:99999px",
        "translate:-900px",
        "transform:translateX(-100em)",
        "scale:0",
        "position:absolute;clip:rect(0 0 0 0)",
        "position:absolute;clip:rect(1px,1px,1px,1px)",
        "clip-path:circle(0)",
        "clip-path:polygon(0 0, 0 0, 0 0)",
        "content-visibility:hidden",
        "filter:opacity(0%)",
        "max-height:0;overflow-y:auto",
        "font-size:.05em",
        "font-size:1%",
        "font:1px/2 serif",
    ],
)
def test_each_way_to_put_words_out_of_sight_is_known(style: str) -> None:
    assert text(f"<p style='{style}'>no</p><p>yes") == "yes"


@pytest.mark.parametrize(
    "style",
    [
        "left:-900px",
        "margin:0 -900px 0 0",
        "translate:-50%",
        "transform:scale(.9) translate(10px, 20px)",
        "clip:rect(0 0 0 0)",
        "clip-path:circle(50%)",
        "clip-path:inset(10%)",
        "clip-path:polygon(0 0, 1px 0, 1px 1px)",
        "filter:blur(0)",
        "max-height:0",
        "height:auto;overflow:hidden",
        "font-size:calc(1px * 0)",
    ],
)
def test_what_a_browser_still_shows_stays(style: str) -> None:
    assert text(f"<p style='{style}'>yes") == "yes"
