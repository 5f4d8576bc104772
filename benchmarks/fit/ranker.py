"""Train the ranker on graded sentences: of those for one question, the better one is to score higher.

It learns from sentences that readers graded (`data/tuning/graded.jsonl`, `judged.jsonl`; the questions of the second
also as they stand in their letters and threads), and, twice, from questions as people type them, each with the
sentences that the search found (`typed.jsonl`). Questions that are like one of a calibration or test split or of a
trial are left out. So are the last graded questions and the typed ones of eight writers, on which `refusal` fits what a
score means, and every tenth judged one; the weight of the score was chosen on the typed ones.

It goes through its lists once. After a new one comes `refusal`.

The loss of a list is that of ListNet (Cao and others, 2007), with the loss of each quote by itself (logistic) beside
it, so that a score has a meaning of its own. The word vectors stay those of the encoder, and are read from its file.
Writes a graph in eight-bit integers.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from b12assistant.index.encoding import FOLDER, LONGEST, RANKER, SentenceEncoder
from b12assistant.index.onnx_encoder import TINY, find_weights
from fit.context import of_letters, of_threads
from fit.data import DATA, GRADED, PACKAGED, SPARED, TYPED, UNREAD, Given, labelled_rows, rows, vectors
from fit.graph import in_eight_bits, linked, simplified, traced
from fit.low_rank import BFLOAT16, Descent

HELD = ("questions/test.jsonl", "questions/calibration.jsonl", "unanswerable/test.jsonl", "trials/answers.jsonl")
HELD_LETTERS = ("letters/calibration.jsonl", "letters/test.jsonl", "letters/test_later.jsonl")
JUDGED = DATA / "tuning" / "judged.jsonl"
LAYERS = 6
LISTS, RATE = 12, 7e-5
LONGEST_LIST, MOST_RIGHT = 7, 2
TENTH = 10  # of the judged questions one in so many is not learned
LIKE = 0.93  # cosine from which a question is like another
SHARES = {3: 3.0, 2: 2.2, 1: 0.0, 0: -1.0, -1: -1.0}  # of a list, by grade: logarithms, before ``SHARPER``
SHARPER = 1.5
ANSWERS = {3: 1.0, 2: 0.9, 1: 0.25, 0: 0.03, -1: 0.03}  # how far a sentence of this grade answers
BEST = 3  # grade
ROUNDED = ("_quantized", "_zero_point")  # ends of the names of a matrix in eight bits, and of its zeros


class Graded(NamedTuple):
    """A question, and quotes with their grades."""

    question: str
    quotes: list[tuple[str, int]]


class Joint(nn.Module):
    """Pairs of texts to scores, (n,), or (n, ``logits``) if there are several."""

    def __init__(self, model: Any, layers: int, logits: int = 1) -> None:
        super().__init__()
        self.tokenizer, self.model = model.tokenizer, model[0].auto_model.float()
        self.model.encoder.layer = self.model.encoder.layer[:layers]
        self.model.embeddings.word_embeddings.requires_grad_(requires_grad=False)
        self.head = nn.Linear(2 * self.model.config.hidden_size, logits)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        for part in self.modules():
            if isinstance(part, nn.Dropout):
                part.p = 0.05

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BFLOAT16 and self.training):
            read = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        tokens, there = read.last_hidden_state.float(), attention_mask[..., None].float()
        mean = (tokens * there).sum(1) / there.sum(1)
        return self.head(torch.cat([tokens[:, 0], mean], 1)).squeeze(1)

    def scores(self, lists: Sequence[Graded]) -> torch.Tensor:
        quotes = [quote for each in lists for quote, _ in each.quotes]
        return self.of_pairs([each.question for each in lists for _ in each.quotes], quotes)

    def of_pairs(self, first: Sequence[str], second: Sequence[str]) -> torch.Tensor:
        options = {"padding": True, "truncation": True, "max_length": 2 * LONGEST, "return_tensors": "pt"}
        found: torch.Tensor = self(**self.tokenizer(list(first), list(second), **options))
        return found


def unlike_held(lists: Sequence[Graded]) -> list[Graded]:
    """Leave out what is like a question that something is measured on."""
    letters = (each["full"] for row in labelled_rows(*HELD_LETTERS) for each in row["questions"])
    held = vectors([*(row["question"] for row in labelled_rows(*HELD)), *letters])
    nearest = (vectors([each.question for each in lists]) @ held.T).max(axis=1)
    return [each for each, cosine in zip(lists, nearest.tolist(), strict=True) if cosine < LIKE]


def read_graded(file: Path, spared: str | None = None) -> list[Graded]:
    """Read the questions of a file but, if it is given, those whose ids begin with ``spared``."""
    return [
        Graded(row["question"], [(text, int(grade)) for text, grade in row["grades"].items()])
        for row in rows(file)
        if spared is None or not row["id"].startswith(spared)
    ]


def read_judged() -> Iterator[Graded]:
    """Yield judged questions but every tenth, in full and as they stand in a letter or thread."""
    contexts = {each.full: each.question.text for each in (*of_letters(), *of_threads())}
    for graded in read_graded(JUDGED):
        if int(hashlib.md5(graded.question.encode(), usedforsecurity=False).hexdigest(), 16) % TENTH:
            yield graded
            if graded.question in contexts:
                yield graded._replace(question=contexts[graded.question])


def some_of(graded: Graded, rng: random.Random) -> Graded:
    """Draw at most `MOST_RIGHT` sentences that answer, and others, `LONGEST_LIST` in all."""
    right = [each for each in graded.quotes if each[1] == BEST]
    right = rng.sample(right, min(MOST_RIGHT, len(right)))
    others = [each for each in graded.quotes if each[1] != BEST]
    return graded._replace(quotes=right + rng.sample(others, min(LONGEST_LIST - len(right), len(others))))


def train(joint: Joint, graded: Sequence[Graded], rng: random.Random) -> None:
    learned = [each for each in joint.parameters() if each.requires_grad]
    descent = Descent([(learned, RATE)], len(graded) // LISTS + 1)
    joint.train()
    for batch in batches_of([some_of(each, rng) for each in graded], rng):
        descent.step(_loss(joint.scores(batch), batch))
    joint.eval()


def batches_of(lists: list[Graded], rng: random.Random) -> list[list[Graded]]:
    """Return batches in random order, each of lists with questions of about one length: short ones are not padded."""
    rng.shuffle(lists)
    lists = sorted(lists[: len(lists) // LISTS * LISTS], key=lambda each: len(each.question))
    batches = [lists[first : first + LISTS] for first in range(0, len(lists), LISTS)]
    rng.shuffle(batches)
    return batches


def _loss(scores: torch.Tensor, batch: Sequence[Graded]) -> torch.Tensor:
    grades = [[grade for _, grade in each.quotes] for each in batch]
    listed = scores.new_zeros(())
    for own, found in zip(grades, torch.split(scores, [len(each) for each in grades]), strict=True):
        wanted = torch.softmax(SHARPER * torch.tensor([SHARES[grade] for grade in own]), 0)
        listed = listed - (wanted * torch.log_softmax(found, 0)).sum()
    alone = torch.tensor([ANSWERS[grade] for each in grades for grade in each])
    return listed / len(batch) + nn.functional.binary_cross_entropy_with_logits(scores, alone) / 2


def fit(_given: Given) -> None:
    torch.manual_seed(0)
    graded = unlike_held([*read_graded(GRADED)[:-UNREAD], *read_judged()])
    typed = unlike_held(read_graded(TYPED, SPARED))
    encoder = SentenceEncoder(find_weights(), threads=1)
    joint = Joint(encoder.model, LAYERS)
    train(joint, [*typed, *typed, *graded], random.Random(0))
    write_joint(joint, RANKER, encoder.weights.digest, encoder.weights.place)


def write_joint(joint: Joint, name: str, encoder: str, place: Path) -> None:
    """Write the graph and its facts. ``encoder``: the digest of the one it is for; ``place``: of the word vectors."""
    inputs = dict.fromkeys(TINY, torch.ones(2, 8, dtype=torch.long))
    whole = in_eight_bits(traced(joint, inputs, {"score": {0: "texts"}}, fold=True))
    graph = simplified(linked(whole, place)[0], shaped=False)  # the word vectors stay in their file
    (PACKAGED / FOLDER / f"{name}.onnx").write_bytes(graph)
    facts = {"encoder": encoder, "sha256": hashlib.sha256(graph).hexdigest()}
    (PACKAGED / FOLDER / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def read_joint(joint: Joint, file: Path) -> Joint:
    """Set the weights of a network to those of a graph that `write_joint` wrote."""
    graph = onnx.load(file, load_external_data=False).graph
    held = {tensor.name: tensor for tensor in graph.initializer if not tensor.external_data}
    state = joint.state_dict()
    found = {name: numpy_helper.to_array(held[name]) for name in state if name in held}
    for node in graph.node:  # each matrix is named where its steps are multiplied
        steps = next((name for name in node.input if name in held and name.endswith("_scale")), "")
        if node.op_type == "Mul" and steps:
            whole, zero = (numpy_helper.to_array(held[steps.replace("_scale", each)]) for each in ROUNDED)
            name = node.output[0].partition("/MatMul")[0].strip("/").replace("/", ".")
            name = f"{name if f'{name}.weight' in state else 'head'}.weight"
            found[name] = ((whole.astype(np.float32) - zero) * numpy_helper.to_array(held[steps])).T
    joint.load_state_dict({**state, **{name: torch.tensor(each.copy()) for name, each in found.items()}})
    return joint
