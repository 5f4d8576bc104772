import pytest
from builders_pdf import build_pdf, column

from b12assistant.cleaning import mark
from b12assistant.errors import SourceError
from b12assistant.loaders import load
from b12assistant.loaders.passages import Splitting, prepare

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


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", HTML, "named .pdf but is HTML"),
        ("a.pdf", b"words", "named .pdf but is no PDF"),
        ("a.docx", b"PK\x03\x04", "not a type that can be read"),
        ("a.txt", b"", "empty file"),
    ],
)
def test_what_is_left_out_has_a_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        load(data, name)


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
    parts = prepare(extract, Splitting(256, 100), lambda text: len(text.split())).parts or ()
    sentences = [extract.text[at.start : at.end] for part in parts for at in part.sentences]
    assert sentences == ["One goes before.", "One comes after."]


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
