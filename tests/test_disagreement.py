"""Differences: when one is shown, and which sentences are its sides."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import build_collection, build_document, build_passages
from builders_answers import assistant, source
from builders_quotes import passages_of, windows_of
from corpora import again, three_files, write
from fakes import PLAIN, FakeEncoder, FakeWorkspace, RefusingEncoder, fake_workspace

from b12assistant.answering.engine import Engine
from b12assistant.answering.quoting import Difference, Window, find_difference
from b12assistant.answers import Answer, Interpretation, TopicId, Turn, TurnSlice
from b12assistant.corpus.disputes import DISPUTES_FILE, Dispute, resolve
from b12assistant.corpus.folder import corpus_disputes
from b12assistant.errors import SourceFactsError
from b12assistant.language.claims import claims_of, hold
from b12assistant.types import Document, Span

TOPIC = TopicId("dose")


def window(text: str, score: float = 0.5, file: str = "") -> Window:
    document = build_document(text, file=file or f"{text[:3]}.md")
    return replace(windows_of(passages_of(document)[0], "zebra")[0], score=score)


def span_of(window: Window) -> Span:
    return window.best


LOW, HIGH = window("Take 5 mcg daily.", 0.6), window("Have 9 mcg daily.", 0.5)


NEAR = (0.9, 0.5)


def of_dispute(best: float, near: tuple[float, float], low: Window = LOW, high: Window = HIGH) -> Difference | None:
    dispute = Dispute(TOPIC, ("How much?",), ((span_of(low),), (span_of(high),)))
    by_span = {span_of(window): window for window in (low, high)}
    return find_difference([dispute], [near], best, by_span.get)


@pytest.mark.parametrize(("asked", "shown"), [(0.77, True), (0.59, False)])
def test_a_difference_is_shown_if_the_question_is_near_a_way_to_ask(asked: float, shown: bool) -> None:
    assert (of_dispute(0.6, (asked, 0.0)) is not None) is shown


@pytest.mark.parametrize(("other", "shown"), [(0.79, True), (0.81, False), (0.95, False)])
def test_a_difference_is_not_shown_if_a_counter_example_is_about_as_near(other: float, shown: bool) -> None:
    assert (of_dispute(0.6, (0.9, other)) is not None) is shown


def test_a_difference_is_not_shown_if_a_side_is_far_behind_the_best_quote() -> None:
    assert of_dispute(0.7, (1.0, 0.0)) is not None
    assert of_dispute(0.85, (1.0, 0.0)) is None


def test_a_difference_is_not_shown_if_a_side_may_not_be_quoted() -> None:
    dispute = Dispute(TOPIC, ("How much?",), ((span_of(LOW),), (span_of(HIGH),)))
    assert find_difference([dispute], [NEAR], 0.6, {span_of(LOW): LOW}.get) is None


def test_two_places_of_one_document_are_not_a_difference() -> None:
    one = window("Take 5 mcg daily.", 0.6, "both.md")
    other = replace(one, best=window("Have 9 mcg daily.", 0.5, "else.md").best)
    assert of_dispute(0.6, NEAR, one, other) is None


def ask(question: str, *documents: Document) -> Answer:
    return assistant(*documents).reply(question).answer


def test_different_figures_alone_are_not_a_difference() -> None:
    one = source("Take 500 mcg of cobalamin daily.", "one.txt")
    other = source("Take 100 mcg of cobalamin daily.", "other.txt")
    assert ask("take mcg of cobalamin daily", one, other).disagreements == ()


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        (["how many mcg daily?"], True),
        (["how many mcg daily?", "what does tea cost?"], False),
        (["what does tea cost?", "how many mcg daily?"], True),
    ],
    ids=["alone", "in the turn before", "in this turn"],
)
def test_the_questions_own_words_decide_the_topic(turns: list[str], told: bool) -> None:
    one, other = source("Have 500 mcg daily.", "one.txt"), source("Have 100 mcg daily.", "other.txt")
    encoder = FakeEncoder()
    dispute = Dispute(TOPIC, ("How many mcg daily?",), tuple((each.span(0, len(each.text)),) for each in (one, other)))
    examples = np.stack([encoded.vector for encoded in encoder.encode(dispute.examples)])
    collection = replace(build_collection(one, other), disputes=(dispute,), examples=examples)
    engine = Engine(collection, encoder, PLAIN)
    *context, own = (TurnSlice(Turn(i, text), 0, len(text)) for i, text in enumerate(turns))
    sought = engine.sought(Interpretation(own, tuple(context)))
    windows = engine.windows(sought, engine.hits(sought.query), 12)
    found = engine.difference(sought, windows)
    assert (found is not None) is told


LOW_TEXT = "Take 5 mcg a day. Rest is good. Rest is good."
HIGH_TEXT = "Take 9 mcg a day. Walk."
DOCUMENTS = (build_document(LOW_TEXT, file="low.md"), build_document(HIGH_TEXT, file="high.md"))
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


def resolved(text: str, corpus: Path) -> list[list[list[str]]]:
    entries = corpus_disputes(write(corpus, {DISPUTES_FILE: text}))
    return [[[span.text for span in side] for side in each.sides] for each in resolve(entries, PASSAGES)]


def test_quotes_become_the_spans_where_they_are_found(tmp_path: Path) -> None:
    assert resolved(GOOD, tmp_path) == [[["Take 5 mcg a day."], ["Take 9 mcg a day."]]]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("Take 5", "Take 6", 'disputes.toml: dose: low.md: "Take 6 mcg a day." is not in it'),
        ("Take 9 mcg a day.", "day. Walk.", '"day. Walk." is not what can be quoted'),
    ],
)
def test_a_quote_that_cannot_be_shown_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        resolved(GOOD.replace(old, new), tmp_path)
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
def test_an_error_in_the_file_is_one_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(SourceFactsError) as raised:
        corpus_disputes(write(tmp_path, {DISPUTES_FILE: GOOD.replace(old, new)}))
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


SAME = [
    ("Take one tablet every day for three months.", "Take a tablet daily for 3 months."),
    ("Injections are given every two weeks.", "Injections are given fortnightly."),
    ("Adults need 1,500 mcg.", "Adults need 1.5 mg."),
    ("The pool is 25 m long.", "The pool is 25 metres long."),
    ("Admission is €4.", "Admission is 4 euros."),
    ("Anyone under 12 pays half.", "Anyone under twelve pays half."),
    ("It is taken on alternate days.", "It is taken every second day."),
    ("It often comes back.", "It comes back."),
    ("Vitamin B12 is stored.[12]", "Vitamin B12 is stored.[3]"),
    ("Children swim on Monday.", "On Monday, kids swim."),
]
DIFFERENT = [
    ("Take one tablet every day for three months.", "Take one tablet every second day for three months."),
    ("Take one tablet once a day.", "Take one tablet twice a day."),
    ("Take one tablet daily.", "Take two tablets daily."),
    ("Admission is 4 euros.", "Admission is 6 euros."),
    ("Admission is 4 euros.", "Admission is 4 pounds."),
    ("Take 2 mg.", "Take 2 mcg."),
    ("Anyone under twelve swims free.", "Anyone under six swims free."),
    ("Anyone under 12 swims free.", "Anyone over 12 swims free."),
    ("Pregnant women need 4 mcg.", "Children need 4 mcg."),
    ("Vegans need 4 mcg.", "Everyone needs 4 mcg."),
    ("Dogs are allowed here.", "Dogs are not allowed here."),
    ("It often comes back.", "It rarely comes back."),
    ("It always comes back.", "It sometimes comes back."),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_words_for_the_same_hold_each_other(one: str, other: str) -> None:
    assert hold(claims_of(one), claims_of(other))
    assert hold(claims_of(other), claims_of(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_in_more_than_words_is_not_held_by_the_other(one: str, other: str) -> None:
    assert not (hold(claims_of(one), claims_of(other)) and hold(claims_of(other), claims_of(one)))


def test_a_sentence_that_claims_less_is_held_but_not_one_for_everyone_by_one_for_some() -> None:
    assert hold(claims_of("Take 2 mg daily for 3 weeks."), claims_of("Take 2 mg daily."))
    assert not hold(claims_of("Take 2 mg daily."), claims_of("Take 2 mg daily for 3 weeks."))
    assert not hold(claims_of("Vegans take 2 mg."), claims_of("Take 2 mg."))


SHOWN = [
    (
        "The doctor says: take one tablet every day for three months.",
        "The doctor says: take one tablet every second day for three months.",
        "The doctor says take one tablet for three months",
    ),
    ("Dogs are allowed in the town pool.", "Dogs are not allowed in the town pool.", "Are dogs allowed in the pool?"),
]


@pytest.mark.parametrize(("one", "other", "question"), SHOWN)
@pytest.mark.parametrize("apart", [True, False], ids=["two files", "one file"])
def test_two_sentences_that_claim_different_things_are_both_shown(
    one: str, other: str, question: str, apart: bool, tmp_path: Path
) -> None:
    files = (
        {"a.md": f"# A\n\n{one}\n", "b.md": f"# B\n\n{other}\n"} if apart else {"a.md": f"# A\n\n{one}\n\n{other}\n"}
    )
    assert shown(files, question, tmp_path) == {one, other}


def test_the_same_in_other_words_is_not_shown_twice(tmp_path: Path) -> None:
    one, other = "Take one tablet every day for three months.", "Take a tablet every day for 3 months."
    assert len(shown({"a.md": f"# A\n\n{one}\n", "b.md": f"# B\n\n{other}\n"}, one, tmp_path)) == 1


def shown(files: dict[str, str], question: str, folder: Path) -> set[str]:
    """Return the quotes of the answer over a corpus of these files."""
    space = fake_workspace(write(folder / "corpus", files), folder / "index")
    space.index()
    answer = again(space).ask(question).answer
    return {" ".join(span.text for span in quote.spans) for quote in answer.quotes}
