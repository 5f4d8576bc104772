"""Tune the encoder to the subject: pull a question towards its sentence, and towards others asked of that sentence.

Each sentence of the corpus comes with questions that other people wrote for it (`"asked"` in `corpus/sentences/`). A
question is trained towards its sentence, away from the other sentences of its batch and from one mined sentence that
the plain encoder takes for it (multiple negatives ranking loss: Henderson and others, 2017, arXiv 1705.00652). It is
also trained towards another question of its sentence, away from the questions of others and from those that nothing
answers (`corpus/not_answered.txt`): with these the index compares it. At most three questions a sentence are learned.

A second, short phase goes on with the first (``--first`` takes its result from a file) and gives back what questions
alone lost elsewhere. A part of the questions comes at the end of a story: sentences of consumers' letters (MeQSum, CC
BY 4.0) stand before it. A letter is also trained towards its summary, and a question of another subject towards its
passage (COVID-QA, Apache 2.0). The vectors of texts on other subjects, and of their tokens, are held near those of the
plain encoder (knowledge distillation: Hinton and others, 2015, arXiv 1503.02531).

Only a part of what the first phase learned is kept (Wortsman and others, 2022, arXiv 2109.01903), which loses less of
what the encoder knew.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ranking.datasets import read_qrels
from torch import nn

from b12assistant.corpus.folder import SENTENCES_FOLDER, corpus_not_answered
from b12assistant.index.encoding import FILE
from b12assistant.index.onnx_encoder import PINNED_DIGEST
from b12assistant.language.words import split_sentences
from fit.data import CORPUS, Given, rows, vectors, write
from fit.low_rank import BFLOAT16, Arrays, Descent, Tuned, meant

BATCH, RATE, TEMPERATURE = 32, 1e-3, 0.05
STEPS, SMALLER, SLOWER = 100, 16, 5e-4  # of the second phase: steps, pairs a step, rate
TOLD, STORY = 1 / 4, (1, 3)  # share of its questions that come after a story, and sentences of a story
OTHERS, FEW = 0.5, 12  # weight of letters and other subjects in its loss, and pairs a step
HELD, ANCHORS = 10.0, 10  # weight of the distance to the plain encoder, and texts a step
SPARED = 100  # letters that are not learned, to measure with
NEAR = (1, 12)  # ranks among which the mined sentence is drawn
SAME = 0.85  # cosine of two sentences from which they are taken to say the same
KEPT = 0.7  # of the change that was learned
MOST = 3  # questions a sentence
LONGEST, SHORTER = 128, 96  # word pieces in the first phase, and in the second


@dataclass(frozen=True)
class Pair:
    """A question, another one that the same sentence answers, and the row of that sentence among all."""

    question: str
    other: str
    row: int


def read_sentences(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield each sentence of the corpus with what is told of it."""
    for file in sorted(folder.rglob("*.jsonl")):
        yield from rows(file)


@dataclass(frozen=True)
class Asked:
    """What the corpus asks: pairs, all its sentences, and questions that nothing answers."""

    pairs: Sequence[Pair]
    sentences: Sequence[str]
    unanswered: Sequence[str]

    @classmethod
    def read(cls) -> Asked:
        """Read them, with at most `MOST` questions of a sentence, drawn by a fixed seed."""
        rng, pairs, sentences = random.Random(1), list[Pair](), list[str]()
        for told in read_sentences(CORPUS / SENTENCES_FOLDER):
            drawn = rng.sample(told.get("asked", []), len(told.get("asked", [])))
            if len(drawn) > 1:
                pairs += [Pair(each, drawn[i - 1], len(sentences)) for i, each in enumerate(drawn[:MOST])]
            sentences.append(told["text"])
        return cls(pairs, sentences, corpus_not_answered(CORPUS))


@dataclass(frozen=True)
class Mined:
    """What the plain encoder takes for the answer: for each pair a sentence, and a question that nothing answers.

    ``alike``: (sentences, sentences) which say the same, so that none is a wrong answer for the other.
    """

    sentences: Sequence[str]
    questions: Sequence[str]
    alike: np.ndarray


def mined(given: Asked, rng: random.Random) -> Mined:
    known, beyond = vectors(given.sentences), vectors(given.unanswered)
    alike = known @ known.T > SAME
    wrong, others = [], []
    for vector, pair in zip(vectors([pair.question for pair in given.pairs]), given.pairs, strict=True):
        near = np.where(alike[pair.row], -1, known @ vector)
        wrong.append(given.sentences[int(np.argsort(-near)[rng.randint(*NEAR)])])
        others.append(given.unanswered[int(np.argsort(-(beyond @ vector))[rng.randint(*NEAR)])])
    return Mined(wrong, others, alike)


@dataclass(frozen=True)
class Others:
    """Texts of other subjects. ``letters``: with their summaries; ``passages``: questions with what answers them."""

    letters: Sequence[tuple[str, str]]
    passages: Sequence[tuple[str, str]]
    texts: Sequence[str]

    @classmethod
    def read(cls, datasets: Path) -> Others:
        """Read MeQSum and COVID-QA."""
        letters = [(row["text"], row["summary"]) for row in list(rows(datasets / "meqsum/questions.jsonl"))[SPARED:]]
        folder = datasets / "covidqa"
        texts, asked = (
            {row["_id"]: row["text"] for row in rows(folder / f"{name}.jsonl")} for name in ("corpus", "queries")
        )
        judged = read_qrels(folder / "qrels" / "test.tsv")
        passages = [(asked[q], texts[d]) for q, graded in judged.items() for d, grade in graded.items() if grade > 0]
        return cls(letters, passages, [*texts.values(), *(letter for letter, _ in letters), *asked.values()])

    def story(self, rng: random.Random) -> str:
        """Draw sentences of a letter that ask nothing."""
        letter, _ = rng.choice(self.letters)
        told = [letter[each.start : each.end] for each in split_sentences(letter)]
        told = [each for each in told if "?" not in each]
        begin = rng.randrange(max(1, len(told)))
        return " ".join(told[begin : begin + rng.randint(*STORY)])


