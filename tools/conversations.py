"""Score labelled conversations: every turn as typed, after the earlier ones, and in full, without them.

    python tools/conversations.py benchmarks/data/conversations/calibration.jsonl

A line is `{"id", "turns": [{"user", "rewrite", "gold": ["words of the source", …]}]}`; `kind` of a turn is whole,
follow_up, remark, red_flag or withdrawal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.labelled_set import Labelled, Outcome, ask_all, mean_of, summary, table


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The turns of a conversation: as typed, with the earlier ones, and in full, without them."""

    typed: tuple[Labelled, ...]
    in_full: tuple[Labelled, ...]


def load_dialogues(path: Path) -> tuple[Dialogue, ...]:
    """Read conversations."""
    return tuple(_dialogue(json.loads(line)) for line in path.read_text("utf-8").split("\n") if line.strip())


def score_dialogues(space: Workspace, file: Path) -> dict[str, Any]:
    """Return the figures of a file of conversations."""
    dialogues = load_dialogues(file)
    typed = ask_all(space, [turn for one in dialogues for turn in one.typed])
    in_full = ask_all(space, [turn for one in dialogues for turn in one.in_full])
    return {"conversations": len(dialogues), "turns": len(typed), **dialogue_summary(typed, in_full)}


def dialogue_summary(typed: Sequence[Outcome], in_full: Sequence[Outcome]) -> dict[str, Any]:
    """Return figures of follow-ups as typed and in full, each with its 95 % bootstrap interval."""
    figures: dict[str, Any] = {}
    for name, asked in (("as typed", typed), ("in full", in_full)):
        later = [each for each in asked if not _opens(each)]
        found = summary([outcome for outcome in later if outcome.labelled.kind in ("", "follow_up")])
        for measure, said in _OF_FOLLOW_UPS.items():
            if measure in found:
                figures[f"follow-ups {name}: {said}"] = found[measure]
    for name, kinds in _ALONE.items():
        if alone := [each for each in typed if each.labelled.kind in kinds and not _opens(each)]:
            figures[f"{name} joined"] = mean_of([_is_joined(each) for each in alone])
    return figures


_OF_FOLLOW_UPS = {
    **{name: name for name in ("hit@1", "hit@3", "hit@3 of the ranking alone", "answered")},
    "refused": "refused without gold",
}
_ALONE = {"whole questions": ("whole",), "remarks and red flags": ("remark", "red_flag", "withdrawal")}


def _opens(asked: Outcome) -> bool:
    return asked.labelled.id.endswith("#1")


def _is_joined(asked: Outcome) -> bool:
    """Check if a turn was read with an earlier one."""
    return asked.answer.interpretation is not None and asked.answer.interpretation.is_joined


def _dialogue(row: dict[str, Any]) -> Dialogue:
    turns = row["turns"]
    said = tuple(turn["user"] for turn in turns)
    typed = tuple(
        Labelled(f"{row['id']}#{i + 1}", said[i], said[:i], *_gold(turn), need_all=False, kind=turn.get("kind", ""))
        for i, turn in enumerate(turns)
    )
    in_full = (replace(each, question=turn["rewrite"], history=()) for each, turn in zip(typed, turns, strict=True))
    return Dialogue(typed, tuple(in_full))


def _gold(turn: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the gold, and the gold with its alternatives."""
    gold = tuple(turn.get("gold") or ())
    return gold, (*gold, *(each["quote"] for each in turn.get("alt_gold") or ()))


if __name__ == "__main__":
    print(table(score_dialogues(Workspace(load_configuration(environment={})), Path(sys.argv[1]))))
