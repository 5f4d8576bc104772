"""Reuse the last good generation: entries of unchanged files, and vectors of unchanged texts.

There are no other files: the cache is read from the generation, whose bytes were compared with their digests. Vectors
are looked up by a digest of a document's texts, which are encoded together, and of everything else that their bits
depend on. They are bit for bit what encoding would give.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from b12assistant.corpus.disputes import disputes_from_bytes
from b12assistant.errors import IndexDamagedError
from b12assistant.index.documents import Entry, entries_from_bytes
from b12assistant.index.embedding import Embedded
from b12assistant.index.generations import REBUILD, Generation
from b12assistant.index.token_store import TokenStore
from b12assistant.index.vector_index import ROWS_ALONE, read_index
from b12assistant.types import GenerationId, Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

CONTEXT, ALONE = "context_tokens.npz", "sentence_tokens.npz"
_OF_THE_STORE = {"schema", "files", "generation", "counter", "seal"}


def scope(model_sha256: str, runtime: Mapping[str, object], title_pieces: int, method: int) -> str:
    """Describe what the vectors of a text depend on besides the text."""
    return json.dumps([model_sha256, dict(runtime), title_pieces, method], sort_keys=True)


@dataclass(frozen=True)
class Previous:
    """The last good generation as a cache; empty by default.

    ``facts``: its manifest without what the store adds. ``scope``: of its vectors. ``asked``: for the ways to ask about
    each dispute, their vectors (asked, d).
    """

    id: GenerationId | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    scope: str = ""
    embedded: Mapping[str, Embedded] = field(default_factory=dict)
    asked: Mapping[tuple[str, ...], Vectors] = field(default_factory=dict)

    def within(self, wanted: str) -> Previous:
        """Keep the vectors only if they were made in this scope."""
        return self if wanted == self.scope else Previous(self.id, self.facts, self.files, self.entries, wanted)

    def get(self, passages: Sequence[Passage]) -> Embedded | None:
        """Return the arrays of a document's passages; ``None`` if they were not encoded before."""
        return self.embedded.get(_key(self.scope, passages))


NOTHING = Previous()


def read_previous(generation: Generation | None) -> Previous:
    """Read a verified generation as a cache. If its parts do not fit one another, the cache is empty."""
    if generation is None:
        return NOTHING
    try:
        return _previous(generation)
    except (IndexDamagedError, ValueError, KeyError, IndexError, TypeError, EOFError, BadZipFile):
        return NOTHING


def _previous(generation: Generation) -> Previous:
    manifest: Mapping[str, Any] = generation.manifest
    entries = entries_from_bytes(generation.files["documents.jsonl"])
    made_in = scope(
        manifest["model"]["sha256"], manifest["runtime"], manifest["chunking"]["title_pieces"], manifest["method"]
    )
    return Previous(
        generation.id,
        {key: value for key, value in manifest.items() if key not in _OF_THE_STORE},
        generation.files,
        {entry.report.file: entry for entry in entries},
        made_in,
        dict(_embedded(generation, entries, made_in)),
        dict(_asked(generation.files, entries)),
    )


def _key(made_in: str, passages: Iterable[Passage]) -> str:
    texts = [[span.text for span in passage.sentences] for passage in passages]
    title = next((passage.document.title for passage in passages), "")
    described = json.dumps([made_in, title, texts])
    return hashlib.sha256(described.encode()).hexdigest()


def _embedded(generation: Generation, entries: Sequence[Entry], made_in: str) -> Iterator[tuple[str, Embedded]]:
    """Yield every document's arrays, views of the generation's, with their key."""
    manifest: Mapping[str, Any] = generation.manifest
    rows = sum(len(entry.passages) for entry in entries)
    sentences = sum(len(passage.sentences) for entry in entries for passage in entry.passages)
    vectors = read_index(
        generation.files,
        manifest.get("vectors", ROWS_ALONE),  # indexes made before codes existed lack this
        rows=rows,
        dimension=manifest["model"]["dimension"],
    ).vectors()
    context = TokenStore.from_bytes(generation.files[CONTEXT])
    alone = TokenStore.from_bytes(generation.files[ALONE]) if ALONE in generation.files else None
    if len(context) != rows + sentences or (alone and len(alone) != sentences):
        raise IndexDamagedError("token vectors do not fit documents.jsonl", hint=REBUILD)
    row = sentence = 0
    for entry in entries:
        last = row + len(entry.passages)
        end = sentence + sum(len(passage.sentences) for passage in entry.passages)
        units = alone.part(sentence, end) if alone else None
        yield (
            _key(made_in, entry.passages),
            Embedded(vectors[row:last], context.part(row + sentence, last + end), units),
        )
        row, sentence = last, end


def _asked(files: Mapping[str, bytes], entries: Sequence[Entry]) -> Iterator[tuple[tuple[str, ...], Vectors]]:
    """Yield the ways to ask about each dispute, with their vectors."""
    if "disputes.json" not in files:
        return
    disputes = disputes_from_bytes(files["disputes.json"], [entry.document for entry in entries])
    vectors = np.load(io.BytesIO(files["disputes.npy"]), allow_pickle=False)
    if len(vectors) != sum(len(dispute.asked) for dispute in disputes):
        raise IndexDamagedError("disputes.npy does not fit disputes.json", hint=REBUILD)
    row = 0
    for dispute in disputes:
        yield dispute.asked, vectors[row : row + len(dispute.asked)]
        row += len(dispute.asked)
