"""Train the network that says, of a grave sentence and its neighbours, whether it is happening now.

Learns from `benchmarks/data/`: the events of `red_flags/frames.jsonl`, each told as happening, as over, as a tale, a
play, denied and as a figure of speech; what is serious in letters; parts of harmless letters that sound like danger to
the words alone; and short messages of both kinds, put between sentences of letters. Begins with three layers of the
encoder of the red flags. What ships was fitted on a GPU, in one minute.
"""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from b12assistant.answers import Turn
from b12assistant.index.encoding import NOW, SentenceEncoder, load_encoder, parse_low_rank, red_flag_encoder
from b12assistant.index.onnx_encoder import find_weights
from b12assistant.language.folding import fold
from b12assistant.safety.opinion import EMERGENCIES
from b12assistant.safety.second_opinion import WordOpinion, load_word_model
from b12assistant.safety.turn_parts import SHORT, parts_told
from fit.data import Given, labelled_rows
from fit.graph import changed
from fit.low_rank import BATCH, BUCKET, Descent, batches
from fit.reader import Joint, write_joint
from fit.red_flag_rows import NONE, Row, load, told_letters
from fit.words import LEARNED, RULES

LAYERS, ROUNDS, RATE = 3, 5, 1e-4
OF_FRAMES, OF_PUT = 3.0, 0.7  # weights of examples; of the others 1
DANGER = 0.12  # a harmless part is learned from this share of danger on
OTHERS = 0.02  # share of the other harmless parts that are learned too
TRAPS = {"past", "figurative", "figure", "hypothetical", "joke", "negated", "fiction", "calm", "third_person", "after"}
NEW = ("ka-", "kb-", "kc-", "kd-", "ke-", "kf-", "kg-", "kh-")  # of train.jsonl: left out, to measure on


class Example(NamedTuple):
    """A part of a message, what stands before and after it, and whether it tells what happens now."""

    part: str
    before: str
    after: str
    now: bool
    weight: float = 1.0

    @property
    def beside(self) -> str:
        return f"{self.before.strip()} ... {self.after.strip()}"


def frame_examples() -> Iterator[Example]:
    for row in labelled_rows("red_flags/frames.jsonl"):
        before, grave, after = row["text"].partition(row["grave"])
        yield Example(grave, before[-250:], after[:250], row["frame"].startswith("now"), OF_FRAMES)


def letter_examples(rows: Sequence[Row], words: WordOpinion, rng: random.Random) -> Iterator[Example]:
    """Yield the parts that hold what is serious; of harmless letters those that sound dangerous, and a few others."""
    for row in rows:
        text = row.turn.text
        for each in parts_told(text, fold(text)):
            own, start, end = each.text.strip(), len(each.text) - len(each.text.lstrip()), len(each.text.rstrip())
            example = Example(own, each.among[:start], each.among[end:], bool(row.serious))
            if row.serious:
                is_learned = row.serious[:30] in own
            else:
                is_learned = danger_by_words(own, words) >= DANGER or rng.random() < OTHERS
            if is_learned:
                yield example


def danger_by_words(text: str, words: WordOpinion) -> float:
    """Return the share of danger by the words alone, 0 to 1."""
    reading = words.read(Turn(0, text), None)
    return float(np.exp(words.log_shares(reading, reading.whole))[: EMERGENCIES + 1].sum())


def inserted_examples(rows: Sequence[Row], others: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Put short messages between sentences of letters."""
    for row in rows:
        beside = rng.choice(others)
        yield Example(row.turn.text, beside.before, beside.after, row.concern != NONE, OF_PUT)


def fit(_given: Given) -> None:
    torch.manual_seed(0)
    rng, words = random.Random(0), WordOpinion(load_word_model(), RULES)
    rows = [row for row in load("train") if row.language == "en" and not row.id.startswith(NEW)]
    short = [row for row in rows if row.former is None and len(row.turn.text.split()) <= SHORT]
    long = [row for row in (*load("letters_train"), *told_letters(), *rows) if row.serious or row.concern == NONE]
    examples = list(letter_examples([row for row in long if len(row.turn.text.split()) > SHORT], words, rng))
    alike = [row for row in short if row.level in ("emergency", "urgent") or row.trap in TRAPS]
    examples += [*inserted_examples(alike, [each for each in examples if not each.now], rng), *frame_examples()]
    with np.load(LEARNED) as learned:
        encoder = changed(SentenceEncoder(find_weights(), threads=1), dict(parse_low_rank(learned)()))
    joint = Joint(encoder.model, LAYERS)
    descent = Descent(
        [([each for each in joint.parameters() if each.requires_grad], RATE)],
        ROUNDS * (len(examples) // BATCH + BUCKET),
    )
    joint.train()
    for batch in (batch for _ in range(ROUNDS) for batch in batches([len(each.part) for each in examples], rng)):
        some = [examples[i] for i in batch]
        found = joint.of_pairs([each.part for each in some], [each.beside for each in some])
        now, weights = (
            torch.tensor([float(value) for value in each]) for each in zip(*(t[3:] for t in some), strict=True)
        )
        loss = nn.functional.binary_cross_entropy_with_logits(found, now, reduction="none")
        descent.step((loss * weights).sum() / weights.sum())
    write_joint(joint.eval(), NOW, red_flag_encoder(load_encoder()).digest, encoder.weights.place)
