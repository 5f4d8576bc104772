"""What people use who answer others: the quotes as a reply, what was cleared by mistake, a long conversation."""

import re

import pytest
from builders_letters import EGGS, FEET, LETTER, MYELIN, PILLS, QUESTIONS, REFUSED
from fakes import FakeWorkspace
from serving import EMERGENCY

from b12assistant.answers import Status, TextId
from browser.conftest import Visit
from browser.reading import BOX, SMALL, Reader

pytestmark = pytest.mark.slow

ASKED = "What wraps every nerve: myelin?"
QUESTION = "Which wraps: <i>myelin</i>"


def test_a_quote_is_a_block_quote_with_who_says_so(reader: Reader, small: FakeWorkspace) -> None:
    turn = reader.ask(QUESTION)
    quote = small.ask(QUESTION).answer.quotes[0]
    figure = turn.locator("figure.quote").first
    assert turn.locator("h2 .exact").text_content() == QUESTION
    assert figure.locator("blockquote").text_content() == quote.spans[0].text
    assert figure.locator("mark").text_content() == quote.best.text
    assert figure.locator(".place").text_content() == "Nerves › Sheath"
    assert "its own words" in (figure.locator(".who").text_content() or "")
    assert figure.locator(".notes").count() == 0
    assert turn.locator(".headline").all_text_contents() == ["This may not fully answer you."], "said once"
    assert turn.locator(".whose, .origins").count() == 0, "nobody summed it up"


def test_a_refusal_names_the_nearest_places_as_links(reader: Reader) -> None:
    turn = reader.ask("Do plants dream of paint, glass and brass tongues in winter?")
    assert turn.locator("figure").count() == 0
    links = turn.locator(".nearest a.cite")
    assert links.count() > 0
    assert reader.open(links.first).locator("#doc").text_content()


def test_what_was_read_with_earlier_words_is_asked_on_its_own_by_a_press(reader: Reader) -> None:
    reader.ask(ASKED)
    joined = reader.ask("And how?")
    assert ASKED in (joined.locator(".read-as").text_content() or "")
    typed = reader.press(".read-as button")
    assert typed.locator(".exact").first.text_content() == "And how?"
    assert typed.locator(".read-as").count() == 0


@pytest.mark.parametrize("control", ["not_happening", "looking_up"])
def test_an_emergency_is_shown_alone_and_both_its_controls_work(
    control: str, reader: Reader, small: FakeWorkspace
) -> None:
    turn = reader.ask(EMERGENCY)
    assert turn.locator(".alarm.emergency[role=alert]").count() == 1
    assert turn.locator("figure").count() == 0
    said = small.texts[TextId(control)].text
    pressed = reader.press(f"#{control}")
    assert pressed.locator("h2 .exact").text_content() == said
    assert pressed.get_attribute("class") == f"turn {small.ask(said, [EMERGENCY]).answer.status}"
    after = reader.ask(ASKED)
    expected = small.ask(ASKED, [EMERGENCY, said]).answer
    assert after.get_attribute("class") == f"turn {expected.status}"
    assert expected.status is not Status.SAFETY_ONLY
    reader.page.wait_for_selector("#controls", state="detached")


def test_a_citation_opens_the_document_at_the_quote(reader: Reader, small: FakeWorkspace) -> None:
    link = reader.ask(ASKED).locator("a.cite").first
    quote = small.ask(ASKED).answer.quotes[0]
    frame = reader.open(link)
    assert frame.locator("#doc").text_content() == quote.document.text
    assert "".join(frame.locator("#doc mark").all_text_contents()) == "".join(span.text for span in quote.spans)
    assert frame.locator("h1").text_content() == quote.document.title
    assert frame.locator(".outline summary").text_content() == "Contents"
    reader.page.wait_for_function("() => document.activeElement.id === 'src-frame'")


def test_escape_close_and_back_return_to_the_citation(reader: Reader) -> None:
    link = reader.ask(ASKED).locator("a.cite").first
    for width in (1280, 390):
        reader.page.set_viewport_size({"width": width, "height": 800})
        for leave in ("Escape", "close", "back"):
            frame = reader.open(link)
            reader.page.wait_for_function("() => document.activeElement.id === 'src-frame'")
            if leave == "Escape":
                frame.locator("body").press("Escape")
            elif leave == "close":
                reader.page.click("#src-close")
            else:
                reader.page.evaluate("() => history.back()")
            reader.left()
            assert reader.focused() == "cite"
    assert reader.page.locator(".turn").count() == 1


def test_every_answer_is_announced_once_and_the_box_keeps_the_focus(visit: Visit, site: str) -> None:
    reader = visit(site)
    for number in (1, 2, 3):
        reader.ask(ASKED)
        reader.page.wait_for_function("n => document.getElementById('say').textContent.includes(n)", arg=str(number))
        assert reader.page.evaluate("() => document.activeElement.tagName") == "TEXTAREA"
        reader.page.wait_for_function("box => !document.querySelector(box).value", arg=BOX)


