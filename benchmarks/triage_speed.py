"""How long triage takes: the rules by length, and the second opinion by length, with at most 24 parts.

    python benchmarks/triage_speed.py [ROUNDS]

Milliseconds on this machine, warm, one turn at a time: the median and the 95th percentile of ROUNDS (30). The rules
should take under 20 ms for 200 words and grow as the text does; the second opinion should take under 150 ms.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator

from b12assistant.answers import Turn
from b12assistant.index.encoding import load_encoder
from b12assistant.safety.clauses import MOST
from b12assistant.safety.second_opinion import Advice, SecondOpinion, load_fitted
from b12assistant.safety.triage import Triager
from b12assistant.safety.triagers import Triagers

WORDS = (50, 200, 1_000, 4_000)
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
    """Milliseconds; every text differs, so that nothing is remembered."""
    for number in range(-2, rounds):
        turn = Turn(0, f"{text} {number}")
        started = time.perf_counter()
        judge(turn)
        if number >= 0:
            yield 1000 * (time.perf_counter() - started)


def told(name: str, judge: Callable[[Turn], object], text: str, rounds: int) -> float:
    found = sorted(times(judge, text, rounds))
    middle, late = statistics.median(found), found[int(0.95 * (len(found) - 1))]
    size = f"{len(text.split()):6,} words {len(text):7,} characters"
    print(
        f"{name:16} {size}  p50 {middle:7.1f} ms  p95 {late:7.1f} ms  {1000 * middle / len(text):6.2f} µs a character"
    )
    return middle


def main(rounds: int) -> None:
    triagers = Triagers(load_encoder)
    rules = Triager(triagers.rules)
    with_words = Triager(triagers.rules, Advice((lambda: triagers.words,)))
    for judge, name in ((rules, "rules"), (with_words, "rules and words")):
        for text in (*map(text_of, WORDS), text_of(CHARACTERS)[:CHARACTERS]):
            told(name, lambda turn, judge=judge: judge([turn]), text, rounds)
    second = SecondOpinion(triagers.words, load_fitted(), triagers.load_encoder())
    print(f"parts of 200 words: {len(second(Turn(0, text_of(200))).judged)}, at most {MOST}")
    for words in (12, 50, 200, 1_000):
        told("second opinion", second, text_of(words), rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 30)
