"""The encoder tuned to the subject: other vectors, its own digest, and no effect on another model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from export_onnx import changed
from fakes import FakeEncoder

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.index import onnx_encoder
from b12assistant.index.encoding import LowRank, SentenceEncoder, _shipped, load_encoder, parse_low_rank, tuned_encoder
from b12assistant.index.onnx_encoder import OnnxEncoder
from b12assistant.index.weights import find_weights
from b12assistant.protocols import Encoder

ASKED, ANSWER = "will i get the feeling in my feet back", "Numb feet from low B12 often improve once treatment starts."
LABELLED = Path(__file__).parent.parent / "benchmarks/data/questions/calibration.jsonl"


@pytest.fixture(scope="module")
def plain() -> Encoder:
    return load_encoder(threads=1)


@pytest.fixture(scope="module")
def tuned(plain: Encoder) -> Encoder:
    return tuned_encoder(plain)


def test_a_change_is_the_product_of_its_thin_matrices() -> None:
    rng = np.random.default_rng(1)
    down, up = rng.random((4, 2)).astype(np.float16), rng.random((2, 3)).astype(np.float16)
    changes = parse_low_rank({"layer/down": down, "layer/up": up, "encoder": np.array("a digest")})
    assert list(changes) == ["layer"]
    assert len(changes) == 1
    np.testing.assert_allclose(changes["layer"], (down.astype(np.float32) @ up.astype(np.float32)).T)


def test_the_tuned_encoder_has_a_digest_of_its_own(plain: Encoder, tuned: Encoder) -> None:
    assert tuned.digest != plain.digest
    assert len(tuned.digest) == len(plain.digest)
    assert tuned_encoder(plain).digest == tuned.digest
    assert (tuned.name, tuned.limit, tuned.dimension) == (plain.name, plain.limit, plain.dimension)


@pytest.mark.slow
def test_a_question_is_nearer_to_its_answer(plain: Encoder, tuned: Encoder) -> None:
    rows = [json.loads(line) for line in LABELLED.read_text("utf-8").splitlines()[:40]]

    def share(encoder: Encoder) -> float:
        """The share of questions whose own answer is nearer than any other."""
        asked = np.stack([each.vector for each in encoder.encode([row["question"] for row in rows])])
        told = np.stack([each.vector for each in encoder.encode([row["gold"][0] for row in rows])])
        return float(np.mean((asked @ told.T).argmax(1) == np.arange(len(rows))))

    assert share(tuned) > share(plain)


@pytest.mark.slow
def test_torch_gives_the_same_vectors(tuned: Encoder) -> None:
    theirs = changed(SentenceEncoder(find_weights(), threads=1), _shipped()[2])
    for ours, other in zip(tuned.encode([ASKED, ANSWER]), theirs.encode([ASKED, ANSWER]), strict=True):
        assert float(ours.vector @ other.vector) > 0.9999


def test_another_encoder_is_left_as_it_is() -> None:
    other = FakeEncoder()
    assert tuned_encoder(other) is other


def test_a_setting_turns_it_off(plain: Encoder) -> None:
    space = Workspace(load_configuration(environment={}, flags={"encoder.tuned": False, "encoder.threads": 1}))
    assert space.encoder is space.plain_encoder
    assert space.encoder.digest == plain.digest


@pytest.mark.parametrize("copied", [True, False])
def test_changed_weights_are_kept_only_if_the_runtime_reads_them(
    plain: Encoder, tuned: Encoder, copied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(plain, OnnxEncoder)
    if not copied:
        monkeypatch.setattr(onnx_encoder, "_needs_none", lambda session, weights: False)
    _, _, changes = _shipped()
    again = plain.tuned(LowRank(changes.thin))
    for first, second in zip(tuned.encode([ASKED, ANSWER]), again.encode([ASKED, ANSWER]), strict=True):
        np.testing.assert_array_equal(first.vector, second.vector)
    assert len(again._kept) == (0 if copied else 36)
