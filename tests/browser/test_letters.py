from __future__ import annotations

import pytest
from builders_letters import EGGS, FEET, LETTER, MYELIN, PILLS, QUESTIONS, REFUSED

from browser.reading import Reader
from browser.test_accessible import SMALL

pytestmark = pytest.mark.slow


def test_a_letter_is_answered_in_parts_and_its_questions_are_asked_by_a_press(reader: Reader) -> None:
    turn = reader.ask(LETTER)
    assert turn.locator(".part .question").all_inner_texts() == [MYELIN, REFUSED, PILLS, FEET]
    assert turn.locator(".part").nth(1).locator("figure").count() == 0
    assert turn.locator(".further button").all_inner_texts() == list(QUESTIONS[4:])
    reader.page.set_viewport_size({"width": 390, "height": 844})
    assert reader.page.evaluate(SMALL) == []
    reader.accessible()

    turn.locator(".also a").click()
    assert reader.page.evaluate("() => document.activeElement.closest('figure').id").endswith("q1")

    alone = reader.press(".turn button.alone")
    assert alone.locator(".asked .exact").inner_text() == REFUSED
    assert reader.page.locator("#read-as").count() == 0  # nothing was read with it
    assert "as-typed" in (alone.get_attribute("class") or "")

    further = reader.press(f'.further button[value="{EGGS}"]')
    assert further.locator(".asked .exact").inner_text() == EGGS
    assert further.locator("figure").count()
    again = reader.press(f'.further button[value="{EGGS}"]')  # a second press asks too
    assert again.locator(".asked .exact").inner_text() == EGGS
