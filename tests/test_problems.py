"""What is refused, how it is said, and that it is refused before it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import reference
from fakes import FakeWorkspace
from serving import JSON, client_of, empty_space
from starlette.testclient import TestClient

from b12assistant import errors
from b12assistant.application.health import check_quote, quotes_of
from b12assistant.display import json_form
from b12assistant.loaders import load
from b12assistant.web import http_models
from b12assistant.web.http_models import Problem
from b12assistant.web.problems import MEDIA_TYPE, problem_of

ASK, SEARCH, DOCUMENTS = "/api/v1/ask", "/api/v1/search", "/api/v1/documents"


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return client_of(space)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "named"),
    [
        ("POST", ASK, b'{"question": ', 400, "not_json", ""),
        ("POST", ASK, b"", 422, "invalid_request", "body"),
        ("POST", ASK, b"{}", 422, "invalid_request", "body.question"),
        ("POST", ASK, b'{"question": "B12?", "top_k": 3}', 422, "invalid_request", "body.top_k"),
        ("POST", ASK, b'{"question": "B12?", "history": [1]}', 422, "invalid_request", "body.history.0"),
        ("POST", ASK, b'{"question": "%s"}' % (b"x" * 20_001), 422, "invalid_request", "body.question"),
        ("POST", ASK, b'{"question": ""}', 422, "question", ""),
        ("POST", SEARCH, b'{"question": "B12", "k": 0}', 422, "invalid_request", "body.k"),
        ("POST", SEARCH, b'{"question": "B12", "kinds": ["guidelines"]}', 422, "invalid_request", "body.kinds.0"),
        ("POST", SEARCH, b'{"question": "B12", "since": 2021, "until": 2020}', 422, "invalid_request", "body"),
        ("GET", f"{DOCUMENTS}?limit=0", b"", 422, "invalid_request", "query.limit"),
        ("GET", f"{DOCUMENTS}/", b"", 404, "not_found", ""),
        ("GET", f"{DOCUMENTS}/../../etc/passwd", b"", 404, "not_found", ""),
        ("GET", "/api/v1/passages/none", b"", 404, "not_found", ""),
        ("GET", ASK, b"", 405, "method", ""),
    ],
)
def test_a_bad_request_is_a_problem(
    method: str, path: str, body: bytes, status: int, code: str, named: str, client: TestClient
) -> None:
    response = client.request(method, path, content=body, headers=JSON)
    problem = Problem.model_validate(response.json())
    assert response.headers["content-type"] == MEDIA_TYPE
    assert (response.status_code, problem.status, problem.code) == (status, status, code)
    assert problem.type == f"urn:b12assistant:problem:{code}"
    assert [error.at for error in problem.errors][:1] == ([named] if named else [])


@pytest.mark.parametrize("headers", [{"content-type": "text/plain"}, {**JSON, "content-encoding": "gzip"}])
def test_a_body_that_is_not_said_to_be_json_is_not_read(headers: dict[str, str], client: TestClient) -> None:
    response = client.post(ASK, content=b'{"question": "B12?"}', headers=headers)
    assert (response.status_code, Problem.model_validate(response.json()).code) == (415, "content_type")


@pytest.mark.parametrize("path", [ASK, SEARCH])
def test_without_an_index_the_hint_says_what_to_do(path: str, tmp_path: Path) -> None:
    response = client_of(empty_space(tmp_path)).post(path, json={"question": "Which food holds vitamin B12?"})
    problem = Problem.model_validate(response.json())
    assert (problem.status, problem.code) == (503, "index_missing")
    assert "b12assistant index" in (problem.hint or "")
    assert str(tmp_path) not in response.text


def test_many_wrong_values_are_not_all_repeated(client: TestClient) -> None:
    body = b'{"question": "B12?", ' + b", ".join(b'"%s%d": 1' % (b"k" * 90, i) for i in range(500)) + b"}"
    problem = Problem.model_validate(client.post(ASK, content=body, headers=JSON).json())
    assert len(problem.errors) == 20
    assert all(len(error.at) < 100 for error in problem.errors)


def _leaves(kind: type[errors.AssistantError]) -> list[type[errors.AssistantError]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in _leaves(child))]


@pytest.mark.parametrize("kind", _leaves(errors.AssistantError), ids=lambda kind: kind.__name__)
def test_no_error_of_ours_reveals_anything_of_the_machine(kind: type[errors.AssistantError]) -> None:
    problem = problem_of(kind("/srv/someone/index is broken", hint="run `b12assistant index`"))
    told = problem.as_json("/api/v1/ask")
    Problem.model_validate(told)
    assert "/srv" not in str(told) or isinstance(kind("x"), errors.QuestionError)


ROOT = Path(__file__).parent.parent
EXAMPLES = json.loads(reference.EXAMPLES.read_text("utf-8"))
FORMS: dict[str, type[json_form.Form]] = {
    "ask": json_form.AskResponse,
    "search": json_form.SearchResponse,
    "list_documents": http_models.DocumentsResponse,
    "get_document": http_models.DocumentResponse,
    "get_passage": http_models.PassageResponse,
    "healthz": http_models.Alive,
    "readyz": http_models.Ready,
}
REQUESTS: dict[str, type[json_form.Form]] = {"ask": http_models.AskRequest, "search": http_models.SearchRequest}
CASES = [(operation, name) for operation, examples in EXAMPLES.items() for name in examples]


def test_every_operation_has_an_example_and_lists_its_problems() -> None:
    operations = [each for path in reference.document()["paths"].values() for each in path.values()]
    assert {each["operationId"] for each in operations} == EXAMPLES.keys() == FORMS.keys()
    for operation in operations:
        assert operation["responses"]["200"]["content"]["application/json"]["examples"]
        failing = {status: each["content"] for status, each in operation["responses"].items() if status != "200"}
        assert all(list(content) == ["application/problem+json"] for content in failing.values())


@pytest.mark.parametrize(("operation", "name"), CASES)
def test_an_example_has_the_form_it_is_an_example_of(operation: str, name: str) -> None:
    example = EXAMPLES[operation][name]
    FORMS[operation].model_validate(example["response"])
    if "request" in example:
        REQUESTS[operation].model_validate(example["request"])


@pytest.mark.parametrize("name", EXAMPLES["ask"])
def test_an_example_quotes_the_corpus_word_for_word(name: str) -> None:
    for quote in quotes_of(EXAMPLES["ask"][name]["response"]):
        file = ROOT / "corpus" / quote["document"]
        text = load(file.read_bytes(), file.name).text
        assert check_quote(quote, text) is None, "the corpus changed; run: python tools/reference.py --ask"


def test_a_missing_value_is_null_and_an_unknown_one_is_refused() -> None:
    reply = EXAMPLES["ask"]["emergency"]["response"]
    for broken in (
        {**reply, "extra": 1},
        {key: value for key, value in reply.items() if key != "index"},
        {**reply, "answer": {key: value for key, value in reply["answer"].items() if key != "reason"}},
    ):
        with pytest.raises(ValueError, match="validation error"):
            json_form.AskResponse.model_validate(json.loads(json.dumps(broken)))
