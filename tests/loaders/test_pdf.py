"""PDFs as programs write them: what pypdf reads is kept, sentences stay whole, raised digits raised."""

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
from unseen.quoted import sentences_of

from b12assistant.loaders import pdf
from b12assistant.loaders.decoding import CONTROLS
from b12assistant.types import BlockKind, Extract, Role

FULL = "A full line of the body of this small page, as long as they come"


def shown(extract: Extract, kind: BlockKind) -> list[str]:
    return [extract.text[b.range.start : b.range.end] for b in extract.blocks if b.kind is kind]


def text(*pages: list[Print]) -> str:
    return pdf.load(build_pdf(*pages)).text


def furniture(extract: Extract) -> list[tuple[Role, str]]:
    return [(r.role, extract.text[r.range.start : r.range.end]) for r in extract.regions]


def test_line_ends_become_blanks() -> None:
    assert text(column("The first line of it", "and the second one.")) == "The first line of it and the second one."


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(column(f"{FULL}.", FULL, f"{FULL}.", "", "Another one begins here,", FULL), id="blank-line"),
        pytest.param(
            [*column(FULL, f"{FULL}."), *column("Another one begins here,", top=672, x=90), *column(FULL, top=658)],
            id="indent",
        ),
    ],
)
def test_paragraphs_end_where_it_is_clear(lines: list[Print]) -> None:
    first, second = shown(pdf.load(build_pdf(lines)), BlockKind.PARAGRAPH)
    assert first.endswith(".")
    assert second.startswith("Another one")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(("of inter-", "national rank"), "of international rank", id="dictionary"),
        pytest.param(("a self-", "reported and self-reported"), "self-reported and self-", id="hyphenated-elsewhere"),
        pytest.param(("a dose-", "dependent effect"), "dose-dependent effect", id="unknown-word"),
        pytest.param(("the B12-", "related signs"), "B12-related signs", id="number"),
    ],
)
def test_hyphens_at_line_ends(lines: tuple[str, str], expected: str) -> None:
    assert expected in text(column(*lines))


def test_list_items_begin_with_their_bullets() -> None:
    extract = pdf.load(build_pdf(column("Signs are these:", "\u2022 numb toes that", "stay numb", "\u2022 cold feet")))
    assert shown(extract, BlockKind.LIST_ITEM) == ["\u2022 numb toes that stay numb", "\u2022 cold feet"]
    assert extract.text.endswith("numb\n\u2022 cold feet")


def test_size_and_weight_make_headings() -> None:
    page = [
        Print("Numb Feet and", y=740, size=20, font="F2"),
        Print("What Helps", y=718, size=20, font="F2"),
        Print("What it is", y=690, size=14),
        *column(FULL, f"{FULL}.", top=670),
        Print("Who gets it", y=630, font="F2"),
        *column(FULL, f"{FULL}.", top=614),
    ]
    extract = pdf.load(build_pdf(page))
    names = [(s.level, extract.text[s.heading.start : s.heading.end]) for s in extract.sections]
    assert names == [(1, "Numb Feet and What Helps"), (2, "What it is"), (3, "Who gets it")]
    assert extract.title == "Numb Feet and What Helps"


def test_lines_of_cells_are_rows_of_a_table() -> None:
    rows = [("Loaf", "Wheat", "Milk"), ("Brioche", "yes", "yes"), ("Rye bread", "no", "no")]
    cells = [Print(cell, 72 + 120 * i, 600 - 16 * n) for n, row in enumerate(rows) for i, cell in enumerate(row)]
    extract = pdf.load(build_pdf([*column(FULL, f"{FULL}.", top=660), *cells]))
    assert shown(extract, BlockKind.TABLE_ROW) == [" | ".join(row) for row in rows]
    assert extract.sections == ()


@pytest.mark.parametrize(
    ("title", "expected"), [("Cold Feet", "Cold Feet"), ("feet_v3.docx", None), ("Microsoft Word - feet", None)]
)
def test_a_file_name_does_not_count_as_a_title(title: str, expected: str | None) -> None:
    assert pdf.load(build_pdf(column(FULL, FULL), title=title)).title == expected


def test_a_paragraph_runs_over_the_page_end() -> None:
    extract = pdf.load(build_pdf(column(FULL, FULL), column("goes on here with", "a few words.")))
    assert extract.text == f"{FULL} {FULL} goes on here with a few words."
    assert extract.page_starts == (0, extract.text.index("goes"))
    assert len(extract.blocks) == 1


