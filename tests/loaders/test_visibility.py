"""What a reader of a PDF page can see: colours, sizes, clips, pictures, forms and layers."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from typing import cast

import pytest
from builders_pdf import assemble, build_pdf, column
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, NumberObject, StreamObject

from b12assistant.errors import SourceError
from b12assistant.loaders import pdf
from b12assistant.loaders.visibility import Sight, blank, layers_off
from b12assistant.types import Extract


@pytest.mark.parametrize("matrix", ["0 0 0 0 72 700", "-1 0 0 -1 -72 -700", "1 0 0 1 99999999999 1", "1 0 0 1"])
def test_odd_matrices_do_no_harm_to_what_is_seen(matrix: str) -> None:
    stream = f"BT /F1 11 Tf {matrix} Tm (Odd.) Tj ET BT /F1 -11 Tf 1 0 0 1 72 600 Tm (Even.) Tj ET"
    assert "Even." in pdf.load(assemble([stream.encode()])).text


def page_of(*streams: str) -> Extract:
    return pdf.load(assemble([" ".join(("BT /F1 11 Tf 1 0 0 1 72 700 Tm (Seen.) Tj ET", *streams)).encode()]))


def hidden(before: str = "", shown: str = "(Hidden.) Tj", tm: str = "1 0 0 1 72 600", size: float = 11) -> str:
    return f"{before} BT /F1 {size:g} Tf {tm} Tm {shown} ET"


PICTURE = "q 300 0 0 300 50 500 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI Q"
BOX = "50 590 200 30 re f"


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(hidden(shown="3 Tr (Hidden.) Tj"), id="invisible-mode"),
        pytest.param(hidden(shown="7 Tr (Hidden.) Tj"), id="clipping-mode"),
        pytest.param(hidden("1 g"), id="white-gray"),
        pytest.param(hidden("1 1 1 rg"), id="white-rgb"),
        pytest.param(hidden("0 0 0 0 k"), id="white-cmyk"),
        pytest.param(hidden("/DeviceRGB cs 1 1 1 scn"), id="white-by-space"),
        pytest.param(hidden("1 G", "1 Tr (Hidden.) Tj"), id="white-outlines"),
        pytest.param(hidden("1 g", "[(Hid) -20 (den.)] TJ"), id="array"),
        pytest.param(hidden("1 g", "(Hidden.) '"), id="next-line"),
        pytest.param(hidden("1 g", '1 1 (Hidden.) "'), id="next-line-spaced"),
        pytest.param(hidden(f"0 g {BOX}"), id="black-on-black"),
        pytest.param(f"{hidden()} 0 g {BOX}", id="painted-over"),
        pytest.param(hidden(size=0.01), id="tiny"),
        pytest.param(hidden(tm=".05 0 0 .05 72 600"), id="scaled-down"),
        pytest.param(hidden(tm="1 0 0 1 9000 600"), id="off-the-right"),
        pytest.param(hidden(tm="1 0 0 1 -500 600"), id="off-the-left"),
        pytest.param(hidden(tm="1 0 0 1 72 -50"), id="below"),
        pytest.param(hidden("q 0 0 10 10 re W n") + " Q", id="clipped"),
        pytest.param(hidden("q 0 0 0 0 re W n") + " Q", id="clipped-to-nothing"),
    ],
)
def test_what_no_reader_sees_is_left_out_and_counted(stream: str) -> None:
    extract = page_of(stream)
    assert (extract.text, extract.warnings) == ("Seen.", ("7 letter(s) that no reader sees left out (page 1)",))


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(hidden(f"0 g {BOX} 1 g"), id="white-on-black"),
        pytest.param(hidden(".8 g"), id="gray"),
        pytest.param(hidden("0 g 0 0 9 9 re f"), id="black-beside-black"),
        pytest.param(hidden("1 g", "0 g (Hidden.) Tj"), id="colour-changed"),
        pytest.param(hidden("q 1 g Q"), id="colour-restored"),
        pytest.param(hidden(f"{PICTURE} 1 g"), id="white-on-a-picture"),
        pytest.param(hidden("q 50 500 300 300 re W n") + " Q", id="inside-the-clip"),
        pytest.param(hidden(tm="0 1 -1 0 300 300"), id="turned"),
    ],
)
def test_what_is_seen_stays(stream: str) -> None:
    extract = page_of(stream)
    assert (extract.text, extract.warnings) == ("Seen.\n\nHidden.", ())


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)], ids=["over", "under"])
def test_invisible_letters_on_a_picture_are_the_text_of_a_scan(order: slice) -> None:
    extract = page_of(*[PICTURE, hidden(shown="3 Tr (Hidden.) Tj")][order])
    assert extract.text.endswith("Hidden.")
    assert extract.warnings == ("page 1 with the text layer of a scan (OCR)",)


def test_only_the_hidden_part_of_a_line_is_left_out() -> None:
    extract = page_of(hidden(shown="(left) Tj 3 Tr (Hidden.) Tj 0 Tr ( right) Tj"))
    assert extract.text == "Seen.\n\nleft right"


def test_a_file_of_hidden_text_alone_says_so() -> None:
    with pytest.raises(SourceError, match="no text that a reader sees"):
        pdf.load(assemble([hidden("1 g").encode()]))


def hide_by_writer(*, form: str = "", layered: bool = False) -> bytes:
    """A PDF whose hidden sentence is in a form that is painted with ``form``, or in a layer that is off."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(build_pdf(column("Seen.")))))
    page = writer.pages[0]
    resources = cast("DictionaryObject", page["/Resources"])
    stream = StreamObject()
    stream.set_data(b"BT /F1 11 Tf 1 0 0 1 72 600 Tm (Hidden.) Tj ET")
    stream.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
    stream[NameObject("/BBox")] = ArrayObject(map(NumberObject, (0, 0, 612, 792)))
    stream[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): resources["/Font"]})
    resources[NameObject("/XObject")] = DictionaryObject({NameObject("/X"): writer._add_object(stream)})
    state = DictionaryObject({NameObject("/ca"): NumberObject(0)})
    resources[NameObject("/ExtGState")] = DictionaryObject({NameObject("/Clear"): state})
    layer = writer._add_object(DictionaryObject({NameObject("/Type"): NameObject("/OCG")}))
    resources[NameObject("/Properties")] = DictionaryObject({NameObject("/Layer"): layer})
    if layered:
        standard = DictionaryObject({NameObject("/OFF"): ArrayObject([layer])})
        writer.root_object[NameObject("/OCProperties")] = DictionaryObject({NameObject("/D"): standard})
    content = StreamObject()
    content.set_data(cast("StreamObject", page["/Contents"]).get_data() + f" {form}".encode())
    page[NameObject("/Contents")] = writer._add_object(content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("1 g /X Do", id="white"),
        pytest.param("q .01 0 0 .01 0 0 cm /X Do Q", id="scaled-down"),
        pytest.param("q 1 0 0 1 700 0 cm /X Do Q", id="moved-off"),
        pytest.param("/Clear gs /X Do", id="transparent"),
        pytest.param("q 0 0 9 9 re W n /X Do Q", id="clipped"),
    ],
)
def test_forms_are_examined(form: str) -> None:
    assert pdf.load(hide_by_writer(form=form)).text == "Seen."
    assert pdf.load(hide_by_writer(form="/X Do")).text == "Seen.\n\nHidden."


