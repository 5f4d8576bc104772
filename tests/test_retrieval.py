"""Ranking: for any documents, hits are allowed passages, best first, and MaxSim equals that of a slow oracle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import build_collection, build_document
from fakes import PLAIN, FakeEncoder
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from b12assistant.answering.retrieval import Depths, Query, Weights, encode_query, rank
from b12assistant.index.collection import Collection
from b12assistant.index.token_store import Projection
from b12assistant.types import DocumentId, Hit, Passage, Source

DEPTHS = Depths()
WORDS = ("nerve", "milk", "folate", "anaemia", "tongue", "numb", "test", "vegan")
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(lambda words: f"{' '.join(words)}.".capitalize()),
    min_size=1,
    max_size=6,
)


def collection_of(*texts: str, titles: tuple[str, ...] = ()) -> Collection:
    """One document for each text; without ``titles`` each has one of its own."""
    return build_collection(
        *(
            build_document(text, file=f"{i:02}.txt", source=Source(title=titles[i] if titles else f"Untitled{i}"))
            for i, text in enumerate(texts)
        )
    )


def asked(question: str, collection: Collection, encoder: FakeEncoder | None = None) -> Query:
    return encode_query(question, collection, encoder or FakeEncoder(), PLAIN)


def hits_of(question: str, collection: Collection, *, depths: Depths = DEPTHS, k: int = 10) -> tuple[Hit, ...]:
    return rank(asked(question, collection), collection, lambda row: True, k, depths=depths)


def files(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.passage.document.id for hit in hits]


@given(TEXTS, st.lists(st.sampled_from((*WORDS, "unheard")), min_size=1, max_size=4).map(" ".join), st.integers(1, 8))
def test_hits_come_best_first_and_count_from_one(texts: list[str], question: str, k: int) -> None:
    collection = collection_of(*texts)
    hits = hits_of(question, collection, k=k)
    keys = [(-hit.score, collection.row(hit.passage)) for hit in hits]
    assert keys == sorted(keys)
    assert [hit.rank for hit in hits] == list(range(1, min(k, len(collection.passages)) + 1))


@given(TEXTS, st.sets(st.integers(0, 5)), st.integers(1, 3))
def test_only_allowed_passages_are_hit(texts: list[str], refused: set[int], candidates: int) -> None:
    collection = collection_of(*texts)
    refused_ids = {f"{i:02}.txt" for i in refused}

    def allow(row: int) -> bool:
        return collection.passages[row].document.id not in refused_ids

    depths = Depths(candidates=candidates, rescored=1)
    hits = rank(asked("nerve milk", collection), collection, allow, 10, depths=depths)
    assert not set(files(hits)) & refused_ids
    assert bool(hits) == any(document.id not in refused_ids for document in collection.documents)


def test_a_refused_passage_displaces_none_of_the_candidates() -> None:
    collection = collection_of("Nerve nerve.", "Nerve nerve nerve.", "Milk and a nerve.")
    depths = Depths(candidates=1, rescored=1)
    hits = rank(asked("nerve", collection), collection, lambda row: row == 2, 5, depths=depths)
    assert files(hits) == ["02.txt"]


def test_ties_are_broken_by_row() -> None:
    collection = collection_of("Milk is white.", "Milk is white.", "Milk is white.", titles=("Milk", "Milk ", "Milk  "))
    assert files(hits_of("milk", collection)) == ["00.txt", "01.txt", "02.txt"]


def test_the_passage_that_shares_the_words_is_first() -> None:
    collection = collection_of("Tea is hot.", "Folate hides anaemia.", "Milk is white.")
    assert files(hits_of("does folate hide anaemia", collection, k=1)) == ["01.txt"]


def test_a_question_without_a_known_word_makes_no_difference_between_passages() -> None:
    collection = collection_of("Tea is hot.", "Milk is white.")
    hits = hits_of("zyxwv", collection)
    assert files(hits) == ["00.txt", "01.txt"]
    assert hits[0].score == hits[1].score


def test_a_question_without_a_token_still_gets_a_ranking() -> None:
    assert len(hits_of("??", collection_of("Tea is hot.", "Milk is white."))) == 2


def test_the_best_of_many_rescored_is_not_lost_beyond_the_rescored() -> None:
    texts = [f"Nerve word{i}." for i in range(6)]
    collection = collection_of(*texts)
    assert len(hits_of("nerve", collection, depths=Depths(candidates=6, rescored=2))) == 6


def maxsim(query: Query, passage: Passage, weights: NDArray[np.float32]) -> float:
    """The oracle: every token of the question against every token of the title and of each sentence, in plain loops."""
    encoder = FakeEncoder()
    words = [passage.document.title, *(span.text for span in passage.sentences)]
    tokens = [token for text in words for encoded in encoder.encode([text]) for token in encoded.tokens]
    total = 0.0
    for weight, asked_token in zip(weights, query.tokens, strict=True):
        total += float(weight) * max(float(asked_token @ token) for token in tokens)
    return total


@given(TEXTS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join))
def test_late_interaction_is_what_the_oracle_says(texts: list[str], question: str) -> None:
    collection = collection_of(*texts)
    query = asked(question, collection)
    starts = collection.context_starts
    for row, passage in enumerate(collection.passages):
        best = collection.context.best(query.tokens, starts[row], starts[row + 1]).max(axis=0)
        for weights in (query.plain, query.informative):
            assert float(best @ weights) == pytest.approx(maxsim(query, passage, weights), abs=1e-5)


def test_the_order_follows_maxsim_where_nothing_else_differs() -> None:
    """All are equally long; only the first has both words of the question."""
    collection = collection_of("Nerve and tea.", "Nerve and milk.", "Nerve or rice.", "Nerve or salt.", "Tea or salt.")
    query = asked("tea nerve", collection)
    scores = [maxsim(query, passage, query.informative) for passage in collection.passages]
    assert files(hits_of("tea nerve", collection, k=1)) == [f"{int(np.argmax(scores)):02}.txt"]


def test_late_interaction_decides_where_both_rankers_are_even() -> None:
    even, other = collection_of("Milk is white.", "Milk is white."), collection_of("Salt is white.", "Milk is white.")
    assert files(hits_of("milk", replace(even, context=other.context))) == ["01.txt", "00.txt"]


@given(TEXTS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join))
def test_the_weights_of_a_query_add_up_to_one(texts: list[str], question: str) -> None:
    query = asked(question, collection_of(*texts))
    assert float(query.plain.sum()) == pytest.approx(1, abs=1e-5)
    assert float(query.informative.sum()) == pytest.approx(1, abs=1e-5)


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    query = asked("milk tea", collection_of("Milk tea.", "Milk rice.", "Milk salt."))
    assert query.informative[1] > query.informative[0]


def test_a_word_that_is_rare_in_language_weighs_more() -> None:
    encoder, collection = FakeEncoder(), collection_of("Milk tea.")
    idf = np.ones(encoder.dimension, np.float32)
    idf[encoder.piece("tea")] = 9
    query = encode_query("milk tea", collection, encoder, Projection(None, idf))
    assert query.informative.tolist() == pytest.approx([0.25, 0.75])


def test_a_question_over_the_limit_is_read_whole() -> None:
    collection = collection_of("Tea is hot.", "Milk is white.")
    encoder = FakeEncoder(limit=5)
    words = [f"word{i}" for i in range(23)]
    query = asked(" ".join(words), collection, encoder)
    assert len(query.tokens) == 23
    assert " ".join(encoder.encoded).split() == words


def test_the_end_of_a_long_question_is_searched() -> None:
    collection = collection_of("Tea is hot.", "Folate hides anaemia.", "Milk is white.")
    question = "please tell me " * 120 + "folate anaemia"
    assert len(question) < 2_000 < len(question) * 2
    assert files(hits_of(question, collection, k=1)) == ["01.txt"]


@pytest.mark.parametrize("blank", [" ", "\n", "\t"])
def test_a_long_question_is_divided_between_words(blank: str) -> None:
    encoder = FakeEncoder(limit=3)
    asked(blank.join(["cobalamin"] * 9), collection_of("Tea."), encoder)
    assert {word for text in encoder.encoded for word in text.split()} == {"cobalamin"}


def test_the_vector_of_a_long_question_has_unit_length() -> None:
    query = asked("milk tea rice salt " * 9, collection_of("Tea."), FakeEncoder(limit=4))
    assert float(np.linalg.norm(query.vector)) == pytest.approx(1, abs=1e-5)


def test_what_is_like_the_leader_is_lifted() -> None:
    collection = collection_of("Nerve milk milk.", "Tea milk milk.", "Tea rice rice.", "Salt rice rice.")

    def lead(feedback: float) -> float:
        weights = Weights(feedback=feedback)
        hits = rank(asked("nerve", collection), collection, lambda row: True, 9, weights)
        found = {hit.passage.document.id: hit.score for hit in hits}
        return found[DocumentId("01.txt")] - found[DocumentId("02.txt")]

    assert lead(1) > lead(0) + 0.2
