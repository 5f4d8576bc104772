"""Small PDFs written by hand, so that a test shows every byte that matters; pypdf does not make them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from pypdf import PdfReader, PdfWriter


@dataclass(frozen=True, slots=True)
class Print:
    """A line of text on a page: its left end and base line in points, origin at the bottom left."""

    text: str
    x: float = 72
    y: float = 700
    size: float = 11
    font: str = "F1"  # F1 Helvetica, F2 Helvetica-Bold


def column(*texts: str, top: float = 700, x: float = 72, size: float = 11, lead: float = 14) -> list[Print]:
    """Lines below each other; an empty text leaves an empty line."""
    return [Print(text, x, top - i * lead, size) for i, text in enumerate(texts) if text]


def build_pdf(*pages: Sequence[Print], title: str | None = None) -> bytes:
    """A PDF of one page per sequence of lines, in WinAnsi encoding."""
    return assemble([_stream(page) for page in pages], title=title)


def assemble(streams: Sequence[bytes], *, title: str | None = None) -> bytes:
    """A PDF with one page per content stream."""
    first = 6
    kids = b" ".join(b"%d 0 R" % (first + 2 * i) for i in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(streams)),
        _font(b"Helvetica"),
        _font(b"Helvetica-Bold"),
        b"<< /Title (%s) >>" % _escaped(title or ""),
    ]
    for i, stream in enumerate(streams):
        resources = b"<< /Font << /F1 3 0 R /F2 4 0 R >> >>"
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources %s /Contents %d 0 R >>"
            % (resources, first + 2 * i + 1),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        ]
    return file_of(objects, trailer=b"/Info 5 0 R")


def encrypt(data: bytes, *, password: str, algorithm: str) -> bytes:
    """The same document, to be opened with ``password``; "" opens it for everybody."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=password, owner_password=password + "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _stream(page: Sequence[Print]) -> bytes:
    return b"\n".join(
        b"BT /%s %g Tf 1 0 0 1 %g %g Tm (%s) Tj ET"
        % (line.font.encode(), line.size, line.x, line.y, _escaped(line.text))
        for line in page
    )


def _font(name: bytes) -> bytes:
    return b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>" % name


def _escaped(text: str) -> bytes:
    raw = text.encode("cp1252")
    return raw.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def file_of(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; object 1 is its catalogue. ``trailer``: its other entries."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)
