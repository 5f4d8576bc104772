"""Train the reader on graded quotes: of the quotes for one question, the better one is to score higher.

First it learns from questions asked of sentences (`"asked"` in `corpus/sentences/`): each beside its sentence and
five that the encoder finds near. Then from the quotes that readers graded (`data/tuning/graded.jsonl`). Questions
that are like one of a test split or of a trial are left out (for the shipped one the trial of commit c00f013). So are
the last graded questions: on them `refusal` fits what a score means.

The loss of a list is that of ListNet (Cao and others, 2007), with the loss of each quote by itself (logistic) beside
it, so that a score has a meaning of its own. The word vectors stay those of the encoder, and are read from its file.
Writes a graph in eight-bit integers.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from b12assistant.corpus.folder import SENTENCES_FOLDER
from b12assistant.index.encoding import LONGEST, SentenceEncoder
from b12assistant.index.onnx_encoder import TINY, find_weights
from fit.data import CORPUS, GRADED, PACKAGED, UNREAD, Given, labelled_rows, rows, vectors
from fit.encoder import read_sentences
from fit.graph import in_eight_bits, linked, traced
from fit.low_rank import BFLOAT16, Descent

HELD = ("questions/test.jsonl", "unanswerable/test.jsonl", "trials/answers.jsonl")
LAYERS, EPOCHS, LISTS, RATE = 3, 3, 6, 7e-5
LONGEST_LIST = 12
ASKED = 3000  # questions asked of sentences
LIKE = 0.9  # cosine from which a question is like another
SHARES = {3: 3.0, 2: 1.2, 1: 0.0, 0: -1.0, -1: -1.0}  # of a list, by grade: logarithms, before ``SHARPER``
SHARPER = 1.5
ANSWERS = {3: 1.0, 2: 0.7, 1: 0.3, 0: 0.05, -1: 0.05}  # how far a quote of this grade answers
NEAR, OWN = 1, 3  # the grades of a near sentence, and of the sentence a question is asked of


class Graded(NamedTuple):
    """A question, and quotes with their grades."""

    question: str
    quotes: list[tuple[str, int]]


class Joint(nn.Module):
    """Pairs of texts to scores, (n,)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.tokenizer, self.model = model.tokenizer, model[0].auto_model.float()
        self.model.encoder.layer = self.model.encoder.layer[:LAYERS]
        self.model.embeddings.word_embeddings.requires_grad_(requires_grad=False)
        self.head = nn.Linear(2 * self.model.config.hidden_size, 1)
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
        return self.head(torch.cat([tokens[:, 0], mean], 1))[:, 0]

    def scores(self, lists: Sequence[Graded]) -> torch.Tensor:
        questions = [each.question for each in lists for _ in each.quotes]
        quotes = [quote for each in lists for quote, _ in each.quotes]
        options = {"padding": True, "truncation": True, "max_length": 2 * LONGEST, "return_tensors": "pt"}
        found: torch.Tensor = self(**self.tokenizer(questions, quotes, **options))
        return found


def read_asked(rng: random.Random) -> Iterator[Graded]:
    """Yield some questions, each with the sentence it was written for and five others near it."""
    told = list(read_sentences(CORPUS / SENTENCES_FOLDER))
    sentences = [each["text"] for each in told]
    drawn = [(question, row) for row, each in enumerate(told) for question in each.get("asked", [])]
    drawn = rng.sample(drawn, ASKED)
    known, asked = vectors(sentences), vectors([question for question, _ in drawn])
    for (question, row), vector in zip(drawn, asked, strict=True):
        order = np.argsort(-(known @ vector))[:40].tolist()
        near = [each for each in order if each != row and known[each] @ known[row] < 0.8]
        others = [*near[2:4], *rng.sample(near[4:], min(3, len(near[4:])))]
        yield Graded(question, [(sentences[row], OWN), *((sentences[each], NEAR) for each in others)])


def unlike_held(lists: Sequence[Graded]) -> list[Graded]:
    """Leave out what is like a question that something is measured on."""
    held = vectors([row["question"] for row in labelled_rows(*HELD)])
    nearest = (vectors([each.question for each in lists]) @ held.T).max(axis=1)
    return [each for each, cosine in zip(lists, nearest.tolist(), strict=True) if cosine < LIKE]


def train(joint: Joint, stages: Sequence[list[Graded]], rng: random.Random) -> None:
    learned = [each for each in joint.parameters() if each.requires_grad]
    descent = Descent([(learned, RATE)], sum(len(lists) // LISTS for lists in stages) + 1)
    joint.train()
    for lists in stages:
        rng.shuffle(lists)
        for first in range(0, len(lists) - LISTS + 1, LISTS):
            batch = [
                Graded(each.question, rng.sample(each.quotes, min(LONGEST_LIST, len(each.quotes))))
                for each in lists[first : first + LISTS]
            ]
            descent.step(_loss(joint.scores(batch), batch))
    joint.eval()


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
    rng = random.Random(0)
    every = [
        Graded(row["question"], [(quote, int(grade)) for quote, grade in row["grades"].items()]) for row in rows(GRADED)
    ]
    graded = unlike_held(every[:-UNREAD])
    asked = unlike_held(list(read_asked(rng)))
    encoder = SentenceEncoder(find_weights(), threads=1)
    joint = Joint(encoder.model)
    train(joint, [asked, *[list(graded) for _ in range(EPOCHS)]], rng)
    inputs = dict.fromkeys(TINY, torch.ones(2, 8, dtype=torch.long))
    whole = in_eight_bits(traced(joint, inputs, {"score": {0: "texts"}}, fold=True))
    graph, _ = linked(whole, encoder.weights.place)  # where the word vectors stay
    folder = PACKAGED / "data" / "reader"
    (folder / "reader.onnx").write_bytes(graph)
    facts = {"encoder": encoder.weights.digest, "sha256": hashlib.sha256(graph).hexdigest()}
    (folder / "reader.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
