"""What holds for any input to a loader."""

import pytest
from builders_pdf import build_pdf, column
from extract_laws import ENDS, FORMS, WORDS, assert_laws, encoded, pieces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b12assistant.errors import SourceError
from b12assistant.loaders import isolation, load, pdf, text

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
