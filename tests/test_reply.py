"""What a reader takes along: quotes as a message, exact and inert."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from corpora import summaries
from fakes import FakeWorkspace
from serving import JSON, page_of, small_space
from starlette.testclient import TestClient

from b12assistant.application.shared_answer import read_address
from b12assistant.display.addresses import of_spans
from b12assistant.display.quoted import joined

TODAY = date(2026, 11, 20)
CORPUS = {
    "nerves.md": "# Nerves\n\nMyelin wraps every nerve. *Numb* feet are &lt;early&gt;.\n\n> A quote in it.\n",
    "shop.md": "---\ntitle: Drips\nkind: vendor\nwords: original\ncommercial_interest: true\n"
    "review_by: 2020-01-01\n---\n\n"
    "# Drips\n\nOur golden drip warms cold feet.\n",
}
ASKED = "Which wraps: <myelin>?"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("saving"), CORPUS | summaries())


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return page_of(space)


def test_words_that_moved_are_found_where_they_are_now(space: FakeWorkspace) -> None:
    entry = space.document("nerves.md")
    address = of_spans([entry.document.span(8, 33)])
    assert entry.document.text[8:33] == "Myelin wraps every nerve."
    found = read_address(address.replace("at=8-33", "at=2-27"), {entry.document.id: entry}, TODAY)
    assert found is not None
    assert (found.spans[0].start, found.spans[0].end) == (8, 33)


@pytest.mark.parametrize(("start", "end"), [(15, 33), (8, 20), (8, 34), (0, 33)])
def test_a_part_of_a_sentence_is_never_read(start: int, end: int, space: FakeWorkspace) -> None:
    """A "not" before it may be cut off, and the message would be ours."""
    assert read_address(of_spans([space.document("nerves.md").document.span(start, end)]), space.entries, TODAY) is None


TRAP = "<img src=x onerror=1> *Feet*\n[link](x)"


def address(space: FakeWorkspace, name: str) -> str:
    """The address of the last passage of a document, with its last sentence marked."""
    passages = space.document(name).passages
    return of_spans(joined(passages[-1]), passages[-1].sentences[-1])


def replied(client: TestClient, *addresses: str) -> dict[str, str]:
    answer = client.post("/reply", json={"parts": [{"question": ASKED, "addresses": list(addresses)}]})
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


def test_a_reply_has_the_question_numbers_a_list_of_sources_and_ends_with_the_disclaimer(
    client: TestClient, space: FakeWorkspace
) -> None:
    lost = "/d/nerves.md?at=0-5&is=0123456789abcdef#hit"
    told = replied(client, address(space, "sheath.md"), lost, address(space, "shop.md"), "javascript:alert(1)")
    for form in told.values():
        assert len(re.findall("“.+?”", form, re.DOTALL)) == 1, "only other people's own words"
        assert "Sells what it recommends" in form
        assert "127.0.0.1" not in form, "nobody else can open it"
        assert "/d/" not in form
    assert ASKED in told["text"], "the question is the heading"
    assert "Our summaries, not the sources' own words." in told["text"]
    assert told["text"].startswith("Hello,\n\n")
    assert told["text"].endswith(space.texts["general"].text)  # type: ignore[index]
    assert space.texts["only_sellers"].text not in told["text"]  # type: ignore[index]
    assert space.texts["only_sellers"].text in replied(client, address(space, "shop.md"))["text"]  # type: ignore[index]
    basis = space.document("sheath.md").document.attributions[-1].origin
    assert re.search(rf"^\[\d\] {re.escape(basis.publisher)}.*{re.escape(basis.url)}$", told["text"], re.M)


def test_a_signature_with_markup_is_shown_as_text(tmp_path: Path) -> None:
    space = small_space(tmp_path, CORPUS)
    settings = space.configuration.settings
    signed = replace(settings, page=replace(settings.page, run_by="nobody", signature=TRAP))
    other = replace(space, configuration=replace(space.configuration, settings=signed))
    told = replied(page_of(other), address(space, "nerves.md"))
    assert told["text"].endswith(f"Kind regards\n\n{TRAP}")
    assert "<img" not in told["html"]
    assert "&lt;img src=x onerror=1&gt;" in told["html"]


def test_too_many_addresses_and_no_json_are_refused(client: TestClient) -> None:
    assert client.post("/reply", json={"parts": [{"question": "", "addresses": ["x"] * 101}]}).status_code == 422
    assert client.post("/reply", content=b"[", headers=JSON).status_code == 400
