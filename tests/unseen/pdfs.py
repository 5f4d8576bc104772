"""PDFs of one page: a plain sentence, and `BLEACH`, which every reader sees, in many ways."""

from dataclasses import dataclass, field

from builders_pdf import file_of

PLAIN = "Numb feet tingle at night."
BLEACH = "Bleach cures tired nerves."


@dataclass(frozen=True, slots=True)
class Made:
    """``content``: operators. ``resources``, ``page``, ``catalogue``: entries; ``objects``: numbered from 6."""

    content: str
    resources: str = ""
    objects: tuple[str | bytes, ...] = field(default=())
    page: str = ""
    catalogue: str = ""

    def data(self) -> bytes:
        stream = f"BT /F1 11 Tf 0 g 1 0 0 1 72 740 Tm ({PLAIN}) Tj ET\n{self.content}".encode("latin-1")
        box = "" if "/MediaBox" in self.page else "/MediaBox [0 0 612 792]"
        fonts = "" if "/Font <<" in self.resources else "/Font << /F1 3 0 R >>"
        return file_of(
            [
                f"<< /Type /Catalog /Pages 2 0 R {self.catalogue} >>".encode(),
                b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
                b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
                (
                    f"<< /Type /Page /Parent 2 0 R {box} /Contents 5 0 R "
                    f"/Resources << {fonts} {self.resources} >> {self.page} >>"
                ).encode(),
                _stream("", stream),
                *(body if isinstance(body, bytes) else body.encode("latin-1") for body in self.objects),
            ]
        )


def _stream(entries: str, data: bytes | str) -> bytes:
    raw = data if isinstance(data, bytes) else data.encode("latin-1")
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries.encode(), len(raw), raw)


def _form(content: str, entries: str = "/Resources << /Font << /F1 3 0 R >> >>", box: str = "0 0 612 792") -> bytes:
    return _stream(f"/Type /XObject /Subtype /Form /BBox [{box}] {entries}", content)


def shown(text: str = BLEACH, *, at: str = "72 600", size: float = 11, more: str = "") -> str:
    return f"BT /F1 {size:g} Tf 1 0 0 1 {at} Tm {more} ({text}) Tj ET"


SEEN: dict[str, Made] = {
    "plain": Made(shown()),
    "4.2 points": Made(shown(size=4.2)),
    "40 points": Made(shown(size=40)),
    "outlines": Made(shown(more="1 Tr")),
    "turned left": Made(f"BT /F1 11 Tf 0 1 -1 0 300 300 Tm ({BLEACH}) Tj ET"),
    "on a turned page": Made(shown(), page="/Rotate 90"),
    "user unit": Made(shown(size=2.5, at="72 500"), page="/UserUnit 4"),
    "in a form": Made("/X Do", "/XObject << /X 6 0 R >>", (_form(shown()),)),
    "in a form in a form": Made(
        "/X Do", "/XObject << /X 6 0 R >>", (_form("/Y Do", "/Resources << /XObject << /Y 7 0 R >> >>"), _form(shown()))
    ),
    "in pieces": Made(
        "BT /F1 11 Tf 1 0 0 1 72 600 Tm [(Bl) 20 (each) -278 (cures) -278 (ti) 15 (red) -278 (ner) 10 (ves.)] TJ ET"
    ),
    "letter by letter": Made(
        "BT /F1 11 Tf 1 0 0 1 72 600 Tm " + " ".join(f"({letter}) Tj" for letter in BLEACH) + " ET"
    ),
    "slanted": Made(f"BT /F1 11 Tf 1 0 .3 1 72 600 Tm ({BLEACH}) Tj ET"),
    "wide apart": Made(shown(more="2 Tc")),
}
