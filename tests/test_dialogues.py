"""Labelled conversations: each turn as typed and in full; follow-ups are counted apart from first questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from conversations import dialogue_summary, load_dialogues, score_dialogues
from serving import small_space

from b12assistant.answers import Answer, Reply, Status, Turn
from b12assistant.application.workspace import Workspace
from b12assistant.evaluation.labelled_set import Labelled, Outcome

CORPUS = {
    "nerves.md": "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat. Numb feet are an early sign.\n"
}
FIRST = "What wraps every nerve?"


def outcome(id_: str, *hits: bool, gold: bool = True) -> Outcome:
    labelled = Labelled(id_, "?", (), ("x",) * gold, ("x",) * gold, need_all=False)
    status = Status.ANSWERED if hits else Status.NO_ANSWER
    answer = Answer(Turn(0, "?"), status, None, (), ())
    return Outcome(labelled, answer, hits, hits, 0, 1, exact=True, clean=True, confidence=0.5)


def test_only_follow_ups_count_and_silence_is_a_miss() -> None:
    typed = [outcome("c#1", True), outcome("c#2", False, True), outcome("c#3"), outcome("c#4", gold=False)]
    in_full = [outcome("c#1"), outcome("c#2", True), outcome("c#3", True), outcome("c#4", True, gold=False)]
    figures = dialogue_summary(typed, in_full)
    assert {name: figure["mean"] for name, figure in figures.items()} == {
        "follow-ups as typed: hit@1": 0.0,
        "follow-ups as typed: hit@3": 0.5,
        "follow-ups as typed: hit@3 of the ranking alone": 0.5,
        "follow-ups as typed: answered": 0.5,
        "follow-ups as typed: refused without gold": 1.0,
        "follow-ups in full: hit@1": 1.0,
        "follow-ups in full: hit@3": 1.0,
        "follow-ups in full: hit@3 of the ranking alone": 1.0,
        "follow-ups in full: answered": 1.0,
        "follow-ups in full: refused without gold": 0.0,
    }


def test_no_question_of_our_conversations_is_in_two_splits() -> None:
    folder = Path(__file__).parent.parent / "benchmarks" / "data" / "conversations"
    train, calibration, test = (
        {
            " ".join(turn.question.lower().split())
            for dialogue in load_dialogues(folder / f"{split}.jsonl")
            for turn in dialogue.typed
            if len(turn.question.split()) > 3
        }
        for split in ("train", "calibration", "test")
    )
    assert not train & calibration
    assert not train & test
    assert not calibration & test


def test_a_turn_is_asked_after_those_before_it_and_in_full_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [
        {
            "user": "What wraps every nerve?",
            "rewrite": "What wraps every nerve?",
            "gold": ["Myelin wraps every nerve."],
        },
        {"user": "and fat?", "rewrite": "Is myelin made of fat?", "gold": ["It is made of fat."], "kind": "follow_up"},
    ]
    (tmp_path / "turns.jsonl").write_text(json.dumps({"id": "c", "turns": turns}), "utf-8")
    space, asked = small_space(tmp_path / "space", CORPUS), list[tuple[str, tuple[str, ...]]]()
    ask = type(space).ask

    def told(self: Workspace, question: str, history: Sequence[str] = ()) -> Reply:
        asked.append((question, tuple(history)))
        return ask(self, question, history)

    monkeypatch.setattr(type(space), "ask", told)
    figures = score_dialogues(space, tmp_path / "turns.jsonl")
    assert asked == [(FIRST, ()), ("and fat?", (FIRST,)), (FIRST, ()), ("Is myelin made of fat?", ())]
    assert (figures["conversations"], figures["turns"]) == (1, 2)
    assert figures["follow-ups as typed: hit@3"]["n"] == 1
