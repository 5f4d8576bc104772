"""Fit the encoder that finds the questions of a message and reads each in its context.

A copy of the search encoder reads a question and what stands around it, and learns to give, as the mean of the
question's own token vectors, the vector that the search encoder gives the same question written out in full: by the
cosine, by contrast with the other questions of a batch, and by the Kullback-Leibler distance between their shares over
all questions that the corpus asks of its sentences. Half of the rank of its changes begins with those of the search
encoder. From whole messages it learns, with one linear layer over its token vectors, which words begin a question, go
on with one, or only tell.

Learns from `benchmarks/data/letters` and `benchmarks/data/conversations`, never from calibration or test; reads
`index/`. What ships was fitted in phases of two epochs, each with more letters and from the one before (``--first``):
at 4e-4, 5e-4, then three times at 4e-4, which found the questions too. `benchmarks/letters.py` measures the result.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from letters import Place, places
from torch import nn

from b12assistant.answering.asked import BEGINS, GOES_ON, TELLS, parts_of, sentences_of, without_others
from b12assistant.answering.context import InContext
from b12assistant.corpus.folder import corpus_not_answered
from b12assistant.index.encoding import ASKING, FILE, IN_CONTEXT, SURE
from b12assistant.language.words import readable
from fit.data import CORPUS, PACKAGED, Given, labelled_rows, workspace, write
from fit.low_rank import BATCH, BFLOAT16, BUCKET, Arrays, Descent, Tuned, batches, meant

EPOCHS, RATE, TAGS_RATE = 2, 4e-4, 5e-3
RANK = 64
TEMPERATURE = 0.05
SAME = 0.97  # cosine of two questions in full from which neither is wrong for the other
LONGEST, LONGEST_PART = 190, 256  # word pieces of a question in its context, of a part of a message
IGNORED = -100
LEAST = 0.7  # of what the words of a question ask: of .3 to .8, finds most for the fewest that are none
TURNS = 3  # earlier ones that are read
STRANGERS = 5  # one in so many examples is also put, in full, into the context of another
NEAR = "letters/near_misses.jsonl"  # what nothing answers, beside what something does
LETTERS = ("letters/train.jsonl", "letters/train_more.jsonl", "letters/two_train.jsonl", NEAR)
THREADS = ("letters/threads_train.jsonl", "letters/threads_more.jsonl", "letters/near_misses_threads.jsonl")
UNANSWERED = 3000  # questions of `corpus/not_answered.txt` that are put into the context of others too


class Example(NamedTuple):
    """A question in its context, and in full."""

    question: InContext
    full: str


class Message(NamedTuple):
    """A part of a message, and where it asks."""

    text: str
    asks: tuple[Place, ...]


def of_letters() -> Iterator[Example]:
    for letter in labelled_rows(*LETTERS):
        for asked in letter["questions"]:
            before, own, after = letter["text"].partition(asked["slice"])
            yield Example(InContext(own, before, after), asked["full"])


def of_threads() -> Iterator[Example]:
    for thread in labelled_rows(*THREADS, "conversations/train.jsonl"):
        earlier: list[str] = []
        for turn in thread["turns"]:
            text, full = turn.get("text") or turn["user"], turn.get("full") or turn.get("rewrite")
            if earlier and full:
                yield Example(InContext(text, " ".join(earlier[-TURNS:])), full)
            earlier.append(text)


def of_strangers(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Yield questions in full in the context of others, some that nothing answers among them: what stands alone keeps
    its meaning there."""
    fulls = [example.full for example in rng.sample(examples, len(examples) // STRANGERS)]
    for full in (*fulls, *rng.sample(corpus_not_answered(CORPUS), UNANSWERED)):
        context = rng.choice(examples).question
        yield Example(InContext(full, context.before, context.after), full)


def messages() -> Iterator[Message]:
    """Yield letters in the parts that are read in one pass."""
    for letter in labelled_rows(*LETTERS):
        text, asks = without_others(letter["text"]), places(letter)
        for part in parts_of(sentences_of(text)):
            inside = ((max(start, part.start), min(end, part.end)) for start, end in asks)
            own = tuple((start - part.start, end - part.start) for start, end in inside if start < end)
            yield Message(text[part.start : part.end], own)


def short_messages() -> Iterator[Message]:
    """Yield the turns of threads: a remark asks nothing, another its last sentence with a question mark, or all."""
    for turn in (turn for thread in labelled_rows(*THREADS) for turn in thread["turns"]):
        text = turn["text"].strip()
        if turn["kind"] == "two" or not text:
            continue
        marked = [each for each in sentences_of(text) if text[each.start : each.end].endswith("?")]
        whole = [(each.start, each.end) for each in marked[-1:]] or [(0, len(text))]
        yield Message(text, tuple(whole) if turn["full"] else ())


def start_of(first: Path | None) -> Arrays:
    """Return the changes to begin with: those of ``first``, or those of the search encoder with as many idle ones."""
    with np.load(first or PACKAGED / FILE) as arrays:
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


class Reader(Tuned):
    """The encoder with low-rank changes of its weights, and what its word pieces do in a message."""

    def __init__(self, start: Arrays) -> None:
        super().__init__(start)
        self.tags = nn.Linear(self.size, 3)
        if ASKING in start:
            weights = torch.tensor(start[ASKING])
            self.tags.load_state_dict({"weight": weights[:-1].T, "bias": weights[-1]})

    def in_full(self, texts: Sequence[str]) -> torch.Tensor:
        """Return the vectors of questions written out, (n, d)."""
        found = []
        with torch.no_grad():
            for first in range(0, len(texts), 128):
                read = self.tokenizer(list(texts[first : first + 128]), padding=True, return_tensors="pt")
                found.append(meant(self.model(**read).last_hidden_state, read["attention_mask"]))
        return torch.cat(found)

    def _read(self, texts: Sequence[str], longest: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the vectors of word pieces, (b, n, d), of unit length, and their places in the texts, (b, n, 2)."""
        options = {"padding": True, "truncation": True, "max_length": longest, "return_offsets_mapping": True}
        read = self.tokenizer(list(texts), return_tensors="pt", **options)
        offsets = read.pop("offset_mapping")
        return nn.functional.normalize(self.model(**read).last_hidden_state.float(), dim=-1), offsets

    def in_context(self, questions: Sequence[InContext]) -> torch.Tensor:
        """Return the vectors of questions in context, (n, d), as `vector_in_context` computes them."""
        states, offsets = self._read([question.text for question in questions], LONGEST)
        ends = torch.tensor([len(question.asks) for question in questions])[:, None]
        return meant(states, (offsets[..., 0] < ends) & (offsets[..., 1] > offsets[..., 0]))

    def asking(self, batch: Sequence[Message]) -> torch.Tensor:
        """Return the loss of what each word piece of some messages does."""
        states, offsets = self._read([readable(each.text) for each in batch], LONGEST_PART)
        labels = torch.tensor([does(*pair) for pair in zip(offsets.tolist(), (m.asks for m in batch), strict=True)])
        return nn.functional.cross_entropy(self.tags(states).flatten(0, 1), labels.flatten())

    @property
    def head(self) -> np.ndarray:
        """Return the weights of what a word piece does, (d + 1, 3)."""
        return torch.cat([self.tags.weight.T, self.tags.bias[None]]).detach().numpy().copy()


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


def all_asked() -> torch.Tensor:
    """Return the vectors of the questions that the corpus asks of its sentences, and of those that none answers."""
    asked = workspace().engine.collection.asked
    if not asked.texts:
        raise SystemExit("nothing is asked of the sentences of this index: build it from corpus/")
    return nn.functional.normalize(torch.tensor(asked.vectors.astype(np.float32)), dim=-1)


def fit(given: Given) -> None:
    torch.manual_seed(0)
    rng, examples = random.Random(0), [*of_letters(), *of_threads()]
    examples += of_strangers(examples, rng)
    asking, asked = [*messages(), *short_messages()], all_asked()
    with np.load(PACKAGED / FILE) as arrays:
        teacher, digest = Reader({name: arrays[name] for name in arrays if "/" in name}), arrays["encoder"]
    full = teacher.in_full([example.full for example in examples])
    shares = nn.functional.log_softmax(full @ asked.T / TEMPERATURE, dim=-1)
    reader = Reader(start_of(given.first))
    lengths = [[len(each.question.text) for each in examples], [len(each.text) for each in asking]]
    steps = EPOCHS * sum(len(each) // BATCH + BUCKET for each in lengths)
    descent = Descent([(reader.thin, given.rate or RATE), (reader.tags.parameters(), TAGS_RATE)], steps)
    reader.train()
    for _ in range(EPOCHS):
        tasks = [(task, batch) for task, each in enumerate(lengths) for batch in batches(each, rng)]
        for task, batch in rng.sample(tasks, len(tasks)):
            with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
                if task:
                    loss = reader.asking([asking[i] for i in batch])
                else:
                    found = reader.in_context([examples[i].question for i in batch])
                    loss = loss_of(found.float(), full[batch], shares[batch], asked)
            descent.step(loss)
    write(IN_CONTEXT, **reader.arrays(), **{ASKING: reader.head, SURE: np.array(LEAST)}, encoder=digest)
