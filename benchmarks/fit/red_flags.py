"""Tune the encoder to the red flags, and fit the words beside it.

Learns from what `words` learns from. Writes `encoder/red_flags.onnx` (the tuned encoder in eight bits), then what
`words` writes. What a later fit goes on from is in `benchmarks/data/red_flags/second_opinion.npz`: low-rank changes of
the encoder's weights, and attention pooling over its token vectors (`red_flag_tuning.py`).

Five epochs over everything from scratch come first; with ``--first`` it goes on from that file instead. In each of two
rounds it learns from what the model is most wrong about, and from some of the rest; then the weights are put halfway
between the start and the new ones (as in Wortsman and others, 2022, arXiv 2109.01903), which hears more of what nobody
wrote.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import torch

from b12assistant.answers import Turn
from b12assistant.index.encoding import RED_FLAGS, SentenceEncoder, load_encoder, parse_low_rank, red_flag_encoder
from b12assistant.index.onnx_encoder import OnnxEncoder, find_weights
from b12assistant.language.words import readable
from b12assistant.safety import turn_parts
from b12assistant.safety.second_opinion import SecondOpinion, WordModel
from b12assistant.safety.turn_parts import unended
from fit.data import Given, write
from fit.graph import changed, make_graph, write_graph
from fit.low_rank import Arrays
from fit.red_flag_rows import NONE, PART, Row, among, closed, mangled
from fit.red_flag_tuning import Example, Labelled, tune
from fit.words import LEARNED, READER, fit_words_on, learned_rows, opinion_of, second_of, write_both

ALL_EPOCHS = 5  # from scratch
ROUNDS = 2
READ = 26_000  # rows that are judged in a round, to find the hardest
CALM_PARTS, OTHERS = (1_800, 700), (2_200, 2_600)  # learned in a round: the hardest, and some of the rest
DOUBTFUL = 5.5  # a greater loss says more of the label
WINDOWS = 1_000  # of harmless sentences, and as many of serious ones, in a round
MANGLING, AFTER = 0.2, 0.2  # chance that a row is read mangled, and after a turn that it does not lean on
AMONG = {True: 0.3, False: 0.12}  # chance that an ordinary row, and another, is read among ordinary ones
AROUND = (10, 50)  # words of ordinary text around an utterance
FEW, MANY = 4, 40  # words of an ordinary text


def example(row: Row, *, context: Turn | None = None) -> Example:
    """Return the turn as the encoder reads it, after the one before if it may lean on that."""
    turn = replace(row.turn, text=unended(row.turn.text))
    reading = READER.read(turn, context or row.former)
    before, text = readable(reading.context), readable(reading.folded.text)
    return Example(before + text, (Labelled(len(before), len(before + text), row.concern),))


def put_among(row: Row, ordinary: Sequence[str], rng: random.Random) -> Example:
    """Put ordinary utterances around this one: the whole has its concern, each part its own."""
    text, ranges = "", []
    for part, own in among(row.turn.text, ordinary, rng.randint(*AROUND), rng):
        folded = readable(READER.read(Turn(0, part), None).folded.text)
        if folded:
            text = f"{text} " if text else ""
            ranges.append(Labelled(len(text), len(text) + len(folded), row.concern if own else NONE))
            text += folded
    return Example(text, (Labelled(0, len(text), row.concern), *ranges))


def examples(rows: Sequence[Row], seed: int = 0) -> Iterator[Example]:
    """Yield every row as written; some also mangled, among ordinary ones, or after a turn they do not lean on."""
    rng = random.Random(seed)
    plain = [row for row in rows if row.concern == NONE and row.former is None]
    ordinary = [row.turn.text for row in plain if FEW < len(row.turn.text.split()) < MANY]
    for row, copy in zip(rows, mangled(rows, seed), strict=True):
        yield example(row)
        if rng.random() < MANGLING:
            yield example(copy)
        if rng.random() < AMONG[row.concern == NONE]:
            yield put_among(row, ordinary, rng)
        if row.former is None and rng.random() < AFTER:
            yield example(row, context=rng.choice(rows).turn)


def fit_head(rows: Sequence[Row], words: WordModel, start: Arrays) -> Arrays:
    """Return the low-rank changes and the head after some rounds, halfway from ``start``."""
    rng, state = random.Random(11), start
    letters_read = [sentences for row in rows if (sentences := sentences_of(row))]
    for number in range(ROUNDS):
        opinion = second_of(dict(state), opinion_of(words), write_tuned(state))
        some = rng.sample(rows, min(READ, len(rows)))
        found = list(hardest(some, [loss_of(opinion, row) for row in some], rng))
        made = [*examples(found, number), *windows(rows, letters_read, rng)]
        rng.shuffle(made)
        state = tune(made, state, epochs=1, seed=number)
    return halfway(start, state)


def loss_of(opinion: SecondOpinion, row: Row) -> float:
    """Return how wrong the encoder is about a row: the negative logarithm of the share of its concern."""
    reading = READER.read(replace(row.turn, text=unended(row.turn.text)), row.former)
    encoded = opinion.encoded(reading, reading.whole)
    return -float(encoded[row.concern]) if encoded is not None else 0.0


def hardest(rows: Sequence[Row], losses: Sequence[float], rng: random.Random) -> Iterator[Row]:
    """Yield the rows with the greatest loss and some of the rest, harmless parts of letters apart from all else.

    A loss beyond `DOUBTFUL` says more of the label: such a part needs its neighbours.
    """
    ordered = [
        row for loss, row in sorted(zip(losses, rows, strict=True), key=lambda each: -each[0]) if loss < DOUBTFUL
    ]
    for is_calm_part, hard, others in ((True, *CALM_PARTS), (False, *OTHERS)):
        kind = [row for row in ordered if (row.id.startswith(PART) and row.concern == NONE) == is_calm_part]
        yield from kind[:hard]
        yield from rng.sample(kind[hard:], min(others, len(kind[hard:])))


def sentences_of(row: Row) -> Sequence[str]:
    """Return the sentences of a long harmless English message; nothing of any other."""
    if row.concern != NONE or row.language != "en" or len(row.turn.text.split()) <= MANY or row.id.startswith(PART):
        return ()
    text, folded = row.turn.text, READER.read(row.turn, None).folded
    parts = islice(turn_parts.sentences_of(folded), turn_parts.MOST_SENTENCES)
    return [text[folded.words[start].start : folded.words[end - 1].end] for start, end in parts]


def windows(rows: Sequence[Row], letters_read: Sequence[Sequence[str]], rng: random.Random) -> Iterator[Example]:
    """Yield sentences between two others of a letter: harmless ones where they stand, serious ones put there."""
    grave = [row for row in rows if row.concern != NONE and row.language == "en" and row.former is None]
    short = [row for row in grave if len(row.turn.text.split()) <= MANY and not row.id.startswith(PART)]
    for row in rng.sample(short, WINDOWS):
        sentences = rng.choice(letters_read)
        at = rng.randrange(len(sentences) + 1)
        yield window([*sentences[:at][-1:], row.turn.text, *sentences[at:][:1]], int(at > 0), row.concern)
    for _ in range(WINDOWS):
        sentences = rng.choice(letters_read)
        at = rng.randrange(len(sentences))
        yield window(sentences[max(0, at - 1) : at + 2], int(at > 0), NONE)


def window(sentences: Sequence[str], own: int, concern: int) -> Example:
    """Return sentences as one text in which only the one at ``own`` is judged."""
    before = " ".join(closed(unended(each).strip()) for each in sentences[:own])
    upto = " ".join(filter(None, (before, closed(unended(sentences[own]).strip()))))
    start, end = (len(readable(READER.read(Turn(0, text), None).folded.text)) for text in (before, upto))
    text = " ".join((upto, *sentences[own + 1 :]))
    return Example(readable(READER.read(Turn(0, text), None).folded.text), (Labelled(start, end, concern),))


def halfway(first: Arrays, second: Arrays) -> Arrays:
    """Return the mean of two fits; a low-rank change is the mean of two products, cut back to its rank."""
    arrays = {name: ((first[name] + second[name].astype(np.float32)) / 2) for name in first if "/" not in name}
    for name in sorted({name.rpartition("/")[0] for name in first if "/" in name}):
        products = [each[f"{name}/down"].astype(np.float32) @ each[f"{name}/up"] for each in (first, second)]
        left, sizes, right = np.linalg.svd(sum(products) / 2, full_matrices=False)
        rank, roots = first[f"{name}/down"].shape[1], np.sqrt(sizes)
        arrays[f"{name}/down"] = left[:, :rank] * roots[:rank]
        arrays[f"{name}/up"] = roots[:rank, None] * right[:rank]
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def write_tuned(state: Arrays) -> OnnxEncoder:
    """Write the graph of the encoder with the low-rank changes of ``state``, and return that encoder."""
    encoder = SentenceEncoder(find_weights(), threads=1)
    write_graph(make_graph(changed(encoder, dict(parse_low_rank(state)())), eight_bits=True), RED_FLAGS)
    return red_flag_encoder(load_encoder())


def fit(given: Given) -> None:
    torch.set_num_threads(os.cpu_count() or 1)
    rows = learned_rows()
    words = fit_words_on(rows)
    start = dict(np.load(given.first)) if given.first else tune(list(examples(rows)), None, epochs=ALL_EPOCHS)
    learned = fit_head(rows, words, start)
    write(LEARNED, **learned)
    write_tuned(learned)
    write_both(words)
