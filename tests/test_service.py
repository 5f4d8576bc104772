"""Every route in normal use, checked against the forms that describe it."""

import doctest
import json
import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from corpora import again
from fakes import FakeWorkspace
from serving import EMERGENCY, client_of, empty_space, got_as_sent, page_of, small_space, untimed
from starlette.testclient import TestClient

from b12assistant import api
from b12assistant.answering.engine import Engine
from b12assistant.api import Assistant
from b12assistant.application.workspace import Workspace
from b12assistant.display import json_form
from b12assistant.display.quoted import joined, spans_text
from b12assistant.index.documents import export_line
from b12assistant.web import http_models
from b12assistant.web.listening import JsonLines
from b12assistant.web.service import build_app

QUESTIONS = ("What wraps every nerve?", "Which food holds vitamin B12?", "Who lowers B12: metformin?", EMERGENCY)


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return client_of(space)


@pytest.mark.parametrize("question", QUESTIONS)
def test_ask_gives_what_the_command_line_gives(question: str, client: TestClient, space: FakeWorkspace) -> None:
    response = client.post("/api/v1/ask", json={"question": question})
    expected = json_form.reply_json(space.ask(question), space.texts)
    assert response.status_code == 200
    assert untimed(response.json()) == json.loads(json.dumps(untimed(expected)))
    json_form.AskResponse.model_validate(response.json())


def test_history_is_read_with_the_question(client: TestClient) -> None:
    asked = {"question": "And eggs?", "history": ["Which food holds vitamin B12?"]}
    read_as = client.post("/api/v1/ask", json=asked).json()["answer"]["interpretation"]
    assert {part["turn"] for part in read_as["parts"]} == {0, 1}
    assert "vitamin B12" in read_as["parts"][0]["text"]
    assert "eggs" in read_as["text"]


def test_an_emergency_is_safety_only_even_without_an_index(tmp_path: Path) -> None:
    answer = client_of(empty_space(tmp_path)).post("/api/v1/ask", json={"question": EMERGENCY}).json()["answer"]
    assert (answer["status"], answer["quotes"], answer["red_flag"]["level"]) == ("safety_only", [], "emergency")


def test_search_gives_what_the_command_line_gives(client: TestClient, space: FakeWorkspace) -> None:
    response = client.post("/api/v1/search", json={"question": "vitamin B12 in people", "k": 2}).json()
    notices, hits = space.search("vitamin B12 in people", 2)
    generation = space.opened.collection.generation
    assert len(json_form.SearchResponse.model_validate(response).hits) == 2
    assert response == json.loads(
        json.dumps(json_form.search_json("vitamin B12 in people", notices, hits, space.texts, generation))
    )


def test_search_keeps_to_the_publications_that_are_wanted(client: TestClient, space: FakeWorkspace) -> None:
    def found(**filters: object) -> set[str]:
        response = client.post("/api/v1/search", json={"question": "numb feet", "k": 100, **filters})
        return {hit["document"] for hit in response.json()["hits"]}

    every = found()
    assert found(kinds=["unknown"]) == every == {passage.document.id for passage in space.opened.collection.passages}
    assert found(document="pills") == {"guides/pills.txt"}
    assert found(kinds=["guideline"]) == found(publisher="nice") == found(since=1900) == set()


def test_a_search_without_a_word_is_told_what_to_type(client: TestClient) -> None:
    response = client.post("/api/v1/search", json={"question": "???"})
    assert response.status_code == 422
    assert response.json()["hint"] == "type what you want to know in words"


def test_a_document_is_its_line_of_export(client: TestClient, space: FakeWorkspace) -> None:
    found = client.get("/api/v1/documents/guides/food.md").json()
    http_models.DocumentResponse.model_validate(found)
    assert found == {
        **json.loads(json.dumps(export_line(space.document("guides/food.md")))),
        "index": {"generation": space.opened.collection.generation},
    }


@pytest.mark.parametrize("name", ["what?.md", "two\nlines.md"])
def test_a_document_of_any_name_has_an_address(name: str, tmp_path: Path) -> None:
    space = small_space(tmp_path, {name: "# Nerves\n\nMyelin wraps every nerve.\n"})
    found = got_as_sent(build_app(lambda: space), f"/api/v1/documents/{quote(name)}")
    assert found.json()["document"] == name


def test_health_touches_nothing() -> None:
    def no_workspace() -> Workspace:
        raise AssertionError("asked for a workspace")

    response = TestClient(build_app(no_workspace)).get("/healthz")
    assert http_models.Alive.model_validate(response.json()).status == "alive"


def test_ready_says_what_answers(client: TestClient, space: FakeWorkspace) -> None:
    ready = http_models.Ready.model_validate(client.get("/readyz").json())
    assert (ready.counts.documents, ready.encoder, ready.older_generation, ready.hint) == (3, "fake", False, None)
    assert ready.index.generation == space.opened.collection.generation


