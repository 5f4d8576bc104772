"""PDFs of one page: a plain sentence, and `BLEACH`, which every reader sees, in many ways."""

from __future__ import annotations

from dataclasses import dataclass, field

from builders_pdf import file_of

PLAIN = "Numb feet tingle at night."
BLEACH = "Bleach cures tired nerves."
HIDDEN = ("Bleach", "cures", "nerves", "Tablets", "tablets")  # of sentences that are not seen, or not as a whole


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


_OVER = "60 590 200 30 re"
_PATH = "60 590 m 260 590 l 260 620 l 60 620 l h"
_WHITE_PICTURE = "q 300 0 0 60 50 580 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q"
_BLACK_PICTURE = "q 300 0 0 60 50 580 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI Q"
_CLEAR = "/ExtGState << /G << /ca 0 /CA 0 >> >>"
_RED, _TINT = "/FunctionType 2 /Domain [0 1] /C0 [1 1 1] /C1 [1 0 0] /N 1", "/FunctionType 2 /Domain [0 1] /N 1"


def _annotation(kind: str, appearance: str, *, flags: int = 4) -> Made:
    note = f"<< /Type /Annot /Subtype /{kind} /Rect [60 590 260 620] /F {flags} /AP << /N 7 0 R >> >>"
    return Made(shown(), page="/Annots [6 0 R]", objects=(note, _form(appearance, "", "0 0 200 30")))


def _layer(catalogue: str, properties: str = "6 0 R", *more: str) -> Made:
    content = f"/OC /L BDC {shown()} EMC"
    usage = "/Usage << /View << /ViewState /OFF >> >>" if "/AS" in catalogue else ""
    group = f"<< /Type /OCG /Name (a) {usage} >>"
    return Made(
        content,
        f"/Properties << /L {properties} >>",
        (group, *more),
        catalogue=f"/OCProperties << /OCGs [6 0 R] {catalogue} >>",
    )


def _colour(space: str, operands: str, *objects: str | bytes) -> Made:
    return Made(f"/C cs {operands} scn {shown()}", f"/ColorSpace << /C {space} >>", objects)


def _font3(procedure: str, matrix: str = ".001 0 0 .001 0 0") -> Made:
    widths = " ".join(["600"] * 224)
    names = " ".join(f"/g{code}" for code in range(32, 256))
    procs = " ".join(f"/g{code} 7 0 R" for code in range(32, 256))
    font = (
        f"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 600 700] /FontMatrix [{matrix}] /FirstChar 32 /LastChar 255 "
        f"/Widths [{widths}] /Encoding << /Type /Encoding /Differences [32 {names}] >> /CharProcs << {procs} >> "
        "/Resources << >> /ToUnicode 8 0 R >>"
    )
    unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange"
        " 1 beginbfrange <20> <7e> <0020> endbfrange endcmap end end"
    )
    content = f"BT /F3 11 Tf 1 0 0 1 72 600 Tm ({BLEACH}) Tj ET"
    resources = "/Font << /F1 3 0 R /F3 6 0 R >>"
    return Made(content, resources, (font, _stream("", procedure), _stream("", unicode)))


_SHADING = "<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 612 0] /Extend [true true] /Function << {} >> >>"
_WHITE_FUNCTION = "/FunctionType 2 /Domain [0 1] /C0 [1 1 1] /C1 [1 1 1] /N 1"
_DARK_FUNCTION = "/FunctionType 2 /Domain [0 1] /C0 [0 0 .3] /C1 [0 .2 .2] /N 1"
_MASK = "/ExtGState << /G << /SMask << /S /Luminosity /G 6 0 R >> >> >>"
_GROUP = "/Group << /S /Transparency >> /Resources << /Font << /F1 3 0 R >> >>"


def _on(ground: str, **more: object) -> Made:
    return Made(f"{ground} 1 g {shown()}", **more)  # type: ignore[arg-type]


