"""Requests generated from the API's description: every answer has the right form and reveals nothing internal."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from fakes import FakeWorkspace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import JSON, client_of
from starlette.testclient import TestClient

from b12assistant.display import json_form
from b12assistant.web import http_models
from b12assistant.web.problems import MEDIA_TYPE
from b12assistant.web.service import build_router

ROUTES = [
    (path, method)
    for route in build_router(lambda: pytest.fail("asked for a workspace")).routes
    if getattr(route, "include_in_schema", False)
    for path in [getattr(route, "path_format", "")]
    for method in sorted(getattr(route, "methods", None) or ())
]
POSTED = sorted(path for path, method in ROUTES if method == "POST")
FORMS: dict[str, type[json_form.Form]] = {
    "/api/v1/ask": json_form.AskResponse,
    "/api/v1/search": json_form.SearchResponse,
    "/api/v1/documents": http_models.DocumentsResponse,
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


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return client_of(space)


def held_against_its_form(response: Any, path: str, *, ready: bool = True) -> int:
    """The status; fails the test if the answer lacks the form of its status, or reveals something internal."""
    status = int(response.status_code)
    if status == 200:
        FORMS[path].model_validate_json(response.content)
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
    assert {path for path, _ in ROUTES} == FORMS.keys()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(POSTED), body=bodies)
def test_any_body(path: str, body: bytes, client: TestClient) -> None:
    held_against_its_form(client.post(path, content=body, headers=JSON), path)


@given(
    path=st.sampled_from(sorted(FORMS)),
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
