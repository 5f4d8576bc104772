"""What holds for any input to a loader."""

import codecs

import pytest
from builders_pdf import build_pdf, column
from extract_laws import ENDS, FORMS, WORDS, assert_laws, encoded, pieces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unseen.quoted import quotable

from b12assistant.cleaning import mark
from b12assistant.errors import SourceError
from b12assistant.loaders import isolation, load, pdf, text
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
    extract = load("äöüß".encode() * 10 + b"\xff end", "a.txt")
    assert extract.text == "äöüß" * 10 + "\N{REPLACEMENT CHARACTER} end"
    assert extract.warnings == ("1 character(s) that cannot be read, shown as \N{REPLACEMENT CHARACTER}",)


@pytest.mark.parametrize(
    ("name", "form", "count"),
    [
        pytest.param("a.md", "---\ntitle: {0}\npublisher: {0}\n---\nGrüße an alle.", 2, id="front matter"),
        pytest.param("a.html", "<title>{0}</title><p>Grüße an alle.", 1, id="title"),
        pytest.param("a.md", "# {0}\n\nGrüße an alle.", 1, id="a title that is a heading of the text"),
    ],
)
def test_broken_sequences_of_a_title_and_of_front_matter_are_counted(name: str, form: str, count: int) -> None:
    extract = load(form.format("äöüß" * 3 + "*").encode().replace(b"*", b"\xff"), name)
    assert extract.warnings == (f"{count} character(s) that cannot be read, shown as �",)


HYPHENS = str.maketrans("", "", "-‐\u00ad")


@pytest.mark.parametrize("form", FORMS)
def test_the_maps_fit_the_text(form: str) -> None:
    loader, make, sources = FORMS[form]

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(sources)
    def law(source: str) -> None:
        try:
            extract = loader(make(source))
        except SourceError:  # no text: binary, or a PDF without any
            return
        assert_laws(extract)
        assert isolation.unpack(isolation.pack(extract)) == extract

    law()


@given(pieces(WORDS, ENDS))
def test_plain_text_loses_only_what_wrapping_added(source: str) -> None:
    data = b"\xef\xbb\xbf" + encoded(source)
    try:
        extract = text.load(data)
    except SourceError:
        return
    assert "".join(extract.text.split()).translate(HYPHENS) == "".join(data[3:].decode().split()).translate(HYPHENS)


@given(
    st.lists(
        st.lists(st.sampled_from(["Words go here", "and there.", "• item", "Title Words"]), max_size=6), max_size=5
    )
)
def test_every_line_of_a_pdf_that_can_be_quoted_is_on_its_page(pages: list[list[str]]) -> None:
    marked = [[f"{line} p{n}x{i}" for i, line in enumerate(lines)] for n, lines in enumerate(pages)]
    if not any(marked):
        return
    extract = pdf.load(build_pdf(*[column(*lines) for lines in marked]))
    ends = [*extract.page_starts[1:], len(extract.text)]
    furniture = " ".join(extract.text[each.range.start : each.range.end] for each in extract.regions)
    for lines, start, end in zip(marked, extract.page_starts, ends, strict=True):
        assert all(line.rsplit(" ", 1)[1] in extract.text[start:end] + furniture for line in lines)


@given(st.binary(max_size=400), st.sampled_from(["a.pdf", "a.html", "a.md", "a.txt", "a.rst"]))
def test_any_bytes_give_an_extract_or_a_reason(data: bytes, name: str) -> None:
    try:
        extract = load(data, name)
    except SourceError:
        return
    assert_laws(extract)
    assert extract.blocks


SOUND = build_pdf(column("One sound line of text.", "And another."), column("On a second page."))


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=10))
def test_a_damaged_pdf_gives_an_extract_or_a_reason(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SOUND)
    for place, value in changes:
        data[place] = value
    try:
        extract = load(bytes(data), "a.pdf")
    except SourceError:
        return
    assert_laws(extract)
