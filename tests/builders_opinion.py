"""Predictable opinions: they know four made-up words, each for one concern, and nothing else."""

import numpy as np
from fakes import FakeEncoder

from b12assistant.answers import Triage, Turn
from b12assistant.errors import EncoderError
from b12assistant.protocols import PartReader
from b12assistant.safety.opinion import CONCERNS, Concern, Thresholds
from b12assistant.safety.second_opinion import Advice, Fitted, SecondOpinion, WordModel, WordOpinion, key_of
from b12assistant.safety.triage import Triager, load_rules

RULES = load_rules()
CUTS = Thresholds(0.6, 0.7, danger=0.52, decision=0.75, kept=0.1, foreign=0.9)
ENCODER = FakeEncoder(dimension=512)
ALARMING = {
    "zorp": Concern.MEDICAL,
    "glim": Concern.SELF_HARM,
    "frob": Concern.URGENT,
    "quux": Concern.MEDICAL_DECISION,
}


def silent_words(**words: Concern) -> WordModel:
    """A model that knows only these words, each for its concern."""
    keys = sorted((key_of(word), CONCERNS.index(concern)) for word, concern in words.items())
    weights = np.zeros((len(keys), len(CONCERNS)), np.int8)
    for row, (_, concern) in enumerate(keys):
        weights[row, concern] = 20
    bias = np.array([0, 0, 0, 0, 0, 4], np.float32)
    return WordModel(np.array([key for key, _ in keys], np.uint32), weights, np.ones(6, np.float32), bias, CUTS)


def knowing(digest: str) -> Fitted:
    """Looks for the words of ``ALARMING`` among the tokens, with one hidden unit for each."""
    d, h = ENCODER.dimension, len(ALARMING)
    hidden, gaze, out = np.zeros((d, h)), np.zeros((d, 1)), np.zeros((h, len(CONCERNS)))
    for unit, (word, concern) in enumerate(ALARMING.items()):
        hidden[ENCODER.piece(word), unit] = gaze[ENCODER.piece(word), 0] = 1
        out[unit, CONCERNS.index(concern)] = 10
    biases = (np.zeros(h), np.zeros(1), np.array([0, 0, 0, 0, 0, 4.0]))
    pairs = [(w.astype(np.float32), b.astype(np.float32)) for w, b in zip((hidden, gaze, out), biases, strict=True)]
    return Fitted(digest, pairs[0], pairs[1], pairs[2], CUTS)


ALONE = Advice(())  # the rules alone


def words_opinion(model: WordModel | None = None) -> WordOpinion:
    return WordOpinion(model or silent_words(**ALARMING), RULES)


def second(encoder: FakeEncoder = ENCODER, danger: PartReader | None = None) -> SecondOpinion:
    return SecondOpinion(words_opinion(), knowing(encoder.digest), encoder, danger)


def triage(*texts: str, advice: Advice | None = None) -> Triage:
    opinion = second()
    return Triager(RULES, advice or Advice((lambda: opinion,)))([Turn(i, text) for i, text in enumerate(texts)])


def flags(*texts: str, advice: Advice | None = None) -> list[tuple[str, str | None]]:
    return [
        (notice.text, notice.flag.rule if notice.flag else None) for notice in triage(*texts, advice=advice).notices
    ]


def no_encoder() -> SecondOpinion:
    raise EncoderError("no encoder")
