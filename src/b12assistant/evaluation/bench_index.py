"""A test collection to a `Collection`, by the stages that index a corpus; what was encoded once is kept in a cache.

The cache holds shards of documents, named by the digest of their content, the encoder and the settings: a run that was
stopped goes on where it was, and a second one encodes nothing. Nothing in it names a collection.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.config import Settings
from b12assistant.errors import DatasetError
from b12assistant.evaluation.datasets import Text
from b12assistant.index.collection import Collection, built_with
from b12assistant.index.embedding import Embedded, embed
from b12assistant.index.indexing import titles_of
from b12assistant.index.lexical_index import BM25F, BM25FIndex
from b12assistant.index.token_store import Projection, TokenStore
from b12assistant.index.vector_index import FaissIndex
from b12assistant.language.sentences import split_sentences, trim
from b12assistant.loaders.passages import chunk, passage_id
from b12assistant.protocols import Encoder
from b12assistant.types import Block, BlockKind, Document, DocumentId, GenerationId, Passage, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

Progress = Callable[[str, int, int], None]  # stage, done, of

_SHARD = 100  # documents: what is encoded again at most after a stop
_FORMAT = 1  # of a shard


@dataclass(frozen=True)
class Shard:
    """Some documents' passages, as sentence ranges, and what the encoder made of them."""

    passages: tuple[tuple[Passage, ...], ...]  # by document
    embedded: Embedded | None  # None where no document has text


@dataclass(frozen=True)
class Stages:
    """The parts that read a collection."""

    encoder: Encoder
    projection: Projection
    settings: Settings
    cache: Path
    told: Progress = lambda stage, done, of: None

    def index(self, texts: Sequence[Text]) -> Collection:
        """Every document that has text; raises ``DatasetError`` if none has."""
        documents = tuple(document_of(text) for text in texts)
        shards: list[Shard] = []
        for start in range(0, len(documents), _SHARD):
            self.told("encoding", start, len(documents))
            shards.append(self._shard(documents[start : start + _SHARD]))
        self.told("encoding", len(documents), len(documents))
        passages = tuple(passage for shard in shards for each in shard.passages for passage in each)
        embedded = [shard.embedded for shard in shards if shard.embedded is not None]
        if not embedded:
            raise DatasetError("no document of the collection has any text", hint="give documents with text")
        matrix = np.concatenate([each.vectors for each in embedded])
        context = TokenStore.join([each.context for each in embedded])
        return Collection(
            GenerationId(hashlib.sha256(matrix.tobytes()).hexdigest()[:32]),
            documents,
            passages,
            FaissIndex.build(matrix),
            matrix,
            _lexical(passages, self.settings),
            context,
            None,
            context.piece_idf(),
        )

    def _shard(self, documents: Sequence[Document]) -> Shard:
        path = self.cache / f"{self._key(documents)}.npz"
        known = _read(path, documents)
        if known is not None:
            return known
        most = int(_chunking(self.encoder, self.settings)["pieces"])
        passages = tuple(chunk(document, self.encoder.count, most=most) for document in documents)
        title_pieces = self.settings.chunking.title_pieces
        parts = [
            embed(each, self.encoder, self.projection, title_pieces=title_pieces, alone=False)
            for each in passages
            if each
        ]
        joined = (
            Embedded(np.concatenate([p.vectors for p in parts]), TokenStore.join([p.context for p in parts]), None)
            if parts
            else None
        )
        shard = Shard(passages, joined)
        _write(path, shard)
        return shard

    def _key(self, documents: Sequence[Document]) -> str:
        matrix = self.projection.matrix
        described = [
            _FORMAT,
            self.encoder.name,
            self.encoder.digest,
            hashlib.sha256(matrix.tobytes()).hexdigest() if matrix is not None else None,
            _chunking(self.encoder, self.settings),
            built_with(self.encoder, self.settings)["method"],
            [document.digest for document in documents],
        ]
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:40]


def document_of(text: Text) -> Document:
    """One paragraph; a title that the text repeats as its first sentence is passed over, so that it counts once."""
    rest = trim(text.text, _after_title(text), len(text.text))
    content = hashlib.sha256(json.dumps([text.title, text.text]).encode()).hexdigest()
    return Document(
        id=DocumentId(text.id),
        digest=content,
        title=text.title.strip(),
        text=text.text,
        blocks=(Block(BlockKind.PARAGRAPH, rest),) if rest else (),
    )


def _after_title(text: Text) -> int:
    title = text.title.strip()
    if not title or not text.text.startswith(title):
        return 0
    first = split_sentences(text.text)[0]
    return first.end if text.text[first.start : first.end].rstrip(" .") == title.rstrip(" .") else 0


def _chunking(encoder: Encoder, settings: Settings) -> dict[str, int]:
    chunking = built_with(encoder, settings)["chunking"]
    assert isinstance(chunking, dict)  # noqa: S101 - as built_with makes it
    return chunking


def _lexical(passages: Sequence[Passage], settings: Settings) -> BM25FIndex:
    lexical = settings.lexical
    return BM25FIndex.build(
        [" ".join(span.text for span in passage.sentences) for passage in passages],
        [titles_of(passage.document, passage.sentences[0].start) for passage in passages],
        BM25F(lexical.k1, lexical.b_body, lexical.b_title, lexical.title_weight),
    )


def _write(path: Path, shard: Shard) -> None:
    """To a draft first: a shard is there whole or not at all."""
    flat = [passage for each in shard.passages for passage in each]
    arrays: dict[str, NDArray[np.generic]] = {
        "documents": np.array([len(each) for each in shard.passages], np.int64),
        "passages": np.array([len(passage.sentences) for passage in flat], np.int64),
        "sentences": np.array([(s.start, s.end) for p in flat for s in p.sentences], np.int64).reshape(-1, 2),
    }
    if shard.embedded is not None:
        context = shard.embedded.context
        arrays |= {"vectors": shard.embedded.vectors, "tokens": context.tokens}
        arrays |= {"pieces": context.pieces, "starts": context.starts}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        draft.write_bytes(buffer.getvalue())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path, documents: Sequence[Document]) -> Shard | None:
    """``None`` if it is not there, or damaged: then it is made anew."""
    if not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    passages = tuple(_passages(documents, found))
    if "vectors" not in found:
        return Shard(passages, None)
    context = TokenStore(found["tokens"], found["pieces"], found["starts"])
    return Shard(passages, Embedded(found["vectors"], context, None))


def _passages(documents: Sequence[Document], found: dict[str, NDArray[np.int64]]) -> Iterator[tuple[Passage, ...]]:
    sizes, ranges = iter(found["passages"].tolist()), iter(found["sentences"].tolist())
    for document, count in zip(documents, found["documents"].tolist(), strict=True):
        seen: Counter[str] = Counter()
        passages = []
        for _ in range(count):
            sentences = tuple(Span(document, *next(ranges)) for _ in range(next(sizes)))
            text = "\n".join(span.text for span in sentences)
            passages.append(Passage(passage_id(document.id, text, seen[text]), sentences))
            seen[text] += 1
        yield tuple(passages)
