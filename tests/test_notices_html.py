"""Notices on the page: each line is a paragraph, and a translation is in the box of its original, above it."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from fakes import FakeWorkspace

from b12assistant.answers import (
    Answer,
    Flag,
    FlagKind,
    Level,
    Notice,
    NoticeKind,
    Reply,
    RuleId,
    Status,
    TextId,
    Timings,
    Turn,
)
from b12assistant.display.presentation import Setting, turn_html
from b12assistant.safety.fixed_texts import load_fixed_texts
from b12assistant.safety.translations import LABEL, WithTranslations

TEXTS = WithTranslations(load_fixed_texts())
FLAG = Flag(Level.EMERGENCY, FlagKind.MEDICAL, RuleId("any"))
ALARM = Notice(NoticeKind.RED_FLAG, TextId("emergency_medical"), FLAG)
TRANSLATED = Notice(NoticeKind.LANGUAGE, TextId("emergency_medical.es"))
OTHER = Notice(NoticeKind.LANGUAGE, TextId("language"))


def shown(*notices: Notice) -> str:
    answer = Answer(Turn(0, "zebra?"), Status.SAFETY_ONLY, None, (), notices)
    return turn_html(1, Reply(answer, Timings(1, 1), None), Setting(TEXTS, date(2026, 11, 20)))


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("emergency") and "." not in name])
def test_a_line_of_a_red_flag_is_a_paragraph(name: TextId) -> None:
    html = shown(Notice(NoticeKind.RED_FLAG, name, FLAG))
    assert html.count("<p>") == len(TEXTS[name].text.splitlines()) > 2


def test_a_translation_is_in_its_alarm_above_the_english() -> None:
    alarm = shown(ALARM, TRANSLATED, OTHER).partition('role="alert" tabindex="-1">')[2].partition("</div></div>")[0]
    translation, _, english = alarm.partition('<div class="translation">')[2].partition("</div>")
    assert len(re.findall("<p>", english.partition("</div>")[0])) == len(TEXTS[ALARM.text].text.splitlines())
    assert translation.startswith('<h3 class="kicker" lang="es" dir="auto">Busque ayuda ahora</h3>')
    assert '</h3><p lang="es" dir="auto">Llame ' in translation
    assert translation.count("<p>") == 1  # then, in English, that it is unchecked
    assert LABEL.split()[0] in translation


def test_every_notice_is_shown_once() -> None:
    html = shown(ALARM, TRANSLATED, OTHER)
    assert (html.count('class="alarm'), html.count('class="translation"'), html.count('class="notice')) == (1, 1, 1)


def test_a_translation_without_its_original_is_shown_all_the_same() -> None:
    assert "Llame" in shown(TRANSLATED)


def test_numbers_of_a_safety_text_can_be_called() -> None:
    html = shown(ALARM, TRANSLATED)
    assert html.count('<a href="tel:999">999</a>') == 2
    assert '<a href="tel:112">112</a>' in html


def test_what_to_do_stands_above_the_quotes_and_why_it_is_said_below(space: FakeWorkspace) -> None:
    drawn = unescape(
        turn_html(1, space.ask("My feet are numb and getting worse, is that an early sign?"), space.setting())
    )
    *_, reason = space.texts[TextId("urgent")].text.splitlines()
    assert drawn.index("See your GP") < drawn.index("<blockquote>") < drawn.index(reason)
    assert drawn.count(reason) == 1
    refused = unescape(turn_html(1, space.ask("Should I stop my metformin?"), space.setting()))
    act, reason = space.texts[TextId("medical_decision")].text.splitlines()
    assert f"<p>{act}</p><p>{reason}</p>" in refused
