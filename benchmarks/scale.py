"""The constants of docs/scale.md: bytes of a passage in each part, CPU of a question in each stage.

    python benchmarks/scale.py DATASETS

Over all passages of the collections below that build/bench-cache holds already (the bench encodes them): how many a
document gives, and what each takes. CPU of this process, one thread, so that a busy machine counts little; the
questions are judged ones of a train or dev split. HNSW is faiss's, which Milvus Lite uses too, with the settings of
index/milvus.py, in one graph and in four; recall is against exact search over the same real vectors. A whole answer is
one from the packaged corpus, for the stages that do not grow with a collection.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from b12assistant.answering.retrieval import Depths, encode_query, rank
from b12assistant.application.workspace import Workspace
from b12assistant.evaluation.bench_index import Stages
from b12assistant.evaluation.datasets import load_dataset
from b12assistant.index.collection import Collection
from b12assistant.index.lexical_index import BM25FIndex

SETS = (("scifact", "train"), ("nfcorpus-filtered", "dev"), ("medquad-sample", "dev"))
QUESTIONS = Path("benchmarks/data/questions/train.jsonl")
MANY = 200  # questions
FOUND = 100
M, BUILD, SEARCH = 32, 200, 384


def silent(stage: str, done: int, of: int) -> None:
    pass


def cpu(work: Callable[[Any], object], each: Sequence[Any]) -> float:
    """Milliseconds of CPU for one of ``each``."""
    begun = time.process_time()
    for one in each:
        work(one)
    return 1000 * (time.process_time() - begun) / len(each)


def sizes(collection: Collection) -> dict[str, float]:
    """Of one passage, on average: bytes of each part."""
    rows, context, lexical = len(collection.passages), collection.context, collection.lexical
    assert isinstance(lexical, BM25FIndex)  # noqa: S101 - as Stages makes it
    return {
        "passages of a document": rows / len(collection.documents),
        "text": sum(len(document.text.encode()) for document in collection.documents) / rows,
        "vector": collection.matrix.nbytes / rows,
        "token vectors": (context.tokens.nbytes + context.pieces.nbytes + context.starts.nbytes) / rows,
        "terms": sum(len(row) for row in lexical.by_row(rows)) / rows,
    }


def told(name: str, figures: dict[str, float]) -> None:
    print(f"{name}: " + ", ".join(f"{what} {figure:.4g}" for what, figure in figures.items()), flush=True)


def questions_of(space: Workspace, collection: Collection, texts: Sequence[str]) -> dict[str, float]:
    """Milliseconds of CPU of each stage, and postings that words touch, of each row of the collection."""
    lexical = collection.lexical
    assert isinstance(lexical, BM25FIndex)  # noqa: S101 - as Stages makes it
    encode_query(texts[0], collection, space.encoder, space.projection)
    encoding = cpu(lambda text: encode_query(text, collection, space.encoder, space.projection), texts)
    asked = [encode_query(text, collection, space.encoder, space.projection) for text in texts]
    rows = list(lexical.by_row(len(collection.passages)))
    weighed = Counter(number for row in rows for number in row)
    touched = [sum(weighed[number] for number in lexical.asked(query.text)) for query in asked]
    ranking = cpu(lambda query: rank(query, collection, Depths(), lambda passage: True, FOUND), asked)
    return {
        "encoding": encoding,
        "exact search": cpu(lambda query: collection.vectors.search(query.vector, FOUND), asked),
        "words": cpu(lambda query: lexical.search(query.text, FOUND), asked),
        "ranking in all": ranking,
        "postings of its words, a row": float(np.mean(touched)) / len(rows),
    }


def hnsw(vectors: np.ndarray, queries: np.ndarray, segments: int) -> dict[str, float]:
    """All of ``vectors`` in so many graphs, each asked for the best: as a server with so many segments does."""
    begun = time.process_time()
    graphs = []
    for part in np.array_split(np.arange(len(vectors)), segments):
        graph = faiss.IndexHNSWFlat(vectors.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction, graph.hnsw.efSearch = BUILD, SEARCH
        graph.add(vectors[part])
        graphs.append((part, graph))
    built = time.process_time() - begun
    size = sum(len(faiss.serialize_index(graph)) for _, graph in graphs) / len(vectors)
    milliseconds = cpu(lambda query: [graph.search(query[None], FOUND) for _, graph in graphs], list(queries))
    found = []
    for query in queries:
        scored = sorted(each for part, graph in graphs for each in _scored(graph, query, part))
        found.append({row for _, row in scored[:FOUND]})
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :FOUND]
    recall = np.mean([len(ours & set(theirs.tolist())) / FOUND for ours, theirs in zip(found, exact, strict=True)])
    return {
        "segments": segments,
        "build s of CPU for 1,000": 1000 * built / len(vectors),
        "bytes of a vector": size,
        "ms of CPU": milliseconds,
        f"recall@{FOUND}": float(recall),
    }


def _scored(graph: faiss.Index, query: np.ndarray, part: np.ndarray) -> list[tuple[float, int]]:
    scores, rows = graph.search(query[None], FOUND)
    return list(zip((-scores[0]).tolist(), part[rows[0]].tolist(), strict=True))


def embedding(space: Workspace, collection: Collection) -> float:
    """Passages of 128 of the collection that are encoded in a second of CPU."""
    rows = np.linspace(0, len(collection.passages) - 1, 128).astype(int)
    texts = [" ".join(span.text for span in collection.passages[row].sentences) for row in rows]
    return 1000 / cpu(lambda many: list(space.encoder.encode(many)), [texts]) * len(texts)


def posting() -> float:
    """Nanoseconds of CPU to add one posting's weight to its row, as BM25F does, half of two million rows in order."""
    rows = np.arange(0, 2_000_000, 2, dtype=np.int32)
    weights, scores = np.ones(len(rows), np.float32), np.zeros(2_000_000, np.float32)

    def add(_: int) -> None:
        scores[rows] += weights

    return 1e6 * cpu(add, range(20)) / len(rows)


def answer(space: Workspace) -> float:
    """Milliseconds of CPU from a question to its quotes, triage and all; the first are not counted."""
    asked = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()[:120]]
    cpu(space.ask, asked[:60])
    return cpu(space.ask, asked[60:])


def main() -> None:
    faiss.omp_set_num_threads(1)
    folder, space = Path(sys.argv[1]), Workspace()
    print(f"load {os.getloadavg()[0]:.1f}")
    vectors, queries = [], []
    for name, split in SETS:
        dataset = load_dataset(folder / name, split)
        stages = Stages(
            space.encoder, space.projection, space.configuration.settings, Path("build/bench-cache"), silent
        )
        collection = stages.index(dataset.texts)
        texts = list(dataset.queries.values())[:MANY]
        told(f"{name}, {len(collection.passages)} passages, bytes", sizes(collection))
        told(f"{name}, a question, ms of CPU", questions_of(space, collection, texts))
        print(f"{name}: {embedding(space, collection):.1f} passages encoded in a second of CPU", flush=True)
        vectors.append(collection.matrix)
        queries += [encode_query(text, collection, space.encoder, space.projection).vector for text in texts]
    print(f"a posting: {posting():.2f} ns of CPU", flush=True)
    print(f"an answer of the packaged corpus: {answer(space):.1f} ms of CPU", flush=True)
    together = np.concatenate(vectors)
    for segments in (1, 4):
        told(f"HNSW of {len(together)} passages", hnsw(together, np.stack(queries), segments))


if __name__ == "__main__":
    main()
