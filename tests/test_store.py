"""After a failed run the index is the old generation or the new one, never a mixture and never nothing."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest
from builders_index import NEW, NEWEST, OLD, publish, tree
from faults import failing
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.errors import AssistantError, IndexBusyError, IndexMismatchError, IndexMissingError, IndexWriteError
from b12assistant.index import store as module
from b12assistant.index.store import SCHEMA, Generation, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "index")


FILE_NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8).map("{}.bin".format)
FILES = st.dictionaries(FILE_NAMES, st.binary(max_size=200), max_size=4)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda value: st.lists(value, max_size=3) | st.dictionaries(st.text(), value, max_size=3),
    max_leaves=6,
)


@given(FILES, st.dictionaries(st.sampled_from(["model", "counts", "ключ"]), JSON))
def test_save_and_load_is_identity(files: dict[str, bytes], facts: dict[str, object]) -> None:
    with TemporaryDirectory() as root:
        store = Store(Path(root))
        with store.writing():
            name = store.publish(files, facts)
        generation = store.open()
        assert (generation.id, generation.files, generation.problems) == (name, files, ())
        assert {key: generation.manifest[key] for key in facts} == facts


def test_the_name_is_a_function_of_the_content(tmp_path: Path) -> None:
    first = publish(Store(tmp_path / "here"), OLD)
    second = publish(Store(tmp_path / "there"), NEW, dict(reversed(OLD.items())))
    assert first == second


def test_an_index_of_another_schema_is_no_damage(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, OLD)
    monkeypatch.setattr(module, "SCHEMA", SCHEMA + 1)
    with pytest.raises(IndexMismatchError, match=f"has schema {SCHEMA}, this version reads {SCHEMA + 1}"):
        store.open()


def test_without_an_index_the_command_is_named(store: Store) -> None:
    with pytest.raises(IndexMissingError, match="run `b12assistant index`"):
        store.open()


def test_a_spare_is_kept_and_never_two(store: Store) -> None:
    names = [publish(store, files) for files in (OLD, NEW, NEWEST)]
    kept = {path.name for path in (store.root / "generations").iterdir()}
    assert kept == set(names[1:])


# Writers and readers


def test_a_second_writer_learns_at_once_who_is_writing(store: Store) -> None:
    with store.writing(), pytest.raises(IndexBusyError, match=f"process {os.getpid()} is writing"), store.writing():
        pass


HOLD = """
import sys, time
from pathlib import Path
from b12assistant.index.store import Store
with Store(Path(sys.argv[1])).writing():
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_dies_with_its_process(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(store.root)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(IndexBusyError, match=f"process {holder.pid} is writing"), store.writing():
            pass
        holder.kill()
        holder.wait()
    publish(store, NEW)
    assert store.open().files == NEW


def test_readers_meet_whole_generations_while_a_writer_is_at_work(store: Store) -> None:
    contents = [{"a": b"%d" % i * 5000, "b": b"%d" % i * 5000} for i in range(12)]
    publish(store, contents[0])
    met: list[Generation | AssistantError] = []
    over = Event()

    def read() -> None:
        while not over.is_set():
            try:
                met.append(store.open())
            except AssistantError as error:
                met.append(error)

    readers = [Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for content in contents:
        publish(store, content)
    over.set()
    for reader in readers:
        reader.join()
    assert [found for found in met if not isinstance(found, Generation) or found.problems] == []
    assert all(found.files in contents for found in met if isinstance(found, Generation))


# What cannot be written


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_an_index_that_cannot_be_written_gives_a_one_line_error(store: Store, code: int) -> None:
    publish(store, OLD)
    before = tree(store.root)
    with failing(1, for_good=True, code=code), pytest.raises(IndexWriteError) as caught:
        publish(store, NEW)
    assert str(caught.value) == (
        f"the index in {store.root}/ could not be written ({os.strerror(code)}): "
        "free disk space or fix permissions; the previous index is still in use"
    )
    assert tree(store.root) == before


def test_a_file_system_without_locks_is_reported(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("b12assistant.index.store.fcntl.flock", refuse)
    with pytest.raises(IndexWriteError, match=r"LOCK cannot be locked \(No locks available\)"):
        publish(store, OLD)


SPARE, FORMER, LATER = ({"a.bin": bytes([i]) * 5000, "b.bin": bytes([i]) * 3} for i in range(3))


def publish_all(root: Path, *contents: dict[str, bytes]) -> None:
    store = Store(root)
    with store.writing():
        for files in contents:
            store.publish(files, {})


def folders(root: Path) -> int:
    return sum(path.is_dir() for path in root.rglob("*"))


def every_fault(start: Path, *, for_good: bool) -> Iterator[tuple[int, Path]]:
    """Publish LATER over copies of ``start`` with operation 1, 2, 3 … failing, until a run is clean.

    It may raise only ``IndexWriteError``.
    """
    for at in count(1):
        root = start.with_name(f"{start.name}-{at}")
        if start.exists():
            shutil.copytree(start, root)
        with failing(at, for_good=for_good) as faults, suppress(IndexWriteError):
            publish_all(root, LATER)
        if not faults.struck:
            assert at > 15, "the faults should reach what a store does"
            return
        yield at, root


def test_everything_is_on_disk_before_the_pointer_is_switched(tmp_path: Path) -> None:
    publish_all(tmp_path, FORMER)
    with failing(10**6) as faults:
        publish_all(tmp_path, LATER)
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
    publish_all(tmp_path / "index", SPARE, FORMER)
    publish_all(tmp_path / "expected", SPARE, FORMER, LATER)
    ends = set()
    for at, root in every_fault(tmp_path / "index", for_good=for_good):
        found = Store(root).open()
        assert found.files in (FORMER, LATER), at
        assert found.problems == (), at
        ends.add(found.files["b.bin"])
        publish_all(root, LATER)
        assert tree(root).keys() == tree(tmp_path / "expected").keys(), at
        assert folders(root) == folders(tmp_path / "expected"), at
        assert (Store(root).open().files, Store(root).open().problems) == (LATER, ()), at
    assert ends == {FORMER["b.bin"], LATER["b.bin"]}, "the faults should reach both sides of the switch"


@FOR_GOOD
def test_a_first_run_that_fails_leaves_a_whole_index_or_none(tmp_path: Path, for_good: bool) -> None:
    publish_all(tmp_path / "expected", LATER)
    for at, root in every_fault(tmp_path / "index", for_good=for_good):
        with suppress(IndexMissingError):
            assert Store(root).open().files == LATER, at
        publish_all(root, LATER)
        assert tree(root).keys() == tree(tmp_path / "expected").keys(), at
        assert Store(root).open().problems == (), at


@FOR_GOOD
def test_a_repair_that_fails_never_makes_a_damaged_index_worse(tmp_path: Path, for_good: bool) -> None:
    """LATER is in use and damaged, so FORMER serves; publishing LATER again has to move the damaged one aside."""
    publish_all(tmp_path / "index", FORMER, LATER)
    name = (tmp_path / "index" / "CURRENT").read_text().strip()
    (tmp_path / "index" / "generations" / name / "a.bin").write_bytes(b"damaged")
    for at, root in every_fault(tmp_path / "index", for_good=for_good):
        assert Store(root).open().files in (FORMER, LATER), at
        publish_all(root, LATER)
        assert (Store(root).open().files, Store(root).open().problems) == (LATER, ()), at
        assert len(list((root / "generations").iterdir())) == 2, at


# Killed at any moment
