"""Differences: when one is shown, and which sentences are its sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import build_collection, build_document
from builders_answers import assistant, source
from builders_quotes import passages_of, windows_of
from fakes import PLAIN, FakeEncoder

from b12assistant.answering.engine import Engine
from b12assistant.answering.quoting import Difference, Window, find_difference
from b12assistant.answers import Answer, Interpretation, TopicId, Turn, TurnSlice
from b12assistant.config import Settings
from b12assistant.corpus.disputes import Dispute
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
    parts = tuple(TurnSlice(Turn(i, text), 0, len(text)) for i, text in enumerate(turns))
    query = engine.query_of(Interpretation(parts))
    windows = engine.windows(query, engine.hits(query), Settings())
    found = engine.difference(query, windows)
    assert (found is not None) is told
