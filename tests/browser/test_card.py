"""The card of an answer: our sentences, each with the numbers of what it rests on, and what to do with it, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from corpora import summaries
from fakes import FakeWorkspace
from serving import small_space

from browser.conftest import Visit
from browser.reading import BOX, Reader
from browser.running import running
from browser.test_accessible import SMALL

pytestmark = pytest.mark.slow

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("card"), summaries())


@pytest.fixture(scope="module")
def card(space: FakeWorkspace) -> Iterator[str]:
    with running(space) as address:
        yield address


@pytest.fixture
def asked(space: FakeWorkspace) -> str:
    """A question that a sentence of a summary answers: that sentence itself."""
    document = space.document("sheath.md").document
    return document.slice(document.attributions[0].range)


def test_a_number_opens_its_publication_in_place_and_shuts_it(
    visit: Visit, card: str, space: FakeWorkspace, asked: str
) -> None:
    reader = visit(card)
    turn = reader.ask(asked)
    figure = turn.locator("figure.quote").first
    number = figure.locator("a.number").first
    assert (number.text_content() or "").startswith("Source ")
    number.click()
    origins = {each.origin for each in space.document("sheath.md").document.attributions}
    opened = figure.locator(".opened").text_content() or ""
    assert any(each.title in opened and each.publisher in opened for each in origins)
    assert "we read" in opened
    reader.accessible()
    number.click()
    assert figure.locator(".opened").count() == 0


def test_no_publisher_stands_over_a_sentence_and_the_foot_names_all_once(
    visit: Visit, card: str, space: FakeWorkspace, asked: str
) -> None:
    reader = visit(card)
    turn = reader.ask(asked)
    shown = turn.locator("figure.quote").first.inner_text()
    origins = {each.origin for each in space.document("sheath.md").document.attributions}
    assert not [each.publisher for each in origins if each.publisher in shown]
    assert turn.locator(".whose").all_text_contents() == [
        "Our summaries, not the sources' own words. No doctor has checked them."
    ]
    assert turn.locator(".ways > button:visible").count() == 2
    turn.locator(".ways .more").click()
    listed = turn.locator(".origins li > strong").all_text_contents()
    assert listed == [str(number) for number in range(1, len(listed) + 1)]
    assert set(turn.locator(".number .chip").all_text_contents()) <= set(listed)
    assert turn.locator(".ways > button:visible").count() == 4


def test_on_a_phone_the_keyboard_shuts_and_every_target_can_be_touched(visit: Visit, card: str, asked: str) -> None:
    reader: Reader = visit(card, viewport=PHONE, has_touch=True, is_mobile=True)
    turn = reader.ask(asked)
    turn.wait_for()
    assert reader.page.evaluate(f"() => document.activeElement !== document.querySelector('{BOX}')")
    assert turn.locator("blockquote").first.is_visible()
    assert reader.page.evaluate(SMALL) == []
