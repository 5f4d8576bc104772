"""The list of sources: every document, guides first and sellers last, with what is known of it and nothing more."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from corpora import again, write
from fakes import FakeWorkspace
from serving import small_space
from starlette.testclient import TestClient

from b12assistant.application.catalogue import catalogue
from b12assistant.display.labels import load_labels
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

TODAY = date(2026, 1, 2)
SAID = load_labels()
FACTS = """---
kind: {kind}
publisher: The Nerve Society
url: https://example.org/nerves
published: 2024-05-01
review_by: 2026-01-01
review: reviewed by two neurologists
commercial_interest: {sells}
---

# {title}

## Sheath

Myelin wraps every nerve.

## Repair

It mends slowly.
"""
CORPUS = {
    "a-shop.md": FACTS.format(kind="vendor", sells="true", title="A shop"),
    "b-blog.md": FACTS.format(kind="blog", sells="unknown", title="A blog"),
    "c-guide.md": FACTS.format(kind="patient_guide", sells="false", title="The guide"),
    "d-plain.txt": "Metformin lowers cobalamin in some people.\n",
    "e-guideline.md": FACTS.format(kind="guideline", sells="false", title="The guideline"),
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("catalogue"), CORPUS)


def listed(space: FakeWorkspace) -> dict[str, dict[str, Any]]:
    return {row["address"]: row for row in catalogue(space.opened, SAID, TODAY)}


def test_guides_come_first_and_sellers_last(space: FakeWorkspace) -> None:
    assert list(listed(space)) == [
        "/d/e-guideline.md",
        "/d/c-guide.md",
        "/d/b-blog.md",
        "/d/d-plain.txt",
        "/d/a-shop.md",
    ]


def test_what_is_known_of_a_source_is_shown(space: FakeWorkspace) -> None:
    assert listed(space)["/d/a-shop.md"] == {
        "title": "A shop",
        "address": "/d/a-shop.md",
        "kind": SAID.whose_words(space.document("a-shop.md").document.source).capitalize(),
        "publisher": "The Nerve Society",
        "based_on": "",
        "year": "2024",
        "review": "reviewed by two neurologists",
        "review_by": "1 January 2026",
        "overdue": True,
        "url": "https://example.org/nerves",
        "sells": "Sells what it recommends",
        "never_quoted": False,
        "off": "",
        "covers": ["Sheath", "Repair"],
    }


def test_what_is_not_known_is_left_empty(space: FakeWorkspace) -> None:
    plain = listed(space)["/d/d-plain.txt"]
    assert {plain[name] for name in ("publisher", "based_on", "year", "review", "review_by", "url", "off")} == {""}
    assert plain["sells"] == "We don't know if they sell what they recommend"
    assert plain["covers"] == []


def test_a_document_that_is_switched_off_says_why(tmp_path: Path) -> None:
    space = small_space(tmp_path, CORPUS)
    write(space.corpus, {"switched_off.toml": '[[off]]\ndocument = "b-blog.md"\nwhy = "out of date"\n'})
    rows = listed(again(space))
    assert {address: row["off"] for address, row in rows.items() if row["off"]} == {"/d/b-blog.md": "out of date"}


def test_the_page_gets_the_list_and_its_addresses_lead_to_the_documents(space: FakeWorkspace) -> None:
    client = TestClient(application(space, Warmup(space)), base_url="http://127.0.0.1:7860")
    sources = client.get("/sources").json()["sources"]
    assert [row["address"] for row in sources] == list(listed(space))
    assert all(client.get(row["address"]).status_code == 200 for row in sources)
    assert client.post("/sources", json={}).status_code in (404, 405)
