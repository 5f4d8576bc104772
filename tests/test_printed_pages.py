from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import pytest
from builders_pdf import Print, build_pdf, column
from PIL import Image

from b12assistant.display import pdf_page, printed_pages
from b12assistant.display.printed_pages import PrintedPage, PrintedPages, boxes_on, pages_of
from b12assistant.errors import SourceError
from b12assistant.loaders.pdf import load
from b12assistant.types import Document, DocumentId, Range

PAGES = (
    column("Myelin wraps every nerve. It is made of", "fat. Numb feet are an inter-", "national sign. Twice said."),
    column("Twice said. Twice said. The end of it."),
)
DATA = build_pdf(*PAGES)


@pytest.fixture(scope="module")
def document() -> Document:
    extract = load(DATA)
    return Document(DocumentId("a.pdf"), "", "A", extract.text, page_starts=extract.page_starts)


@pytest.fixture(scope="module")
def pages() -> tuple[PrintedPage, ...]:
    made = PrintedPages()
    digest = hashlib.sha256(DATA).hexdigest()
    return tuple(made.page(DATA, digest, number) for number in (1, 2))


def test_a_page_that_cannot_be_shown_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def failing(_: bytes, number: int) -> PrintedPage:
        tried.append(number)
        raise SourceError("the page took too long")

    monkeypatch.setattr(printed_pages, "_rendered", failing)
    made = PrintedPages()
    for number in (1, 1, 2, 1):
        with pytest.raises(SourceError, match="too long"):
            made.page(DATA, "0" * 64, number)
    assert tried == [0, 1]


def range_of(document: Document, words: str) -> Range:
    start = document.text.index(words)
    return Range(start, start + len(words))


def ink(page: PrintedPage) -> Image.Image:
    return Image.open(io.BytesIO(page.png)).convert("L")


@pytest.mark.parametrize(
    ("words", "lines"),
    [("Myelin wraps every nerve.", 1), ("It is made of fat.", 2), ("Numb feet are an international sign.", 2)],
)
def test_a_quote_is_boxed_line_by_line_where_its_ink_is(
    words: str, lines: int, document: Document, pages: tuple[PrintedPage, ...]
) -> None:
    boxes = boxes_on(pages[0], document, [range_of(document, words)], 1)
    assert len(boxes) == lines
    picture = ink(pages[0])
    for box in boxes:
        inside = picture.crop((int(box.left), int(box.top), int(box.right) + 1, int(box.bottom) + 1))
        assert inside.getextrema()[0] < 100  # type: ignore[operator]


def test_no_part_of_the_words_is_outside_their_boxes(pages: tuple[PrintedPage, ...]) -> None:
    picture = ink(pages[1])
    for box in pages[1].box(pages[1].letters):
        picture.paste(255, (int(box.left) - 1, int(box.top) - 1, int(box.right) + 2, int(box.bottom) + 2))
    assert picture.getextrema()[0] > 200  # type: ignore[operator]


def test_words_that_occur_twice_on_a_page_are_not_boxed(document: Document, pages: tuple[PrintedPage, ...]) -> None:
    once, twice = range_of(document, "Twice said."), Range(len(document.text) - 35, len(document.text) - 20)
    assert boxes_on(pages[0], document, [once], 1)
    assert "wice" in document.slice(twice)
    assert not pages[1].box("Twice said.")
    assert not boxes_on(pages[1], document, [range_of(document, "The end of it."), Range(*_last(document))], 2)


def _last(document: Document) -> tuple[int, int]:
    start = document.text.rindex("Twice said.")
    return start, start + 11


def test_words_that_are_not_there_or_out_of_sight_are_not_boxed(pages: tuple[PrintedPage, ...]) -> None:
    page = pages[0]
    assert page.box("Zebra") == ()
    assert page.box(" . ") == ()
    assert page.box("Myelin")
    assert replace(page, width=10).box("Myelin") == ()


def test_a_quote_over_two_pages_is_boxed_on_each(document: Document, pages: tuple[PrintedPage, ...]) -> None:
    over = Range(document.text.index("national sign"), document.text.rindex("The end"))
    assert pages_of(document, [over]) == (1, 2)
    assert boxes_on(pages[0], document, [range_of(document, "Myelin wraps")], 1)
    assert pages_of(document, []) == ()
    assert pages_of(replace(document, page_starts=()), [over]) == ()


def test_a_file_that_is_not_a_pdf_or_lacks_the_page_says_so() -> None:
    made = PrintedPages()
    for data, number in ((b"%PDF-1.7 rubbish", 1), (b"", 1), (DATA, 9)):
        with pytest.raises(SourceError, match="cannot be shown"):
            made.page(data, hashlib.sha256(data).hexdigest(), number)


def test_a_page_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = PrintedPages()
    first = made.page(DATA, "x", 1)
    monkeypatch.setattr("b12assistant.display.printed_pages._rendered", None)
    assert made.page(DATA, "x", 1) is first


def test_a_page_of_any_size_is_a_picture_of_one_size() -> None:
    huge = build_pdf([Print("Myelin")]).replace(b"[0 0 612 792]", b"[0 0 9000 50]")
    head, picture = pdf_page.printed(huge, 0)
    assert max(Image.open(io.BytesIO(picture)).size) == pdf_page.LONGEST
    assert head["width"] == pdf_page.LONGEST
