"""What is refused, how it is said, and that it is refused before it is read."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import reference
from fakes import FakeWorkspace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import JSON, client_of, empty_space
from starlette.testclient import TestClient

from b12assistant import errors
from b12assistant.application.health import check_quote, quotes_of
from b12assistant.display import json_form
from b12assistant.loaders import load
from b12assistant.web import http_models
from b12assistant.web.http_models import Problem
from b12assistant.web.problems import MEDIA_TYPE, problem_of
from b12assistant.web.service import build_router

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
    for quoted in quotes_of(json_form.AskResponse.model_validate(EXAMPLES["ask"][name]["response"]).answer):
        file = ROOT / "corpus" / quoted.document
        text = load(file.read_bytes(), file.name).text
        assert check_quote(quoted, text) is None, "the corpus changed; run: python tools/reference.py --ask"


ROUTES = [
    (path, method)
    for route in build_router(lambda: pytest.fail("asked for a workspace")).routes
    if getattr(route, "include_in_schema", False)
    for path in [getattr(route, "path_format", "")]
    for method in sorted(getattr(route, "methods", None) or ())
]
POSTED = sorted(path for path, method in ROUTES if method == "POST")
FORM_OF_PATH: dict[str, type[json_form.Form]] = {
    "/api/v1/ask": json_form.AskResponse,
    "/api/v1/search": json_form.SearchResponse,
    "/api/v1/documents/{id}": http_models.DocumentResponse,
    "/api/v1/passages/{id}": http_models.PassageResponse,
    "/healthz": http_models.Alive,
    "/readyz": http_models.Ready,
}
INSIDE = ("Traceback", ".py", "site-packages", "/tmp", "/home", "/root", "/work", "pydantic")  # noqa: S108 - looked for

anything = st.text(st.characters(exclude_categories=()), max_size=60)  # NUL and lone surrogates too
scalars = st.none() | st.booleans() | st.integers() | st.floats() | anything
values = st.recursive(
    scalars, lambda v: st.lists(v, max_size=4) | st.dictionaries(anything, v, max_size=4), max_leaves=12
)
questions = anything | st.sampled_from(
    ["Which food holds vitamin B12?", "I want to kill myself", "numb feet", "x " * 3000]
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "question": questions | values,
        "history": st.lists(questions, max_size=21) | values,
        "k": st.integers(-1, 102) | values,
        "publisher": anything | values,
        "kinds": st.lists(st.sampled_from(["guideline", "nhs", "seller"])) | values,
        "since": st.integers(-1, 10_000) | values,
        "document": anything | values,
        "question ": values,
    },
)
bodies = st.one_of(requests, values).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)


def held_against_its_form(response: Any, path: str, *, ready: bool = True) -> int:
    """The status; fails the test if the answer lacks the form of its status, or reveals something internal."""
    status = int(response.status_code)
    if status == 200:
        FORM_OF_PATH[path].model_validate_json(response.content)
        assert response.headers["content-type"] == "application/json"
        return status
    assert 400 <= status < 500 or (status == 503 and not ready)
    assert response.headers["content-type"] == MEDIA_TYPE
    if response.content:  # none after HEAD
        problem = http_models.Problem.model_validate_json(response.content)
        told = f"{problem.title} {problem.detail} {problem.hint} {[error.message for error in problem.errors]}"
        assert not [word for word in INSIDE if word in told]
    return status


def test_every_route_is_asked() -> None:
    assert {path for path, _ in ROUTES} == FORM_OF_PATH.keys()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(POSTED), body=bodies)
def test_any_body(path: str, body: bytes, client: TestClient) -> None:
    held_against_its_form(client.post(path, content=body, headers=JSON), path)


@given(
    path=st.sampled_from(sorted(FORM_OF_PATH)),
    name=st.binary(max_size=40),
    query=st.dictionaries(st.sampled_from(["limit", "offset", "question"]), anything | st.integers().map(str)),
)
def test_any_address(path: str, name: bytes, query: dict[str, str], client: TestClient) -> None:
    asked = "&".join(f"{key}={quote(value, errors='surrogatepass')}" for key, value in query.items())
    response = client.get(f"{path.replace('{id}', quote(name, safe=''))}?{asked}")
    held_against_its_form(response, path)


@pytest.mark.parametrize(
    "body",
    [
        b'{"question": "' + b"x" * 1_000_000 + b'"}',
        b'{"question": "B12", "history": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"question": "B12", "k": ' + b"9" * 5000 + b"}",
        b'{"question": "\xed\xa0\x80"}',
        b'{"question": "B12", "history": [' + b'"x",' * 16_000 + b'"x"]}',
    ],
    ids=lambda body: ascii(body[:24]),
)
@pytest.mark.parametrize("path", POSTED)
def test_a_hostile_body(path: str, body: bytes, client: TestClient) -> None:
    held_against_its_form(client.post(path, content=body, headers=JSON), path)
