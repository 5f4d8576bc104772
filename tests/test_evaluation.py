"""Scores do not flatter: known cases of a hit, a refusal counts as a miss, bad labels are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from conversations import dialogue_summary, load_turns, score_dialogues
from serving import small_space

from b12assistant.answers import Answer, Quote, Reason, Reply, Status, Strength, Turn
from b12assistant.application.workspace import Workspace
from b12assistant.errors import DatasetError
from b12assistant.evaluation.labelled_set import (
    Labelled,
    Outcome,
    is_hit,
    load_labelled,
    outcome_of,
    summary,
)
from b12assistant.types import Document, DocumentId, Passage, PassageId, Span

GOLD = "one two three four five six seven eight nine ten"
TEXT = f"Zero begins here. {GOLD}. Eleven ends it."
DOCUMENT = Document(DocumentId("a.txt"), "digest", "Title", TEXT)


def span(words: str, document: Document = DOCUMENT) -> Span:
    start = document.text.index(words)
    return document.span(start, start + len(words))


def quote(words: str, document: Document = DOCUMENT) -> Quote:
    where = span(words, document)
    return Quote((where,), where, Passage(PassageId("p"), (where,)), Strength.STRONG, 0.5)


def labelled(*gold: str, name: str = "q", need_all: bool = False, accepted: tuple[str, ...] = ()) -> Labelled:
    return Labelled(name, "what?", (), gold, (*gold, *accepted), need_all)


@pytest.mark.parametrize(
    ("words", "gold", "hit"),
    [
        (GOLD.upper().replace(" ", ", "), GOLD, True),
        ("one two three four five six", GOLD, True),
        ("one two three four five", GOLD, False),
        ("it is one two three", "one two three", True),
        ("it is one two", "one two three", False),
        ("anything", "…", False),
    ],
    ids=[
        "case and punctuation",
        "six in a row",
        "five in a row",
        "short gold whole",
        "short gold in part",
        "gold without a word",
    ],
)
def test_a_hit_holds_enough_of_the_gold_in_a_row(words: str, gold: str, hit: bool) -> None:
    assert is_hit(words, gold) is hit


def answer_of(*quotes: Quote, status: Status = Status.ANSWERED) -> Answer:
    return Answer(Turn(0, "what?"), status, None, quotes, ())


REFUSED = Answer(Turn(0, "what?"), Status.NO_ANSWER, Reason.NOTHING_CLOSE, (), ())


def outcome(
    label: Labelled,
    answer: Answer = REFUSED,
    *,
    exact: bool = True,
    ranked: Sequence[Sequence[Span]] = (),
) -> Outcome:
    return outcome_of(label, answer, ranked, exact=exact, confidence=0.5)


WRONG, RIGHT = quote("Zero begins here."), quote(GOLD)


def test_each_quote_is_compared_with_the_gold() -> None:
    assert outcome(labelled(GOLD), answer_of(WRONG, RIGHT)).hits == (False, True)


def test_an_alternative_is_accepted() -> None:
    assert outcome(labelled("nowhere at all", accepted=(GOLD,)), answer_of(RIGHT)).hits == (True,)


def mean(figures: dict[str, dict[str, float]], name: str) -> float:
    return figures[name]["mean"]


def test_a_question_without_an_answer_is_a_miss() -> None:
    figures = summary([outcome(labelled(GOLD), answer_of(RIGHT)), outcome(labelled(GOLD))])
    assert (mean(figures, "hit@1"), mean(figures, "hit@3"), mean(figures, "answered")) == (0.5, 0.5, 0.5)
    assert figures["hit@1"]["n"] == 2


@pytest.mark.parametrize(("quotes", "both"), [([RIGHT], 0), ([RIGHT, WRONG], 1)])
def test_all_sides_count_only_together(quotes: list[Quote], both: int) -> None:
    label = labelled(GOLD, "Zero begins here", need_all=True)
    assert mean(summary([outcome(label, answer_of(*quotes))]), "all sides@3") == both


def test_a_refusal_is_right_where_nothing_answers() -> None:
    figures = summary([outcome(labelled()), outcome(labelled(), answer_of(WRONG))])
    assert mean(figures, "refused") == 0.5
    assert "hit@1" not in figures


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), "utf-8")
    return path


FULL = {
    "id": "q1",
    "question": "what?",
    "history": ["before"],
    "gold": ["words"],
    "alt_gold": [{"quote": "others", "seed": "001"}],
    "need": "all",
}


def test_a_labelled_question_is_read(tmp_path: Path) -> None:
    (found,) = load_labelled(write(tmp_path / "qa.jsonl", json.dumps(FULL)))
    assert found == Labelled("q1", "what?", ("before",), ("words",), ("words", "others"), need_all=True)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"id": "a"}',
        '{"id": "a", "question": "what?", "gold": "words"}',
    ],
)
def test_a_bad_line_is_named_with_its_file(line: str, tmp_path: Path) -> None:
    file = write(tmp_path / "qa.jsonl", json.dumps(FULL), "", line)
    with pytest.raises(DatasetError, match=r"qa\.jsonl:3: not a labelled question"):
        load_labelled(file)


CORPUS = {
    "nerves.md": "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat. Numb feet are an early sign.\n"
}
FIRST = "What wraps every nerve?"


def turn_outcome(id_: str, *hits: bool, gold: bool = True) -> Outcome:
    labelled = Labelled(id_, "?", (), ("x",) * gold, ("x",) * gold, need_all=False)
    status = Status.ANSWERED if hits else Status.NO_ANSWER
    answer = Answer(Turn(0, "?"), status, None, (), ())
    return Outcome(labelled, answer, hits, hits, 0, 1, exact=True, clean=True, confidence=0.5)


def test_only_follow_ups_count_and_silence_is_a_miss() -> None:
    typed = [
        turn_outcome("c#1", True),
        turn_outcome("c#2", False, True),
        turn_outcome("c#3"),
        turn_outcome("c#4", gold=False),
    ]
    in_full = [
        turn_outcome("c#1"),
        turn_outcome("c#2", True),
        turn_outcome("c#3", True),
        turn_outcome("c#4", True, gold=False),
    ]
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
            for turn in load_turns(folder / f"{split}.jsonl")[0]
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
    assert figures["turns"] == 2
    assert figures["follow-ups as typed: hit@3"]["n"] == 1
