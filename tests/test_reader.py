"""The reader scores a sentence with a question, and so decides which quotes are strong."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from fakes import FakeEncoder

from b12assistant.answers import Strength
from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.errors import EncoderError
from b12assistant.index.encoding import FOLDER, JointReader, load_encoder, open_reader

QUESTION = "how long does it take for b12 tablets to work"
ANSWER = "Most people feel better within a few weeks of starting vitamin B12 tablets."
IN_OTHER_WORDS = "how many weeks until the tablets help me"  # as near to what is asked as the reader's score can decide
OTHERS = ["Vitamin B12 tablets are sold without a prescription.", "Some vegans take vitamin B12 tablets."]


@pytest.fixture(scope="module")
def reader() -> JointReader:
    found = open_reader(load_encoder(threads=1))
    assert found is not None
    return found


def test_an_answer_has_a_higher_score_than_sentences_on_the_same_thing(reader: JointReader) -> None:
    assert all(reader.score(QUESTION, ANSWER) > reader.score(QUESTION, other) for other in OTHERS)


def test_the_same_texts_have_the_same_score(reader: JointReader) -> None:
    """A copy has no scores cached."""
    assert reader.score(QUESTION, ANSWER) == replace(reader).score(QUESTION, ANSWER)


def test_another_encoder_has_no_reader() -> None:
    assert open_reader(FakeEncoder()) is None


@pytest.mark.parametrize("damage", ["graph", "facts", "missing"])
def test_a_damaged_reader_is_refused(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder(threads=1)
    facts = json.loads(resources.files("b12assistant").joinpath(FOLDER, "reader.json").read_text("utf-8"))
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "reader.json").write_text("no" if damage == "facts" else json.dumps(facts), "utf-8")
    if damage == "graph":
        (tmp_path / FOLDER / "reader.onnx").write_bytes(b"another graph")
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)

    def read() -> None:
        found = open_reader(encoder)
        assert found is not None
        found.score(QUESTION, ANSWER)

    with pytest.raises(EncoderError, match="the reader"):
        read()


def strengths(space: Workspace, question: str = QUESTION) -> list[Strength]:
    return [quote.strength for quote in space.ask(question).answer.quotes]


@pytest.mark.slow
def test_a_quote_that_does_not_read_as_an_answer_is_not_strong(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the reader's score differs."""
    flags = {"paths.corpus": str(starter / "corpus"), "paths.index": str(starter / "index"), "encoder.threads": 1}
    space = Workspace(load_configuration(environment={}, flags=flags))
    monkeypatch.setattr(JointReader, "score", lambda *_: -9.0)
    assert set(strengths(space, IN_OTHER_WORDS)) == {Strength.POSSIBLE}
    monkeypatch.setattr(JointReader, "score", lambda *_: 9.0)
    assert strengths(space, IN_OTHER_WORDS)[0] is Strength.STRONG
