import codecs

import pytest
from builders_pdf import build_pdf, column
from unseen.quoted import quotable

from b12assistant.cleaning import mark
from b12assistant.loaders import load
from b12assistant.loaders.decoding import decode

HTML = b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE html><p>Seen.</p>"
PDF = build_pdf(column("Seen."))


@pytest.mark.parametrize(
    ("name", "data", "extractor"),
    [
        ("a.pdf", PDF, "pypdf"),
        ("A.PDF", b"junk before it\n" + PDF, "pypdf"),
        ("a.html", b"<p>Seen.", "selectolax"),
        ("a.htm", b"Seen.", "selectolax"),
        ("a.md", b"*Seen.*", "markdown-it-py"),
        ("a.txt", b"Seen.", "plain text"),
        ("a.txt", "Seen.".encode("utf-16"), "plain text"),
    ],
)
def test_each_type_has_its_loader(name: str, data: bytes, extractor: str) -> None:
    extract = load(data, name)
    assert extract.extractor.startswith(extractor)
    assert extract.text == "Seen."


@pytest.mark.parametrize(
    ("name", "data", "warning"),
    [
        ("a.txt", HTML, "named .txt but is HTML; read as that"),
        ("a.html", PDF, "named .html but is a PDF; read as that"),
    ],
)
def test_a_wrong_name_with_text_gives_a_warning(name: str, data: bytes, warning: str) -> None:
    extract = load(data, name)
    assert (extract.text, extract.warnings[0]) == ("Seen.", warning)


def test_unseen_characters_are_reported() -> None:
    extract = load("right \u202eto left\u202c and a \x01 in all this text, which is long enough".encode(), "a.txt")
    assert extract.warnings == ("1 control character(s)", "2 character(s) that change the direction of writing")


TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        pytest.param(f"Walk{TAGS} daily.", "U+E0062, U+E0065, U+E006F, U+E0079", id="tags"),
        pytest.param("Cya\u200bnide cures.", "U+200B", id="inside-a-word"),
        pytest.param("Walk\u3164 daily.", "U+3164", id="blank-letter"),
    ],
)
@pytest.mark.parametrize("form", ["{}.txt", "{}.md", "<p>{}</p>.html"])
def test_a_sentence_with_invisible_letters_is_named_and_not_quoted(sentence: str, codes: str, form: str) -> None:
    page, _, suffix = form.rpartition(".")
    extract = load(page.format(f"One goes before. {sentence} One comes after.").encode(), f"a.{suffix}")
    (warning,) = extract.warnings
    assert f"({codes}), whose sentences are not quoted" in warning
    assert quotable(extract) == "One goes before. One comes after."


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Methyl\u00adcobalamin helps.", id="soft-hyphen"),
        pytest.param("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 is Persian.", id="joiner"),
        pytest.param("\U0001f469\u200d\U0001f52c is a doctor.", id="emoji"),
    ],
)
def test_invisible_letters_of_honest_text_are_quoted(text: str) -> None:
    extract = load(text.encode(), "a.txt")
    assert extract.warnings == ()
    assert mark(extract) == ()


GREETING = "Grüße – “so”\r\nnaïve 𝄞"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        pytest.param(codecs.BOM_UTF8, "utf-8", id="utf-8"),
        pytest.param(codecs.BOM_UTF16_LE, "utf-16-le", id="utf-16-le"),
        pytest.param(codecs.BOM_UTF32_BE, "utf-32-be", id="utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_not_text(mark: bytes, encoding: str) -> None:
    decoded = decode(mark + GREETING.encode(encoding), declared="shift_jis")
    assert (decoded.text, decoded.encoding, decoded.warnings) == (GREETING, encoding, ())


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        pytest.param("shift_jis", "これは日本語です", id="shift_jis"),
        pytest.param("iso-8859-1", "quotes “as browsers read them”", id="latin-1-is-cp1252"),
    ],
)
def test_a_declared_encoding_is_honoured(declared: str, text: str) -> None:
    wider = {"GB2312": "gb18030", "iso-8859-1": "cp1252"}.get(declared, declared)
    decoded = decode(text.encode(wider), declared=declared)
    assert (decoded.text, decoded.warnings) == (text, ())


def test_a_few_broken_sequences_do_not_make_utf8_something_else() -> None:
    decoded = decode("äöüß".encode() * 10 + b"\xff end")
    assert decoded.text == "äöüß" * 10 + "\N{REPLACEMENT CHARACTER} end"
    assert decoded.warnings[0].startswith("1 broken utf-8")
