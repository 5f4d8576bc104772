"""What people use who answer others: the quotes as a reply, what was cleared by mistake, a long conversation."""

from __future__ import annotations

import pytest

from browser.reading import Reader

pytestmark = pytest.mark.slow

ASKED = "What wraps every nerve: myelin?"


def test_the_answer_is_copied_as_a_reply(reader: Reader) -> None:
    turn = reader.ask(ASKED)
    words = turn.locator("blockquote").first.text_content()
    with reader.sees("#toast", "^Copied"):
        turn.locator(".ways .reply").click()
    copied = reader.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith(f"Hello,\n\nThank you for your question. Here is what we found:\n\n{ASKED}\n\n")
    assert f"“{words}”\n\n— Nerves › Sheath" in copied
    assert reader.page.inner_text("#general .general") in copied


def test_what_was_cleared_comes_back(reader: Reader) -> None:
    reader.ask(ASKED)
    for _ in range(2):  # the same words a second time
        reader.page.locator(".turn").evaluate("each => { each.dataset.before = 1; }")
        reader.page.click("#new")
        reader.page.click("#cleared button")
        reader.page.wait_for_selector(".turn:not([data-before]) figure.quote")
        assert reader.page.locator(".turn h2 .exact").all_text_contents() == [ASKED]
