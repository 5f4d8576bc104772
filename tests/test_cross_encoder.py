"""Re-ordering by a cross-encoder: by a fake one, and by the real loading code with a tiny model of random weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from builders import build_collection, build_document
from corpora import again, three_files
from fakes import PLAIN, FakeCrossEncoder, FakeEncoder, fake_workspace

from b12assistant.answering.engine import Engine
from b12assistant.application import health
from b12assistant.config import RetrievalSettings, Settings
from b12assistant.errors import EncoderError
from b12assistant.evaluation import bench
from b12assistant.index.cross_encoder import PairClassifier, load_cross_encoder, reordered
from b12assistant.types import Hit

COLLECTION = build_collection(
    *(build_document(text, file=f"{i}.txt") for i, text in enumerate(("Tea nerve.", "Milk nerve.", "Milk milk nerve.")))
)
HITS = tuple(Hit(passage, 9.0 - i, i + 1) for i, passage in enumerate(COLLECTION.passages))
TEXTS = ["milk is white .", "nerve", "tea is hot . " * 100, "b12 nerve milk", "nerve"]


def order(hits: tuple[Hit, ...]) -> str:
    return "".join(hit.passage.document.id[0] for hit in hits)


@pytest.mark.parametrize(("most", "expected"), [(1, "012"), (2, "102"), (3, "210"), (20, "210")])
def test_the_best_are_reordered_and_the_rest_follows(most: int, expected: str) -> None:
    model = FakeCrossEncoder("milk")
    found = reordered("which milk?", HITS, model, most)
    assert order(found) == expected
    assert [(hit.rank, hit.score) for hit in found] == [(1, 9.0), (2, 8.0), (3, 7.0)]
    assert model.read == [("which milk?", ("Tea nerve.", "Milk nerve.", "Milk milk nerve.")[:most])]


def test_what_scores_alike_keeps_its_order() -> None:
    assert reordered("?", HITS, FakeCrossEncoder("nerve"), 3) == HITS
    assert reordered("?", (), FakeCrossEncoder("nerve"), 3) == ()


@pytest.mark.parametrize(("word", "cross_encoded"), [("tea", 3), ("milk", 3), ("milk", 2)])
def test_the_engine_reorders_more_than_it_gives(word: str, cross_encoded: int) -> None:
    settings = Settings(retrieval=RetrievalSettings(cross_encoded=cross_encoded))
    plain = Engine(COLLECTION, FakeEncoder(), PLAIN)
    crossed = Engine(COLLECTION, FakeEncoder(), PLAIN, cross_encoder=FakeCrossEncoder(word))
    query = plain.query("tea nerve")
    ranked = plain.hits(query, settings, 3)
    expected = order(reordered("tea nerve", ranked, FakeCrossEncoder(word), cross_encoded))
    for k in (1, 2, 3):
        assert order(crossed.hits(query, settings, k)) == expected[:k]
    assert (order(ranked) != expected) == (word == "milk")


def test_it_is_off_by_default(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    space.index()
    assert again(space).engine.cross_encoder is None
    assert load_cross_encoder("") is None


def test_a_ranking_of_the_benchmark_can_turn_it_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeCrossEncoder("lettuce")
    monkeypatch.setattr(bench, "load_cross_encoder", {"": None, "mine": model}.__getitem__)
    (tmp_path / "plain.toml").write_text("", "utf-8")
    (tmp_path / "crossed.toml").write_text('[retrieval]\ncross_encoder = "mine"\ncross_encoded = 3\n', "utf-8")
    request = bench.Request(
        folder=Path(__file__).parent / "fixtures" / "tiny_collection",
        cache=tmp_path / "cache",
        configs=[tmp_path / "plain.toml", tmp_path / "crossed.toml"],
    )
    plain, crossed = bench.Bench(fake_workspace(tmp_path, tmp_path), request).report()["rankings"]
    assert plain["measures"]["MRR"]["mean"] == pytest.approx(1.0)
    assert crossed["measures"]["MRR"]["mean"] < 1
    assert crossed["retrieval"]["cross_encoder"] == "mine"
    assert {len(texts) for _, texts in model.read} == {3}


def saved(folder: Path, labels: int = 1) -> Path:
    """A BERT of two layers that reads 48 tokens, with random weights, as transformers saves it."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted({word for text in TEXTS for word in text.split()})]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=48,
        initializer_range=0.5,  # so that scores differ
    )
    config.num_labels = labels
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def model(place: Path) -> PairClassifier:
    loaded = load_cross_encoder(str(place))
    assert loaded is not None
    return loaded


