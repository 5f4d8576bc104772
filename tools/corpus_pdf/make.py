"""Make corpus/guides/recovery.pdf from recovery.txt. The same text and the same fpdf2 give the same bytes.

usage: python tools/corpus_pdf/make.py [OUTPUT]      (needs fpdf2: pip install fpdf2==2.8.9)

A line of the text that starts with "# " is the title, with "## " a heading, with "- " a list item; any other line is a
paragraph.
Only characters of Latin-1 can be used, because the core fonts of PDF hold no others.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF

HERE = Path(__file__).resolve().parent
TEXT = HERE / "recovery.txt"
OUTPUT = HERE.parent.parent / "corpus" / "guides" / "recovery.pdf"
CREATED = datetime(2026, 11, 20, tzinfo=UTC)
FOOTER = "Project summary; not clinically reviewed - page {page}"


class Guide(FPDF):
    """An A4 document with a page number under every page."""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=9)
        self.cell(0, 8, FOOTER.format(page=self.page_no()), align="C")


def write_block(pdf: FPDF, text: str, *, size: int, style: str = "", before: float = 0, indent: float = 0) -> None:
    """One paragraph, heading or list item, left-aligned and never justified, so that its spaces survive extraction."""
    pdf.ln(before)
    pdf.set_font("Helvetica", style, size)
    pdf.set_x(pdf.l_margin + indent)
    pdf.multi_cell(0, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")


def make(source: str) -> FPDF:
    pdf = Guide(format="A4")
    pdf.set_creation_date(CREATED)
    pdf.set_margins(25, 22, 25)
    pdf.set_auto_page_break(auto=True, margin=25)
    pdf.set_lang("en-GB")
    pdf.add_page()
    for line in source.splitlines():
        if line.startswith("# "):
            pdf.set_title(line[2:])
            write_block(pdf, line[2:], size=16, style="B")
        elif line.startswith("## "):
            if pdf.will_page_break(30):
                pdf.add_page()
            write_block(pdf, line[3:], size=13, style="B", before=5)
        elif line.startswith("- "):
            write_block(pdf, line, size=11, before=1.5, indent=5)
        elif line:
            write_block(pdf, line, size=11, before=2.5)
    return pdf


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    output.write_bytes(bytes(make(TEXT.read_text("utf-8")).output()))


if __name__ == "__main__":
    main()
