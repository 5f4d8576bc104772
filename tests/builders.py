"""Documents, passages and collections from a few words of Markdown or plain text, through the real stages."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from fakes import PLAIN, FakeEncoder

from b12assistant.cleaning import mark
from b12assistant.index.collection import Collection
from b12assistant.index.cuts import quotable_of
from b12assistant.index.documents import Entry
from b12assistant.index.indexing import embed
from b12assistant.index.lexical_index import index_words
from b12assistant.index.vectors import TokenStore
from b12assistant.loaders import load
from b12assistant.loaders.passages import chunk, sentences_in
from b12assistant.protocols import Encoder
from b12assistant.types import Document, DocumentId, GenerationId, Passage, Source

UNKNOWN = Source()


def build_document(text: str, *, file: str = "guide.md", source: Source = UNKNOWN) -> Document:
    """The document that indexing makes of a file with this text; the suffix of ``file`` gives its type."""
    extract = load(text.encode(), file)
    digest, title = hashlib.sha256(text.encode()).hexdigest(), source.title or extract.title or Path(file).stem
    return replace(extract, marks=mark(extract)).document(DocumentId(file), digest, title, source)


def build_passages(document: Document, *, most: int = 200) -> tuple[Passage, ...]:
    """Passages of at most ``most`` words."""
    return chunk(document, sentences_in(document), FakeEncoder().count, most=most)


def build_entry(text: str, *, file: str = "guide.md", source: Source = UNKNOWN, most: int = 200) -> Entry:
    """A file as the index keeps it."""
    document = build_document(text, file=file, source=source)
    passages = build_passages(document, most=most)
    return Entry(document, passages, (), 0.0, hashlib.sha256(text.encode()).hexdigest(), "by hand", {})


def build_collection(*documents: Document, encoder: Encoder | None = None, most: int = 200) -> Collection:
    """The documents, ready for questions; each must contain a passage."""
    by_document = [build_passages(document, most=most) for document in documents]
    embedded = [embed(each, encoder or FakeEncoder(), PLAIN, headed=False) for each in by_document]
    passages = tuple(passage for each in by_document for passage in each)
    return Collection(
        GenerationId("0" * 32),
        documents,
        passages,
        np.concatenate([each.vectors for each in embedded]),
        index_words(passages),
        quotable_of(passages),
        TokenStore.join([each.context for each in embedded]),
    )
