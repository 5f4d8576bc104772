"""A file whose bytes changed on disk is refused by name, and the last good generation serves."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from builders_index import NEW, OLD, folder, publish, tree
from stress_tests.runner import IN_FULL

from b12assistant.errors import IndexDamagedError
from b12assistant.index.store import MANIFEST, SCHEMA, Generation, Store


@pytest.fixture(params=[1 << 20, 1], ids=["read", "mapped"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr("b12assistant.index.store.MAPPED_FROM", request.param)
    return Store(tmp_path / "index")


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << at % 8
    path.write_bytes(data)


def positions(path: Path) -> range:
    """Every fifth byte of our small files (each one in `make stress`), and a sample of large ones."""
    size, is_small = path.stat().st_size, path.name in (MANIFEST, "CURRENT")
    return range(0, size, (1 if IN_FULL else 5) if is_small else 1 + size // 40)


@pytest.mark.parametrize("file", [MANIFEST, *NEW])
def test_a_file_with_a_changed_byte_is_refused_by_name(store: Store, file: str) -> None:
    last_good, name = publish(store, OLD), publish(store, NEW)
    path = folder(store, name) / file
    for at in positions(path):
        flip(path, at)
        generation = store.open()
        assert (generation.id, generation.files) == (last_good, OLD), at
        assert len(generation.problems) == 1, at
        assert str(path) in generation.problems[0], at
        flip(path, at)
    assert store.open() == Generation(name, store.open().manifest, NEW)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _make_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _make_a_link(path: Path) -> None:
    path.rename(path.with_name(".elsewhere"))
    path.symlink_to(".elsewhere")


def _nest_without_end(path: Path) -> None:
    path.write_bytes(b"[" * 100_000)


DAMAGES = [Path.unlink, _truncate, _lengthen, _empty, _nest_without_end, _make_a_pipe, _make_a_link, _make_a_folder]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", [MANIFEST, *NEW])
def test_a_damaged_file_is_named_and_the_last_good_generation_serves(
    store: Store, file: str, damage: Callable[[Path], None]
) -> None:
    last_good, name = publish(store, OLD), publish(store, NEW)
    damage(folder(store, name) / file)
    generation = store.open()
    assert (generation.id, generation.files) == (last_good, OLD)
    assert f"{folder(store, name)}/{file} " in generation.problems[0]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", [MANIFEST, *OLD])
def test_without_a_good_generation_the_damaged_file_is_named(
    store: Store, file: str, damage: Callable[[Path], None]
) -> None:
    name = publish(store, OLD)
    damage(folder(store, name) / file)
    with pytest.raises(IndexDamagedError, match=f"generations/{name}/{file} .*run `b12assistant index`"):
        store.open()


@pytest.mark.parametrize("damage", DAMAGES[:-1])
def test_a_damaged_pointer_is_reported(store: Store, damage: Callable[[Path], None]) -> None:
    name = publish(store, OLD)
    damage(store.root / "CURRENT")
    assert store.open().id == name
    assert store.open().problems == (f"{store.root}/CURRENT names no generation",)


def test_without_a_pointer_the_newest_generation_serves(store: Store) -> None:
    names = publish(store, OLD), publish(store, NEW)
    (store.root / "CURRENT").unlink()
    for newest, other in (names, names[::-1]):
        os.utime(folder(store, newest), (2, 2))
        os.utime(folder(store, other), (1, 1))
        assert store.open().id == newest


@pytest.mark.parametrize("file", ["CURRENT", "manifest", "vectors.faiss"])
def test_publishing_the_same_again_repairs_the_damage(store: Store, file: str) -> None:
    name = publish(store, OLD)
    before = tree(store.root)
    flip(store.root / "CURRENT" if file == "CURRENT" else next(folder(store, name).glob(f"{file}*")), 7)
    assert publish(store, OLD) == name
    assert store.open().problems == ()
    assert tree(store.root).keys() == before.keys()


def test_a_file_that_cannot_be_read_is_named_and_not_removed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk error may be temporary, so the spare must be kept."""
    spare, name = publish(store, OLD), publish(store, NEW)
    bad = folder(store, spare) / "vectors.faiss"
    real = os.open

    def open_(path: str | Path, flags: int, *mode: int, **more: int) -> int:
        if path == bad:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return real(path, flags, *mode, **more)

    monkeypatch.setattr(os, "open", open_)
    assert publish(store, NEW) == name
    assert bad.exists()
    _truncate(folder(store, name) / MANIFEST)
    with pytest.raises(IndexDamagedError, match=r"vectors\.faiss cannot be read \(Input/output error\)"):
        store.open()


def test_damage_to_the_spare_is_reported_though_another_serves(store: Store) -> None:
    spare, name = publish(store, OLD), publish(store, NEW)
    assert list(store.damage()) == []
    bad = folder(store, spare) / "vectors.faiss"
    _truncate(bad)
    assert list(store.damage()) == [f"{bad} differs from its manifest"]
    assert (store.open().id, store.open().problems) == (name, ())
    publish(store, NEW)
    assert list(store.damage()) == [], "a spare that cannot serve is not kept"


def test_an_index_of_another_schema_is_replaced(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("b12assistant.index.store.SCHEMA", SCHEMA + 1)
        publish(store, OLD)
    publish(store, NEW)
    assert store.open().files == NEW


def test_a_file_that_the_manifest_does_not_list_is_never_read(store: Store) -> None:
    name = publish(store, OLD)
    (folder(store, name) / "extra.bin").write_bytes(b"?")
    assert (store.open().files, store.open().problems) == (OLD, ())
