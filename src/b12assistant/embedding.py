"""A document's passages through the encoder: vectors, and token vectors grouped by title and sentence.

Batches never span documents: a document's arrays depend on nothing but the document, so that an index that grew
file by file is bit for bit the one that a rebuild gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.protocols import Encoded, Encoder
from b12assistant.token_store import Projection, TokenStore
from b12assistant.types import Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TITLE_END = ". "


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
    title = _short_title(passages[0].document.title, encoder, title_pieces)
    texts, bounds = zip(*(_running_text(title, passage) for passage in passages), strict=True)
    vectors, stores = [], []
    for encoded, ends in zip(encoder.encode(texts), bounds, strict=True):
        vectors.append(encoded.vector)
        stores.append(_grouped(encoded, ends, projection))
    sentences = [span.text for passage in passages for span in passage.sentences]
    by_itself = [_whole(encoded, projection) for encoded in encoder.encode(sentences)] if alone else []
    return Embedded(np.stack(vectors), TokenStore.join(stores), TokenStore.join(by_itself) if alone else None)


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
