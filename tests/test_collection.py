"""Where the passages and words of a collection are, with and without what is switched off."""

from pathlib import Path

import pytest
from builders import build_collection, build_document
from corpora import again, three_files

from b12assistant.types import DocumentId, PassageId, Source

DOCUMENTS = [
    build_document("# Nerves\n\nMyelin wraps nerves. Damage is slow.\n\n# Food\n\nPlants hold none.\n", file="é.md"),
    build_document("Nerves tingle.\u2028Myelin again.\n", file="b.txt", source=Source(withdrawn=True)),
    build_document("Myelin is fat.\n", file="c.txt"),
]
COLLECTION = build_collection(*DOCUMENTS)


def test_each_passage_is_found_by_its_id_and_its_document() -> None:
    for row, passage in enumerate(COLLECTION.passages):
        assert COLLECTION.row(passage) == row
        assert row in COLLECTION.rows_of(passage.document.id)
        assert COLLECTION.first_rows[row] == COLLECTION.rows_of(passage.document.id)[0]
        assert COLLECTION.sentence_starts[row + 1] - COLLECTION.sentence_starts[row] == len(passage.sentences)
        assert COLLECTION.is_kept_back[row] == (passage.document.id == "b.txt")


@pytest.mark.parametrize("unknown", ["", "0", "f" * 20, "f" * 40, "é"])
def test_an_unknown_passage_has_no_row(unknown: str) -> None:
    assert PassageId(unknown) not in COLLECTION.rows
    assert COLLECTION.rows_of(DocumentId(unknown)) == range(0)


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
