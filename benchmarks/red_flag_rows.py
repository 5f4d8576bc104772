"""The labelled utterances: as written, mangled, and among others; and what the rules say of them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from red_flag_noise import among, noisy

from b12assistant.answers import Level, Turn
from b12assistant.language.folding import fold
from b12assistant.safety.assertion import load_denials
from b12assistant.safety.opinion import CONCERNS
from b12assistant.safety.second_opinion import WordOpinion
from b12assistant.safety.triage import Rules, Triager
from b12assistant.safety.turn_parts import SHORT, neighbours

DATA = Path(__file__).parent / "data" / "red_flags"
SEED = 20_261_120
EVERY = 12  # one in so many utterances is put among others
NEW = ("h", "k", "m", "n", "o", "p", "q")  # the rounds of ordinary messages
NEWEST = ("p", "q")


@dataclass(frozen=True)
class Row:
    """One labelled utterance. ``concern``: its place in ``CONCERNS``."""

    id: str
    turn: Turn
    former: Turn | None
    concern: int
    level: str
    acceptable: frozenset[str]
    trap: str
    language: str

    @property
    def is_new(self) -> bool:
        return self.id.startswith(NEW)


def load(split: str) -> list[Row]:
    rows = []
    for line in (DATA / f"{split}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        turns = [Turn(i, text) for i, text in enumerate([*row["history"], row["text"]])]
        concern = CONCERNS.index(row["kind"] if row["level"] == "emergency" else row["level"])
        former = turns[-2] if len(turns) > 1 else None
        acceptable = frozenset(row["acceptable"])
        rows.append(Row(row["id"], turns[-1], former, concern, row["level"], acceptable, row["trap"], row["language"]))
    return rows


def letters(split: str) -> list[Row]:
    """Return the harmless letters of a split of `benchmarks/data/letters`."""
    lines = (DATA.parent / "letters" / f"{split}.jsonl").read_text("utf-8").splitlines()
    calm = (row for row in map(json.loads, lines) if row["level"] == "none")
    none = len(CONCERNS) - 1
    return [
        Row(f"letter-{row['id']}", Turn(0, row["text"]), None, none, "none", frozenset(), "none", "en") for row in calm
    ]


def parts_of(row: Row) -> list[Row]:
    """Return the parts that triage judges by themselves: of a short message the whole."""
    text = load_denials().masked(row.turn.text)
    folded = fold(text)
    if len(folded.words) <= SHORT:
        return [row]
    places = ((folded.words[part.start].start, folded.words[part.end - 1].end) for part in neighbours(folded, text))
    texts = dict.fromkeys(text[start:end] for start, end in places)
    return [replace(row, turn=Turn(0, each), former=None) for each in texts]


def look_alikes(rows: Sequence[Row]) -> list[Row]:
    """Return the parts of long harmless English messages: each is harmless, whatever it sounds like by itself."""
    calm = (row for row in rows if row.level == "none" and row.language == "en")
    return [part for row in calm if len(parts := parts_of(row)) > 1 for part in parts]


def mangled(rows: Sequence[Row], seed: int = 0) -> list[Row]:
    rng = random.Random(SEED + seed)
    return [replace(row, turn=Turn(row.turn.index, noisy(row.turn.text, rng))) for row in rows]


def lengthened(rows: Sequence[Row], words: WordOpinion) -> list[Row]:
    """Put some of ``rows`` among ordinary ones of theirs, so that they are too long to be judged as a whole."""
    rng, found = random.Random(SEED), []
    plain = (row for row in rows if row.level == "none" and row.former is None and row.language == "en")
    ordinary = [row.turn.text for row in plain if row.trap in ("none", "informational")]
    for row in rows[::EVERY]:
        text = row.turn.text
        while words.read(Turn(0, text), None).is_short:
            parts = among(row.turn.text, ordinary, rng.choice((1, 2, 4)) * SHORT, rng)
            text = " ".join(part for part, _ in parts)
        found.append(replace(row, id=f"{row.id} among", turn=Turn(0, text), former=None))
    return found


def by_rules(rows: Sequence[Row], rules: Rules) -> np.ndarray:
    """Return whether the rules alone say emergency, (n,)."""
    triager = Triager(rules)
    flags = (triager([turn for turn in (row.former, row.turn) if turn]).flag for row in rows)
    return np.array([flag is not None and flag.level is Level.EMERGENCY for flag in flags])


def judged_alone(rows: Sequence[Row], rules: Rules) -> list[Row]:
    """Leave out the rows whose turn before is an emergency by the rules: there triage goes by what it remembers."""
    before = [replace(row, turn=row.former, former=None) if row.former else row for row in rows]
    known = by_rules(before, rules)
    return [row for row, remembered in zip(rows, known, strict=True) if row.former is None or not remembered]
