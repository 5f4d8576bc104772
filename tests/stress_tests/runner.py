"""One promise, and how to try it ``count`` times."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Tries = Iterator[str | None]  # one for each try: what went wrong, or nothing


@dataclass(frozen=True)
class StressTest:
    """``run(count, folder)`` tries in an empty folder. ``full``: tries of `make stress`; ``quick``: of the tests."""

    what: str
    quick: int
    full: int
    run: Callable[[int, Path], Tries]
