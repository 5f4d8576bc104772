"""Measure how long a warm question takes in process: milliseconds of wall and processor time, in all and by stage.

    python benchmarks/questions_speed.py [CORPUS INDEX [QUESTIONS.jsonl]] [--most N] [--rounds N]
    python benchmarks/questions_speed.py --kinds [--most N]

CORPUS and INDEX: folders; by default those of the working directory. It asks the first N (150) different questions of
the file (`benchmarks/data/questions/train.jsonl`; a line holds "question", or "text" as in the public collections),
after others that load what is loaded at first use. The index is only read: make it with `b12assistant index`. To
measure many passages, write the texts of a collection as files into a folder, index it, and ask the collection's
queries.

"new": the first time each is asked. "again": the least of ROUNDS (3) further rounds, without what was cached for a
question, but with what was cached for passages and with compiled patterns. A stage that another thread works on is not
listed; the time the question waits for it is "waiting". ``--kinds``: instead, the first time for short questions,
messages of 40 and 200 words and follow-ups of `benchmarks/data`, N of each. Processor time is of all threads. NumPy
uses one thread; the load is printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

from b12assistant.application.workspace import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.labelled_set import load_dialogues
from b12assistant.stages import measured

DATA = Path(__file__).parent / "data"
SET = DATA / "questions" / "train.jsonl"
SHORT = 8  # words of a short question, at most
WARM = 8  # questions that are asked before any is measured
WALL, CPU = "wall", "processor"
Row = dict[str, float]
Asked = tuple[str, tuple[str, ...]]  # a question, and the turns before it


def questions(file: Path, most: int) -> list[str]:
    """Return the different ones, in their order."""
    rows = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    found = dict.fromkeys(str(row.get("question") or row["text"]) for row in rows)
    return list(itertools.islice(found, most))


def kinds() -> dict[str, list[Asked]]:
    """Return questions of four kinds; longer messages are graded ones, joined and cut."""
    graded, long = (questions(DATA / "tuning" / name, sys.maxsize) for name in ("graded.jsonl", "long.jsonl"))
    words = [
        f"{first} {second} {third}".split() for first, second, third in zip(long, long[1:], long[2:], strict=False)
    ]
    dialogues = load_dialogues(DATA / "conversations" / "train.jsonl")
    return {
        "short question": [(each, ()) for each in graded if len(each.split()) <= SHORT],
        "message of 40 words": [(" ".join(each[:40]), ()) for each in words],
        "message of 200 words": [(" ".join(each[:200]), ()) for each in words],
        "follow-up": [
            (turn.question, turn.history) for each in dialogues for turn in each.typed[1:] if turn.kind == "follow_up"
        ],
    }


def asked(space: Workspace, texts: Sequence[Asked]) -> Iterator[Row]:
    """Yield the milliseconds of each question."""
    for text, before in texts:
        space.triage.second._judge.cache_clear()  # a question asked again must count as new
        if space.quote_reader is not None:
            space.quote_reader.score.cache_clear()
        with measured() as stages:
            wall, cpu = time.perf_counter(), time.process_time()
            space.ask(text, before)
            row = {WALL: 1000 * (time.perf_counter() - wall), CPU: 1000 * (time.process_time() - cpu)}
        yield {**row, **stages.milliseconds}


def least(rounds: Sequence[Sequence[Row]]) -> list[Row]:
    """Return, for each question and stage, the least of all rounds."""
    return [{name: min(row.get(name, 0.0) for row in rows) for name in rows[0]} for rows in zip(*rounds, strict=True)]


def told(name: str, rows: Sequence[Row]) -> None:
    print(f"{name:24} {'p50':>7} {'p95':>7} {'mean':>7}")
    for stage in dict.fromkeys(itertools.chain.from_iterable(rows)):
        values = sorted(row.get(stage, 0.0) for row in rows)
        late = values[int(0.95 * (len(values) - 1))]
        print(f"  {stage:22} {statistics.median(values):7.2f} {late:7.2f} {statistics.fmean(values):7.2f}", flush=True)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("corpus", nargs="?", type=Path)
    parser.add_argument("index", nargs="?", type=Path)
    parser.add_argument("questions", nargs="?", type=Path, default=SET)
    parser.add_argument("--most", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", action="store_true")
    given = parser.parse_args(arguments)
    if given.corpus and not given.index:
        parser.error("an INDEX goes with a CORPUS")
    named = {"paths.corpus": given.corpus, "paths.index": given.index}
    flags = {key: str(path) for key, path in named.items() if path}
    space = Workspace(load_configuration(environment=os.environ, flags=flags))
    found: list[Asked] = [(text, ()) for text in questions(given.questions, given.most + WARM)]
    warm, texts = found[-WARM:], found[:-WARM]
    for text, _ in warm:
        space.ask(text)
    passages = len(space.opened.collection.passages)
    print(f"{passages:,} passages, {len(texts)} questions, load {os.getloadavg()[0]:.1f}")
    if given.kinds:
        for name, several in kinds().items():
            rows = [{WALL: row[WALL], CPU: row[CPU]} for row in asked(space, several[: given.most])]
            told(f"{len(rows)} of {name}", rows)
        return
    told("new", list(asked(space, texts)))
    if given.rounds:
        told("again", least([list(asked(space, texts)) for _ in range(given.rounds)]))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