class Reading(Tuned):
    """Texts of at most ``longest`` word pieces to vectors of unit length, (n, d)."""

    def __init__(self, longest: int, start: Arrays | None) -> None:
        super().__init__(start)
        self.longest = longest

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        return self.read(texts)[0]

    def read(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return vectors, (n, d), and those of all tokens, (tokens, d), both of unit length."""
        read = self.tokenizer(list(texts), padding=True, truncation=True, max_length=self.longest, return_tensors="pt")
        tokens = self.model(**read).last_hidden_state.float()
        return meant(tokens, read["attention_mask"]), nn.functional.normalize(
            tokens[read["attention_mask"] > 0], dim=-1
        )

    def distance(self, texts: Sequence[str]) -> torch.Tensor:
        """Return how far texts and tokens are from those of the plain encoder: 1 less the mean cosine, added up."""
        with torch.no_grad(), self.unchanged():
            before = self.read(texts)
        gaps = [1 - (now * then).sum(-1).mean() for now, then in zip(self.read(texts), before, strict=True)]
        return gaps[0] + gaps[1]


def tune(start: Arrays | None, given: Asked, others: Others | None = None) -> Reading:
    """Learn from every pair once: the first phase. With ``others``, go on from ``start``: the second."""
    torch.manual_seed(0)
    rng = random.Random(0)
    wrong, pairs = mined(given, rng), given.pairs
    tuned = Reading(SHORTER if others else LONGEST, start)
    tuned.train()
    size, rate, steps = (SMALLER, SLOWER, STEPS) if others else (BATCH, RATE, len(pairs) // BATCH + 10)
    descent = Descent([(tuned.thin, rate)], steps)
    for batch in islice(_batches(pairs, rng, size), steps):
        told = [_told(pairs[i], others, rng) if others else pairs[i] for i in batch]
        loss = _loss(tuned, told, given.sentences, wrong, batch)
        descent.step(loss + _loss_of_others(tuned, others, rng) if others else loss)
    return tuned


def _told(pair: Pair, others: Others, rng: random.Random) -> Pair:
    """Put a story before some of the questions."""
    return replace(pair, question=f"{others.story(rng)} {pair.question}") if rng.random() < TOLD else pair


def _loss_of_others(tuned: Reading, others: Others, rng: random.Random) -> torch.Tensor:
    """The loss of letters, or of questions on other subjects, and the distance to the plain encoder."""
    drawn = rng.sample(rng.choice((others.letters, others.passages)), FEW)
    with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        asked, meant = tuned([one for one, _ in drawn]), tuned([other for _, other in drawn])
        held = tuned.distance(rng.sample(others.texts, ANCHORS))
    scores = (asked @ meant.T / TEMPERATURE).float()
    return OTHERS * nn.functional.cross_entropy(scores, torch.arange(FEW)) + HELD * held.float()


def _loss(
    tuned: Reading, pairs: Sequence[Pair], sentences: Sequence[str], wrong: Mined, batch: Sequence[int]
) -> torch.Tensor:
    """The mean of two: which sentence answers, and which question asks the same."""
    places = [pair.row for pair in pairs]
    same = torch.from_numpy(wrong.alike[np.ix_(places, places)]) & ~torch.eye(len(places), dtype=torch.bool)
    hidden = torch.zeros(same.shape).masked_fill(same, -torch.inf)
    with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        asked = tuned([pair.question for pair in pairs])
        others = tuned([pair.other for pair in pairs] + [wrong.questions[i] for i in batch])
        told = tuned([sentences[row] for row in places] + [wrong.sentences[i] for i in batch])
    right = torch.arange(len(places))
    both = (
        asked @ found.T / TEMPERATURE + torch.cat([hidden, torch.zeros_like(hidden)], 1) for found in (told, others)
    )
    first, second = (nn.functional.cross_entropy(scores.float(), right) for scores in both)
    return (first + second) / 2


def _batches(pairs: Sequence[Pair], rng: random.Random, size: int) -> Iterator[list[int]]:
    """No sentence twice in a batch: it would be its own wrong answer."""
    waiting = rng.sample(range(len(pairs)), len(pairs))
    while waiting:
        batch: dict[int, int] = {}  # the pair of each sentence
        for i in waiting:
            if len(batch) < size:
                batch.setdefault(pairs[i].row, i)
        taken = set(batch.values())
        waiting = [i for i in waiting if i not in taken]
        if len(batch) == size or not waiting:
            yield list(batch.values())


def fit(given: Given) -> None:
    asked, others = Asked.read(), Others.read(given.datasets)
    first = dict(np.load(given.first)) if given.first else tune(None, asked).arrays(KEPT)
    write(FILE, encoder=np.array(PINNED_DIGEST), **tune(first, asked, others).arrays())