@pytest.mark.parametrize(("layered", "expected"), [(True, "Seen."), (False, "Seen.\n\nHidden.")], ids=["off", "on"])
def test_a_layer_that_is_switched_off_is_not_seen(layered: bool, expected: str) -> None:
    assert pdf.load(hide_by_writer(form="/OC /Layer BDC /X Do EMC", layered=layered)).text == expected


AREA = (0.0, 0.0, 612.0, 792.0)
AT = (1.0, 0.0, 0.0, 1.0, 72.0, 600.0)
WRITE = (b"Tj", [b"Words."])
FONT = (b"Tf", ["/F1", 11])
OVER = (b"re", [50, 590, 200, 30])
Operator = tuple[bytes, Sequence[object]]


def is_seen(*operators: Operator, resources: Mapping[str, object] | None = None, off: Collection[int] = ()) -> bool:
    """Check whether every word of a page with these operators is seen."""
    sight = Sight({"/Resources": resources or {}}, AREA, frozenset(off))
    for operator, operands in (FONT, *operators):
        sight.before(operator, operands, None, AT)
        sight.after(operator)
    return not sight.unseen()


def with_state(**values: object) -> dict[str, object]:
    return {"/ExtGState": {"/G": {f"/{key}": value for key, value in values.items()}}}


