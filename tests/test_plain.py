"""The page without JavaScript, as a text browser reads it: its words, its forms and its links, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from fakes import FakeWorkspace
from serving import EMERGENCY, empty_space, small_space
from starlette.testclient import TestClient

from b12assistant.answers import Reply
from b12assistant.application.workspace import Workspace
from b12assistant.corpus.page_words import PageWords, load_page_words
from b12assistant.display.addresses import of_quote
from b12assistant.display.answer_html import turn_html
from b12assistant.web.plain_routes import POLICY, Kept
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

HERE = "http://127.0.0.1:7860"
ASKED = "What wraps every nerve: myelin?"
DECISION = "Should I stop my metformin?"
NOTHING = "Do plants dream of paint, glass and brass tongues in winter?"


@dataclass
class Form:
    """What is sent when its button is pressed; ``box``: the name of the field for typing."""

    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    box: str = ""
    typed: str = ""
    label: str = ""


class TextBrowser(HTMLParser):
    """A page as words and forms, without scripts and style sheets."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self._words: list[str] = []
        self._in: list[str] = []
        self.feed(page)

    @property
    def words(self) -> str:
        return " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self._in.append(tag)
        match tag:
            case "form":
                self.forms.append(Form(given["method"], given["action"]))
            case "input" | "button" if "name" in given:
                self.forms[-1].fields.append((given["name"], given["value"]))
            case "textarea":
                self.forms[-1].box = given["name"]
            case "a":
                self.links.append(given["href"])
            case "br":
                self._words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        while self._in and self._in.pop() != tag:
            pass
        self._words.append(
            " " if tag in ("p", "h1", "h2", "h3", "figure", "blockquote", "li", "button", "title") else ""
        )

    def handle_data(self, data: str) -> None:
        if self.forms and "textarea" in self._in:
            self.forms[-1].typed += data
        if self.forms and "button" in self._in:
            self.forms[-1].label += data
        if "style" not in self._in and "script" not in self._in:
            self._words.append(data)


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("plain"))


def client_of(space: Workspace) -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url=HERE, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return client_of(space)


def send(client: TestClient, form: Form, typed: str = "") -> TextBrowser:
    """Press the button of a form as a browser does: line ends become CRLF."""
    assert (form.method, form.action) == ("post", "/plain")
    box = [(form.box, typed)] if form.box else []
    data: dict[str, list[str]] = {}
    for name, value in (*form.fields, *box):
        data.setdefault(name, []).append(value.replace("\n", "\r\n"))
    answer = client.post(form.action, data=data)
    assert answer.status_code == 200, answer.text
    return TextBrowser(answer.text)


def box_of(page: TextBrowser) -> Form:
    (form,) = (form for form in page.forms if form.box)
    return form


def start(client: TestClient) -> TextBrowser:
    return TextBrowser(client.get("/plain").text)


def test_a_question_typed_in_the_form_is_answered_with_its_quote(client: TestClient, space: FakeWorkspace) -> None:
    page = send(client, box_of(start(client)), ASKED)
    (quote,) = space.ask(ASKED).answer.quotes
    assert quote.spans[0].text in page.words
    assert "Nerves" in page.words
    assert "information, not a diagnosis" in page.words


def test_a_citation_leads_to_the_document_with_the_quote_marked(client: TestClient) -> None:
    page = send(client, box_of(start(client)), ASKED)
    (link,) = (link for link in page.links if link.startswith("/d/"))
    assert '<mark id="hit"' in client.get(link).text


@pytest.mark.parametrize("question", [DECISION, "Is it urgent? I have numb feet and metformin, should I stop it?"])
def test_a_red_flag_comes_before_every_quote(question: str, client: TestClient, space: FakeWorkspace) -> None:
    reply = space.ask(question)
    assert reply.answer.red_flag is not None
    page = send(client, box_of(start(client)), question)
    flag = " ".join(space.texts[reply.answer.red_flag.text].text.split())
    after = page.words.partition(flag)[2]
    assert after
    for quote in reply.answer.quotes:
        assert quote.spans[0].text in after
        assert quote.spans[0].text not in page.words.partition(flag)[0]


