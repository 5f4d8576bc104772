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
from b12assistant.safety.assertion import without_denied
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
    """A part of a message, what stands before and after it, and whether what the network is to say is true of it."""

    part: str
    before: str
    after: str
    true: bool
    weight: float = 1.0

    @property
    def beside(self) -> str:
        return f"{self.before.strip()} ... {self.after.strip()}"


def frame_examples() -> Iterator[Example]:
    for row in labelled_rows("red_flags/frames.jsonl"):
        before, grave, after = row["text"].partition(row["grave"])
        yield Example(grave, before[-250:], after[:250], row["frame"].startswith("now"), OF_FRAMES)


def parts_of(row: Row) -> Iterator[tuple[Example, bool]]:
    """Yield the parts of a message but those that hold half of what is serious, and whether they hold all of it."""
    text = without_denied(row.turn.text)
    first = row.turn.text.index(row.serious) if row.serious else len(text)
    last = first + len(row.serious)
    for each in parts_told(text, fold(text)):
        start, end = len(each.text) - len(each.text.lstrip()), len(each.text.rstrip())
        holds = bool(row.serious) and start <= first and last <= end + 1
        if holds or end <= first or start >= last:
            yield Example(each.text.strip(), each.among[:start], each.among[end:], holds), holds


def letter_examples(rows: Sequence[Row], words: WordOpinion, rng: random.Random) -> Iterator[Example]:
    """Yield the parts that hold what is serious; of harmless letters those that sound dangerous, and a few others."""
    for row in rows:
        for example, holds in parts_of(row):
            if holds or (not row.serious and (danger_by_words(example.part, words) >= DANGER or rng.random() < OTHERS)):
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


def learn(name: str, layers: int, examples: Sequence[Example], rounds: int, rate: float, rng: random.Random) -> None:
    """Train some layers of the encoder of the red flags on every example once a round, and write them."""
    with np.load(LEARNED) as learned:
        encoder = changed(SentenceEncoder(find_weights(), threads=2), dict(parse_low_rank(learned)()))
    joint = Joint(encoder.model, layers)
    steps = rounds * (len(examples) // BATCH + BUCKET)
    descent = Descent([([each for each in joint.parameters() if each.requires_grad], rate)], steps)
    lengths = [len(each.part) + len(each.beside) for each in examples]
    joint.train()
    for batch in (batch for _ in range(rounds) for batch in batches(lengths, rng)):
        some = [examples[i] for i in batch]
        found = joint.of_pairs([each.part for each in some], [each.beside for each in some])
        true, weights = (
            torch.tensor([float(value) for value in each]) for each in zip(*(t[3:] for t in some), strict=True)
        )
        loss = nn.functional.binary_cross_entropy_with_logits(found, true, reduction="none")
        descent.step((loss * weights).sum() / weights.sum())
    write_joint(joint.eval(), name, red_flag_encoder(load_encoder()).digest, encoder.weights.place)


def fit(_given: Given) -> None:
    torch.manual_seed(0)
    rng, words = random.Random(0), WordOpinion(load_word_model(), RULES)
    rows = [row for row in load("train") if row.language == "en" and not row.id.startswith(NEW)]
    short = [row for row in rows if row.former is None and len(row.turn.text.split()) <= SHORT]
    long = [row for row in (*load("letters_train"), *told_letters(), *rows) if row.serious or row.concern == NONE]
    examples = list(letter_examples([row for row in long if len(row.turn.text.split()) > SHORT], words, rng))
    alike = [row for row in short if row.level in ("emergency", "urgent") or row.trap in TRAPS]
    examples += [*inserted_examples(alike, [each for each in examples if not each.true], rng), *frame_examples()]
    learn(NOW, LAYERS, examples, ROUNDS, RATE, rng)
