from __future__ import annotations

import re

import pytest
from fakes import FakeWorkspace
from serving import EMERGENCY

from b12assistant.answers import Status, TextId
from browser.conftest import Visit
from browser.reading import BOX, DRAWN, Reader

pytestmark = pytest.mark.slow

ASKED = "What wraps every nerve: myelin?"
QUESTION = "Which wraps: <i>myelin</i>"


def test_the_page_says_what_it_is_and_offers_questions(visit: Visit, site: str) -> None:
    page = visit(site).page
    assert page.locator("h1").count() == 1
    assert page.locator("#about h2").all_inner_texts() == [
        "Who made this.",
        "Who has reviewed it.",
        "How to check a quote.",
    ]
    assert "b12assistant" in page.inner_text("#about .version")
    assert page.locator("#questions button").count() >= 3
    assert not page.locator("#new").is_visible()


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


def test_a_seller_is_labelled(reader: Reader) -> None:
    turn = reader.ask("What costs forty dollars: golden drip?")
    assert turn.locator("figure.quote .badge.sells").first.text_content() == "Sells what it recommends"


def test_an_example_is_asked_by_pressing_it(reader: Reader) -> None:
    asked = reader.page.locator("#questions button").first.text_content() or ""
    assert reader.press("#questions button >> nth=0").locator("h2 .exact").text_content() == asked.strip()
    reader.page.wait_for_selector("#questions", state="hidden")


def test_a_refusal_names_the_nearest_places_as_links(reader: Reader) -> None:
    turn = reader.ask("Do plants dream of paint, glass and brass tongues in winter?")
    assert turn.locator("figure").count() == 0
    links = turn.locator(".nearest a.cite")
    assert links.count() > 0
    assert reader.open(links.first).locator("#doc").text_content()


def test_a_follow_up_says_what_was_searched(reader: Reader) -> None:
    reader.ask(ASKED)
    turn = reader.ask("And how?")
    assert turn.locator(".read-as .exact").first.text_content() == ASKED


def test_what_was_searched_can_be_edited_and_dropped(reader: Reader) -> None:
    reader.ask(ASKED)
    reader.ask("And how?")
    reader.page.click("#read-as > button")
    box = reader.page.locator("#reading textarea")
    assert box.input_value() == f"{ASKED} And how?"
    typed = reader.press("#as-typed")
    assert typed.locator(".exact").first.text_content() == "And how?"
    assert typed.locator(".read-as").count() == 0
    reader.page.wait_for_selector("#read-as", state="detached")
    reader.ask("And eggs?")
    reader.page.click("#read-as > button")
    box.fill("eggs hold vitamin B12")
    edited = reader.press("#search-reading")
    assert edited.locator(".exact").first.text_content() == "eggs hold vitamin B12"
    assert edited.locator(".read-as").count() == 0


def test_after_an_edit_the_box_for_questions_has_the_focus(reader: Reader) -> None:
    page = reader.page
    for press in ("Enter", "click"):
        reader.ask(ASKED)
        before = page.locator(".turn").count() + 1
        reader.ask("And how?")
        page.click("#read-as > button")
        page.fill("#reading textarea", "Is myelin made of fat?")
        if press == "Enter":
            page.press("#reading textarea", "Enter")
        else:
            page.click("#as-typed")
        page.wait_for_function("n => document.querySelectorAll('.turn').length > n", arg=before)
        page.wait_for_selector("#reading", state="detached")
        page.evaluate(DRAWN)
        assert page.evaluate(f"() => document.activeElement === document.querySelector('{BOX}')")


def test_two_sides_are_side_by_side_or_on_a_phone_one_below_the_other(reader: Reader) -> None:
    topic = "Do swallowed capsules work as well as a syringe?"
    sides = reader.ask(topic).locator(".sides")
    assert sides.locator("> summary").text_content() == f"Sources disagree: {topic}"
    assert sides.locator("blockquote").first.is_hidden()
    sides.locator("> summary").click()
    for width, columns in ((1280, 2), (390, 1)):
        reader.page.set_viewport_size({"width": width, "height": 844})
        boxes = sides.locator("blockquote").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect().toJSON())"
        )
        assert len(boxes) == 2
        assert len({box["x"] for box in boxes}) == columns
        assert len({box["y"] for box in boxes}) == 3 - columns


