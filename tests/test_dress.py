"""Laws over texts by people who saw nothing: a question gets its answer however it is spelt, and whatever is said
around it or was asked before it.

Floors are policy, not the last result, which stands in `benchmarks/data/dress/README.md`.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from b12assistant.answering.retrieval import spelt
from b12assistant.answering.thread import alone
from b12assistant.answers import Interpretation, Turn
from b12assistant.api import Workspace

pytestmark = pytest.mark.slow

DRESS = Path(__file__).parent.parent / "benchmarks" / "data" / "dress"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DRESS / name).read_text("utf-8").splitlines()]


def first_quote(shipped: Workspace, question: str, history: Sequence[str] = ()) -> str | None:
    return next((quote.best.text for quote in shipped.ask(question, history).answer.quotes), None)


def share_alike(shipped: Workspace, pairs: Sequence[tuple[str, str]]) -> float:
    """Return for how many of the second questions that get a quote the first ones get the same."""
    said = [(one, quote) for one, other in pairs if (quote := first_quote(shipped, other))]
    assert len(said) >= 0.7 * len(pairs)
    return sum(first_quote(shipped, one) == quote for one, quote in said) / len(said)


def test_a_misspelt_question_gets_the_answer_of_the_one_that_was_meant(shipped: Workspace) -> None:
    assert share_alike(shipped, [(row["typed"], row["meant"]) for row in rows("misspelt_test.jsonl")[::4]]) >= 0.7


def test_small_talk_changes_no_answer(shipped: Workspace) -> None:
    wrapped = [(dress, row["plain"]) for row in rows("wrapped_test.jsonl")[::4] for dress in row["dresses"]]
    assert share_alike(shipped, wrapped) >= 0.75


def test_a_whole_question_after_others_gets_the_answer_that_it_gets_alone(shipped: Workspace) -> None:
    questions = [row["q"] for row in rows("right_test.jsonl")]
    threads = [(questions[at], questions[at - 2 : at]) for at in range(2, len(questions), 3)]
    same = [first_quote(shipped, asked) == first_quote(shipped, asked, before) for asked, before in threads]
    assert sum(same) >= 0.8 * len(same)


def read(shipped: Workspace, message: str) -> str:
    """Return the words of a message that are searched."""
    return shipped.assistant.understood(message).sought.read_as.own.text


def test_no_fact_is_taken_for_small_talk(shipped: Workspace) -> None:
    told = [row for row in rows("beside_test.jsonl") if row["fact"]]
    assert [row["message"] for row in told if row["beside"] not in read(shipped, row["message"])] == []


@pytest.mark.parametrize(
    "message",
    [
        "Ive got haemophilia. are b12 injections safe?",
        "My son has PKU. How much B12 does he need?",
        "It is for my cat. How much B12 should I give?",
        "My dog is off his food. Can I give B12 injections?",
        "I drive a van. Can I get a residents permit?",
        "brilliant thanks how do vegans get b12",
        "can i have b12 injections ta im allergic to cobalt",
    ],
)
def test_what_bears_on_a_question_stays(shipped: Workspace, message: str) -> None:
    assert read(shipped, message) == message


def test_most_small_talk_is_not_searched(shipped: Workspace) -> None:
    sighs = [row for row in rows("beside_test.jsonl") if not row["fact"]]
    assert sum(row["beside"] in read(shipped, row["message"]) for row in sighs) <= 0.3 * len(sighs)


def corrected(shipped: Workspace, questions: Sequence[str]) -> Iterator[tuple[str, str]]:
    for question in questions:
        read_as = shipped.engine.readings.replaced(Interpretation(alone(Turn(0, question), len(question))))
        yield from ((each.written.text, each.words) for each in read_as.replaced if each.slip)


def test_words_that_are_spelt_right_stay(shipped: Workspace) -> None:
    questions = [row["q"] for row in rows("right_test.jsonl")]
    assert len(list(corrected(shipped, questions))) <= 0.03 * len(questions)


def test_most_slips_are_put_right(shipped: Workspace) -> None:
    def is_right(typed: str, meant: str) -> bool:
        read_as = shipped.engine.readings.replaced(Interpretation(alone(Turn(0, typed), len(typed))))
        return plain(spelt(read_as)) == plain(meant)

    def plain(question: str) -> str:
        return question.lower().replace("'", "").replace("’", "").rstrip(" .?!")

    found = [is_right(row["typed"], row["meant"]) for row in rows("misspelt_test.jsonl")]
    assert sum(found) >= 0.65 * len(found)