STATE = (b"gs", ["/G"])


@pytest.mark.parametrize(
    ("values", "seen"),
    [({"ca": 0}, False), ({"ca": 0.5}, True), ({"CA": 0}, True), ({"Font": [None, 0.1]}, False), ({}, True)],
    ids=["clear", "half", "outlines-only", "size", "empty"],
)
def test_opacity_and_size_of_a_graphics_state_count(values: dict[str, object], seen: bool) -> None:
    assert is_seen(STATE, WRITE, resources=with_state(**values)) is seen


@pytest.mark.parametrize(
    ("values", "seen"),
    [({}, False), ({"ca": 0.5}, True), ({"BM": "/Multiply"}, True), ({"BM": "/Normal"}, False)],
    ids=["plain", "half-clear", "blended", "not-blended"],
)
def test_only_an_opaque_area_covers_words(values: dict[str, object], seen: bool) -> None:
    assert is_seen(WRITE, STATE, OVER, (b"f", []), resources=with_state(**values)) is seen


def test_an_area_that_is_not_a_box_covers_nothing() -> None:
    """Where a curve is inside its box is not known."""
    corners: list[Operator] = [(b"m", [50, 590]), (b"l", [250, 590]), (b"l", [250, 620])]
    assert is_seen(WRITE, *corners, (b"f", []))


def test_an_outline_covers_nothing() -> None:
    assert is_seen(WRITE, OVER, (b"S", []))


def test_a_box_beside_the_end_of_a_line_covers_nothing() -> None:
    assert is_seen(WRITE, (b"re", [50, 590, 30, 30]), (b"f", []))


@pytest.mark.parametrize(
    ("space", "operands", "seen"),
    [
        (["/ICCBased", DictionaryObject({NameObject("/N"): NumberObject(3)})], [1, 1, 1], False),
        (["/ICCBased", DictionaryObject({NameObject("/N"): NumberObject(4)})], [0, 0, 0, 0], False),
        (["/ICCBased", DictionaryObject({NameObject("/N"): NumberObject(9)})], [1], True),
        (["/Separation", "/Gold"], [0], False),
        (["/Separation", "/Gold"], [1], True),
        (["/Pattern"], ["/P1"], True),
        (["/Lab"], [100, 0, 0], True),
    ],
    ids=["rgb-profile", "cmyk-profile", "odd-profile", "no-ink", "ink", "pattern", "lab"],
)
def test_white_is_known_in_each_colour_space_that_is_read(
    space: list[object], operands: list[object], seen: bool
) -> None:
    resources = {"/ColorSpace": {"/C": space}}
    assert is_seen((b"cs", ["/C"]), (b"scn", operands), WRITE, resources=resources) is seen


def test_a_new_colour_space_begins_with_black() -> None:
    assert is_seen((b"g", [1]), (b"cs", ["/DeviceRGB"]), WRITE)


def test_colours_on_a_shading_are_not_compared() -> None:
    assert is_seen((b"sh", ["/S"]), (b"g", [1]), WRITE)


