"""A conversation as a file, and whether its quotes still stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from corpora import again, capsules, write
from fakes import FakeWorkspace, fake_workspace
from starlette.testclient import TestClient

from b12assistant.application.exporting import Format
from b12assistant.application.quote_checks import State, check_file
from b12assistant.errors import UsageError
from b12assistant.types import DocumentId
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

CORPUS = {
    "nerves.md": "# Nerves\n\n## Sheath\n\nMyelin *wraps* every_nerve <b>& more. It is made of fat.\n",
    **capsules(),
}
TURNS = (
    "What wraps every nerve: <myelin>?",
    "Do swallowed capsules work as well as a syringe?",
    "Do plants dream of paint, glass and brass bands in winter?",
    "My legs went weak today and I can't pee",
)
NAMES = {Format.HTML: "kept.html", Format.MARKDOWN: "kept.md", Format.JSON: "kept.json"}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    folder = tmp_path_factory.mktemp("exporting")
    made = fake_workspace(write(folder / "corpus", CORPUS), folder / "index")
    made.index()
    return again(made)


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url="http://127.0.0.1:7860")


@pytest.fixture(scope="module")
def kept(client: TestClient) -> Mapping[Format, str]:
    turns = [{"question": question} for question in TURNS]
    answers = {each: client.post("/export", json={"format": each, "turns": turns}) for each in Format}
    assert [answer.status_code for answer in answers.values()] == [200, 200, 200]
    return {each: answer.text for each, answer in answers.items()}


def texts(space: FakeWorkspace) -> dict[DocumentId, str]:
    return {entry.document.id: entry.document.text for entry in space.opened.entries}


def quoted(space: FakeWorkspace) -> list[str]:
    replies = [space.ask(question, TURNS[:number]) for number, question in enumerate(TURNS)]
    return [" […] ".join(span.text for span in quote.spans) for reply in replies for quote in reply.answer.quotes]


@pytest.mark.parametrize("format_", Format)
def test_every_quote_of_a_file_is_checked_and_stands(
    format_: Format, kept: Mapping[Format, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    file = tmp_path / NAMES[format_]
    file.write_text(kept[format_], "utf-8")
    verdicts = check_file(file, texts(space))
    assert sorted(each.words for each in verdicts) == sorted(quoted(space))
    assert len(verdicts) >= 3
    assert {each.state for each in verdicts} == {State.STANDS}


@pytest.mark.parametrize("format_", Format)
def test_a_file_says_the_questions_the_notices_and_the_index(
    format_: Format, kept: Mapping[Format, str], space: FakeWorkspace
) -> None:
    text = kept[format_]
    assert space.opened.collection.generation in text
    assert "Do swallowed capsules work as well as a syringe?" in text
    if format_ is not Format.JSON:
        assert "The sources differ here" in text
        assert "Nearest places in the sources" in text
    flagged = space.ask(TURNS[3], TURNS[:3]).answer.red_flag
    assert flagged is not None
    assert space.texts[flagged.text].text.split(".")[0].split("\n")[0][:20] in text


def test_html_runs_nothing_and_fetches_nothing(kept: Mapping[Format, str]) -> None:
    text = kept[Format.HTML]
    assert "What wraps every nerve: &lt;myelin&gt;?" in text
    assert "<script" not in text
    assert "default-src 'none'" in text


@pytest.mark.parametrize("format_", Format)
def test_a_word_that_was_changed_in_the_file_is_found(
    format_: Format, kept: Mapping[Format, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    file = tmp_path / NAMES[format_]
    file.write_text(
        kept[format_].replace("made of fat", "made of wax").replace("as well as a syringe.", "well."), "utf-8"
    )
    found = {each.words: each for each in check_file(file, texts(space))}
    for words, verdict in found.items():
        tampered = "wax" in words or words == "Swallowed capsules work well."
        assert (verdict.state is State.WRONG) is tampered, verdict
    assert any(each.state is State.WRONG for each in found.values())


@pytest.mark.parametrize("format_", Format)
def test_words_that_moved_stand_and_words_that_went_do_not(
    format_: Format, kept: Mapping[Format, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    file = tmp_path / NAMES[format_]
    file.write_text(kept[format_], "utf-8")
    now = texts(space)
    now[DocumentId("nerves.md")] = f"New. {now[DocumentId('nerves.md')]}"
    now[DocumentId("swallowed.md")] = "Swallowed\n\nSwallowed capsules do not work as well as a syringe."
    del now[DocumentId("syringe.md")]
    states = {each.where.partition(" of ")[2]: (each.state, each.problem) for each in check_file(file, now)}
    assert states["nerves.md"] == (State.MOVED, "")
    assert states["swallowed.md"][0] is State.WRONG
    assert states["syringe.md"] == (State.WRONG, "its document is not in the index")


def test_a_turn_asked_as_typed_is_answered_as_it_was(client: TestClient) -> None:
    turns = [{"question": TURNS[0]}, {"question": "And fat?", "as_typed": True}]
    told = client.post("/export", json={"format": "json", "turns": turns}).json()
    assert told["turns"][1]["answer"]["interpretation"] is None
    followed = [turns[0], {"question": "And fat?"}]
    told = client.post("/export", json={"format": "json", "turns": followed}).json()
    assert told["turns"][1]["answer"]["interpretation"] is not None


@pytest.mark.parametrize("body", [{}, {"format": "pdf", "turns": [{"question": "a"}]}, {"format": "html", "turns": []}])
def test_what_is_no_conversation_is_refused(body: object, client: TestClient) -> None:
    assert client.post("/export", json=body).status_code == 422


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.csv"])
def test_a_file_without_quotes_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("> Somebody said so.\n\nNothing more. <blockquote>x</blockquote>", "utf-8")
    with pytest.raises(UsageError, match="holds no quotes"):
        check_file(tmp_path / name, {})


def test_a_block_quote_of_somebody_else_is_left_alone(
    kept: Mapping[Format, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    file = tmp_path / "kept.md"
    file.write_text(f"> Somebody said so.\n\nIndeed.\n\n{kept[Format.MARKDOWN]}", "utf-8")
    assert {each.state for each in check_file(file, texts(space))} == {State.STANDS}


def test_json_that_is_neither_is_read_line_by_line(space: FakeWorkspace, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"hello": 1}), "utf-8")
    with pytest.raises(UsageError, match="holds no answer"):
        check_file(tmp_path / "a.json", texts(space))
