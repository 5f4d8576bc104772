"""What the tab "Look up" gets over HTTP: the notices, then rows of the source's words."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from fakes import FakeWorkspace
from serving import page_of
from starlette.testclient import TestClient

from b12assistant.display.addresses import read_link


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return page_of(space)


def search(client: TestClient, text: str, **form: Any) -> dict[str, Any]:
    answer = client.post("/lookup/search", json={"text": text, **form})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = answer.json()
    return told


def words(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))


def part(row: str, tag: str) -> str:
    return row.partition(f"<{tag}")[2].partition(">")[2].partition(f"</{tag}>")[0]


@pytest.mark.parametrize("phrase", [False, True])
def test_a_row_has_the_words_at_its_address(phrase: bool, client: TestClient, space: FakeWorkspace) -> None:
    rows = search(client, "numb feet", phrase=phrase)["rows"]
    assert rows
    for row in rows:
        found = read_link(unescape(re.findall('class="cite" href="([^"]*)"', row)[0]))
        assert found is not None
        document = space.document(found[0]).document
        assert found[1].found_in(document.text) == found[1]
        assert words(part(row, "blockquote")) == " […] ".join(map(document.slice, found[1].spans))
        assert found[1].best is not None
        assert words(part(row, "mark")) == document.slice(found[1].best)


def test_the_choices_are_those_of_the_index(client: TestClient, space: FakeWorkspace) -> None:
    told = client.get("/lookup/choices").json()
    assert [value for value, _ in told["kinds"]] == ["unknown"]
    assert told["passages"] == len(space.opened.collection.passages)


@pytest.mark.parametrize(
    "form", [{"text": " "}, {"text": "x" * 2001}, {"text": "a", "k": 201}, {"text": "a", "phrase": "magic"}, {}]
)
def test_a_form_that_cannot_be_looked_up_is_refused(form: dict[str, Any], client: TestClient) -> None:
    assert client.post("/lookup/search", json=form).status_code == 422


def test_a_text_in_an_address_is_not_looked_up(client: TestClient) -> None:
    assert client.get("/lookup/search?text=numb").status_code in (404, 405)
