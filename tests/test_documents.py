from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from builders import build_entry
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.corpus.sources import source_of
from b12assistant.index.documents import Entry, entries_from_bytes, entries_to_bytes, export_line, source_facts
from b12assistant.types import (
    Block,
    BlockKind,
    Document,
    DocumentId,
    Interest,
    Mark,
    MarkKind,
    Passage,
    PassageId,
    Range,
    Section,
    Source,
    SourceKind,
    Words,
)

TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("\u2028\x85\r\n\x00\ufeff\U0001f9e0"), max_size=30)
SAID = st.none() | TEXT.filter(str.strip)
SOURCES = st.builds(
    Source,
    title=SAID,
    kind=st.none() | st.sampled_from(SourceKind),
    words=st.sampled_from(Words),
    based_on=SAID,
    interest=st.sampled_from(Interest),
    publisher=SAID,
    url=SAID,
    published=st.none() | st.dates(),
    review_by=st.none() | st.dates(),
    superseded_by=SAID,
    withdrawn=st.booleans(),
    review=SAID,
    cites=st.lists(TEXT.filter(str.strip), max_size=3).map(tuple),
    note=SAID,
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Anything an entry can hold, whether or not a loader would ever make it."""
    text = draw(TEXT.map("b{}c".format))

    def ranges() -> Range:
        start = draw(st.integers(0, len(text) - 1))
        return Range(start, draw(st.integers(start + 1, len(text))))

    def some(most: int = 3) -> range:
        return range(draw(st.integers(0, most)))

    document = Document(
        DocumentId(draw(TEXT)),
        draw(TEXT),
        draw(TEXT),
        text,
        draw(SOURCES),
        tuple(sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))),
        tuple(Section(ranges(), draw(st.integers(1, 6)), 0, len(text)) for _ in some()),
        tuple(Block(draw(st.sampled_from(BlockKind)), ranges()) for _ in some()),
        tuple(Mark(ranges(), draw(st.sampled_from(MarkKind)), draw(TEXT)) for _ in some()),
    )
    passages = tuple(
        Passage(
            PassageId(draw(TEXT)),
            tuple(document.span(r.start, r.end) for r in [ranges(), ranges()]),
            draw(st.booleans()),
        )
        for _ in some()
    )
    warnings = tuple(draw(st.lists(TEXT, max_size=2)))
    front: dict[str, Any] = {
        "title": draw(SAID),
        "published": draw(st.none() | st.dates()),
        "withdrawn": True,
        "cites": ["a"],
    }
    return Entry(document, passages, warnings, draw(st.floats(0, 1)), draw(TEXT), draw(TEXT), front)


def parts(value: object) -> object:
    """Everything in a value, including fields that its own comparison skips."""
    if is_dataclass(value):
        return type(value), {each.name: parts(getattr(value, each.name)) for each in fields(value)}
    return tuple(map(parts, value)) if isinstance(value, tuple) else value


@given(st.lists(entries(), max_size=3))
def test_entries_written_and_read_again_are_the_same_in_every_field(written: list[Entry]) -> None:
    assert parts(entries_from_bytes(entries_to_bytes(written))) == parts(tuple(written))


@given(SOURCES)
def test_facts_written_as_in_sources_toml_are_the_same_facts(source: Source) -> None:
    facts = source_facts(source)
    dates = {key: date.fromisoformat(facts[key]) for key in ("published", "review_by") if key in facts}
    assert source_of({**facts, **dates}) == source


def test_an_exported_line_gives_addresses_in_its_own_text() -> None:
    line = export_line(build_entry("# Nerves\n\nMyelin wraps nerves. Numb feet tingle.\n\n## Food\n\nEat fish.\n"))
    spans = [[line["text"][start:end] for start, end in passage["spans"]] for passage in line["passages"]]
    assert spans == [["Myelin wraps nerves.", "Numb feet tingle."], ["Eat fish."]]
    assert [passage["section"] for passage in line["passages"]] == [["Nerves"], ["Nerves", "Food"]]
