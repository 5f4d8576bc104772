"""Labelled conversations: each turn as typed and in full; follow-ups are counted apart from first questions."""

from __future__ import annotations

from pathlib import Path

from b12assistant.answers import Status
from b12assistant.evaluation.labelled_set import Labelled, Outcome, dialogue_summary, load_dialogues


def outcome(id_: str, *hits: bool, gold: bool = True) -> Outcome:
    labelled = Labelled(id_, "?", (), ("x",) * gold, ("x",) * gold, need_all=False)
    status = Status.ANSWERED if hits else Status.NO_ANSWER
    return Outcome(labelled, status, hits, hits, 0, 1, exact=True, clean=True)


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
