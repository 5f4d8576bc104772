"""Read and write a generation of the index: no byte of a file is used before the whole file was compared.

The manifest has two digests: the generation's name covers its content, and the seal covers the rest of the manifest,
so that no byte of it can change unnoticed. Only regular files are read; what is written is on the disk when the call
returns.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from b12assistant.errors import IndexDamagedError, IndexMismatchError
from b12assistant.types import GenerationId

REBUILD = "run `b12assistant index`"
SCHEMA = 1  # raise when the files of a generation, or this file, change their form
MANIFEST = "manifest.json"
_BESIDE_CONTENT = ("generation", "counter", "seal")


_LARGEST = 1 << 20  # bytes of a file that no manifest describes
_BLOCK = 1 << 20  # bytes read at a time from a file that is only compared
_NO_FILE = (
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ELOOP,
    errno.ENXIO,
)  # there is no such file; other errors may be temporary


@dataclass(frozen=True, slots=True)
class Generation:
    """A verified generation: its manifest and the bytes of its files. ``problems``: why others were skipped."""

    id: GenerationId
    manifest: Mapping[str, object]
    files: Mapping[str, bytes]
    problems: tuple[str, ...] = ()


def read_generation(folder: Path) -> Generation:
    """Read a generation. Raises ``IndexDamagedError``, ``IndexMismatchError``; ``OSError`` if it may be temporary."""
    manifest = _manifest(folder)
    files = {file: _read(folder / file, facts) for file, facts in manifest["files"].items()}
    return Generation(GenerationId(folder.name), manifest, files)


def check_generation(folder: Path) -> None:
    """Raise what `read_generation` would, with at most a block of a file in memory."""
    for file, facts in _manifest(folder)["files"].items():
        _compare(folder / file, facts)


def describe(data: bytes) -> dict[str, object]:
    """Describe a file for the manifest."""
    return {"size": len(data), "sha256": _sha256(data)}


def generation_name(content: Mapping[str, object]) -> GenerationId:
    """Return the name of a generation, which depends only on its content, not on when or where it was built."""
    return GenerationId(_sha256(_json(content))[:32])


def sealed(content: Mapping[str, object], *, counter: int) -> bytes:
    """Write a manifest; ``counter`` grows with each generation of an index."""
    manifest = {**content, "generation": generation_name(content), "counter": counter}
    return _json({**manifest, "seal": _sha256(_json(manifest))})


def unsealed(data: bytes, name: str) -> dict[str, Any] | None:
    """Read the manifest of generation ``name``; ``None`` unless ``data`` is byte for byte what ``sealed`` returned."""
    try:
        manifest = json.loads(data)
        content = {key: value for key, value in manifest.items() if key not in _BESIDE_CONTENT}
        intact = sealed(content, counter=manifest["counter"]) == data and manifest["generation"] == name
    except (ValueError, KeyError, AttributeError, RecursionError):
        return None
    return manifest if intact else None


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8", "surrogatepass")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def open_regular(path: Path) -> BinaryIO | None:
    """Open a regular file to read; ``None`` if there is no such file.

    Links are not followed, and a pipe does not block. Raises ``OSError`` for errors that may be temporary.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def read_bytes(path: Path, *, most: int = _LARGEST) -> bytes | None:
    """Read a regular file's bytes, at most one more than ``most``; ``None`` if there is no such file.

    Raises ``OSError`` for errors that may be temporary.
    """
    file = open_regular(path)
    if file is None:
        return None
    with file:
        return file.read(most + 1)


def size_and_sha256(file: BinaryIO, *, most: int) -> tuple[int, str]:
    """Return size and sha256 of a file, read in blocks, of at most one byte more than ``most``."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(min(_BLOCK, most + 1 - size)):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()


def write_synced(path: Path, data: bytes) -> None:
    """Write a file; it is on the disk when this returns."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Write a folder's list of names to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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


def _compare(path: Path, facts: Mapping[str, Any]) -> None:
    file = open_regular(path)
    if file is None:
        raise _damaged(path, missing=True)
    with file:
        size, sha256 = size_and_sha256(file, most=facts["size"])
    if {"size": size, "sha256": sha256} != facts:
        raise _damaged(path, missing=False)


def _damaged(path: Path, *, missing: bool) -> IndexDamagedError:
    what = "is missing" if missing else "differs from its manifest"
    return IndexDamagedError(f"{path} {what}", hint=REBUILD)
