"""Tune the encoder to the subject: pull a question towards its sentence, and towards others asked of that sentence.

    python benchmarks/fit_encoder.py DATASETS [--out FILE] [--first FILE]

Each sentence of the corpus comes with questions that other people wrote for it (`"asked"` in `corpus/sentences/`). A
question is trained towards its sentence, away from the other sentences of its batch and from one mined sentence that
the plain encoder takes for it (multiple negatives ranking loss: Henderson and others, 2017, arXiv 1705.00652). It is
also trained towards another question of its sentence, away from the questions of others and from those that nothing
answers (`corpus/not_answered.toml`): with these the index compares it. At most three questions a sentence are learned.

A second, short phase goes on with the first (`--first` takes its result from a file) and gives back what questions
alone lost elsewhere. A part of the questions comes at the end of a story: sentences of consumers' letters (MeQSum, CC
BY 4.0) stand before it. A letter is also trained towards its summary, and a question of another subject towards its
passage (COVID-QA, Apache 2.0). The vectors of texts on other subjects, and of their tokens, are held near those of the
plain encoder (knowledge distillation: Hinton and others, 2015, arXiv 1503.02531).

Learned are low-rank changes of the weights (LoRA: Hu and others, 2021, arXiv 2106.09685), and only a part of what was
learned is kept (Wortsman and others, 2022, arXiv 2109.01903), which loses less of what the encoder knew. Writes
`src/b12assistant/data/encoder/retrieval.npz`. The first
phase takes about a quarter of an hour on two cores, the second ten minutes.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from red_flag_tuning import BFLOAT16, half, low_ranks, unchanged
from refusal_data import rows
from torch import nn

from b12assistant.corpus.folder import SENTENCES_FOLDER, corpus_not_answered
from b12assistant.index.encoding import SentenceEncoder, load_encoder
from b12assistant.index.onnx_encoder import PINNED_DIGEST, find_weights
from b12assistant.language.words import split_sentences

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
OUT = ROOT / "src" / "b12assistant" / "data" / "encoder" / "retrieval.npz"
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
LONGEST = 128  # word pieces in the first phase
SHORTER = 96  # in the second


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


def read_pairs(folder: Path, most: int) -> tuple[list[Pair], list[str]]:
    """Read the sentences, and at most ``most`` questions of each, drawn by a fixed seed."""
    rng, pairs, sentences = random.Random(1), [], []
    for told in read_sentences(folder):
        asked = told.get("asked", [])
        drawn = rng.sample(asked, len(asked))
        pairs += [
            Pair(question, drawn[i - 1], len(sentences)) for i, question in enumerate(drawn[:most]) if len(drawn) > 1
        ]
        sentences.append(told["text"])
    return pairs, sentences


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Encode texts with the plain encoder, (n, d)."""
    return np.stack([each.vector for each in load_encoder(threads=1).encode(texts)])


@dataclass(frozen=True)
class Mined:
    """What the plain encoder takes for the answer: for each pair a sentence, and a question that nothing answers.

    ``alike``: (sentences, sentences) which say the same, so that none is a wrong answer for the other.
    """

    sentences: Sequence[str]
    questions: Sequence[str]
    alike: np.ndarray


def mined(pairs: Sequence[Pair], sentences: Sequence[str], unanswered: Sequence[str], rng: random.Random) -> Mined:
    known, beyond, asked = vectors(sentences), vectors(unanswered), vectors([pair.question for pair in pairs])
    alike = known @ known.T > SAME
    wrong, others = [], []
    for vector, pair in zip(asked, pairs, strict=True):
        near = np.where(alike[pair.row], -1, known @ vector)
        wrong.append(sentences[int(np.argsort(-near)[rng.randint(*NEAR)])])
        others.append(unanswered[int(np.argsort(-(beyond @ vector))[rng.randint(*NEAR)])])
    return Mined(wrong, others, alike)


