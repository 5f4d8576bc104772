"""Suggestions are questions that the sources answer, near what was asked and not asked already."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import FakeWorkspace
from serving import small_space

from b12assistant.answers import Answer, Status

CORPUS = {
    "nerves.md": "---\ntitle: Nerves\nkind: guideline\nwords: original\n---\n\n# Nerves\n\n## What wraps a nerve?\n\n"
    "Myelin wraps a nerve.\n\n## Which nerve is longest?\n\nThe longest nerve is the sciatic nerve.\n\n"
    "## Does a nerve zorp quux?\n\nNothing is known of it.\n\n## A heading\n\nA nerve is long.\n",
    "old.md": "---\ntitle: Old\nwords: original\nwithdrawn: true\n---\n\n"
    "# Old\n\n## Is a nerve golden?\n\nA nerve is golden.\n",
    "off.md": "# Off\n\n## Is a nerve a ladle?\n\nA nerve is a ladle.\n",
    "switched_off.toml": '[[off]]\ndocument = "off.md"\nwhy = "A curator took it out."\n',
}
UNANSWERED = "Do plants dream of paint, glass and brass bands?"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("suggestions"), CORPUS)


def test_they_are_headings_that_are_questions(space: FakeWorkspace) -> None:
    assert space.suggestions.texts == ("What wraps a nerve?", "Which nerve is longest?", "Does a nerve zorp quux?")


def test_only_what_the_sources_answer_is_suggested_and_each_is_tried_once(space: FakeWorkspace) -> None:
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return space.ask(UNANSWERED if "zorp" in question else question).answer

    texts = space.suggestions.texts
    suggestions = replace(space.suggestions, ask=ask)
    near = space.engine.query("What is a nerve?").vector
    told = suggestions.near(["What is a nerve?"], near)
    assert told == ("What wraps a nerve?", "Which nerve is longest?")
    assert set(asked) == set(texts)  # all are near
    assert space.ask(UNANSWERED).answer.status is not Status.ANSWERED
    assert suggestions.near(["What is a nerve?"], near) == told
    assert len(asked) == len(texts)


def test_the_nearest_are_suggested_and_nothing_that_was_asked(space: FakeWorkspace) -> None:
    suggested = space.suggested(["what WRAPS a nerve?"])
    assert "What wraps a nerve?" not in suggested
    assert suggested == tuple(text for text in suggested if text in space.suggestions.texts)
    assert "What wraps a nerve?" in space.suggested(["What is a nerve?"])
    assert "What wraps a nerve?" not in space.suggested(["What wraps a nerve?", "What is a nerve?"])


def test_nothing_is_suggested_after_a_remark(space: FakeWorkspace) -> None:
    assert space.suggested(["What is a nerve?"])
    assert space.suggested(["What is a nerve?", "oh thanks that's clear"]) == ()


@pytest.mark.parametrize("question", ["", "\ud800", "word " * 3_000, "cabbage soup"])
def test_whatever_is_asked_nothing_far_is_suggested(space: FakeWorkspace, question: str) -> None:
    assert space.suggested([question]) == ()


def test_a_corpus_without_a_question_suggests_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    plain = small_space(tmp_path_factory.mktemp("plain"), {"a.md": "# A\n\nA nerve is long.\n"})
    assert plain.suggestions.texts == ()
    assert plain.suggested(["What is a nerve?"]) == ()
