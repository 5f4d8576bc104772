"""Render a page of a PDF: its picture, and the place of each character.

Runs as ``python -m b12assistant.display.pdf_page NUMBER`` in its own process, because files are not trusted and the
library is not memory-safe. Reads a PDF from standard input and writes a page to standard output.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress

import pypdfium2

LONGEST = 1600  # pixels of the longer side
_MEMORY = 1 << 30  # bytes of address space
_MOST_LETTERS = 50_000  # per page; a full page of a newspaper has about 40,000
_GREYS = 32
_COLOURFUL = 24  # of 255: a smaller difference between the colours of a pixel counts as grey

Letter = tuple[str, float, float, float, float]


def main() -> None:
    """Write the page, 0-based: a line of JSON, then the picture; fail if there is no such page."""
    with suppress(ImportError, ValueError, OSError):  # not every system can limit it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    claimed = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print goes to standard error
    with os.fdopen(claimed, "wb") as output:
        head, picture = printed(sys.stdin.buffer.read(), int(sys.argv[1]))
        output.write(json.dumps(head).encode("ascii") + b"\n" + picture)


def printed(data: bytes, number: int) -> tuple[dict[str, object], bytes]:
    """Return page ``number``, 0-based: size in pixels and letters with left, top, right and bottom; and a PNG."""
    pdf = pypdfium2.PdfDocument(data)
    page = pdf[number]
    wide, high = page.get_size()
    if not (wide > 0 and high > 0):
        raise ValueError("the page has no size")
    bitmap = page.render(scale=LONGEST / max(wide, high))
    letters = _letters(page, bitmap.get_posconv(page))
    return {"width": bitmap.width, "height": bitmap.height, "letters": letters}, _png(bitmap)


def _letters(page: pypdfium2.PdfPage, place: pypdfium2.PdfPosConv) -> list[Letter]:
    """Read letters by the library's index: the length of its whole text differs where a line ends in a hyphen."""
    text = page.get_textpage()
    letters: list[Letter] = []
    for i in range(min(text.count_chars(), _MOST_LETTERS)):
        code = pypdfium2.raw.FPDFText_GetUnicode(text, i)
        if not 0x20 < code < 0x110000 or 0xD800 <= code < 0xE000:
            continue
        left, bottom, right, top = text.get_charbox(i, loose=True)
        (x0, y0), (x1, y1) = place.to_bitmap(left, top), place.to_bitmap(right, bottom)
        letters.append((chr(code), min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    return letters


def _png(bitmap: pypdfium2.PdfBitmap) -> bytes:
    """Write a PNG; a grey page in grey only, which takes a quarter of the size."""
    picture = bitmap.to_pil().convert("RGB")
    red, green, blue = (channel.resize((200, 200)) for channel in picture.split())
    apart = (abs(a - b) + abs(b - c) for a, b, c in zip(red.tobytes(), green.tobytes(), blue.tobytes(), strict=True))
    if max(apart) < _COLOURFUL:
        picture = picture.convert("L").quantize(_GREYS)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=False)
    return out.getvalue()


if __name__ == "__main__":
    main()
