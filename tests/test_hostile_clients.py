"""Clients that ask for what is not there, or come from another site."""

from __future__ import annotations

import pytest
from blocking import ASKED
from fakes import FakeWorkspace
from serving import HERE, page_of, small_space
from starlette.testclient import TestClient

from b12assistant.web.policy import JOIN
from b12assistant.web.site import DATA

ASK = "/api/v1/ask"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    made = small_space(tmp_path_factory.mktemp("hostile"))
    made.ask(ASKED)  # loads what is loaded once
    return made


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return page_of(space, errors=True)


LONG = "a" * 300


@pytest.mark.parametrize("path", [f"/assets/{LONG}", f"/static/{LONG}", f"/d/{LONG}", f"/own/{'é' * 200}"])
def test_a_name_that_is_too_long_is_not_found(path: str, client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert caplog.text == ""


FOREIGN = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://example.org"})
OURS: tuple[dict[str, str], ...] = (
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": HERE},
    {"Origin": "null"},
)


@pytest.mark.parametrize("path", [ASK, "/api/v1/search", "/reply", "/lookup/search", JOIN])
@pytest.mark.parametrize("headers", FOREIGN)
def test_no_other_site_can_send_a_request_that_may_change_something(
    path: str, headers: dict[str, str], client: TestClient
) -> None:
    answer = client.post(path, json={"question": ASKED}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_site")


@pytest.mark.parametrize("headers", OURS)
def test_our_own_pages_and_programs_can_send_requests(headers: dict[str, str], client: TestClient) -> None:
    assert client.post(ASK, json={"question": ASKED}, headers=headers).status_code == 200
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/theme.css", ASK, JOIN, "/gradio_api/queue/data", "/d/nerves.md", "/none"])
@pytest.mark.parametrize("origin", ["https://example.org", "http://localhost:3000", "http://127.0.0.1:7860", "null"])
def test_no_header_of_cors_is_ever_sent(path: str, origin: str, client: TestClient) -> None:
    wanted = {"origin": origin, "access-control-request-method": "POST"}
    for answer in (client.get(path, headers={"origin": origin}), client.options(path, headers=wanted)):
        assert answer.status_code < 500
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_options_are_answered(client: TestClient) -> None:
    assert client.options("/").status_code == 204
    assert client.options(ASK).headers["allow"] == "POST"


def test_a_session_that_waits_for_nothing_has_no_stream(client: TestClient) -> None:
    """The page's script begins anew at these words of the framework."""
    assert '"msg":"unexpected_error"' in client.get(f"{DATA}?session_hash=nobody").text
