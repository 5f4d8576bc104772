"""A question read beside the safety check: the same answer, no engine opened for it, and nothing used that is not asked
for."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from builders_answers import assistant, calm, flagging, no_engine, source
from fakes import FakeEncoder

from b12assistant.answering.ahead import Ahead, Early
from b12assistant.answering.assistant import Assistant
from b12assistant.answers import Answer, Level, Reason, Status, Triage, Turn
from b12assistant.errors import EncoderError

PATIENCE = 10.0  # seconds
MYELIN = source("Myelin wraps nerve fibres. Tea is hot.", "myelin.txt")
FOLATE = source("Folate hides anaemia. Rice is white.", "folate.txt")


def test_the_first_question_opens_no_engine_before_the_check_has_passed() -> None:
    asked = assistant(triage=flagging(Level.EMERGENCY), engine=no_engine).reply("myelin")
    assert (asked.answer.status, asked.answer.reason) == (Status.SAFETY_ONLY, Reason.RED_FLAG)


def test_the_next_is_encoded_while_the_check_still_reads() -> None:
    encoder, seen = FakeEncoder(), threading.Event()

    class Watched(FakeEncoder):
        def count(self, text: str) -> int:
            if "wraps" in text:
                seen.set()
            return super().count(text)

    def slow(_turns: Sequence[Turn]) -> Triage:
        assert not warm.is_set() or seen.wait(PATIENCE)
        return Triage()

    warm = threading.Event()
    asking = assistant(MYELIN, FOLATE, triage=slow, encoder=Watched(encoded=encoder.encoded))
    asking.reply("folate anaemia")
    warm.set()
    answer = asking.reply("myelin wraps nerve fibres").answer
    assert [quote.spans[0].text for quote in answer.quotes] == ["Myelin wraps nerve fibres."]
    assert encoder.encoded.count("myelin wraps nerve fibres") == 1


def test_an_emergency_uses_nothing_that_was_read() -> None:
    asking = assistant(MYELIN)
    asking.reply("myelin")
    flagged = replace(asking, triage=flagging(Level.EMERGENCY))
    assert flagged.reply("myelin wraps").answer.quotes == ()


def test_what_reading_raises_is_raised_as_without_it() -> None:
    class Broken(FakeEncoder):
        def count(self, text: str) -> int:
            if "wraps" in text:
                raise EncoderError("gone")
            return super().count(text)

    asking = assistant(MYELIN, encoder=Broken())
    asking.reply("myelin")
    with pytest.raises(EncoderError, match="gone"):
        asking.reply("myelin wraps")


def test_where_the_thread_is_taken_a_question_is_read_by_whoever_asks() -> None:
    free, names = threading.Event(), []
    ahead: Ahead[str] = Ahead()
    ahead.opened = "engine"

    def read(_engine: str) -> None:
        names.append(threading.current_thread().name)

    with ahead.begun(lambda _: free.wait(PATIENCE)), ahead.begun(read) as early:
        early.done("engine")
        free.set()
    assert names == [threading.current_thread().name]


def test_what_was_read_with_another_engine_is_read_again() -> None:
    ahead: Ahead[str] = Ahead()
    ahead.opened = "the former"
    with ahead.begun(lambda engine: engine) as early:
        assert [early.done("the new"), early.done("the former")] == ["the new", "the former"]
    assert Early[str, str](lambda engine: engine).done("the new") == "the new"


def test_many_at_once_get_what_one_after_another_gets() -> None:
    asking = assistant(MYELIN, FOLATE, triage=calm)
    texts = ["myelin wraps nerve fibres", "folate hides anaemia", "hot tea", "white rice", "unheard things"] * 8
    ask = partial(_answered, asking)
    before = [ask(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, texts)) == before


def _answered(asking: Assistant, text: str) -> Answer:
    return asking.reply(text).answer
