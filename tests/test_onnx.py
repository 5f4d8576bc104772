"""The ONNX graph that ships: verified when read, equal to what the tool makes, with the same bits in any thread."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeEncoder
from fit.data import DATA, PACKAGED
from fit.graph import changed, make_graph, rounding
from numpy.typing import NDArray

from b12assistant.answers import Level, Turn
from b12assistant.api import Workspace
from b12assistant.application.health import examine
from b12assistant.config import load_configuration
from b12assistant.errors import EncoderError
from b12assistant.index.encoding import (
    EIGHT_BITS,
    FILE,
    IN_CONTEXT,
    RED_FLAGS,
    SentenceEncoder,
    in_eight_bits,
    load_encoder,
    parse_low_rank,
    red_flag_encoder,
    tuned_encoder,
)
from b12assistant.index.onnx_encoder import (
    GRAPHS,
    PINNED_MODEL,
    TOKENIZER,
    OnnxEncoder,
    OnnxGraph,
    find_weights,
    shipped_graph,
)
from b12assistant.protocols import Encoder
from b12assistant.safety.second_opinion import Triagers

TEXTS = 48  # to compare on
LARGEST = 4_000_000  # numbers in a weight that is changed to check tuning: leaves out the word vectors


def compare(encoder: SentenceEncoder, graph: OnnxGraph) -> float:
    """Compare with sentence-transformers, also after a change to most weights. Returns the least cosine."""
    ours = OnnxEncoder(encoder.weights, graph, threads=1)
    texts = packaged_texts(encoder)
    changes = _changes(encoder, graph.weights)
    return min(
        least_cosine(encoder, ours, texts),
        least_cosine(changed(encoder, changes), ours.tuned(changes.items, "changed"), texts[: TEXTS // 4]),
    )


def least_cosine(theirs: Encoder, ours: Encoder, texts: Sequence[str]) -> float:
    """Find the least cosine of vectors and token vectors; 0 if word pieces differ."""
    least = 1.0
    for text, known, found in zip(texts, theirs.encode(texts), ours.encode(texts), strict=True):
        same = np.array_equal(known.pieces, found.pieces) and np.array_equal(known.offsets, found.offsets)
        if not same or theirs.count(text) != ours.count(text):
            return 0.0
        tokens = (known.tokens * found.tokens).sum(axis=1)
        least = float(np.min([least, known.vector @ found.vector, *tokens]))  # NaN if any is
    return least


def packaged_texts(encoder: Encoder) -> list[str]:
    """Take headings and paragraphs of the packaged corpus, every eighth with the two that follow it."""
    written = "\n\n".join(path.read_text("utf-8") for path in sorted((PACKAGED / "data" / "corpus").rglob("*.md")))
    parts = [" ".join(part.lstrip("#").split()) for part in re.split(r"\n\s*\n", written)]
    texts = [" ".join(parts[i : i + 3]) if i % 8 == 0 else part for i, part in enumerate(parts)]
    fitting = [text for text in texts if 0 < encoder.count(text) <= encoder.limit]
    return fitting[:: max(1, len(fitting) // TEXTS)]


def _changes(encoder: SentenceEncoder, names: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
    """Change every matrix but the word vectors: add some of the same matrix, shifted by a row."""
    model: Any = encoder.model
    found = {name: weight.detach().numpy() for name, weight in model[0].auto_model.named_parameters()}
    matrices = {name: found[name] for name in names if name in found and found[name].ndim == 2}
    return {name: 0.05 * np.roll(matrix, 1, axis=0) for name, matrix in matrices.items() if matrix.size < LARGEST}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The pinned model in a folder of its own."""
    place, folder = find_weights().place, tmp_path / "mine"
    assert place is not None
    for file in place.rglob("*"):
        if file.is_file():
            (folder / file.relative_to(place)).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.relative_to(place)).symlink_to(file)
    return folder


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The graph's folder in a copy of the package that a test may damage."""
    folder = tmp_path / "package" / GRAPHS
    folder.mkdir(parents=True)
    for ending in (".json", ".onnx"):
        name = f"{PINNED_MODEL}{ending}"
        (folder / name).write_bytes((PACKAGED / GRAPHS / name).read_bytes())
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path / "package")
    return folder


