"""The engine milvus against the engine faiss: the same rankings and answers, and what each costs.

    python benchmarks/milvus_engine.py DATASETS [QUESTIONS]

For two collections of DATASETS (BEIR's form; their train or dev split): nDCG@10 and Recall@100 of the product's ranking
and of words alone, with candidates from FAISS and BM25F, from Milvus with our term weights, and from Milvus with its
own BM25 (over our terms, the titles as often as they weigh; and over the text with its own analyser), in turn over the
same queries; and how many ask for other documents among the first ten than with FAISS. Then QUESTIONS (50) of the
labelled training questions are asked of the packaged corpus, indexed for each engine: how many answers are the same.
Milvus is Milvus Lite in a folder that goes again. Encoded texts are cached in build/bench-cache.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from b12assistant.answering.retrieval import Weights
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.config import load_configuration
from b12assistant.display.render import reply_json
from b12assistant.evaluation.bench_config import Ranking
from b12assistant.evaluation.bench_index import Stages
from b12assistant.evaluation.benchmarking import Asked, Searched, ask, score_run, search, speed
from b12assistant.evaluation.datasets import Dataset, load_dataset
from b12assistant.index.collection import Collection
from b12assistant.index.indexing import titles_of
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.milvus import Collections, Contents, MilvusTerms, MilvusVectors, Server
from b12assistant.language.words import terms

SETS = (("nfcorpus-filtered", "dev"), ("scifact", "train"))
MEASURES = ("nDCG@10", "Recall@100")
WORDS = Weights(passage=0, first=0, late=0, informative=0, titles=0, feedback=0)
QUESTIONS = Path("benchmarks/data/questions/train.jsonl")


def silent(stage: str, done: int, of: int) -> None:
    pass


@dataclass(frozen=True)
class OwnBM25:
    """Milvus' own BM25 in the place of the lexical index; ``ours``: over our terms, else over the text."""

    server: Server
    name: str
    ours: bool
    words: BM25FIndex

    def fill(self, bodies: Sequence[str], titles: Sequence[str]) -> None:
        from pymilvus import DataType, Function, FunctionType

        client = self.server.client
        schema = client.create_schema(auto_id=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("text", DataType.VARCHAR, max_length=65_535, enable_analyzer=True)
        schema.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("bm25", FunctionType.BM25, ["text"], ["bm25"]))
        params = client.prepare_index_params()
        settings = {"bm25_k1": 1.2, "bm25_b": 0.75}
        params.add_index("bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=settings)
        client.create_collection(self.name, schema=schema, index_params=params)
        texts = [self._read(f"{title} {title} {title} {body}") for title, body in zip(titles, bodies, strict=True)]
        for start in range(0, len(texts), 1000):
            rows = [{"row": start + i, "text": text} for i, text in enumerate(texts[start : start + 1000])]
            client.insert(self.name, rows)
        client.flush(self.name)
        client.load_collection(self.name)

    def _read(self, text: str) -> str:
        return " ".join(terms(text)) if self.ours else text

    def search(self, question: str, k: int) -> tuple[np.ndarray, np.ndarray]:
        asked = self._read(question)
        if k < 1 or not asked.strip():
            return np.empty(0, np.int64), np.empty(0, np.float32)
        (hits,) = self.server.client.search(
            self.name, [asked], anns_field="bm25", limit=k, search_params={"metric_type": "BM25"}, output_fields=["row"]
        )
        scores = np.abs(np.array([hit["distance"] for hit in hits], np.float32))  # Milvus Lite turns their sign
        return np.array([hit["row"] for hit in hits], np.int64), scores

    def unknown_terms(self, question: str) -> frozenset[str]:
        return self.words.unknown_terms(question)

    def unknown_share(self, question: str) -> float:
        return self.words.unknown_share(question)


def engines(collection: Collection, folder: Path) -> Iterator[tuple[str, Collection]]:
    """The collection with each engine in it."""
    yield "faiss, bm25f", collection
    server = Server.connect(str(folder / "milvus.db"))
    collections, lexical = Collections(server, "bench"), collection.lexical
    assert isinstance(lexical, BM25FIndex)  # noqa: S101 - as Stages makes it
    begun = time.perf_counter()
    facts = collections.fill(Contents(collection.matrix, lexical, [""] * len(collection.passages)))
    print(f"  copied to Milvus in {time.perf_counter() - begun:.1f} s: {len(collection.passages)} passages")
    place = collections.open(facts)
    dense, words = MilvusVectors(place), lexical.without_rows()
    yield "milvus, our weights", replace(collection, vectors=dense, lexical=MilvusTerms(place, words))
    bodies = [" ".join(span.text for span in passage.sentences) for passage in collection.passages]
    titles = [titles_of(passage.document, passage.sentences[0].start) for passage in collection.passages]
    for name, ours in (("milvus, own BM25 over our terms", True), ("milvus, own BM25 and analyser", False)):
        own = OwnBM25(server, "ours" if ours else "its", ours, words)
        own.fill(bodies, titles)
        yield name, replace(collection, vectors=dense, lexical=own)


def compare(dataset: Dataset, asked: Sequence[Asked], collection: Collection, folder: Path) -> None:
    first: dict[str, Searched] = {}
    for name, served in engines(collection, folder):
        for what, weights in (("words alone", WORDS), ("whole ranking", Weights())):
            searched = search(asked, served, Ranking(name, name, weights), silent)
            figures = score_run(dataset, searched.run, name).figures()
            base = first.setdefault(what, searched)
            other = sum(top(base, query) != top(searched, query) for query in base.run)
            shown = "  ".join(f"{measure} {figures[measure]['mean']:.4f}" for measure in MEASURES)
            print(
                f"  {name:32} {what:14} {shown}  others in the first ten {other:4}  p50 {speed(searched)['p50_ms']} ms"
            )


def top(searched: Searched, query: str) -> set[str]:
    ranked = searched.run[query]
    return set(sorted(ranked, key=lambda document: (-ranked[document], document))[:10])


def answered(space: Workspace, questions: Sequence[str]) -> list[object]:
    return [reply_json(space.ask(question), space.texts, today=local_today())["answer"] for question in questions]


def main() -> None:
    datasets, many = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 50
    space = Workspace()
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, split in SETS:
        dataset = load_dataset(datasets / name, split)
        settings = space.configuration.settings
        stages = Stages(space.encoder, space.projection, settings, Path("build/bench-cache"), silent)
        collection = stages.index(dataset.texts)
        print(f"{name}, {split}: {len(dataset.texts)} documents, {len(dataset.qrels)} queries")
        with tempfile.TemporaryDirectory() as folder:
            compare(
                dataset, ask(dataset, collection, space.encoder, space.projection, silent), collection, Path(folder)
            )
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()[:many]]
    with tempfile.TemporaryDirectory() as folder:
        told = {}
        for engine in ("faiss", "milvus"):
            flags = {"paths.corpus": "corpus", "paths.index": f"{folder}/index", "index.engine": engine}
            served = Workspace(load_configuration(environment={}, flags=flags))
            served.index()
            begun = time.process_time()
            told[engine] = answered(served, questions)
            print(f"{engine}: {len(questions)} questions, {time.process_time() - begun:.1f} s of CPU")
    same = sum(ours == theirs for ours, theirs in zip(told["milvus"], told["faiss"], strict=True))
    print(f"answers that are the same, to the character of the JSON: {same} of {len(questions)}")


if __name__ == "__main__":
    main()
