"""Where the passages and words of a collection are, with and without what is switched off."""

from pathlib import Path

import pytest
from corpora import again, three_files


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
