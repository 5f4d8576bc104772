"""Encode a document's passages: vectors, and token vectors grouped by title and sentence.

Batches never span documents: a document's arrays depend only on the document, so that an index that grew file by file
is bit for bit the one that a rebuild gives. (Other batches change vectors by up to 1e-7.)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from b12assistant.index.collection import CHUNKING
from b12assistant.index.documents import Entry
from b12assistant.index.token_store import Projection, TokenStore, Vectors
from b12assistant.protocols import Encoded, Encoder, Progress
from b12assistant.threads import give_back
from b12assistant.types import Passage

_TITLE_END = ". "
# Passages. A larger collection gets no sentence vectors: they nearly double its token vectors (ours: 25 beside 28 MB).
SENTENCE_VECTORS_UP_TO = 3000
_AT_ONCE = 512  # texts encoded at once
_MANY = 200  # texts of a document: after each lot, memory is given back; without, 5,000 passages took 1.2 GB


@dataclass(frozen=True)
class Embedded:
    """``vectors``: (passages, d). ``context``: a unit for each title and sentence. ``alone``: one for each sentence."""

    vectors: Vectors
    context: TokenStore
    alone: TokenStore | None


def embed(
    passages: Sequence[Passage],
    encoder: Encoder,
    projection: Projection,
    *,
    title_pieces: int = CHUNKING.title_pieces,
    alone: bool,
) -> Embedded:
    """Encode the passages of one document, each with the title, cut to ``title_pieces`` word pieces, in front."""
    title = _short_title(passages[0].document.title, encoder, title_pieces)
    texts, bounds = zip(*(_running_text(title, passage) for passage in passages), strict=True)
    vectors, stores = [], []
    for encoded, ends in zip(_encoded(texts, encoder), bounds, strict=True):
        vectors.append(encoded.vector)
        stores.append(_grouped(encoded, np.searchsorted(encoded.offsets[:, 0], ends), projection))
    sentences = [span.text for passage in passages for span in passage.sentences] if alone else []
    units = [_grouped(encoded, [len(encoded.tokens)], projection) for encoded in _encoded(sentences, encoder)]
    return Embedded(np.stack(vectors), TokenStore.join(stores), TokenStore.join(units) if alone else None)


def _encoded(texts: Sequence[str], encoder: Encoder) -> Iterator[Encoded]:
    for start in range(0, len(texts), _AT_ONCE):
        lot = texts[start : start + _AT_ONCE]
        yield from encoder.encode(lot)
        if len(texts) >= _MANY:
            give_back()


def _short_title(title: str, encoder: Encoder, most: int) -> str:
    words = title.split()
    while words and encoder.count(" ".join(words)) > most:
        words.pop()
    return " ".join(words)


def _running_text(title: str, passage: Passage) -> tuple[str, list[int]]:
    """Return the text to encode, and where its title and each of its sentences end in it."""
    text = title + _TITLE_END if title else ""
    ends = [len(text)]
    for span in passage.sentences:
        text += span.text
        ends.append(len(text))
        text += " "
    return text.rstrip(), ends


def _grouped(encoded: Encoded, ends: Iterable[int], projection: Projection) -> TokenStore:
    """Return the tokens in units; ``ends``: the token after the last of each."""
    return TokenStore.of(projection.reduce(encoded.tokens), encoded.pieces, np.array([0, *ends], np.int64))


def embed_all(
    entries: Sequence[Entry],
    known: Callable[[Sequence[Passage]], Embedded | None],
    encoder: Encoder,
    projection: Projection,
    *,
    threads: int,
    progress: Progress,
) -> tuple[list[Embedded], frozenset[str]]:
    """Return the arrays of each document, and the files that were encoded; several at a time, as ``threads`` allow.

    ``known``: returns the arrays of passages that were encoded before. ``threads``: 0 means one for each core.
    """
    alone = sum(len(entry.passages) for entry in entries) <= SENTENCE_VECTORS_UP_TO
    found = {entry.report.file: known(entry.passages) for entry in entries}
    new = [entry for entry in entries if not (kept := found[entry.report.file]) or (alone and kept.alone is None)]
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
    try:
        made = pool.map(lambda entry: embed(entry.passages, encoder, projection, alone=alone), new)
        for number, entry in enumerate(new):
            progress("embedding", number, len(new))
            found[entry.report.file] = next(made)
        if new:
            progress("embedding", len(new), len(new))
    finally:
        pool.shutdown(cancel_futures=True)
    arrays = [each if alone else replace(each, alone=None) for each in found.values() if each is not None]
    return arrays, frozenset(entry.report.file for entry in new)