def test_without_an_index_it_is_not_ready_until_there_is_one(tmp_path: Path) -> None:
    space = empty_space(tmp_path)
    client = client_of(space)
    refused = client.get("/readyz")
    assert (refused.status_code, refused.json()["code"]) == (503, "index_missing")
    assert "b12assistant index" in refused.json()["hint"]
    assert refused.headers["retry-after"]
    space.index()
    assert client.get("/readyz").status_code == 200


class _Broken(FakeWorkspace):
    """Fails with the question in its message, as a library may."""

    @property
    def engine(self) -> Engine:
        raise ValueError("Who lowers B12 in the inside?")


def test_an_unexpected_error_reveals_no_internals(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = client_of(_Broken(empty_space(tmp_path).configuration)).post(
            "/api/v1/ask", json={"question": "Who lowers B12?"}
        )
    problem = http_models.Problem.model_validate(response.json())
    assert (problem.status, problem.code) == (500, "unexpected")
    assert "lowers" not in response.text + caplog.text
    assert problem.instance in caplog.text
    assert "ValueError at test_service.py:" in caplog.text


def test_no_question_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for body in (
            {"question": "Zebra?"},
            {"question": 3, "Zebra": 1},
            {"question": "Zebra?", "history": ["Zebra"] * 30},
        ):
            client.post("/api/v1/ask", json=body)
    assert "Zebra" not in caplog.text


def test_a_passage_is_found_by_its_whole_id_only(client: TestClient, space: FakeWorkspace) -> None:
    passage = space.opened.collection.passages[0]
    found = client.get(f"/api/v1/passages/{passage.id}").json()
    http_models.PassageResponse.model_validate(found)
    assert found["text"] == spans_text(joined(passage))
    assert client.get(f"/api/v1/passages/{passage.id[:8]}").status_code == 404


def test_the_facade_returns_what_the_workspace_returns(space: FakeWorkspace) -> None:
    assistant = Assistant(space)
    reply = assistant.ask("And eggs?", history=["Which food holds vitamin B12?"])
    assert reply.answer == space.ask("And eggs?", ["Which food holds vitamin B12?"]).answer
    assert assistant.ask("And eggs?", history=["Which food holds vitamin B12?"], as_typed=True) != reply
    assert assistant.search("numb feet", k=1) == space.search("numb feet", 1)
    assert assistant.generation == reply.generation == space.opened.collection.generation
    assert assistant.as_json(reply)["answer"]["question"] == "And eggs?"


def test_twenty_threads_open_and_ask_at_once(space: FakeWorkspace) -> None:
    expected = space.ask("Which food holds vitamin B12?").answer
    unopened = Assistant(again(space))
    start = threading.Barrier(20)

    def ask(_: int) -> object:
        start.wait()
        return unopened.ask("Which food holds vitamin B12?").answer

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == [expected] * 20


@pytest.mark.slow
def test_the_examples_of_the_facade_run(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(starter)
    monkeypatch.setattr(Assistant, "open", cache(Assistant.open))
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    examples = [each for each in doctest.DocTestFinder().find(api) if each.examples]
    assert {each.name.rpartition(".api.")[2] for each in examples} == {
        "Assistant",
        "Assistant.ask",
        "Assistant.as_json",
        "Assistant.search",
        "build_index",
    }
    for example in examples:
        assert runner.run(example).failed == 0, example.name


def line(name: str, message: str, *arguments: object, **more: object) -> dict[str, Any]:
    record = logging.LogRecord(name, logging.ERROR, "/inside/of/it.py", 12, message, arguments, None)
    vars(record).update(more)
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_an_event_of_ours_is_a_line_of_json() -> None:
    told = line("b12assistant.questions", "question\nof %s", "one\u2028", end="late", ms=12)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "error",
        "logger": "b12assistant.questions",
        "event": "question\nof one\u2028",
        "end": "late",
        "ms": 12,
    }


def test_only_the_place_of_a_librarys_message_is_logged() -> None:
    told = line("asyncio", "Task %s failed: What of the zebra?", "zebra", question="zebra")
    assert told["event"] == "said at it.py:12"
    assert "zebra" not in str(told)


@pytest.mark.parametrize("name", ["uvicorn.error", "somebody.else"])
def test_the_type_and_place_of_an_exception_are_logged(name: str) -> None:
    try:
        raise ValueError("What of the zebra?")
    except ValueError:
        told = line(name, "it broke", exc_info=sys.exc_info())
    assert told["error"].startswith("ValueError at test_service.py:")
    assert "zebra" not in str(told)


def test_the_log_holds_the_route_and_not_the_address(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    space = small_space(tmp_path_factory.mktemp("logged"))
    client = page_of(space)
    caplog.set_level("INFO", "b12assistant.http")
    for path in ("/d/guides/zebra.md", "/zebra", "/api/v1/openapi.json?q=zebra", "/api/none", "/healthz"):
        client.get(path)
    logged = [(vars(record)["route"], vars(record)["status"]) for record in caplog.records]
    assert logged == [("/d/", 404), ("other", 404), ("/api/", 200), ("/api/", 404)]
    assert "zebra" not in str([vars(record) for record in caplog.records])
