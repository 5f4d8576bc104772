"""Measure how long triage takes: the rules alone, with the words, and all together as in use, by length of the turn.

    python benchmarks/triage_speed.py [ROUNDS]

Milliseconds on this machine, warm, one turn at a time: the median and the 95th percentile of ROUNDS (30). All together
should take at most 8 ms for 12 words and 60 ms for 200 on two free cores.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator

from b12assistant.answers import Turn
from b12assistant.index.encoding import load_encoder
from b12assistant.safety.second_opinion import Triagers

WORDS = (12, 50, 200, 1_000, 4_000)
CHARACTERS = 20_000
SENTENCES = (
    "My gran has had the injections since the spring and her feet still tingle at night, though less than they did.",
    "She walks to the shop by herself and has no trouble with the stairs.",
    "Is it true that milk holds less of it when it is boiled?",
    "I read that nerves need months, and our neighbour says the tablets are as good!",
    "We had eggs for breakfast, toast for lunch, and a walk by the river before the rain came.",
)


def text_of(words: int) -> str:
    found = " ".join(SENTENCES * (1 + words // 70)).split()
    return " ".join(found[:words])


def times(judge: Callable[[Turn], object], text: str, rounds: int) -> Iterator[float]:
    """Yield milliseconds; every text differs, so that nothing comes from a cache."""
    for number in range(-2, rounds):
        turn = Turn(0, f"{text} {number}")
        started = time.perf_counter()
        judge(turn)
        if number >= 0:
            yield 1000 * (time.perf_counter() - started)


def measure(name: str, judge: Callable[[Turn], object], text: str, rounds: int) -> None:
    found = sorted(times(judge, text, rounds))
    middle, late = statistics.median(found), found[int(0.95 * (len(found) - 1))]
    size = f"{len(text.split()):6,} words {len(text):7,} characters"
    print(
        f"{name:24} {size}  p50 {middle:7.1f} ms  p95 {late:7.1f} ms  {1000 * middle / len(text):6.2f} µs a character"
    )


def main(rounds: int) -> None:
    for name, triager in Triagers(lambda: load_encoder(runtime="onnx")).by_name().items():
        for text in (*map(text_of, WORDS), text_of(CHARACTERS)[:CHARACTERS]):
            measure(name, lambda turn, triager=triager: triager([turn]), text, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 30)
