"""What did not change is only compared; what is reused is exactly what was compared."""

from pathlib import Path

import pytest
from corpora import FOOD, again, embedded, three_files, write
from fakes import FakeWorkspace, RefusingEncoder, fake_workspace
from faults import failing

from b12assistant.application import health

FILES = (
    *("context_tokens.safetensors", "documents.jsonl", "left_out.json", "lexical.safetensors"),
    *("manifest.json", "sentence_tokens.safetensors", "vectors.safetensors"),
)


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return three_files(tmp_path)


def generation(space: FakeWorkspace) -> Path:
    """The folder of the generation in use."""
    return space.store.root / "generations" / (space.store.root / "CURRENT").read_text().strip()


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def rebuilt(space: FakeWorkspace) -> FakeWorkspace:
    """The same corpus, indexed into a new folder."""
    made = fake_workspace(space.corpus, space.store.root.parent / "rebuilt")
    made.index()
    return made


def test_indexing_an_unchanged_corpus_writes_nothing_but_the_lock(space: FakeWorkspace) -> None:
    space.index()
    with failing(10**6) as faults:
        assert again(space, RefusingEncoder()).index().unchanged
    assert faults.done == ["mkdir", "open", "ftruncate", "pwrite", "unlink", "unlink"], "the last look for drafts"


@pytest.mark.parametrize("file", FILES)
def test_damage_is_found_and_fixed_though_the_corpus_did_not_change(space: FakeWorkspace, file: str) -> None:
    space.index()
    flip(generation(space) / file)
    assert not health.verify(again(space), None).sound
    assert not again(space).index().unchanged
    assert health.verify(again(space), None).sound
    assert again(space).opened.problems == ()


def test_a_moved_file_and_one_with_another_front_matter_are_not_encoded_again(space: FakeWorkspace) -> None:
    space.index()
    (space.corpus / "guides/food.md").rename(space.corpus / "eating.md")
    report = again(space, RefusingEncoder()).index()
    assert (embedded(report), report.unchanged) == ([], False)
    assert again(space).store.open().files == rebuilt(space).store.open().files


@pytest.mark.parametrize("file", ["context_tokens.safetensors", "documents.jsonl"])
def test_a_generation_whose_parts_do_not_fit_is_not_taken_over(space: FakeWorkspace, file: str) -> None:
    space.index()
    other = fake_workspace(write(space.corpus.parent / "others", {"a.md": FOOD}), space.store.root.parent / "other")
    other.index()
    whole = space.store.open()
    facts = {key: whole.manifest[key] for key in whole.manifest if key not in OF_THE_STORE}
    with space.store.writing():
        space.store.publish({**whole.files, file: other.store.open().files[file]}, facts)
    report = again(space).index()
    assert len(embedded(report)) == 3
    assert again(space).store.open().files == whole.files


@pytest.mark.parametrize("file", ["context_tokens.safetensors", "sentence_tokens.safetensors", "documents.jsonl"])
def test_a_generation_that_cannot_be_parsed_is_not_taken_over(space: FakeWorkspace, file: str) -> None:
    space.index()
    whole = space.store.open()
    facts = {key: whole.manifest[key] for key in whole.manifest if key not in OF_THE_STORE}
    with space.store.writing():
        space.store.publish({**whole.files, file: b"{}"}, facts)
    assert len(embedded(again(space).index())) == 3


OF_THE_STORE = {"schema", "files", "generation", "counter", "seal"}
