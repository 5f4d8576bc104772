"""What a question names, and which of it the sources lack."""

from __future__ import annotations

import numpy as np
import pytest
from builders import build_collection, build_document
from fakes import PLAIN, FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.engine import Engine
from b12assistant.answering.signals import Evidence, QuestionWord, Topics, load_topics
from b12assistant.answers import Interpretation, Turn, TurnSlice
from b12assistant.index.encoding import load_encoder, tuned_encoder

TOPICAL = Topics({}, np.zeros(0, np.float32), np.array([0, 0, 0, 20], np.float32), "")  # every word is a topic
ENGINE = Engine(
    build_collection(build_document("Myelin wraps nerve fibres. Tea is hot.")), FakeEncoder(), PLAIN, TOPICAL
)


def evidence(question: str, *before: str) -> Evidence:
    turns = [Turn(i, text) for i, text in enumerate((*before, question))]
    read_as = Interpretation(tuple(TurnSlice(turn, 0, len(turn.text)) for turn in turns))
    query = ENGINE.query_of(read_as)
    return ENGINE.evidence(query, ENGINE.hits(query))


def names(question: str, *before: str) -> list[str]:
    return [word.term for word in evidence(question, *before).words]


def test_the_words_of_a_question_are_its_informative_ones_in_order() -> None:
    assert names("does coffee wrap the myelin, and coffee again?") == ["coffe", "wrap", "myelin"]


def test_what_a_question_leans_on_does_not_count() -> None:
    assert names("and coffee?", "does tea wrap myelin") == ["coffe"]


@pytest.mark.parametrize(
    ("question", "missing"),
    [("myelin nerve", 0), ("myelin coffee", 1), ("coffee", 1), ("is it that", 1), ("?! ...", 1)],
)
def test_what_no_source_holds_is_missing(question: str, missing: float) -> None:
    assert evidence(question).missing == pytest.approx(missing, abs=1e-3)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1), st.booleans()), min_size=1, max_size=6))
def test_signals_stay_between_0_and_1(drawn: list[tuple[float, float, bool]]) -> None:
    words = [QuestionWord(str(i), np.array([i])) for i in range(len(drawn))]
    best = np.array([cosine for _, cosine, _ in drawn], np.float32)
    unknown = frozenset(word.term for word, (_, _, counts) in zip(words, drawn, strict=True) if counts)
    topicality = np.array([topical for topical, _, _ in drawn], np.float32)
    found = Evidence(words, topicality, best, unknown, 0.5)
    assert 0 <= found.missing <= 1
    assert 0 <= found.signals(best, np.zeros(len(drawn), np.float32), frozenset()).absent <= 1


def test_the_committed_table_is_of_the_shipped_encoder() -> None:
    assert load_topics().encoder == tuned_encoder(load_encoder()).digest