@pytest.mark.parametrize(("asked", "language"), [(EMERGENCY, None), ("Quiero matarme", "es"), ("我不想活了", "zh")])
def test_a_fixed_text_is_a_paragraph_a_line_below_its_translation(
    asked: str, language: str | None, reader: Reader, small: FakeWorkspace
) -> None:
    alarm = reader.ask(asked).locator(".alarm.emergency")
    text = TextId("emergency_self_harm")
    order = alarm.locator("> :is(p, .translation)").evaluate_all("all => all.map(each => each.tagName)")
    assert order == ["DIV"] * (language is not None) + ["P"] * alarm.locator("> p").count(), (
        "the reader's language first"
    )
    assert alarm.locator("> p").all_text_contents() == small.texts[text].text.splitlines()
    assert alarm.locator(".translation").count() == (language is not None)
    if language:
        below = alarm.locator(".translation p")
        assert below.all_text_contents() == small.texts[TextId(f"{text}.{language}")].text.splitlines()
        assert below.first.get_attribute("lang") == language


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


@pytest.mark.parametrize("width", [1280, 390])
def test_whatever_is_pressed_to_shut_the_panel_the_page_stays(width: int, reader: Reader) -> None:
    reader.page.set_viewport_size({"width": width, "height": 800})
    link = reader.ask(ASKED).locator("a.cite").first
    for leave in ("Escape", "twice"):
        reader.open(link)
        reader.page.focus("#src-close")  # not in the document
        if leave == "Escape":
            reader.page.keyboard.press("Escape")
        else:
            reader.page.evaluate("() => { for (const _ of [1, 2]) document.activeElement.click(); }")
        reader.left()
        assert reader.focused() == "cite"
    assert reader.page.locator(".turn").count() == 1


def test_a_citation_that_is_pressed_while_the_panel_shuts_opens_it(reader: Reader) -> None:
    reader.open(reader.ask(ASKED).locator("a.cite").first)
    reader.page.evaluate(
        """() => new Promise(done => { document.querySelector('#src-close').click();
        document.querySelector('a.cite').click();
        addEventListener('popstate', () => done()); })"""
    )
    reader.arrived()
    assert reader.page.locator("#src").is_visible()


def test_a_citation_works_without_our_script(reader: Reader, visit: Visit, site: str, small: FakeWorkspace) -> None:
    href = reader.ask(ASKED).locator("a.cite").first.get_attribute("href")
    plain = visit(site, href, java_script_enabled=False)
    quote = small.ask(ASKED).answer.quotes[0]
    assert plain.page.locator("#hit").text_content() == quote.spans[0].text
    assert plain.page.locator("#doc").text_content() == quote.document.text


def test_a_new_conversation_forgets_the_old_one(reader: Reader) -> None:
    reader.ask(ASKED)
    reader.page.click("#new")
    reader.page.wait_for_function("() => !document.querySelector('.turn')")
    reader.page.wait_for_selector(f"{BOX}:focus")
    turn = reader.ask("And how?")
    assert turn.locator(".read-as").count() == 0


def test_every_answer_is_announced_once_and_the_box_keeps_the_focus(visit: Visit, site: str) -> None:
    reader = visit(site)
    for number in (1, 2, 3):
        reader.ask(ASKED)
        reader.page.wait_for_function("n => document.getElementById('say').textContent.includes(n)", arg=str(number))
        assert reader.page.evaluate("() => document.activeElement.tagName") == "TEXTAREA"
        reader.page.wait_for_function("box => !document.querySelector(box).value", arg=BOX)


def test_what_cannot_be_read_as_a_question_is_reported_next_to_the_box(visit: Visit, site: str) -> None:
    reader = visit(site)
    reader.page.fill(BOX, " ")
    reader.page.press(BOX, "Enter")
    reader.page.wait_for_selector("#note .note")
    assert "Please type your question first" in reader.page.inner_text("#note")
    reader.ask(ASKED)
    reader.page.wait_for_selector("#note .note", state="detached")


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
