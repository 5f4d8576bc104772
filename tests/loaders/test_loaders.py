import subprocess
import sys

import pytest
from builders_pdf import build_pdf, column

from b12assistant.cleaning import mark
from b12assistant.errors import SourceError
from b12assistant.loaders import SUPPORTED_SUFFIXES, load
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
        ("a.md", HTML, "named .md but is HTML; read as that"),
        ("a.html", PDF, "named .html but is a PDF; read as that"),
        ("a.txt", "<html><p>Seen.".encode("utf-16"), "named .txt but is HTML; read as that"),
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
        ("a.pdf", b"PK\x03\x04", "named .pdf but is a zip archive"),
        ("a.txt", b"PK\x03\x04 and so on", "named .txt but is a zip archive"),
        ("a.docx", b"PK\x03\x04", "not a type that can be read"),
        ("a", b"words", "no suffix"),
        ("a.txt", b"", "empty file"),
        ("a.txt", b" \n\t\n", "no text"),
        ("a.html", b"<script>x</script>", "no text"),
        ("a.md", b"![only](a.png)", "no text"),
    ],
)
def test_what_is_left_out_has_a_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        load(data, name)


def test_markup_inside_text_stays_text() -> None:
    assert load(b"A page begins with <html> in it.", "a.txt").text == "A page begins with <html> in it."


def test_unseen_characters_are_reported() -> None:
    extract = load("right \u202eto left\u202c and a \x01 in all this text, which is long enough".encode(), "a.txt")
    assert extract.warnings == ("1 control character(s)", "2 character(s) that change the direction of writing")


TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        pytest.param(f"Walk{TAGS} daily.", "U+E0062, U+E0065, U+E006F, U+E0079", id="tags"),
        pytest.param("Cya\u200bnide cures.", "U+200B", id="inside-a-word"),
        pytest.param("Walk\u2060\u2060 daily.", "U+2060", id="run"),
        pytest.param("Walk\u2063 daily.", "U+2063", id="separator"),
        pytest.param("Walk\u3164 daily.", "U+3164", id="blank-letter"),
        pytest.param("Walk\u200d daily.", "U+200D", id="joiner-of-nothing"),
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
        pytest.param("Feet/\u200blegs are numb.", id="break-after-a-slash"),
        pytest.param("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 is Persian.", id="joiner"),
        pytest.param("\U0001f469\u200d\U0001f52c is a doctor.", id="emoji"),
        pytest.param("\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f is Wales.", id="flag"),
    ],
)
def test_invisible_letters_of_honest_text_are_quoted(text: str) -> None:
    extract = load(text.encode(), "a.txt")
    assert extract.warnings == ()
    assert mark(extract) == ()


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert {".pdf", ".html", ".txt", ".md"} <= SUPPORTED_SUFFIXES
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in SUPPORTED_SUFFIXES)


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = (
        "import sys, b12assistant.loaders, b12assistant.loaders.isolation\n"
        "heavy = {'pypdf', 'selectolax', 'markdown_it', 'spellchecker', 'torch', 'faiss'}\n"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
