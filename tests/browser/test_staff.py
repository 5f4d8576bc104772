"""What people use who answer others: the quotes as a reply, what was cleared by mistake, a long conversation."""

from __future__ import annotations

import pytest

from browser.conftest import Visit
from browser.reading import Reader

pytestmark = pytest.mark.slow

NICE = {
    "title": "Diagnosis",
    "publisher": "NICE",
    "kind": "guideline",
    "kind_label": "Guideline",
    "country": "GB",
    "year": "2024",
    "url": "https://example.org/ng",
    "used": 3,
}
TRAP = {
    "title": "<img src=x onerror=window.__ran=1>",
    "publisher": "<script>window.__ran=1</script>",
    "kind": "blog",
    "kind_label": "Blog",
    "country": "",
    "year": "",
    "url": "javascript:window.__ran=1",
    "used": 1,
}
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


def test_a_publication_is_found_by_publisher_kind_and_year(visit: Visit, site: str) -> None:
    reader = visit(site, "/#sources")
    reader.page.route("**/sources", lambda route: route.fulfill(json={"sources": [], "publications": [NICE, TRAP]}))
    reader.page.reload()
    reader.page.wait_for_selector("#sources .publications li")
    assert reader.page.locator("#sources .publications strong").all_text_contents() == ["NICE", TRAP["publisher"]]
    assert reader.page.locator("#sources .publications a").count() == 1, "no link that runs something"
    reader.page.fill("#sources-find", "nice 2024")
    assert reader.page.inner_text("#sources .count") == "1 publication"
    reader.page.fill("#sources-find", "")
    reader.page.select_option("#sources-kind", "blog")
    assert reader.page.locator("#sources .publications strong").all_text_contents() == [TRAP["publisher"]]
    reader.accessible()


def test_what_was_cleared_comes_back(reader: Reader) -> None:
    reader.ask(ASKED)
    for _ in range(2):  # the same words a second time
        reader.page.locator(".turn").evaluate("each => { each.dataset.before = 1; }")
        reader.page.click("#new")
        reader.page.click("#cleared button")
        reader.page.wait_for_selector(".turn:not([data-before]) figure.quote")
        assert reader.page.locator(".turn h2 .exact").all_text_contents() == [ASKED]


def test_old_answers_of_a_long_conversation_are_folded(reader: Reader) -> None:
    for question in (ASKED, "Do plants hold vitamin B12?", "What lowers cobalamin: metformin?"):
        reader.ask(question)
    first = reader.page.locator(".turn").first
    first.locator(".unfold").wait_for()
    assert first.locator("blockquote").first.is_hidden()
    assert reader.page.locator(".turn").nth(1).locator("blockquote").first.is_visible()
    first.locator(".unfold").click()
    assert first.locator("blockquote").first.is_visible()
