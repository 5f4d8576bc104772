"""Train the network that says, of a part of a message and what stands beside it, whether somebody is in danger.

Two logits: that somebody is in danger now, and that somebody may mean to harm themselves. Learns from
`benchmarks/data/`: the parts of letters, those that hold what is serious, of harmless letters those in which the red
flags hear something, and a few others; short messages, by themselves and between sentences of letters; and the events
of `red_flags/frames.jsonl`, each told as happening, as over, as a tale, a play, denied and as a figure of speech. What
stands by itself has nothing beside it. Poison says nothing of self-harm: it may be meant or not. Each fit begins with
the encoder of the red flags and draws its own examples; the mean of their weights is surer of neither side than one fit
and loses fewer emergencies (Wortsman and others, 2022, arXiv 2203.05482). A later phase (``--first``)
learns rambling letters whose level a reader gave, and a share of the rest; what ships has had two.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from b12assistant.answers import Turn
from b12assistant.index.encoding import DANGER, SentenceEncoder, load_encoder, parse_low_rank, red_flag_encoder
from b12assistant.index.onnx_encoder import find_weights
from b12assistant.language.folding import fold
from b12assistant.safety.assertion import without_denied
from b12assistant.safety.opinion import CONCERNS, EMERGENCIES, Asked, Concern
from b12assistant.safety.second_opinion import SecondOpinion, Triagers
from b12assistant.safety.turn_parts import SHORT, parts_told
from fit.data import Given, labelled_rows
from fit.graph import changed
from fit.low_rank import BATCH, BUCKET, Descent, batches
from fit.ranker import Joint, read_joint, write_joint
from fit.red_flag_rows import NONE, Row, as_row, letters, load, noisy, told_letters
from fit.words import LEARNED

LAYERS, FITS, ROUNDS, RATE, LATER_RATE = 6, 2, 2, 8e-5, 3e-5
SELF_HARM, POISONING = map(CONCERNS.index, (Concern.SELF_HARM, Concern.POISONING))
DANGERS = {*range(EMERGENCIES), CONCERNS.index(Concern.URGENT)}
HEARD = 0.015  # share of danger from which a harmless part is always learned,
LOUD = 0.1  # and from which it counts for more, and is learned by itself too
LETTER = 30  # words from which a message counts as a letter
OTHERS, OF_SERIOUS = 0.09, 0.3  # shares of the other harmless parts, and of those beside something serious
OF_FRAMES, OF_LOUD, OF_SHORTEST, OF_PUT, OF_ALONE, OF_OTHERS = 2.0, 1.5, 0.7, 0.7, 0.4, 0.5  # weights; else 1
HARMLESS_ALONE, HARMLESS_PUT = 0.55, 0.5  # shares of the harmless messages
OF_HARMLESS, OF_DANGER = 0.4, 0.4  # where another label is right as well; what another danger says of self-harm
ALTERED = 0.15  # share of the messages that are mistyped before they are put into a letter
SHORTEST = 0.65  # share of them of which the shortest part is learned; of the others any that holds them
TIMES = 3  # a message of self-harm is put into so many letters
RAMBLING, SPARED = "letters/rambling_more.jsonl", ("rc-", "rn-")  # of two of its writers the letters are only tried


class Learned(NamedTuple):
    """Shares of what is learned: letters and short messages, those with something serious and the others; frames."""

    serious: float = 1.0
    letters: float = 1.0
    grave: float = 1.0
    messages: float = 1.0
    frames: float = 1.0


AGAIN = Learned(0.15, 0.03, 1.0, 0.08, 0.3)  # in a later phase


class Example(NamedTuple):
    """A part, what stands before and after it, what it tells (a place in ``CONCERNS``), and its weight."""

    part: str
    before: str
    after: str
    concern: int
    weight: float = 1.0

    @property
    def beside(self) -> str:
        return f"{self.before.strip()} ... {self.after.strip()}"

    @property
    def alone(self) -> "Example":
        return self._replace(before="", after="")

    @property
    def told(self) -> tuple[bool, bool]:
        return self.concern in DANGERS, self.concern == SELF_HARM

    @property
    def weights(self) -> tuple[float, float]:
        of_harm = 0.0 if self.concern == POISONING else OF_DANGER if self.told == (True, False) else 1.0
        return self.weight, self.weight * of_harm


def frame_examples() -> Iterator[Example]:
    medical = CONCERNS.index(Concern.MEDICAL)
    for row in labelled_rows("red_flags/frames.jsonl"):
        before, grave, after = row["text"].partition(row["grave"])
        concern = medical if row["frame"].startswith("now") else NONE
        yield Example(grave, before[-250:], after[:250], concern, OF_FRAMES)


def parts_of(row: Row) -> Iterator[tuple[Example, bool]]:
    """Yield the parts of a message but those that hold half of what is serious, and whether they hold all of it."""
    text = without_denied(row.turn.text)
    first = row.turn.text.index(row.serious) if row.serious else len(text)
    last = first + len(row.serious)
    for each in parts_told(text, fold(text)):
        holds = bool(row.serious) and each.start <= first and last <= each.end + 1
        if holds or each.end <= first or each.start >= last:
            yield Example(each.text, *each.beside, row.concern if holds else NONE), holds


def doubt_of(row: Row) -> float:
    """Return what a harmless message counts for: less where a grave label is right as well."""
    return OF_HARMLESS if {"emergency", "urgent"} & row.acceptable else 1.0


def letter_examples(rows: Sequence[Row], heard: SecondOpinion, rng: random.Random) -> Iterator[Example]:
    """Yield parts of letters: all that hold what is serious, the shortest by itself too, and harmless ones."""
    for row in rows:
        holding = []
        for example, holds in parts_of(row):
            if holds:
                holding.append(example)
                continue
            share = sum(heard(Asked(Turn(0, example.part))).shares[: EMERGENCIES + 1])
            if row.serious:
                if share >= HEARD and rng.random() < OF_SERIOUS:
                    yield example._replace(weight=OF_OTHERS)
            elif share >= HEARD:
                yield example._replace(weight=doubt_of(row) * (OF_LOUD if share >= LOUD else 1.0))
            elif rng.random() < OTHERS:
                yield example._replace(weight=OF_OTHERS)
            if share >= LOUD and not row.serious:
                yield example.alone._replace(weight=doubt_of(row) * OF_ALONE)
        yield from holding
        if holding:
            yield min(holding, key=lambda each: len(each.part)).alone._replace(weight=OF_SHORTEST)


def message_examples(rows: Sequence[Row], calm: Sequence[str], rng: random.Random) -> Iterator[Example]:
    """Yield short messages by themselves, and between sentences of harmless letters."""
    for row in rows:
        is_grave = row.concern in DANGERS
        if is_grave or rng.random() < HARMLESS_ALONE:
            alone = Example(row.turn.text.strip(), "", "", row.concern if is_grave else NONE)
            yield alone._replace(weight=1.0 if is_grave else OF_OTHERS * doubt_of(row))
        times = TIMES if row.concern == SELF_HARM else int(is_grave or rng.random() < HARMLESS_PUT)
        for _ in range(times):
            turn = Turn(0, noisy(row.turn.text, rng)) if rng.random() < ALTERED else row.turn
            put_in = put(replace(row, turn=turn), rng.choice(calm), rng)
            found = sorted((each for each, holds in parts_of(put_in) if holds), key=lambda each: len(each.part))
            if found:
                chosen = found[0] if rng.random() < SHORTEST else rng.choice(found)
                concern = row.concern if is_grave else NONE
                yield chosen._replace(concern=concern, weight=1.0 if is_grave else OF_PUT * doubt_of(row))


def put(row: Row, letter: str, rng: random.Random) -> Row:
    """Put a message between two sentences of a letter."""
    at = rng.choice([each.end for each in parts_told(letter, fold(letter))])
    before, message = letter[:at].rstrip(), row.turn.text.strip()
    return replace(row, turn=Turn(0, f"{before}. {message}. {letter[at:].lstrip(' .!?')}"), serious=message)


def trained(joint: Joint, examples: Sequence[Example], rng: random.Random, rounds: int, rate: float) -> Joint:
    """Train a network on every example once a round."""
    steps = rounds * (len(examples) // BATCH + BUCKET)
    descent = Descent([([each for each in joint.parameters() if each.requires_grad], rate)], steps)
    lengths = [len(each.part) + len(each.beside) for each in examples]
    joint.train()
    for batch in (batch for _ in range(rounds) for batch in batches(lengths, rng)):
        some = [examples[i] for i in batch]
        found = joint.of_pairs([each.part for each in some], [each.beside for each in some])
        true = torch.tensor([each.told for each in some], dtype=torch.float32)
        weights = torch.tensor([each.weights for each in some])
        loss = nn.functional.binary_cross_entropy_with_logits(found, true, reduction="none")
        descent.step((loss * weights).sum() / weights[:, 0].sum())
    return joint.eval()


def untrained() -> Joint:
    """Return the first layers of the encoder of the red flags."""
    with np.load(LEARNED) as thin:
        encoder = changed(SentenceEncoder(find_weights(), threads=2), dict(parse_low_rank(thin)()))
    return Joint(encoder.model, LAYERS, logits=2)


def mean_of(joints: Sequence[Joint]) -> Joint:
    """Return the last of some networks, with the mean of the weights of all."""
    states = [each.state_dict() for each in joints]
    joints[-1].load_state_dict({name: sum(state[name] for state in states) / len(states) for name in states[0]})
    return joints[-1]


def rambling_letters() -> Iterator[Row]:
    """Yield letters at the level of their reader, or of their writer if nothing was heard in them."""
    for row in labelled_rows(RAMBLING):
        told = as_row({"kind": "medical", **row, "level": row.get("reader", row["level"])})
        if is_told(told) and not row["id"].startswith(SPARED):
            yield told


def examples_of(rng: random.Random, heard: SecondOpinion, later: Sequence[Row], shares: Learned) -> list[Example]:
    """Return examples of ``later`` letters, and of ``shares`` of all others."""
    messages = [row for row in load("train") if row.language == "en" and row.former is None]
    more, public = letters("train_more"), (*load("letters_public"), *load("letters_short"))
    split = (*letters("train"), *more, *load("letters_train"), *load("letters_crisis"), *told_letters(), *public)
    rows = {row.turn.text: row for row in (*split, *messages) if row.former is None}
    calm = [row.turn.text for row in (*more, *public, *later) if row.concern == NONE]
    long = [row for row in rows.values() if len(row.turn.text.split()) > LETTER and is_told(row)]
    short = [row for row in messages if len(row.turn.text.split()) <= SHORT and any(map(str.isalnum, row.turn.text))]
    drawn = [row for row in long if rng.random() < (shares.serious if row.serious else shares.letters)]
    messages = [row for row in short if rng.random() < (shares.grave if row.concern in DANGERS else shares.messages)]
    frames = [each for each in frame_examples() if rng.random() < shares.frames]
    return [*letter_examples([*later, *drawn], heard, rng), *message_examples(messages, calm, rng), *frames]


def is_told(row: Row) -> bool:
    """Return whether it is known what is serious in a message, or that nothing is."""
    return bool(row.serious) or row.concern not in DANGERS


def fit(given: Given) -> None:
    heard = Triagers(lambda: red_flag_encoder(load_encoder(threads=1))).second
    joints = []
    for seed in range(FITS if given.first is None else 1):
        torch.manual_seed(seed)
        rng = random.Random(seed)
        if given.first is None:
            joint, rounds, rate, later, shares = untrained(), ROUNDS, RATE, [], Learned()
        else:
            joint, rounds, rate = read_joint(untrained(), given.first), 1, LATER_RATE
            later, shares = list(rambling_letters()), AGAIN
        examples = examples_of(rng, heard, later, shares)
        joints.append(trained(joint, examples, rng, rounds, given.rate or rate))
    write_joint(mean_of(joints), DANGER, red_flag_encoder(load_encoder()).digest, find_weights().place)
