"""Tune the encoder to the subject: pull the questions asked of a sentence towards that sentence.

    python benchmarks/fit_encoder.py [--out FILE]

Each sentence of the corpus comes with questions that other people wrote for it (`"asked"` in `corpus/sentences/`). A
question is trained towards its sentence, away from the other sentences of its batch and from one mined sentence that
the plain encoder takes for it (multiple negatives ranking loss: Henderson and others, 2017, arXiv 1705.00652). At most
three questions a sentence are learned from.

Learned are low-rank changes of the weights (LoRA: Hu and others, 2021, arXiv 2106.09685), and only a part of what was
learned is kept (Wortsman and others, 2022, arXiv 2109.01903), which loses less of what the encoder knew. Writes
`src/b12assistant/data/encoder/retrieval.npz`. About a quarter of an hour on one core.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from red_flag_tuning import half, low_ranks
from torch import nn

from b12assistant.index.encoding import load_encoder

ROOT = Path(__file__).parent.parent
ASKED = ROOT / "corpus" / "sentences"
OUT = ROOT / "src" / "b12assistant" / "data" / "encoder" / "retrieval.npz"
EPOCHS, BATCH, RATE, TEMPERATURE = 1, 32, 1e-3, 0.05
NEAR = (1, 12)  # ranks among which the mined sentence is drawn
SAME = 0.85  # cosine of two sentences from which they are taken to say the same
KEPT = 0.7  # of the change that was learned
MOST = 3  # questions a sentence
LONGEST = 128  # word pieces


@dataclass(frozen=True)
class Pair:
    """A question and the sentence that answers it. ``row``: of the sentence among all."""

    question: str
    row: int


def read_pairs(folder: Path, most: int) -> tuple[list[Pair], list[str]]:
    """Read the sentences, and at most ``most`` questions of each, drawn by a fixed seed."""
    rng, pairs, sentences = random.Random(1), [], []
    for file in sorted(folder.rglob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            told = json.loads(line)
            asked = told.get("asked", [])
            pairs += [Pair(question, len(sentences)) for question in rng.sample(asked, min(most, len(asked)))]
            sentences.append(told["text"])
    return pairs, sentences


def mined(pairs: Sequence[Pair], sentences: Sequence[str], rng: random.Random) -> list[str]:
    """For each question a sentence that is close to it and does not say the same as its own."""
    encoder = load_encoder(threads=1, runtime="onnx")
    known = np.stack([each.vector for each in encoder.encode(sentences)])
    asked = np.stack([each.vector for each in encoder.encode([pair.question for pair in pairs])])
    found = []
    for vector, pair in zip(asked, pairs, strict=True):
        near = known @ vector
        near[known @ known[pair.row] > SAME] = -1
        found.append(sentences[int(np.argsort(-near)[rng.randint(*NEAR)])])
    return found


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


def tune(pairs: Sequence[Pair], sentences: Sequence[str], seed: int = 0) -> Tuned:
    """Learn from every pair once an epoch."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    negatives = mined(pairs, sentences, rng)
    print(f"{len(pairs)} questions of {len(sentences)} sentences", flush=True)
    tuned, started = Tuned(), time.perf_counter()
    tuned.train()
    thin = [each for changed in tuned.changed.values() for each in (changed.down, changed.up)]
    optimiser = torch.optim.AdamW(thin, lr=RATE, weight_decay=0.01)
    total = EPOCHS * (len(pairs) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=total + 1, pct_start=0.1)
    losses: list[float] = []
    for _ in range(EPOCHS):
        for batch in _batches(pairs, rng):
            texts = [sentences[pairs[i].row] for i in batch] + [negatives[i] for i in batch]
            asked = tuned([pairs[i].question for i in batch])
            loss = nn.functional.cross_entropy(asked @ tuned(texts).T / TEMPERATURE, torch.arange(len(batch)))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(thin, 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            if len(losses) % 50 == 0:
                seconds = time.perf_counter() - started
                print(f"{len(losses)}/{total}: loss {np.mean(losses[-50:]):.3f}, {seconds:.0f} s", flush=True)
    return tuned


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
    torch.set_num_threads(1)
    pairs, sentences = read_pairs(ASKED, MOST)
    tuned = tune(pairs, sentences)
    np.savez_compressed(given.out, encoder=np.array(load_encoder().digest), **tuned.arrays(given.kept))


if __name__ == "__main__":
    main()
