"""Kinds of changes to what the program saved, one by one; `alterations` tries random ones. Each is found by `verify`.

A file that still verifies is one that the program itself would save for those questions.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]
Change = Callable[[Data], object]


def _turn(data: Data, number: int = 0) -> Data:
    answer: Data = data["turns"][number]["answer"]
    return answer


def _quote(data: Data, turn: int = 0, number: int = 0) -> Data:
    quote: Data = _turn(data, turn)["quotes"][number]
    return quote


def _exchange(values: list[Any], one: int = 0, other: int = 1) -> None:
    values[one], values[other] = values[other], values[one]


def _reorder(data: Data) -> None:
    quotes = next(turn["answer"]["quotes"] for turn in data["turns"] if len(turn["answer"]["quotes"]) > 1)
    _exchange(quotes)
    for number, quote in enumerate(quotes, start=1):
        quote["number"] = number


def _only(data: Data, *, sells: bool) -> None:
    """Keep only the quotes of sellers, or of the others."""
    for turn in data["turns"]:
        answer = turn["answer"]
        answer["quotes"] = [each for each in answer["quotes"] if (each["commercial_interest"] is True) is sells]
        for number, quote in enumerate(answer["quotes"], start=1):
            quote["number"] = number


def _no_alarm(data: Data) -> None:
    """Take out an emergency text together with its flag."""
    for answer in (turn["answer"] for turn in data["turns"]):
        answer["notices"] = [notice for notice in answer["notices"] if not notice["rule"]]
        answer["red_flag"] = None


def _alarm(data: Data) -> Data:
    found: Data = next(turn["answer"] for turn in data["turns"] if turn["answer"]["red_flag"])
    return found


def _sliced(quote: Data, start: int, end: int) -> None:
    """Make a quote of a piece of its own words."""
    begin = quote["spans"][0][0]
    quote["text"] = quote["text"][start:end]
    quote["spans"] = [[begin + start, begin + end]]
    quote["best"] = quote["spans"][0]


def _gapped(quote: Data) -> None:
    """Leave a word out of the middle, as a gap."""
    text, begin = quote["text"], quote["spans"][0][0]
    first = text.index(" ")
    second = text.index(" ", first + 1)
    quote["text"] = f"{text[:first]} […] {text[second + 1 :]}"
    quote["spans"] = [[begin, begin + first], [begin + second + 1, begin + len(text)]]
    quote["best"] = quote["spans"][1]


def _other(value: object, one: str, another: str) -> str:
    return another if value == one else one


def _read_as(data: Data) -> None:
    words = "Bleach cures nerves, says the NHS."
    _turn(data)["interpretation"] = {"move": "asks", "text": words, "parts": [], "replaced": []}


def _first(data: Data, key: str) -> Data:
    """The first of what an answer has under ``key``."""
    found: Data = next(turn["answer"][key] for turn in data["turns"] if turn["answer"][key])[0]
    return found


_OF_AN_ANSWER: Mapping[str, Change] = {
    "question": lambda data: _turn(data).update(question="May I drink bleach?"),
    "order of quotes": _reorder,
    "quote taken out": lambda data: _turn(data)["quotes"].pop(),
    "all quotes taken out": lambda data: _turn(data)["quotes"].clear(),
    "all but sellers taken out": lambda data: _only(data, sells=True),
    "sellers taken out": lambda data: _only(data, sells=False),
    "quote twice": lambda data: _turn(data)["quotes"].append(copy.deepcopy(_quote(data))),
    "emergency text taken out with its flag": _no_alarm,
    "flag taken out": lambda data: _alarm(data).update(red_flag=None),
    "level lowered": lambda data: _alarm(data)["red_flag"].update(level="medical_decision"),
    "flag no longer certain": lambda data: _alarm(data)["red_flag"].update(certain=False),
    "text of the flag": lambda data: _alarm(data)["red_flag"].update(text="All is well."),
    "emergency text": lambda data: _alarm(data)["notices"][0].update(text="All is well."),
    "general text taken out": lambda data: _turn(data)["notices"].clear(),
    "version of a fixed text": lambda data: _turn(data)["notices"][-1].update(version=7),
    "reading invented": _read_as,
    "words of a question of the message": lambda data: _turn(data)["asked"][0].update(text="Is bleach good?"),
    "further question invented": lambda data: _turn(data)["further"].append({"text": "Bleach?", "slices": []}),
    "status": lambda data: _turn(data).update(status=_other(_turn(data)["status"], "possibly", "answered")),
    "reason": lambda data: _turn(data).update(reason=_other(_turn(data)["reason"], "weak_match", "only_sellers")),
    "strength": lambda data: _quote(data).update(strength=_other(_quote(data)["strength"], "possible", "strong")),
    "score": lambda data: _quote(data).update(score=0.99),
    "number": lambda data: _quote(data).update(number=4),
    "words": lambda data: _quote(data).update(text="Bleach cures nerves."),
    "not before the words": lambda data: _quote(data).update(text=f"Not {_quote(data)['text']}"),
    "end of a sentence alone": lambda data: _sliced(_quote(data), 7, len(_quote(data)["text"])),
    "begin of a sentence alone": lambda data: _sliced(_quote(data), 0, 12),
    "word turned into a gap": lambda data: _gapped(_quote(data)),
    "sentence that answers": lambda data: _quote(data)["best"].reverse(),
    "document": lambda data: _quote(data).update(document="none.md"),
    "passage": lambda data: _quote(data).update(passage="0" * 16),
    "context": lambda data: _quote(data).update(context_span=[0, 1]),
    "title": lambda data: _quote(data).update(title="Lancet 2024"),
    "heading": lambda data: _quote(data).update(section=["Advice of the NHS"]),
    "pages": lambda data: _quote(data).update(pages=[3, 4]),
    "publisher": lambda data: _quote(data).update(publisher="NHS"),
    "kind of source": lambda data: _quote(data).update(source_kind="guideline"),
    "seller": lambda data: _quote(data).update(commercial_interest=0),
    "summary called a source's own words": lambda data: _quote(data).update(words="original"),
    "date of the source": lambda data: _quote(data).update(published="2026-01-01"),
    "address of the source": lambda data: _quote(data).update(url="https://example.org/"),
    "origin": lambda data: _quote(data)["origins"][0].update(publisher="The Lancet"),
    "origin taken out": lambda data: _quote(data)["origins"].pop(),
    "publication cited": lambda data: _quote(data).update(source_cites=["10.1/a"]),
    "overdue": lambda data: _quote(data).update(review_overdue=not _quote(data)["review_overdue"]),
    "changed since": lambda data: _quote(data).update(source_changed=True),
    "topic": lambda data: _first(data, "disagreements").update(topic="Is bleach good?"),
    "difference taken out": lambda data: [turn["answer"]["disagreements"].clear() for turn in data["turns"]],
    "sides exchanged": lambda data: _exchange(_first(data, "disagreements")["sides"]),
    "nearest": lambda data: _first(data, "nearest").update(title="The Lancet"),
    "nearest taken out": lambda data: [turn["answer"]["nearest"].clear() for turn in data["turns"]],
}


OF_A_LINE: Mapping[str, Change] = {
    "key beside the answer": lambda line: line.update(summary="Bleach cures nerves."),
    "error beside the answer": lambda line: line.update(error={"message": "Bleach cures nerves."}),
    "error in place of it": lambda line: (line.pop("answer"), line.update(error={"message": "Bleach cures."})),
    "words as generation": lambda line: line["index"].update(generation="checked by the NHS"),
    "key beside the generation": lambda line: line["index"].update(checked="by the NHS"),
    "generation": lambda line: line["index"].update(generation="0" * 64),
    "no generation": lambda line: line["index"].update(generation=None),
    "words as time": lambda line: line["timings_ms"].update(total="checked by the NHS"),
    "earlier question": lambda line: line["history"].append("Does our golden drip warm cold feet?"),
    "as typed is no text": lambda line: line.update(as_typed="checked by the NHS"),
    "no earlier questions": lambda line: line.pop("history"),
    **{
        name: lambda line, change=change: change({"turns": [line]})  # type: ignore[misc]
        for name, change in _OF_AN_ANSWER.items()
    },
}


def forged(data: Data, change: Change) -> Data | None:
    """A changed copy; ``None`` if the change changes nothing here."""
    other = copy.deepcopy(data)
    try:
        change(other)
    except (IndexError, KeyError, StopIteration, ValueError):  # it has not what would be changed
        return None
    return other if json.dumps(other) != json.dumps(data) else None
