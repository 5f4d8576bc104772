"""Indexing is killed, fails or meets another run: the index is the old or the new one, to the byte."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from faults import Faults, failing, failing_reads

from b12assistant.errors import AssistantError, IndexDamagedError, IndexMissingError, IndexWriteError
from b12assistant.index.store import Data, Store
from stress_tests.runner import Tries
from stress_tests.small_index import contents, corpora, workspace

_TESTS = Path(__file__).parent.parent
_FOREVER = 10**9
_MANY = 20  # kills, at least one of which must have hit a write
_LONGEST = 0.4  # seconds until a writer is killed
Files = Mapping[str, Data]


def writer(index: Path, runs: int, corpora: Sequence[Path]) -> subprocess.Popen[bytes]:
    """A process of `stress_tests.writer` that is ready to write."""
    paths = os.pathsep.join([str(_TESTS), *filter(None, sys.path)])
    command = [sys.executable, "-m", "stress_tests.writer", str(index), str(runs), *map(str, corpora)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": paths})
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def fault_of(root: Path, right: Sequence[Files]) -> str | None:
    """Why an index is none of ``right``, or is damaged."""
    try:
        found = Store(root).open()
    except AssistantError as error:
        return f"does not open: {error}"
    if found.files not in right:
        return "is a mixture"
    return "; ".join([*found.problems, *Store(root).damage()]) or None


def litter(root: Path) -> str | None:
    """What a run leaves that should not be there."""
    inside = {path.name for path in root.iterdir()} - {"CURRENT", "LOCK", "generations"}
    generations = [path.name for path in (root / "generations").iterdir()]
    drafts = [name for name in generations if name.startswith(".")]
    return f"left {sorted(inside) + drafts or generations}" if inside or drafts or len(generations) > 2 else None


def kills(count: int, folder: Path) -> Tries:
    """SIGKILL at a random moment; each run continues from what the previous one left."""
    made = corpora(folder)
    right = contents(folder, made)
    root = folder / "index"
    workspace(made[0], root).index()
    draw = random.Random(12)  # noqa: S311 - moments, not secrets
    cut_short = 0
    for number in range(count):
        turn = number % len(made)  # each begins with another corpus, so that it has something to write
        with writer(root, _FOREVER, made[turn:] + made[:turn]) as process:
            time.sleep(draw.uniform(0, _LONGEST))
            process.kill()
        cut_short += any((root / "generations").glob(".*")) or (root / ".CURRENT.new").exists()
        yield fault_of(root, right)
    workspace(made[1], root).index()
    missed = count >= _MANY and not cut_short
    yield litter(root) or ("no run was killed while it wrote" if missed else None)


def two_writers(count: int, folder: Path) -> Tries:
    """Two processes at once, some runs each: the second gets an error that says so and does not wait."""
    made = corpora(folder)
    right = contents(folder, made)
    root = folder / "index"
    for _ in range(count):
        both = [writer(root, 12, order) for order in (made, made[::-1])]
        told = [process.communicate(timeout=120)[0].split() for process in both]
        if any(process.returncode for process in both):
            yield "a writer failed"
        elif not all(int(published) + int(busy) == 12 for published, busy in told):
            yield f"runs were lost: {told}"
        else:
            yield fault_of(root, right) or litter(root)


Disk = Callable[[Path, int], AbstractContextManager[Faults]]
DISKS: dict[str, Disk] = {
    "a change fails once": lambda root, at: failing(at),
    "changes fail for good": lambda root, at: failing(at, for_good=True),
    "a look fails once": lambda root, at: failing_reads(root, at),
    "looks fail for good": lambda root, at: failing_reads(root, at, for_good=True),
}


def every_fault(count: int, folder: Path) -> Tries:
    """Operation 1, 2, 3 … fails while the new index is made, until a run is clean; at most ``count`` of each kind.

    Afterwards the index is the old or the new one; the next run leaves the new one and no litter.
    """
    made = corpora(folder)
    _, old, new = contents(folder, made)
    start = folder / "start"
    for corpus in made[:2]:
        workspace(corpus, start).index()
    for what, disk in DISKS.items():
        for at in range(1, count + 1):
            root = folder / f"{what} {at}"
            shutil.copytree(start, root)
            space = workspace(made[2], root)
            space.store  # noqa: B018 - made before the disk fails
            told = ""
            with disk(root, at) as faults:
                try:
                    space.index()
                except AssistantError as error:
                    told = _unfit(error)
            if not faults.struck:
                break
            fault = told or fault_of(root, [old, new])
            workspace(made[2], root).index()
            fault = fault or fault_of(root, [new]) or litter(root)
            yield fault and f"{what} at {at} ({faults.done[at - 1]}): {fault}"
            shutil.rmtree(root)


def _unfit(error: AssistantError) -> str:
    """What is wrong with how a fault was reported."""
    if not isinstance(error, IndexWriteError | IndexDamagedError | IndexMissingError):
        return f"told as {type(error).__name__}: {error}"
    return "told in several lines" if "\n" in str(error) else ""


def failed_looks(count: int, folder: Path) -> Tries:
    """Look 1, 2, 3 … fails while the index is opened: it gives a complete generation and says which, or an error."""
    made = corpora(folder)
    _, old, new = contents(folder, made)
    root = folder / "index"
    for corpus in made[1:]:
        workspace(corpus, root).index()
    for for_good in (False, True):
        for at in range(1, count + 1):
            fault = None
            with failing_reads(root, at, for_good=for_good) as faults:
                try:
                    found = Store(root).open()
                    if found.files not in (old, new):
                        fault = "a mixture was opened"
                    elif found.files == old and not found.problems:
                        fault = "the spare was opened as if it were current"
                except AssistantError as error:
                    fault = _unfit(error)
            if not faults.struck:
                break
            with failing_reads(root, at, for_good=for_good):
                told = list(Store(root).damage())
            if for_good and at == 1 and not told:
                fault = fault or "nothing was told of a disk that cannot be read"
            yield fault or fault_of(root, [new])
