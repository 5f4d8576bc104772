"""Whoever has the curator's key changes what is quoted from the page, and nobody else."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from corpora import again, write
from fakes import FakeWorkspace, fake_workspace
from hypothesis import given
from hypothesis import strategies as st
from payloads import PAYLOADS
from starlette.testclient import TestClient

from b12assistant.corpus.switched_off import CuratorList, edited, parse_switched_off
from b12assistant.display import addresses
from b12assistant.errors import ConfigError, SourceFactsError
from b12assistant.types import PassageId
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

KEY = "correct horse battery"
ASKED = "What wraps every nerve: myelin?"
NERVES = "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve.\n\n## Signs\n\nNumb feet are a sign.\n"
P9, TODAY = PassageId("p9"), date(2026, 11, 23)
WRITTEN = """# Decided by the board
[[off]]
document = "old.md"
why = "replaced"  # by the leaflet

# About capsules
[[off]]
passage = "p2"
why = "out of date"

[[note]]
passage = "p3"
note = "True of adults."
"""


def space_of(folder: Path, key: str = KEY) -> FakeWorkspace:
    corpus = write(folder / "corpus", {"nerves.md": NERVES})
    space = fake_workspace(corpus, folder / "index")
    space.index()
    return again(space, flags={"web.curator_key": key})


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return space_of(tmp_path)


@pytest.fixture
def client(space: FakeWorkspace) -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url="http://127.0.0.1:7860")


def sheath(space: FakeWorkspace) -> str:
    return space.document("nerves.md").passages[0].id


def decided(client: TestClient, list_: str, passage: str, words: str, key: str = KEY) -> int:
    asked = {"key": key, "list": list_, "document": "nerves.md", "passage": passage, "words": words}
    return client.post("/curator", json=asked).status_code


def quotes(client: TestClient) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.post("/api/v1/ask", json={"question": ASKED}).json()["answer"]["quotes"]
    return found


def test_a_passage_is_out_of_the_next_answer_and_comes_back(space: FakeWorkspace, client: TestClient) -> None:
    assert [quote["passage"] for quote in quotes(client)] == [sheath(space)]
    assert decided(client, "off", sheath(space), "out of date") == 200
    assert sheath(space) not in [quote["passage"] for quote in quotes(client)]
    page = client.get(f"/d/nerves.md?passage={sheath(space)}").text
    assert "We have stopped quoting this: out of date." in page
    assert "Quote it again" in page
    assert decided(client, "off", sheath(space), "") == 200
    assert [quote["passage"] for quote in quotes(client)] == [sheath(space)]


def test_a_document_is_switched_off_whole(space: FakeWorkspace, client: TestClient) -> None:
    assert decided(client, "off", "", "replaced") == 200
    assert not quotes(client)
    assert tomllib.loads((space.corpus / "switched_off.toml").read_text())["off"][0]["document"] == "nerves.md"


def test_a_note_stands_with_the_next_quote_everywhere(space: FakeWorkspace, client: TestClient) -> None:
    assert decided(client, "note", sheath(space), "True of adults\n only.") == 200
    (found,) = quotes(client)
    assert found["curator_note"] == "True of adults only."
    said = "note from those who run this page: True of adults only"
    looked = client.post("/lookup/search", json={"text": "myelin"}).json()["rows"][0]
    assert said in looked["who"]
    assert said in client.get(f"/d/nerves.md?passage={sheath(space)}").text
    saved = {"parts": [{"question": "", "addresses": [addresses.of_quote(space.ask(ASKED).answer.quotes[0])]}]}
    assert said in client.post("/reply", json=saved).json()["text"]
    assert decided(client, "note", sheath(space), "") == 200
    assert quotes(client)[0]["curator_note"] is None


def test_what_is_switched_off_is_in_no_reply(space: FakeWorkspace, client: TestClient) -> None:
    saved = {"parts": [{"question": "", "addresses": [addresses.of_quote(space.ask(ASKED).answer.quotes[0])]}]}
    assert "Myelin wraps" in client.post("/reply", json=saved).json()["text"]
    assert decided(client, "off", sheath(space), "out of date") == 200
    assert "Myelin wraps" not in client.post("/reply", json=saved).json()["text"]
    assert decided(client, "off", sheath(space), "") == 200


@pytest.mark.parametrize("key", ["", "wrong", KEY + " ", KEY.upper(), "é" * 20])
def test_without_the_key_nothing_changes(key: str, space: FakeWorkspace, client: TestClient) -> None:
    assert decided(client, "off", sheath(space), "out of date", key) == 403
    assert not (space.corpus / "switched_off.toml").exists()


def test_without_a_key_in_the_configuration_there_is_nothing(tmp_path: Path) -> None:
    space = space_of(tmp_path, "")
    client = TestClient(application(space, Warmup(space)), base_url="http://127.0.0.1:7860")
    assert decided(client, "off", "", "out of date", "") == 404
    assert "curator" not in client.get("/d/nerves.md").text


def test_a_short_key_stops_the_start_and_is_not_printed(tmp_path: Path) -> None:
    space = space_of(tmp_path, "secret")
    with pytest.raises(ConfigError, match="fewer than 16 characters") as raised:
        application(space, Warmup(space))
    assert "secret" not in str(raised.value).partition(":")[0]


def test_another_site_changes_nothing(client: TestClient) -> None:
    asked = {"key": KEY, "list": "off", "document": "nerves.md", "words": "x"}
    assert client.post("/curator", json=asked, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get(f"/curator?key={quote_plus(KEY)}").status_code == 405


def test_half_a_character_is_refused(client: TestClient) -> None:
    asked = {"key": KEY, "list": "off", "document": "nerves.md", "words": "\ud83d"}
    sent = client.post("/curator", content=json.dumps(asked), headers={"content-type": "application/json"})
    assert sent.status_code == 409


@pytest.mark.parametrize(("document", "passage"), [("gone.md", ""), ("nerves.md", "gone"), ("nerves.md", "")])
def test_what_is_not_there_gets_one_line(document: str, passage: str, client: TestClient) -> None:
    asked = {"key": KEY, "list": "note", "document": document, "passage": passage, "words": "x"}
    refused = client.post("/curator", json=asked)
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith("Nothing was changed: ")


def test_payloads_are_shown_as_text(space: FakeWorkspace, client: TestClient) -> None:
    for words in PAYLOADS:
        assert decided(client, "note", sheath(space), words) == 200, words
        page = client.get(f"/d/nerves.md?passage={sheath(space)}").text
        assert (page.count("<img"), page.count("<script"), page.count("<svg")) == (0, 1, 0), words


def test_other_entries_and_comments_stay() -> None:
    later = edited(WRITTEN, CuratorList.OFF, "document", "old.md", "", TODAY)
    assert later.startswith("# Decided by the board\n\n# About capsules\n[[off]]\npassage")
    assert parse_switched_off(later).passages.keys() == {"p2"}
    later = edited(WRITTEN, CuratorList.OFF, "passage", "p2", "wrong", TODAY)
    assert later.endswith('[[off]]\npassage = "p2"\nwhy = "wrong"\nsince = 2026-11-23\n')
    assert parse_switched_off(later).notes == {"p3": "True of adults."}


def test_a_file_in_another_form_is_left_alone() -> None:
    with pytest.raises(SourceFactsError, match="edit it by hand"):
        edited(
            'off = [{document = "a", why = "x"}, {document = "b", why = "x"}]',
            CuratorList.OFF,
            "document",
            "a",
            "",
            TODAY,
        )


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), st.sampled_from(CuratorList))
def test_what_is_written_is_read_back_and_taken_back(words: str, table: CuratorList) -> None:
    added = edited(WRITTEN, table, "passage", P9, words, TODAY)
    read = parse_switched_off(added)
    assert (read.notes[P9] if table is CuratorList.NOTE else read.passages[P9].why) == words.strip()
    assert parse_switched_off(edited(added, table, "passage", P9, "", TODAY)) == parse_switched_off(WRITTEN)
