"""The questions that refusal is fitted and measured on, and an index to ask them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from conversations import load_dialogues

from b12assistant.api import Workspace
from b12assistant.config import load_configuration

DATA = Path(__file__).parent / "data"
CORPUS = str(DATA.parent.parent / "corpus")
FOLDS = 6
SEED = 20_261_120
# Questions of other collections, asked of ours: about other health matters, or about none.
STRANGERS = {"medicationqa": ("other_health", 60), "medquad-sample": ("other_health", 60), "npl": ("off_topic", 20)}
OURS = re.compile(r"b-?12|cobalamin|neuropath|pernicious|homocyst|methylmal", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question after ``history``, the earlier turns, whether the corpus answers it, and its style."""

    question: str
    answerable: bool
    style: str
    history: tuple[str, ...] = ()


def workspace(corpus: str, index: str) -> Workspace:
    flags = {"paths.corpus": corpus, "paths.index": index, "encoder.threads": 1}
    return Workspace(load_configuration(environment={}, flags=flags))


def labelled(split: str) -> list[Asked]:
    """Return our own questions: answerable ones, then those that nothing answers."""
    return [
        Asked(row["question"], bool(row["gold"]), row["style"])
        for name in ("questions", "unanswerable")
        for row in _rows(DATA / name / f"{split}.jsonl")
    ]


def follow_ups(split: str) -> list[Asked]:
    """Return the turns of our own conversations after the first, as typed."""
    return [
        Asked(turn.question, bool(turn.gold), "follow_up", turn.history)
        for dialogue in load_dialogues(DATA / "conversations" / f"{split}.jsonl")
        for turn in dialogue.typed[1:]
        if turn.kind in ("", "follow_up")
    ]


def strangers(datasets: Path) -> list[Asked]:
    """Return a sample of other people's questions that are not on our subject."""
    rng = random.Random(SEED)
    found = []
    for name, (style, count) in STRANGERS.items():
        texts = [row["text"] for row in _rows(datasets / name / "queries.jsonl") if not OURS.search(row["text"])]
        found += [Asked(text, style=style, answerable=False) for text in rng.sample(texts, count)]
    return found


def folds(count: int) -> Iterator[tuple[list[int], list[int]]]:
    """Yield kept and left-out rows, each row left out once."""
    fold = np.random.default_rng(SEED).integers(0, FOLDS, count)
    for each in range(FOLDS):
        yield np.flatnonzero(fold != each).tolist(), np.flatnonzero(fold == each).tolist()


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
