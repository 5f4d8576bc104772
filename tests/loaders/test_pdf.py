import pytest
from builders_pdf import Print, assemble, build_pdf, column

from b12assistant.loaders import pdf
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
