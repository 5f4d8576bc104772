"""Is the sentence that answers found within its text? Against the rationales of SciFact and the spans of COVID-QA.

    python benchmarks/sentence_selection.py DATASETS [QUESTIONS]

``DATASETS`` holds the folders `scifact` (the train split alone is read) and `covidqa` (the passage that answers with
one before and one after). ``QUESTIONS`` of each are drawn with a fixed seed (200; fewer
count where a sentence is longer than the encoder reads). Nothing is fitted here. Four ways to
choose: each sentence's vector, BM25 of each sentence, late interaction of each sentence, and the windows that the
product quotes. A hit: what is chosen holds a sentence of a rationale, or a part of the answer's span.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from b12assistant.answering.engine import Engine
from b12assistant.config import Settings
from b12assistant.evaluation.measures import SEED, compare, interval
from b12assistant.index.collection import Collection
from b12assistant.index.embedding import embed
from b12assistant.index.encoding import load_encoder
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.token_store import Projection, TokenStore, load_projection
from b12assistant.index.vector_index import FaissIndex
from b12assistant.language.sentences import split_sentences
from b12assistant.protocols import Encoder
from b12assistant.types import (
    Block,
    BlockKind,
    Document,
    DocumentId,
    GenerationId,
    Hit,
    Passage,
    PassageId,
    Range,
    Span,
)


@dataclass(frozen=True)
class Task:
    """A question, a text in sentences, and the sentences (from 0) that answer."""

    question: str
    sentences: tuple[str, ...]
    right: frozenset[int]


def rows(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def scifact(folder: Path) -> list[Task]:
    sentences = {row["_id"]: tuple(row["sentences"]) for row in rows(folder / "sentences.jsonl")}
    return [
        Task(row["claim"], sentences[row["corpus_id"]], frozenset(i for each in row["rationales"] for i in each))
        for row in rows(folder / "evidence.jsonl")
        if row["split"] == "train"
    ]


def covidqa(folder: Path) -> list[Task]:
    questions = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl")}
    texts = {row["_id"]: row["text"] for row in rows(folder / "corpus.jsonl")}
    tasks = []
    for row in rows(folder / "answers.jsonl"):
        article, _, number = row["passage_id"].partition("_")
        beside = [f"{article}_{int(number) + step:03d}" for step in (-1, 0, 1)]
        found: list[str] = []
        right: set[int] = set()
        for name in (name for name in beside if name in texts):
            text = texts[name]
            start = text.find(row["answer"]) if name == row["passage_id"] else -1
            for range_ in split_sentences(text):
                if start >= 0 and range_.overlaps(Range(start, start + len(row["answer"]))):
                    right.add(len(found))
                found.append(text[range_.start : range_.end])
        if right:
            tasks.append(Task(questions[row["_id"]], tuple(found), frozenset(right)))
    return tasks


def passages(name: str, sentences: Sequence[str], encoder: Encoder, most: int) -> tuple[Passage, ...]:
    """One document, its sentences as they are given, in passages of at most ``most`` word pieces."""
    text = " ".join(sentences)
    blocks = (Block(BlockKind.PARAGRAPH, Range(0, len(text))),)
    document = Document(DocumentId(name), name, "", text, blocks=blocks)
    groups: list[list[Span]] = [[]]
    size = start = 0
    for sentence in sentences:
        pieces = encoder.count(sentence)
        if groups[-1] and size + pieces > most:
            groups.append([])
            size = 0
        groups[-1].append(document.span(start, start + len(sentence)))
        size += pieces
        start += len(sentence) + 1
    return tuple(Passage(PassageId(f"{name}-{i}"), tuple(group)) for i, group in enumerate(groups))


def collection(found: Sequence[tuple[Passage, ...]], encoder: Encoder, projection: Projection) -> Collection:
    parts = [embed(each, encoder, projection, title_pieces=0, alone=True) for each in found]
    matrix = np.concatenate([part.vectors for part in parts])
    context = TokenStore.join([part.context for part in parts])
    flat = tuple(passage for each in found for passage in each)
    texts = [" ".join(span.text for span in passage.sentences) for passage in flat]
    return Collection(
        GenerationId("sentences"),
        tuple(each[0].document for each in found),
        flat,
        FaissIndex.build(matrix),
        matrix,
        BM25FIndex.build(texts, [""] * len(texts)),
        context,
        TokenStore.join([part.alone for part in parts if part.alone is not None]),
        context.piece_idf(),
    )


def best_first(scores: np.ndarray) -> list[frozenset[int]]:
    return [frozenset([int(i)]) for i in np.argsort(-scores, kind="stable")]


def choices(tasks: Sequence[Task], encoder: Encoder) -> tuple[dict[str, list[list[frozenset[int]]]], list[int]]:
    """For each way and task, what is chosen as numbers of sentences, best first; and the characters of first quotes."""
    projection, settings = load_projection(encoder.name, encoder.digest), Settings()
    groups = [passages(str(n), task.sentences, encoder, settings.chunking.pieces) for n, task in enumerate(tasks)]
    engine = Engine(collection(groups, encoder, projection), encoder, projection)
    sentences = [sentence for task in tasks for sentence in task.sentences]
    vectors = np.stack([each.vector for each in encoder.encode(sentences)])
    words = BM25FIndex.build(sentences, [""] * len(sentences))
    chosen: dict[str, list[list[frozenset[int]]]] = defaultdict(list)
    characters, start = [], 0
    for task, group in zip(tasks, groups, strict=True):
        part = slice(start, start + len(task.sentences))
        start = part.stop
        query = engine.query(task.question)
        lexical = np.zeros(len(sentences), dtype=np.float32)
        matched, scores = words.search(task.question, len(sentences))
        lexical[matched] = scores
        late = [engine.cosines(query, engine.collection.rows[passage.id]) @ query.informative for passage in group]
        windows = engine.windows(query, [Hit(passage, 0.0, 1) for passage in group], settings)
        chosen["dense sentence"].append(best_first(vectors[part] @ query.vector))
        chosen["BM25 sentence"].append(best_first(lexical[part]))
        chosen["late interaction, sentence"].append(best_first(np.concatenate(late)))
        spans = [span for passage in group for span in passage.sentences]
        chosen["quotes of the product"].append(
            [
                frozenset(i for i, span in enumerate(spans) if any(s.range.overlaps(span.range) for s in window.spans))
                for window in windows
            ]
        )
        characters.append(windows[0].cut.length)
    return chosen, characters


def told(values: Sequence[bool]) -> str:
    found = interval([float(value) for value in values])
    return f"{found['mean']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"


def main(datasets: Path, most: int) -> None:
    encoder = load_encoder(threads=1)
    for name, tasks in (("scifact", scifact(datasets / "scifact")), ("covidqa", covidqa(datasets / "covidqa"))):
        drawn = random.Random(SEED).sample(tasks, min(most, len(tasks)))
        drawn = [task for task in drawn if all(encoder.count(each) <= encoder.limit for each in task.sentences)]
        chosen, characters = choices(drawn, encoder)
        print(f"{name}: {len(drawn)} questions, median {median(len(task.sentences) for task in drawn)} sentences each")
        hits = {
            way: {k: [any(each & task.right for each in found[:k]) for found, task in zip(all_, drawn, strict=True)]
                  for k in (1, 3)}
            for way, all_ in chosen.items()
        }  # fmt: skip
        for way, at in hits.items():
            against = compare([float(hit) for hit in at[1]], [float(hit) for hit in hits["BM25 sentence"][1]])
            print(f"  {way}: hit@1 {told(at[1])}, hit@3 {told(at[3])}; hit@1 less BM25's {against['mean']:+.3f}, "
                  f"p {against['p']:.3f}")  # fmt: skip
        print(f"  median characters of the first quote: {median(characters):.0f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200)
