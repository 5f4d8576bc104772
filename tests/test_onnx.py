"""The ONNX form of an encoder: kept whole or not at all, refused where it differs, its bits those of any thread."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import enumerate as enumerate_threads

import numpy as np
import pytest
from fakes import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import Turn
from b12assistant.application.encoders import encoder_with_form, open_encoder
from b12assistant.errors import EncoderError
from b12assistant.index import onnx_export
from b12assistant.index.encoding import SentenceEncoder, load_encoder
from b12assistant.index.onnx_encoder import OnnxEncoder, _batches
from b12assistant.index.onnx_export import ensure_form, least_cosine, make_form, packaged_texts
from b12assistant.index.onnx_form import Cache, Facts, OnnxForm, cache_of
from b12assistant.index.weights import SAFETENSORS, Weights, find_weights
from b12assistant.protocols import Encoded, Encoder
from b12assistant.safety.opinion import Opinion
from b12assistant.safety.second_opinion import load_fitted
from b12assistant.safety.triagers import Triagers
from b12assistant.settings import EncoderSettings

GRAPH = b"a graph"
FACTS = Facts("39b3cd5a5d2cc9d4c2d4ac1fdbb5a6b0b1c3e3c3", 0.99999, limit=254, dimension=384, weights={"a": "m.a"})


@pytest.fixture
def kept(tmp_path: Path) -> Cache:
    import hashlib

    cache = Cache(tmp_path / "cache" / "form", tmp_path / "model")
    cache.write(GRAPH, replace(FACTS, sha256=hashlib.sha256(GRAPH).hexdigest()))
    return cache


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The pinned model in a folder of its own, but for its tokenizer."""
    place, folder = find_weights().place, tmp_path / "mine"
    assert place is not None
    for file in place.rglob("*"):
        if file.is_file() and file.name != "tokenizer.json":
            (folder / file.relative_to(place)).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.relative_to(place)).symlink_to(file)
    return folder


def test_what_is_kept_is_read_again(kept: Cache) -> None:
    form = kept.read()
    assert isinstance(form, OnnxForm)
    assert (form.graph, form.folder) == (GRAPH, kept.folder)
    assert replace(form.facts, sha256=FACTS.sha256) == FACTS
    assert {path.name for path in kept.place.parent.iterdir()} == {"form.onnx", "form.json"}


@pytest.mark.parametrize("ending", [".onnx", ".json"])
@pytest.mark.parametrize("data", [None, b"", b"another graph", b'{"sha256": 1}', b'{"more": 1}', b"[]"])
def test_what_is_not_whole_is_none(kept: Cache, ending: str, data: bytes | None) -> None:
    file = kept.place.with_suffix(ending)
    file.write_bytes(data) if data is not None else file.unlink()
    assert kept.read() is None


def test_a_changed_file_of_the_model_asks_for_another_form(model: Path) -> None:
    weights = find_weights(str(model))
    before = cache_of(weights)
    assert before == cache_of(weights)
    told = model / "sentence_bert_config.json"
    told.unlink()
    told.write_text(json.dumps({"max_seq_length": 64}), "utf-8")
    assert before != cache_of(weights)
    assert before != cache_of(replace(weights, digest="0" * 64))


@pytest.mark.parametrize("weights", [Weights("some/name", None, "unverified"), Weights("mine", Path(), "1" * 64)])
def test_weights_that_cannot_be_mapped_have_no_form(weights: Weights) -> None:
    assert cache_of(weights) is None
    assert ensure_form(weights) is None


@given(st.lists(st.integers(2, 256), max_size=80))
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int]) -> None:
    batches = _batches(lengths)
    assert sorted(row for rows in batches for row in rows) == list(range(len(lengths)))
    assert all(len(rows) * max(lengths[row] for row in rows) <= 1024 for rows in batches)
    longest_first = [lengths[row] for rows in batches for row in rows]
    assert longest_first == sorted(lengths, reverse=True)


def test_other_word_pieces_are_refused() -> None:
    class Halved(FakeEncoder):
        def piece(self, word: str) -> int:
            return super().piece(word[:2])

    assert least_cosine(FakeEncoder(), FakeEncoder(), ["numb feet", ""]) == pytest.approx(1)
    with pytest.raises(EncoderError, match="other word pieces"):
        least_cosine(FakeEncoder(), Halved(), ["numb feet"])


def test_vectors_that_are_no_numbers_are_refused() -> None:
    class Nowhere(FakeEncoder):
        def _one(self, text: str) -> Encoded:
            known = super()._one(text)
            return replace(known, vector=known.vector * np.float32("nan"))

    with pytest.raises(EncoderError, match="cosine nan"):
        least_cosine(FakeEncoder(), Nowhere(), ["numb feet", "cold feet"])


@pytest.mark.parametrize(
    ("fault", "remembered"), [(MemoryError(), False), (ImportError("onnx"), False), (RuntimeError(), True)]
)
def test_what_the_machine_lacked_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, *, remembered: bool
) -> None:
    def fails(*_: object) -> None:
        raise fault

    monkeypatch.setattr(onnx_export, "_made", fails)
    cache = Cache(tmp_path / "form", tmp_path)
    facts = ensure_form(Weights("mine", tmp_path, "1" * 64), cache)
    assert facts is not None
    assert facts.refused.startswith(f"it cannot be exported ({type(fault).__name__}")
    assert cache.read() == (facts if remembered else None)