@pytest.mark.parametrize("name", [TOKENIZER, "sentence_bert_config.json"])
@pytest.mark.parametrize("data", [None, b"{}"])
def test_a_model_whose_files_differ_has_no_graph(model: Path, name: str, data: bytes | None) -> None:
    (model / name).unlink()
    if data is not None:
        (model / name).write_bytes(data)
    assert shipped_graph(find_weights(str(model))) is None


@pytest.mark.parametrize("ending", [".onnx", ".json"])
@pytest.mark.parametrize("data", [None, b"another graph", b"[]"])
def test_a_damaged_graph_is_refused(package: Path, ending: str, data: bytes | None) -> None:
    assert shipped_graph(find_weights()) is not None
    file = package / f"{PINNED_MODEL}{ending}"
    file.write_bytes(data) if data is not None else file.unlink()
    with pytest.raises(EncoderError, match="the encoder's graph") as raised:
        shipped_graph(find_weights())
    assert raised.value.hint == "reinstall b12assistant"


@pytest.mark.slow
@pytest.mark.nightly
def test_what_ships_is_what_the_tool_makes_and_gives_what_sentence_transformers_gives() -> None:
    made = make_graph(SentenceEncoder(find_weights(), threads=1), eight_bits=False)
    encoder, shipped = SentenceEncoder(find_weights(), threads=1), shipped_graph(find_weights())
    assert shipped is not None
    assert compare(encoder, shipped) >= 0.99999
    bare = [replace(each, data=b"", sha256="", traced="") for each in (made, shipped)]
    assert bare[0] == bare[1]
    if made.data != shipped.data:  # another version of torch may write the same graph differently
        assert compare(encoder, made) >= 0.99999


@pytest.mark.slow
def test_the_bits_do_not_depend_on_threads() -> None:
    texts = packaged_texts(load_encoder())[:32]
    one, four = (list(load_encoder(threads=n).encode(texts)) for n in (1, 4))
    for first, second in zip(one, four, strict=True):
        assert np.array_equal(first.tokens, second.tokens)
        assert np.array_equal(first.vector, second.vector)


@pytest.mark.slow
def test_many_threads_share_one_encoder() -> None:
    texts = [f"{'Myelin wraps every nerve. ' * (1 + i % 5)}{i}" for i in range(40)]
    one, shared = load_encoder(), load_encoder()
    alone = [next(one.encode([text])).tokens for text in texts]
    assert isinstance(shared, OnnxEncoder)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: next(shared.encode([text])).tokens, texts))
    assert all(np.array_equal(first, second) for first, second in zip(alone, together, strict=True))


@pytest.mark.slow
def test_the_encoder_of_red_flags_is_the_one_that_was_learned() -> None:
    """Rounded to eight bits it is close, and closer than another."""
    plain = load_encoder()
    assert isinstance(plain, OnnxEncoder)
    learned = plain.tuned(parse_low_rank(np.load(DATA / "red_flags" / "second_opinion.npz")), "learned")
    texts = packaged_texts(plain)[:12]
    found, exact, other = ([each.vector for each in e.encode(texts)] for e in (red_flag_encoder(plain), learned, plain))
    close, far = (np.sum(np.multiply(found, each), axis=1) for each in (exact, other))
    assert close.min() > 0.9
    assert np.all(close > far)


@pytest.mark.parametrize("file", [FILE, IN_CONTEXT])
def test_questions_are_read_close_to_how_passages_are(file: str) -> None:
    """In eight bits by the same changed weights: closer to these than to others."""
    plain = load_encoder(threads=1)
    tuned = tuned_encoder(plain, file)
    rounded = in_eight_bits(tuned)
    assert rounded is not tuned
    assert rounded.digest == tuned.digest
    texts = packaged_texts(plain)[:12]
    assert least_cosine(tuned, rounded, texts) > 0.94  # of any token; 0 if word pieces differ
    found, exact, other = (np.array([each.vector for each in e.encode(texts)]) for e in (rounded, tuned, plain))
    close, far = (np.sum(found * each, axis=1) for each in (exact, other))
    assert close.min() > 0.985
    assert np.all(close > far)


def test_the_graph_in_eight_bits_is_made_of_the_one_that_ships() -> None:
    whole, rounded = (shipped_graph(find_weights(), name) for name in (PINNED_MODEL, EIGHT_BITS))
    assert whole is not None
    assert rounded == rounding(whole)


