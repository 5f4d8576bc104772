import dataclasses
from pathlib import Path

import numpy as np
import pytest
from fakes import PLAIN, FakeEncoder
from ranking.datasets import Text, load_dataset
from ranking.indexing import BenchParts, document_of

from b12assistant.errors import DatasetError
from b12assistant.index.collection import CHUNKING, Chunking, Collection
from b12assistant.index.lexical_index import Fields

TEXTS = load_dataset(Path(__file__).parent / "fixtures" / "tiny_collection").texts


def index(
    cache: Path, encoder: FakeEncoder, texts: tuple[Text, ...] = TEXTS, chunking: Chunking = CHUNKING
) -> Collection:
    return BenchParts(encoder, PLAIN, cache, chunking=chunking).index(texts)


def told(collection: Collection) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(p.document.id, p.id, tuple(span.text for span in p.sentences)) for p in collection.passages]


def test_a_second_run_encodes_nothing_and_finds_the_same(tmp_path: Path) -> None:
    first, second = FakeEncoder(), FakeEncoder()
    built, read = index(tmp_path, first), index(tmp_path, second)
    assert len(first.encoded) == 7
    assert second.encoded == []
    assert told(built) == told(read)
    assert np.array_equal(built.matrix, read.matrix)
    assert np.array_equal(built.context.tokens, read.context.tokens)
    assert np.array_equal(built.context_starts, read.context_starts)
    assert built.generation == read.generation


def test_another_model_other_passages_and_other_words_need_encoding_again(tmp_path: Path) -> None:
    index(tmp_path, FakeEncoder())
    for encoder, chunking, texts in (
        (FakeEncoder(digest="1" * 64), CHUNKING, TEXTS),
        (FakeEncoder(), Chunking(pieces=100), TEXTS),
        (FakeEncoder(), CHUNKING, (*TEXTS, Text("new", "", "One more."))),
    ):
        index(tmp_path, encoder, texts, chunking)
        assert encoder.encoded


def test_lexical_settings_and_ids_need_no_encoding(tmp_path: Path) -> None:
    index(tmp_path, FakeEncoder())
    encoder = FakeEncoder()
    renamed = tuple(dataclasses.replace(text, id=f"other-{text.id}") for text in TEXTS)
    collection = BenchParts(encoder, PLAIN, tmp_path, lexical=Fields(title_weight=1)).index(renamed)
    assert encoder.encoded == []
    assert collection.passages[0].document.id == "other-d1"


def test_a_damaged_shard_is_made_again(tmp_path: Path) -> None:
    index(tmp_path, FakeEncoder())
    (shard,) = tmp_path.iterdir()
    shard.write_bytes(shard.read_bytes()[:200])
    encoder = FakeEncoder()
    index(tmp_path, encoder)
    assert len(encoder.encoded) == 7


def test_what_was_encoded_before_a_stop_is_kept(tmp_path: Path) -> None:
    many = tuple(Text(f"d{number}", "", f"Note number {number}.") for number in range(250))

    class Stopped(FakeEncoder):
        def count(self, text: str) -> int:
            if "150" in text:
                raise KeyboardInterrupt
            return super().count(text)

    with pytest.raises(KeyboardInterrupt):
        index(tmp_path, Stopped(), texts=many)
    encoder = FakeEncoder()
    index(tmp_path, encoder, texts=many)
    assert len(encoder.encoded) == 150
    assert not list(tmp_path.glob(".*"))


def test_a_title_that_the_text_repeats_counts_once() -> None:
    document = document_of(Text("a", "Pruning trees", "Pruning trees. Cut in winter."))
    assert [document.slice(block.range) for block in document.blocks] == ["Cut in winter."]
    kept = document_of(Text("a", "Lettuce", "Lettuce bolts in heat."))
    assert [kept.slice(block.range) for block in kept.blocks] == ["Lettuce bolts in heat."]


def test_a_collection_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no document of the collection has any text"):
        index(tmp_path, FakeEncoder(), texts=(Text("a", "A title", " "),))
