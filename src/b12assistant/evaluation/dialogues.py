"""Scores on labelled conversations: is a follow-up answered as well as the same question asked in full?

A set is JSON lines: `{"id", "turns": [{"user", "rewrite", "gold": ["words of the source", …]}]}`, with optional
`alt_gold` as in `evaluation`; no gold: the corpus does not hold the answer. The rewrite is the turn in full.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b12assistant.answers import Status
from b12assistant.errors import DatasetError
from b12assistant.evaluation.labelled_set import Labelled, Outcome, mean_of

_HINT = 'a line is {"id", "turns": [{"user", "rewrite", "gold": […]}]}'


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Its turns as they were typed, each with those before it, and each in full, with none."""

    typed: tuple[Labelled, ...]
    in_full: tuple[Labelled, ...]


def holds_dialogues(path: Path) -> bool:
    """Whether the first line of a file is a conversation."""
    try:
        with path.open(encoding="utf-8") as lines:
            row = json.loads(next((line for line in lines if line.strip()), "null"))
    except (OSError, ValueError, RecursionError):
        return False  # whoever reads the questions says what is wrong
    return isinstance(row, dict) and "turns" in row


def load_dialogues(path: Path) -> tuple[Dialogue, ...]:
    """Raises ``DatasetError`` that names the line."""
    lines = path.read_text("utf-8").split("\n")
    return tuple(_dialogue(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip())


def summary(typed: Sequence[Outcome], in_full: Sequence[Outcome]) -> dict[str, Any]:
    """Follow-ups as typed beside the same in full; each with its 95 % bootstrap interval."""
    figures: dict[str, Any] = {}
    for name, outcomes in (("as typed", _follow_ups(typed)), ("in full", _follow_ups(in_full))):
        answerable = [outcome for outcome in outcomes if outcome.labelled.gold]
        others = [outcome for outcome in outcomes if not outcome.labelled.gold]
        if answerable:
            figures[f"follow-ups {name}: hit@1"] = mean_of([any(o.hits[:1]) for o in answerable])
            figures[f"follow-ups {name}: hit@3"] = mean_of([any(o.hits[:3]) for o in answerable])
            figures[f"follow-ups {name}: hit@3 of the ranking alone"] = mean_of([any(o.ranked[:3]) for o in answerable])
            figures[f"follow-ups {name}: answered"] = mean_of([bool(o.hits) for o in answerable])
        if others:
            figures[f"follow-ups {name}: refused without gold"] = mean_of(
                [outcome.status is Status.NO_ANSWER for outcome in others]
            )
    return figures


def _follow_ups(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if not outcome.labelled.id.endswith("#1")]


def _dialogue(line: str, where: str) -> Dialogue:
    try:
        row = json.loads(line)
        turns = list(_turns(row))
        said = tuple(turn["user"] for turn in turns)
        named = [(f"{row['id']}#{i + 1}", i, turn, *_gold(turn)) for i, turn in enumerate(turns)]
        typed = [Labelled(id_, t["user"], said[:i], gold, all_, need_all=False) for id_, i, t, gold, all_ in named]
        in_full = [Labelled(id_, t["rewrite"], (), gold, all_, need_all=False) for id_, _, t, gold, all_ in named]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DatasetError(f"{where}: not a labelled conversation", hint=_HINT) from error
    return Dialogue(tuple(typed), tuple(in_full))


def _turns(row: Any) -> Iterator[dict[str, Any]]:
    if not row["turns"]:
        raise ValueError("no turn")
    for turn in row["turns"]:
        if not isinstance(turn["user"], str) or not isinstance(turn["rewrite"], str):
            raise TypeError("not a text")
        yield turn


def _gold(turn: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    gold = tuple(turn.get("gold") or ())
    others = tuple(each["quote"] for each in turn.get("alt_gold") or ())
    if not all(isinstance(text, str) for text in (*gold, *others)):
        raise TypeError("not a list of texts")
    return gold, gold + others
