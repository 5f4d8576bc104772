"""Rows 1 to 23: PDFs that are damaged, locked, endless or merely odd."""

import random
import zlib
from collections.abc import Iterator

from builders_pdf import Print, assemble, build_pdf, column, encrypt, file_of

from bad_inputs.bad_input import INDEXED, LEFT_OUT, READ, WARNINGS, BadInput

SOUND = build_pdf(column("Numb feet can be a sign.", "They should be looked at soon."))
TEXT = b"BT /F1 11 Tf 72 700 Td (Numb feet can be a sign.) Tj ET"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>"


def stream(data: bytes, more: bytes = b"", *, length: bytes | None = None) -> bytes:
    """A stream object; ``more``: further entries of its dictionary."""
    return b"<< /Length %s %s >>\nstream\n%s\nendstream" % (length or b"%d" % len(data), more, data)


def bomb(piece: bytes, megabytes: int, *, times: int = 1) -> bytes:
    """A stream object that unpacks to ``piece`` over and over."""
    pieces, packer = piece * (1_000_000 // len(piece)), zlib.compressobj(9)
    data = b"".join(packer.compress(pieces) for _ in range(megabytes)) + packer.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return stream(data, b"/Filter [%s]" % (b"/FlateDecode " * times))


def one_page(content: bytes, *others: bytes, page: bytes = PAGE, catalogue: bytes = CATALOGUE) -> bytes:
    """A PDF whose page shows the stream object ``content``; ``others`` are objects from number 6 on."""
    return file_of([catalogue, PAGES, page, content, FONT, *others])


def two_pages(content: bytes) -> bytes:
    """One sound page, and one that shows ``content``."""
    other = PAGE.replace(b"4 0 R", b"6 0 R")
    pages = b"<< /Type /Pages /Kids [3 0 R 7 0 R] /Count 2 >>"
    return file_of([CATALOGUE, pages, PAGE, stream(TEXT), FONT, content, other])


def not_pdfs() -> Iterator[BadInput]:
    noise = random.Random(2)  # noqa: S311 - bytes, not secrets
    yield BadInput(1, "empty.pdf", b"", LEFT_OUT, "empty")
    yield BadInput(2, "random.pdf", noise.randbytes(4096), LEFT_OUT, "named .pdf but is no PDF")
    yield BadInput(2, "random behind a mark.pdf", b"%PDF-1.7\n" + noise.randbytes(4096), LEFT_OUT, "damaged PDF")
    yield BadInput(2, "header only.pdf", b"%PDF-1.7\n", LEFT_OUT, "damaged PDF")
    yield BadInput(2, "a page.pdf", b"<!doctype html><p>Hello there.</p>", LEFT_OUT, "named .pdf but is HTML")
    yield BadInput(2, "an archive.pdf", b"PK\x03\x04" + bytes(90), LEFT_OUT, "named .pdf but is no PDF")
    for percent in (10, 50, 90):
        cut = SOUND[: len(SOUND) * percent // 100]
        yield BadInput(3, f"truncated to {percent}.pdf", cut, LEFT_OUT, "damaged PDF")


def repaired() -> Iterator[BadInput]:
    start = SOUND.rindex(b"startxref")
    for name, offset in (("5", b"5"), ("far out", b"999999999"), ("negative", b"-1")):
        moved = SOUND[:start] + b"startxref\n" + offset + b"\n%%EOF\n"
        yield BadInput(4, f"startxref {name}.pdf", moved, WARNINGS, "damage worked around")
    yield BadInput(4, "no startxref.pdf", SOUND[:start], READ | LEFT_OUT)
    for count in (b"999999999", b"-5", b"0"):
        counted = file_of([CATALOGUE, PAGES.replace(b"Count 1", b"Count " + count), PAGE, stream(TEXT), FONT])
        yield BadInput(9, f"count {count.decode()}.pdf", counted, READ)


def locked() -> Iterator[BadInput]:
    for algorithm in ("RC4-40", "RC4-128", "AES-128", "AES-256"):
        closed = encrypt(SOUND, password="secret", algorithm=algorithm)  # noqa: S106 - a test's own
        yield BadInput(5, f"locked with {algorithm}.pdf", closed, LEFT_OUT, "needs a password")
        opened = encrypt(SOUND, password="", algorithm=algorithm)
        yield BadInput(6, f"locked with {algorithm} and nothing.pdf", opened, INDEXED)


def trees() -> Iterator[BadInput]:
    self_kid = b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"
    yield BadInput(7, "a page tree in itself.pdf", file_of([CATALOGUE, self_kid]), LEFT_OUT, "damaged PDF")
    each_other = [CATALOGUE, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]
    yield BadInput(7, "a page tree in a circle.pdf", file_of(each_other), LEFT_OUT, "damaged PDF")
    deep = [CATALOGUE, *(b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 3) for n in range(3000)), PAGE]
    yield BadInput(8, "a deep page tree.pdf", file_of(deep), LEFT_OUT, "damaged PDF")
    nested = b"[" * 20_000 + b"]" * 20_000
    yield BadInput(10, "nested arrays shown.pdf", two_pages(stream(nested + b" TJ")), READ)
    in_page = PAGE.replace(b"/Type", b"/Nested %s /Type" % nested)
    yield BadInput(10, "nested arrays in a page.pdf", one_page(stream(TEXT), page=in_page), READ | LEFT_OUT)
    yield BadInput(10, "nested dictionaries.pdf", one_page(stream(b"<<" * 20_000 + b">>" * 20_000)), LEFT_OUT)


def bombs() -> Iterator[BadInput]:
    part = "page 2 could not be read"
    yield BadInput(11, "a bomb.pdf", lambda: two_pages(bomb(b" ", 300)), WARNINGS, part)
    yield BadInput(11, "a bomb in a bomb.pdf", lambda: two_pages(bomb(b"\0", 1000, times=2)), WARNINGS, part, slow=True)
    yield BadInput(11, "only a bomb.pdf", lambda: one_page(bomb(b" ", 300)), LEFT_OUT, "could not be read")
    operators = b"BT /F1 11 Tf 72 700 Td (word ) Tj ET\n"
    yield BadInput(12, "70 MB of text.pdf", lambda: one_page(bomb(operators, 70)), LEFT_OUT | WARNINGS, slow=True)
    yield BadInput(13, "200 pages of one stream.pdf", _of_one_stream, LEFT_OUT, "of processor time", slow=True)
    yield BadInput(14, "one endless line.pdf", lambda: _line(400_000), LEFT_OUT, "of processor time", slow=True)
    yield BadInput(14, "one long line.pdf", lambda: _line(10_000), READ | LEFT_OUT)
    yield BadInput(15, "30,000 pages.pdf", lambda: _many_pages(30_000), LEFT_OUT | WARNINGS, slow=True)
    yield BadInput(15, "150 pages.pdf", lambda: _many_pages(150), INDEXED)


def _line(words: int) -> bytes:
    return assemble([b"BT /F1 11 Tf 72 700 Td " + b"(Word ) Tj " * words + b"ET"])


def _many_pages(count: int) -> bytes:
    return assemble([b"BT /F1 11 Tf 72 700 Td (Page %d says so.) Tj ET" % n for n in range(count)])


def _of_one_stream() -> bytes:
    pages = b"<< /Type /Pages /Kids [%s] /Count 200 >>" % b" ".join(b"%d 0 R" % (n + 5) for n in range(200))
    return file_of([CATALOGUE, pages, FONT, bomb(b" ", 60), *[PAGE.replace(b"/F1 5", b"/F1 3")] * 200])


def without_text() -> Iterator[BadInput]:
    yield BadInput(16, "a scan.pdf", assemble([b"0 0 100 100 re f"]), LEFT_OUT, "no text layer")
    yield BadInput(16, "an empty page.pdf", assemble([b""]), LEFT_OUT, "no text layer")
    yield BadInput(16, "blanks.pdf", assemble([b"BT /F1 11 Tf (   ) Tj ET"]), LEFT_OUT, "no text layer")
    partly = assemble([TEXT, b"0 0 100 100 re f"])
    yield BadInput(16, "scanned in part.pdf", partly, WARNINGS, "page 2 without text")
    yield BadInput(20, "an open image.pdf", assemble([b"BI /W 9 /H 9 /BPC 8 /CS /G ID " + bytes(30)]), LEFT_OUT)
    behind = two_pages(stream(b"BI /W 9 /H 9 /BPC 8 /CS /G ID " + bytes(30)))
    yield BadInput(20, "an open image behind text.pdf", behind, WARNINGS, "page 2")


def forms() -> Iterator[BadInput]:
    resources = b"/Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >>"
    shows = PAGE.replace(b"/Resources << /Font << /F1 5 0 R >> >>", resources)
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] " + resources
    in_itself = one_page(stream(TEXT + b" /X Do"), stream(TEXT + b" /X Do", form), page=shows)
    yield BadInput(17, "a form in itself.pdf", in_itself, READ | LEFT_OUT)
    laughs = [
        stream(
            b"/X Do " * 8 if level < 6 else b"BT /F1 9 Tf (ha ) Tj ET", form.replace(b"6 0 R", b"%d 0 R" % (level + 7))
        )
        for level in range(5)
    ]
    last = stream(b"BT /F1 9 Tf (ha ) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + resources)
    # The parser stops after 5,000 of them; what it has read by then is marked as a fragment.
    bomb = one_page(stream(b"/X Do " * 8), *laughs, last, page=shows)
    yield BadInput(17, "laughs.pdf", bomb, LEFT_OUT, "no quotable text", slow=True)


def huge_numbers() -> Iterator[BadInput]:
    begin = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
    cmap = begin + b"1 beginbfrange <00000000> <7FFFFFFF> <0041> endbfrange endcmap end end"
    font = FONT.replace(b">>", b"/ToUnicode 6 0 R >>")
    mapped = file_of([CATALOGUE, PAGES, PAGE, stream(TEXT), font, stream(cmap)])
    yield BadInput(18, "a map of 2^31.pdf", mapped, READ | LEFT_OUT)
    cid = b"<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [6 0 R] >>"
    wide = b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /W [0 2000000000 500] >>"
    widths = file_of([CATALOGUE, PAGES, PAGE, stream(TEXT), cid, wide])
    yield BadInput(18, "widths of 2e9.pdf", widths, READ | LEFT_OUT)
    yield BadInput(18, "a length of 1e12.pdf", one_page(stream(TEXT, length=b"1000000000000")), READ | LEFT_OUT)
    yield BadInput(18, "a size of 2^31.pdf", SOUND.replace(b"/Size 8", b"/Size 2147483648"), READ)
    yield BadInput(18, "an endless number.pdf", one_page(stream(b"9" * 100_000 + b" w " + TEXT)), READ | LEFT_OUT)
    nowhere = assemble([TEXT.replace(b"72 700", b"1e38 -1e38")])
    yield BadInput(18, "text off the page.pdf", nowhere, READ)


def circles() -> Iterator[BadInput]:
    start = SOUND.rindex(b"startxref")
    table = SOUND.rindex(b"xref\n0", 0, start)
    prev = SOUND[:start].replace(b"/Size", b"/Prev %d /Size" % table) + SOUND[start:]
    yield BadInput(19, "a previous table in a circle.pdf", prev, READ)
    outlines = b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>"
    item = b"<< /Title (a) /Parent 6 0 R /Next 7 0 R /Dest [3 0 R /Fit] >>"
    circle = one_page(stream(TEXT), b"<< /First 7 0 R /Last 7 0 R /Count 1 >>", item, catalogue=outlines)
    yield BadInput(19, "outlines in a circle.pdf", circle, READ)
    yield BadInput(19, "no root.pdf", SOUND.replace(b"/Root 1 0 R", b""), READ | LEFT_OUT)
    yield BadInput(19, "a length of its own.pdf", one_page(stream(TEXT, length=b"4 0 R")), READ | LEFT_OUT)
    titled = one_page(stream(TEXT)).replace(b"/Root 1 0 R", b"/Root 1 0 R /Info 99 0 R")
    yield BadInput(19, "no such title.pdf", titled, READ)


def odd_texts() -> Iterator[BadInput]:
    lines = column("This is an inter-", "national example of a line end,", "and of a well-", "known hyphen.")
    yield BadInput(21, "hyphens.pdf", build_pdf(lines), INDEXED)
    cmap = b"begincmap 1 beginbfchar <01> <FB01> endbfchar endcmap"
    font = FONT.replace(b">>", b"/ToUnicode 6 0 R >>")
    shown = TEXT.replace(b"(Numb feet can be a sign.)", b"(Of\\001ce hours are told here.)")
    ligature = file_of([CATALOGUE, PAGES, PAGE, stream(shown), font, stream(cmap)])
    yield BadInput(21, "a ligature.pdf", ligature, READ)
    half = file_of([CATALOGUE, PAGES, PAGE, stream(shown), font, stream(cmap.replace(b"FB01", b"D83D"))])
    yield BadInput(21, "half a character.pdf", half, READ | LEFT_OUT)
    left = [Print(f"Left line {n} goes on and", y=700 - 14 * n) for n in range(9)]
    right = [Print(f"right line {n} goes on and", x=320, y=700 - 14 * n) for n in range(9)]
    yield BadInput(23, "two columns.pdf", build_pdf([*left, *right]), INDEXED)
    pages = [[Print("A running head", y=760), *column(f"Words of page {n}."), Print(f"{n}", y=30)] for n in range(5)]
    yield BadInput(23, "running heads.pdf", build_pdf(*pages), INDEXED)


def pdfs() -> Iterator[BadInput]:
    for kind in (not_pdfs, repaired, locked, trees, bombs, without_text, forms, huge_numbers, circles, odd_texts):
        yield from kind()
