"""The files of a generation: write its parts as files, and read them back, checked against each other."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from b12assistant.corpus.disputes import Dispute, disputes_from_bytes, disputes_to_bytes
from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.collection import ASKED, AskedQuestions
from b12assistant.index.documents import Entry, entries_from_bytes, entries_to_bytes
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.store import Generation
from b12assistant.index.token_store import TokenStore, Vectors
from b12assistant.index.vector_index import ROWS_ALONE, FaissIndex, read_index

DOCUMENTS, LEXICAL, LEFT_OUT = "documents.jsonl", "lexical.npz", "left_out.json"
CONTEXT, ALONE = "context_tokens.npz", "sentence_tokens.npz"
DISPUTES, EXAMPLES = "disputes.json", "disputes.npy"

LeftOut = tuple[tuple[str, tuple[str, ...]], ...]  # files and reasons


@dataclass(frozen=True)
class Parts:
    """What a generation holds: everything about its passages is in the order of ``entries``.

    ``context`` and ``alone``: as in `Collection`. ``examples``: a vector for each example question of each dispute,
    (examples, d). ``left_out``: each file that could not be indexed, and why, sorted.
    """

    entries: tuple[Entry, ...]
    vectors: FaissIndex
    lexical: BM25FIndex
    context: TokenStore
    alone: TokenStore | None
    disputes: tuple[Dispute, ...]
    examples: Vectors | None
    asked: AskedQuestions | None
    left_out: LeftOut

    def to_files(self) -> dict[str, bytes]:
        files = {
            **self.vectors.to_files(),
            DOCUMENTS: entries_to_bytes(self.entries),
            LEXICAL: self.lexical.to_bytes(),
            CONTEXT: self.context.to_bytes(),
            LEFT_OUT: (json.dumps(self.left_out, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass"),
        }
        if self.alone is not None:
            files[ALONE] = self.alone.to_bytes()
        if self.examples is not None:
            buffer = io.BytesIO()
            np.save(buffer, self.examples, allow_pickle=False)
            files |= {DISPUTES: disputes_to_bytes(self.disputes), EXAMPLES: buffer.getvalue()}
        if self.asked is not None:
            files[ASKED] = self.asked.to_bytes()
        return files


def read_parts(generation: Generation) -> Parts:
    """Read the parts of a generation, whose bytes are verified. Raises ``IndexDamagedError`` if they do not fit."""
    manifest: dict[str, Any] = dict(generation.manifest)
    files, dimension = generation.files, int(manifest["model"]["dimension"])
    entries = entries_from_bytes(files[DOCUMENTS])
    passages = sum(len(entry.passages) for entry in entries)
    sentences = sum(len(passage.sentences) for entry in entries for passage in entry.passages)
    kind = manifest.get("vectors", ROWS_ALONE)  # older indexes do not have this key
    return Parts(
        entries,
        read_index(files, kind, rows=passages, dimension=dimension),
        BM25FIndex.from_bytes(files[LEXICAL]),
        _tokens(files[CONTEXT], CONTEXT, sentences + passages),
        _tokens(files[ALONE], ALONE, sentences) if ALONE in files else None,
        *_disputes(generation, entries, dimension),
        AskedQuestions.from_bytes(files[ASKED], sentences, dimension) if ASKED in files else None,
        tuple((file, tuple(why)) for file, why in json.loads(files[LEFT_OUT])),
    )


def _tokens(data: bytes, file: str, units: int) -> TokenStore:
    store = TokenStore.from_bytes(data)
    if len(store) != units:
        raise IndexDamagedError(f"{file} does not fit {DOCUMENTS}", hint=REBUILD)
    return store


def _disputes(
    generation: Generation, entries: Iterable[Entry], dimension: int
) -> tuple[tuple[Dispute, ...], Vectors | None]:
    if DISPUTES not in generation.files:
        return (), None
    disputes = disputes_from_bytes(generation.files[DISPUTES], [entry.document for entry in entries])
    examples = np.load(io.BytesIO(generation.files[EXAMPLES]), allow_pickle=False)
    if examples.shape != (sum(len(dispute.examples) for dispute in disputes), dimension):
        raise IndexDamagedError(f"{EXAMPLES} does not fit {DISPUTES}", hint=REBUILD)
    return disputes, examples
