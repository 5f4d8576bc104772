"""Edits of the files in which curators list questions."""

from __future__ import annotations

import json
import tomllib

import pytest
from builders import build_document
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.application.improvement import with_not_answered, with_questions
from b12assistant.errors import SourceFactsError
from b12assistant.language.sentences import find_words
from b12assistant.types import Document, Range

DOCUMENT = build_document("Fish holds B12.\n\nPlants hold none. Eggs hold\nsome.\n")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(lambda text: text.strip())


def sentence(words: str, document: Document = DOCUMENT) -> Range:
    found = find_words(document.text, words)
    assert found is not None
    return found


def test_a_sentence_gets_a_line_of_its_own_at_its_place() -> None:
    before = '{"text": "Fish holds B12.", "asked": ["what has it"]}\n{"text": "Eggs hold some.", "asked": ["eggs?"]}\n'
    after = with_questions(before, DOCUMENT, {sentence("Plants hold none."): ["is it in beans"]})
    first, added, last = after.splitlines()
    assert [first, last] == before.splitlines()
    assert json.loads(added) == {"text": "Plants hold none.", "asked": ["is it in beans"]}


def test_a_line_with_the_words_gets_the_question_and_keeps_all_else() -> None:
    before = '{"text": "Eggs hold some.", "origins": {"nhs": "p. 1"}, "asked": ["eggs?"]}\n'
    change = {sentence("Eggs hold\nsome."): ["Do eggs help?", "EGGS?"]}
    assert json.loads(with_questions(before, DOCUMENT, change)) == {
        **json.loads(before),
        "asked": ["eggs?", "Do eggs help?"],
    }


def test_a_question_taken_back_leaves_nothing_behind() -> None:
    there = sentence("Fish holds B12.")
    added = with_questions("", DOCUMENT, {there: ["why fish"]})
    assert with_questions(added, DOCUMENT, {}, ["Why  fish"]) == ""


@pytest.mark.parametrize(
    "before",
    [
        "",
        "questions = [\n]\n",
        'questions = [\n  "a ] b",\n]\n',
        "# mine\nquestions = [\n  'one', # why\n  \"two\",   # last\n]\n# end\n",
    ],
)
@given(added=st.lists(WORDS, max_size=3, unique=True))
def test_the_list_of_what_nothing_answers_gets_questions_and_keeps_its_comments(before: str, added: list[str]) -> None:
    now = tomllib.loads(before).get("questions", [])
    after = with_not_answered(before, added, ())
    once: dict[str, str] = {}  # whatever its blanks and capitals
    for each in (*now, *added):
        once.setdefault(" ".join(each.split()).casefold(), each)
    assert tomllib.loads(after).get("questions", []) == list(once.values())
    assert [line for line in before.splitlines() if line.startswith("#")] == [
        line for line in after.splitlines() if line.startswith("# ") and "no document" not in line
    ]


def test_a_question_that_is_answered_now_is_taken_from_the_list() -> None:
    before = '# mine\nquestions = [\n  "one", # why\n  "two",\n  "three"\n]\n'
    after = with_not_answered(before, ["four"], ["THREE", "one"])
    assert tomllib.loads(after) == {"questions": ["two", "four"]}
    assert after.startswith("# mine\n")


def test_a_list_that_is_not_as_it_should_be_is_left_alone() -> None:
    with pytest.raises(SourceFactsError):
        with_not_answered("questions = [1]", ["one"], ())


def test_a_list_that_cannot_be_edited_line_by_line_is_left_alone() -> None:
    with pytest.raises(SourceFactsError, match="cannot be edited here"):
        with_not_answered('questions = ["one"]', ["two"], ())
