"""The last good generation, opened for what the next one can take over: of what did not change, all that was made."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from b12assistant.config import Settings
from b12assistant.corpus.disputes import disputes_from_bytes
from b12assistant.errors import IndexDamagedError
from b12assistant.index.documents import Entry, entries_from_bytes
from b12assistant.index.generations import REBUILD, Sealed
from b12assistant.index.origin import built_with
from b12assistant.index.term_counts import TermCounts
from b12assistant.index.token_files import Arrays, StoredTokens
from b12assistant.index.vector_index import ROWS_ALONE, read_index
from b12assistant.protocols import Encoder
from b12assistant.types import GenerationId

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

CONTEXT, ALONE = "context_tokens.npz", "sentence_tokens.npz"
TOKEN_FILES = (CONTEXT, ALONE)
TERMS = "terms.npz"
_OF_THE_STORE = {"schema", "files", "generation", "counter", "seal"}


class Places(NamedTuple):
    """Where a file's passages stand, each from and to: rows, units of ``context``, units of ``alone``."""

    rows: tuple[int, int]
    units: tuple[int, int]
    sentences: tuple[int, int]


@dataclass(frozen=True)
class Former:
    """What the last good generation can hand on, by file. Token vectors stay in its files, which must stay open.

    ``facts``: its manifest, but for what the store adds. ``counts``: ``None`` if it is from before they were kept.
    ``asked``: of disputes, ways to ask and their vectors.
    """

    id: GenerationId
    facts: Mapping[str, Any]
    files: Mapping[str, bytes]
    entries: Mapping[str, Entry]
    places: Mapping[str, Places]
    vectors: Vectors
    context: StoredTokens
    alone: StoredTokens | None
    counts: TermCounts | None
    asked: Mapping[tuple[str, ...], Vectors]

    @property
    def runtime(self) -> Mapping[str, object]:
        """What it was embedded with."""
        return dict(self.facts["runtime"])

    def has(self, entry: Entry) -> bool:
        """Whether the entry is one of its own, taken over as it is."""
        return self.entries.get(entry.report.file) is entry

    def arrays(self, file: str) -> Arrays:
        (first, last), units, sentences = self.places[file]
        alone = self.alone.part(*sentences) if self.alone else None
        return Arrays(self.vectors[first:last], self.context.part(*units), alone)


def former_of(sealed: Sealed, encoder: Encoder, settings: Settings) -> Former | None:
    """``None`` if nothing of it can be taken over: it was built for another encoder or with other settings, or its
    parts do not fit one another, and then it is built anew."""
    model = sealed.manifest["model"]
    same = built_with(encoder, settings).items()
    if (model["name"], model["sha256"]) != (encoder.name, encoder.digest) or any(
        sealed.manifest.get(name) != value for name, value in same
    ):
        return None
    try:
        return _opened(sealed)
    except IndexDamagedError:
        return None


def _opened(sealed: Sealed) -> Former:
    entries = entries_from_bytes(sealed.files["documents.jsonl"])
    places = dict(_places(entries))
    rows, units, sentences = (end for _, end in list(places.values())[-1])
    vectors = read_index(
        sealed.files,
        sealed.manifest.get("vectors", ROWS_ALONE),  # an index from before there were codes does not say
        rows=rows,
        dimension=sealed.manifest["model"]["dimension"],
    )
    context = StoredTokens.of(sealed.on_disk[CONTEXT], CONTEXT)
    alone = StoredTokens.of(sealed.on_disk[ALONE], ALONE) if ALONE in sealed.on_disk else None
    counts = TermCounts.from_bytes(sealed.files[TERMS]) if TERMS in sealed.files else None
    if len(context) != units or (alone and len(alone) != sentences) or (counts and len(counts) != rows):
        raise IndexDamagedError("token vectors or terms do not fit documents.jsonl", hint=REBUILD)
    return Former(
        sealed.id,
        {key: value for key, value in sealed.manifest.items() if key not in _OF_THE_STORE},
        sealed.files,
        {entry.report.file: entry for entry in entries},
        places,
        vectors.vectors(),
        context,
        alone,
        counts,
        dict(_asked(sealed.files, entries)),
    )


def _places(entries: tuple[Entry, ...]) -> Iterator[tuple[str, Places]]:
    row = unit = sentence = 0
    for entry in entries:
        rows, sentences = len(entry.passages), sum(len(passage.sentences) for passage in entry.passages)
        ends = row + rows, unit + rows + sentences, sentence + sentences
        yield entry.report.file, Places((row, ends[0]), (unit, ends[1]), (sentence, ends[2]))
        row, unit, sentence = ends


def _asked(files: Mapping[str, bytes], entries: tuple[Entry, ...]) -> Iterator[tuple[tuple[str, ...], Vectors]]:
    """Ways to ask of each dispute, with their vectors."""
    if "disputes.json" not in files:
        return
    disputes = disputes_from_bytes(files["disputes.json"], [entry.document for entry in entries])
    vectors = np.load(io.BytesIO(files["disputes.npy"]), allow_pickle=False)
    if len(vectors) != sum(len(each.asked) for each in disputes):
        raise IndexDamagedError("disputes.npy does not fit disputes.json", hint=REBUILD)
    row = 0
    for each in disputes:
        yield each.asked, vectors[row : row + len(each.asked)]
        row += len(each.asked)