SEEN: dict[str, Made] = {
    "plain": Made(shown()),
    "gray .8": Made(f".8 g {shown()}"),
    "gray .6": Made(f".6 g {shown()}"),
    "orange": Made(f"1 .6 0 rg {shown()}"),
    "light blue": Made(f".4 .7 1 rg {shown()}"),
    "4.2 points": Made(shown(size=4.2)),
    "5 points, gray": Made(f".5 g {shown(size=5)}"),
    "40 points": Made(shown(size=40)),
    "opacity .5": Made(f"/G gs {shown()}", "/ExtGState << /G << /ca .5 >> >>"),
    "outlines": Made(shown(more="1 Tr")),
    "fill and clip": Made(f"q {shown(more='4 Tr')} Q"),
    "white on re": _on(f"0 g {_OVER} f"),
    "white on lines": _on(f"0 g {_PATH} f"),
    "white on a stroke": _on("30 w 50 605 m 300 605 l S"),
    "white on a form": _on("/X Do", resources="/XObject << /X 6 0 R >>", objects=(_form(f"0 g {_OVER} f", ""),)),
    "white on a shading": _on(
        f"q {_OVER} W n /S sh Q", resources="/Shading << /S 6 0 R >>", objects=(_SHADING.format(_DARK_FUNCTION),)
    ),
    "white on a picture": _on(_BLACK_PICTURE),
    "white on teal": _on(f"0 .5 .5 rg {_OVER} f"),
    "white on a separation": _on(
        f"/C cs 1 scn {_OVER} f", resources="/ColorSpace << /C [/Separation /Gold /DeviceRGB << " + _RED + " >>] >>"
    ),
    "white with a black outline": Made(f"1 g 0 G {shown(more='2 Tr')}"),
    "under a highlight": Made(f"{shown()} /G gs 1 1 0 rg {_OVER} f", "/ExtGState << /G << /BM /Multiply >> >>"),
    "under a clear box": Made(f"{shown()} /G gs 0 g {_OVER} f", "/ExtGState << /G << /ca 0 >> >>"),
    "under a half clear box": Made(f"{shown()} /G gs 1 g {_OVER} f", "/ExtGState << /G << /ca .4 >> >>"),
    "in a frame": Made(f"{shown()} 1 w {_OVER} S"),
    "beside a box": Made(f"{shown()} 0 g 400 590 100 30 re f"),
    "triangle that misses": Made(f"{shown()} 0 g 60 560 m 260 560 l 260 590 l f"),
    "clip that lets through": Made(f"q 10 500 m 600 500 l 300 900 l h W n {shown(at='200 600')} Q"),
    "turned left": Made(f"BT /F1 11 Tf 0 1 -1 0 300 300 Tm ({BLEACH}) Tj ET"),
    "on a turned page": Made(shown(), page="/Rotate 90"),
    "on a page elsewhere": Made(shown(at="-900 -600"), page="/MediaBox [-1000 -1000 612 792]"),
    "user unit": Made(shown(size=2.5, at="72 500"), page="/UserUnit 4"),
    "in a crop box": Made(shown(), page="/CropBox [50 500 500 792]"),
    "layer on": _layer("/D << /ON [6 0 R] >>"),
    "a drawn font": _font3("600 0 d0 50 0 400 600 re f"),
    "a coloured font": _font3("600 0 d0 1 0 0 rg 50 0 400 600 re f"),
    "in a form": Made("/X Do", "/XObject << /X 6 0 R >>", (_form(shown()),)),
    "in a moved form": Made("q 1 0 0 1 20 40 cm /X Do Q", "/XObject << /X 6 0 R >>", (_form(shown()),)),
    "in a form in a form": Made(
        "/X Do",
        "/XObject << /X 6 0 R >>",
        (_form("/Y Do", "/Resources << /XObject << /Y 7 0 R >> >>"), _form(shown())),
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