def test_each_page_begins_with_its_first_character() -> None:
    extract = pdf.load(build_pdf(column("One."), column(""), column("Three."), column("")))
    assert extract.page_starts == (0, extract.text.index("T"), extract.text.index("T"), len(extract.text))
    assert extract.warnings == ("pages 2, 4 without text (scanned?)",)


def page_with_edges(number: int, *body: str) -> list[Print]:
    return [Print("The Journal of Feet", y=760), *column(*body), Print(f"Page {number} of 3", y=40)]


BODIES = (("Every foot", "has two sides"), ("and ten toes", "at the most"), ("which tingle", "now and then."))


def test_running_lines_are_marked_and_are_blocks_of_their_own() -> None:
    extract = pdf.load(build_pdf(*[page_with_edges(n, *body) for n, body in enumerate(BODIES, 1)]))
    assert furniture(extract) == [
        told for n in (1, 2, 3) for told in ((Role.HEADER, "The Journal of Feet"), (Role.FOOTER, f"Page {n} of 3"))
    ]
    assert {r.range for r in extract.regions} <= {b.range for b in extract.blocks}
    assert len(extract.blocks) == 7


@pytest.mark.parametrize("number", ["- 7 -", "xii"])
def test_a_page_number_needs_no_second_page(number: str) -> None:
    extract = pdf.load(build_pdf([*column(FULL, FULL, FULL), Print(number, y=40)]))
    assert furniture(extract) == [(Role.FOOTER, number)]


SOUND = build_pdf(column("Sound."))


def test_a_remark_is_the_same_each_time() -> None:
    """The parser's message also has memory addresses; a generation must depend on the corpus alone."""
    (*_, remark) = pdf.load(SOUND.replace(b"/Root 1 0 R", b"")).warnings
    assert remark == "damage worked around: Root found at object 1"


def test_runs_on_one_base_line_are_one_line() -> None:
    """Some programs write each word, and each change of font, as a text object of its own."""
    words = [("The ", 72, "F1"), ("parallel", 94, "F2"), (".", 137, "F1"), ("It", 146, "F1"), ("starts", 157, "F2")]
    stream = " ".join(
        f"q BT 1 0 0 1 {x} 700 Tm /{font} 11 Tf ({word}) Tj ET Q BT 1 0 0 1 0 0 Tm ET" for word, x, font in words
    )
    extract = pdf.load(assemble([f"{stream} q BT 1 0 0 1 72 686 Tm /F1 11 Tf (all jobs.) Tj ET Q".encode()]))
    assert shown(extract, BlockKind.PARAGRAPH) == ["The parallel. It starts all jobs."]
    assert extract.sections == ()


def test_a_bold_numbered_list_stays_a_list() -> None:
    bold = [Print(f"{n}. Take the loaf", y=700 - 14 * n, font="F2") for n in (1, 2, 3)]
    extract = pdf.load(build_pdf([*column(FULL, f"{FULL}.", top=714), *bold, *column(FULL, f"{FULL}.", top=630)]))
    assert len(shown(extract, BlockKind.LIST_ITEM)) == 3


def test_a_page_with_too_much_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MOST_TEXT", 10)
    extract = pdf.load(build_pdf(column("Twelve chars and more")))
    assert (extract.text, extract.warnings) == ("Twelve cha", ("page 1 cut after 10 characters",))


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
    return "".join(f"BT /F1 11 Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET " for x, text in parts)


ABOVE = line((72, "Swim daily."), y=740)
TWENTY: Annotation = {"/FT": "/Tx", "/V": "20"}
TICK: Annotation = {"/FT": "/Btn", "/AS": "/Yes"}


