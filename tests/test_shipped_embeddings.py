"""Embeddings that ship with the program save encoding and change nothing: not a byte of the index, nor its identity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from corpora import FOOD, PILLS, capsules, three_files, write
from fakes import FakeEncoder, FakeWorkspace, RefusingEncoder, fake_workspace

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.index import embedding
from b12assistant.index.embedding import embed, read_previous, read_shipped, shipped_bytes, shipped_scope
from b12assistant.index.token_store import Projection
from b12assistant.protocols import Encoder

ROOT = Path(__file__).parent.parent


def scope_of(space: Workspace, encoder: Encoder | None = None) -> str:
    return shipped_scope(encoder or space.encoder, space.projection, space.configuration.settings.chunking.title_pieces)


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """A corpus whose embeddings ship, and its index."""
    space = three_files(tmp_path)
    write(space.corpus, capsules())
    space.index()
    file = tmp_path / "shipped.npz"
    file.write_bytes(shipped_bytes(scope_of(space), read_previous(space.store.last_good())))
    monkeypatch.setattr(embedding, "SHIPPED", str(file))
    return space


def elsewhere(space: FakeWorkspace, encoder: FakeEncoder | None = None) -> FakeWorkspace:
    """The same corpus, with a new index folder."""
    return fake_workspace(space.corpus, space.store.root.parent / "elsewhere", encoder=encoder)


def shipped_file() -> Path:
    return Path(embedding.SHIPPED)


def test_a_first_index_encodes_nothing_and_is_the_same(space: FakeWorkspace) -> None:
    first = elsewhere(space, RefusingEncoder())
    assert first.index().generation == space.index().generation


def test_progress_counts_what_is_encoded(space: FakeWorkspace) -> None:
    counted: list[tuple[str, int, int]] = []
    elsewhere(space, RefusingEncoder()).index(progress=lambda *each: counted.append(each))
    assert {stage for stage, _, _ in counted} == {"reading"}
    write(space.corpus, {"guides/food.md": FOOD.replace("none", "little")})
    space.index(progress=lambda *each: counted.append(each))
    assert [each for each in counted if each[0] == "embedding"] == [("embedding", 0, 1), ("embedding", 1, 1)]


def test_only_a_changed_document_is_encoded(space: FakeWorkspace) -> None:
    write(space.corpus, {"guides/food.md": FOOD.replace("none", "little")})
    encoder = FakeEncoder()
    mixed = elsewhere(space, encoder)
    report = mixed.index()
    assert [each.file for each in report.files if each.embedded] == ["guides/food.md"]
    assert not any("Metformin" in text for text in encoder.encoded)
    assert report.generation == space.index().generation


def test_a_document_is_known_under_another_name(space: FakeWorkspace) -> None:
    write(space.corpus, {"other.md": FOOD})
    (space.corpus / "guides/food.md").unlink()
    elsewhere(space, RefusingEncoder()).index()


def test_indexing_from_scratch_does_not_use_them(space: FakeWorkspace) -> None:
    encoder = FakeEncoder()
    assert elsewhere(space, encoder).index(from_scratch=True).generation == space.index().generation
    assert any("Metformin" in text for text in encoder.encoded)


def test_those_of_another_encoder_are_not_used(space: FakeWorkspace) -> None:
    other = FakeEncoder(digest="1" * 64)
    elsewhere(space, other).index()
    assert any("Metformin" in text for text in other.encoded)


def test_without_the_file_everything_is_encoded(space: FakeWorkspace) -> None:
    shipped_file().unlink()
    encoder = FakeEncoder()
    assert elsewhere(space, encoder).index().generation == space.index().generation
    assert encoder.encoded


def test_a_damaged_file_is_never_used(space: FakeWorkspace) -> None:
    whole = shipped_file().read_bytes()
    for at in range(0, len(whole), len(whole) // 60):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        shipped_file().write_bytes(damaged)
        encoder = FakeEncoder()
        again = fake_workspace(space.corpus, space.store.root.parent / str(at), encoder=encoder)
        assert again.index().generation == space.index().generation


def test_arrays_that_differ_from_their_digest_are_never_used(space: FakeWorkspace) -> None:
    with np.load(shipped_file()) as file:
        arrays = dict(file)
    arrays["context_tokens"] = -arrays["context_tokens"]
    np.savez_compressed(shipped_file(), **arrays)
    encoder = FakeEncoder()
    assert elsewhere(space, encoder).index().generation == space.index().generation
    assert any("Metformin" in text for text in encoder.encoded)


def test_what_vectors_depend_on_is_in_their_scope(space: FakeWorkspace) -> None:
    encoder, plain = space.encoder, space.projection
    reduced = Projection(np.eye(4, dtype=np.float32), plain.piece_idf)
    made = shipped_scope(encoder, plain, 12)
    assert made == shipped_scope(replace(encoder, runtime={"encoder": "fake", "onnxruntime": "9"}), plain, 12)
    others = [
        shipped_scope(replace(encoder, digest="1"), plain, 12),
        shipped_scope(replace(encoder, runtime={"encoder": "other"}), plain, 12),
        shipped_scope(encoder, reduced, 12),
        shipped_scope(encoder, plain, 13),
    ]
    assert len({made, *others}) == 5


def test_another_corpus_reads_no_more_than_the_keys(space: FakeWorkspace, tmp_path: Path) -> None:
    shipped = read_shipped(scope_of(space))
    other = fake_workspace(write(tmp_path / "other", {"pills.txt": PILLS}), tmp_path / "index")
    other.index()
    (known,) = other.opened.entries
    assert shipped.get(known.passages) is not None
    write(other.corpus, {"pills.txt": PILLS.replace("some", "many")})
    other = elsewhere(other)
    other.index()
    (new,) = other.opened.entries
    shipped = read_shipped(scope_of(space))
    assert shipped.get(new.passages) is None
    assert "known" not in vars(shipped)


@pytest.mark.slow
def test_the_shipped_corpus_is_indexed_without_encoding(tmp_path: Path) -> None:
    """Some documents are encoded anyway, and give what ships up to rounding, which differs between processors."""
    flags = {"paths.corpus": str(ROOT / "corpus"), "paths.index": str(tmp_path)}
    space = Workspace(load_configuration(environment={}, flags=flags))
    shipped = read_shipped(scope_of(space))
    if not shipped.file:
        pytest.skip("no embeddings ship for this encoder: make embeddings")
    assert not [each.file for each in space.index().files if each.embedded], "make embeddings"
    pieces = space.configuration.settings.chunking.title_pieces
    for entry in space.opened.entries[::60]:
        known = shipped.get(entry.passages)
        fresh = embed(entry.passages, space.encoder, space.projection, title_pieces=pieces, alone=True)
        assert known is not None
        np.testing.assert_allclose(known.vectors, fresh.vectors, atol=1e-5)
        for ours, theirs in ((known.context, fresh.context), (known.alone, fresh.alone)):
            assert ours is not None
            assert theirs is not None
            np.testing.assert_array_equal(ours.pieces, theirs.pieces)
            np.testing.assert_array_equal(ours.starts, theirs.starts)
            np.testing.assert_allclose(ours.tokens.astype(int), theirs.tokens.astype(int), atol=1)
