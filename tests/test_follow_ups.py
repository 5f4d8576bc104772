"""A conversation through to its answers: more, sources, other topics, words read as others, and undoing all that."""

from __future__ import annotations

from dataclasses import replace

from builders_answers import EASY, assistant, source

from b12assistant.answering.assistant import Assistant
from b12assistant.answers import Answer, Interpretation, Move, Reason, Status

NERVES = source("Myelin wraps nerves in the arm. Tea is hot.", "nerves.txt")
MORE = source("Myelin wraps nerves in the leg. Rice is white.", "more.txt")
SHOP = source("An injection heals. Salt is cheap.", "shop.txt")
ASKED = "What wraps nerves?"


def one_quote() -> Assistant:
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


def test_more_is_what_was_not_quoted_yet() -> None:
    first, second = said(ask(ASKED)), said(ask("tell me more", ASKED))
    assert sorted(first + second) == ["Myelin wraps nerves in the arm.", "Myelin wraps nerves in the leg."]


def test_when_nothing_is_left_that_is_said() -> None:
    answer = ask("more", ASKED, "more", "go on")
    assert (answer.status, answer.reason, answer.quotes) == (Status.NO_ANSWER, Reason.NOTHING_MORE, ())


def test_more_of_a_refused_question_is_refused_as_it_was() -> None:
    assert ask("more", "zyx wvu tsr?").reason is ask("zyx wvu tsr?").reason


def test_who_says_so_shows_the_same_quotes_again() -> None:
    answer = ask("who says so?", ASKED)
    assert said(answer) == said(ask(ASKED))
    assert (read_as(answer).move, read_as(answer).text) == (Move.SOURCES, ASKED)


def test_who_says_so_is_asked_of_what_was_shown_last() -> None:
    assert said(ask("is that from a seller?", ASKED, "more")) == said(ask("more", ASKED))


def test_another_topic_after_a_good_answer_is_refused() -> None:
    wary = replace(ASSISTANT, calibration=replace(EASY, unknown=-10))
    assert wary.reply(ASKED, ()).answer.status is not Status.NO_ANSWER
    assert wary.reply("Great. What's the capital of Peru?", (ASKED,)).answer.status is Status.NO_ANSWER


def test_what_was_read_otherwise_is_shown_with_its_place() -> None:
    (change,) = read_as(ask("does a jab heal", ASKED, "injection heals?")).replaced[-1:]
    assert (change.written.text, change.words, change.written.turn.index) == ("jab", "injections", 2)


def test_as_typed_nothing_is_read_otherwise_and_nothing_leant_on() -> None:
    answer = ask("a jab heals", ASKED, as_typed=True)
    assert answer.interpretation is None
    assert said(answer) == ["An injection heals."]


def test_history_alone_determines_the_answer() -> None:
    assert ask("more", ASKED) == ask("more", ASKED)
