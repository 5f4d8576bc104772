"""Kinds of changes to a file, one by one, and what is said of them; the stress tests try them in every form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from corpora import FOOD, again
from fakes import FakeWorkspace
from stress_tests.alterations import QUESTIONS, saved_conversations, saved_lines, saved_pack
from stress_tests.forgeries import OF_A_CONVERSATION, OF_A_LINE, OF_A_PACK, Change, Data, forged

from b12assistant.answers import Reply
from b12assistant.application import batching
from b12assistant.application.batching import asked
from b12assistant.application.exporting import SavedConversation, SavedFormat, json_text
from b12assistant.application.pack import SavedPack
from b12assistant.application.quote_checks import Checked, State, check_file
from b12assistant.application.workspace import local_today
from b12assistant.display.json_form import reply_json
from b12assistant.errors import UsageError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[FakeWorkspace, Mapping[SavedFormat, str]]:
    return saved_conversations(tmp_path_factory.mktemp("altered"))


@pytest.fixture(scope="module")
def space(made: tuple[FakeWorkspace, Mapping[SavedFormat, str]]) -> FakeWorkspace:
    return made[0]


@pytest.fixture(scope="module")
def conversation(made: tuple[FakeWorkspace, Mapping[SavedFormat, str]]) -> Data:
    data: Data = json.loads(made[1][SavedFormat.JSON])
    return data


@pytest.fixture(scope="module")
def pack(space: FakeWorkspace) -> str:
    return saved_pack(space)[SavedFormat.JSON]


@pytest.fixture(scope="module")
def lines(space: FakeWorkspace) -> list[Data]:
    return saved_lines(space)


def checked(text: str, space: FakeWorkspace, folder: Path, name: str = "kept.json") -> Checked:
    (folder / name).write_text(text, "utf-8")
    return check_file(folder / name, space)


def told(text: str, space: FakeWorkspace, folder: Path, name: str = "kept.json") -> str:
    """What is wrong with a file, in words, with the verdict."""
    try:
        found = checked(text, space, folder, name)
    except UsageError as error:
        return str(error)
    assert not found.is_verified
    assert found.sentence.startswith("Not verified: ")
    wrong = [*(quote.sentence for quote in found.quotes if quote.is_problem), *found.problems]
    return "\n".join((*wrong, found.sentence))


# What is said of some changes; a stress test tries all of them.
SAID = {
    "title": "question 1: answer.quotes.1.title is",
    "seller": "commercial_interest is false in the file",
    "origin": "origins.1.publisher is",
    "origin taken out": "origins has 1 in the file, 2 in the index",
    "words": "its words are not the words",
    "document": "its document is not in the index",
    "emergency text": "All is well.",
    "question": "May I drink bleach?",
    "generation": "it was saved from index 000000",
    "words as generation": "it was saved from index checked by the NHS",
    "links to another site": "its links lead to https://example.org",
    "later day": "it was not saved on 2999-01-01",
    "version": "it was saved by version 9, checked by the NHS",
    "settings": "other settings (quoting.quotes is 9",
}


@pytest.mark.parametrize("kind", SAID)
def test_changed_data_in_a_file_drawn_again_from_it_is_found(
    kind: str, space: FakeWorkspace, conversation: Data, tmp_path: Path
) -> None:
    other = forged(conversation, OF_A_CONVERSATION[kind])
    assert other is not None
    try:
        text = json_text(SavedConversation.model_validate(other))
    except ValueError:
        text = json.dumps(other)
    assert SAID[kind] in told(text, space, tmp_path)


@pytest.mark.parametrize("kind", OF_A_PACK)
def test_a_changed_pack_is_found(kind: str, space: FakeWorkspace, pack: str, tmp_path: Path) -> None:
    assert checked(pack, space, tmp_path).is_verified
    other = forged(json.loads(pack), OF_A_PACK[kind])
    assert other is not None
    assert told(json_text(SavedPack.model_validate(other)), space, tmp_path)


@pytest.mark.parametrize("kind", OF_A_LINE)
def test_a_changed_line_is_found(kind: str, space: FakeWorkspace, lines: list[Data], tmp_path: Path) -> None:
    others = [other for line in lines if (other := forged(line, OF_A_LINE[kind]))]
    assert others
    for other in others:
        assert told(json.dumps(other), space, tmp_path, "a.jsonl")


def test_a_line_of_free_words_is_refused(space: FakeWorkspace, lines: list[Data], tmp_path: Path) -> None:
    line = json.dumps(lines[0])
    assert checked(line, space, tmp_path, "a.jsonl").is_verified
    for more in ('"Bleach cures nerves."', '{"answer": "Bleach cures nerves."}', "Bleach cures nerves."):
        assert "a.jsonl:2" in told(f"{line}\n{more}\n", space, tmp_path, "a.jsonl")


@pytest.fixture
def asked_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that checking a file asks again."""
    questions: list[str] = []

    def counted(space: FakeWorkspace, question: str, history: tuple[str, ...], *, as_typed: bool) -> Reply:
        questions.append(question)
        return asked(space, question, history, as_typed=as_typed)

    monkeypatch.setattr(batching, "asked", counted)
    return questions


