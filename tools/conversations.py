"""Score labelled conversations: every turn as typed, after the earlier ones, and in full, without them.

    python tools/conversations.py benchmarks/data/conversations/calibration.jsonl

A line is `{"id", "turns": [{"user", "rewrite", "gold": ["words of the source", …]}]}`; `kind` of a turn is whole,
follow_up, remark, red_flag or withdrawal.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.labelled_set import Labelled, Outcome, ask_all, labelled_of, mean_of, summary, table

_OF_FOLLOW_UPS = {
    **{name: name for name in ("hit@1", "hit@3", "hit@3 of the ranking alone", "answered")},
    "refused": "refused without gold",
}
_ALONE = {"whole questions": ("whole",), "remarks and red flags": ("remark", "red_flag", "withdrawal")}


def load_turns(path: Path) -> tuple[list[Labelled], list[Labelled]]:
    """Read the turns of conversations: as typed, with the earlier ones, and in full, without them."""
    typed, in_full = list[Labelled](), list[Labelled]()
    for row in (json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()):
        said = [turn["user"] for turn in row["turns"]]
        for i, turn in enumerate(row["turns"]):
            known = {**turn, "id": f"{row['id']}#{i + 1}"}
            typed.append(labelled_of({**known, "question": said[i], "history": said[:i]}))
            in_full.append(labelled_of({**known, "question": turn["rewrite"]}))
    return typed, in_full


def score_dialogues(space: Workspace, file: Path) -> dict[str, Any]:
    """Return the figures of a file of conversations."""
    typed, in_full = (ask_all(space, turns) for turns in load_turns(file))
    return {"turns": len(typed), **dialogue_summary(typed, in_full)}


def dialogue_summary(typed: Sequence[Outcome], in_full: Sequence[Outcome]) -> dict[str, Any]:
    """Return figures of follow-ups as typed and in full, each with its 95 % bootstrap interval."""
    figures: dict[str, Any] = {}
    for name, asked in (("as typed", typed), ("in full", in_full)):
        later = [each for each in asked if not each.labelled.id.endswith("#1")]
        found = summary([outcome for outcome in later if outcome.labelled.kind in ("", "follow_up")])
        for measure, said in _OF_FOLLOW_UPS.items():
            if measure in found:
                figures[f"follow-ups {name}: {said}"] = found[measure]
    for name, kinds in _ALONE.items():
        alone = [each for each in typed if each.labelled.kind in kinds and not each.labelled.id.endswith("#1")]
        read_as = [each.answer.interpretation for each in alone]
        if alone:
            figures[f"{name} joined"] = mean_of([each is not None and each.is_joined for each in read_as])
    return figures


if __name__ == "__main__":
    print(table(score_dialogues(Workspace(load_configuration(environment={})), Path(sys.argv[1]))))
