"""Notices that the sources are not about what was asked: triggered by the question, silenced by the sources."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders_answers import assistant, source

from b12assistant.answering.scope import load_scope
from b12assistant.answers import NoticeKind, Status, Turn, TurnSlice
from b12assistant.data_files import read_data
from b12assistant.safety.fixed_texts import all_texts

SCOPE = load_scope()
CONCEPTS = read_data("scope", "concepts.toml")["concept"]
QUESTIONS = Path(__file__).parent.parent / "benchmarks" / "data" / "questions"


def fired(question: str, *sources: str) -> list[str]:
    turn = Turn(0, question)
    return [notice.text for notice in SCOPE.notices([TurnSlice(turn, 0, len(question))], sources)]


def examples(key: str) -> list[Any]:
    return [pytest.param(each["id"], text, id=f"{each['id']}: {text}") for each in CONCEPTS for text in each[key]]


@pytest.mark.parametrize(("concept", "question"), examples("asked"))
def test_a_question_about_it_gets_its_notice(concept: str, question: str) -> None:
    assert fired(question, "Nerves need B12.") == [concept]


@pytest.mark.parametrize(("concept", "question"), examples("mentions"))
def test_a_question_that_only_mentions_it_gets_none(concept: str, question: str) -> None:
    assert concept not in fired(question, "Nerves need B12.")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Do children grow more slowly?", "B12 matters to an infant."),
        ("May I have it while pregnant?", "Dose in PREGNANCY: ask."),
        ("Can I give my dog B12?", "Dogs need it too."),
        ("Is it sold in Germany?", "In Germany it is."),
        ("Is Neurobion any good?", "NEUROBION holds B1."),
    ],
)
def test_no_notice_when_a_quoted_source_speaks_of_it(question: str, text: str) -> None:
    assert fired(question, "Nerves need B12.", text) == []


def test_every_concept_has_its_fixed_text() -> None:
    assert {concept.id for concept in SCOPE.concepts} <= set(all_texts())


def test_an_answer_carries_the_notice_before_the_general_one() -> None:
    asker = assistant(
        source("Children myelin wraps nerve.", "other.txt"), source("Myelin wraps nerve fibres.", "a.txt")
    )
    notices = asker.reply("myelin wraps nerve fibres in Germany").answer.notices
    assert [(each.kind, each.text) for each in notices] == [
        (NoticeKind.SCOPE, "scope_country"),
        (NoticeKind.GENERAL, "general"),
    ]


@pytest.mark.parametrize(
    ("question", "text"),
    [("knitting while pregnant", "scope_pregnancy"), ("knitting in Germany", "scope_country"), ("knitting", "scope")],
)
def test_a_refusal_carries_the_notice_that_fits_or_else_the_general_one(question: str, text: str) -> None:
    answer = assistant(source("Myelin wraps nerve fibres.")).reply(question).answer
    assert answer.status is Status.NO_ANSWER
    assert [each.text for each in answer.notices] == [text, "general"]


def test_a_follow_up_is_about_what_it_leans_on() -> None:
    history = ["Is B12 safe for a puppy"]
    answer = assistant(source("Myelin wraps nerve fibres.")).reply("and knitting?", history).answer
    assert [each.text for each in answer.notices] == ["scope_animal", "general"]


def test_our_own_questions_raise_no_false_alarm() -> None:
    """All of them are questions that the corpus answers."""
    lines = [
        line for split in ("train", "calibration") for line in (QUESTIONS / f"{split}.jsonl").read_text().splitlines()
    ]
    rows = [json.loads(line) for line in lines]
    assert [row["question"] for row in rows if fired(row["question"], *row["gold"])] == []


@pytest.mark.parametrize(
    ("question", "is_told"),
    [("zyx won the cup?", True), ("zyx b-12 cure?", False), ("why zyx feet numb?", False), ("zyx minervene?", True)],
)
def test_only_who_asked_about_something_else_is_told_what_the_corpus_is_about(question: str, *, is_told: bool) -> None:
    """And gets no pages that "may help": those of the corpus do not."""
    document = source("Won the cup. Cure b 12. Why feet feel. Minervene.")
    asked = assistant(document)
    shipped = replace(asked, scope=load_scope(shipped=True), calibration=replace(asked.calibration, bias=-100))
    answer = shipped.reply(question).answer
    assert answer.status is Status.NO_ANSWER
    assert ("scope" in [notice.text for notice in answer.notices]) == is_told
    assert bool(answer.nearest) != is_told
