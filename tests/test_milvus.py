"""Collections on Milvus as generations: complete or not used, the spare kept."""

import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from builders_milvus import filled, lite, without_words
from corpora import again, embedded, three_files, write
from fakes import FakeWorkspace

from b12assistant.application.workspace import Workspace
from b12assistant.errors import (
    AssistantError,
    ConfigError,
    IndexDamagedError,
    IndexMismatchError,
    IndexUnreachableError,
)
from b12assistant.index.milvus import Collections, connect

TEN = np.eye(10, dtype=np.float32)
OLD, NEW, NEWEST = (TEN[:rows] for rows in (4, 5, 6))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lite(tmp_path_factory.mktemp("milvus"))


@pytest.fixture
def collections(client: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Collections:
    """Collections named after the test, without pymilvus's half-second waits."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    return Collections(client, f"of_{request.node.name[5:60].partition('[')[0]}")


WORDS = without_words(len(OLD))


def unfinished(collections: Collections, *, rows: int, complete: bool) -> dict[str, Any]:
    """Make a collection with ``rows`` rows of `OLD` that may claim to be complete; return the facts of one that is."""
    facts = collections.fill(OLD, WORDS)
    name = facts["collection"]
    collections.drop(name)
    collections._create(name, OLD.shape[1])
    collections._insert(name, OLD[:rows], WORDS.by_row(rows))
    collections._finish(name, rows, facts["sha256"] if complete else "")
    return facts


@pytest.mark.parametrize(
    ("rows", "complete", "complaint"),
    [(4, False, "was not finished"), (3, True, "holds 3 rows, not 4")],
    ids=["no properties", "a row lost"],
)
def test_an_incomplete_collection_is_refused_and_then_made_again(
    collections: Collections, rows: int, complete: bool, complaint: str
) -> None:
    facts = unfinished(collections, rows=rows, complete=complete)
    with pytest.raises(IndexDamagedError, match=complaint) as raised:
        collections.open(facts)
    assert raised.value.hint == "run `b12assistant index`"
    assert collections.open(collections.fill(OLD, WORDS)).rows == 4


def test_the_collection_in_use_before_is_kept_and_older_ones_are_dropped(collections: Collections) -> None:
    names = [collections.fill(rows, without_words(len(rows)))["collection"] for rows in (OLD, NEW, NEWEST)]
    for previous, kept in ((None, names), (names[2], names), (names[1], names[1:])):
        collections.drop_others(names[2], {"engine": {"collection": previous}} if previous else {})
        mine = [name for name in collections.names() if name.startswith(f"{collections.name}_")]
        assert mine == sorted(kept)


def test_a_collection_that_goes_while_it_is_searched_is_an_error_that_says_so(collections: Collections) -> None:
    place = filled(collections, OLD)
    collections.drop(place.collection)
    with pytest.raises(IndexDamagedError, match="cannot be searched"):
        place.search(TEN[0], 1)


def test_a_search_does_not_wait_for_what_may_still_be_written(collections: Collections) -> None:
    place = filled(collections, OLD)
    with patch.object(place.client, "search", wraps=place.client.search) as search:
        place.search(TEN[0], 1)
    assert search.call_args.kwargs["consistency_level"] == "Eventually"  # with "Strong" a server takes 0.4 s


# Addresses


def test_a_name_that_milvus_does_not_accept_is_reported_at_once() -> None:
    with pytest.raises(ConfigError, match=r"index\.collection"):
        Collections(None, "b12 assistant")


def test_a_server_that_is_not_there_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pymilvus")
    monkeypatch.setattr("b12assistant.index.milvus._TO_CONNECT", 0.5)
    with pytest.raises(IndexUnreachableError, match=r"Milvus at 127\.0\.0\.1:1 cannot be reached") as raised:
        connect("http://root:secret@127.0.0.1:1")
    assert "secret" not in str(raised.value)


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(AssistantError, match=r"pip install .*'pymilvus<4,>=3\.0'"):
        connect("http://127.0.0.1:19530")


MILVUS = {"index.engine": "milvus"}
QUESTIONS = ("Are numb feet a sign?", "What holds vitamin B12?", "Does metformin lower B12?", "Who won the football?")
KINDS = '[[source]]\nfile = "pills.txt"\nkind = "blog"\n\n[[source]]\nfile = "nerves.md"\nkind = "review"\n'


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the half seconds that pymilvus waits when it fills a collection."""
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install -e '.[milvus]'")
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    """Indexed for the default engine."""
    made = three_files(tmp_path)
    write(made.corpus, {"sources.toml": KINDS})
    made.index()
    return made


def served(space: FakeWorkspace) -> FakeWorkspace:
    """The same corpus and index, indexed for Milvus."""
    fresh = again(space, flags=MILVUS)
    fresh.index()
    return again(space, flags=MILVUS)


def found(space: Workspace) -> list[list[tuple[str, float]]]:
    """Passages for each question, best first, with their scores."""
    engine = space.engine
    return [[(hit.passage.id, hit.score) for hit in engine.hits(engine.query(each), 9)] for each in QUESTIONS]


def test_what_is_found_is_what_the_default_engine_finds(space: FakeWorkspace) -> None:
    expected = found(space)
    for ours, theirs in zip(found(served(space)), expected, strict=True):
        assert [name for name, _ in ours] == [name for name, _ in theirs]
        assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], abs=1e-4)


def test_going_to_milvus_and_back_embeds_nothing(space: FakeWorkspace) -> None:
    before = found(space)
    assert embedded(again(space, flags=MILVUS).index()) == []
    assert found(again(space)) == before
    assert embedded(again(space).index()) == []


def test_an_index_that_was_never_copied_is_refused(space: FakeWorkspace) -> None:
    with pytest.raises(IndexMismatchError, match="not built for the engine milvus") as raised:
        again(space, flags=MILVUS).opened  # noqa: B018 - opened here
    assert raised.value.hint == "run `b12assistant index`"


def test_a_lost_collection_is_refused_and_the_next_indexing_brings_it_back(space: FakeWorkspace) -> None:
    fresh = served(space)
    assert fresh.search_server is not None
    fresh.search_server.drop(fresh.opened.manifest["engine"]["collection"])
    with pytest.raises(IndexDamagedError, match="is not on the server"):
        again(space, flags=MILVUS).opened  # noqa: B018 - opened here
    assert again(space, flags=MILVUS).index().unchanged
    assert found(again(space, flags=MILVUS)) == found(space)


def test_a_failed_indexing_leaves_what_was_in_use(space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = found(served(space))
    write(space.corpus, {"new.md": "# New\n\nA new page about nerves.\n"})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("b12assistant.index.milvus.Collections._finish", full)
        with pytest.raises(OSError, match="No space"):
            again(space, flags=MILVUS).index()
    after = again(space, flags=MILVUS)
    assert found(after) == before
    assert after.search_server is not None
    assert after.search_server.names() == [after.opened.manifest["engine"]["collection"]]
