"""Compare the questions that are found in a letter with those that its writer marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from b12assistant.answering.asked import Asked, Finder
from b12assistant.answers import Turn

Place = tuple[int, int]  # first and last character, half-open
Letter = dict[str, Any]


def places(letter: Letter) -> list[Place]:
    starts = [(letter["text"].find(each["slice"]), len(each["slice"])) for each in letter["questions"]]
    return [(start, start + length) for start, length in starts if start >= 0]


def shared(a: Place, b: Place) -> int:
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def found(letter: Letter, given: Sequence[Asked]) -> list[int | None]:
    """Return, for each question of a letter, which question of the message covers half of it and is not three times as
    long."""
    parts = [(each.words.start, each.words.end) for each in given]
    return [
        next(
            (
                number
                for number, part in enumerate(parts)
                if 2 * shared(part, place) >= place[1] - place[0]
                and part[1] - part[0] <= 3 * (place[1] - place[0]) + 20
            ),
            None,
        )
        for place in places(letter)
    ]


def false(letter: Letter, given: Sequence[Asked]) -> int:
    """Count the questions of a message that are none of the letter's."""
    return sum(
        not any(
            5 * shared(part, place) >= 2 * (part[1] - part[0]) or 2 * shared(part, place) >= place[1] - place[0]
            for place in places(letter)
        )
        for part in ((each.words.start, each.words.end) for each in given)
    )


def measure(finder: Finder, letters: Sequence[Letter]) -> dict[str, int]:
    """Count letters, their questions, the slices that are found, and of the questions those found, and found apart."""
    counted = Counter[str]()
    for letter in letters:
        given = finder.asked_of(Turn(0, letter["text"]))
        numbers = [number for number in found(letter, given) if number is not None]
        counted.update(letters=1, questions=len(letter["questions"]), slices=len(given), found=len(numbers))
        counted.update(apart=len(set(numbers)), false=false(letter, given))
    return dict(counted)
