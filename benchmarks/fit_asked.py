"""Fit what finds the questions of a letter: a linear chain over the form of its clauses.

    python benchmarks/fit_asked.py [--out FILE] [--test]

Learns from the train splits of letters, of messages that ask two things, and of short turns that ask one. Weights that
count for little are left out. Prints how many questions are found, and how many slices ask nothing; with ``--test``
for the test split too. Takes a minute.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from b12assistant.answering import asked
from b12assistant.answering.asked import BEGINS, GOES_ON, TELLS, Asked, asked_of, described, sentences_of
from b12assistant.answers import Turn

ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks" / "data" / "letters"
OUT = ROOT / "src" / "b12assistant" / asked.WEIGHTS
BOUNDS = ("sentence", "stop", "join", "none")
DECAY, STEPS, LEAST, SMALL = 1.0, 100, 2, 0.1  # the least: clauses that have a feature; small: a weight left out
# Added to what begins a question: in a letter one missed is worse than one too many, in a short message one cut in two.
LEANS = {"short=False": 1.0, "short=True": -0.8}
NEVER = -99.0
ASKS_ONE = ("first", "new", "follow_up")

Letter = dict[str, Any]
Place = tuple[int, int]


def read(name: str) -> list[Letter]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()]


def examples() -> list[Letter]:
    """Return the training messages; a turn of a thread that asks one thing asks it from the first words on that can."""
    turns = [turn["text"] for thread in read("threads_train") for turn in thread["turns"] if turn["kind"] in ASKS_ONE]
    whole = []
    for text in turns:
        clauses = [clause for clause, *_ in described(text, sentences_of(text)) if clause.form not in ("other", "wish")]
        if clauses:
            whole.append({"text": text, "questions": [{"slice": text[clauses[0].place.start :]}]})
    return [*read("train"), *read("two_train"), *whole]


def places(letter: Letter) -> list[Place]:
    starts = [(letter["text"].find(each["slice"]), len(each["slice"])) for each in letter["questions"]]
    return [(start, start + length) for start, length in starts]


def shared(a: Place, b: Place) -> int:
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def labelled(letter: Letter) -> Iterator[tuple[str, Sequence[str], int]]:
    """Yield how each clause is bound to the one before, its features, and what it does."""
    begun, before, wanted = set[Place](), TELLS, places(letter)
    for clause, bound, features in described(letter["text"], sentences_of(letter["text"])):
        place = (clause.place.start, clause.place.end)
        asks = max(wanted, key=lambda each: shared(each, place), default=(0, 0))
        if 2 * shared(asks, place) <= min(place[1] - place[0], asks[1] - asks[0]):
            before = TELLS
        elif asks not in begun:
            before = BEGINS
        else:
            before = GOES_ON if before != TELLS and bound != "sentence" else TELLS
        begun |= {asks} if before == BEGINS else set()
        yield bound, features, before


class Chain:
    """Messages as arrays, padded to the longest; the loss of weights of features and of steps between clauses."""

    def __init__(self, messages: Sequence[Sequence[tuple[str, Sequence[str], int]]]) -> None:
        flat = [row for rows in messages for row in rows]
        counted = Counter(feature for _, features, _ in flat for feature in features)
        self.names = sorted(name for name, count in counted.items() if count >= LEAST)
        number = {name: i for i, name in enumerate(self.names)}
        kept = [[number[each] for each in features if each in number] for _, features, _ in flat]
        ends = np.cumsum([0, *map(len, kept)])
        self.has = csr_matrix((np.ones(ends[-1]), np.concatenate(kept), ends), (len(flat), len(number)))
        self.bound = np.array([BOUNDS.index(bound) for bound, _, _ in flat])
        self.does = np.array([does for _, _, does in flat])
        lengths = np.array(list(map(len, messages)))
        starts = np.cumsum([0, *lengths])[:-1]
        self.last = np.roll(self.does, 1)
        self.last[starts] = TELLS
        columns = np.arange(lengths.max())
        self.inside = columns < lengths[:, None]
        self.row = np.where(self.inside, starts[:, None] + columns, 0)
        self.never = np.zeros((len(BOUNDS), 3, 3))
        self.never[:, TELLS, GOES_ON] = self.never[0, :, GOES_ON] = NEVER

    def parts(self, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = 2 * len(self.names)
        return given[:count].reshape(-1, 2), given[count:].reshape(len(BOUNDS), 3, 3) + self.never

    def loss(self, given: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the negative log-likelihood of what the clauses do, with its gradient."""
        weights, steps = self.parts(given)
        own = np.column_stack([np.zeros(len(self.does)), self.has @ weights])
        step = steps[self.bound[self.row]] + own[self.row][:, :, None, :]  # message, clause, last, next
        forward = [step[:, 0, TELLS]]
        for at in range(1, step.shape[1]):
            reached = logsumexp(forward[-1][:, :, None] + step[:, at], axis=1)
            forward.append(np.where(self.inside[:, at, None], reached, forward[-1]))
        whole = logsumexp(forward[-1], axis=1)
        steps_gap, own_gap = np.zeros_like(steps), np.zeros_like(own)
        np.subtract.at(steps_gap, (self.bound, self.last, self.does), 1)
        own_gap[np.arange(len(own)), self.does] -= 1
        start = np.array([0.0, NEVER, NEVER])
        backward = np.zeros_like(forward[0])
        for at in reversed(range(step.shape[1])):
            inside = self.inside[:, at]
            before = forward[at - 1] if at else np.broadcast_to(start, backward.shape)
            pair = np.exp(before[:, :, None] + step[:, at] + backward[:, None] - whole[:, None, None])[inside]
            rows = self.row[inside, at]
            np.add.at(steps_gap, self.bound[rows], pair)
            own_gap[rows] += pair.sum(axis=1)
            backward = np.where(inside[:, None], logsumexp(step[:, at] + backward[:, None], axis=2), backward)
        gold = own[np.arange(len(own)), self.does].sum() + steps[self.bound, self.last, self.does].sum()
        gradient = np.concatenate([(self.has.T @ own_gap[:, 1:]).ravel(), steps_gap.ravel()])
        return whole.sum() - gold + DECAY / 2 * given @ given, gradient + DECAY * given

    def fit(self) -> dict[str, Any]:
        """Return the table that ships: two weights a feature, and nine a bound."""
        first = np.zeros(2 * len(self.names) + 9 * len(BOUNDS))
        weights, steps = self.parts(
            minimize(self.loss, first, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
        )
        for name, added in LEANS.items():
            weights[self.names.index(name), 0] += added
        kept = {name: row.round(2).tolist() for name, row in zip(self.names, weights, strict=True)}
        return {
            "clauses": {name: row for name, row in kept.items() if max(map(abs, row)) >= SMALL},
            "steps": {bound: rows.round(2).tolist() for bound, rows in zip(BOUNDS, steps, strict=True)},
        }


def as_lines(table: dict[str, Any]) -> str:
    """Return JSON with one line a feature."""
    parts = (
        f"{json.dumps(part)}: {{\n"
        + ",\n".join(f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(row)}" for name, row in rows.items())
        + "\n}"
        for part, rows in table.items()
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


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


def measure(name: str) -> str:
    counted = Counter[str]()
    for letter in read(name):
        given = asked_of(Turn(0, letter["text"]))
        numbers = [number for number in found(letter, given) if number is not None]
        counted.update(letters=1, questions=len(letter["questions"]), slices=len(given), found=len(numbers))
        counted.update(apart=len(set(numbers)), false=false(letter, given))
    return f"{name}: {dict(counted)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--test", action="store_true")
    given = parser.parse_args()
    messages = [list(labelled(each)) for each in examples()]
    table = Chain(messages).fit()
    given.out.write_text(as_lines(table), "utf-8")
    print(len(table["clauses"]), "features from", sum(map(len, messages)), "clauses of", len(messages), "messages")
    if given.out == OUT:
        for name in ("train", "two_train", "calibration", "two_calibration", *["test"] * given.test):
            print(measure(name))


if __name__ == "__main__":
    main()
