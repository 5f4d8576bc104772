"""Scores do not flatter: known cases of a hit, a refusal counts as a miss, bad labels are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from b12assistant.answers import Answer, Quote, Reason, Status, Strength, Turn
from b12assistant.errors import DatasetError
from b12assistant.evaluation.labelled_set import (
    Labelled,
    Outcome,
    is_hit,
    joined_text,
    load_labelled,
    outcome_of,
    summary,
    unresolved,
)
from b12assistant.types import Document, DocumentId, Mark, MarkKind, Passage, PassageId, Range, Span

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
        (GOLD, GOLD, True),
        (GOLD.upper().replace(" ", ", "), GOLD, True),
        ("one two three four five six", GOLD, True),
        ("one two three four five", GOLD, False),
        ("one two three four five x six seven eight nine ten", GOLD, False),
        ("one two three four five six", f"{GOLD} eleven twelve", True),
        ("one two three four five six", f"{GOLD} eleven twelve thirteen", False),
        ("it is one two three", "one two three", True),
        ("it is one two", "one two three", False),
        ("ten nine eight seven six five four three two one", GOLD, False),
        ("anything", "…", False),
        ("anything", "", False),
    ],
    ids=[
        "the same",
        "case and punctuation",
        "six in a row",
        "five in a row",
        "all but in a row",
        "half held",
        "less than half held",
        "short gold whole",
        "short gold in part",
        "backwards",
        "gold without a word",
        "empty gold",
    ],
)
def test_a_hit_holds_enough_of_the_gold_in_a_row(words: str, gold: str, hit: bool) -> None:
    assert is_hit(words, gold) is hit


def test_a_hit_may_run_over_a_gap() -> None:
    halves = (span("one two three"), span("four five six seven"))
    assert is_hit(joined_text(halves), GOLD)


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
    return outcome_of(label, answer, ranked, exact=exact)


WRONG, RIGHT = quote("Zero begins here."), quote(GOLD)


def test_each_quote_is_compared_with_the_gold() -> None:
    assert outcome(labelled(GOLD), answer_of(WRONG, RIGHT)).hits == (False, True)


def test_an_alternative_is_accepted() -> None:
    assert outcome(labelled("nowhere at all", accepted=(GOLD,)), answer_of(RIGHT)).hits == (True,)


def test_a_quote_of_marked_text_is_counted() -> None:
    found = quote(GOLD)
    marks = (Mark(Range(0, len(TEXT)), MarkKind.NEVER, "advert"),)
    object.__setattr__(found.document, "marks", marks)  # the constructor would refuse it
    try:
        assert summary([outcome(labelled(GOLD), answer_of(found))])["quotes free of marked text"] == "0 of 1 answers"
    finally:
        object.__setattr__(found.document, "marks", ())


def mean(figures: dict[str, dict[str, float]], name: str) -> float:
    return figures[name]["mean"]


def test_a_question_without_an_answer_is_a_miss() -> None:
    figures = summary([outcome(labelled(GOLD), answer_of(RIGHT)), outcome(labelled(GOLD))])
    assert (mean(figures, "hit@1"), mean(figures, "hit@3"), mean(figures, "answered")) == (0.5, 0.5, 0.5)
    assert figures["hit@1"]["n"] == 2


def test_a_question_with_a_safety_text_alone_is_not_answered() -> None:
    safety = Answer(Turn(0, "what?"), Status.SAFETY_ONLY, Reason.RED_FLAG, (), ())
    figures = summary([outcome(labelled(GOLD), safety)])
    assert (mean(figures, "hit@1"), mean(figures, "answered")) == (0, 0)


def test_the_ranking_alone_is_scored_alongside_the_answers() -> None:
    figures = summary([outcome(labelled(GOLD), ranked=[WRONG.spans, RIGHT.spans])])
    ranking = [mean(figures, f"hit@{k} of the ranking alone") for k in (1, 3)]
    assert ([mean(figures, "hit@1"), mean(figures, "hit@3")], ranking) == ([0, 0], [0, 1])


@pytest.mark.parametrize(("quotes", "both"), [([RIGHT], 0), ([RIGHT, WRONG], 1)])
def test_all_sides_count_only_together(quotes: list[Quote], both: int) -> None:
    label = labelled(GOLD, "Zero begins here", need_all=True)
    assert mean(summary([outcome(label, answer_of(*quotes))]), "all sides@3") == both


def test_a_refusal_is_right_where_nothing_answers() -> None:
    figures = summary([outcome(labelled()), outcome(labelled(), answer_of(WRONG))])
    assert mean(figures, "refused") == 0.5
    assert "hit@1" not in figures


def test_intervals_are_the_same_each_time() -> None:
    right, wrong = outcome(labelled(GOLD), answer_of(RIGHT)), outcome(labelled(GOLD), answer_of(WRONG))
    sets = [[right] * (500 + n) + [wrong] * 500 for n in range(12)]
    assert [summary(outcomes)["hit@1"] for outcomes in sets] == [summary(outcomes)["hit@1"] for outcomes in sets]


def test_gold_that_is_in_no_document_is_named_once() -> None:
    labels = [labelled(GOLD, name="here"), labelled("nine nine", "ten ten", name="nowhere")]
    assert unresolved(labels, [DOCUMENT]) == ("nowhere",)


def test_gold_is_found_whatever_its_punctuation() -> None:
    assert unresolved([labelled("- Zero, begins\nhere")], [DOCUMENT]) == ()


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


def test_a_line_separator_inside_a_question_does_not_end_a_line(tmp_path: Path) -> None:
    (found,) = load_labelled(write(tmp_path / "qa.jsonl", '{"id": "a", "question": "what\u2028now?"}'))
    assert found.question == "what\u2028now?"


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '"text"',
        '{"id": "a"}',
        '{"question": "what?"}',
        '{"id": "a", "question": 7}',
        '{"id": "a", "question": "what?", "gold": "words"}',
        '{"id": "a", "question": "what?", "gold": [7]}',
        '{"id": "a", "question": "what?", "history": "before"}',
        '{"id": "a", "question": "what?", "alt_gold": ["words"]}',
        pytest.param("[" * 50_000, id="deep"),
    ],
)
def test_a_bad_line_is_named_with_its_file(line: str, tmp_path: Path) -> None:
    file = write(tmp_path / "qa.jsonl", json.dumps(FULL), "", line)
    with pytest.raises(DatasetError, match=r"qa\.jsonl:3: not a labelled question"):
        load_labelled(file)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "qa.jsonl"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"qa\.jsonl is not UTF-8: save the file as UTF-8"):
        load_labelled(file)
