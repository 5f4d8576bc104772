"""Measure how letters are read: are their questions found, and what becomes of each?

    python benchmarks/letters.py INDEX [FILE]

A question is found if a question of the message covers half of its words and is not three times as long; false is a
question of the message that is none of the letter's. Of each letter: how many of its questions get a quote, and whether
the letter is refused as a whole. Of the questions that a sentence of the library answers, by a reader's label: for how
many that sentence is in the first quote, in any, or in none though the question was found. Labels name the best few of
18 sentences, so these shares are a little low.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from fit.data import DATA, rows, workspace

from b12assistant.answering.asked import Finder
from b12assistant.answers import Status, Turn
from b12assistant.evaluation.labelled_set import is_hit

LETTERS = DATA / "letters" / "calibration.jsonl"

Place = tuple[int, int]  # first and last character, half-open
Letter = dict[str, Any]


def places(letter: Letter) -> list[Place]:
    starts = [(letter["text"].find(each["slice"]), len(each["slice"])) for each in letter["questions"]]
    return [(start, start + length) for start, length in starts if start >= 0]


def parts_of(finder: Finder, letter: Letter) -> list[Place]:
    """Return the places of the questions that the product finds."""
    return [(each.start, each.end) for each in finder.asked_of(Turn(0, letter["text"]))]


def shared(a: Place, b: Place) -> int:
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def found(letter: Letter, parts: Sequence[Place]) -> list[int | None]:
    """Return, for each question of a letter, which question of the message covers half of it and is not three times as
    long."""

    def covers(part: Place, length: int, place: Place) -> bool:
        return 2 * shared(part, place) >= length and part[1] - part[0] <= 3 * length + 20

    fitting = (
        (i for i, part in enumerate(parts) if covers(part, end - start, (start, end))) for start, end in places(letter)
    )
    return [next(numbers, None) for numbers in fitting]


def is_false(letter: Letter, part: Place) -> bool:
    """Check whether a question of a message is none of the letter's."""
    return not any(
        5 * shared(part, place) >= 2 * (part[1] - part[0]) or 2 * shared(part, place) >= place[1] - place[0]
        for place in places(letter)
    )


def measure(finder: Finder, letters: Sequence[Letter]) -> dict[str, int]:
    """Count letters, their questions, the slices that are found, and of the questions those found, and found apart."""
    counted = Counter[str]()
    for letter in letters:
        parts = parts_of(finder, letter)
        numbers = [number for number in found(letter, parts) if number is not None]
        counted.update(letters=1, questions=len(letter["questions"]), slices=len(parts), found=len(numbers))
        counted.update(apart=len(set(numbers)), false=sum(is_false(letter, part) for part in parts))
    return dict(counted)


def right(letter: dict[str, Any], places: Sequence[int | None], shown: Sequence[Sequence[str]]) -> Counter[str]:
    """Count the answerable questions, and those whose first quote, or any, holds a sentence that answers.

    ``places``: which part of the answer each question is; ``shown``: the quotes of each part.
    """
    counted = Counter[str]()
    for question, place in zip(letter["questions"], places, strict=True):
        if question["gold"]:
            quotes = shown[place] if place is not None and place < len(shown) else ()
            hits = [any(is_hit(quote, gold) for gold in question["gold"]) for quote in quotes]
            counted.update(answerable=1, first=any(hits[:1]), any=any(hits), unquoted=not quotes)
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("file", nargs="?", type=Path, default=LETTERS)
    given = parser.parse_args()
    space, letters = workspace(index=given.index), list(rows(given.file))
    counted, milliseconds = Counter(measure(space.engine.finder, letters)), list[float]()
    for letter in letters:
        places = found(letter, parts_of(space.engine.finder, letter))
        begun = time.perf_counter()
        answer = space.assistant.reply(letter["text"]).answer
        milliseconds.append(1000 * (time.perf_counter() - begun))
        counted.update(safety_only=answer.status is Status.SAFETY_ONLY, refused=answer.status is Status.NO_ANSWER)
        counted.update(parts=len(answer.asked), quoted=sum(bool(part.numbers) for part in answer.asked))
        shown = [" […] ".join(span.text for span in quote.spans) for quote in answer.quotes]
        counted.update(right(letter, places, [[shown[at - 1] for at in part.numbers] for part in answer.asked]))
    print(dict(counted), f"median {median(milliseconds):.0f} ms")


if __name__ == "__main__":
    main()
