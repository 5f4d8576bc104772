"""The index that ships with the program saves encoding and changes nothing: no byte of an index, nor its identity."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import capsules, three_files, write
from fakes import FakeEncoder, FakeWorkspace, RefusingEncoder, fake_workspace

from b12assistant.application import workspace
from b12assistant.application.workspace import Workspace
from b12assistant.config import PACKAGED, load_configuration
from b12assistant.corpus.folder import corpus_files
from b12assistant.errors import IndexMissingError
from b12assistant.index.collection import METHOD
from b12assistant.index.indexing import document_key, embed, made_by, previous_of
from b12assistant.index.store import read_generation

ROOT = Path(__file__).parent.parent
PROJECTION = ROOT / "src/b12assistant/data/late_interaction/all-MiniLM-L6-v2.npz"


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """A corpus whose index ships."""
    space = three_files(tmp_path)
    write(space.corpus, capsules())
    space.index()
    shutil.copytree(space.store.root / "generations", tmp_path / "packaged")
    monkeypatch.setattr(workspace, "PACKAGED_INDEX", tmp_path / "packaged")
    return space


def packaged() -> Path:
    (folder,) = workspace.PACKAGED_INDEX.iterdir()
    return folder


def elsewhere(space: FakeWorkspace, encoder: FakeEncoder | None = None) -> FakeWorkspace:
    """The same corpus, with a new index folder."""
    return fake_workspace(space.corpus, space.store.root.parent / "elsewhere", encoder=encoder)


def test_a_first_index_encodes_nothing_and_is_the_same(space: FakeWorkspace) -> None:
    first = elsewhere(space, RefusingEncoder())
    assert first.index().generation == space.index().generation


def test_one_of_another_encoder_is_never_used(space: FakeWorkspace) -> None:
    other = elsewhere(space, FakeEncoder(digest="1" * 64))
    assert all(each.embedded for each in other.index().files if each.passages)


def test_a_damaged_one_is_never_used(space: FakeWorkspace) -> None:
    for file in sorted(packaged().iterdir()):
        whole = file.read_bytes()
        damaged = bytearray(whole)
        damaged[len(whole) // 2] ^= 0x55
        file.write_bytes(damaged)
        encoder = FakeEncoder()
        again = fake_workspace(space.corpus, space.store.root.parent / file.name, encoder=encoder)
        assert again.index().generation == space.index().generation
        assert any("Metformin" in text for text in encoder.encoded), file.name
        file.write_bytes(whole)


def test_the_method_is_raised_with_the_projection() -> None:
    """No index names the projection that its token vectors were reduced with."""
    digest = hashlib.sha256(PROJECTION.read_bytes()).hexdigest()
    assert (METHOD, digest[:16]) == (10, "e510877c52202bce"), "raise METHOD, and write both here"


@pytest.mark.slow
def test_what_ships_is_what_the_encoder_gives(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some documents, up to rounding, which differs between processors; ``starter`` checks that none was encoded."""
    monkeypatch.setattr(workspace, "PACKAGED_INDEX", ROOT / "src/b12assistant/data/index")
    flags = {"paths.corpus": str(starter / "corpus"), "paths.index": str(starter / "index")}
    space = Workspace(load_configuration(environment={}, flags=flags))
    generation = read_generation(packaged())
    shipped, facts = previous_of(generation), dict[str, Any](generation.manifest)
    scope = made_by(facts["model"]["sha256"], facts["runtime"], facts["chunking"]["title_pieces"], facts["method"])
    for entry in space.opened.entries[::60]:
        kept = shipped.embedded[document_key(scope, entry.passages)]
        fresh = embed(entry.passages, space.encoder, space.projection, headed=False)
        np.testing.assert_allclose(kept.vectors, fresh.vectors, atol=1e-5)
        np.testing.assert_array_equal(kept.context.pieces, fresh.context.pieces)
        np.testing.assert_array_equal(kept.context.starts, fresh.context.starts)
        np.testing.assert_allclose(kept.context.tokens.astype(int), fresh.context.tokens.astype(int), atol=1)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_an_empty_folder_gets_the_packaged_corpus(empty: Path, tmp_path: Path) -> None:
    configuration = load_configuration(environment={"XDG_CACHE_HOME": str(tmp_path)})
    paths = configuration.settings.paths
    assert configuration.is_packaged
    assert "guides/testing.md" in set(corpus_files(Path(paths.corpus)))
    assert Path(paths.index).is_relative_to(tmp_path / "b12assistant")
    assert configuration.origins["paths.corpus"] == configuration.origins["paths.index"] == PACKAGED
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("name", ["corpus", "index", "b12assistant.toml"])
def test_a_folder_with_something_of_its_own_uses_that(empty: Path, name: str) -> None:
    path = empty / name
    path.mkdir() if "." not in name else path.touch()
    configuration = load_configuration(environment={})
    paths = configuration.settings.paths
    assert (configuration.is_packaged, paths.corpus, paths.index) == (False, "corpus", "index")


def test_only_the_packaged_index_is_built_unasked(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        three_files(tmp_path).opened  # noqa: B018 - reading it opens it


def test_a_packaged_index_is_built_when_it_is_needed_and_again_when_it_is_damaged(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    small = {"paths.corpus": str(three_files(tmp_path).corpus), "paths.index": str(tmp_path / "cached")}
    monkeypatch.setattr("b12assistant.config.packaged_paths", lambda environment: small)
    configuration = load_configuration(environment={})

    def build(space: Workspace) -> None:
        built.append(space.configuration.settings.paths.index)
        space.index()

    def again() -> FakeWorkspace:
        return FakeWorkspace(configuration, build)

    assert not again().ask("I want to kill myself").answer.quotes
    assert built == []  # an emergency waits for nothing
    assert len(again().opened.entries) == 3
    assert len(again().opened.entries) == 3
    assert built == [configuration.settings.paths.index]
    for file in Path(built[0]).glob("generations/*/lexical.safetensors"):
        file.write_bytes(b"damaged")
    assert len(again().opened.entries) == 3
    assert len(built) == 2
    assert list(empty.iterdir()) == []
