"""Tune the encoder to the subject: pull a question towards its sentence, and towards others asked of that sentence.

    python benchmarks/fit_encoder.py [--out FILE]

Each sentence of the corpus comes with questions that other people wrote for it (`"asked"` in `corpus/sentences/`). A
question is trained towards its sentence, away from the other sentences of its batch and from one mined sentence that
the plain encoder takes for it (multiple negatives ranking loss: Henderson and others, 2017, arXiv 1705.00652). It is
also trained towards another question of its sentence, away from the questions of others and from those that nothing
answers (`corpus/not_answered.toml`): with these the index compares it. At most three questions a sentence are learned.

Learned are low-rank changes of the weights (LoRA: Hu and others, 2021, arXiv 2106.09685), and only a part of what was
learned is kept (Wortsman and others, 2022, arXiv 2109.01903), which loses less of what the encoder knew. Writes
`src/b12assistant/data/encoder/retrieval.npz`. About a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from red_flag_tuning import BFLOAT16, half, low_ranks
from torch import nn

from b12assistant.corpus.folder import SENTENCES_FOLDER, corpus_not_answered
from b12assistant.index.encoding import load_encoder

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
OUT = ROOT / "src" / "b12assistant" / "data" / "encoder" / "retrieval.npz"
EPOCHS, BATCH, RATE, TEMPERATURE = 1, 32, 1e-3, 0.05
NEAR = (1, 12)  # ranks among which the mined sentence is drawn
SAME = 0.85  # cosine of two sentences from which they are taken to say the same
KEPT = 0.7  # of the change that was learned
MOST = 3  # questions a sentence
LONGEST = 128  # word pieces


@dataclass(frozen=True)
class Pair:
    """A question, another one that the same sentence answers, and the row of that sentence among all."""

    question: str
    other: str
    row: int


def read_sentences(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield each sentence of the corpus with what is told of it."""
    for file in sorted(folder.rglob("*.jsonl")):
        yield from map(json.loads, file.read_text("utf-8").splitlines())


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
    return np.stack([each.vector for each in load_encoder(threads=1, runtime="onnx").encode(texts)])


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


class Tuned(nn.Module):
    """Texts to vectors of unit length, (n, d)."""

    def __init__(self) -> None:
        super().__init__()
        model = load_encoder().model
        self.tokenizer, self.model = model.tokenizer, model[0].auto_model
        self.changed = low_ranks(self.model)

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        read = self.tokenizer(list(texts), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        tokens = self.model(**read).last_hidden_state.float()
        there = read["attention_mask"][..., None].float()
        return nn.functional.normalize((tokens * there).sum(1) / there.sum(1), dim=-1)

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


def tune(pairs: Sequence[Pair], sentences: Sequence[str], unanswered: Sequence[str], seed: int = 0) -> Tuned:
    """Learn from every pair once an epoch."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    wrong = mined(pairs, sentences, unanswered, rng)
    print(f"{len(pairs)} questions of {len(sentences)} sentences", flush=True)
    tuned = Tuned()
    tuned.train()
    thin = [each for changed in tuned.changed.values() for each in (changed.down, changed.up)]
    descent = Descent(thin, RATE, EPOCHS * (len(pairs) // BATCH + 1) + 9)
    for _ in range(EPOCHS):
        for batch in _batches(pairs, rng):
            descent.step(_loss(tuned, [pairs[i] for i in batch], sentences, wrong, batch))
    return tuned


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


def _batches(pairs: Sequence[Pair], rng: random.Random) -> Iterator[list[int]]:
    """No sentence twice in a batch: it would be its own wrong answer."""
    waiting = rng.sample(range(len(pairs)), len(pairs))
    while waiting:
        batch, rows, later = [], set(), []
        for i in waiting:
            if len(batch) < BATCH and pairs[i].row not in rows:
                batch.append(i)
                rows.add(pairs[i].row)
            else:
                later.append(i)
                if len(batch) == BATCH:
                    break
        taken = set(batch)
        waiting = [i for i in waiting if i not in taken]
        if len(batch) == BATCH or not waiting:
            yield batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--kept", type=float, default=KEPT, help="share of the learned change that is written")
    given = parser.parse_args()
    pairs, sentences = read_pairs(CORPUS / SENTENCES_FOLDER, MOST)
    tuned = tune(pairs, sentences, corpus_not_answered(CORPUS))
    np.savez_compressed(given.out, encoder=np.array(load_encoder().digest), **tuned.arrays(given.kept))


if __name__ == "__main__":
    main()
