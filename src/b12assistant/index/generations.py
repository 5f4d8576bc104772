"""A generation read from its folder: no byte of a file is used before the whole file was held against the manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from b12assistant.errors import IndexDamagedError, IndexMismatchError
from b12assistant.index.disk import open_regular, read_bytes, size_and_sha256
from b12assistant.index.manifest import MANIFEST, SCHEMA, describe, unsealed
from b12assistant.types import GenerationId

REBUILD = "run `b12assistant index`"


@dataclass(frozen=True, slots=True)
class Generation:
    """A verified generation: its manifest and the bytes of its files; ``problems`` says what had to be passed over."""

    id: GenerationId
    manifest: Mapping[str, object]
    files: Mapping[str, bytes]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A verified generation of which the large files stay on the disk: what the next one is made from.

    ``on_disk``: opened before they were compared, and compared again when they were copied. ``in_use``: whether it is
    the one that the pointer names.
    """

    id: GenerationId
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    on_disk: Mapping[str, BinaryIO]
    in_use: bool


def read_generation(folder: Path) -> Generation:
    """All of it. Raises ``IndexDamagedError``, ``IndexMismatchError``; ``OSError`` for what may pass."""
    manifest = _manifest(folder)
    files = {file: _read(folder / file, facts) for file, facts in manifest["files"].items()}
    return Generation(GenerationId(folder.name), manifest, files)


def check_generation(folder: Path) -> None:
    """Raises what `read_generation` would, and holds no more than a block of a file at a time."""
    for file, facts in _manifest(folder)["files"].items():
        _compared(folder / file, facts).close()


@contextlib.contextmanager
def sealed_generation(folder: Path, *, on_disk: Collection[str], in_use: bool) -> Iterator[Sealed]:
    """``on_disk``: names of files that are not to be held. Raises what `read_generation` does."""
    with contextlib.ExitStack() as opened:
        manifest = _manifest(folder)
        files, large = {}, {}
        for file, facts in manifest["files"].items():
            if file in on_disk:
                large[file] = opened.enter_context(_compared(folder / file, facts))
            else:
                files[file] = _read(folder / file, facts)
        yield Sealed(GenerationId(folder.name), manifest, files, large, in_use)


def compare_again(sealed: Sealed, folder: Path) -> None:
    """Hold its large files against the manifest once more, when they were copied: so were the bytes it tells of.

    Raises ``IndexDamagedError`` if somebody changed one meanwhile.
    """
    for name, file in sealed.on_disk.items():
        file.seek(0)
        _compare(file, folder / name, sealed.manifest["files"][name])


def _manifest(folder: Path) -> dict[str, Any]:
    data = read_bytes(folder / MANIFEST)
    manifest = unsealed(data, folder.name) if data is not None else None
    if manifest is None:
        what = "is missing" if data is None else "was changed"
        raise IndexDamagedError(f"{folder}/{MANIFEST} {what}", hint=REBUILD)
    if manifest.get("schema") != SCHEMA:
        raise IndexMismatchError(
            f"the index has schema {manifest.get('schema')}, this version reads {SCHEMA}", hint=REBUILD
        )
    return manifest


def _read(path: Path, facts: Mapping[str, Any]) -> bytes:
    data = read_bytes(path, most=facts["size"])
    if data is None or describe(data) != facts:
        raise _damaged(path, missing=data is None)
    return data


def _compared(path: Path, facts: Mapping[str, Any]) -> BinaryIO:
    """The open file, at its beginning."""
    file = open_regular(path)
    if file is None:
        raise _damaged(path, missing=True)
    try:
        _compare(file, path, facts)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _compare(file: BinaryIO, path: Path, facts: Mapping[str, Any]) -> None:
    size, sha256 = size_and_sha256(file, most=facts["size"])
    if {"size": size, "sha256": sha256} != facts:
        raise _damaged(path, missing=False)


def _damaged(path: Path, *, missing: bool) -> IndexDamagedError:
    what = "is missing" if missing else "differs from its manifest"
    return IndexDamagedError(f"{path} {what}", hint=REBUILD)
