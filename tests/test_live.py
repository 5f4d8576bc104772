"""A running server switches to what another process publishes; if that cannot be used, the previous index stays."""

import gc
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from corpora import again, write
from fakes import FakeWorkspace
from serving import small_space
from starlette.testclient import TestClient

from b12assistant.api import Workspace
from b12assistant.application.live import Live, prepare
from b12assistant.safety.opinion import load_proportion
from b12assistant.types import GenerationId
from b12assistant.web.service import build_app

pytestmark = pytest.mark.slow

COBALT = "# Quaggas\n\nQuaggas graze on cobalt meadows.\n"
ASKED = "Where do quaggas graze: cobalt meadows?"


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return small_space(tmp_path)


def published(space: FakeWorkspace, text: str = COBALT) -> GenerationId:
    """Publish a newer index of the same folder, as another process would; return its generation."""
    write(space.corpus, {"quaggas.md": text})
    return again(space).index().generation


def until(happened: Callable[[], bool]) -> bool:
    for _ in range(3000):  # at least a minute
        if happened():
            return True
        time.sleep(0.02)
    return False


def settled(live: Live) -> None:
    """Wait until nothing is being opened."""
    assert until(lambda: not [thread for thread in threading.enumerate() if thread.name == "renewing"])
    live()
    assert until(lambda: not [thread for thread in threading.enumerate() if thread.name == "renewing"])


def test_the_very_next_answer_is_from_a_newly_published_index(space: FakeWorkspace) -> None:
    live = Live(space)
    before = live()
    former = before.ask(ASKED).generation
    newer = published(space)
    reply = live().ask(ASKED)
    assert (reply.generation, [quote.document.id for quote in reply.answer.quotes]) == (newer, ["quaggas.md"])
    assert before.ask(ASKED).generation == former  # a caller that started with it goes on with it


def test_a_newer_index_is_read_with_the_encoders_that_are_loaded(space: FakeWorkspace) -> None:
    engine = space.engine
    kept = vars(space.renewed())
    assert kept["question_encoder"] is engine.encoder
    assert kept["context_encoder"] is engine.in_context
    assert "engine" not in kept


def test_no_pattern_of_triage_is_left_to_compile_for_the_first_who_writes_it(space: FakeWorkspace) -> None:
    fresh = again(space)
    prepare(fresh)
    flags = fresh.rules.red_flags
    used = [*flags.findings.wordings, *fresh.rules.cues.values(), *flags.memory.values(), *load_proportion().values()]
    assert [each for each in used if each and not each.is_compiled] == []


def test_while_one_caller_opens_a_new_index_the_others_get_the_one_in_use(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = Live(space)
    before, begun, may_end = live(), threading.Event(), threading.Event()
    before.ask(ASKED)
    newer = published(space)
    whole = FakeWorkspace.renewed

    def slow(used: FakeWorkspace) -> Workspace:
        begun.set()
        assert may_end.wait(60)
        return whole(used)

    monkeypatch.setattr(FakeWorkspace, "renewed", slow)
    found: list[object] = []
    first = threading.Thread(target=lambda: found.append(live().ask(ASKED).generation))
    first.start()
    assert begun.wait(60)
    assert live() is before
    may_end.set()
    first.join(60)
    assert found == [newer]
    assert live().ask(ASKED).generation == newer


def test_the_index_in_use_before_is_forgotten(space: FakeWorkspace) -> None:
    live = Live(again(space))
    live().ask(ASKED)
    former = weakref.ref(live().opened)
    published(space)
    assert until(lambda: live().opened is not former())
    settled(live)
    assert until(lambda: gc.collect() >= 0 and former() is None)


def test_nothing_of_a_damaged_index_is_used_and_the_damage_is_reported(space: FakeWorkspace) -> None:
    live = Live(space)
    good = live().ask(ASKED).generation
    newer = published(space)
    (space.store.root / "generations" / newer / "vectors.safetensors").write_bytes(b"damaged")
    assert until(lambda: bool(live().opened.problems))
    assert live().ask(ASKED).generation == good
    ready = TestClient(build_app(live)).get("/readyz").json()
    assert (ready["index"]["generation"], ready["older_generation"]) == (good, True)
    assert "b12assistant index" in ready["hint"]
    assert "vectors.safetensors" in live().opened.problems[0]


def test_every_answer_under_load_is_of_one_generation_and_none_is_lost(space: FakeWorkspace) -> None:
    live = Live(space)
    live().ask(ASKED)
    known, wrong, stop = {live().opened.collection.generation}, list[object](), threading.Event()

    def reader() -> None:
        while not stop.is_set():
            now = live()
            reply = now.ask(ASKED)
            texts = {entry.document.text for entry in now.opened.entries}
            if reply.generation != now.opened.collection.generation:
                wrong.append(reply.generation)
            wrong.extend(quote for quote in reply.answer.quotes if quote.document.text not in texts)

    threads = [threading.Thread(target=reader) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(3):
        known.add(newer := published(space, f"{COBALT}\nHerd {number} counts {number} heads.\n"))
        assert until(lambda expected=newer: live().opened.collection.generation == expected)  # type: ignore[misc]
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert (len(known), wrong) == (4, [])


def test_a_curators_mistake_with_a_newer_index_is_reported_and_the_former_stays_in_use(space: FakeWorkspace) -> None:
    live = Live(space)
    good = live().ask(ASKED).generation
    (space.corpus / "texts.toml").write_text("no = texts\n")
    write(space.corpus, {"quaggas.md": COBALT})
    pointer = space.store.root / "CURRENT"
    pointer.write_bytes(pointer.read_bytes())  # as publishing does
    assert until(lambda: bool(live().opened.problems))
    assert "texts.toml" in live().opened.problems[0]
    assert live().ask(ASKED).generation == good
