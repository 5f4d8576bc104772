"""Differences that curators wrote down: exact quotes become spans, and each mistake is one line that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import build_document, build_passages
from corpora import again, three_files, write
from fakes import FakeWorkspace, RefusingEncoder

from b12assistant.corpus.disputes import parse_disputes, resolve
from b12assistant.errors import SourceFactsError

LOW = "Take 5 mcg a day. Rest is good. Rest is good."
HIGH = "Take 9 mcg a day. Walk."
DOCUMENTS = (build_document(LOW, file="low.md"), build_document(HIGH, file="high.md"))
PASSAGES = [passage for document in DOCUMENTS for passage in build_passages(document)]
GOOD = """
[[dispute]]
id = "dose"
topic = "How much?"
why = "5 or 9"
asked = ["What dose?"]
not_asked = ["How often?"]
sides = [
  [{ document = "low.md", quote = "Take 5 mcg a day." }]
, [{ document = "high.md", quote = "Take 9 mcg a day." }]]
"""


def resolved(text: str) -> list[list[list[str]]]:
    return [[[span.text for span in side] for side in each.sides] for each in resolve(parse_disputes(text), PASSAGES)]


def test_quotes_become_the_spans_where_they_are_found() -> None:
    assert resolved(GOOD) == [[["Take 5 mcg a day."], ["Take 9 mcg a day."]]]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("Take 5", "Take 6", 'disputes.toml:3: dose: low.md: "Take 6 mcg a day." is not in it'),
        ("Take 9 mcg a day.", "day. Walk.", '"day. Walk." is not what can be quoted'),
    ],
)
def test_a_quote_that_cannot_be_shown_is_named(old: str, new: str, complaint: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        resolved(GOOD.replace(old, new))
    assert complaint in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[[dispute]]", "[[disputes]]", "disputes.toml:2: unknown key 'disputes'"),
        ('why = "5 or 9"', 'why = "5 or 9"\nbecause = "x"', "disputes.toml:6: unknown key 'because'"),
        ('[{ document = "high.md", quote = "Take 9 mcg a day." }]', "[]", "disputes.toml:8: sides"),
    ],
)
def test_an_error_in_the_file_is_one_line(old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(SourceFactsError) as raised:
        parse_disputes(GOOD.replace(old, new))
    assert complaint in raised.value.message


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return three_files(tmp_path)


DISPUTE = """
[[dispute]]
id = "fat"
topic = "How?"
why = "words"
sides = [[{ document = "nerves.md", quote = "%s" }], [{ document = "guides/food.md", quote = "%s" }]]
"""


def disputed(space: FakeWorkspace, *quotes: str) -> None:
    write(space.corpus, {"disputes.toml": DISPUTE % quotes})


def first_sentence(space: FakeWorkspace, name: str) -> str:
    return space.document(name).passages[0].sentences[0].text


def test_disputes_travel_in_the_index(space: FakeWorkspace) -> None:
    space.index()
    quotes = [first_sentence(space, name) for name in ("nerves.md", "guides/food.md")]
    disputed(space, *quotes)
    second = again(space)
    assert not second.index().unchanged
    collection = second.opened.collection
    assert [[span.text for span in side] for side in collection.disputes[0].sides] == [[quote] for quote in quotes]
    assert collection.examples is not None
    assert len(collection.examples) == 1
    assert again(space, RefusingEncoder()).index().unchanged
