"""One promise, and how to try it ``count`` times."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

IN_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "stress"  # as `make stress` runs the tests
Tries = Iterator[str | None]  # one for each try: what went wrong, or nothing


@dataclass(frozen=True)
class StressTest:
    """``run(count, folder)`` tries in an empty folder. ``full``: tries of `make stress`; ``quick``: of the tests."""

    what: str
    quick: int
    full: int
    run: Callable[[int, Path], Tries]
