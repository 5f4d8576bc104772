"""Ranking: for any documents, hits are allowed passages, best first, and MaxSim equals that of a slow oracle."""

from pathlib import Path

import numpy as np
import pytest
from builders import build_collection, build_document
from corpora import again, three_files
from fakes import PLAIN, FakeEncoder
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from b12assistant.answering.retrieval import Depths, Query, encode_query, rank
from b12assistant.index.collection import Collection
from b12assistant.types import Hit, Passage, Source

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


def test_ties_are_broken_by_row() -> None:
    collection = collection_of("Milk is white.", "Milk is white.", "Milk is white.", titles=("Milk", "Milk ", "Milk  "))
    assert files(hits_of("milk", collection)) == ["00.txt", "01.txt", "02.txt"]


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


def test_a_question_over_the_limit_is_read_whole() -> None:
    collection = collection_of("Tea is hot.", "Milk is white.")
    encoder = FakeEncoder(limit=5)
    words = [f"word{i}" for i in range(23)]
    query = asked(" ".join(words), collection, encoder)
    assert len(query.tokens) == 23
    assert " ".join(encoder.encoded).split() == words


def test_mapped_files_are_not_copied_and_give_the_same_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = three_files(tmp_path)
    space.index()
    monkeypatch.setattr("b12assistant.index.store.MAPPED_FROM", 1)
    mapped, question = again(space), "Do plants hold B12?"
    assert mapped.ask(question).answer == space.ask(question).answer
    assert mapped.search(question) == space.search(question)
    collection = mapped.opened.collection
    held = (collection.matrix, collection.context.tokens, collection.context.pieces, collection.context.starts)
    assert not any(array.flags.owndata or array.flags.writeable for array in held)
    assert isinstance(mapped.store.open().files["documents.jsonl"], memoryview)
