"""PDFs as programs write them: what pypdf reads is kept, sentences stay whole, raised digits raised, fields filled."""

from __future__ import annotations

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pypdf
import pytest
from builders_pdf import Print, assemble, build_pdf, column
from fpdf import FPDF
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, TextStringObject
from unseen.pdfs import BLEACH, PLAIN, SEEN, Made
from unseen.quoted import sentences_of

from b12assistant.loaders import pdf
from b12assistant.loaders.decoding import CONTROLS

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "tests" / "fixtures" / "pdfs" / "browser.pdf"  # printed by Chromium, with its own head and foot
OF_BROWSER = (
    "Children may dive from the high board only if an attendant is there and the water of the basin under the board is "
    "at least four metres deep and nobody else is swimming below it at that time."
)
REAL = (BROWSER, *sorted((ROOT / "corpus").rglob("*.pdf")))  # the others are by fpdf2


def letters(text: str) -> Counter[str]:
    return Counter(letter for letter in unicodedata.normalize("NFKC", text) if letter.isalnum())


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", unicodedata.normalize("NFKC", text)))


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_every_letter_that_pypdf_reads_is_in_the_text_and_no_other(path: Path) -> None:
    extract = pdf.load(path.read_bytes())
    raw = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    assert letters(extract.text) == letters(raw)
    assert CONTROLS.findall(extract.text) == []
    assert sum((words(raw) - words(extract.text)).values()) <= 0.005 * sum(words(raw).values())


def test_a_page_that_a_browser_printed() -> None:
    quoted = sentences_of(BROWSER.read_bytes(), "a.pdf")
    for sentence in [
        "The ice rink has 1,800 m² of ice and opens at nine.",
        "Add 5 g of salt to 2 l of H₂O and stir.",
        "Guests pay 4 euros¹ for a day.",
        OF_BROWSER,
        "The gardener planted 30 trees.",
        "On holidays the pool stays closed all day.",
    ]:
        assert sentence in quoted
    assert not any(word in " ".join(quoted) for word in ("DRAFT", "about:blank", "11/25/26"))


@pytest.mark.parametrize("made", SEEN.values(), ids=SEEN)
def test_text_is_read_however_it_is_written(made: Made) -> None:
    assert sentences_of(made.data(), "a.pdf") == [PLAIN, BLEACH]


class Leaflet(FPDF):
    """A leaflet with a head and a foot on every page."""

    def header(self) -> None:
        self.set_font("Helvetica", size=9)
        self.cell(0, 8, "The Town Pool: rules for guests", new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=9)
        self.cell(0, 8, f"Page {self.page_no()}", align="C")


DIVING = (
    "Children may dive from the high board only if an attendant is there and the water of the basin under the board "
    "is at least four metres deep and nobody is swimming below."
)


def leaflet(lines: int) -> bytes:
    """A leaflet in which ``DIVING`` follows as many lines."""
    paper = Leaflet(format=(148, 210))
    paper.set_auto_page_break(auto=True, margin=20)
    paper.add_page()
    paper.set_font("Helvetica", size=12)
    for line in range(lines):
        paper.cell(
            0, 6, f"Lane {line} opens at {line} and it closes at {line + 1} every day.", new_x="LMARGIN", new_y="NEXT"
        )
    paper.ln(6)
    paper.multi_cell(0, 6, f"{DIVING} The gardener planted 30 trees.", align="L", new_x="LMARGIN", new_y="NEXT")
    return bytes(paper.output())


@pytest.mark.parametrize("lines", range(24, 29))
def test_a_sentence_over_a_page_end_is_one_quote(lines: int) -> None:
    data = leaflet(lines)
    quoted = sentences_of(data, "a.pdf")
    assert DIVING in quoted
    assert "The gardener planted 30 trees." in quoted
    assert not any("Town Pool" in sentence or sentence.startswith("Page ") for sentence in quoted)


Annotation = dict[str, object]


def form(text: str, *annotations: Annotation) -> bytes:
    """A page with a line of text, and fields."""
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(assemble([text.encode()]))))
    made = []
    for entries in annotations:
        field = DictionaryObject({NameObject("/Subtype"): NameObject("/Widget")})
        for key, value in entries.items():
            field[NameObject(key)] = _object(value)
        made.append(writer._add_object(field))
    writer.pages[0][NameObject("/Annots")] = ArrayObject(made)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _object(value: object) -> object:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ArrayObject([_object(each) for each in value])
    if isinstance(value, str):
        return NameObject(value) if value.startswith("/") else TextStringObject(value)
    return NumberObject(value) if isinstance(value, int) else FloatObject(value)


def at(left: float, right: float, bottom: float = 697, top: float = 712) -> tuple[float, ...]:
    return left, bottom, right, top


def line(*parts: tuple[float, str], y: int = 700) -> str:
    return " ".join(f"BT /F1 11 Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET" for x, text in parts)


ANN: Annotation = {"/FT": "/Tx", "/V": "Ann Smith"}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            form(line((72, "Take"), (160, "drops a day.")), {**ANN, "/V": "20", "/Rect": at(100, 155)}),
            "Take 20 drops a day.",
        ),
        (form(line((90, "I can swim.")), {"/FT": "/Btn", "/AS": "/Yes", "/Rect": at(72, 84)}), "☑ I can swim."),
        (form(line((72, "Name:")), {**ANN, "/F": 2, "/Rect": at(110, 250)}), "Name:"),
    ],
    ids=["in a sentence", "tick", "hidden"],
)
def test_the_value_of_a_field_is_where_a_reader_sees_it(data: bytes, text: str) -> None:
    assert pdf.load(data).text == text


def test_a_sentence_is_not_quoted_without_the_field_in_the_middle_of_it() -> None:
    sentence = line((72, "Swim daily."), y=740) + line((72, "Take .......... drops a day."))
    data = form(sentence, {**ANN, "/V": "20", "/Rect": at(100, 130)})
    assert sentences_of(data, "a.pdf") == ["Swim daily."]


FULL = "A full line of the body of this small page, as long as they come"


HEAD, TAIL = "Children may dive only if the water of the basin is", "at least four metres deep. The gate is red."


WHOLE = f"{HEAD} at least four metres deep."


def test_a_table_between_the_parts_of_a_sentence_does_not_tear_it() -> None:
    rows = [("Loaf", "Wheat", "Milk"), ("Brioche", "yes", "yes"), ("Rye bread", "no", "no")]
    cells = [Print(cell, 72 + 120 * i, 100 - 16 * n) for n, row in enumerate(rows) for i, cell in enumerate(row)]
    data = build_pdf([*column(FULL, f"{FULL}.", "", HEAD), *cells], column(TAIL, FULL, f"{FULL}."))
    assert WHOLE in sentences_of(data, "a.pdf")
