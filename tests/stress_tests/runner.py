"""One promise, and how to try it ``count`` times."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Tries = Iterator[str | None]  # one for each try: what went wrong, or nothing


@dataclass(frozen=True)
class StressTest:
    """``run(count, folder)`` tries in an empty folder. ``full``: tries of `make stress`; ``quick``: of the tests."""

    what: str
    goal: str
    quick: int
    full: int
    run: Callable[[int, Path], Tries]


@dataclass(frozen=True)
class Result:
    """The result of a stress test; ``wrong`` has a sentence for each failed try."""

    stress: StressTest
    tried: int
    wrong: tuple[str, ...]
    seconds: float

    @property
    def row(self) -> str:
        """A line of the table."""
        passed = self.tried - len(self.wrong)
        numbers = f"{self.tried:,} | {passed:,} | {len(self.wrong)} | {self.seconds:.0f}"
        return f"| {self.stress.what} | {numbers} | {self.stress.goal} |"


HEAD = "| what | tried | passed | failed | seconds | goal |\n|---|---|---|---|---|---|"


def carry_out(stress: StressTest, count: int, folder: Path) -> Result:
    """Try it ``count`` times; an unexpected error is a failure and ends it."""
    wrong: list[str] = []
    tried, began = 0, time.monotonic()
    tries = stress.run(count, folder)
    while True:
        try:
            found = next(tries)
        except StopIteration:
            break
        except Exception as error:  # noqa: BLE001 - reported in the table
            tried += 1
            wrong.append(f"{type(error).__name__}: {error}")
            break
        tried += 1
        if found is not None:
            wrong.append(found)
    return Result(stress, tried, tuple(wrong), time.monotonic() - began)
