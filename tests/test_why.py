"""Each answer can say, folded, what led to it."""

from html import unescape

from fakes import FakeWorkspace

from b12assistant.answers import TextId
from b12assistant.display.presentation import turn_html


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
