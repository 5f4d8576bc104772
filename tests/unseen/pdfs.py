"""PDFs of one page: a plain sentence, and `BLEACH` in a way that no reader sees, or that every reader does."""

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

UNSEEN: dict[str, Made] = {
    "mode 3": Made(shown(more="3 Tr")),
    "mode 7": Made(shown(more="7 Tr")),
    "mode 3 over a white picture": Made(f"{_WHITE_PICTURE} {shown(more='3 Tr')}"),
    "mode 3 over a dark picture": Made(f"{_BLACK_PICTURE} {shown(more='3 Tr')}"),
    "mode 3 over a clear picture": Made(f"/G gs {_BLACK_PICTURE} {shown(more='3 Tr')}", _CLEAR),
    "mode 3 under a white picture": Made(f"{shown(more='3 Tr')} {_WHITE_PICTURE}"),
    "white gray": Made(f"1 g {shown()}"),
    "white rgb": Made(f"1 1 1 rg {shown()}"),
    "white cmyk": Made(f"0 0 0 0 k {shown()}"),
    "white outlines": Made(f"1 G {shown(more='1 Tr')}"),
    "white fill and outlines": Made(f"1 g 1 G {shown(more='2 Tr')}"),
    "white separation": _colour("[/Separation /Gold /DeviceRGB << " + _RED + " >>]", "0"),
    "white indexed": _colour("[/Indexed /DeviceRGB 1 <ffffff000000>]", "0"),
    "white lab": _colour("[/Lab << /WhitePoint [.9505 1 1.089] >>]", "100 0 0"),
    "white by device n": _colour("[/DeviceN [/A] /DeviceRGB << " + _RED + " >>]", "0"),
    "no ink": _colour("[/Separation /None /DeviceRGB << " + _RED + " >>]", "1"),
    "white profile": _colour("[/ICCBased 6 0 R]", "1 1 1", _stream("/N 3 /Alternate /DeviceRGB", "")),
    "faint gray": Made(f".94 g {shown()}"),
    "faint yellow": Made(f"1 1 .85 rg {shown()}"),
    "opacity 0": Made(f"/G gs {shown()}", _CLEAR),
    "opacity .06": Made(f"/G gs {shown()}", "/ExtGState << /G << /ca .06 >> >>"),
    "tiny": Made(shown(size=0.5)),
    "2.1 points": Made(shown(size=2.1)),
    "scaled down": Made(f"q .05 0 0 .05 72 600 cm {shown(at='0 0')} Q"),
    "squeezed": Made("BT /F1 11 Tf .01 0 0 1 72 600 Tm (" + BLEACH + ") Tj ET"),
    "flattened": Made("BT /F1 11 Tf 1 0 0 .02 72 600 Tm (" + BLEACH + ") Tj ET"),
    "no horizontal scale": Made(shown(more="0 Tz")),
    "off the right": Made(shown(at="900 600")),
    "off the left": Made(shown(at="-500 600")),
    "below": Made(shown(at="72 -50")),
    "turned off the page": Made(f"BT /F1 11 Tf 0 1 -1 0 700 300 Tm ({BLEACH}) Tj ET"),
    "outside of the crop box": Made(shown(at="72 60"), page="/CropBox [0 200 612 792]"),
    "raised off the page": Made(shown(more="900 Ts")),
    "clipped": Made(f"q 0 0 10 10 re W n {shown()} Q"),
    "clipped twice even odd": Made(f"q {_OVER} {_OVER} W* n {shown()} Q"),
    "clipped by a triangle": Made(f"q 0 0 m 50 0 l 0 50 l h W n {shown()} Q"),
    "clipped by text": Made(f"q BT /F1 11 Tf 7 Tr 1 0 0 1 400 100 Tm (x) Tj ET {shown(more='0 Tr')} Q"),
    "covered by re": Made(f"{shown()} 0 g {_OVER} f"),
    "covered by white re": Made(f"{shown()} 1 g {_OVER} f"),
    "covered by lines": Made(f"{shown()} 0 g {_PATH} f"),
    "covered by a thick stroke": Made(f"{shown()} 30 w 60 605 m 260 605 l S"),
    "covered by two halves": Made(f"{shown()} 0 g 60 590 80 30 re f 140 590 120 30 re f"),
    "covered by two boxes in one path": Made(f"{shown()} 0 g 60 590 80 30 re 140 590 120 30 re f"),
    "covered by a curve": Made(f"{shown()} 0 g 40 605 m 40 700 300 700 300 605 c 300 510 40 510 40 605 c f"),
    "covered by a shading": Made(
        f"{shown()} q {_OVER} W n /S sh Q", "/Shading << /S 6 0 R >>", (_SHADING.format(_DARK_FUNCTION),)
    ),
    "covered by a form": Made(f"{shown()} /X Do", "/XObject << /X 6 0 R >>", (_form(f"0 g {_OVER} f", ""),)),
    "covered by a picture": Made(f"{shown()} {_BLACK_PICTURE}"),
    "covered by blocks of text": Made(
        f"{shown()} 0 g BT /F1 40 Tf 1 0 0 1 60 590 Tm 900 Tz 40 Tc (\\227\\227) Tj ET {_OVER} f"
    ),
    "ground of lines": Made(f"0 g {_PATH} f {shown()}"),
    "ground of a form": Made(f"/X Do {shown()}", "/XObject << /X 6 0 R >>", (_form(f"0 g {_OVER} f", ""),)),
    "ground of a shading": Made(
        f"q {_OVER} W n /S sh Q 1 g {shown()}", "/Shading << /S 6 0 R >>", (_SHADING.format(_WHITE_FUNCTION),)
    ),
    "ground of a picture": Made(f"{_BLACK_PICTURE} 0 g {shown()}"),
    "square over it": _annotation("Square", "0 g 0 0 200 30 re f"),
    "redaction over it": _annotation("Redact", "0 g 0 0 200 30 re f"),
    "stamp over it": _annotation("Stamp", "1 g 0 0 200 30 re f"),
    "soft mask": Made(
        f"/G gs {shown()}", _MASK, (_form("0 g 0 0 612 792 re f", "/Group << /S /Transparency /CS /DeviceGray >>"),)
    ),
    "group opacity": Made("/G gs /X Do", _CLEAR + " /XObject << /X 6 0 R >>", (_form(shown(), _GROUP),)),
    "blend screen": Made(f"1 g 0 0 612 700 re f 0 g /G gs {shown()}", "/ExtGState << /G << /BM /Screen >> >>"),
    "blend lighten": Made(f"1 g 0 0 612 700 re f 0 g /G gs {shown()}", "/ExtGState << /G << /BM /Lighten >> >>"),
    "layer off": _layer("/D << /OFF [6 0 R] >>"),
    "layer off by base state": _layer("/D << /BaseState /OFF >>"),
    "layers, all off": _layer("/D << /OFF [6 0 R] >>", "7 0 R", "<< /Type /OCMD /OCGs [6 0 R] /P /AllOn >>"),
    "layer on, to be off": _layer("/D << >>", "7 0 R", "<< /Type /OCMD /OCGs [6 0 R] /P /AllOff >>"),
    "layer by expression": _layer("/D << >>", "7 0 R", "<< /Type /OCMD /VE [/Not 6 0 R] >>"),
    "layer off by usage": _layer("/D << /AS [<< /Event /View /Category [/View] /OCGs [6 0 R] >>] >>"),
    "form in a layer that is off": Made(
        "/X Do",
        "/XObject << /X 7 0 R >>",
        ("<< /Type /OCG /Name (a) >>", _form(shown(), "/OC 6 0 R /Resources << /Font << /F1 3 0 R >> >>")),
        catalogue="/OCProperties << /OCGs [6 0 R] /D << /OFF [6 0 R] >> >>",
    ),
    "empty letters": _font3("600 0 d0"),
    "tiny letters": _font3("600 0 d0 0 0 600 700 re f", ".00001 0 0 .00001 0 0"),
    "white letters": _font3("600 0 d0 1 g 0 0 500 700 re f"),
    "form without fonts": Made(
        "/X Do", "/XObject << /X 6 0 R >>", (_form(f"1 g BT /F1 11 Tf 72 600 Td ({BLEACH}) Tj ET", ""),)
    ),
    "form moved off": Made("q 1 0 0 1 700 0 cm /X Do Q", "/XObject << /X 6 0 R >>", (_form(shown()),)),
    "form clipped by its box": Made("/X Do", "/XObject << /X 6 0 R >>", (_form(shown(), box="0 0 9 9"),)),
    "white under black words": Made(f"1 g {shown()} 0 g {shown('Bread keeps well for days.')}"),
    "same line, white words": Made(
        f"BT /F1 11 Tf 1 0 0 1 72 600 Tm (Sleep on it.) Tj 1 g ( {BLEACH}) Tj 0 g ( Walk daily.) Tj ET"
    ),
}