@pytest.mark.slow
def test_a_score_is_what_the_classifier_says_of_the_pair(place: Path, model: PairClassifier) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer, classifier = (
        kind.from_pretrained(str(place)) for kind in (AutoTokenizer, AutoModelForSequenceClassification)
    )
    with torch.inference_mode():
        expected = [
            classifier(
                **tokenizer("nerve b12", text, truncation=True, max_length=48, return_tensors="pt")
            ).logits.item()
            for text in TEXTS
        ]
    scores = model.score("nerve b12", TEXTS)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    assert np.ptp(scores) > 0.1


@pytest.mark.slow
def test_the_same_call_gives_the_same_bits(place: Path, model: PairClassifier) -> None:
    texts = TEXTS * 9  # more than a batch
    first = model.score("nerve", texts)
    fresh = load_cross_encoder(str(place))
    assert fresh is not None
    for other in (model, fresh):
        assert np.array_equal(other.score("nerve", texts), first)
    assert model.score("nerve", []).shape == (0,)


@pytest.mark.slow
def test_the_configured_model_is_loaded_once_and_reorders(place: Path, tmp_path: Path, model: PairClassifier) -> None:
    space = three_files(tmp_path)
    space.index()
    crossed = again(space, flags={"retrieval.cross_encoder": str(place)})
    assert isinstance(crossed.engine.cross_encoder, PairClassifier)
    assert crossed.engine is crossed.engine
    question = "nerve b12"
    _, ranked = again(space).search(question)
    assert crossed.search(question)[1] == reordered(question, ranked, model, 20)
    assert health.examine(crossed)["problems"] == []


def without_a_head(folder: Path) -> None:
    from transformers import BertConfig, BertModel

    BertModel(BertConfig.from_pretrained(folder)).save_pretrained(folder)


def without_words(folder: Path) -> None:
    for file in (*folder.glob("*token*"), *folder.glob("vocab*")):
        file.unlink()


def of_another_size(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": 64}), "utf-8")


def cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def with_pickled_weights(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file

    weights = folder / "model.safetensors"
    torch.save(load_file(weights), folder / "pytorch_model.bin")
    weights.unlink()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (without_a_head, "is no cross-encoder .it is BertModel, not a …ForSequenceClassification"),
        (without_words, "is no cross-encoder .its tokenizer knows no word"),
        (of_another_size, "cannot be loaded"),
        (cut_short, "cannot be loaded"),
        (without_weights, "cannot be loaded"),
        (with_pickled_weights, "cannot be loaded"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be loaded"),
        (lambda folder: (folder / "config.json").unlink(), "cannot be loaded"),
    ],
    ids=["headless", "wordless", "another size", "cut short", "no weights", "pickled", "no JSON", "no config"],
)
def test_a_wrong_model_is_one_clear_line(
    damage: Callable[[Path], object],
    says: str,
    place: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = Path(copytree(place, tmp_path / "wrong"))
    damage(folder)
    capfd.readouterr()
    with pytest.raises(EncoderError, match=says) as raised:
        load_cross_encoder(str(folder))
    assert "\n" not in raised.value.message
    assert "retrieval.cross_encoder" in raised.value.hint
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_classifier_of_three_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="it gives a pair 3 scores, not one"):
        load_cross_encoder(str(saved(tmp_path / "three", labels=3)))


@pytest.mark.slow
def test_a_missing_model_is_a_problem_that_doctor_names(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    space.index()
    missing = again(space, flags={"retrieval.cross_encoder": str(tmp_path / "missing")})
    (problem,) = health.examine(missing)["problems"]
    assert "the cross-encoder" in problem
    assert "missing' cannot be loaded" in problem
    with pytest.raises(EncoderError, match="cannot be loaded"):
        missing.ask("What lowers B12?")