def test_everything_works_by_keyboard(visit: Visit, site: str) -> None:
    reader = visit(site)
    page = reader.page
    page.wait_for_selector(f"{BOX}:focus")
    page.keyboard.type(ASKED)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn")
    seen = []
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        seen.append(reader.focused())
        if seen[-1] == "cite":
            break
    assert seen[-1] == "cite", seen
    page.keyboard.press("Enter")
    page.frame_locator("#src-frame").locator("#hit").wait_for()
    page.wait_for_function("() => document.activeElement.id === 'src-frame'")
    page.keyboard.press("Escape")
    reader.left()
    assert reader.focused() == "cite"


def test_no_question_is_in_an_address(reader: Reader, site: str) -> None:
    reader.open(reader.ask(ASKED).locator("a.cite").first)
    assert not [url for url in reader.asked_for if re.search("wraps|every|myelin%", url)]
    assert reader.page.url == f"{site}/"


def test_a_reply_is_read_changed_and_copied(reader: Reader) -> None:
    page = reader.page
    page.set_viewport_size({"width": 390, "height": 844})
    turn = reader.ask(ASKED)
    words = turn.locator("blockquote").first.text_content()
    written = page.locator("dialog#reply")
    turn.locator(".ways .reply").press("Enter")
    box = written.locator("textarea")
    box.wait_for()
    told = box.input_value()
    assert told.startswith(f"Hello,\n\nThank you for your question. Here is what we found:\n\n{ASKED}\n\n")
    assert f"“{words}”\n\n— Nerves › Sheath" in told
    assert page.inner_text("#general .general") in told
    assert page.evaluate(SMALL) == []
    reader.accessible()
    box.fill(f"{told}\n\nCall us on Monday.")
    page.keyboard.press("Escape")
    assert written.is_hidden()
    assert "reply" in reader.focused()
    turn.locator(".ways .reply").click()
    with reader.sees("#toast", "^Copied"):
        written.locator(".primary").click()
    assert page.evaluate("() => navigator.clipboard.readText()") == f"{told}\n\nCall us on Monday."
    assert "reply" in reader.focused()


def test_what_was_cleared_comes_back(reader: Reader) -> None:
    reader.ask(ASKED)
    for _ in range(2):  # the same words a second time
        reader.page.locator(".turn").evaluate("each => { each.dataset.before = 1; }")
        reader.page.click("#new")
        reader.page.click("#cleared button")
        reader.page.wait_for_selector(".turn:not([data-before]) figure.quote")
        assert reader.page.locator(".turn h2 .exact").all_text_contents() == [ASKED]


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

    further = reader.press(f'.further button[value="{EGGS}"]')
    assert further.locator(".asked .exact").inner_text() == EGGS
    assert further.locator("figure").count()
    again = reader.press(f'.further button[value="{EGGS}"]')  # a second press asks too
    assert again.locator(".asked .exact").inner_text() == EGGS


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
    with reader.sees("#toast", "^Copied. The link asks this question again"):
        turn.locator(".ways .more").click()
        turn.locator(".copy-answer").click()
    link = reader.page.evaluate("() => navigator.clipboard.readText()")
    assert link == f"{site}/#answer=What%20wraps%20every%20nerve%3A%20myelin%3F"
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


def test_a_link_asks_as_it_was_asked_and_takes_nothing_away(visit: Visit, site: str) -> None:
    reader = visit(site)
    page = reader.page
    reader.ask(ASKED)
    reader.quiet()
    page.evaluate("question => { location.hash = `answer=${encodeURIComponent(question)}&typed=1`; }", SIDES)
    page.wait_for_function("() => document.querySelectorAll('.turn').length === 2")
    assert page.locator(".turn .asked .exact").all_text_contents() == [ASKED, SIDES]
    assert "as-typed" in (page.locator(".turn").nth(1).get_attribute("class") or "")
    reader.quiet()
    assert [(turn["question"], turn["as_typed"]) for turn in reader.talk()] == [(ASKED, False), (SIDES, True)]


def test_a_printout_has_the_questions_and_quotes_when_and_from_where_it_was_printed_and_where_links_lead(
    reader: Reader, site: str
) -> None:
    turn = reader.ask(ASKED)
    reader.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    reader.page.emulate_media(media="print")
    told = reader.page.inner_text("#printed")
    assert re.fullmatch(rf"Printed on \d+ \w+ \d{{4}} from {re.escape(site)}", told)
    link = turn.locator("a.cite").first
    after = link.evaluate("node => getComputedStyle(node, '::after').content")
    assert f"{site}{link.get_attribute('href')}" in after
    assert turn.locator(".row:not([open])").count() == 0
    for gone in ("#composer", "#about", ".ways", "#tabs [role=tab]"):
        assert not reader.page.locator(gone).first.is_visible(), gone
    assert turn.locator("blockquote").first.is_visible()
    reader.page.emulate_media(color_scheme="dark")
    ink = "() => getComputedStyle(document.querySelector('blockquote')).color"
    assert reader.page.evaluate(ink) == "rgb(0, 0, 0)"
    reader.page.emulate_media(media="screen")
    assert not reader.page.locator("#printed").is_visible()