@dataclass(frozen=True)
class Others:
    """Texts of other subjects. ``letters``: with their summaries; ``passages``: questions with what answers them."""

    letters: Sequence[tuple[str, str]]
    passages: Sequence[tuple[str, str]]
    texts: Sequence[str]

    def story(self, rng: random.Random) -> str:
        """Draw sentences of a letter that ask nothing."""
        letter, _ = rng.choice(self.letters)
        told = [letter[each.start : each.end] for each in split_sentences(letter)]
        told = [each for each in told if "?" not in each]
        begin = rng.randrange(max(1, len(told)))
        return " ".join(told[begin : begin + rng.randint(*STORY)])


def read_others(datasets: Path) -> Others:
    """Read MeQSum and COVID-QA."""
    letters = [(row["text"], row["summary"]) for row in list(rows(datasets / "meqsum/questions.jsonl"))[SPARED:]]
    texts, asked = (
        {row["_id"]: row["text"] for row in rows(datasets / f"covidqa/{name}.jsonl")} for name in ("corpus", "queries")
    )
    judged = [line.split("\t") for line in (datasets / "covidqa/qrels/test.tsv").read_text("utf-8").splitlines()[1:]]
    passages = [(asked[query], texts[document]) for query, document, grade in judged if int(grade) > 0]
    return Others(letters, passages, [*texts.values(), *(letter for letter, _ in letters), *asked.values()])


