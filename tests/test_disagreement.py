"""Sides that belong together: which windows they are, where they stand among the candidates, and by what number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import build_collection, build_document
from builders_answers import assistant, source
from builders_quotes import passages_of, windows_of
from fakes import PLAIN, FakeEncoder

from b12assistant.answering.disagreement import Difference, curated, numbered, with_sides
from b12assistant.answering.engine import Engine
from b12assistant.answering.quoting import Window
from b12assistant.answers import Answer, Interpretation, TopicId, Turn, TurnSlice
from b12assistant.config import Settings
from b12assistant.corpus.disputes import Dispute
from b12assistant.types import Document, Source, Span

TOPIC = TopicId("dose")


def window(text: str, score: float = 0.5, file: str = "", based_on: str | None = None) -> Window:
    document = build_document(text, file=file or f"{text[:3]}.md", source=Source(based_on=based_on))
    return replace(windows_of(passages_of(document)[0], "zebra")[0], score=score)


def span_of(window: Window) -> Span:
    return window.best


LOW, HIGH = window("Take 5 mcg daily.", 0.6), window("Have 9 mcg daily.", 0.5)
TEA = window("Tea is hot.", 0.7)


def of_dispute(found: list[Window], asked: float, low: Window = LOW, high: Window = HIGH) -> Difference | None:
    dispute = Dispute(TOPIC, ("How much?",), ((span_of(low),), (span_of(high),)))
    by_span = {span_of(each): each for each in (low, high)}
    return curated([dispute], [asked], found, 2, by_span.get)


@pytest.mark.parametrize(("asked", "told"), [(0.71, True), (0.69, False)])
def test_a_topic_is_told_when_the_question_is_near_it(asked: float, told: bool) -> None:
    assert (of_dispute([LOW], asked) is not None) is told


def test_a_topic_is_not_told_when_its_sides_are_far_behind() -> None:
    assert of_dispute([replace(TEA, score=0.8)], 0.89) is None
    assert of_dispute([replace(TEA, score=0.8)], 0.91) is not None


@pytest.mark.parametrize(("asked", "told"), [(0.81, True), (0.79, False)])
def test_without_a_side_among_the_best_a_topic_is_told_only_when_the_question_is_clearly_about_it(
    asked: float, told: bool
) -> None:
    ahead = [TEA, window("Rice is white.", 0.65)]
    assert (of_dispute([*ahead, LOW], asked) is not None) is told
    assert of_dispute([TEA, LOW], asked) is not None


def test_a_side_that_may_not_be_quoted_takes_the_topic_away() -> None:
    dispute = Dispute(TOPIC, ("How much?",), ((span_of(LOW),), (span_of(HIGH),)))
    assert curated([dispute], [0.9], [TEA], 3, {span_of(LOW): LOW}.get) is None


def test_the_candidate_that_holds_a_side_shows_it() -> None:
    longer = replace(LOW, score=0.9)
    found = of_dispute([longer], 0.9)
    assert found is not None
    assert found.sides == (longer, HIGH)


def test_sides_stand_in_front_behind_a_best_that_is_none_of_them() -> None:
    difference = Difference(TOPIC, sides=(HIGH, LOW))
    assert with_sides([TEA, LOW], difference, 3) == (TEA, LOW, HIGH)
    assert with_sides([LOW, TEA], difference, 3) == (LOW, HIGH, TEA)
    assert with_sides([TEA, LOW], difference, 2) == (LOW, HIGH, TEA)
    assert with_sides([TEA, LOW], None, 3) == (TEA, LOW)


def test_sides_are_told_by_the_numbers_of_their_quotes() -> None:
    difference = Difference(TOPIC, sides=(HIGH, LOW))
    assert numbered(difference, [TEA.spans, LOW.spans, HIGH.spans])[0].sides == ((2,), (3,))
    assert numbered(difference, [TEA.spans, LOW.spans]) == ()
    assert numbered(None, [TEA.spans]) == ()


def ask(question: str, *documents: Document) -> Answer:
    return assistant(*documents).reply(question).answer


def test_different_figures_alone_are_no_difference() -> None:
    one = source("Take 500 mcg of cobalamin daily.", "one.txt")
    other = source("Take 100 mcg of cobalamin daily.", "other.txt")
    assert ask("take mcg of cobalamin daily", one, other).disagreements == ()


def test_an_answer_without_a_difference_names_none() -> None:
    assert ask("myelin wraps fibres", source("Myelin wraps fibres.", "one.txt")).disagreements == ()


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        (["how many mcg daily?"], True),
        (["how many mcg daily?", "what does tea cost?"], False),
        (["what does tea cost?", "how many mcg daily?"], True),
    ],
    ids=["alone", "in the turn before", "in this turn"],
)
def test_the_question_s_own_words_tell_the_topic(turns: list[str], told: bool) -> None:
    one, other = source("Have 500 mcg daily.", "one.txt"), source("Have 100 mcg daily.", "other.txt")
    encoder = FakeEncoder()
    dispute = Dispute(TOPIC, ("How many mcg daily?",), tuple((each.span(0, len(each.text)),) for each in (one, other)))
    asked = np.stack([each.vector for each in encoder.encode(dispute.asked)])
    collection = replace(build_collection(one, other), disputes=(dispute,), asked=asked)
    engine = Engine(collection, encoder, PLAIN)
    parts = tuple(TurnSlice(Turn(i, text), 0, len(text)) for i, text in enumerate(turns))
    query = engine.query_of(Interpretation(parts))
    windows = engine.windows(query, engine.hits(query, Settings(), 20), Settings())
    found = engine.difference(query, windows, Settings())
    assert (found is not None) is told
