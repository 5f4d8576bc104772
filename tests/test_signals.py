"""What a question names, and which of it the sources lack."""

from __future__ import annotations

import numpy as np
import pytest
from builders import build_collection, build_document
from fakes import PLAIN, FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.engine import Engine
from b12assistant.answering.signals import Evidence, QuestionWord, Topics, load_topics, mean_of, words_of
from b12assistant.answers import Interpretation, Turn, TurnSlice
from b12assistant.config import Settings
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


def test_what_a_question_without_a_word_of_its_own_leans_on_counts() -> None:
    assert names("and why is that?", "does tea wrap myelin") == ["tea", "wrap", "myelin"]


def test_a_word_has_its_own_tokens() -> None:
    query = ENGINE.query("is coffee hot")
    assert [(word.term, word.tokens.tolist()) for word in words_of(query)] == [("coffe", [1]), ("hot", [2])]


@pytest.mark.parametrize(
    ("question", "missing"),
    [("myelin nerve", 0), ("myelin coffee", 1), ("coffee", 1), ("is it that", 1), ("?! ...", 1)],
)
def test_what_no_source_holds_is_missing(question: str, missing: float) -> None:
    assert evidence(question).missing == pytest.approx(missing, abs=1e-3)


@pytest.mark.parametrize(("before", "leaning"), [((), 0), (("does tea wrap myelin",), 1)])
def test_a_question_that_leans_on_another_is_known_as_such(before: tuple[str, ...], leaning: float) -> None:
    found = evidence("and coffee?", *before)
    assert found.signals(found.pool, np.ones(len(found.pool), np.float32), frozenset()).leaning == leaning


def test_context_never_lowers_the_bar() -> None:
    assert evidence("and coffee?", "myelin nerve fibres").missing == pytest.approx(1, abs=1e-3)
    assert evidence("and coffee?", "myelin nerve fibres").unknown == 1


def test_a_word_that_another_quote_holds_is_absent_and_not_missing() -> None:
    query = ENGINE.query("myelin tea")
    hits = ENGINE.hits(query)
    found = ENGINE.evidence(query, hits)
    by_text = {
        window.best.text: ENGINE.signals(query, found, window)
        for window in ENGINE.windows(query, hits, Settings())
        if len(window.spans) == 1 and window.spans[0].text == window.best.text
    }
    assert found.missing == 0
    assert all(each.absent == pytest.approx(1, abs=1e-3) for each in by_text.values())


def test_a_quote_from_beyond_the_passages_that_were_searched_has_signals_of_its_own() -> None:
    coffee = build_document("Coffee is black.", file="coffee.txt")
    engine = Engine(build_collection(build_document("Myelin wraps tea."), coffee), FakeEncoder(), PLAIN, TOPICAL)
    query = engine.query("myelin coffee")
    found = engine.hits(query)
    beyond = [hit for hit in found if hit.passage.document is coffee]
    searched = engine.evidence(query, [hit for hit in found if hit not in beyond])
    (window,) = engine.windows(query, beyond, Settings())
    told = engine.signals(query, searched, window)
    assert told.absent == pytest.approx(1, abs=1e-3)
    assert told.closeness == engine.signals(query, engine.evidence(query, found), window).closeness > 0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1), st.booleans()), min_size=1, max_size=6))
def test_signals_stay_between_0_and_1(drawn: list[tuple[float, float, bool]]) -> None:
    words = [QuestionWord(str(i), np.array([i])) for i in range(len(drawn))]
    best = np.array([cosine for _, cosine, _ in drawn], np.float32)
    unknown = frozenset(word.term for word, (_, _, counts) in zip(words, drawn, strict=True) if counts)
    topicality = np.array([topical for topical, _, _ in drawn], np.float32)
    found = Evidence(words, topicality, best, unknown, 0.5)
    assert 0 <= found.missing <= 1
    assert 0 <= found.signals(best, np.zeros(len(drawn), np.float32), frozenset()).absent <= 1


def test_a_mean_of_nothing_is_nothing() -> None:
    assert mean_of(np.zeros((0, 3), np.float32)).tolist() == [0, 0, 0]


def test_the_committed_table_is_of_the_shipped_encoder() -> None:
    assert load_topics().encoder == tuned_encoder(load_encoder()).digest


@pytest.mark.parametrize(("thing", "talk"), [("gout", "conclude"), ("statins", "shortage"), ("thyroid", "room")])
def test_the_committed_table_separates_things_from_talk(thing: str, talk: str) -> None:
    from b12assistant.language.words import terms

    words = [QuestionWord(terms(word)[0], np.zeros(0, np.int64)) for word in (thing, talk)]
    first, second = load_topics().of(words, np.zeros((1, 4), np.float32), "another encoder")
    assert first > 2 * second
