"""The labelled utterances that are learned from: as they were written, mangled, and among others."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from red_flag_cuts import ORDER
from red_flag_noise import among, noisy

from b12assistant.answers import Turn
from b12assistant.safety.clauses import WHOLE, Clauses, Part
from b12assistant.safety.opinion import CONCERNS
from b12assistant.safety.second_opinion import WordOpinion
from b12assistant.safety.triage import Rules, Triager

DATA = Path(__file__).parent / "data" / "red_flags"
SEED = 20_261_120
EVERY = 12  # of the utterances, one is put among others


@dataclass(frozen=True)
class Row:
    """One labelled utterance, with the concern that it is of."""

    id: str
    turn: Turn
    former: Turn | None
    concern: int
    level: str
    acceptable: frozenset[str]
    trap: str


def load(split: str) -> list[Row]:
    rows = []
    for line in (DATA / f"{split}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        turns = [Turn(i, text) for i, text in enumerate([*row["history"], row["text"]])]
        concern = CONCERNS.index(row["kind"] if row["level"] == "emergency" else row["level"])
        former = turns[-2] if len(turns) > 1 else None
        acceptable = frozenset(row["acceptable"])
        rows.append(Row(row["id"], turns[-1], former, concern, row["level"], acceptable, row["trap"]))
    return rows


def mangled(rows: Sequence[Row], seed: int = 0) -> list[Row]:
    rng = random.Random(SEED + seed)
    return [replace(row, turn=Turn(row.turn.index, noisy(row.turn.text, rng))) for row in rows]


def lengthened(rows: Sequence[Row], words: WordOpinion) -> list[Row]:
    """Some of ``rows`` among ordinary ones of theirs, too long to be read as one."""
    rng, found = random.Random(SEED), []
    plain = (row for row in rows if row.level == "none" and row.former is None)
    ordinary = [row.turn.text for row in plain if row.trap in ("none", "informational")]
    for row in rows[::EVERY]:
        text = row.turn.text
        while read_whole(words, Turn(0, text)):
            text = among(row.turn.text, ordinary, rng.choice((1, 2, 4)) * WHOLE, rng)
        found.append(replace(row, turn=Turn(0, text), former=None))
    return found


def whole(words: WordOpinion, row: Row) -> tuple[Clauses, Part]:
    """What is learned from: the turn, with the one before it if it may lean on that."""
    clauses, joined = words.read(row.turn, row.former)
    read = joined or clauses
    return read, read.whole


def read_whole(words: WordOpinion, turn: Turn) -> bool:
    clauses, _ = words.read(turn, None)
    return clauses.whole in clauses.parts


def by_rules(rows: Sequence[Row], rules: Rules) -> np.ndarray:
    """What the rules alone say, as places in ``ORDER``."""
    triager = Triager(rules)
    found = []
    for row in rows:
        flag = triager([turn for turn in (row.former, row.turn) if turn]).flag
        found.append(ORDER.index(flag.level if flag else "none"))
    return np.array(found)