@pytest.mark.parametrize(
    ("beside", "field", "text"),
    [
        (line((72, "Take"), (160, "drops a day.")), {**TWENTY, "/Rect": at(100, 155)}, "Take \ufffc drops a day."),
        (line((90, "I can swim.")), {**TICK, "/Rect": at(72, 84)}, "\ufffc I can swim."),
        (line((72, "Name:")), {**TWENTY, "/Rect": at(110, 250)}, "Name: \ufffc"),
        (
            line((72, "Take .......... drops a day.")),
            {**TWENTY, "/Rect": at(100, 130)},
            "Take\ufffc .......... drops a day.",
        ),
    ],
    ids=["in a sentence", "tick", "at the end", "over the dots of a sentence"],
)
def test_a_sentence_with_a_field_in_it_is_not_quoted(beside: str, field: Annotation, text: str) -> None:
    data = form(ABOVE + beside, field)
    extract = pdf.load(data)
    assert " ".join(extract.text.split()) == f"Swim daily. {text}"
    unread = "neither their values nor the sentences beside them are quoted; print it to a PDF"
    assert extract.warnings == (f"1 field(s) of a form: {unread}",)
    assert sentences_of(data, "a.pdf") == ["Swim daily."]


def test_a_damaged_field_costs_nothing() -> None:
    damaged = form(ABOVE, {"/Rect": at(72, 90, 735, 750)[:3]}, {**TWENTY, "/Rect": ["a", "b", "c", "d"]})
    assert pdf.load(damaged).warnings == ()
    assert sentences_of(damaged, "a.pdf") == ["Swim daily."]


@pytest.mark.parametrize(
    "field",
    [{**TWENTY, "/F": 2}, {"/FT": "/Btn", "/Ff": 1 << 16}, {"/FT": "/Sig"}],
    ids=["hidden", "a button to push", "a signature"],
)
def test_a_field_that_shows_no_value_does_not_silence_its_line(field: Annotation) -> None:
    data = form(ABOVE + line((72, "Walk daily too.")), {**field, "/Rect": at(160, 250)})
    assert pdf.load(data).warnings == ()
    assert sentences_of(data, "a.pdf") == ["Swim daily.", "Walk daily too."]


LEFT = line((72, "Left one is here."), y=740) + line((72, "Name:"))
RIGHT = line((320, "Right one is here."), y=740) + line((320, "Right two is here."))


@pytest.mark.parametrize(
    ("text", "box", "quoted"),
    [
        (ABOVE + line((72, "Walk daily too.")), at(0, 612, 0, 792), ["Swim daily.", "Walk daily too."]),
        (ABOVE + line((72, "Walk daily too.")), at(150, 250, 660, 760), ["Swim daily.", "Walk daily too."]),
        (ABOVE + line((72, "Walk daily too.")), at(400, 450), ["Swim daily.", "Walk daily too."]),
        (LEFT + RIGHT, at(110, 290), ["Left one is here.", "Right two is here."]),
    ],
    ids=["over the whole page", "beside several lines", "far away", "in another column"],
)
def test_a_field_is_only_in_the_line_that_is_next_to_it(text: str, box: tuple[float, ...], quoted: list[str]) -> None:
    assert sentences_of(form(text, {**TWENTY, "/Rect": box}), "a.pdf") == quoted


@pytest.mark.parametrize("listed", [b"99 0 R", b"null", b"7"])
def test_a_damaged_list_of_fields_costs_nothing(listed: bytes) -> None:
    sound = form(ABOVE, TWENTY)
    (old,) = re.findall(rb"/Annots \[.*?\]", sound, re.S)
    data = sound.replace(old, (b"/Annots " + listed).ljust(len(old)))
    assert pdf.load(data).text == "Swim daily."


def test_a_form_whose_own_pages_are_not_read_is_named() -> None:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(form(ABOVE))))
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/XFA"): ArrayObject()})
    out = io.BytesIO()
    writer.write(out)
    extract = pdf.load(out.getvalue())
    assert extract.text == "Swim daily."
    assert extract.warnings == ("an XFA form: only the page that stands in for it is read; print it to a PDF",)


HEAD, TAIL = "Children may dive only if the water of the basin is", "at least four metres deep. The gate is red."


WHOLE = f"{HEAD} at least four metres deep."


def test_a_table_between_the_parts_of_a_sentence_does_not_tear_it() -> None:
    rows = [("Loaf", "Wheat", "Milk"), ("Brioche", "yes", "yes"), ("Rye bread", "no", "no")]
    cells = [Print(cell, 72 + 120 * i, 100 - 16 * n) for n, row in enumerate(rows) for i, cell in enumerate(row)]
    data = build_pdf([*column(FULL, f"{FULL}.", "", HEAD), *cells], column(TAIL, FULL, f"{FULL}."))
    assert WHOLE in sentences_of(data, "a.pdf")
