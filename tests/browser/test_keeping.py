from __future__ import annotations

import re

import pytest

from browser.conftest import Visit
from browser.reading import Reader

pytestmark = pytest.mark.slow

ASKED = "What wraps every nerve: myelin?"
SIDES = "Do swallowed capsules work as well as a syringe?"


def test_a_conversation_survives_a_reload_continues_and_is_cleared(visit: Visit, site: str) -> None:
    reader = visit(site)
    page = reader.page
    reader.ask(ASKED)
    reader.ask(SIDES)
    page.wait_for_function("() => JSON.parse(sessionStorage.getItem('b12.talk')).length === 2")
    assert [sorted(turn) for turn in reader.talk()] == [["as_typed", "question"]] * 2, "no word of an answer"
    shown = page.locator("#thread blockquote").all_text_contents()
    reader.reload()
    page.wait_for_function("() => document.querySelectorAll('.turn').length === 2")
    assert page.locator("#thread blockquote").all_text_contents() == shown
    assert page.locator(".turn .asked .exact").all_text_contents() == [ASKED, SIDES]
    reader.quiet()
    reader.ask("And what is it made of?")
    page.wait_for_function("() => JSON.parse(sessionStorage.getItem('b12.talk')).length === 3")
    page.click("#new")
    page.wait_for_selector(".turn", state="detached")
    reader.until(lambda: reader.talk() == [])
    reader.reload()
    assert page.locator(".turn").count() == 0
    assert page.locator("#intro h1").is_visible()


def test_a_conversation_that_the_server_forgot_is_asked_again(visit: Visit, site: str) -> None:
    reader = visit(site)
    page = reader.page
    reader.ask(ASKED)
    reader.quiet()
    before = [{"question": SIDES, "as_typed": False}]
    page.evaluate("kept => sessionStorage.setItem('b12.talk', JSON.stringify(kept))", before)
    page.evaluate("() => document.body.append(document.createElement('p'))")  # change the page, as a new turn does
    page.wait_for_function("() => document.querySelectorAll('.turn').length === 2")
    assert page.locator(".turn .asked .exact").all_text_contents() == [SIDES, ASKED]


def test_an_answer_has_an_address_that_shows_it_again_and_is_sent_nowhere(
    reader: Reader, visit: Visit, site: str
) -> None:
    turn = reader.ask(ASKED)
    with reader.sees("#toast", "^Copied$"):
        turn.locator(".ways .more").click()
        turn.locator(".copy-answer").click()
    link = reader.page.evaluate("() => navigator.clipboard.readText()")
    assert link.startswith(f"{site}/#answer=What%20wraps%20every%20nerve%3A%20myelin%3F&quote=%2Fd%2F")
    quotes = "figure.quote:not(.sides figure) blockquote"
    said = turn.locator(quotes).all_text_contents()
    other = visit(site, link.removeprefix(site))
    other.page.wait_for_selector(".turn")
    assert other.page.locator(".asked .exact").text_content() == ASKED
    assert other.page.locator(quotes).all_text_contents() == said
    assert other.page.url == f"{site}/"
    assert not [each for each in other.asked_for if "answer=" in each]
    other.reload()
    other.page.wait_for_selector(".turn")
    assert other.page.locator(quotes).all_text_contents() == said
    assert [turn["question"] for turn in other.talk()] == [ASKED]


def test_a_printout_says_when_and_from_where_it_was_printed_and_where_links_lead(reader: Reader, site: str) -> None:
    turn = reader.ask(ASKED)
    reader.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    reader.page.emulate_media(media="print")
    told = reader.page.inner_text("#printed")
    assert re.fullmatch(rf"Printed on \d+ \w+ \d{{4}} from {re.escape(site)}", told)
    link = turn.locator("a.cite").first
    after = link.evaluate("node => getComputedStyle(node, '::after').content")
    assert f"{site}{link.get_attribute('href')}" in after
    assert turn.locator(".row:not([open])").count() == 0
    reader.page.emulate_media(media="screen")
    assert not reader.page.locator("#printed").is_visible()


def test_a_printout_has_only_the_questions_and_the_quotes(reader: Reader) -> None:
    turn = reader.ask(SIDES)
    reader.page.emulate_media(media="print", color_scheme="dark")
    for gone in ("#composer", "#about", ".ways", "#tabs [role=tab]", "#read-as"):
        assert not reader.page.locator(gone).first.is_visible(), gone
    assert turn.locator("blockquote").first.is_visible()
    ink = "() => getComputedStyle(document.querySelector('blockquote')).color"
    assert reader.page.evaluate(ink) == "rgb(0, 0, 0)"