@pytest.mark.parametrize("damage", ["onnx", "json"])
def test_a_damaged_graph_of_questions_is_named_by_doctor(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (PACKAGED / GRAPHS).iterdir():
        cut = file.name == f"{EIGHT_BITS}.{damage}"
        (tmp_path / file.name).write_bytes(file.read_bytes()[: -9 if cut else None])
    monkeypatch.setattr("b12assistant.index.onnx_encoder.GRAPHS", str(tmp_path))
    space = Workspace(load_configuration(environment={}, flags={"paths.index": str(tmp_path / "index")}))
    (problem,) = examine(space)["problems"]
    assert f"{EIGHT_BITS}.onnx" in problem


def test_an_encoder_without_a_graph_in_eight_bits_stays() -> None:
    other = FakeEncoder()
    assert in_eight_bits(other) is other
    weights, graph = replace(find_weights(), digest="0" * 64), shipped_graph(find_weights())
    assert graph is not None
    changed_weights = OnnxEncoder(weights, graph, threads=1)
    assert in_eight_bits(changed_weights) is changed_weights


def test_an_encoder_without_one_for_red_flags_is_refused() -> None:
    with pytest.raises(EncoderError, match="no encoder of red flags"):
        red_flag_encoder(FakeEncoder())
    weights = find_weights()
    graph = shipped_graph(weights)
    assert graph is not None
    other = OnnxEncoder(replace(weights, digest="0" * 64), graph, threads=1)
    with pytest.raises(EncoderError, match="no encoder of red flags"):
        red_flag_encoder(other)


@pytest.mark.parametrize("damage", ["onnx", "json"])
def test_without_its_graph_triage_goes_by_words_and_says_why(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (PACKAGED / GRAPHS).glob(f"{RED_FLAGS}.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes()[: -9 if file.suffix == f".{damage}" else None])
    monkeypatch.setattr("b12assistant.index.onnx_encoder.GRAPHS", str(tmp_path))
    triagers = Triagers(lambda: red_flag_encoder(SentenceEncoder(find_weights(), threads=1)))
    (problem,) = triagers.problems
    assert "red_flags.onnx" in problem
    flag = triagers.in_use([Turn(0, "my dad is having a stroke")]).flag
    assert flag is not None
    assert flag.level is Level.EMERGENCY


@pytest.mark.slow
def test_the_runtime_stores_nothing_of_its_own_and_contacts_no_server(tmp_path: Path) -> None:
    """Its wheels can collect events, keep a device id in the cache and send them."""
    code = "from b12assistant.index.onnx_encoder import import_runtime; import_runtime()"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("tuned", [False, True])
def test_texts_in_one_run_have_the_vectors_that_each_has_alone(*, tuned: bool) -> None:
    plain = load_encoder(threads=1)
    encoder = tuned_encoder(plain) if tuned else plain
    assert isinstance(encoder, OnnxEncoder)
    texts = ["B12", "?", *packaged_texts(load_encoder())[:22]]
    for first in range(0, len(texts), 6):
        together = encoder.each(texts[first : first + 6])
        for text, each in zip(texts[first:], together, strict=False):
            alone = next(iter(encoder.encode([text])))
            # Identical on the processor it was tried on; another may add in another order.
            assert np.allclose(each.tokens, alone.tokens, rtol=0, atol=1e-6)
            assert np.allclose(each.vector, alone.vector, rtol=0, atol=1e-6)
            assert (each.pieces.tolist(), each.offsets.tolist()) == (alone.pieces.tolist(), alone.offsets.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("of", [red_flag_encoder, in_eight_bits])
def test_in_eight_bits_texts_do_not_change_each_other(of: Callable[[Encoder], Encoder]) -> None:
    encoder = of(load_encoder(threads=2))
    texts = ["B12", "?", "My feet are numb. " * 20, "Is it serious? " * 20]
    alone = [next(iter(encoder.encode([text]))) for text in texts]
    for together in (list(encoder.encode(texts)), encoder.each(texts), encoder.each(texts[2:])):
        for own, other in zip(alone[-len(together) :], together, strict=True):
            np.testing.assert_array_equal(own.tokens, other.tokens)
            np.testing.assert_array_equal(own.vector, other.vector)
