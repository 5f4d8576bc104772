"""Differences that curators wrote down: exact quotes become spans, and each mistake is one line that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import build_document, build_passages
from corpora import again, capsules, three_files, write
from fakes import FakeEncoder, FakeWorkspace, RefusingEncoder

from b12assistant.corpus.disputes import disputes_from_bytes, disputes_to_bytes, parse_disputes, resolve
from b12assistant.corpus.folder import corpus_disputes
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


def test_disputes_survive_being_written() -> None:
    disputes = resolve(parse_disputes(GOOD), PASSAGES)
    assert (
        disputes_from_bytes(disputes_to_bytes(disputes), {each.id: each for each in DOCUMENTS}.__getitem__) == disputes
    )


def test_no_text_is_copied_into_the_index() -> None:
    assert b"Take" not in disputes_to_bytes(resolve(parse_disputes(GOOD), PASSAGES))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("Take 5", "Take 6", 'disputes.toml:3: dose: low.md: "Take 6 mcg a day." is not in it'),
        ("Take 5 mcg a day.", "Rest is good.", '"Rest is good." is there twice'),
        ("Take 9 mcg a day.", "day. Walk.", '"day. Walk." is not what can be quoted'),
        ('"low.md"', '"none.md"', "dose: none.md is not in the index"),
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
        ("[[dispute]]", "[[dispute", "not valid TOML"),
        ('id = "dose"', "", "disputes.toml:2: id is missing"),
        ('why = "5 or 9"', "", "disputes.toml:2: why is missing"),
        ('why = "5 or 9"', 'because = "x"', "disputes.toml:2: why is missing"),
        ('why = "5 or 9"', 'why = "5 or 9"\nbecause = "x"', "disputes.toml:6: unknown key 'because'"),
        ('asked = ["What dose?"]', "asked = 3", "disputes.toml:6: asked = 3"),
        ('\n, [{ document = "high.md", quote = "Take 9 mcg a day." }]', "", "disputes.toml:8: sides"),
        ('[{ document = "high.md", quote = "Take 9 mcg a day." }]', "[]", "disputes.toml:8: sides"),
        ('{ document = "high.md", quote', '{ document = "high.md", words', "disputes.toml:8: sides"),
    ],
)
def test_an_error_in_the_file_is_one_line(old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(SourceFactsError) as raised:
        parse_disputes(GOOD.replace(old, new))
    assert complaint in raised.value.message


def test_a_topic_may_be_given_only_once() -> None:
    with pytest.raises(SourceFactsError, match="dose is there twice"):
        parse_disputes(GOOD + GOOD)


def test_the_file_of_a_corpus_is_read_and_named(tmp_path: Path) -> None:
    (tmp_path / "disputes.toml").write_text(GOOD, "utf-8")
    assert [entry.id for entry in corpus_disputes(tmp_path)] == ["dose"]
    (tmp_path / "disputes.toml").write_bytes(b"\xff")
    with pytest.raises(SourceFactsError, match=r"disputes\.toml cannot be read"):
        corpus_disputes(tmp_path)


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


def test_ways_to_ask_are_encoded_again_by_another_runtime(space: FakeWorkspace) -> None:
    write(space.corpus, capsules())
    space.index()
    encoder = FakeEncoder(runtime={"encoder": "another"})
    again(space, encoder).index()
    assert "Are capsules as good as a syringe?" in encoder.encoded


def test_a_dispute_whose_quote_is_gone_fails_and_leaves_the_former_index(space: FakeWorkspace) -> None:
    first = space.index()
    disputed(space, "Words that stand nowhere.", "Nor these.")
    with pytest.raises(
        SourceFactsError, match=r'disputes\.toml:3: fat: nerves\.md: "Words that stand nowhere\." is not in it'
    ):
        again(space).index()
    assert again(space).opened.collection.generation == first.generation
