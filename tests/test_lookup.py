"""Look up: both ways find what they should, filters work, and nothing is found that may not be quoted."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import FakeWorkspace
from hypothesis import given
from hypothesis import strategies as st
from serving import small_space

from b12assistant.answering.lookup import LookUp, Match, Sieve, phrase
from b12assistant.corpus.publishers import PublisherKind

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
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("lookup"), CORPUS)


WAYS = (False, True)  # the best, and those with the exact phrase


def found(
    space: FakeWorkspace, text: str, sieve: Sieve | None = None, k: int = 200, *, exact: bool = False
) -> tuple[Match, ...]:
    return LookUp(space.engine, text, sieve or Sieve()).matches(k, exact=exact)


def documents(matches: tuple[Match, ...]) -> list[str]:
    return [match.passage.document.id for match in matches]


def test_words_find_their_inflections_and_mark_them(space: FakeWorkspace) -> None:
    match = found(space, "wrapping nerves")[0]
    document = match.passage.document
    assert match.best.text == "Myelin wraps every nerve."
    assert [document.slice(word) for word in match.words] == ["wraps", "nerve"]
    assert match.in_title


def test_a_phrase_is_found_over_a_line_end_with_another_apostrophe_in_any_case(space: FakeWorkspace) -> None:
    (match,) = found(space, "IT'S  made of", exact=True)
    assert [match.passage.document.slice(each) for each in match.phrases] == ["It’s made of"]
    assert match.best.text == "It’s made of fat."
    assert found(space, "made of it's", exact=True) == ()
    assert phrase("it's made").search("It’s\nmade")


def test_no_way_finds_withdrawn_documents(space: FakeWorkspace) -> None:
    for exact in WAYS:
        assert "old.md" not in documents(found(space, "cold feet", exact=exact))


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
def test_a_sieve_lets_only_what_is_wanted_through(sieve: Sieve, left: set[str], space: FakeWorkspace) -> None:
    for exact in WAYS:
        assert set(documents(found(space, "feet", sieve, exact=exact))) == left


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
    space = small_space(tmp_path, SUMMARY)
    for exact in WAYS:
        matches = found(space, "cold feet", sieve, exact=exact)
        assert [match.best.text for match in matches] == ([best] if best else []), exact
        assert all(match.best.range.contains(word) for match in matches for word in match.words)


@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=10))
def test_whatever_is_typed_is_found_as_it_is(text: str, before: str, after: str) -> None:
    typed = " ".join(text.split())
    match = phrase(text).search(f"{before} {typed} {after}")
    assert (match is not None) == bool(typed)
    if match:
        assert match[0].casefold().split() == typed.casefold().split() or match[0].lower() == typed.lower()
