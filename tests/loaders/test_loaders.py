import subprocess
import sys

import pytest
from builders_pdf import build_pdf, column

from b12assistant.errors import SourceError
from b12assistant.loaders import SUPPORTED_SUFFIXES, load

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
def test_a_wrong_name_with_text_is_a_warning(name: str, data: bytes, warning: str) -> None:
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


def test_unseen_characters_are_told() -> None:
    extract = load("right \u202eto left\u202c and a \x01 in all this text, which is long enough".encode(), "a.txt")
    assert extract.warnings == ("1 control character(s)", "2 character(s) that change the direction of writing")


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert {".pdf", ".html", ".txt", ".md"} <= SUPPORTED_SUFFIXES
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in SUPPORTED_SUFFIXES)


def test_importing_the_package_brings_no_library() -> None:
    code = (
        "import sys, b12assistant.loaders, b12assistant.loaders.isolation\n"
        "heavy = {'pypdf', 'selectolax', 'markdown_it', 'spellchecker', 'torch', 'faiss'}\n"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
