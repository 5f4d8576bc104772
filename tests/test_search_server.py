"""An index searched by Milvus gives the same answers as when it is searched in this process."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from corpora import again, embedded, three_files, write
from fakes import FakeWorkspace

from b12assistant.application.workspace import Workspace
from b12assistant.display.json_form import reply_json
from b12assistant.errors import IndexDamagedError, IndexMismatchError

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


def current(space: Workspace) -> str | None:
    """The collection that the alias names."""
    assert space.search_server is not None
    return space.search_server.server.target("b12assistant")


def found(space: Workspace) -> list[list[tuple[str, float]]]:
    """Passages for each question, best first, with their scores."""
    engine = space.engine
    return [[(hit.passage.id, hit.score) for hit in engine.hits(engine.query(each), 9)] for each in QUESTIONS]


def answers(space: Workspace) -> list[object]:
    today = date(2026, 11, 20)
    return [reply_json(space.ask(question), space.texts, today=today)["answer"] for question in QUESTIONS]


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
    fresh.search_server.server.drop(fresh.opened.manifest["engine"]["collection"])
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
        patch.setattr("b12assistant.index.milvus.Server.finish", full)
        with pytest.raises(OSError, match="No space"):
            again(space, flags=MILVUS).index()
    after = again(space, flags=MILVUS)
    assert found(after) == before
    assert current(after) == after.opened.manifest["engine"]["collection"]
