from collections.abc import Callable
from math import log

import pytest
from builders_milvus import lite, milvus_terms
from hypothesis import given, settings
from hypothesis import strategies as st

from b12assistant.index.lexical_index import BM25FIndex, Fields
from b12assistant.index.milvus import Collections
from b12assistant.language.words import terms
from b12assistant.protocols import LexicalIndex

BODIES = ["numb feet and cold hands", "numb toes", "a diet without meat", "cold cold cold weather"]
TITLES = ["Nerves", "Numb feet", "Food", "Weather"]
USUAL = Fields()
TEXTS = st.lists(st.sampled_from(["numb", "feet", "cold", "diet", "meat", "the"]), max_size=6).map(" ".join)
FEW = settings(max_examples=15)  # a collection on a server takes a tenth of a second
FIELDS = st.lists(st.tuples(TEXTS, TEXTS), max_size=8)


def index(bodies: list[str] = BODIES, titles: list[str] = TITLES, parameters: Fields = USUAL) -> BM25FIndex:
    return BM25FIndex.build(bodies, titles, parameters)


Build = Callable[..., LexicalIndex]  # bodies, titles and parameters; BODIES, TITLES and USUAL if not given


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Build:
    collections = Collections(lite(tmp_path_factory.mktemp("milvus")), "terms")

    def build(bodies: list[str] = BODIES, titles: list[str] = TITLES, parameters: Fields = USUAL) -> LexicalIndex:
        return milvus_terms(collections, index(bodies, titles, parameters), len(bodies))

    return build


@pytest.fixture(scope="module", params=["bm25f", "milvus"])
def build(request: pytest.FixtureRequest) -> Build:
    """Each implementation of ``LexicalIndex``."""
    made: Build = index if request.param == "bm25f" else request.getfixturevalue("milvus")
    return made


def found(lexical: LexicalIndex, question: str, k: int = 10) -> list[tuple[int, float]]:
    rows, scores = lexical.search(question, k)
    return list(zip(rows.tolist(), scores.tolist(), strict=True))


def slow_score(question: str, row: int, bodies: list[str], titles: list[str], p: Fields) -> float:
    """BM25F as the paper writes it, for one row."""
    fields = [
        ([terms(text) for text in bodies], p.b_body, 1.0),
        ([terms(text) for text in titles], p.b_title, p.title_weight),
    ]
    score = 0.0
    for term in terms(question):
        frequency = 0.0
        for texts, b, weight in fields:
            average = sum(map(len, texts)) / len(texts)
            if average:
                frequency += weight * texts[row].count(term) / (1 - b + b * len(texts[row]) / average)
        having = sum(any(term in texts[i] for texts, _, _ in fields) for i in range(len(bodies)))
        score += log(1 + (len(bodies) - having + 0.5) / (having + 0.5)) * frequency / (p.k1 + frequency)
    return score


def gives_the_scores_of_the_formula(build: Build, fields: list[tuple[str, str]], question: str) -> None:
    bodies, titles = [body for body, _ in fields], [title for _, title in fields]
    slow = {row: slow_score(question, row, bodies, titles, Fields()) for row in range(len(bodies))}
    fast = dict(found(build(bodies, titles), question))
    assert fast == pytest.approx({row: score for row, score in slow.items() if score > 0}, rel=1e-5)


@given(FIELDS, TEXTS)
def test_scores_are_those_of_the_formula(fields: list[tuple[str, str]], question: str) -> None:
    gives_the_scores_of_the_formula(index, fields, question)


@FEW
@given(FIELDS, TEXTS)
def test_scores_of_milvus_are_those_of_the_formula(milvus: Build, fields: list[tuple[str, str]], question: str) -> None:
    gives_the_scores_of_the_formula(milvus, fields, question)


def finds_in_order(build: Build, fields: list[tuple[str, str]], question: str, k: int) -> None:
    lexical = build([body for body, _ in fields], [title for _, title in fields])
    everything = found(lexical, question, len(fields))
    assert everything == sorted(everything, key=lambda pair: (-pair[1], pair[0]))
    assert found(lexical, question, k) == everything[:k]


@given(FIELDS, TEXTS, st.integers(0, 9))
def test_the_best_come_first_and_ties_go_by_row(fields: list[tuple[str, str]], question: str, k: int) -> None:
    finds_in_order(index, fields, question, k)


def test_a_text_that_shares_no_word_is_not_found(build: Build) -> None:
    assert found(build(), "the and of") == []


@pytest.mark.parametrize(("question", "share"), [("numb feet", 0.0), ("gout", 1.0)], ids=["all known", "unknown"])
def test_the_unknown_share_is_right_at_its_ends(build: Build, question: str, share: float) -> None:
    assert build().unknown_share(question) == share


@given(FIELDS, TEXTS)
def test_an_index_saved_and_loaded_is_the_same(fields: list[tuple[str, str]], question: str) -> None:
    lexical = index([body for body, _ in fields], [title for _, title in fields])
    again = BM25FIndex.from_bytes(lexical.to_bytes())
    assert again.to_bytes() == lexical.to_bytes()
    assert found(again, question) == found(lexical, question)
    assert again.unknown_share(question) == lexical.unknown_share(question)
