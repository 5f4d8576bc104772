"""Without a corpus the packaged one is used, with its index in the cache."""

from pathlib import Path

import pytest
from corpora import three_files
from fakes import FakeWorkspace

from b12assistant.application.workspace import Workspace
from b12assistant.config import PACKAGED, load_configuration
from b12assistant.corpus.folder import corpus_files
from b12assistant.errors import IndexMissingError


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
