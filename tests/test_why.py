"""Each answer can say, folded, what led to it."""

import re
from html import unescape

import pytest
from fakes import FakeWorkspace
from serving import EMERGENCY, small_space

from b12assistant.answering.signals import load_calibration
from b12assistant.answers import TextId
from b12assistant.display.answer_html import turn_html


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("why"))


def why(space: FakeWorkspace, question: str) -> str:
    drawn = unescape(turn_html(1, space.ask(question), space.setting()))
    found = re.search(r'<details class="row why">.*?</details>', drawn)
    return re.sub(r"<[^>]+>", " ", found[0]) if found else ""


def test_an_answer_says_rank_strength_score_and_cut(space: FakeWorkspace) -> None:
    reply = space.ask("What wraps every nerve: myelin?")
    quotes, unasked = reply.answer.quotes, load_calibration().where_unasked
    said = why(space, "What wraps every nerve: myelin?")
    assert f"Quote 1, score {quotes[0].score:.2f}: " in said
    assert unasked is not None
    assert reply.least == unasked.possibly
    assert f"Below a confidence of {unasked.possibly:.2f} (0 to 1) nothing is quoted." in said
    assert "It shares these words with your question: wraps, nerve, myelin." in said
    assert "Link to this answer" in said


def test_a_refusal_says_what_was_not_reached_and_has_no_link(space: FakeWorkspace) -> None:
    said = why(space, "Do plants dream of paint, glass and brass bands in winter?")
    assert "No sentence reached a confidence of" in said
    assert "Link to this answer" not in said


def test_the_words_that_raised_a_notice_are_named_with_its_rule(space: FakeWorkspace) -> None:
    said = why(space, "Should I stop my metformin?")
    assert re.search(r"A notice is shown because of these words \([a-z_.]+\): “\s*[^”]*stop", said), said


def test_what_to_do_stands_above_the_quotes_and_why_it_is_said_below(space: FakeWorkspace) -> None:
    drawn = unescape(
        turn_html(1, space.ask("My feet are numb and getting worse, is that an early sign?"), space.setting())
    )
    *_, reason = space.texts[TextId("urgent")].text.splitlines()
    assert drawn.index("Please see a doctor") < drawn.index("<blockquote>") < drawn.index(reason)
    assert drawn.count(reason) == 1
    refused = unescape(turn_html(1, space.ask("Should I stop my metformin?"), space.setting()))
    act, reason = space.texts[TextId("medical_decision")].text.splitlines()
    assert f"<p>{act}</p><p>{reason}</p>" in refused


def test_who_says_so_opens_the_list_of_publications(space: FakeWorkspace) -> None:
    asked = "What wraps every nerve: myelin?"
    first, again = (
        turn_html(1, reply, space.setting()) for reply in (space.ask(asked), space.ask("Who says so?", [asked]))
    )
    assert (first.count('class="source" open'), again.count('class="source" open')) == (0, 1)


@pytest.mark.parametrize("question", [EMERGENCY, "thanks"])
def test_nothing_is_explained_beside_an_emergency_or_a_remark(question: str, space: FakeWorkspace) -> None:
    assert why(space, question) == ""