def test_an_emergency_shows_only_its_text_and_its_controls_work(client: TestClient, space: FakeWorkspace) -> None:
    page = send(client, box_of(start(client)), "My legs went weak today and I can't pee")
    assert "Get help now Call your local emergency number" in page.words
    assert [link for link in page.links if link.startswith("/d/")] == []
    control = next(form for form in page.forms if form.label == space.texts["looking_up"].text)  # type: ignore[index]
    after = send(client, control)
    assert "Do not wait to see if it passes" not in after.words
    assert [value for name, value in box_of(after).fields if name == "earlier"] == [
        "My legs went weak today and I can't pee",
        control.label,
    ]


def test_an_emergency_has_the_shape_of_the_page_and_nothing_beside_it(client: TestClient, space: FakeWorkspace) -> None:
    answer = client.post("/plain", data={"question": EMERGENCY}).text
    drawn = turn_html(1, space.ask(EMERGENCY), space.setting())
    boxes = [unescape(html)[unescape(html).index('<div class="alarm emergency"') :] for html in (answer, drawn)]
    assert len({box.partition("</div>")[0] for box in boxes}) == 1
    assert "information, not a diagnosis" not in answer


def test_a_follow_up_leans_on_the_turns_before(client: TestClient) -> None:
    first = send(client, box_of(start(client)), "Does metformin lower B12?")
    second = send(client, box_of(first), "What about eggs?")
    assert "Does metformin lower B12?" in dict.fromkeys(value for _, value in box_of(second).fields)
    fresh = send(client, box_of(start(client)), "What about eggs?")
    assert second.words != fresh.words


def test_a_search_that_finds_nothing_says_so(client: TestClient) -> None:
    page = send(client, box_of(start(client)), NOTHING)
    assert "We have no answer to this." in page.words
    assert "These pages may help" in page.words


def test_the_page_needs_no_script_and_allows_none(client: TestClient) -> None:
    for answer in (client.get("/plain"), client.post("/plain", data={"question": ASKED})):
        page = TextBrowser(answer.text)
        assert page.tags.isdisjoint({"script", "style", "iframe", "object", "img"})
        assert "style=" not in answer.text
        assert not re.search(r"<[^>]* on\w+=", answer.text)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-store"
    assert "script" not in POLICY
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'")


def test_no_address_holds_a_question(client: TestClient) -> None:
    page = send(client, box_of(start(client)), ASKED)
    assert {form.method for form in page.forms} == {"post"}
    assert not any("wraps" in link.partition("#")[0] or "?question" in link for link in page.links)
    assert "wraps" not in client.get("/plain", params={"question": ASKED}).text


@pytest.mark.parametrize(
    "question", ["<script>alert(1)</script> myelin?", 'myelin "> <b onclick=x>', "myelin\r\n\x00 ?"]
)
def test_what_is_typed_comes_back_inert_and_whole(question: str, client: TestClient) -> None:
    answer = client.post("/plain", data={"question": question, "earlier": question})
    page = TextBrowser(answer.text)
    assert page.tags.isdisjoint({"script", "b"})
    (first, second) = (value for _, value in box_of(page).fields)
    assert first == second == question.replace("\r\n", "\n").replace("\x00", "␀")


@pytest.mark.parametrize(
    ("question", "told"),
    [("", "The question is empty: type what you want to know"), ("myelin " * 3000, "at most 20,000 characters")],
    ids=["empty", "too long"],
)
def test_what_cannot_be_answered_is_reported_and_still_in_the_box(question: str, told: str, client: TestClient) -> None:
    answer = client.post("/plain", data={"question": question, "earlier": ["one", "two"]})
    page = TextBrowser(answer.text)
    assert answer.status_code == 422
    assert told in page.words
    assert box_of(page).typed.removeprefix("\n") == question
    assert [value for _, value in box_of(page).fields] == ["one", "two"]


