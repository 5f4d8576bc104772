"""The workbench in a browser marks, shows the effect, saves and undoes as at a terminal, for its own curator alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from corpora import three_files, write
from fakes import FakeWorkspace, fake_workspace
from payloads import PAYLOADS, Tags
from starlette.testclient import TestClient

from b12assistant.application.improved_files import Saver, folder_of
from b12assistant.application.improvement import Bench
from b12assistant.application.marks import MARKS, MarkLog
from b12assistant.web.bench_page import Desk, application

HERE = "http://127.0.0.1:7862"
LOWERS = "Does metformin lower B12 in some people?"
FISH, EGGS = "who has fish for lunch", "where is eggs with supper"


def desk_of(space: FakeWorkspace, questions: tuple[str, ...]) -> Iterator[Desk]:
    folder = folder_of(space.corpus)
    with MarkLog(folder / MARKS) as log:
        yield Desk(Bench(space, log), Saver(folder, folder.parent), questions)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    space = three_files(tmp_path)
    space.index()
    yield from desk_of(space, (LOWERS, FISH, EGGS))


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return TestClient(application(desk), base_url=HERE)


def do(client: TestClient, desk: Desk, name: str, **fields: str) -> str:
    """Send a form; return the words of the page that follows."""
    page = client.post(f"{desk.root}{name}", data=fields)
    assert page.status_code == 200, page.text
    return words(page.text)


def words(page: str) -> str:
    body = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_a_key_marks_and_the_next_question_comes(client: TestClient, desk: Desk) -> None:
    first = words(client.get(desk.root).text)
    assert "Question 1 of 3, 0 marked" in first
    assert "Metformin lowers B12 in some people." in first
    assert "Confidence" in first
    second = do(client, desk, "mark", q="0", key="r")
    assert "Question 1: Marked: right: Metformin lowers B12" in second
    assert "Question 2 of 3, 1 marked" in second
    assert "Which sentence answers?" in do(client, desk, "mark", q="0", key="w")
    assert "The last mark counts: before, this sentence was marked wrong." in do(client, desk, "mark", q="0", key="A")
    assert "Question 2 of 3" in words(client.get(desk.root).text)  # the first without a mark
    assert "Taken back: right of" in do(client, desk, "undo", q="2")
    assert "That was the last of 3 questions; 1 marked." in words(client.get(f"{desk.root}?q=9").text)


def test_other_sentences_are_found_and_marked_by_their_letter(client: TestClient, desk: Desk) -> None:
    assert "Sentences near “numb feet”" in words(client.get(f"{desk.root}?q=1&find=numb+feet").text)
    assert "Marked: right: Numb feet are an early sign." in do(client, desk, "mark", q="1", key="A", find="numb feet")


def test_the_effect_is_shown_and_exactly_that_is_saved_and_undone(client: TestClient, desk: Desk) -> None:
    assert "Nothing new to save." in words(client.get(f"{desk.root}save").text) or desk.bench.plan().ask == ()
    do(client, desk, "mark", q="1", key="A", find="fish and eggs")
    page = client.get(f"{desk.root}save?q=1").text
    assert "gained: 1; lost: 0" in words(page)
    assert "corpus/sentences/guides/food.md.jsonl" in words(page)
    (shown,) = re.findall(r'name="shown" value="(\w+)"', page)
    do(client, desk, "mark", q="2", key="n")  # meanwhile, in another tab
    asked = desk.bench.space.corpus / "sentences" / "guides" / "food.md.jsonl"
    assert "Nothing was saved: the marks have changed" in do(client, desk, "saved", q="1", shown=shown)
    assert not asked.exists()
    (shown,) = re.findall(r'name="shown" value="(\w+)"', client.get(f"{desk.root}save?q=1").text)
    assert "Saved." in do(client, desk, "saved", q="1", shown=shown)
    assert FISH in asked.read_text("utf-8")
    assert "files are as they were before the last save." in do(client, desk, "undo-save", q="1")
    assert not asked.exists()
    assert "There is no save to undo." in do(client, desk, "undo-save", q="1")


def test_a_quote_leads_to_its_words_in_the_document(client: TestClient, desk: Desk) -> None:
    (link,) = set(re.findall(r'<a href="([^"]+/d/[^"]+)"', client.get(f"{desk.root}?q=0").text))
    assert "<mark>Metformin lowers B12 in some people.</mark>" in client.get(unescape(link)).text
    assert "no document" in words(client.get(f"{desk.root}d/nowhere.md").text)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"host": "evil.example"}, 421),
        ("/", {}, 404),
        ("/healthz", {}, 404),
        ("/wrongkeywrongkeywrongkeywrongkey/", {}, 404),
    ],
)
def test_only_its_address_with_the_key_is_answered(
    path: str, headers: dict[str, str], status: int, client: TestClient, desk: Desk
) -> None:
    answer = client.get(path or desk.root, headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
    else:
        assert desk.root not in answer.text


@pytest.mark.parametrize("headers", [{"origin": "http://127.0.0.1.evil.example"}, {"sec-fetch-site": "same-site"}])
def test_no_other_site_marks_anything(headers: dict[str, str], client: TestClient, desk: Desk) -> None:
    assert client.post(f"{desk.root}mark", data={"q": "0", "key": "r"}, headers=headers).status_code == 403
    assert desk.bench.log.marks == []


@pytest.mark.parametrize(
    "fields", [{}, {"q": "x" * 9}, {"q": "9" * 400, "key": "r"}, {"q": "0", "key": "rr"}, {"key": "T", "q": "0"}]
)
def test_a_form_that_nobody_drew_marks_nothing(fields: dict[str, str], client: TestClient, desk: Desk) -> None:
    assert "Workbench" in do(client, desk, "mark", **fields)
    assert desk.bench.log.marks == []


def test_markup_in_questions_and_documents_is_text(tmp_path: Path) -> None:
    lines = "".join(f"Myelin wraps nerve {number}: {text}.\n\n" for number, text in enumerate(PAYLOADS))
    space = fake_workspace(write(tmp_path / "corpus", {"a.txt": lines}), tmp_path / "index")
    space.index()
    questions = tuple(f"Does myelin wrap nerve {number}? {text}" for number, text in enumerate(PAYLOADS))
    for desk in desk_of(space, ("Does myelin wrap nerve?", *questions)):
        client = TestClient(application(desk), base_url=HERE)
        plain = Tags(client.get(f"{desk.root}?q=0").text).found | Tags(client.get(f"{desk.root}?q=0&find=x").text).found
        quoted = {("figure", ("class",)), ("blockquote", ("cite",)), ("figcaption", ()), ("a", ("href",)), ("br", ())}
        marked = {("p", ("class", "dir")), ("span", ("class", "title")), *quoted}
        for number in range(1, len(questions) + 1):
            page = client.get(f"{desk.root}?q={number}", params={"q": number, "find": PAYLOADS[number - 1]}).text
            assert Tags(page).found <= plain | marked, PAYLOADS[number - 1]
