"""PDFs as programs write them: what pypdf reads is kept, sentences stay whole, raised digits raised."""

from __future__ import annotations

import io
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pypdf
import pytest
from builders_pdf import Print, build_pdf, column
from fpdf import FPDF
from pypdf.generic import ArrayObject, DictionaryObject, NameObject
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


def test_a_form_is_named_since_what_is_filled_in_is_not_read() -> None:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(build_pdf(column("Take drops daily.")))))
    field = writer._add_object(DictionaryObject({NameObject("/FT"): NameObject("/Tx")}))
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): ArrayObject([field])})
    out = io.BytesIO()
    writer.write(out)
    assert pdf.load(out.getvalue()).warnings == ("a form: what is filled in is not read; print it to a PDF",)


FULL = "A full line of the body of this small page, as long as they come"


HEAD, TAIL = "Children may dive only if the water of the basin is", "at least four metres deep. The gate is red."


WHOLE = f"{HEAD} at least four metres deep."


def test_a_table_between_the_parts_of_a_sentence_does_not_tear_it() -> None:
    rows = [("Loaf", "Wheat", "Milk"), ("Brioche", "yes", "yes"), ("Rye bread", "no", "no")]
    cells = [Print(cell, 72 + 120 * i, 100 - 16 * n) for n, row in enumerate(rows) for i, cell in enumerate(row)]
    data = build_pdf([*column(FULL, f"{FULL}.", "", HEAD), *cells], column(TAIL, FULL, f"{FULL}."))
    assert WHOLE in sentences_of(data, "a.pdf")