def test_a_conversation_that_is_too_long_is_reported(client: TestClient) -> None:
    answer = client.post("/plain", data={"question": "more?", "earlier": ["again"] * 30})
    assert answer.status_code == 422
    assert "at most 20 questions: start a new one" in answer.text


def test_anything_but_a_form_is_refused(client: TestClient) -> None:
    assert client.post("/plain", json={"question": ASKED}).status_code == 415


def test_without_an_index_it_says_what_to_do_and_an_emergency_is_still_answered(tmp_path: Path) -> None:
    client = client_of(empty_space(tmp_path))
    answer = client.post("/plain", data={"question": ASKED})
    assert (answer.status_code, "There is no index yet: run" in answer.text) == (503, True)
    told = client.post("/plain", data={"question": EMERGENCY})
    assert (told.status_code, "If you may hurt yourself" in told.text) == (200, True)


class BrokenWorkspace(FakeWorkspace):
    def ask(self, question: str, history: Sequence[str] = (), **how: Any) -> Reply:  # noqa: ARG002
        raise ValueError(f"a secret of the inside, and {question}")


def test_an_error_is_reported_without_internals(space: FakeWorkspace, caplog: pytest.LogCaptureFixture) -> None:
    answer = client_of(BrokenWorkspace(space.configuration)).post("/plain", data={"question": "What is B12?"})
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "secret" not in answer.text + caplog.text
    assert "What is B12" not in caplog.text
    assert box_of(TextBrowser(answer.text)).typed.strip() == "What is B12?"


def test_it_uses_the_words_of_a_corpus_of_ones_own(space: FakeWorkspace) -> None:
    class Own(FakeWorkspace):
        @property
        def page_words(self) -> PageWords:
            return load_page_words().model_copy(update={"name": "Our documents"})

    assert start(client_of(Own(space.configuration))).words.startswith("Our documents")


def test_a_question_is_answered_with_an_address_that_does_not_hold_it(client: TestClient) -> None:
    answered = client.post("/plain", data={"question": ASKED}, follow_redirects=False)
    assert answered.status_code == 303
    address = answered.headers["location"]
    assert re.fullmatch(r"/plain/answer/[\w-]{20,}", address)
    first, again = client.get(address), client.get(address)
    assert first.text == again.text
    assert "Myelin wraps" in first.text
    assert (first.headers["cache-control"], first.headers["content-security-policy"]) == ("no-store", POLICY)
    assert client.get("/plain/answer/nobody-knows-this-name").status_code == 404


def test_an_answer_has_the_address_that_the_page_shares(client: TestClient, space: FakeWorkspace) -> None:
    page = send(client, box_of(start(client)), ASKED)
    (shared,) = (link for link in page.links if link.startswith("/#"))
    (quote,) = space.ask(ASKED).answer.quotes
    assert parse_qs(shared.removeprefix("/#")) == {"answer": [ASKED], "quote": [of_quote(quote)]}
    nothing = send(client, box_of(start(client)), NOTHING)
    assert not any(link.startswith("/#") for link in nothing.links)


def test_every_page_has_one_first_level_heading(client: TestClient) -> None:
    for question in (ASKED, NOTHING, EMERGENCY):
        assert client.post("/plain", data={"question": question}).text.count("<h1>") == 1
    assert client.get("/plain").text.count("<h1>") == 1


def test_answers_are_forgotten_after_a_while_and_when_there_are_many() -> None:
    kept = Kept(most=2, seconds=60.0)
    names = [kept.keep(str(number)) for number in range(3)]
    assert [kept.get(name) for name in names] == [None, "1", "2"]
    late = Kept(seconds=0.0)
    assert late.get(late.keep("page")) is None