@pytest.mark.parametrize(
    ("matrix", "box", "seen"),
    [
        ([0.001, 0, 0, 0.001, 0, 0], [0, 0, 900, 900], True),
        ([0.001, 0, 0, 0.001, 0, 0], [0, 0, 9, 9], False),
        ([0.001, 0, 0, 0.001, 0, 0], [0, 0, 0, 0], True),
        ([], [], True),
    ],
    ids=["ordinary", "tiny", "any-size", "broken"],
)
def test_letters_that_are_drawn_have_their_own_size(matrix: list[float], box: list[float], seen: bool) -> None:
    font = {"/Subtype": "/Type3", "/FontMatrix": matrix, "/FontBBox": box}
    assert is_seen(FONT, WRITE, resources={"/Font": {"/F1": font}}) is seen


def test_letters_raised_off_the_page_are_not_seen() -> None:
    assert not is_seen((b"Ts", [900]), WRITE)


@pytest.mark.parametrize(
    "operator",
    [
        (b"Q", []),
        (b"EMC", []),
        (b"Do", ["/None"]),
        (b"cm", [1, 2]),
        (b"rg", [1]),
        (b"Tr", ["x"]),
        (b"re", [1]),
        (b"gs", []),
    ],
    ids=lambda operator: operator[0].decode(),
)
def test_an_operator_that_does_not_fit_changes_nothing(operator: Operator) -> None:
    assert is_seen(operator, WRITE)


def layers(writer: PdfWriter) -> list[IndirectObject]:
    return [writer._add_object(DictionaryObject({NameObject("/Type"): NameObject("/OCG")})) for _ in range(2)]


def test_words_after_a_layer_that_is_off_are_seen() -> None:
    layer, _ = layers(PdfWriter())
    resources = {"/Properties": DictionaryObject({NameObject("/L"): layer})}
    begun: Operator = (b"BDC", ["/OC", "/L"])
    ended: Operator = (b"EMC", [])
    assert not is_seen(begun, WRITE, ended, resources=resources, off=[layer.idnum])
    assert is_seen(begun, ended, WRITE, resources=resources, off=[layer.idnum])


def test_a_set_of_layers_is_off_if_all_of_them_are() -> None:
    writer = PdfWriter()
    members = layers(writer)
    both = writer._add_object(DictionaryObject({NameObject("/OCGs"): ArrayObject(members)}))
    resources = {"/Properties": DictionaryObject({NameObject("/L"): both})}
    numbers = [member.idnum for member in members]
    seen = [is_seen((b"BDC", ["/OC", "/L"]), WRITE, resources=resources, off=off) for off in ([], numbers[:1], numbers)]
    assert seen == [True, True, False]


@pytest.mark.parametrize(
    ("base", "listed", "off"), [("/ON", "/OFF", [0]), ("/OFF", "/ON", [1])], ids=["some-off", "all-off-but-some"]
)
def test_the_layers_that_a_document_switches_off_are_read(base: str, listed: str, off: list[int]) -> None:
    both = layers(PdfWriter())
    standard = {"/BaseState": base, listed: both[:1]}
    assert layers_off({"/OCProperties": {"/OCGs": both, "/D": standard}}) == {both[at].idnum for at in off}


def test_a_document_without_layers_switches_none_off() -> None:
    assert layers_off({}) == frozenset()


@pytest.mark.parametrize(
    ("operator", "operands", "left"),
    [(b"Tj", [b"x"], [b""]), (b"TJ", [[b"x", -20]], [[]]), (b'"', [1, 2, b"x"], [1, 2, b""]), (b"Tj", [], [])],
    ids=["string", "array", "spaced", "nothing"],
)
def test_the_text_is_taken_out_of_an_operator(operator: bytes, operands: list[object], left: list[object]) -> None:
    blank(operator, operands)
    assert operands == left
