"""The files of a generation from what was read, embedded and counted, each held against the others before they go."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from b12assistant.corpus.disputes import Dispute, disputes_from_bytes, disputes_to_bytes
from b12assistant.errors import IndexDamagedError
from b12assistant.index.documents import Entry, entries_from_bytes, entries_to_bytes
from b12assistant.index.former import ALONE, CONTEXT, TERMS, Former
from b12assistant.index.generations import REBUILD
from b12assistant.index.lexical_index import BM25F, BM25FIndex
from b12assistant.index.term_counts import TermCounts
from b12assistant.index.token_files import Arrays, JoinedTokens
from b12assistant.index.vector_index import read_index
from b12assistant.settings import LexicalSettings
from b12assistant.types import Document

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


def document_files(entries: Sequence[Entry], former: Former | None, lexical: LexicalSettings) -> dict[str, bytes]:
    """Documents and their terms, which are counted in those alone that ``former`` has not."""
    counts = TermCounts.join([_counted(entry, former) for entry in entries])
    parameters = BM25F(lexical.k1, lexical.b_body, lexical.b_title, lexical.title_weight)
    return {
        "documents.jsonl": entries_to_bytes(entries),
        "lexical.npz": BM25FIndex.of(counts, parameters).to_bytes(),
        TERMS: counts.to_bytes(),
    }


def token_files(embedded: Sequence[Arrays]) -> dict[str, JoinedTokens]:
    """What is too large to be held: rows are read when they are written."""
    files = {CONTEXT: JoinedTokens([each.context for each in embedded])}
    alone = [each.alone for each in embedded if each.alone is not None]
    return {**files, ALONE: JoinedTokens(alone)} if alone else files


def dispute_files(disputes: Sequence[Dispute], rows: Sequence[Vectors]) -> dict[str, bytes]:
    """``rows``: a vector for each way to ask of each dispute, (asked, d). Nothing where there are none."""
    if not disputes:
        return {}
    buffer = io.BytesIO()
    np.save(buffer, np.concatenate(rows), allow_pickle=False)
    return {"disputes.json": disputes_to_bytes(disputes), "disputes.npy": buffer.getvalue()}


def check(files: Mapping[str, bytes], streamed: Mapping[str, JoinedTokens], facts: Mapping[str, Any]) -> None:
    """Read what is to be published: what cannot be read back never is. Token vectors are, when they are written.

    Raises ``IndexDamagedError``.
    """
    entries = entries_from_bytes(files["documents.jsonl"])
    passages = [passage for entry in entries for passage in entry.passages]
    sentences = sum(len(passage.sentences) for passage in passages)
    read_index(files, facts["vectors"], rows=len(passages), dimension=facts["model"]["dimension"])
    BM25FIndex.from_bytes(files["lexical.npz"])
    if "disputes.json" in files:
        disputes_from_bytes(files["disputes.json"], [entry.document for entry in entries])
    sizes = {CONTEXT: sentences + len(passages), ALONE: sentences}
    fit = all(len(tokens) == sizes[file] for file, tokens in streamed.items())
    if not fit or len(TermCounts.from_bytes(files[TERMS])) != len(passages):
        raise IndexDamagedError("what was made does not fit together", hint=REBUILD)


def titles_of(document: Document, offset: int) -> str:
    """The lexical title field of what stands at ``offset``: the document's title and the headings above."""
    headings = (document.slice(section.heading) for section in document.heading_path(offset))
    return " ".join(dict.fromkeys([document.title, *headings]))


def _counted(entry: Entry, former: Former | None) -> TermCounts:
    if former and former.counts is not None and former.has(entry):
        return former.counts.part(*former.places[entry.report.file].rows)
    bodies = [" ".join(span.text for span in passage.sentences) for passage in entry.passages]
    titles = [titles_of(passage.document, passage.sentences[0].start) for passage in entry.passages]
    return TermCounts.of(bodies, titles)
