"""What a reader of a PDF page can see: the page is drawn with and without its letters."""

from __future__ import annotations

import subprocess
import sys

import pytest
from builders_pdf import assemble, build_pdf, column
from unseen.pdfs import BLEACH, IN_PART, PLAIN, SEEN, UNSEEN, Made

from b12assistant.errors import SourceError
from b12assistant.loaders import pdf, visibility
from b12assistant.loaders.passages import Splitting, prepare
from b12assistant.loaders.visibility import Shows, Text, Viewer, blank, blank_in_part
from b12assistant.types import OBJECT, Extract


def quotable(extract: Extract) -> list[str]:
    parts = prepare(extract, Splitting(256, 100), lambda text: len(text.split())).parts or ()
    return [extract.text[at.start : at.end] for part in parts for at in part.sentences]


@pytest.mark.parametrize("made", UNSEEN.values(), ids=UNSEEN)
def test_what_no_reader_sees_is_not_quoted(made: Made) -> None:
    assert not any(word in sentence for sentence in quotable(pdf.load(made.data())) for word in BLEACH.split())


@pytest.mark.parametrize("made", SEEN.values(), ids=SEEN)
def test_what_a_reader_sees_is_quoted(made: Made) -> None:
    assert quotable(pdf.load(made.data())) == [PLAIN, BLEACH]


@pytest.mark.parametrize("made", IN_PART.values(), ids=IN_PART)
def test_a_sentence_with_a_letter_that_nobody_sees_is_not_quoted(made: Made) -> None:
    extract = pdf.load(made.data())
    assert quotable(extract) == [PLAIN]
    assert OBJECT in extract.text


def test_what_is_left_out_is_counted() -> None:
    extract = pdf.load(UNSEEN["white gray"].data())
    assert (extract.text, extract.warnings) == (PLAIN, ("23 letter(s) that no reader sees left out (page 1)",))


def test_a_file_of_hidden_text_alone_says_so() -> None:
    with pytest.raises(SourceError, match="no text that a reader sees"):
        pdf.load(assemble([b"1 g BT /F1 11 Tf 72 700 Td (Hidden.) Tj ET"]))


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)], ids=["over", "under"])
def test_invisible_letters_on_a_picture_of_letters_are_the_text_of_a_scan(order: slice) -> None:
    """The picture is half white and half black in the box of each letter."""
    picture = "q 200 0 0 12 72 597 cm BI /W 40 /H 1 /CS /G /BPC 8 /F /AHx ID " + "00ff" * 20 + "> EI Q"
    text = "BT /F1 11 Tf 3 Tr 1 0 0 1 72 600 Tm (Hidden.) Tj ET"
    extract = pdf.load(assemble([" ".join([picture, text][order]).encode("latin-1")]))
    assert extract.text.endswith("Hidden.")
    assert extract.warnings == ("page 1 with the text layer of a scan (OCR)",)


def test_only_the_hidden_part_of_a_line_is_left_out() -> None:
    extract = pdf.load(UNSEEN["same line, white words"].data())
    assert extract.text.endswith("Sleep on it. Walk daily.")


DOUBTFUL = "page 1 not quoted: what a reader sees of it could not be drawn"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import no_such_library", id="missing"),
        pytest.param("import os; input(); os.abort()", id="crashing"),
        pytest.param("import time; time.sleep(60)", id="hanging"),
        pytest.param("input(); print('{')", id="nonsense"),
        pytest.param("input(); print('[]', flush=True); input()", id="other-json"),
        pytest.param("input(); print('{\"pages\": 1}', flush=True); input(); print('{}', flush=True)", id="no-texts"),
    ],
)
def test_a_page_that_cannot_be_drawn_is_not_quoted(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    def started() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    viewer = Viewer()
    monkeypatch.setattr(visibility, "_started", started)
    monkeypatch.setattr(visibility, "_SECONDS", 0.1)
    monkeypatch.setattr(pdf, "VIEWER", viewer)
    extract = pdf.load(build_pdf(column("Seen or not.")))
    viewer.close()
    assert (extract.text, extract.warnings) == ("Seen or not.", (DOUBTFUL,))
    assert quotable(extract) == []


def test_a_page_is_doubtful_if_pypdf_and_pdfium_read_different_texts() -> None:
    """A form without fonts of its own is not read by pypdf."""
    extract = pdf.load(UNSEEN["form without fonts"].data())
    assert extract.warnings == (DOUBTFUL,)


def test_pages_after_the_time_of_a_file_are_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "_MOST_SECONDS", 0.0)
    extract = pdf.load(build_pdf(column("One."), column("Two.")))
    assert extract.warnings == ("pages 1-2 not quoted: what a reader sees of them could not be drawn",)


@pytest.mark.parametrize("matrix", ["0 0 0 0 72 700", "-1 0 0 -1 -72 -700", "1 0 0 1 99999999999 1", "1 0 0 1"])
def test_odd_matrices_do_no_harm_to_what_is_seen(matrix: str) -> None:
    stream = f"BT /F1 11 Tf {matrix} Tm (Odd.) Tj ET BT /F1 -11 Tf 1 0 0 1 72 600 Tm (Even.) Tj ET"
    assert "Even." in pdf.load(assemble([stream.encode()])).text


@pytest.mark.parametrize(
    ("operator", "operands", "left"),
    [(b"Tj", [b"x"], [b""]), (b"TJ", [[b"x", -20]], [[]]), (b'"', [1, 2, b"x"], [1, 2, b""]), (b"Tj", [], [])],
    ids=["string", "array", "spaced", "nothing"],
)
def test_the_text_is_taken_out_of_an_operator(operator: bytes, operands: list[object], left: list[object]) -> None:
    blank(operator, operands)
    assert operands == left


@pytest.mark.parametrize(
    ("operator", "operands", "signs", "left"),
    [
        (b"TJ", [[b"abc", -20, b"d"]], "suus", [[b"a", OBJECT, -20, b"d"]]),
        (b"TJ", [[b"aabb"]], "us", [[OBJECT, b"bb"]]),
        (b"TJ", [[b"abc"]], "su", [[OBJECT]]),
        (b"Tj", [b"abc"], "sus", [OBJECT]),
        (b'"', [1, 2, b"x"], "p", [1, 2, OBJECT]),
    ],
    ids=["letters", "two-bytes", "other-count", "string", "spaced"],
)
def test_a_sign_is_put_in_the_place_of_letters_that_are_not_seen(
    operator: bytes, operands: list[object], signs: str, left: list[object]
) -> None:
    blank_in_part(operator, operands, signs)
    assert operands == left


def test_texts_are_matched_by_the_order_of_their_operators() -> None:
    shows = Shows()
    for operator, operands in ((b"Tj", [b"a"]), (b"TJ", [[-20]]), (b"Td", [1, 2]), (b"TJ", [[b"b", b"c"]])):
        shows.before(operator, operands)
    first, second = (Text(0, 0, 11, upright=True, signs=signs) for signs in ("s", "su"))
    assert shows.matched([first, second]) == {0: first, 2: second}
    assert shows.matched([first]) is None
