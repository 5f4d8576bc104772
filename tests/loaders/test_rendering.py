"""With a browser, what its picture of a page shows is quoted, no more; without one, pages are read strictly."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from browser.running import find_browser, no_browser
from corpora import write
from fakes import FakeReader, fake_workspace
from unseen import pages, pdfs
from unseen.pdfs import BLEACH, PLAIN
from unseen.quoted import quotable

from b12assistant.errors import SourceError
from b12assistant.loaders import html, load, rendering
from b12assistant.loaders.isolation import IsolatedLoader
from b12assistant.loaders.passages import Prepared, Splitting
from b12assistant.loaders.rendering import Browser

# Chromium shows these: the clip is wide enough, is none, or the cover stands below the line.
SHOWN = (
    "clip-path:inset(0 900px",
    "clip-path:url(#none)",
    "mix-blend-mode:screen",
    "<div style='position:relative'>{}<p",
)
SHOWN_NOTES = ("<p style='color:white'>",)  # the inner paragraph ends the outer one
# What no picture settles, and what lies over both sentences.
UNDECIDED = ("<link", "<p>{}</p><p style='margin-top:-60px")
# The strict way does not know what these show.
UNCLEAR = (
    *(
        "opacity:calc(1)",
        "transform:matrix(1,0,0,1,0,0)",
        "clip-path:inset(0)",
        "color:oklch(.3 .1 200)",
        "zoom:calc(.9)",
    ),
    *("filter:brightness(.9)", "font-size:calc(20px - 2px)", "margin-left:calc(1px * 3)", "clip-path:circle(2000px)"),
    *("mask:linear-gradient(#000,#000)", "text-indent:calc(2em)"),
    "color:white;background:url(data:image/gif;base64,R0lGODlhAQABAIAAAAAAAAAAACwAAAAAAQABAAACAkQBADs=)",
)
# The strict way may know of these, and a picture shows something of each.
DISTORTED = (
    *("transform:scaleX(-1)", "-webkit-text-security:disc", "unicode-bidi:bidi-override;direction:rtl", "opacity:.04"),
    *("height:8px;overflow:hidden", "width:60px;white-space:nowrap;overflow:hidden", "clip-path:inset(0 0 60% 0)"),
    *("filter:contrast(.05)", "animation:a 9s 9s forwards}@keyframes a{to{opacity:0}", "font-size:calc(4px)"),
)


@pytest.fixture(scope="module")
def chromium() -> None:
    """Need a browser on this machine."""
    find_browser("") or no_browser()


def drawn(data: bytes, name: str = "a.html") -> str:
    extract = load(data, name, rendered=True)
    assert not any("without a browser" in warning for warning in extract.warnings)
    return quotable(extract)


@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("name", [name for name in pages.UNSEEN if not name.startswith(SHOWN)])
def test_what_a_picture_does_not_show_is_not_quoted(name: str) -> None:
    quoted = drawn(pages.UNSEEN[name])
    assert BLEACH not in quoted
    assert PLAIN in quoted or name.startswith(UNDECIDED) or name in pages.BOTH


@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("name", [name for name in pages.NOTES_UNSEEN if not name.startswith(SHOWN_NOTES)])
def test_what_raw_html_of_markdown_does_not_show_is_not_quoted(name: str) -> None:
    quoted = drawn(pages.NOTES_UNSEEN[name], "a.md")
    assert BLEACH not in quoted
    assert PLAIN in quoted


@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("style", UNCLEAR)
def test_what_only_a_picture_shows_is_quoted(style: str) -> None:
    page = f"<p>{PLAIN}</p>\n\n<p style='{style}'>{BLEACH}</p>".encode()
    assert BLEACH not in quotable(load(b"<!doctype html>" + page, "a.html"))
    for data, name in ((b"<!doctype html>" + page, "a.html"), (page, "a.md")):
        assert BLEACH in drawn(data, name)


@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("style", DISTORTED)
def test_letters_that_are_cut_turned_or_pale_are_not_quoted(style: str) -> None:
    quoted = drawn(pages.page(f"<p class=x>{BLEACH}</p>", f"<style>.x{{{style}}}</style>"))
    assert BLEACH not in quoted
    assert PLAIN in quoted


@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
def test_one_hidden_word_in_a_sentence() -> None:
    hidden = "<p>Take 1<span style='font-size:calc(0px)'>0</span> tablets.</p>"
    shown = "<p>Take 2<span style='font-size:calc(9px + 1px)'>0</span> tablets.</p>"
    quoted = drawn(pages.page(hidden + shown))
    assert "10" not in quoted
    assert "Take 20 tablets." in quoted


@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
def test_the_reader_process_draws_too_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as name:  # a browser's socket needs a short path, shorter than `tmp_path`
        folder = Path(name)
        monkeypatch.setenv("TMPDIR", name)
        with IsolatedLoader(root=folder) as loader:
            page, splitting = pages._styled("opacity:calc(1)"), Splitting(256, 100, rendered=True)
            assert loader.prepare(page, "a.html", splitting).extract.warnings == ()
            assert list(folder.iterdir())
        until = time.monotonic() + 60
        while list(folder.iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (None, "no browser"),
        ("exit 1", "the browser failed"),
        ("printf 'no JSON\\0' >&4", "the browser failed"),
        ("sleep 60", "the browser took more than"),
    ],
)
def test_a_page_is_read_strictly_if_its_browser_is_missing_hangs_or_crashes(
    script: str | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = tmp_path / "chromium"
    if script is not None:
        name.write_text(f"#!/bin/sh\n{script}\n")
        name.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(name))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    if "more than" in reason:
        monkeypatch.setattr(rendering, "_SECONDS", 0.5)
    browser = Browser()
    monkeypatch.setattr(html, "BROWSER", browser)
    page = pages._styled("opacity:calc(1)")
    extract = load(page, "a.html", rendered=True)
    assert extract.warnings[0].startswith(f"read without a browser: {reason}")
    assert extract.warnings[1:] == load(page, "a.html").warnings
    assert BLEACH not in quotable(extract)
    with pytest.raises(SourceError, match=reason):  # it is not tried again
        browser.seen("", (), ())
    assert not list(tmp_path.glob("tmp.*"))


@dataclass(frozen=True)
class NotingReader(FakeReader):
    """Notes which files are to be drawn."""

    drawn: list[str] = field(default_factory=list, compare=False)

    def prepare(self, data: bytes, name: str, splitting: Splitting) -> Prepared:
        self.drawn.extend([name] if splitting.rendered else [])
        return super().prepare(data, name, splitting)


def test_only_the_setting_has_pages_drawn_and_a_change_of_it_reads_them_again(tmp_path: Path) -> None:
    write(tmp_path / "corpus", {"nerves.html": pages.SEEN["padding:2em"], "walks.pdf": pdfs.SEEN["plain"].data()})
    drawn = []
    for flags in ({}, {"loading.render": "chromium"}, {"loading.render": "chromium"}):
        reader = NotingReader()
        fake_workspace(tmp_path / "corpus", tmp_path / "index", reader=reader, flags=flags).index()
        drawn.append(reader.drawn)
    assert drawn == [[], ["nerves.html"], []]
