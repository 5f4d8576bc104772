"""Feedback: off by default; where it is on, identifiers go, nothing flagged is kept, and no ranking changes."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from corpora import again
from fakes import FakeWorkspace, fake_workspace
from serving import small_space
from starlette.testclient import TestClient

from b12assistant.answers import Reply, Status
from b12assistant.corpus.ledger import UNANSWERED, VOTES, Ledger
from b12assistant.display import addresses
from b12assistant.evaluation.labelled_set import load_labelled
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

HERE = "http://127.0.0.1:7860"
OPEN = "Do plants dream of paint and brass bands, Dr Wibble?"
ASKED = "What wraps every nerve: myelin?"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("feedback"))


@pytest.fixture
def ledger(space: FakeWorkspace, tmp_path: Path) -> Ledger:
    def is_known(word: str) -> bool:
        return space.opened.collection.lexical.unknown_share(word) == 0

    return Ledger(tmp_path / "kept", is_known, lambda: date(2026, 11, 20))


def turned_on(space: FakeWorkspace, folder: Path, sender: str = "127.0.0.1") -> TestClient:
    on = fake_workspace(space.corpus, space.store.root, flags={"feedback.folder": str(folder)})
    return TestClient(application(on, Warmup(on)), base_url=HERE, client=(sender, 50_000))


def asked(space: FakeWorkspace, ledger: Ledger, question: str, history: Sequence[str] = ()) -> Reply:
    """As the page does."""
    reply = space.ask(question, history)
    ledger.heard(reply, history)
    return reply


def rows(ledger: Ledger, file: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (ledger.folder / file).read_text("utf-8").splitlines()]


def test_by_default_nothing_is_there(space: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    client = TestClient(application(again(space), Warmup(space)), base_url=HERE, client=("127.0.0.1", 50_000))
    for path in ("/feedback/kept", "/feedback/unanswered.jsonl", "/feedback/votes"):
        assert client.get(path).status_code == 404
    assert client.post("/feedback/votes", json={}).status_code == 404
    page = client.get("/").text
    assert "feedback.js" not in page
    assert "Feedback is turned on" not in page
    assert list(tmp_path.iterdir()) == []


def test_where_it_is_on_the_page_says_so(space: FakeWorkspace, tmp_path: Path) -> None:
    page = turned_on(space, tmp_path / "kept").get("/").text
    assert "feedback.js" in page
    assert 'class=\\"kept\\"' in page


def test_a_question_without_an_answer_is_kept_once_and_stripped(space: FakeWorkspace, ledger: Ledger) -> None:
    for _ in range(2):
        assert asked(space, ledger, OPEN, ["I am @anna, what of myelin?"]).answer.status is Status.NO_ANSWER
    (row,) = rows(ledger, UNANSWERED)
    assert row["question"] == "Do plants dream of paint and brass bands, Dr [name]?"
    assert row["history"] == ["I am [handle], what of myelin?"]


def test_it_is_an_evaluation_set(space: FakeWorkspace, ledger: Ledger) -> None:
    asked(space, ledger, OPEN)
    (labelled,) = load_labelled(ledger.folder / UNANSWERED)
    assert (labelled.gold, labelled.history) == ((), ())


@pytest.mark.parametrize("question", [ASKED, "I want to kill myself", "Should I stop taking my paint and brass pills?"])
def test_what_is_answered_or_flagged_is_not_kept(question: str, space: FakeWorkspace, ledger: Ledger) -> None:
    asked(space, ledger, question)
    assert not ledger.folder.exists()


def test_a_folder_that_cannot_be_written_takes_no_answer_away(
    space: FakeWorkspace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    broken = Ledger(tmp_path / "file", lambda word: True, date.today)
    with caplog.at_level(logging.WARNING):
        assert asked(space, broken, OPEN).answer.status is Status.NO_ANSWER
    assert "could not be written" in caplog.text
    assert "plants" not in caplog.text


def test_answer_and_evidence_are_voted_on_apart(space: FakeWorkspace, tmp_path: Path) -> None:
    client = turned_on(space, tmp_path / "kept")
    quote = space.ask(ASKED).answer.quotes[0]
    link = addresses.of_quote(quote)
    for about, good in (("answer", True), ("evidence", False), ("evidence", False)):
        vote = {
            "about": about,
            "good": good,
            "question": f"{ASKED} a@b.example",
            "quotes": [link, "https://example.com/"],
        }
        assert client.post("/feedback/votes", json=vote).status_code == 200
    kept = client.get("/feedback/kept").json()
    assert kept["votes"] == {"answer": {"good": 1, "bad": 0}, "evidence": {"good": 0, "bad": 2}}
    first = json.loads((tmp_path / "kept" / VOTES).read_text("utf-8").splitlines()[0])
    assert first["question"] == f"{ASKED} [email]"
    spans = [[span.start, span.end] for span in quote.spans]
    assert first["quotes"] == [{"document": quote.document.id, "spans": spans}]


def test_a_vote_changes_no_ranking(space: FakeWorkspace, tmp_path: Path) -> None:
    client = turned_on(space, tmp_path / "kept")
    ask = {"question": ASKED}
    before = client.post("/api/v1/ask", json=ask).json()["answer"]
    link = addresses.of_quote(space.ask(ASKED).answer.quotes[0])
    for _ in range(20):
        client.post("/feedback/votes", json={"about": "evidence", "good": False, "question": ASKED, "quotes": [link]})
    assert client.post("/api/v1/ask", json=ask).json()["answer"] == before
    assert turned_on(space, tmp_path / "kept").post("/api/v1/ask", json=ask).json()["answer"] == before


@pytest.mark.parametrize(
    "vote",
    [
        {"about": "ranking", "good": True, "question": "x", "quotes": []},
        {"about": "answer", "good": 1, "question": "x", "quotes": []},
        {"about": "answer", "good": True, "question": "x" * 20_001, "quotes": []},
        {"about": "answer", "good": True, "question": "x", "quotes": ["/d/x"] * 13},
        {"about": "answer", "good": True, "question": "x", "quotes": [], "who": "me"},
    ],
)
def test_a_vote_of_another_form_is_refused(vote: dict[str, object], space: FakeWorkspace, tmp_path: Path) -> None:
    assert turned_on(space, tmp_path / "kept").post("/feedback/votes", json=vote).status_code == 422
    assert not (tmp_path / "kept").exists()


def test_what_was_kept_is_for_this_machine(space: FakeWorkspace, tmp_path: Path) -> None:
    client = turned_on(space, tmp_path / "kept", "192.168.1.9")
    assert client.get("/feedback/kept").json() == {"local": False}
    assert client.get("/feedback/unanswered.jsonl").status_code == 403


def test_the_set_is_downloaded(space: FakeWorkspace, ledger: Ledger) -> None:
    asked(space, ledger, OPEN)
    found = turned_on(space, ledger.folder).get("/feedback/unanswered.jsonl")
    assert found.headers["content-disposition"] == 'attachment; filename="unanswered.jsonl"'
    assert found.content == (ledger.folder / UNANSWERED).read_bytes()


def test_rubbish_among_what_was_kept_is_passed_over(ledger: Ledger) -> None:
    ledger.folder.mkdir(exist_ok=True)
    good = b'{"about": "answer", "good": true}\n'
    rows = [b'{"about": [], "good": true}\n', b"[" * 50_000 + b"\n", b"3\n", b"{\n"]
    (ledger.folder / "votes.jsonl").write_bytes(b"".join([good, *rows, good]))
    assert ledger.counts()["answer"] == {"good": 2, "bad": 0}
