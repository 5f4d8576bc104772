"""A collection so large that codes are scanned first, from corpus to search."""

from pathlib import Path

import pytest
from corpora import again, embedded, three_files
from fakes import FakeWorkspace

FACTS = {"model", "chunking", "lexical", "method", "runtime", "counts", "vectors"}


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return three_files(tmp_path)


@pytest.mark.slow
def test_codes_of_a_large_collection_are_checked_and_answer_like_the_rows(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.index()
    asked = next(space.fake_encoder.encode(["Do plants hold B12?"])).vector
    exact = space.opened.collection.vectors.search(asked, 3)
    monkeypatch.setattr("b12assistant.index.vector_index.EXACT_UP_TO", 2)
    large = again(space)
    report = large.index()
    assert (embedded(report), report.unchanged) == ([], False)
    assert large.opened.manifest["vectors"]["kind"] == "codes"
    found = large.opened.collection.vectors.search(asked, 3)
    assert [each.tolist() for each in found] == [each.tolist() for each in exact]
    (large.store.root / "generations" / report.generation / "codes.faiss").write_bytes(b"")
    assert "codes.faiss differs from its manifest" in again(space).opened.problems[0]


def test_mapped_files_are_not_copied_and_give_the_same_answer(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.index()
    monkeypatch.setattr("b12assistant.index.store.MAPPED_FROM", 1)
    monkeypatch.setattr("b12assistant.index.collection._KEPT", 1)  # each document is parsed again and again
    mapped, question = again(space), "Do plants hold B12?"
    assert mapped.ask(question).answer == space.ask(question).answer
    assert mapped.search(question) == space.search(question)
    collection = mapped.opened.collection
    held = (collection.matrix, collection.context.tokens, collection.context.pieces, collection.context.starts)
    assert not any(array.flags.owndata or array.flags.writeable for array in held)
    assert isinstance(mapped.store.open().files["documents.jsonl"], memoryview)


def test_an_index_from_before_there_were_codes_is_read(space: FakeWorkspace) -> None:
    space.index()
    before = space.store.open()
    with space.store.writing():
        space.store.publish(before.files, {k: v for k, v in before.manifest.items() if k in FACTS - {"vectors"}})
    assert again(space).opened.problems == ()
