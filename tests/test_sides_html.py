"""Sides on the page: under one label, each with who speaks above its words, every quote once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from builders import build_document
from builders_quotes import passages_of

from b12assistant.answers import Answer, Disagreement, Quote, Reply, Status, Strength, Timings, TopicId, Turn
from b12assistant.display.answer_html import turn_html
from b12assistant.display.presentation import Setting
from b12assistant.types import Interest, Source

TOPIC = TopicId("dose")
SETTING = Setting({}, date(2026, 11, 20), topics={TOPIC: "How much?"})


def quoted(text: str, interest: Interest) -> Quote:
    document = build_document(text, file=f"{text[:3]}.md", source=Source(interest=interest))
    passage = passages_of(document)[0]
    return Quote(passage.sentences, passage.sentences[0], passage, Strength.STRONG, 0.5)


QUOTES = (
    quoted("Zebra quagga.", Interest.NONE),
    quoted("Okapi tapir.", Interest.SELLS),
    quoted("Lemur loris.", Interest.NONE),
)
PLAIN = Answer(Turn(0, "zebra?"), Status.ANSWERED, None, QUOTES, ())


def shown(*sides: int) -> str:
    differ = (Disagreement(TOPIC, True, tuple((each,) for each in sides)),) if sides else ()
    return turn_html(1, Reply(replace(PLAIN, disagreements=differ), Timings(1, 1), None), SETTING)


def order(html: str) -> list[str]:
    return re.findall(r'<figure [^>]*id="t1q(\d)"', html)


@pytest.mark.parametrize(
    ("sides", "numbers"), [((), "123"), ((1, 2), "123"), ((2, 3), "123"), ((1, 3), "132"), ((1, 2, 3), "123")]
)
def test_every_quote_is_shown_once(sides: tuple[int, ...], numbers: str) -> None:
    assert order(shown(*sides)) == list(numbers)


def test_sides_stand_together_under_their_label() -> None:
    group = shown(2, 3).partition('<div class="sides"')[2]
    assert order(group) == ["2", "3"]
    assert group.startswith('><h3 class="headline">Sources disagree&#58; How much&#63;</h3>')


def test_who_speaks_stands_above_a_side_and_below_other_quotes() -> None:
    html = shown(2, 3)
    side, other = html.index("Okapi tapir"), html.index("Zebra quagga")
    assert html.rindex("sells what it recommends".capitalize(), 0, side) > other
    assert html.count("Sells what it recommends") == 1
    assert html.index('class="who"') > other


def test_without_a_difference_nothing_is_set_apart() -> None:
    assert "sides" not in shown()
