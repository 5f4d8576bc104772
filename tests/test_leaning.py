"""A turn that needs what came before is told from one that stands alone by its vector."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from b12assistant.answering.context import Leaning, load_leaning
from b12assistant.index.encoding import load_encoder, tuned_encoder
from b12assistant.protocols import Encoder


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return tuned_encoder(load_encoder())


def leaning(encoder: Encoder, text: str) -> Leaning:
    model = load_leaning()
    assert model.encoder == encoder.digest
    return model.of(encoder.each([text])[0].vector)


@pytest.mark.parametrize(
    "text",
    [
        "What is myelin?",
        "How is B12 deficiency tested?",
        "Can vegans get enough B12?",
        "what is cidp",
        "why is it called cobalamin",
        "Is it safe to take B12 while pregnant?",
        "How long does it take for nerves to heal on b12?",
        "does oat milk have b12 in it",
        "Does metformin lower B12 and should I stop it?",
        "symptoms of cobalamin deficiency in children",
    ],
)
def test_a_whole_question_stands_alone(encoder: Encoder, text: str) -> None:
    assert leaning(encoder, text) is Leaning.NO


@pytest.mark.parametrize(
    "text",
    [
        "why?",
        "how often",
        "even once?",
        "and folate?",
        "what about injections",
        "is it permanent",
        "Does that hurt the nerves?",
        "what else causes them",
        "taste too?",
        "Why so long?",
        "Will swimming speed it up?",
        "No, I meant tablets.",
        "which one is safest?",
        "Is that from a plant?",
        "same for kids?",
        "and if she's on the tablets not the jabs",
    ],
)
def test_a_turn_leans(encoder: Encoder, text: str) -> None:
    assert leaning(encoder, text) is not Leaning.NO


def test_two_limits_make_three_answers() -> None:
    model = replace(load_leaning(), weights=np.array([1.0, 0.0], np.float32), limits=(0.4, 0.6))
    told = [model.of(np.array([value], np.float32)) for value in (-2.0, 0.0, 2.0)]
    assert told == [Leaning.NO, Leaning.MAYBE, Leaning.YES]
