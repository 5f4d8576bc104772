"""A difference on the page: apart from the quotes, under the curator's question, with who says each side."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from builders import build_document
from builders_quotes import passages_of

from b12assistant.answers import Answer, Disagreement, Quote, Reply, Status, Strength, Timings, Topic, TopicId, Turn
from b12assistant.display.answer_html import turn_html
from b12assistant.display.presentation import Setting
from b12assistant.types import Interest, Source

SETTING = Setting({}, date(2026, 11, 20))


def quoted(text: str, interest: Interest) -> Quote:
    document = build_document(text, file=f"{text[:3]}.md", source=Source(interest=interest))
    passage = passages_of(document)[0]
    return Quote(passage.sentences, passage.sentences[0], passage, Strength.STRONG, 0.5)


ZEBRA, OKAPI, LEMUR = (
    quoted("Zebra quagga.", Interest.NONE),
    quoted("Okapi tapir.", Interest.SELLS),
    quoted("Lemur loris.", Interest.NONE),
)
PLAIN = Answer(Turn(0, "zebra?"), Status.ANSWERED, None, (ZEBRA,), ())


def shown(*sides: Quote) -> str:
    differ = (Disagreement(TopicId("dose"), Topic("How much?"), sides),) if sides else ()
    return turn_html(1, Reply(replace(PLAIN, disagreements=differ), Timings(1, 1), None), SETTING)


def numbers(html: str) -> list[str]:
    return re.findall(r'<figure [^>]*id="t1q(\d)"', html)


def test_the_sides_have_the_numbers_after_the_quotes() -> None:
    assert numbers(shown(OKAPI, LEMUR)) == ["1", "2", "3"]


def test_the_sides_are_under_the_curators_question() -> None:
    above, heading, below = shown(OKAPI, LEMUR).partition("How much&#63;")
    assert heading
    assert numbers(above) == ["1"]
    assert numbers(below) == ["2", "3"]


def test_each_side_says_who_says_it() -> None:
    below = shown(OKAPI, LEMUR).partition("How much&#63;")[2]
    assert below.count('class="badge sells"') == 1
    assert below.count('<figcaption class="who">') == 2


def test_short_quotes_are_shown_and_what_is_longer_is_a_line_that_opens() -> None:
    long = quoted("Tapir " * 60 + "okapi.", Interest.NONE)
    html = turn_html(1, Reply(replace(PLAIN, quotes=(ZEBRA, OKAPI, long)), Timings(1, 1), None), SETTING)
    above, line, below = html.partition("1 more sentence<")
    assert line
    assert (numbers(above), numbers(below)) == (["1", "2"], ["3"])


def test_without_a_difference_nothing_is_set_apart() -> None:
    assert "sides" not in shown()
