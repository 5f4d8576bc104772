"""After a failed run the index is the old generation or the new one, never a mixture and never nothing."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from builders_index import tree
from faults import failing

from b12assistant.errors import IndexMissingError, IndexWriteError
from b12assistant.index.store import Store

SPARE, OLD, NEW = ({"a.bin": bytes([i]) * 5000, "b.bin": bytes([i]) * 3} for i in range(3))


def publish(root: Path, *contents: dict[str, bytes]) -> None:
    store = Store(root)
    with store.writing():
        for files in contents:
            store.publish(files, {})


def folders(root: Path) -> int:
    return sum(path.is_dir() for path in root.rglob("*"))


def every_fault(start: Path, *, for_good: bool) -> Iterator[tuple[int, Path]]:
    """Publish NEW over copies of ``start`` with operation 1, 2, 3 … failing, until a run is clean.

    It may raise only ``IndexWriteError``.
    """
    for at in count(1):
        root = start.with_name(f"{start.name}-{at}")
        if start.exists():
            shutil.copytree(start, root)
        with failing(at, for_good=for_good) as faults, suppress(IndexWriteError):
            publish(root, NEW)
        if not faults.struck:
            assert at > 15, "the faults should reach what a store does"
            return
        yield at, root


def test_everything_is_on_disk_before_the_pointer_is_switched(tmp_path: Path) -> None:
    publish(tmp_path, OLD)
    with failing(10**6) as faults:
        publish(tmp_path, NEW)
    file = ["open", "write", "fsync"]
    first = faults.done.index("open", faults.done.index("pwrite")) - 1  # after the lock
    assert faults.done[first : faults.done.index("replace") + 2] == [
        "mkdir",
        *(file * 3),  # a.bin, b.bin, the manifest
        "fsync",  # the draft's folder
        "rename",
        "fsync",  # the folder of generations
        *file,  # the new pointer
        "replace",
        "fsync",  # its folder
    ]


FOR_GOOD = pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])


@FOR_GOOD
def test_whichever_operation_fails_the_index_is_the_old_or_the_new_one(tmp_path: Path, for_good: bool) -> None:
    publish(tmp_path / "index", SPARE, OLD)
    publish(tmp_path / "expected", SPARE, OLD, NEW)
    ends = set()
    for at, root in every_fault(tmp_path / "index", for_good=for_good):
        found = Store(root).open()
        assert found.files in (OLD, NEW), at
        assert found.problems == (), at
        ends.add(found.files["b.bin"])
        publish(root, NEW)
        assert tree(root).keys() == tree(tmp_path / "expected").keys(), at
        assert folders(root) == folders(tmp_path / "expected"), at
        assert (Store(root).open().files, Store(root).open().problems) == (NEW, ()), at
    assert ends == {OLD["b.bin"], NEW["b.bin"]}, "the faults should reach both sides of the switch"


@FOR_GOOD
def test_a_first_run_that_fails_leaves_a_whole_index_or_none(tmp_path: Path, for_good: bool) -> None:
    publish(tmp_path / "expected", NEW)
    for at, root in every_fault(tmp_path / "index", for_good=for_good):
        with suppress(IndexMissingError):
            assert Store(root).open().files == NEW, at
        publish(root, NEW)
        assert tree(root).keys() == tree(tmp_path / "expected").keys(), at
        assert Store(root).open().problems == (), at


@FOR_GOOD
def test_a_repair_that_fails_never_makes_a_damaged_index_worse(tmp_path: Path, for_good: bool) -> None:
    """NEW is in use and damaged, so OLD serves; publishing NEW again has to move the damaged one aside."""
    publish(tmp_path / "index", OLD, NEW)
    name = (tmp_path / "index" / "CURRENT").read_text().strip()
    (tmp_path / "index" / "generations" / name / "a.bin").write_bytes(b"damaged")
    for at, root in every_fault(tmp_path / "index", for_good=for_good):
        assert Store(root).open().files in (OLD, NEW), at
        publish(root, NEW)
        assert (Store(root).open().files, Store(root).open().problems) == (NEW, ()), at
        assert len(list((root / "generations").iterdir())) == 2, at


# Killed at any moment
