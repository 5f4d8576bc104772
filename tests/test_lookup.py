"""Look up: both ways find what they should, filters work, and nothing is found that may not be quoted."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import build_collection, build_document
from corpora import again, three_files
from fakes import PLAIN, FakeEncoder, FakeWorkspace
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from serving import page_of, small_space
from starlette.testclient import TestClient

from b12assistant.answering.lookup import LookUp, Match, Sieve, phrase
from b12assistant.answering.retrieval import Depths, Mask, Query, Rows, encode_query, rank
from b12assistant.corpus.publishers import PublisherKind
from b12assistant.display.addresses import read_link
from b12assistant.index.collection import Collection
from b12assistant.types import Hit, Passage, Source

CORPUS = {
    "nerves.md": "---\ntitle: Nerves\nkind: guideline\npublisher: The Nerve Society\n"
    "words: original\npublished: 2020-05-01\n---\n\n# Nerves\n\n"
    "Myelin wraps every nerve. It’s made of fat. Numb feet are an early sign.\n",
    "guides/food.html": "<h1>Food</h1><p>Fish holds vitamin B12. Cold feet want socks.</p>",
    "shop.md": "---\ntitle: Drips\nkind: vendor\nwords: original\ncommercial_interest: true\npublished: 2024-01-01\n"
    "---\n\n"
    "# Drips\n\nOur golden drip warms cold feet.\n",
    "old.md": "---\ntitle: Old\nwords: original\nwithdrawn: true\n---\n\n"
    "# Old\n\nCold feet were cured by a golden spoon.\n",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("lookup"), CORPUS)


WAYS = (False, True)  # the best, and those with the exact phrase


def found(
    library: FakeWorkspace, text: str, sieve: Sieve | None = None, k: int = 200, *, exact: bool = False
) -> tuple[Match, ...]:
    return LookUp(library.engine, text, sieve or Sieve()).matches(k, exact=exact)


def documents(matches: tuple[Match, ...]) -> list[str]:
    return [match.passage.document.id for match in matches]


def test_words_find_their_inflections_and_mark_them(library: FakeWorkspace) -> None:
    match = found(library, "wrapping nerves")[0]
    document = match.passage.document
    assert match.best.text == "Myelin wraps every nerve."
    assert [document.slice(word) for word in match.words] == ["wraps", "nerve"]
    assert match.in_title


def test_a_phrase_is_found_over_a_line_end_with_another_apostrophe_in_any_case(library: FakeWorkspace) -> None:
    (match,) = found(library, "IT'S  made of", exact=True)
    assert [match.passage.document.slice(each) for each in match.phrases] == ["It’s made of"]
    assert match.best.text == "It’s made of fat."
    assert found(library, "made of it's", exact=True) == ()
    assert phrase("it's made").search("It’s\nmade")


def test_no_way_finds_withdrawn_documents(library: FakeWorkspace) -> None:
    for exact in WAYS:
        assert "old.md" not in documents(found(library, "cold feet", exact=exact))


@pytest.mark.parametrize(
    ("sieve", "left"),
    [
        (Sieve(kinds=frozenset({PublisherKind.SELLER})), {"shop.md"}),
        (Sieve(publisher="soc nerve"), {"nerves.md"}),
        (Sieve(document="guides/"), {"guides/food.html"}),
        (Sieve(since=2020, until=2020), {"nerves.md"}),
        (Sieve(), {"nerves.md", "guides/food.html", "shop.md"}),
    ],
    ids=["seller", "publisher", "id", "between", "all"],
)
def test_a_sieve_lets_only_what_is_wanted_through(sieve: Sieve, left: set[str], library: FakeWorkspace) -> None:
    for exact in WAYS:
        assert set(documents(found(library, "feet", sieve, exact=exact))) == left


SUMMARY = {
    "feet.md": "---\ntitle: Feet\nwords: project_summary\nbased_on: two pages\n---\n\n# Feet\n\n"
    "Warm socks help cold feet. A golden drip does nothing for cold feet.\n",
    "sources.toml": "".join(
        f'[[origin]]\nid = "{name}"\ntitle = "{name} on feet"\npublisher = "{publisher}"\nkind = "{kind}"\n'
        f'country = "GB"\npublished = "{year}"\nread_on = 2026-01-01\nurl = "https://example.org/{name}"\n'
        'terms = "open"\nread = "whole"\npart_read = "all"\n\n'
        for name, publisher, kind, year in (
            ("socks", "Royal Sock Society", "guideline", "2019"),
            ("drips", "Drip <b>Digest</b>", "review", "unknown"),
        )
    ),
    "sentences/feet.md.jsonl": '{"text": "Warm socks help cold feet.", "origins": {"socks": "p. 1"}}\n'
    '{"text": "A golden drip does nothing for cold feet.", "origins": {"drips": "p. 2"}}\n',
}


@pytest.mark.parametrize(
    ("sieve", "best"),
    [
        (Sieve(publisher="royal sock"), "Warm socks help cold feet."),
        (Sieve(publisher="digest"), "A golden drip does nothing for cold feet."),
        (Sieve(publisher="royal", kinds=frozenset({PublisherKind.REVIEW})), None),
    ],
    ids=["publisher", "markup", "not both"],
)
def test_a_filter_finds_the_sentence_that_rests_on_the_publication(
    sieve: Sieve, best: str | None, tmp_path: Path
) -> None:
    library = small_space(tmp_path, SUMMARY)
    for exact in WAYS:
        matches = found(library, "cold feet", sieve, exact=exact)
        assert [match.best.text for match in matches] == ([best] if best else []), exact
        assert all(match.best.range.contains(word) for match in matches for word in match.words)


@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=10))
def test_whatever_is_typed_is_found_as_it_is(text: str, before: str, after: str) -> None:
    typed = " ".join(text.split())
    match = phrase(text).search(f"{before} {typed} {after}")
    assert (match is not None) == bool(typed)
    if match:
        assert match[0].casefold().split() == typed.casefold().split() or match[0].lower() == typed.lower()


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return page_of(space)


def search(client: TestClient, text: str, **form: Any) -> dict[str, Any]:
    answer = client.post("/lookup/search", json={"text": text, **form})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = answer.json()
    return told


def words(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))


def part(row: str, tag: str) -> str:
    return row.partition(f"<{tag}")[2].partition(">")[2].partition(f"</{tag}>")[0]


@pytest.mark.parametrize("phrase", [False, True])
def test_a_row_has_the_words_at_its_address(phrase: bool, client: TestClient, space: FakeWorkspace) -> None:
    rows = search(client, "numb feet", phrase=phrase)["rows"]
    assert rows
    for row in rows:
        found = read_link(unescape(re.findall('class="cite" href="([^"]*)"', row)[0]))
        assert found is not None
        now = found[1].found_in(space.document(found[0]).document)
        assert now is not None
        spans, best = now
        assert tuple(span.range for span in spans) == found[1].spans
        assert words(part(row, "blockquote")) == " […] ".join(span.text for span in spans)
        assert best is not None
        assert words(part(row, "mark")) == best.text


def test_the_choices_are_those_of_the_index(client: TestClient, space: FakeWorkspace) -> None:
    told = client.get("/lookup/choices").json()
    assert [value for value, _ in told["kinds"]] == ["unknown"]
    assert told["passages"] == len(space.opened.collection.passages)


@pytest.mark.parametrize(
    "form", [{"text": " "}, {"text": "x" * 2001}, {"text": "a", "k": 201}, {"text": "a", "phrase": "magic"}, {}]
)
def test_a_form_that_cannot_be_looked_up_is_refused(form: dict[str, Any], client: TestClient) -> None:
    assert client.post("/lookup/search", json=form).status_code == 422


def test_a_text_in_an_address_is_not_looked_up(client: TestClient) -> None:
    assert client.get("/lookup/search?text=numb").status_code in (404, 405)


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
    return rank(asked(question, collection), collection, lambda rows: rows >= 0, k, depths=depths)


def files(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.passage.document.id for hit in hits]


@given(TEXTS, st.lists(st.sampled_from((*WORDS, "unheard")), min_size=1, max_size=4).map(" ".join), st.integers(1, 8))
def test_hits_come_best_first_and_count_from_one(texts: list[str], question: str, k: int) -> None:
    collection = collection_of(*texts)
    hits = hits_of(question, collection, k=k)
    keys = [(-hit.score, collection.rows[hit.passage.id]) for hit in hits]
    assert keys == sorted(keys)
    assert [hit.rank for hit in hits] == list(range(1, min(k, len(collection.passages)) + 1))


@given(TEXTS, st.sets(st.integers(0, 5)), st.integers(1, 3))
def test_only_allowed_passages_are_hit(texts: list[str], refused: set[int], candidates: int) -> None:
    collection = collection_of(*texts)
    refused_ids = {f"{i:02}.txt" for i in refused}

    def allow(rows: Rows) -> Mask:
        return np.array([collection.passages[row].document.id not in refused_ids for row in rows.tolist()], np.bool_)

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
    held = (collection.vectors, collection.context.tokens, collection.context.pieces, collection.context.starts)
    assert not any(array.flags.owndata or array.flags.writeable for array in held)
    assert isinstance(mapped.store.open().files["documents.jsonl"], memoryview)