@pytest.mark.slow
def test_vectors_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "LEAST", 1.001)
    with pytest.raises(EncoderError, match=r"vectors differ from those of sentence-transformers \(cosine \d\.\d+\)"):
        make_form(SentenceEncoder(find_weights(), threads=1), ["Numb feet are a sign."])


@pytest.mark.slow
def test_a_form_is_held_against_dozens_of_real_texts() -> None:
    encoder = load_encoder()
    texts = packaged_texts(encoder)
    assert 48 <= len(set(texts)) <= 100
    assert max(map(encoder.count, texts)) > 100
    assert any(text.endswith("?") for text in texts)


@pytest.mark.slow
def test_the_form_of_the_pinned_model_leaves_its_weights_where_they_are() -> None:
    facts = ensure_form(find_weights())
    assert facts is not None
    assert facts.cosine >= 0.99999
    form = load_encoder(runtime="auto")
    assert isinstance(form, OnnxEncoder)
    assert len(facts.weights) == 101  # all but the pooler's
    cache = cache_of(find_weights())
    assert cache is not None
    assert cache.place.with_suffix(".onnx").stat().st_size < 300_000


@pytest.mark.slow
def test_a_model_without_a_form_stays_on_torch_and_is_not_tried_again(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = find_weights(str(model))
    facts = ensure_form(weights)
    assert facts is not None
    assert facts.refused.endswith(f"is no folder with {SAFETENSORS} and tokenizer.json")
    monkeypatch.setattr(onnx_export, "make_form", lambda *_: pytest.fail("tried again"))
    assert ensure_form(weights) == facts
    given = EncoderSettings(model=str(model))
    assert open_encoder(given).runtime["encoder"] == "sentence-transformers"
    first = encoder_with_form(given, None)
    assert encoder_with_form(given, first) is first
    with pytest.raises(EncoderError, match=r"has no ONNX form on this machine \(.* is no folder with") as raised:
        encoder_with_form(replace(given, runtime="onnx"), None)
    assert "set `encoder.runtime` to auto" in raised.value.hint


@pytest.mark.slow
def test_where_the_cache_cannot_be_written_torch_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b12assistant").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(onnx_export, "make_form", lambda encoder: OnnxForm(GRAPH, FACTS, Path()))
    facts = ensure_form(find_weights())
    assert facts is not None
    assert "cannot be kept in" in facts.refused
    assert encoder_with_form(EncoderSettings(), None).runtime["encoder"] == "sentence-transformers"


@pytest.mark.slow
def test_asked_for_it_is_used_or_named_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_form(find_weights())
    asked = EncoderSettings(runtime="onnx")
    known = open_encoder(asked)
    assert known.runtime["encoder"] == "onnxruntime"
    assert encoder_with_form(asked, known) is known
    assert open_encoder(EncoderSettings(runtime="torch")).runtime["encoder"] == "sentence-transformers"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(EncoderError, match="has no ONNX form on this machine: `b12assistant index` makes one"):
        open_encoder(asked)


@pytest.mark.slow
def test_the_bits_do_not_depend_on_threads() -> None:
    ensure_form(find_weights())
    texts = packaged_texts(load_encoder())[:32]
    one, four = (list(load_encoder(threads=n, runtime="onnx").encode(texts)) for n in (1, 4))
    for first, second in zip(one, four, strict=True):
        assert np.array_equal(first.tokens, second.tokens)
        assert np.array_equal(first.vector, second.vector)


@pytest.mark.slow
def test_many_threads_share_one_encoder() -> None:
    ensure_form(find_weights())
    texts = [f"{'Myelin wraps every nerve. ' * (1 + i % 5)}{i}" for i in range(40)]
    alone = [next(open_encoder(EncoderSettings()).encode([text])).tokens for text in texts]
    shared = open_encoder(EncoderSettings())
    assert isinstance(shared, OnnxEncoder)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: next(shared.encode([text])).tokens, texts))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


@pytest.mark.slow
def test_documents_embedded_at_a_time_share_the_threads_of_bulk_work() -> None:
    ensure_form(find_weights())
    encoder = load_encoder(threads=2, runtime="onnx")
    texts = [f"Myelin wraps every nerve, {i}. " * 20 for i in range(24)]
    before = set(enumerate_threads())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: list(encoder.encode(texts)), range(4)))
        begun = [each.name for each in set(enumerate_threads()) - before]
    assert 1 <= sum(name.startswith("encoding") for name in begun) <= 2
    assert len(begun) <= 4 + 2


@pytest.mark.slow
def test_triage_hears_the_same_from_both() -> None:
    ensure_form(find_weights())
    theirs, ours = (load_encoder(runtime=runtime) for runtime in ("torch", "onnx"))
    changes = load_fitted().changes
    assert least_cosine(theirs.tuned(changes), ours.tuned(changes), packaged_texts(theirs)[:12]) > 0.99999

    def heard(encoder: Encoder, text: str) -> Opinion:
        return Triagers(lambda: encoder).second(Turn(0, text))

    for text in ("my legs feel odd, is milk good?", "I can't feel my saddle area since lunch"):
        first, second = heard(theirs, text), heard(ours, text)
        assert first.concern is second.concern
        for known, found in zip(first.judged, second.judged, strict=True):
            assert known.place == found.place
            assert found.shares == pytest.approx(known.shares, abs=2e-4)
