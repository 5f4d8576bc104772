"""Other passages, near-duplicates folded, diversity: nDCG@10 against the shipped ranking, on development splits only.

    python benchmarks/passage_trials.py passages|order DATASETS CACHE

`passages` encodes anew, into CACHE (minutes), so it takes some shards of the larger collections. `order` moves the
first 50 documents of the shipped run; shipped passages come from build/bench-cache.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from b12assistant.answering.retrieval import Depths, encode_query, rank
from b12assistant.config import ChunkingSettings, Settings
from b12assistant.evaluation.bench import CACHE
from b12assistant.evaluation.bench_index import Stages
from b12assistant.evaluation.datasets import Dataset, load_dataset
from b12assistant.evaluation.measures import HEADLINE, compare, score
from b12assistant.index.collection import Collection
from b12assistant.index.encoding import load_encoder
from b12assistant.index.token_store import load_projection
from b12assistant.loaders.passages import Count, chunk
from b12assistant.types import Document, Hit, Passage

ROOM = 40  # word pieces left free for the sentence before
MOVED, QUERIES = 50, 270  # documents of a run, queries of a collection at most
SHARD = 100  # documents, as the cache has them
Hits = dict[str, list[Hit]]  # for each query the best passage of each document, best first

PARTS = (  # folder, split, least grade that answers, which shards `passages` reads
    ("nfcorpus-filtered", "dev", 1, 17),
    ("mediqa-qa/validation", "test", 2, 1),  # the file's name: the folder is the development half
    ("pubmedqa", "dev", 1, 5),
    ("scifact", "train", 1, 26),  # the only one of these with titles
)
TRIALS = {  # word pieces of a passage, of its title; whether the sentence before is read too
    "100": (100, 48, False),
    "150": (150, 48, False),
    "160 and the sentence before": (200, 48, True),
    "200, no title": (200, 0, False),
    "240, no title": (240, 0, False),
}


def trials(kind: str, dataset: Dataset, cache: Path) -> Iterator[tuple[str, Hits]]:
    """Rankings by name, the shipped one first."""
    collection, found = searched(dataset, CACHE, Settings())
    yield "ships", found
    if kind == "order":
        for name, way in (("folded over", folded), ("MMR", diverse)):
            for degree in (0.95, 0.97) if way is folded else (0.9, 0.7):
                yield f"{name} {degree}", {query: way(hits, collection, degree) for query, hits in found.items()}
        return
    titled = any(text.title for text in dataset.texts)
    for name, (pieces, title, before) in TRIALS.items():
        if titled or name != "200, no title":  # else it is what ships
            settings = Settings(chunking=ChunkingSettings(pieces=pieces, title_pieces=title))
            with patch("b12assistant.evaluation.bench_index.chunk", with_sentence_before) if before else nullcontext():
                yield name, searched(dataset, cache / ("before" if before else "plain"), settings)[1]


def searched(dataset: Dataset, cache: Path, settings: Settings) -> tuple[Collection, Hits]:
    encoder = load_encoder("all-MiniLM-L6-v2", threads=1)
    projection = load_projection(encoder.name, encoder.digest)
    collection = Stages(encoder, projection, settings, cache).index(dataset.texts)
    found = {}
    for id_, text in dataset.queries.items():
        query = encode_query(text, collection, encoder, projection)
        best: dict[str, Hit] = {}
        for hit in rank(query, collection, Depths(), lambda passage: True, sys.maxsize):
            best.setdefault(hit.passage.document.id, hit)
        found[id_] = list(best.values())
    return collection, found


def with_sentence_before(document: Document, count: Count, *, most: int) -> tuple[Passage, ...]:
    """Passages that begin with the last sentence of the one before, where it fits."""
    passages = chunk(document, count, most=most - ROOM)
    read = list(passages[:1])
    for before, passage in pairwise(passages):
        longer = (before.sentences[-1], *passage.sentences)
        fits = sum(count(span.text) for span in longer) <= most
        read.append(replace(passage, sentences=longer) if fits else passage)
    return tuple(read)


def cosines(hits: Sequence[Hit], collection: Collection) -> NDArray[np.float32]:
    vectors = collection.matrix[[collection.rows[hit.passage.id] for hit in hits[:MOVED]]]
    return np.asarray(vectors @ vectors.T, dtype=np.float32)


def folded(hits: Sequence[Hit], collection: Collection, most: float) -> list[Hit]:
    """Those that are like a better one go behind the others of the first."""
    near, kept = cosines(hits, collection), list[int]()
    for i in range(len(near)):
        if not (near[i, kept] > most).any():
            kept.append(i)
    return [*(hits[i] for i in kept), *(hit for i, hit in enumerate(hits) if i not in set(kept))]


def diverse(hits: Sequence[Hit], collection: Collection, share: float) -> list[Hit]:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998); scores from 0 to 1, ``share`` is lambda."""
    near, scores = cosines(hits, collection), np.array([hit.score for hit in hits[:MOVED]])
    relevance = (scores - scores.min()) / max(float(np.ptp(scores)), 1e-9)
    chosen = [0]
    while len(chosen) < len(scores):
        value = share * relevance - (1 - share) * near[:, chosen].max(axis=1)
        value[chosen] = -np.inf
        chosen.append(int(value.argmax()))
    return [*(hits[i] for i in chosen), *hits[MOVED:]]


def sampled(dataset: Dataset, relevant: int, every: int) -> Dataset:
    """Some shards' documents, and up to ``QUERIES`` queries that one of them answers."""
    texts = tuple(text for i, text in enumerate(dataset.texts) if i // SHARD % every == 0)
    held = {text.id for text in texts}
    qrels = {query: {d: grade for d, grade in of.items() if d in held} for query, of in dataset.qrels.items()}
    asked = [query for query, of in qrels.items() if any(grade >= relevant for grade in of.values())]
    asked = sorted(random.Random(7).sample(asked, min(QUERIES, len(asked))))
    queries = {query: dataset.queries[query] for query in asked}
    return replace(dataset, texts=texts, queries=queries, qrels={query: qrels[query] for query in asked})


def main(kind: str, datasets: Path, cache: Path) -> None:
    for folder, split, relevant, every in PARTS:
        dataset = sampled(load_dataset(datasets / folder, split), relevant, every if kind == "passages" else 1)
        shipped: list[float] = []
        for name, hits in trials(kind, dataset, cache):
            run = {q: {str(hit.passage.document.id): -float(i) for i, hit in enumerate(of)} for q, of in hits.items()}
            found = list(score(dataset.qrels, run, relevant=relevant)[HEADLINE].values())
            shipped = shipped or found
            told = compare(found, shipped)
            against = "{mean:+.4f} [{low:+.4f}, {high:+.4f}], p {p:.3f}".format(**told)
            place = f"{folder} ({len(dataset.texts)}, n {len(found)})"
            print(f"{place}: {name}: {np.mean(found):.4f} ({against})", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
