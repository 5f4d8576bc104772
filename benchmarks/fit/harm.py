"""Train the network that says, of a part of a letter and its neighbours, whether somebody may mean to harm themselves.

Learns from the parts of letters: those that speak of self-harm, of `red_flags/letters_crisis.jsonl` and the letters to
learn from; of the others those in which the red flags hear an emergency, and a few more. Short messages of
`red_flags/train.jsonl` of both kinds are put between sentences of letters. What poisons is left out: it may be either.
Begins with the encoder of the red flags.
"""

import random
from dataclasses import replace

import torch

from b12assistant.answers import Turn
from b12assistant.index.encoding import HARM, load_encoder, red_flag_encoder
from b12assistant.language.folding import fold
from b12assistant.safety.opinion import CONCERNS, EMERGENCIES, Asked, Concern
from b12assistant.safety.second_opinion import Triagers
from b12assistant.safety.turn_parts import SHORT, parts_told
from fit.data import Given
from fit.now import TRAPS, Example, learn, parts_of
from fit.red_flag_rows import NONE, Row, letters, load, told_letters

SELF_HARM, POISONING = map(CONCERNS.index, (Concern.SELF_HARM, Concern.POISONING))
LAYERS, ROUNDS, RATE = 6, 2, 8e-5
HEARD = 0.015  # share of an emergency from which a harmless part is always learned
OTHERS = 4_000  # further harmless parts
TIMES = 4  # a short message of self-harm is put into so many letters
OF_PUT, OF_OTHERS, OF_GRAVE = 0.6, 0.5, 0.3  # weights of examples; `OF_GRAVE`: what is serious for another reason


def put(row: Row, letter: str, rng: random.Random) -> Row:
    """Put a message between two sentences of a letter."""
    at = rng.choice([len(each.text.rstrip()) for each in parts_told(letter, fold(letter))])
    before, message = letter[:at].rstrip(), row.turn.text.strip()
    return replace(row, turn=Turn(0, f"{before}. {message}. {letter[at:].lstrip(' .!?')}"), serious=message)


def fit(_given: Given) -> None:
    torch.manual_seed(0)
    rng, heard = random.Random(0), Triagers(lambda: red_flag_encoder(load_encoder(threads=1))).second
    more = letters("train_more")
    rows = {row.turn.text: row for row in (*letters("train"), *more)}
    rows |= {row.turn.text: row for row in (*load("letters_train"), *load("letters_crisis"), *told_letters())}
    calm = [row.turn.text for row in more]
    short = [row for row in load("train") if row.language == "en" and len(row.turn.text.split()) <= SHORT]
    examples, others = list[Example](), list[Example]()
    for row in (row for row in rows.values() if row.serious or row.level == "none"):
        for example, holds in parts_of(row):
            if holds and row.concern == SELF_HARM:
                examples.append(example)
            elif holds and row.concern != POISONING:
                examples.append(example._replace(true=False, weight=OF_GRAVE))
            elif holds:
                continue
            elif sum(heard(Asked(Turn(0, example.part))).shares[:EMERGENCIES]) >= HEARD:
                examples.append(example)
            else:
                others.append(example._replace(weight=OF_OTHERS))
    examples += rng.sample(others, OTHERS)
    for row in short:
        times = TIMES if row.concern == SELF_HARM else int(row.concern == NONE and row.trap in TRAPS)
        told = (each for _ in range(times) for each, holds in parts_of(put(row, rng.choice(calm), rng)) if holds)
        examples += [each._replace(true=row.concern == SELF_HARM, weight=OF_PUT) for each in told]
    learn(HARM, LAYERS, examples, ROUNDS, RATE, rng)
