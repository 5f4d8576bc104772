"""The alterations that a review found, one by one; the stress test of altered exports tries random ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from corpora import FOOD, again
from fakes import FakeWorkspace
from stress_tests.alterations import QUESTIONS, saved_conversations

from b12assistant.application.exporting import SavedConversation, SavedFormat, render
from b12assistant.application.quote_checks import Against, Checked, check_file
from b12assistant.application.workspace import local_today
from b12assistant.display.json_form import reply_json
from b12assistant.errors import UsageError

Data = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[FakeWorkspace, Mapping[SavedFormat, str]]:
    return saved_conversations(tmp_path_factory.mktemp("altered"))


def told(text: str, suffix: str, space: FakeWorkspace, folder: Path) -> list[str]:
    """What is wrong with a file, in words."""
    (folder / f"kept.{suffix}").write_text(text, "utf-8")
    found: Checked = check_file(folder / f"kept.{suffix}", Against.of(space))
    return [*(quote.sentence for quote in found.quotes if quote.is_problem), *found.problems]


def first(data: Data) -> Data:
    quote: Data = data["turns"][0]["answer"]["quotes"][0]
    return quote


def notice(data: Data) -> Data:
    found: Data = data["turns"][0]["answer"]["notices"][-1]
    return found


def exchange(data: Data) -> None:
    quotes = data["turns"][1]["answer"]["quotes"]
    quotes[0], quotes[1] = quotes[1], quotes[0]
    for number, quote in enumerate(quotes, start=1):
        quote["number"] = number


# Each edit of the data, with a part of the message about it.
EDITS: dict[str, tuple[Callable[[Data], object], str]] = {
    "title": (lambda data: first(data).update(title="Lancet 2024"), "title is"),
    "seller": (lambda data: first(data).update(commercial_interest=False), "commercial_interest is"),
    "publisher": (lambda data: first(data).update(publisher="NHS"), "publisher is"),
    "date": (lambda data: first(data).update(published="2026-01-01"), "published is"),
    "address": (lambda data: first(data).update(url="https://example.org/"), "url is"),
    "origin": (lambda data: first(data)["origins"][0].update(publisher="The Lancet"), "origins is"),
    "place in an origin": (lambda data: first(data)["origins"][1].update(place="Treatment"), "origins is"),
    "no seller among the origins": (lambda data: first(data)["origins"].pop(), "origins is"),
    "words": (lambda data: first(data).update(text="Bleach cures nerves."), "its words are not the words"),
    "not": (lambda data: first(data).update(text=f"Not {first(data)['text']}"), "its words are not the words"),
    "spans": (lambda data: first(data).update(spans=[[0, 4]], best=[0, 4]), "its words are not the words"),
    "document": (lambda data: first(data).update(document="none.md"), "its document is not in the index"),
    "fixed text": (lambda data: notice(data).update(text="Take 5 mg daily."), "Take 5 mg daily."),
    "version": (lambda data: notice(data).update(version=7), "its version is 7"),
    "no fixed text": (lambda data: data["turns"][0]["answer"]["notices"].clear(), "shown with every answer is missing"),
    "flag": (lambda data: data["turns"][3]["answer"]["red_flag"].update(text="All is well."), "All is well."),
    "no flag": (lambda data: data["turns"][3]["answer"].update(red_flag=None), "the red flag is missing"),
    "nearest": (lambda data: data["turns"][2]["answer"]["nearest"][0].update(title="The Lancet"), "title is"),
    "number": (lambda data: first(data).update(number=4), "the quotes are numbered"),
    "status": (lambda data: data["turns"][0]["answer"].update(status="no_answer"), "does not fit its quotes"),
    "question": (lambda data: data["turns"][0]["answer"].update(question="May I drink bleach?"), "the seal"),
    "order": (exchange, "the seal"),
    "turn": (lambda data: data["turns"].pop(), "the seal"),
    "generation": (lambda data: data["index"].update(generation="0" * 64), "the seal"),
    "no seal": (lambda data: data.pop("seal"), "the seal"),
}


@pytest.mark.parametrize("form", SavedFormat)
@pytest.mark.parametrize("edit", EDITS)
def test_altered_data_in_a_file_drawn_again_from_it_is_found_and_named(
    edit: str, form: SavedFormat, made: tuple[FakeWorkspace, Mapping[SavedFormat, str]], tmp_path: Path
) -> None:
    space, files = made
    data = json.loads(files[SavedFormat.JSON])
    change, named = EDITS[edit]
    change(data)
    text = render(SavedConversation.model_validate(data), form)
    suffix = {SavedFormat.HTML: "html", SavedFormat.MARKDOWN: "md", SavedFormat.JSON: "json"}[form]
    assert any(named in problem for problem in told(text, suffix, space, tmp_path))


SHOWN = {
    "title": ("Nerves", "Lancet 2024"),
    "words": ("wraps", "eats"),
    "question": ("myelin", "bleach"),
    "a key twice": ('"kind":', '"kind":"x","kind":'),
}


@pytest.mark.parametrize("form", [SavedFormat.HTML, SavedFormat.MARKDOWN])
@pytest.mark.parametrize("what", SHOWN)
def test_an_alteration_of_only_what_is_shown_is_found(
    what: str, form: SavedFormat, made: tuple[FakeWorkspace, Mapping[SavedFormat, str]], tmp_path: Path
) -> None:
    space, files = made
    suffix = "html" if form is SavedFormat.HTML else "md"
    try:
        assert told(files[form].replace(*SHOWN[what], 1), suffix, space, tmp_path)
    except UsageError:
        assert what == "a key twice"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"title": "Lancet 2024"}, "title is", id="title"),
        pytest.param({"commercial_interest": False}, "commercial_interest is", id="seller"),
        pytest.param({"text": "Bleach cures nerves."}, "its words are not", id="words"),
        pytest.param({"remark": "Bleach cures nerves."}, "quotes.0.remark: extra", id="more"),
    ],
)
def test_an_answer_in_json_is_checked_against_the_index(
    change: Data, named: str, made: tuple[FakeWorkspace, Mapping[SavedFormat, str]], tmp_path: Path
) -> None:
    space, _ = made
    record = reply_json(space.ask(QUESTIONS[0]), space.texts, today=local_today())
    assert told(json.dumps(record), "json", space, tmp_path) == []
    record["answer"]["quotes"][0] |= change
    assert any(named in problem for problem in told(json.dumps(record), "json", space, tmp_path))


def test_an_export_of_an_older_index_is_checked_against_the_sources(
    made: tuple[FakeWorkspace, Mapping[SavedFormat, str]], tmp_path: Path
) -> None:
    """Its generation is gone; what it quotes is still there, word for word, at another place."""
    space, files = made
    nerves = space.corpus / "sheath.md"
    before = nerves.read_text("utf-8")
    (space.corpus / "food.md").write_text(FOOD)
    nerves.write_text(before.replace("Myelin", "A word more. Myelin"))
    newer = again(space)
    newer.index()
    assert newer.opened.collection.generation not in files[SavedFormat.JSON]
    assert told(files[SavedFormat.JSON], "json", newer, tmp_path) == []
    nerves.write_text(before.replace("wraps", "coats"))
    newest = again(space)
    newest.index()
    problems = told(files[SavedFormat.JSON], "json", newest, tmp_path)
    assert any("sheath.md: its words are not the words of the source" in problem for problem in problems), problems
