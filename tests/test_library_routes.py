"""The routes behind Library: what is told of the index, and the index built anew, from this machine alone."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from corpora import again, three_files, write
from fakes import FakeReader, FakeWorkspace, fake_workspace
from starlette.testclient import TestClient

from b12assistant.application.library import PORTION, document, overview
from b12assistant.application.live import Live
from b12assistant.application.rebuilding import Rebuilding, State
from b12assistant.display.labels import load_labels
from b12assistant.errors import SourceFactsError
from b12assistant.types import Extract
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

HERE = "http://127.0.0.1:7860"
SAID = load_labels()


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    space = three_files(tmp_path)
    write(space.corpus, {"broken.pdf": "no PDF"})
    space.index()
    return again(space)


def client_of(space: FakeWorkspace, sender: str = "127.0.0.1") -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url=HERE, client=(sender, 50_000))


def line_of(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in told["documents"] if each["document"] == name)
    return found


def test_every_file_is_a_document_or_left_out_with_its_reason(space: FakeWorkspace) -> None:
    told = overview(space.opened, SAID)
    assert [each["document"] for each in told["documents"]] == ["guides/food.md", "nerves.md", "pills.txt"]
    assert [each["file"] for each in told["left_out"]] == ["broken.pdf"]
    assert told["left_out"][0]["reasons"]
    assert told["counts"]["files"] == len(told["documents"]) + len(told["left_out"])


def test_what_is_off_is_told_of_document_and_passage(space: FakeWorkspace) -> None:
    passage = space.document("pills.txt").passages[0]
    text = '[[off]]\ndocument = "nerves.md"\nwhy = "old"\nsince = 2026-11-01\n'
    write(space.corpus, {"switched_off.toml": f'{text}[[off]]\npassage = "{passage.id}"\nwhy = "wrong"\n'})
    later = again(space)
    told = overview(later.opened, SAID)
    assert line_of(told, "nerves.md")["off"] == {"why": "old", "since": "1 November 2026"}
    assert (line_of(told, "pills.txt")["off"], line_of(told, "pills.txt")["passages_off"]) == (None, 1)
    inside = document(later.document("pills.txt"), later.opened, SAID)["passages"]
    assert [each["off"] for each in inside] == [{"why": "wrong", "since": ""}]


def test_an_entry_that_names_nothing_is_a_problem(space: FakeWorkspace) -> None:
    write(space.corpus, {"switched_off.toml": '[[off]]\npassage = "0123"\nwhy = "wrong"\n'})
    assert "'0123' is not in the index" in overview(again(space).opened, SAID)["stale_entries"][0]


def test_a_long_document_comes_in_portions(tmp_path: Path) -> None:
    sections = "".join(f"\n## Part {i}\n\nSentence {i} of a long page.\n" for i in range(PORTION + 5))
    space = fake_workspace(write(tmp_path / "corpus", {"long.md": f"# Long\n{sections}"}), tmp_path / "index")
    space.index()
    entry = space.document("long.md")
    first, rest = (document(entry, space.opened, SAID, passages=start) for start in (0, PORTION))
    told = [each["passage"] for each in (*first["passages"], *rest["passages"])]
    assert told == [passage.id for passage in entry.passages]
    assert first["totals"]["passages"] == len(told) > PORTION


def test_the_corpus_of_today_is_compared_on_request(space: FakeWorkspace) -> None:
    client = client_of(space)
    assert client.get("/library/changes").json() == {"changes": []}
    write(space.corpus, {"new.md": "# New\n\nA new page.\n"})
    assert client.get("/library/changes").json() == {"changes": ["new.md: new since indexing"]}


def test_a_document_that_is_not_there_is_not_found(space: FakeWorkspace) -> None:
    assert client_of(space).get("/library/documents/none.md").status_code == 404


@pytest.mark.parametrize(
    ("sender", "headers"),
    [("192.168.1.7", {}), ("testclient", {}), ("127.0.0.1", {"x-forwarded-for": "203.0.113.9"})],
)
def test_only_this_machine_may_build_the_index(sender: str, headers: dict[str, str], space: FakeWorkspace) -> None:
    client = client_of(space, sender)
    client.headers.update(headers)
    assert client.post("/library/index", json={}).status_code == 403
    assert client.get("/library/index").status_code == 403
    assert client.get("/library/documents").json()["may_index"] is False


def test_who_asks_for_a_name_of_the_operator_is_nobody_of_this_machine(space: FakeWorkspace) -> None:
    """A proxy that does not say for whom it asks would make everybody a local one."""
    named = again(space, flags={"web.hosts": "b12.example.org"})
    app = application(named, Warmup(named))
    client = TestClient(app, base_url="http://b12.example.org", client=("127.0.0.1", 50_000))
    assert client.post("/library/index", json={}).status_code == 403
    assert client.get("/library/documents").json()["may_index"] is False


def test_a_page_from_elsewhere_cannot_start_it(space: FakeWorkspace) -> None:
    """A form of another site sends no JSON without asking first, and nobody answers that question here."""
    client = client_of(space)
    plain = client.post("/library/index", content="{}", headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    asked = client.options("/library/index", headers={"origin": "http://example.com"})
    assert asked.status_code in (404, 405)  # whichever of the two applications behind the policy meets it
    assert "access-control-allow-origin" not in asked.headers


def ended(rebuilding: Rebuilding) -> State:
    for _ in range(1200):
        if rebuilding.told.state is not State.RUNNING:
            break
        time.sleep(0.05)
    return rebuilding.told.state


def test_what_is_built_answers_from_then_on(space: FakeWorkspace) -> None:
    live = Live(space)
    before = live()
    former = before.opened
    rebuilding = Rebuilding(live)
    write(space.corpus, {"new.md": "# New\n\nQuaggas graze on cobalt meadows.\n"})
    assert rebuilding.start()
    assert ended(rebuilding) is State.DONE
    assert rebuilding.told.counts == {"documents": 4, "left_out": 1, "warnings": 0, "embedded": 1}
    assert live() is not before
    assert live().ask("Where do quaggas graze: cobalt meadows?").generation == live().opened.collection.generation
    assert before.opened is former


def test_what_fails_leaves_the_former_index(space: FakeWorkspace) -> None:
    live = Live(space)
    before = live()
    write(space.corpus, {"switched_off.toml": "[[off]]"})
    rebuilding = Rebuilding(live)
    rebuilding.start()
    assert ended(rebuilding) is State.FAILED
    assert "names no one document or passage" in rebuilding.told.problem
    assert live() is before
    with pytest.raises(SourceFactsError):
        live.renew()
    assert live() is before


class SlowReader(FakeReader):
    """Reads nothing until it is let go."""

    gate = threading.Event()

    def extract(self, data: bytes, name: str) -> Extract:
        self.gate.wait(20)
        return super().extract(data, name)


def test_one_build_at_a_time(space: FakeWorkspace) -> None:
    slow = fake_workspace(space.corpus, space.store.root, reader=SlowReader())
    write(space.corpus, {"new.md": "# New\n\nA new page.\n"})
    rebuilding = Rebuilding(Live(slow))
    assert rebuilding.start()
    assert not rebuilding.start()
    SlowReader.gate.set()
    assert ended(rebuilding) is State.DONE
    assert rebuilding.start()
    assert ended(rebuilding) is State.DONE


def test_what_names_folders_of_the_machine_is_told_to_it_alone(space: FakeWorkspace) -> None:
    (space.store.root / "CURRENT").write_text("none\n")
    damaged = again(space)
    assert "CURRENT" in client_of(damaged).get("/library/documents").json()["damage"][0]
    assert client_of(damaged, "192.168.1.7").get("/library/documents").json()["damage"] == []
