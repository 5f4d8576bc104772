"""What is said of saved answers that no index gives; the stress tests alter them in random places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpora import FOOD, again
from fakes import FakeWorkspace
from stress_tests.alterations import Data, saved_answers

from b12assistant.application.quote_checks import Checked, check_file
from b12assistant.errors import UsageError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[FakeWorkspace, list[Data]]:
    return saved_answers(tmp_path_factory.mktemp("altered"))


@pytest.fixture(scope="module")
def space(made: tuple[FakeWorkspace, list[Data]]) -> FakeWorkspace:
    return made[0]


@pytest.fixture(scope="module")
def lines(made: tuple[FakeWorkspace, list[Data]]) -> list[Data]:
    return made[1]


def checked(text: str, space: FakeWorkspace, folder: Path) -> Checked:
    (folder / "a.jsonl").write_text(text, "utf-8")
    return check_file(folder / "a.jsonl", space)


def told(text: str, space: FakeWorkspace, folder: Path) -> str:
    """What is wrong with a file, in words, with the verdict."""
    try:
        found = checked(text, space, folder)
    except UsageError as error:
        return str(error)
    assert not found.is_verified
    assert found.sentence.startswith("Not verified: ")
    return "\n".join((*found.problems, found.sentence))


def test_a_line_of_free_words_is_refused(space: FakeWorkspace, lines: list[Data], tmp_path: Path) -> None:
    line = json.dumps(lines[0])
    assert checked(line, space, tmp_path).is_verified
    for more in ('"Bleach cures nerves."', '{"answer": "Bleach cures nerves."}', "Bleach cures nerves."):
        assert "a.jsonl:2" in told(f"{line}\n{more}\n", space, tmp_path)


def test_a_file_of_another_index_is_not_verified_though_its_quotes_stand(tmp_path: Path) -> None:
    """Its generation is gone; what it quotes is still there, word for word."""
    space, lines = saved_answers(tmp_path)
    text = "\n".join(map(json.dumps, lines))
    nerves = space.corpus / "sheath.md"
    before = nerves.read_text("utf-8")
    (space.corpus / "food.md").write_text(FOOD)
    newer = again(space)
    newer.index()
    assert newer.opened.collection.generation not in text
    found = checked(text, newer, tmp_path)
    assert found.quotes
    assert not found.problems
    assert not found.is_verified
    assert "are word for word in their documents" in found.sentence
    nerves.write_text(before.replace("wraps", "coats"))
    newest = again(space)
    newest.index()
    assert "sheath.md: its words are not the words of the source" in told(text, newest, tmp_path)
    nerves.unlink()
    last = again(space)
    last.index()
    assert "sheath.md: its document is not in the index" in told(text, last, tmp_path)


@pytest.mark.parametrize("generation", ["0" * 32, "checked by the NHS"])
def test_an_index_that_never_was_confirms_nothing(
    generation: str, space: FakeWorkspace, lines: list[Data], tmp_path: Path
) -> None:
    line = json.dumps(lines[0] | {"index": {"generation": generation}})
    assert f"it was saved from index {generation}, and this is" in told(line, space, tmp_path)
