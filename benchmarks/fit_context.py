"""Fit the encoder that finds the questions of a message and reads each in its context, `data/encoder/context.npz`.

    python benchmarks/fit_context.py INDEX [--first FILE] [--epochs N] [--rate RATE]

A copy of the search encoder reads a question and what stands around it, and learns to give, as the mean of the
question's own token vectors, the vector that the search encoder gives the same question written out in full: by the
cosine, by contrast with the other questions of a batch, and by the Kullback-Leibler distance between their shares over
all questions that the corpus asks of its sentences. It learns low-rank changes (LoRA, Hu and others, 2021, arXiv
2106.09685); half of their rank begins with those of the search encoder. From whole messages it learns, with one linear
layer over its token vectors, which words begin a question, go on with one, or only tell.

Learns from `benchmarks/data/letters` and `benchmarks/data/conversations`, never from calibration or test. After each
epoch it prints, for the calibration letters, how often a sentence that answers is asked the nearest question, one of
the three nearest, or of the five nearest; and how many questions are found, and how many slices ask nothing. What ships
was fitted in phases of two epochs, each with more letters and from the one before (``--first``): at 4e-4, 5e-4, then
twice at 4e-4, which found the questions too. 20 minutes an epoch on one core.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from red_flag_tuning import BATCH, BFLOAT16, BUCKET, THIN, batches, half, low_ranks
from refusal_data import CORPUS, workspace
from slices import Place, measure, places
from torch import nn

from b12assistant.answering.asked import BEGINS, GOES_ON, TELLS, Finder, parts_of, sentences_of
from b12assistant.answering.context import InContext
from b12assistant.evaluation.labelled_set import is_hit
from b12assistant.index.encoding import (
    ASKING,
    FILE,
    IN_CONTEXT,
    SURE,
    SentenceEncoder,
    _shipped,
    asking_weights,
    load_encoder,
    tuned_encoder,
)
from b12assistant.index.onnx_encoder import find_weights
from b12assistant.language.words import readable

DATA = Path(__file__).parent / "data"
PACKAGE = Path(__file__).parent.parent / "src" / "b12assistant"
RANK = 64
DECAY, CLIPPED = 0.01, 1.0
TEMPERATURE = 0.05
SAME = 0.97  # cosine of two questions in full from which neither is wrong for the other
LONGEST, LONGEST_PART = 190, 256  # word pieces of a question in its context, of a part of a message
IGNORED = -100
LEAST = 0.7  # of what the words of a question ask: of .3 to .8, finds most for the fewest that are none
TURNS = 3  # earlier ones that are read
STRANGERS = 5  # one in so many examples is also put, in full, into the context of another
TAGS_RATE = 5e-3


class Example(NamedTuple):
    """A question in its context, and in full."""

    question: InContext
    full: str


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def of_letters(*names: str) -> Iterator[tuple[Example, Sequence[str]]]:
    """Yield each question of letters, with the sentences that answer it if a reader chose some."""
    for letter in (row for name in names for row in rows(name)):
        for asked in letter["questions"]:
            before, own, after = letter["text"].partition(asked["slice"])
            yield Example(InContext(own, before, after), asked["full"]), asked.get("gold") or ()


def of_threads(*names: str) -> Iterator[Example]:
    for thread in (row for name in names for row in rows(name)):
        earlier: list[str] = []
        for turn in thread["turns"]:
            text, full = turn.get("text") or turn["user"], turn.get("full") or turn.get("rewrite")
            if earlier and full:
                yield Example(InContext(text, " ".join(earlier[-TURNS:])), full)
            earlier.append(text)


def of_strangers(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Yield questions in full in the context of others: what stands alone keeps its meaning there."""
    for example in rng.sample(examples, len(examples) // STRANGERS):
        context = rng.choice(examples).question
        yield Example(InContext(example.full, context.before, context.after), example.full)


class Message(NamedTuple):
    """A part of a message, and where it asks."""

    text: str
    asks: tuple[Place, ...]


def messages(*names: str) -> Iterator[Message]:
    """Yield letters in the parts that are read in one pass."""
    for letter in (row for name in names for row in rows(name)):
        text, asks = letter["text"], places(letter)
        for part in parts_of(text, sentences_of(text)):
            inside = ((max(start, part.start), min(end, part.end)) for start, end in asks)
            own = tuple((start - part.start, end - part.start) for start, end in inside if start < end)
            yield Message(text[part.start : part.end], own)


def short_messages(*names: str) -> Iterator[Message]:
    """Yield the turns of threads: a remark asks nothing, another its last sentence with a question mark, or all."""
    for turn in (turn for name in names for row in rows(name) for turn in row["turns"]):
        text = turn["text"].strip()
        if turn["kind"] == "two" or not text:
            continue
        marked = [each for each in sentences_of(text) if text[each.start : each.end].endswith("?")]
        whole = [(each.start, each.end) for each in marked[-1:]] or [(0, len(text))]
        yield Message(text, tuple(whole) if turn["full"] else ())


def start_of(first: Path | None) -> dict[str, np.ndarray]:
    """Return the changes to begin with: those of ``first``, or those of the search encoder with as many idle ones."""
    with np.load(first or PACKAGE / FILE) as arrays:
        start = {name: arrays[name].astype(np.float32) for name in arrays if "/" in name or name == ASKING}
    if first is not None:
        return start
    rng = np.random.default_rng(0)
    for name in [name for name in start if name.endswith("/down")]:
        size, rank = start[name].shape
        idle = rng.standard_normal((size, RANK - rank), np.float32) / size**0.5
        up = name.replace("/down", "/up")
        start[name] = np.concatenate([start[name], idle], axis=1)
        start[up] = np.concatenate([start[up], np.zeros((RANK - rank, start[up].shape[1]), np.float32)])
    return start


class Reader:
    """The encoder with low-rank changes of its weights."""

    def __init__(self, start: dict[str, np.ndarray]) -> None:
        model = SentenceEncoder(find_weights(), threads=2).model
        self.tokenizer, self.model = model.tokenizer, model[0].auto_model.float()
        self.changed = low_ranks(self.model, start)
        self.tags = nn.Linear(self.model.config.hidden_size, 3)
        if ASKING in start:
            weights = torch.tensor(start[ASKING])
            self.tags.load_state_dict({"weight": weights[:-1].T, "bias": weights[-1]})

    def in_full(self, texts: Sequence[str]) -> torch.Tensor:
        """Return the vectors of questions written out, (n, d)."""
        found = []
        with torch.no_grad():
            for first in range(0, len(texts), 128):
                read = self.tokenizer(list(texts[first : first + 128]), padding=True, return_tensors="pt")
                there = read["attention_mask"][..., None].float()
                states = self.model(**read).last_hidden_state
                found.append(nn.functional.normalize((states * there).sum(1) / there.sum(1), dim=-1))
        return torch.cat(found)

    def in_context(self, questions: Sequence[InContext]) -> torch.Tensor:
        """Return the vectors of questions in context, (n, d), as `ContextReader` computes them."""
        texts = [question.text for question in questions]
        options = {"padding": True, "truncation": True, "max_length": LONGEST, "return_offsets_mapping": True}
        read = self.tokenizer(texts, return_tensors="pt", **options)
        places = read.pop("offset_mapping")
        ends = torch.tensor([len(question.asks) for question in questions])[:, None]
        own = ((places[..., 0] < ends) & (places[..., 1] > places[..., 0])).float()[..., None]
        states = nn.functional.normalize(self.model(**read).last_hidden_state.float(), dim=-1)
        return nn.functional.normalize((states * own).sum(1) / own.sum(1).clamp(min=1), dim=-1)

    def asking(self, batch: Sequence[Message]) -> torch.Tensor:
        """Return the loss of what each word piece of some messages does."""
        options = {"padding": True, "truncation": True, "max_length": LONGEST_PART, "return_offsets_mapping": True}
        read = self.tokenizer([readable(each.text) for each in batch], return_tensors="pt", **options)
        offsets = read.pop("offset_mapping")
        labels = torch.tensor([does(*pair) for pair in zip(offsets.tolist(), (m.asks for m in batch), strict=True)])
        states = nn.functional.normalize(self.model(**read).last_hidden_state.float(), dim=-1)
        return nn.functional.cross_entropy(self.tags(states).flatten(0, 1), labels.flatten())

    @property
    def head(self) -> np.ndarray:
        """Return the weights of what a word piece does, (d + 1, 3)."""
        return torch.cat([self.tags.weight.T, self.tags.bias[None]]).detach().numpy().copy()

    def save(self, encoder: str) -> None:
        thin = {f"{name}/{part}": half(getattr(each, part)) for name, each in self.changed.items() for part in THIN}
        np.savez_compressed(
            PACKAGE / IN_CONTEXT, **thin, **{ASKING: self.head, SURE: np.array(LEAST)}, encoder=np.array(encoder)
        )


def does(offsets: Sequence[Sequence[int]], asks: Sequence[Place]) -> list[int]:
    """Return what each piece of a message does; `IGNORED` for those that read none of its text."""
    found, begun = list[int](), set[Place]()
    for start, end in offsets:
        place = next((each for each in asks if each[0] <= start < each[1]), None)
        found.append(IGNORED if start == end else TELLS if place is None else GOES_ON if place in begun else BEGINS)
        begun |= {place} if place and start < end else set()
    return found


def loss_of(found: torch.Tensor, full: torch.Tensor, shares: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    """``found``, ``full``: (b, d). ``shares``: (b, a) logarithms over all asked questions, ``asked``, (a, d)."""
    near = nn.functional.log_softmax(found @ asked.T / TEMPERATURE, dim=-1)
    apart = nn.functional.kl_div(near, shares, log_target=True, reduction="batchmean")
    same = (full @ full.T > SAME) & ~torch.eye(len(full), dtype=torch.bool)
    alike = (found @ full.T / TEMPERATURE).masked_fill(same, -1e4)
    contrast = nn.functional.cross_entropy(alike, torch.arange(len(full)))
    return 2 * (1 - (found * full).sum(1)).mean() + 0.5 * contrast + 0.5 * apart


def main(index: str, first: Path | None, epochs: int, rate: float) -> None:
    torch.manual_seed(0)
    examples = [
        *(each for each, _ in of_letters("letters/train.jsonl", "letters/train_more.jsonl", "letters/two_train.jsonl")),
        *of_threads("letters/threads_train.jsonl", "letters/threads_more.jsonl", "conversations/train.jsonl"),
    ]
    rng = random.Random(0)
    examples += of_strangers(examples, rng)
    asking = [
        *messages("letters/train.jsonl", "letters/train_more.jsonl", "letters/two_train.jsonl"),
        *short_messages("letters/threads_train.jsonl", "letters/threads_more.jsonl"),
    ]
    tests = [(each, gold) for each, gold in of_letters("letters/calibration.jsonl") if gold]
    collection = workspace(CORPUS, index).assistant.engine().collection
    sentences = [span.text for passage in collection.passages for span in passage.sentences]
    answered = len(collection.asked.texts)
    asked = nn.functional.normalize(torch.tensor(collection.asked.vectors[:answered].astype(np.float32)), dim=-1)
    with np.load(PACKAGE / FILE) as arrays:
        teacher, encoder = Reader({name: arrays[name] for name in arrays if "/" in name}), str(arrays["encoder"])
    full = teacher.in_full([example.full for example in examples])
    shares = nn.functional.log_softmax(full @ asked.T / TEMPERATURE, dim=-1)
    reader, begun = Reader(start_of(first)), time.perf_counter()
    thin = [part for each in reader.changed.values() for part in (each.down, each.up)]
    head = list(reader.tags.parameters())
    optimiser = torch.optim.AdamW([{"params": thin}, {"params": head, "lr": TAGS_RATE}], lr=rate, weight_decay=DECAY)
    lengths = [[len(each.question.text) for each in examples], [len(each.text) for each in asking]]
    steps = epochs * sum(len(each) // BATCH + BUCKET for each in lengths)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [rate, TAGS_RATE], total_steps=steps, pct_start=0.1)
    for epoch in range(epochs):
        reader.model.train()
        tasks = [(task, batch) for task, each in enumerate(lengths) for batch in batches(each, rng)]
        for task, batch in rng.sample(tasks, len(tasks)):
            with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
                if task:
                    loss = reader.asking([asking[i] for i in batch])
                else:
                    found = reader.in_context([examples[i].question for i in batch])
                    loss = loss_of(found.float(), full[batch], shares[batch], asked)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*thin, *head], CLIPPED)
            optimiser.step()
            schedule.step()
        reader.model.eval()
        with torch.no_grad():
            near = reader.in_context([example.question for example, _ in tests]) @ asked.T
        golds = [gold for _, gold in tests]
        ranks = [rank_of(*pair, collection.asked.sentences, sentences) for pair in zip(near, golds, strict=True)]
        among = {most: sum(rank < most for rank in ranks) for most in (1, 3, 5)}
        reader.save(encoder)
        print(f"epoch {epoch + 1}: {among} of {len(tests)}, {time.perf_counter() - begun:.0f} s", flush=True)
        _shipped.cache_clear()
        finder = Finder(tuned_encoder(load_encoder(), IN_CONTEXT), *asking_weights())
        for name in ("calibration", "two_calibration"):
            print(measure(finder, rows(f"letters/{name}.jsonl")), flush=True)


def rank_of(near: torch.Tensor, gold: Sequence[str], places: np.ndarray, sentences: Sequence[str]) -> int:
    """Return how many sentences are asked a nearer question than the first that answers, of the five nearest."""
    order = list(dict.fromkeys(int(places[at]) for at in near.topk(80).indices.tolist()))[:5]
    answering = (rank for rank, at in enumerate(order) if any(is_hit(sentences[at], each) for each in gold))
    return next(answering, len(order))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("--first", type=Path, help="continue from this file")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=4e-4)
    given = parser.parse_args()
    main(given.index, given.first, given.epochs, given.rate)
