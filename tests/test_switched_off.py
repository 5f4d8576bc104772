"""What a curator switches off is not quoted, found or set against others, but stays in its document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpora import again, three_files, write
from fakes import FakeWorkspace, fake_workspace
from payloads import PAYLOADS
from starlette.testclient import TestClient

from b12assistant.answers import Status
from b12assistant.application import health
from b12assistant.application.workspace import local_today
from b12assistant.command.invocation import lines
from b12assistant.corpus.switched_off import NOTHING_OFF, parse_switched_off
from b12assistant.display import addresses, answer_html
from b12assistant.display.json_form import reply_json
from b12assistant.display.labels import load_labels
from b12assistant.display.markup import exact
from b12assistant.errors import SourceFactsError
from b12assistant.web.questions import Warmup
from b12assistant.web.site import application

SWALLOWED = "Swallowed capsules work as well as a syringe."
SYRINGE = "A syringe does not work as well as swallowed capsules."
ASKED = "Do swallowed capsules work as well as a syringe?"
DIFFERING = {
    "swallowed.md": f"# Swallowed\n\n{SWALLOWED}\n",
    "syringe.md": f"# Syringe\n\n{SYRINGE}\n\n## Cost\n\nA syringe costs nine crowns in winter.\n",
    "disputes.toml": f"""[[dispute]]
