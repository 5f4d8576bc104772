"""A document's passages through the encoder: vectors, and token vectors grouped by title and sentence.

Batches never span documents: a document's arrays depend on nothing but the document, so that an index that grew
file by file is bit for bit the one that a rebuild gives. (Batched otherwise, vectors differ by up to 1e-7.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.index.token_store import Projection, TokenStore
from b12assistant.protocols import Encoded, Encoder
from b12assistant.types import Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TITLE_END = ". "
_AT_ONCE = 512  # texts whose token vectors are held in full, 100 MB of them; a document may have any number


@dataclass(frozen=True)
class Embedded:
    """``vectors``: (passages, d); ``context``: a unit for each title and sentence; ``alone``: for each sentence."""

    vectors: NDArray[np.float32]
    context: TokenStore
    alone: TokenStore | None


def embed(
    passages: Sequence[Passage], encoder: Encoder, projection: Projection, *, title_pieces: int, alone: bool
) -> Embedded:
    """Passages of one document; the title goes in front of each, within ``title_pieces`` word pieces."""
    vectors, context = embed_passages(passages, encoder, projection, title_pieces=title_pieces)
    return Embedded(vectors, context, embed_sentences(passages, encoder, projection) if alone else None)


def embed_passages(
    passages: Sequence[Passage], encoder: Encoder, projection: Projection, *, title_pieces: int
) -> tuple[NDArray[np.float32], TokenStore]:
    """Vectors and context of ``Embedded``."""
    title = _short_title(passages[0].document.title, encoder, title_pieces)
    texts, bounds = zip(*(_running_text(title, passage) for passage in passages), strict=True)
    vectors, stores = [], []
    for encoded, ends in zip(_encoded(texts, encoder), bounds, strict=True):
        vectors.append(encoded.vector)
        stores.append(_grouped(encoded, ends, projection))
    return np.stack(vectors), TokenStore.join(stores)


def embed_sentences(passages: Sequence[Passage], encoder: Encoder, projection: Projection) -> TokenStore:
    """``alone`` of ``Embedded``: each sentence encoded by itself."""
    sentences = [span.text for passage in passages for span in passage.sentences]
    return TokenStore.join([_whole(encoded, projection) for encoded in _encoded(sentences, encoder)])


def _encoded(texts: Sequence[str], encoder: Encoder) -> Iterator[Encoded]:
    for start in range(0, len(texts), _AT_ONCE):
        yield from encoder.encode(texts[start : start + _AT_ONCE])


def _short_title(title: str, encoder: Encoder, most: int) -> str:
    words = title.split()
    while words and encoder.count(" ".join(words)) > most:
        words.pop()
    return " ".join(words)


def _running_text(title: str, passage: Passage) -> tuple[str, list[int]]:
    """The text to encode, and where its title and each of its sentences end in it."""
    text = title + _TITLE_END if title else ""
    ends = [len(text)]
    for span in passage.sentences:
        text += span.text
        ends.append(len(text))
        text += " "
    return text.rstrip(), ends


def _grouped(encoded: Encoded, ends: list[int], projection: Projection) -> TokenStore:
    starts = np.searchsorted(encoded.offsets[:, 0], ends, side="left")
    bounds = np.concatenate([np.zeros(1, np.int64), starts.astype(np.int64)])
    return TokenStore.of(projection.reduce(encoded.tokens), encoded.pieces, bounds)


def _whole(encoded: Encoded, projection: Projection) -> TokenStore:
    bounds = np.array([0, len(encoded.tokens)], dtype=np.int64)
    return TokenStore.of(projection.reduce(encoded.tokens), encoded.pieces, bounds)
