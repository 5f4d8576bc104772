"""Indexing in bfloat16 has to be asked for, is recorded, and is never used for questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from export_onnx import packaged_texts

from b12assistant.api import Workspace
from b12assistant.application import opening
from b12assistant.application.opening import as_tuned, indexing_encoder, open_encoder
from b12assistant.config import EncoderSettings, load_configuration
from b12assistant.errors import ConfigError, EncoderError
from b12assistant.index import onnx_encoder

HALF = EncoderSettings(runtime="onnx", bulk="bf16")


def needed() -> None:
    """Skip if OpenVINO says that this processor has no bfloat16."""
    import openvino

    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor has no bfloat16")


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"encoder\.bulk = 'int8' is not known"):
        load_configuration(environment={"B12_ENCODER_BULK": "int8"})


@pytest.mark.slow
def test_its_vectors_are_close_and_its_word_pieces_the_same() -> None:
    needed()
    single = as_tuned(HALF, open_encoder(HALF))
    texts = packaged_texts(single)[:24]
    half = indexing_encoder(HALF, single)
    for known, found in zip(single.encode(texts), half.encode(texts), strict=True):
        assert np.array_equal(known.pieces, found.pieces)
        assert np.array_equal(known.offsets, found.offsets)
        assert float(known.vector @ found.vector) > 0.999
        assert not np.array_equal(known.vector, found.vector)  # precision was reduced
        np.testing.assert_allclose(np.linalg.norm(found.tokens, axis=1), 1, atol=1e-5)
    assert (half.runtime["precision"], half.runtime["encoder"]) == ("bfloat16", "openvino")
    assert indexing_encoder(EncoderSettings(), single) is single


@pytest.mark.slow
def test_the_manifest_names_it_and_questions_are_read_in_single_precision(built: Path, tmp_path: Path) -> None:
    needed()
    flags = {"paths.corpus": str(built / "corpus"), "paths.index": str(tmp_path / "index")}
    space = Workspace(load_configuration(environment={}, flags=flags | {"encoder.bulk": "bf16"}))
    space.index()
    assert space.opened.manifest["runtime"]["precision"] == "bfloat16"
    assert space.encoder.runtime["encoder"] == "onnxruntime"
    assert space.ask("What is myelin?").answer.quotes
    again = Workspace(load_configuration(environment={}, flags=flags))
    assert all(each.embedded for each in again.index().files)  # nothing of it is reused
    assert "precision" not in again.opened.manifest["runtime"]


@pytest.mark.slow
def test_a_missing_package_or_graph_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    single = as_tuned(HALF, open_encoder(HALF))
    monkeypatch.setattr(onnx_encoder, "find_spec", lambda name: None)
    with pytest.raises(EncoderError, match="bfloat16 needs OpenVINO") as raised:
        indexing_encoder(HALF, single)
    assert "pip install 'onnx<" in raised.value.hint
    monkeypatch.setattr(opening, "shipped_graph", lambda weights: None)
    with pytest.raises(EncoderError, match="has no ONNX graph, and bfloat16 needs it"):
        indexing_encoder(HALF, single)
