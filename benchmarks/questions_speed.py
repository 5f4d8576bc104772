"""Measure how long a warm question takes in process: milliseconds of wall and processor time, in all and by stage.

    python benchmarks/questions_speed.py [CORPUS INDEX [QUESTIONS.jsonl]] [--most N] [--rounds N]
    python benchmarks/questions_speed.py --kinds [--most N]
    python benchmarks/questions_speed.py --budget [--most N] [--rounds N]

CORPUS and INDEX: folders; by default those of the working directory. It asks the first N (150) different questions of
the file (`benchmarks/data/questions/train.jsonl`; a line holds "question", or "text" as in the public collections),
after others that load what is loaded at first use. The index is only read: make it with `b12assistant index`. To
measure many passages, write the texts of a collection as files into a folder, index it, and ask the collection's
queries.

"new": the first time each is asked. "again": the least of ROUNDS (3) further rounds, without what was cached for a
question, but with what was cached for passages and with compiled patterns. A stage that another thread works on is not
listed; the time the question waits for it is "waiting". ``--kinds``: instead, the first time for short questions,
messages of 40 and 200 words and follow-ups of `benchmarks/data`, N of each, and for 12 of each kind of bad input:
messages of 20,000 characters, 40 questions in one, letters as nobody should write them; before them the server's own
preparation and two of each kind, so that the patterns of a language that a few words are in are compiled.
``--budget``: instead, the processor time of short questions by stage beside its budget (docs/speed.md), as it would be
on the machine that the budget is for: a fixed calculation of the same run says how fast this one is. It fails if a
stage takes 1.3 times its budget. Otherwise processor time is of all threads. NumPy uses one thread; the load is
printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np

from b12assistant.application.live import prepare
from b12assistant.application.workspace import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.labelled_set import load_dialogues
from b12assistant.memory import collect_seldom
from b12assistant.stages import measured

DATA = Path(__file__).parent / "data"
SET = DATA / "questions" / "train.jsonl"
SHORT = 8  # words of a short question, at most
WARM = 8  # questions that are asked before any is measured
WALL, CPU = "wall", "processor"
BUDGET = {  # stages, and their milliseconds together
    "safety": (("triage",), 5.0),
    "understanding, encoding": (("reading", "encode"), 8.0),
    "candidates, late interaction": (("candidates", "late interaction", "ranking"), 3.5),
    "quotes, judgement": (("quotes", "signals", "differences", "reader"), 9.5),
    "the rest": ((), 2.5),
}
MOST = 1.3  # times its budget that a stage may take
UNIT = 6.5  # milliseconds of the fixed calculation where the budget was set
LONGEST = 20_000  # characters of a message
FRENCH = (
    "Ma mère a pris de la metformine pendant dix ans et ses pieds sont engourdis depuis l'été. Le médecin dit que"
    " c'est l'âge, mais elle ne le croit pas. "
)
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


def bad_input(count: int = 14) -> dict[str, list[Asked]]:
    """Return messages as they should not be written, ``count`` of each kind, of letters in which nothing is urgent."""
    rows = map(json.loads, (DATA / "letters" / "train.jsonl").read_text("utf-8").splitlines())
    letters = [row for row in rows if row["level"] == "none"]
    texts, first = [row["text"] for row in letters], letters[:count]
    telling = [str.replace(row["text"], row["questions"][0]["slice"], "").replace("?", ".") for row in letters]
    short = [each.strip() for text in texts for each in text.split(".") if 2 <= len(each.split()) <= 7]
    chance = random.Random(0)

    def long(parts: Sequence[str], between: str = " ") -> list[Asked]:
        """Join parts, in another order each time."""
        return [(between.join(chance.sample(parts, len(parts)))[:LONGEST], ()) for _ in range(count)]

    return {
        "story of 20,000 characters": long(texts),
        "the same, short sentences": long(short * 2, ". "),
        "the same, one sentence": long([re.sub(r"[.?!:;\n]", "", text) for text in texts]),
        "the same, nothing asked": long(telling),
        "40 questions": [(" ".join(chance.sample(questions(SET, sys.maxsize), 40)), ()) for _ in range(count)],
        "letter, nothing asked": [(text, ()) for text in telling[:count]],
        "letter, asked thrice": [(" ".join([row["text"], *2 * [row["questions"][0]["slice"]]]), ()) for row in first],
        "letter, French inside": [(row["text"].replace(". ", f". {FRENCH}", 1), ()) for row in first],
        "letter, another quoted": [
            ("> " + quoted.replace("\n", "\n> ") + "\n\n" + text, ())
            for quoted, text in zip(texts[count:], texts[:count], strict=False)
        ],
    }


def asked(space: Workspace, texts: Sequence[Asked], clock: Callable[[], float] = time.perf_counter) -> Iterator[Row]:
    """Yield the milliseconds of each question; of its stages by this ``clock``."""
    for text, before in texts:
        kept: list[tuple[object, str]] = [(space.triage.second, "_judge"), (space.quote_reader, "score")]
        kept += [(space.engine, name) for name in ("search", "_encoded")]
        kept += [(vars(space.assistant).get("_thread"), name) for name in ("read", "read_asked")]
        for owner, cached in kept:
            if owner is not None:
                vars(owner).pop(cached, None)  # a question asked again must count as new
        with measured(clock) as stages:
            wall, cpu = time.perf_counter(), time.process_time()
            space.ask(text, before)
            row = {WALL: 1000 * (time.perf_counter() - wall), CPU: 1000 * (time.process_time() - cpu)}
        yield {**row, **stages.milliseconds}


def unit() -> float:
    """Return the processor milliseconds of a fixed calculation, the median of some: of matrices, and in Python."""
    matrix = np.random.default_rng(0).random((384, 384), dtype=np.float32)
    taken = []
    for _ in range(31):
        begun = time.thread_time()
        _ = [matrix @ matrix for _ in range(4)], sum(len(str(number)) for number in range(40_000))
        taken.append(1000 * (time.thread_time() - begun))
    return statistics.median(taken)


def spent(rows: Sequence[Row]) -> dict[str, float]:
    """Return the mean milliseconds of each part of the budget. ``rows``: by the clock of the processor."""
    parts = {
        part: statistics.fmean(sum(row.get(name, 0.0) for name in names) for row in rows)
        for part, (names, _) in BUDGET.items()
    }
    return parts | {"the rest": statistics.fmean(row[CPU] for row in rows) - sum(parts.values())}


def over(parts: Mapping[str, float]) -> list[str]:
    """Print the milliseconds of each part beside its budget; return those over it."""
    for part, (_, budget) in BUDGET.items():
        print(f"  {part:28} {parts[part]:6.2f} of {budget:5.2f} ms")
    print(f"  {'all':28} {sum(parts.values()):6.2f} of {sum(budget for _, budget in BUDGET.values()):5.2f} ms")
    return [part for part, (_, budget) in BUDGET.items() if parts[part] > MOST * budget]


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
    parser.add_argument("--budget", action="store_true")
    given = parser.parse_args(arguments)
    if given.corpus and not given.index:
        parser.error("an INDEX goes with a CORPUS")
    named = {"paths.corpus": given.corpus, "paths.index": given.index}
    flags = {key: str(path) for key, path in named.items() if path}
    collect_seldom()  # as a server does
    space = Workspace(load_configuration(environment=os.environ, flags=flags))
    found: list[Asked] = [(text, ()) for text in questions(given.questions, given.most + WARM)]
    warm, texts = found[-WARM:], found[:-WARM]
    for text, _ in warm:
        space.ask(text)
    passages = len(space.opened.collection.passages)
    print(f"{passages:,} passages, {len(texts)} questions, load {os.getloadavg()[0]:.1f}")
    if given.kinds:
        prepare(space)
        by_kind = kinds() | bad_input()
        for text, before in itertools.chain.from_iterable(several[-2:] for several in by_kind.values()):
            space.ask(text, before)
        for name, several in by_kind.items():
            rows = [{WALL: row[WALL], CPU: row[CPU]} for row in asked(space, several[:-2][: given.most])]
            told(f"{len(rows)} of {name}", rows)
        return
    if given.budget:
        texts = kinds()["short question"][: given.most]
        rounds = [(spent(list(asked(space, texts, time.thread_time))), unit()) for _ in range(max(1, given.rounds))]
        print(f"the fixed calculation took {min(took for _, took in rounds):.1f} ms, in the budget {UNIT}")
        if late := over({part: min(found[part] * UNIT / took for found, took in rounds) for part in BUDGET}):
            sys.exit(f"over {MOST} times the budget: {', '.join(late)}")
        return
    told("new", list(asked(space, texts)))
    if given.rounds:
        told("again", least([list(asked(space, texts)) for _ in range(given.rounds)]))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
