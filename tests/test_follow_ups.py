"""A conversation up to its answers: more quotes, sources, other topics, words read as others, and undoing these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders_answers import assistant, source

from b12assistant.answering.assistant import Answerer
from b12assistant.answers import Answer, Interpretation, Reason, Status, Triage, Turn
from b12assistant.safety.triage import Triager, load_rules

NERVES = source("Myelin wraps nerves in the arm. Tea is hot.", "nerves.txt")
MORE = source("Myelin wraps nerves in the leg. Rice is white.", "more.txt")
SHOP = source("An injection heals. Salt is cheap.", "shop.txt")
ASKED = "What wraps nerves?"


def one_quote() -> Answerer:
    asked = assistant(NERVES, MORE, SHOP)
    quoting = replace(asked.settings.quoting, quotes=1)
    return replace(asked, settings=replace(asked.settings, quoting=quoting))


ASSISTANT = one_quote()


def ask(question: str, *history: str, as_typed: bool = False) -> Answer:
    return ASSISTANT.reply(question, history, literal=as_typed).answer


def said(answer: Answer) -> list[str]:
    return [quote.best.text for quote in answer.quotes]


def read_as(answer: Answer) -> Interpretation:
    assert answer.interpretation is not None
    return answer.interpretation


def test_more_gives_what_was_not_quoted_yet() -> None:
    first, second = said(ask(ASKED)), said(ask("tell me more", ASKED))
    assert sorted(first + second) == ["Myelin wraps nerves in the arm.", "Myelin wraps nerves in the leg."]


def test_the_reply_says_when_nothing_is_left() -> None:
    answer = ask("more", ASKED, "more", "go on")
    assert (answer.status, answer.reason, answer.quotes) == (Status.NO_ANSWER, Reason.NOTHING_MORE, ())


def test_as_typed_no_word_is_read_as_another_and_no_earlier_turn_is_used() -> None:
    answer = ask("a jab heals", ASKED, as_typed=True)
    assert answer.interpretation is None
    assert said(answer) == ["An injection heals."]


def test_a_flagged_turn_and_its_withdrawal_are_never_searched_with_later_questions() -> None:
    flagged = Turn(1, "I can't pee and my legs are weak")

    def triage(turns: Sequence[Turn]) -> Triage:
        return Triage(apart=tuple(turn for turn in turns if turn == flagged))

    wary = replace(ASSISTANT, triage=triage)
    answer = wary.reply("why is that?", (ASKED, flagged.text, "it was last year, all is fine")).answer
    assert {part.turn.index for part in read_as(answer).parts} == {0, 3}
    assert wary.reply("why is that?", ("", flagged.text)).answer.interpretation is None


def test_the_rules_say_which_turns_are_kept_apart() -> None:
    turns = [Turn(0, "I can't pee and my legs went weak today"), Turn(1, "It isn't happening now"), Turn(2, ASKED)]
    assert Triager(load_rules())(turns).apart == tuple(turns[:2])


@pytest.mark.parametrize("text", ["¿Y las pastillas?", "وماذا عن الأقراص؟", "那片剂呢？"])
def test_turns_in_other_languages_are_read(text: str) -> None:
    assert ask(text, ASKED).question.text == text
    assert ask("why is that?", text).question.index == 1