class Tuned(nn.Module):
    """Texts of at most ``longest`` word pieces to vectors of unit length, (n, d). ``start``: changes to begin with."""

    def __init__(self, longest: int, start: Mapping[str, np.ndarray] | None = None) -> None:
        super().__init__()
        model = SentenceEncoder(find_weights(), threads=1).model
        self.tokenizer, self.model, self.longest = model.tokenizer, model[0].auto_model, longest
        self.changed = low_ranks(self.model, start)

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        return self.read(texts)[0]

    def read(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return vectors, (n, d), and those of all tokens, (tokens, d), both of unit length."""
        read = self.tokenizer(list(texts), padding=True, truncation=True, max_length=self.longest, return_tensors="pt")
        tokens = self.model(**read).last_hidden_state.float()
        there = read["attention_mask"][..., None].float()
        vectors = nn.functional.normalize((tokens * there).sum(1) / there.sum(1), dim=-1)
        return vectors, nn.functional.normalize(tokens[read["attention_mask"] > 0], dim=-1)

    def distance(self, texts: Sequence[str]) -> torch.Tensor:
        """Return how far texts and tokens are from those of the plain encoder: 1 less the mean cosine, added up."""
        with torch.no_grad(), unchanged(self.changed.values()):
            before = self.read(texts)
        gaps = [1 - (now * then).sum(-1).mean() for now, then in zip(self.read(texts), before, strict=True)]
        return gaps[0] + gaps[1]

    def arrays(self, kept: float) -> dict[str, np.ndarray]:
        """The thin matrices, ``kept`` of their product, in half precision."""
        arrays = {}
        for name, changed in self.changed.items():
            arrays[f"{name}/down"] = half(changed.down)
            arrays[f"{name}/up"] = half(kept * changed.up)
        return arrays


class Descent:
    """Goes down a loss with a rate that rises and falls over ``steps``, and prints how far it is."""

    def __init__(self, weights: Sequence[nn.Parameter], rate: float, steps: int) -> None:
        self.weights, self.steps, self.losses, self.begun = weights, steps, list[float](), time.perf_counter()
        self.optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=0.01)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, rate, total_steps=steps, pct_start=0.1)

    def step(self, loss: torch.Tensor) -> None:
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.losses.append(loss.item())
        if len(self.losses) % 50 == 0:
            seconds = time.perf_counter() - self.begun
            print(
                f"{len(self.losses)}/{self.steps}: loss {np.mean(self.losses[-50:]):.3f}, {seconds:.0f} s", flush=True
            )


def tune(
    start: Mapping[str, np.ndarray] | None,
    pairs: Sequence[Pair],
    sentences: Sequence[str],
    unanswered: Sequence[str],
    others: Others | None = None,
    seed: int = 0,
) -> Tuned:
    """Learn from every pair once: the first phase. With ``others``, go on from ``start``: the second."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    wrong = mined(pairs, sentences, unanswered, rng)
    print(f"{len(pairs)} questions of {len(sentences)} sentences", flush=True)
    tuned = Tuned(SHORTER if others else LONGEST, start)
    tuned.train()
    thin = [each for changed in tuned.changed.values() for each in (changed.down, changed.up)]
    size, rate, steps = (SMALLER, SLOWER, STEPS) if others else (BATCH, RATE, len(pairs) // BATCH + 10)
    descent = Descent(thin, rate, steps)
    for batch in islice(_batches(pairs, rng, size), steps):
        told = [_told(pairs[i], others, rng) if others else pairs[i] for i in batch]
        loss = _loss(tuned, told, sentences, wrong, batch)
        descent.step(loss + _loss_of_others(tuned, others, rng) if others else loss)
    return tuned


def _told(pair: Pair, others: Others, rng: random.Random) -> Pair:
    """Put a story before some of the questions."""
    return replace(pair, question=f"{others.story(rng)} {pair.question}") if rng.random() < TOLD else pair


def _loss_of_others(tuned: Tuned, others: Others, rng: random.Random) -> torch.Tensor:
    """The loss of letters, or of questions on other subjects, and the distance to the plain encoder."""
    drawn = rng.sample(rng.choice((others.letters, others.passages)), FEW)
    with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        asked, meant = tuned([one for one, _ in drawn]), tuned([other for _, other in drawn])
        held = tuned.distance(rng.sample(others.texts, ANCHORS))
    scores = (asked @ meant.T / TEMPERATURE).float()
    return OTHERS * nn.functional.cross_entropy(scores, torch.arange(FEW)) + HELD * held.float()


def _loss(
    tuned: Tuned, pairs: Sequence[Pair], sentences: Sequence[str], wrong: Mined, batch: Sequence[int]
) -> torch.Tensor:
    """The mean of two: which sentence answers, and which question asks the same."""
    rows = [pair.row for pair in pairs]
    same = torch.from_numpy(wrong.alike[np.ix_(rows, rows)]) & ~torch.eye(len(rows), dtype=torch.bool)
    hidden = torch.zeros(same.shape).masked_fill(same, -torch.inf)
    with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        asked = tuned([pair.question for pair in pairs])
        others = tuned([pair.other for pair in pairs] + [wrong.questions[i] for i in batch])
        told = tuned([sentences[row] for row in rows] + [wrong.sentences[i] for i in batch])
    right = torch.arange(len(rows))
    both = (
        asked @ found.T / TEMPERATURE + torch.cat([hidden, torch.zeros_like(hidden)], 1) for found in (told, others)
    )
    first, second = (nn.functional.cross_entropy(scores.float(), right) for scores in both)
    return (first + second) / 2


def _batches(pairs: Sequence[Pair], rng: random.Random, size: int) -> Iterator[list[int]]:
    """No sentence twice in a batch: it would be its own wrong answer."""
    waiting = rng.sample(range(len(pairs)), len(pairs))
    while waiting:
        batch, rows, later = [], set(), []
        for i in waiting:
            if len(batch) < size and pairs[i].row not in rows:
                batch.append(i)
                rows.add(pairs[i].row)
            else:
                later.append(i)
                if len(batch) == size:
                    break
        taken = set(batch)
        waiting = [i for i in waiting if i not in taken]
        if len(batch) == size or not waiting:
            yield batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path, help="the folder with MeQSum and COVID-QA")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--first", type=Path, help="the result of the first phase, which is then not run")
    given = parser.parse_args()
    pairs, sentences = read_pairs(CORPUS / SENTENCES_FOLDER, MOST)
    unanswered, others = corpus_not_answered(CORPUS), read_others(given.datasets)
    first = dict(np.load(given.first)) if given.first else tune(None, pairs, sentences, unanswered).arrays(KEPT)
    tuned = tune(first, pairs, sentences, unanswered, others)
    np.savez_compressed(given.out, encoder=np.array(PINNED_DIGEST), **tuned.arrays(1.0))


if __name__ == "__main__":
    main()