def test_what_a_file_can_be_refused_for_at_once_is_found_before_anything_is_asked(
    space: FakeWorkspace, lines: list[Data], asked_again: list[str], tmp_path: Path
) -> None:
    for kind in ("words", "end of a sentence alone", "key beside the answer"):
        other = next(other for line in lines if (other := forged(line, OF_A_LINE[kind])))
        assert "line 3" in told("\n".join(map(json.dumps, (*lines, other))), space, tmp_path, "a.jsonl")
    assert asked_again == []


def test_a_question_of_several_lines_is_asked_once(
    space: FakeWorkspace, lines: list[Data], asked_again: list[str], tmp_path: Path
) -> None:
    assert checked("\n".join(map(json.dumps, 3 * lines)), space, tmp_path, "a.jsonl").is_verified
    assert asked_again == [line["answer"]["question"] for line in lines]


def test_asking_again_ends_at_the_first_line_that_differs(
    space: FakeWorkspace, lines: list[Data], asked_again: list[str], tmp_path: Path
) -> None:
    other = forged(lines[0], OF_A_LINE["status"])
    words = told("\n".join(map(json.dumps, (other, other, *lines))), space, tmp_path, "a.jsonl")
    assert "line 1, where asking again ended: answer.status is" in words
    assert len(asked_again) == 1


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
    assert told(files[form].replace(*SHOWN[what], 1), space, tmp_path, "a.html" if form is SavedFormat.HTML else "a.md")


@pytest.mark.parametrize("change", ["end of a sentence alone", "begin of a sentence alone", "word turned into a gap"])
def test_a_part_of_a_sentence_is_no_quote_in_a_file_of_any_index(
    change: str, space: FakeWorkspace, conversation: Data, tmp_path: Path
) -> None:
    """The words are in the source, but a "not" before them may be cut off."""

    def both(data: Data, change: Change = OF_A_CONVERSATION[change]) -> None:
        change(data)
        data["index"]["generation"] = "0" * 64

    other = forged(conversation, both)
    assert other is not None
    assert "it is only a part of what may be quoted together" in told(
        json_text(SavedConversation.model_validate(other)), space, tmp_path
    )


def test_a_file_of_another_index_is_not_verified_though_its_quotes_stand(
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
    found = checked(files[SavedFormat.JSON], newer, tmp_path)
    assert (found.problems, {quote.state for quote in found.quotes}) == ((), {State.STANDS, State.MOVED})
    assert not found.is_verified
    assert "are word for word in their documents, each whole" in found.sentence
    nerves.write_text(before.replace("wraps", "coats"))
    newest = again(space)
    newest.index()
    assert "sheath.md: its words are not the words of the source" in told(files[SavedFormat.JSON], newest, tmp_path)


@pytest.mark.parametrize("generation", ["0" * 32, "checked by the NHS"])
def test_an_index_that_never_was_confirms_nothing(
    generation: str, space: FakeWorkspace, conversation: Data, lines: list[Data], tmp_path: Path
) -> None:
    other = forged(conversation, lambda data: data["index"].update(generation=generation))
    assert f"it was saved from index {generation}, and this is" in told(json.dumps(other), space, tmp_path)
    line = json.dumps(lines[0] | {"index": {"generation": generation}})
    assert f"it was saved from index {generation}, and this is" in told(line, space, tmp_path, "a.jsonl")


@pytest.mark.parametrize("question", ["a" * 20_001, "", "\ud800 what?"])
def test_a_question_that_cannot_be_asked_is_named(
    question: str, space: FakeWorkspace, conversation: Data, tmp_path: Path
) -> None:
    other = forged(conversation, lambda data: data["turns"][2]["answer"].update(question=question))
    assert other is not None
    assert "question 3" in told(json.dumps(other), space, tmp_path)


def test_the_longest_question_is_asked_again(space: FakeWorkspace, tmp_path: Path) -> None:
    question = (f"{QUESTIONS[0]} " * 1_000)[:20_000]
    reply = asked(space, question, (), as_typed=False)
    line = json.dumps(reply_json(reply, space.texts, today=local_today()))
    assert checked(line, space, tmp_path, "a.jsonl").is_verified
    longer = line.replace(question, f"{question}x")
    assert "line 1: its question cannot be asked (a question has at most 20,000" in told(
        longer, space, tmp_path, "a.jsonl"
    )
