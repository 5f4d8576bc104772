"""Would a server that gathers questions into batches encode more of them? The encoder alone, on two threads.

    python benchmarks/micro_batching.py [BURSTS]

In each of BURSTS (100) sixteen questions of `benchmarks/data/questions/train.jsonl` come at once, first of the short
ones, then of all. Two threads take them one by one, or in batches of two, four and eight, padded to the longest, in the
order they came; the ways take turns, so that all see the same machine. Printed for each: processor time a question;
milliseconds by the clock from the moment all came until a question's vectors are there, p50 and p95; and what share of
the word pieces is padding. A server would wait for a batch to fill besides: that is not counted, so that batches look
better here than they could be.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from b12assistant.application.encoders import open_encoder
from b12assistant.protocols import Encoder
from b12assistant.settings import EncoderSettings

QUESTIONS = Path(__file__).parent / "data" / "questions" / "train.jsonl"
AT_ONCE = 16
SIZES = (1, 2, 4, 8)
SHORT = 16  # word pieces at most
SPECIAL = 2  # the tokens a model puts around a text


@dataclass
class Way:
    """What was seen of one size of batches."""

    processor: float = 0.0  # seconds
    waited: list[float] = field(default_factory=list)  # seconds of each question
    pieces: int = 0  # with SPECIAL
    padded: int = 0  # the same and the padding


def burst(questions: Sequence[str], size: int, encoder: Encoder, pool: ThreadPoolExecutor, way: Way) -> None:
    batches = [questions[start : start + size] for start in range(0, len(questions), size)]
    begun, spent = time.perf_counter(), time.process_time()

    def encoded(batch: Sequence[str]) -> float:
        list(encoder.encode(batch))
        return time.perf_counter() - begun

    waited = list(pool.map(encoded, batches))
    way.processor += time.process_time() - spent
    for batch, seconds in zip(batches, waited, strict=True):
        way.waited += [seconds] * len(batch)
        lengths = [encoder.count(text) + SPECIAL for text in batch]
        way.pieces += sum(lengths)
        way.padded += max(lengths) * len(batch)


def measured(questions: Sequence[str], bursts: int, encoder: Encoder, pool: ThreadPoolExecutor) -> dict[int, Way]:
    """By the size of the batches."""
    ways = {size: Way() for size in SIZES}
    for number in range(bursts):
        first = number * AT_ONCE % (len(questions) - AT_ONCE)
        for size, way in ways.items():
            burst(questions[first : first + AT_ONCE], size, encoder, pool, way)
    return ways


def told(size: int, way: Way) -> str:
    cpu, waited = 1000 * way.processor / len(way.waited), [1000 * each for each in way.waited]
    p50, p95 = statistics.median(waited), statistics.quantiles(waited, n=20)[-1]
    padding = 1 - way.pieces / way.padded
    return f"  batches of {size}: {cpu:.2f} ms of the processor, {p50:.1f} and {p95:.1f} ms, {padding:.0%} padding"


def main(bursts: int) -> None:
    encoder = open_encoder(EncoderSettings(threads=1))  # a call is one run, in the thread that asks
    asked = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    kinds = {f"at most {SHORT} word pieces": [each for each in asked if encoder.count(each) <= SHORT], "all": asked}
    print(f"load {os.getloadavg()[0]:.1f}; {encoder.runtime['encoder']}; {bursts} times {AT_ONCE} questions at once")
    with ThreadPoolExecutor(2) as pool:
        measured(asked, 2, encoder, pool)  # loads it
        for kind, questions in kinds.items():
            print(f"{kind}, {len(questions)} questions:")
            for size, way in measured(questions, bursts, encoder, pool).items():
                print(told(size, way), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100)