id = "capsules"
topic = "{ASKED}"
why = "One page says so, the other says otherwise."
sides = [
    [{{ document = "swallowed.md", quote = "{SWALLOWED}" }}],
    [{{ document = "syringe.md", quote = "{SYRINGE}" }}],
]
""",
}


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    corpus = write(tmp_path / "corpus", DIFFERING)
    space = fake_workspace(corpus, tmp_path / "index")
    space.index()
    return again(space)


def off(space: FakeWorkspace, text: str) -> FakeWorkspace:
    """The same index, opened after a curator wrote ``text``."""
    write(space.corpus, {"switched_off.toml": text})
    return again(space)


def passage_that_says(space: FakeWorkspace, words: str) -> str:
    return next(each.id for each in space.opened.collection.passages if words in each.span.text)


def off_passage(space: FakeWorkspace, words: str) -> FakeWorkspace:
    return off(space, f'[[off]]\npassage = "{passage_that_says(space, words)}"\nwhy = "out of date"\n')


def quoted(space: FakeWorkspace, question: str = ASKED) -> set[str]:
    return {span.text for quote in space.ask(question).answer.quotes for span in quote.spans}


def test_nothing_is_off_without_the_file(space: FakeWorkspace) -> None:
    assert space.opened.collection.off is NOTHING_OFF
    assert {SWALLOWED, SYRINGE} <= quoted(space)


def test_a_document_that_is_off_is_not_quoted_and_not_found(space: FakeWorkspace) -> None:
    later = off(space, '[[off]]\ndocument = "syringe.md"\nwhy = "out of date"\n')
    assert quoted(later) == {SWALLOWED}
    _, hits = later.search("syringe", 50)
    assert {hit.passage.document.id for hit in hits} == {"swallowed.md"}


def test_the_other_passages_of_the_document_stay(space: FakeWorkspace) -> None:
    later = off_passage(space, SYRINGE)
    assert quoted(later) == {SWALLOWED}
    assert quoted(later, "What costs nine crowns in winter: a syringe?") >= {"A syringe costs nine crowns in winter."}


def test_a_side_that_is_off_is_set_against_nothing(space: FakeWorkspace) -> None:
    assert [differ.id for differ in space.ask(ASKED).answer.disagreements] == ["capsules"]
    assert off_passage(space, SYRINGE).ask(ASKED).answer.disagreements == ()


def test_what_is_off_is_not_named_as_nearest_either(space: FakeWorkspace) -> None:
    question = "Do nerves ever dream of brass bands in winter crowns?"
    answer = space.ask(question).answer
    assert answer.status is Status.NO_ANSWER
    assert {each.document.id for each in answer.nearest} >= {"syringe.md"}
    later = off(space, '[[off]]\ndocument = "syringe.md"\nwhy = "out of date"\n').ask(question).answer
    assert {each.document.id for each in later.nearest} == {"swallowed.md"}


def test_a_citation_of_what_is_left_says_so(space: FakeWorkspace) -> None:
    asked = "What costs nine crowns in winter: a syringe?"
    before, later = space.ask(asked), off_passage(space, SYRINGE)
    after = later.ask(asked)
    told = reply_json(after, later.texts, today=local_today())
    assert {quote["document"]: quote["partly_off"] for quote in told["answer"]["quotes"]}["syringe.md"] is True
    setting = later.setting()
    said = exact(load_labels()("ask.partly_off"))[1:]  # the page begins it with a capital
    assert said in answer_html.turn_html(1, after, setting)
    assert said not in answer_html.turn_html(1, before, setting)


def test_the_source_view_says_so(space: FakeWorkspace) -> None:
    passage = passage_that_says(space, "nine crowns")
    entries = '[[off]]\ndocument = "swallowed.md"\nwhy = "out of date."\n'
    later = off(space, f'{entries}[[off]]\npassage = "{passage}"\nwhy = "a <b> price"\n')
    client = TestClient(application(later, Warmup(later)), base_url="http://127.0.0.1:7860")
    assert "We have stopped quoting this: out of date." in client.get("/d/swallowed.md").text
    assert "Switched off" not in client.get("/d/syringe.md").text
    assert "We have stopped quoting this: a &lt;b&gt; price." in client.get(f"/d/syringe.md?passage={passage}").text


def reply_of(space: FakeWorkspace) -> dict[str, object]:
    """What the page sends for "Copy reply"."""
    quotes = [addresses.of_quote(quote) for quote in space.ask(ASKED).answer.quotes]
    return {"parts": [{"question": ASKED, "addresses": quotes}]}


def test_a_note_stands_with_the_quote_everywhere(space: FakeWorkspace) -> None:
    passage, said = passage_that_says(space, SWALLOWED), "note from those who run this page: True of adults only"
    later = off(space, f"[[note]]\npassage = '{passage}'\nnote = 'True of adults only'\n")
    client = TestClient(application(later, Warmup(later)), base_url="http://127.0.0.1:7860")
    quotes = client.post("/api/v1/ask", json={"question": ASKED}).json()["answer"]["quotes"]
    assert {quote["passage"]: quote["curator_note"] for quote in quotes}[passage] == "True of adults only"
    found = client.post("/lookup/search", json={"text": SWALLOWED}).json()["rows"]
    assert any(said in row["who"] for row in found)
    assert said in client.get(f"/d/swallowed.md?passage={passage}").text
    assert said in client.post("/reply", json=reply_of(later)).json()["text"]


def test_what_is_switched_off_is_in_no_reply(space: FakeWorkspace) -> None:
    quotes = reply_of(space)
    later = off_passage(space, SYRINGE)
    told = TestClient(application(later, Warmup(later)), base_url="http://127.0.0.1:7860").post("/reply", json=quotes)
    assert SWALLOWED in told.json()["text"]
    assert SYRINGE not in told.json()["text"]


def test_payloads_in_a_note_are_shown_as_text(space: FakeWorkspace) -> None:
    passage, words = passage_that_says(space, SWALLOWED), json.dumps(" ".join(PAYLOADS), ensure_ascii=False)
    later = off(space, f"[[note]]\npassage = '{passage}'\nnote = {words}\n".replace("\x7f", "\\u007f"))
    client = TestClient(application(later, Warmup(later)), base_url="http://127.0.0.1:7860")
    page = client.get(f"/d/swallowed.md?passage={passage}").text
    assert "note from those who run this page" in page
    assert (page.count("<img"), page.count("<script"), page.count("<svg")) == (0, 1, 0)


def test_it_comes_back_when_its_entry_goes(space: FakeWorkspace) -> None:
    off(space, '[[off]]\ndocument = "syringe.md"\nwhy = "out of date"\n')
    assert SYRINGE in quoted(off(space, ""))


def test_the_document_is_still_there_to_read(space: FakeWorkspace) -> None:
    later = off(space, '[[off]]\ndocument = "syringe.md"\nwhy = "out of date"\n')
    assert SYRINGE in later.document("syringe.md").document.text


def test_doctor_reports_what_is_off_and_which_entries_name_nothing(space: FakeWorkspace) -> None:
    entries = '[[off]]\ndocument = "syringe.md"\nwhy = "out of date"\nsince = 2026-11-20\n'
    later = off(
        space, entries + '[[off]]\npassage = "no-such"\nwhy = "wrong"\n[[off]]\ndocument = "gone.md"\nwhy="x"\n'
    )
    report = health.examine(later)
    assert {"name": "syringe.md", "why": "out of date", "since": "2026-11-20"} in report["index"]["switched_off"]
    told = lines(health.sentences(report))
    assert "switched off: syringe.md: out of date" in told
    assert "problem: switched_off.toml: passage 'no-such' is not in the index" in told
    assert "problem: switched_off.toml: document 'gone.md' is not in the index" in told


def test_an_entry_whose_passage_was_reworded_is_reported(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    space.index()
    name = passage_that_says(space, "Metformin lowers")
    write(space.corpus, {"pills.txt": "Metformin lowers B12 in many people. Ask for a blood test.\n"})
    later = off(space, f'[[off]]\npassage = "{name}"\nwhy = "wrong"\n')
    later.index()
    assert any(name in problem for problem in health.examine(again(later))["problems"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[off", "is not valid TOML"),
        ("on = 1", r":1: unknown key .on."),
        ('off = "x"', r"off is not a list of tables"),
        ('[[off]]\nwhy = "x"', "name one document or one passage"),
        ('[[off]]\ndocument = "a"\npassage = "b"\nwhy = "x"', "name one document or one passage"),
        ('[[off]]\ndocument = "a"', "why is missing"),
        ('[[off]]\ndocument = "a"\nwhy = "x"\n[[off]]\npassage = 3\nwhy = "x"', r"switched_off\.toml:5: passage = 3"),
        ('[[off]]\ndocument = "a"\nwhy = "x"\nsince = "May"', "since = .May. is not known"),
        ('[[off]]\ndocument = "a"\nwhy = "x"\nreason = "y"', "unknown key 'reason'"),
    ],
)
def test_a_fault_gives_a_one_line_error_that_names_it(text: str, complaint: str) -> None:
    with pytest.raises(SourceFactsError, match=complaint):
        parse_switched_off(text)


def test_nothing_opens_with_a_file_that_cannot_be_read(space: FakeWorkspace) -> None:
    with pytest.raises(SourceFactsError, match="why is missing"):
        off(space, '[[off]]\ndocument = "a"').ask("What wraps a nerve?")
