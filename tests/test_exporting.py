"""A conversation as a file, and whether its quotes are still correct."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from corpora import again, capsules, summaries, write
from fakes import FakeWorkspace, fake_workspace, with_entries, with_weak_quotes
from starlette.testclient import TestClient

from b12assistant.application.exporting import SavedFormat, embedded, export
from b12assistant.application.quote_checks import Checked, State, check_file
from b12assistant.errors import UsageError
from b12assistant.index.documents import Entry
from b12assistant.types import DocumentId, Range, Section, Span
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

CORPUS = summaries() | capsules()
TURNS = (
    "Which wraps: <myelin>?",
    "Do swallowed capsules work as well as a syringe?",
    "Do plants dream of paint, glass and brass tongues in winter?",
    "My legs went weak today and I can't pee",
    "Does our golden drip warm cold feet?",
    "What stores the vitamin for years?",
)
TOPIC = "Do swallowed capsules work as well as a syringe?"
NAMES = {SavedFormat.HTML: "kept.html", SavedFormat.MARKDOWN: "kept.md", SavedFormat.JSON: "kept.json"}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """A workspace in which the first quote is a weak match, so that files hold the note on it."""
    folder = tmp_path_factory.mktemp("exporting")
    made = fake_workspace(write(folder / "corpus", CORPUS), folder / "index")
    made.index()
    return with_weak_quotes(again(made))


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url="http://127.0.0.1:7860")


@pytest.fixture(scope="module")
def kept(client: TestClient) -> Mapping[SavedFormat, str]:
    turns = [{"question": question} for question in TURNS]
    answers = {each: client.post("/export", json={"format": each, "turns": turns}) for each in SavedFormat}
    assert [answer.status_code for answer in answers.values()] == [200, 200, 200]
    return {each: answer.text for each, answer in answers.items()}


def with_text(entry: Entry, text: str) -> Entry:
    return replace(entry, document=replace(entry.document, text=text))


def shifted(entry: Entry) -> Entry:
    """The entry of a file with one more word at the front."""
    document, more = entry.document, "New. "
    n = len(more)
    sections = tuple(
        Section(Range(s.heading.start + n, s.heading.end + n), s.level, s.start + n, s.end + n)
        for s in document.sections
    )
    moved = replace(document, text=more + document.text, sections=sections)
    passages = tuple(
        replace(
            each,
            sentences=tuple(Span(moved, one.start + n, one.end + n) for one in each.sentences),
        )
        for each in entry.passages
    )
    return replace(entry, document=moved, passages=passages)


def checked(space: FakeWorkspace, folder: Path, format_: SavedFormat, text: str) -> Checked:
    file = folder / NAMES[format_]
    file.write_text(text, "utf-8")
    return check_file(file, space)


def quoted(space: FakeWorkspace) -> list[str]:
    replies = [space.ask(question, TURNS[:number]) for number, question in enumerate(TURNS)]
    return [" […] ".join(span.text for span in quote.spans) for reply in replies for quote in reply.answer.shown]


@pytest.mark.parametrize("format_", SavedFormat)
def test_every_quote_of_a_file_is_checked_and_is_correct(
    format_: SavedFormat, kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    found = checked(space, tmp_path, format_, kept[format_])
    verdicts = found.quotes
    assert found.problems == ()
    assert sorted(each.words for each in verdicts) == sorted(quoted(space))
    assert len(verdicts) >= 3
    assert {each.state for each in verdicts} == {State.STANDS}


@pytest.mark.parametrize("format_", SavedFormat)
def test_a_file_gives_the_questions_the_notices_and_the_index(
    format_: SavedFormat, kept: Mapping[SavedFormat, str], space: FakeWorkspace
) -> None:
    text = kept[format_]
    assert space.opened.collection.generation in text
    assert "Do swallowed capsules work as well as a syringe?" in text
    if format_ is not SavedFormat.JSON:
        assert "Sources disagree: Do swallowed capsules work as well as a syringe?" in text
        assert "These pages may help" in text
    flagged = space.ask(TURNS[3], TURNS[:3]).answer.red_flag
    assert flagged is not None
    assert space.texts[flagged.text].text.split(".")[0].split("\n")[0][:20] in text


def test_html_runs_nothing_and_fetches_nothing(kept: Mapping[SavedFormat, str]) -> None:
    text = kept[SavedFormat.HTML]
    assert "Which wraps: &lt;myelin&gt;?" in text
    assert re.findall("<script[^>]*>", text) == ['<script type="application/json" id="data">']
    assert "default-src 'none'" in text


@pytest.mark.parametrize("format_", SavedFormat)
def test_a_word_that_was_changed_in_the_file_is_found(
    format_: SavedFormat, kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    altered = kept[format_].replace("made of fat", "made of wax").replace("as well as a syringe.", "well.")
    found = {each.words: each for each in checked(space, tmp_path, format_, altered).quotes}
    for words, verdict in found.items():
        tampered = "wax" in words or words == "Swallowed capsules work well."
        assert (verdict.state is State.WRONG) is tampered, verdict
    assert any(each.state is State.WRONG for each in found.values())


@pytest.mark.parametrize("format_", SavedFormat)
def test_words_that_moved_are_found_and_words_that_are_gone_are_wrong(
    format_: SavedFormat, kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    file = tmp_path / NAMES[format_]
    file.write_text(kept[format_], "utf-8")
    now = dict(space.entries)
    nerves, swallowed = DocumentId("sheath.md"), DocumentId("swallowed.md")
    now[nerves] = shifted(now[nerves])
    now[swallowed] = with_text(now[swallowed], "Swallowed\n\nSwallowed capsules do not work as well as a syringe.")
    del now[DocumentId("syringe.md")]
    found = check_file(file, with_entries(space, now)).quotes
    states = {each.where.partition(" of ")[2]: (each.state, each.problem) for each in found}
    assert states["sheath.md"] == (State.MOVED, "")
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
def test_data_that_is_not_a_conversation_is_refused(body: object, client: TestClient) -> None:
    assert client.post("/export", json=body).status_code == 422


@pytest.mark.parametrize(("name", "why"), [("a.md", "no data"), ("a.html", "no data"), ("a.csv", "without data")])
def test_a_file_without_data_is_refused(name: str, why: str, space: FakeWorkspace, tmp_path: Path) -> None:
    (tmp_path / name).write_text("> Somebody said so.\n\nNothing more. <blockquote>x</blockquote>", "utf-8")
    with pytest.raises(UsageError, match=why):
        check_file(tmp_path / name, space)


@pytest.mark.parametrize(
    "data", ["{", "[]", '{"kind": []}', '{"kind": "b12assistant conversation"}', '{"kind": "else"}']
)
def test_data_that_is_not_ours_is_refused(data: str, space: FakeWorkspace, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"<!-- data\n{data}\n-->", "utf-8")
    with pytest.raises(UsageError, match="data"):
        check_file(tmp_path / "a.md", space)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("made", None),
        ("made", "today"),
        ("language", "../en"),
        ("turns", [{}]),
        ("sides", [{}, {}]),
    ],
)
@pytest.mark.parametrize("suffix", ["md", "html"])
def test_data_that_cannot_be_drawn_is_refused(
    suffix: str, key: str, value: object, kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    data = json.loads(kept[SavedFormat.JSON])
    if key == "sides":
        data["turns"][1]["answer"]["disagreements"][0]["sides"] = value
    else:
        data[key] = value
    text = json.dumps(data).replace("<", "\\u003c")
    tagged = f'<script type="application/json" id="data">{text}</script>'
    (tmp_path / f"a.{suffix}").write_text(tagged if suffix == "html" else f"<!-- data\n{text}\n-->", "utf-8")
    with pytest.raises(UsageError, match="not ours"):
        check_file(tmp_path / f"a.{suffix}", space)


VISIBLE = (SavedFormat.HTML, SavedFormat.MARKDOWN)


@pytest.mark.parametrize("format_", VISIBLE)
@pytest.mark.parametrize(
    ("shown", "altered"),
    [
        ("Myelin wraps", "Myelin harms"),
        ("May not fully", "Must not fully"),
        ("Questions and quotes", "Questions and answers"),
        ("Sources disagree", "Sources agree"),
        ("These pages may", "These pages must"),
    ],
)
def test_what_the_file_shows_must_be_what_its_data_gives(
    format_: SavedFormat,
    shown: str,
    altered: str,
    kept: Mapping[SavedFormat, str],
    space: FakeWorkspace,
    tmp_path: Path,
) -> None:
    assert shown in kept[format_]
    found = checked(space, tmp_path, format_, kept[format_].replace(shown, altered, 1))
    (problem,) = found.problems[:1]
    assert problem.startswith("line ")
    assert altered[:3] in problem
    assert "its data gives" in problem


@pytest.mark.parametrize("format_", VISIBLE)
def test_text_added_to_a_file_is_found(
    format_: SavedFormat, kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    assert checked(space, tmp_path, format_, f"{kept[format_]}\nSomebody said so.\n").problems
    assert not checked(space, tmp_path, format_, kept[format_].replace("\n", "\r\n")).problems


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", "Dreams"),
        ("section", ["Elsewhere"]),
        ("pages", [3, 4]),
        ("source_kind", "guideline"),
        ("words", "original"),
        ("commercial_interest", False),
        ("publisher", "A ministry"),
        ("published", "2020-01-01"),
        ("url", "https://example.org"),
        ("based_on", "a page"),
        ("source_cites", ["10.1/a"]),
        ("review_overdue", True),
        ("source_changed", True),
        ("partly_off", True),
        ("curator_note", "True of children only."),
        ("notes", []),
        ("link", "http://127.0.0.1:7860/d/other.md"),
        ("citation", "Somebody"),
        ("passage", "none"),
        ("context_span", [0, 1]),
    ],
)
def test_what_the_data_says_of_a_quote_is_checked_against_the_index(
    key: str, value: object, kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    data = json.loads(kept[SavedFormat.JSON])
    assert data["turns"][0]["answer"]["quotes"][0][key] != value
    data["turns"][0]["answer"]["quotes"][0][key] = value
    problem, *_ = checked(space, tmp_path, SavedFormat.JSON, json.dumps(data)).problems
    assert problem.startswith(f"question 1: answer.quotes.1.{key}")


@pytest.mark.parametrize(("key", "value"), [("text", "All is well."), ("version", 99), ("text_id", "none")])
def test_a_notice_is_checked_against_its_fixed_text(
    key: str, value: object, kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    data = json.loads(kept[SavedFormat.JSON])
    data["turns"][3]["answer"]["notices"][0][key] = value
    problem, *_ = checked(space, tmp_path, SavedFormat.JSON, json.dumps(data)).problems
    assert problem.startswith(f"question 4: answer.notices.1.{key} is ")


def test_a_topic_is_checked_against_what_the_curators_wrote(
    kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    data = json.loads(kept[SavedFormat.JSON])
    data["turns"][1]["answer"]["disagreements"][0]["topic"] = "Nothing"
    (problem,) = checked(space, tmp_path, SavedFormat.JSON, json.dumps(data)).problems
    assert TOPIC[:40] in problem


def test_a_side_is_checked_against_the_index(
    kept: Mapping[SavedFormat, str], space: FakeWorkspace, tmp_path: Path
) -> None:
    data = json.loads(kept[SavedFormat.JSON])
    data["turns"][1]["answer"]["disagreements"][0]["sides"][1]["publisher"] = "A ministry"
    (problem,) = checked(space, tmp_path, SavedFormat.JSON, json.dumps(data)).problems
    assert "disagreements.1.sides.2.publisher is" in problem


HOSTILE = "<!-- --> --!> ]]> </script><script>alert(1)</script> --- &amp; \u2028 -"


@pytest.mark.parametrize("format_", VISIBLE)
def test_no_text_can_end_the_data_or_run_as_code(format_: SavedFormat, space: FakeWorkspace, tmp_path: Path) -> None:
    reply = space.ask(f"What wraps every nerve: myelin? {HOSTILE}")
    generation = space.opened.collection.generation
    text = export((reply,), space.setting(), generation, format_)
    found = embedded(text, html=format_ is SavedFormat.HTML)
    assert found is not None
    assert found["turns"][0]["answer"]["question"].endswith(HOSTILE)
    assert len(re.findall(r"(?<!\\)<script", text)) == (format_ is SavedFormat.HTML)
    assert text.count("-->") <= (format_ is SavedFormat.MARKDOWN) + text.partition("<!-- data")[0].count("-->")
    assert checked(space, tmp_path, format_, text).problems == ()


def test_json_of_no_known_form_is_read_line_by_line(space: FakeWorkspace, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"hello": 1}), "utf-8")
    with pytest.raises(UsageError, match="holds no answer"):
        check_file(tmp_path / "a.json", space)
