"""The files of a generation: write its parts as files, and read them back, checked against each other."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from b12assistant.corpus.disputes import Dispute, disputes_from_bytes, disputes_to_bytes
from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.asked_questions import ASKED, AskedQuestions
from b12assistant.index.collection import DOCUMENTS, OUTLINE, ByName, Outline, entries_to_files, read_entries
from b12assistant.index.documents import Entry, entries_from_bytes
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.source_words import WORDS, SourceWords
from b12assistant.index.store import Data, Generation
from b12assistant.index.token_store import TokenStore, Vectors
from b12assistant.index.vector_index import ROWS_ALONE, FaissIndex, read_index
from b12assistant.types import DocumentId

LEXICAL, LEFT_OUT, PIECES = "lexical.npz", "left_out.json", "piece_idf.npy"
CONTEXT, ALONE = "context_tokens.npz", "sentence_tokens.npz"
DISPUTES, EXAMPLES = "disputes.json", "disputes.npy"

LeftOut = tuple[tuple[str, tuple[str, ...]], ...]  # files and reasons


@dataclass(frozen=True)
class Parts:
    """What a generation holds: everything about its passages is in the order of ``entries``.

    ``context``, ``alone`` and ``piece_idf``: as in `Collection`. ``examples``: a vector for each example question of
    each dispute, (examples, d). ``left_out``: each file that could not be indexed, and why, sorted.
    """

    entries: Sequence[Entry]
    outline: Outline
    words: SourceWords
    vectors: FaissIndex
    lexical: BM25FIndex
    context: TokenStore
    alone: TokenStore | None
    piece_idf: Vectors
    disputes: tuple[Dispute, ...]
    examples: Vectors | None
    asked: AskedQuestions | None
    left_out: LeftOut

    def to_files(self) -> dict[str, Data]:
        files = {
            **self.vectors.to_files(),
            **entries_to_files(self.entries),
            WORDS: self.words.to_bytes(),
            LEXICAL: self.lexical.to_bytes(),
            CONTEXT: self.context.to_bytes(),
            PIECES: _saved(self.piece_idf),
            LEFT_OUT: (json.dumps(self.left_out, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass"),
        }
        if self.alone is not None:
            files[ALONE] = self.alone.to_bytes()
        if self.examples is not None:
            files |= {DISPUTES: disputes_to_bytes(self.disputes), EXAMPLES: _saved(self.examples)}
        if self.asked is not None:
            files[ASKED] = self.asked.to_bytes()
        return files


def read_parts(generation: Generation) -> Parts:
    """Read the parts of a generation, whose bytes are verified; entries are parsed when they are asked for.

    Raises ``IndexDamagedError`` if the parts do not fit each other.
    """
    manifest: dict[str, Any] = dict(generation.manifest)
    files, dimension = generation.files, int(manifest["model"]["dimension"])
    if OUTLINE not in files:
        files = _completed(files)
    outline = Outline.from_bytes(files[OUTLINE])
    entries = read_entries(files[DOCUMENTS], outline)
    passages, sentences = len(outline), int(outline.sentences[-1])
    kind = manifest.get("vectors", ROWS_ALONE)  # older indexes do not have this key
    return Parts(
        entries,
        outline,
        SourceWords.from_bytes(files[WORDS]),
        read_index(files, kind, rows=passages, dimension=dimension),
        BM25FIndex.from_bytes(files[LEXICAL]),
        _tokens(files[CONTEXT], CONTEXT, sentences + passages),
        _tokens(files[ALONE], ALONE, sentences) if ALONE in files else None,
        _loaded(files[PIECES]),
        *_disputes(files, ByName(outline.numbers, entries), dimension),
        AskedQuestions.from_bytes(files[ASKED], sentences, dimension) if ASKED in files else None,
        tuple((file, tuple(why)) for file, why in json.loads(bytes(files[LEFT_OUT]))),
    )


def check_parts(parts: Parts) -> None:
    """Read every entry. Raises ``IndexDamagedError`` if one cannot be read, or the outline is not theirs."""
    lines = parts.outline.lines.tolist()
    expected = Outline.of(((entry.document, entry.passages) for entry in parts.entries), lines)
    if expected.to_bytes() != parts.outline.to_bytes():
        raise IndexDamagedError(f"{OUTLINE} does not fit {DOCUMENTS}", hint=REBUILD)


def _completed(files: Mapping[str, Data]) -> Mapping[str, Data]:
    """Add what an index of schema 1 lacks."""
    entries = entries_from_bytes(bytes(files[DOCUMENTS]))
    words = SourceWords.of([passage for entry in entries for passage in entry.passages])
    pieces = _saved(TokenStore.from_bytes(files[CONTEXT]).piece_idf())
    return {**files, **entries_to_files(entries), WORDS: words.to_bytes(), PIECES: pieces}


def _saved(array: Vectors) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _loaded(data: Data) -> Vectors:
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False), np.float32)


def _tokens(data: Data, file: str, units: int) -> TokenStore:
    store = TokenStore.from_bytes(data)
    if len(store) != units:
        raise IndexDamagedError(f"{file} does not fit {DOCUMENTS}", hint=REBUILD)
    return store


def _disputes(
    files: Mapping[str, Data], entries: Mapping[DocumentId, Entry], dimension: int
) -> tuple[tuple[Dispute, ...], Vectors | None]:
    if DISPUTES not in files:
        return (), None
    disputes = disputes_from_bytes(bytes(files[DISPUTES]), lambda name: entries[name].document)
    examples = _loaded(files[EXAMPLES])
    if examples.shape != (sum(len(dispute.examples) for dispute in disputes), dimension):
        raise IndexDamagedError(f"{EXAMPLES} does not fit {DISPUTES}", hint=REBUILD)
    return disputes, examples
