"""Make the PDFs of the corpus from the texts beside this script. The same texts and the same fpdf2 give the same bytes.

    python tools/corpus_pdf/make.py

A line of a text that starts with "# " is the title, with "## " a heading, with "- " a list item, with "| " a row of a
table, the first of them its head; any other line is a paragraph. A row reads as a sentence from cell to cell, since a
PDF keeps no cells. Only characters of Latin-1 can be used, because the core fonts of PDF hold no others.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import cast

from fpdf import FPDF

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent.parent / "corpus"
CREATED = datetime(2026, 11, 21, tzinfo=UTC)
A4, A5 = (210.0, 297.0), (148.0, 210.0)  # millimetres
BODY, LARGE, TITLE, SMALL = 11, 13, 16, 9  # points
LEAD = 0.5  # millimetres of line height for each point
ROW = 16  # millimetres that a row of a table takes at most
MOST_KEPT = 4  # lines of a paragraph that is never divided between pages; a longer one runs on
FOOTER = "Project summary; not clinically reviewed - page {page}"


@dataclass(frozen=True, slots=True)
class Print:
    """The PDF made from the text of its name (in the corpus). ``header``, ``footer``: lines of every page."""

    pdf: str
    size: tuple[float, float]
    header: str = ""
    footer: str = FOOTER


PRINTS = (
    Print("guides/recovery.pdf", A4, footer=""),
    Print("glossary.pdf", A5, "Words about vitamin B12"),
    Print("how-to-read-these-sources.pdf", A5, "b12assistant: the sources", "Not clinically reviewed - page {page}"),
)


class Paper(FPDF):
    """A document with a running header, if it has one, and a page number under every page."""

    def __init__(self, how: Print) -> None:
        super().__init__(format=how.size)
        self._how = how
        self.set_compression(False)  # zlib's output is not the same on every machine
        self.set_creation_date(CREATED)
        self.set_margins(how.size[0] * 0.12, 18, how.size[0] * 0.12)
        self.set_auto_page_break(auto=True, margin=24)
        self.set_lang("en-GB")
        self.add_page()

    def header(self) -> None:
        if self._how.header:
            self.set_font("Helvetica", size=SMALL)
            self.cell(0, 6, self._how.header, align="R", new_x="LMARGIN", new_y="NEXT")
            self.ln(5)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=SMALL)
        self.cell(0, 8, self._how.footer.format(page=self.page_no()), align="C")

    def block(self, text: str, *, size: int = BODY, bold: bool = False, before: float = 2.5, indent: float = 0) -> None:
        """Add a paragraph, heading or list item, left-aligned and never justified, so that its spaces survive."""
        self.set_font("Helvetica", "B" if bold else "", size)
        height, width = size * LEAD, self.epw - indent
        lines = cast("list[str]", self.multi_cell(width, height, text, align="L", dry_run=True, output="LINES"))
        below = 25 if bold else 0  # a heading keeps what follows: at most MOST_KEPT lines
        if len(lines) <= MOST_KEPT and self.will_page_break(before + height * len(lines) + below):
            self.add_page()
        else:
            self.ln(before)
        self.set_x(self.l_margin + indent)
        self.multi_cell(width, height, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def rows(self, lines: list[str]) -> None:
        self.set_font("Helvetica", size=BODY)
        if self.will_page_break(ROW * len(lines)):
            self.add_page()
        self.ln(4)
        with self.table(col_widths=(40, 60), line_height=BODY * LEAD, padding=2, text_align="LEFT") as table:
            for line in lines:
                row = table.row()
                for cell in line.strip("| ").split(" | "):
                    row.cell(cell)
        self.ln(3)


def typeset(source: str, how: Print) -> bytes:
    """Return the PDF of a text, laid out as ``how`` says."""
    paper = Paper(how)
    for is_table, lines in groupby(filter(None, source.splitlines()), key=lambda line: line.startswith("| ")):
        if is_table:
            paper.rows(list(lines))
            continue
        for line in lines:
            if line.startswith("# "):
                paper.set_title(line[2:])
                paper.block(line[2:], size=TITLE, bold=True, before=0)
            elif line.startswith("## "):
                paper.block(line[3:], size=LARGE, bold=True, before=5)
            elif line.startswith("- "):
                paper.block(line, before=1.5, indent=5)
            else:
                paper.block(line)
    return bytes(paper.output())


def main(into: Path = CORPUS) -> None:
    for how in PRINTS:
        (into / how.pdf).parent.mkdir(parents=True, exist_ok=True)
        text = (HERE / how.pdf).name.replace(".pdf", ".txt")
        (into / how.pdf).write_bytes(typeset((HERE / text).read_text("utf-8"), how))


if __name__ == "__main__":
    main()
