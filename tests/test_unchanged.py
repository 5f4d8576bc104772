"""What did not change costs to be looked at and no more; what is taken over is what was compared."""

from pathlib import Path

import pytest
from corpora import FOOD, again, embedded, three_files, write
from fakes import FakeWorkspace, RefusingEncoder, fake_workspace
from faults import failing

from b12assistant.application import health
from b12assistant.errors import IndexDamagedError
from b12assistant.index.former import Former
from b12assistant.index.indexing import Built, Indexer
from b12assistant.index.term_counts import TermCounts

FILES = (
    *("context_tokens.npz", "documents.jsonl", "left_out.json", "lexical.npz"),
    *("manifest.json", "sentence_tokens.npz", "terms.npz", "vectors.faiss"),
)


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return three_files(tmp_path)


def generation(space: FakeWorkspace) -> Path:
    """The folder of the one in use."""
    return space.store.root / "generations" / (space.store.root / "CURRENT").read_text().strip()


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def rebuilt(space: FakeWorkspace) -> FakeWorkspace:
    """The same corpus, indexed where there was nothing."""
    made = fake_workspace(space.corpus, space.store.root.parent / "rebuilt")
    made.index()
    return made


def test_of_an_unchanged_corpus_nothing_is_written_but_the_lock(space: FakeWorkspace) -> None:
    space.index()
    with failing(10**6) as faults:
        assert again(space, RefusingEncoder()).index().unchanged
    assert faults.done == ["mkdir", "open", "ftruncate", "pwrite", "unlink", "unlink"], "the last look for drafts"


def test_every_file_of_an_index_is_damaged_here(space: FakeWorkspace) -> None:
    space.index()
    assert {path.name for path in generation(space).iterdir()} == set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_damage_is_found_and_mended_though_the_corpus_did_not_change(space: FakeWorkspace, file: str) -> None:
    space.index()
    flip(generation(space) / file)
    assert not health.verify(again(space), None).sound
    assert not again(space).index().unchanged
    assert health.verify(again(space), None).sound
    assert again(space).opened.problems == ()


def test_a_damaged_spare_does_not_stay(space: FakeWorkspace) -> None:
    space.index()
    spare = generation(space)
    write(space.corpus, {"new.md": FOOD})
    again(space).index()
    assert spare.is_dir()
    flip(spare / "lexical.npz")
    assert again(space).index().unchanged
    assert not spare.exists()


def test_the_spare_of_the_same_corpus_comes_into_use_when_the_current_one_is_damaged(space: FakeWorkspace) -> None:
    first = space.index()
    write(space.corpus, {"new.md": FOOD})
    again(space).index()
    flip(generation(space) / "vectors.faiss")
    (space.corpus / "new.md").unlink()
    report = again(space, RefusingEncoder()).index()
    assert report.generation == first.generation == generation(space).name
    assert list(space.store.damage()) == []


def test_only_the_terms_of_a_changed_file_are_counted(space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    space.index()
    real, counted = TermCounts.of, []

    def spied(bodies: list[str], titles: list[str]) -> TermCounts:
        counted.extend(bodies)
        return real(bodies, titles)

    monkeypatch.setattr(TermCounts, "of", spied)
    write(space.corpus, {"guides/food.md": "# Food\n\nLiver holds most.\n"})
    again(space).index()
    assert counted == ["Liver holds most."]


def test_an_index_from_before_terms_were_kept_gets_them_and_nothing_is_encoded(space: FakeWorkspace) -> None:
    space.index()
    before = space.store.open()
    older = {file: data for file, data in before.files.items() if file != "terms.npz"}
    facts = {key: before.manifest[key] for key in before.manifest if key not in OF_THE_STORE}
    with space.store.writing():
        space.store.publish(older, facts)
    assert again(space).opened.problems == ()
    report = again(space, RefusingEncoder()).index()
    assert (embedded(report), report.unchanged) == ([], False)
    assert again(space).store.open().files == rebuilt(space).store.open().files


OF_THE_STORE = {"schema", "files", "generation", "counter", "seal"}


@pytest.mark.parametrize("file", ["context_tokens.npz", "sentence_tokens.npz"])
def test_a_former_file_that_changes_while_it_is_copied_is_not_taken_over(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    space.index()
    former = generation(space)
    write(space.corpus, {"new.md": FOOD})
    real = Indexer.build

    def building(self: Indexer, corpus: Path, former_: Former | None = None, *, always: bool = False) -> Built:
        built = real(self, corpus, former_, always=always)
        flip(former / file)
        return built

    with monkeypatch.context() as patch:
        patch.setattr(Indexer, "build", building)
        with pytest.raises(IndexDamagedError, match=f"{former.name}/{file} differs from its manifest"):
            again(space).index()
    assert generation(space) == former, "nothing was published"
    again(space).index()
    assert again(space).store.open().files == rebuilt(space).store.open().files