# Each has one sentence of which some letters are not seen: as a whole it says what the page does not.
IN_PART: dict[str, Made] = {
    "a covered word": Made(f"{shown('Tablets are not safe.')} 1 g 131 595 18 14 re f"),
    "a covered digit": Made(f"{shown('Take 10 tablets daily.')} 1 g 104.5 595 5.6 14 re f"),
    "half a covered digit": Made(f"{shown('Take 80 tablets daily.')} 1 g 99 595 3.2 14 re f"),
    "the tail of a line off the page": Made(shown("Take 10 tablets daily, or never.", at="530 600")),
    "one letter behind a picture": Made(
        f"{shown('Take 10 tablets daily.')} q 6 0 0 12 104.5 598 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q"
    ),
}


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
    "printed twice for weight": Made(f"{shown()} {shown(at='72.3 600')}"),
    "with a shadow": Made(f".7 g {shown(at='72.8 599.2')} 0 g {shown()}"),
    "in pieces": Made(
        "BT /F1 11 Tf 1 0 0 1 72 600 Tm [(Bl) 20 (each) -278 (cures) -278 (ti) 15 (red) -278 (ner) 10 (ves.)] TJ ET"
    ),
    "letter by letter": Made(
        "BT /F1 11 Tf 1 0 0 1 72 600 Tm " + " ".join(f"({letter}) Tj" for letter in BLEACH) + " ET"
    ),
    "slanted": Made(f"BT /F1 11 Tf 1 0 .3 1 72 600 Tm ({BLEACH}) Tj ET"),
    "wide apart": Made(shown(more="2 Tc")),
}
