"""The files of a generation: write its parts, read them back, checked against each other, and open them.

What is opened must fit the encoder and the settings of today.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b12assistant.corpus.folder import Dispute, disputes_from_bytes, disputes_to_bytes
from b12assistant.corpus.publishers import PublisherKind, Speaks
from b12assistant.errors import REBUILD, IndexDamagedError, IndexMismatchError
from b12assistant.index.asked_questions import ASKED, AskedQuestions
from b12assistant.index.collection import Collection, built_with
from b12assistant.index.documents import DOCUMENTS, Entry, all_reports, entries_from_bytes, entries_to_bytes
from b12assistant.index.lexical_index import LEXICAL, BM25FIndex
from b12assistant.index.store import Data, Generation
from b12assistant.index.vectors import FaissIndex, TokenStore, Vectors, read_arrays, read_index, save_arrays
from b12assistant.protocols import Encoder
from b12assistant.types import FileEnd, FileReport, Origin

LEFT_OUT = "left_out.json"
CONTEXT, ALONE = "context_tokens.safetensors", "sentence_tokens.safetensors"
DISPUTES, EXAMPLES = "disputes.json", "disputes.safetensors"

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

    def to_files(self) -> dict[str, Data]:
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
            files |= {DISPUTES: disputes_to_bytes(self.disputes), EXAMPLES: save_arrays({"examples": self.examples})}
        if self.asked is not None:
            files[ASKED] = self.asked.to_bytes()
        return files


def read_parts(generation: Generation) -> Parts:
    """Read the parts of a generation, whose bytes are verified.

    Raises ``IndexDamagedError`` if the parts do not fit each other.
    """
    files, dimension = generation.files, int(dict[str, Any](generation.manifest)["model"]["dimension"])
    try:
        entries = entries_from_bytes(bytes(files[DOCUMENTS]))
        passages = sum(len(entry.passages) for entry in entries)
        sentences = sum(len(passage.sentences) for entry in entries for passage in entry.passages)
        return Parts(
            entries,
            read_index(files, rows=passages, dimension=dimension),
            BM25FIndex.from_bytes(files[LEXICAL]),
            _tokens(files[CONTEXT], CONTEXT, sentences + passages),
            _tokens(files[ALONE], ALONE, sentences) if ALONE in files else None,
            *_disputes(files, entries, dimension),
            AskedQuestions.from_bytes(files[ASKED], sentences, dimension) if ASKED in files else None,
            tuple((file, tuple(why)) for file, why in json.loads(bytes(files[LEFT_OUT]))),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamagedError(f"the files of index {generation.id} do not fit each other", hint=REBUILD) from error


def _tokens(data: Data, file: str, units: int) -> TokenStore:
    store = TokenStore.from_bytes(data, file)
    if len(store) != units:
        raise IndexDamagedError(f"{file} does not fit {DOCUMENTS}", hint=REBUILD)
    return store


def _disputes(
    files: Mapping[str, Data], entries: tuple[Entry, ...], dimension: int
) -> tuple[tuple[Dispute, ...], Vectors | None]:
    if DISPUTES not in files:
        return (), None
    documents = {entry.document.id: entry.document for entry in entries}
    disputes = disputes_from_bytes(bytes(files[DISPUTES]), documents.__getitem__)
    examples = read_arrays(files[EXAMPLES], EXAMPLES)["examples"]
    if examples.shape != (sum(len(dispute.examples) for dispute in disputes), dimension):
        raise IndexDamagedError(f"{EXAMPLES} does not fit {DISPUTES}", hint=REBUILD)
    return disputes, examples


# Building again first would change a project that was only opened without its settings.
_OTHER_ENCODER = (
    "name the b12assistant.toml it was built with (--config FILE); if [encoder] was changed, run `b12assistant index`"
)


@dataclass(frozen=True)
class Opened:
    """An open index: its collection, a report for each file, and the problems met on opening."""

    collection: Collection
    entries: Sequence[Entry]
    left_out: tuple[FileReport, ...]
    manifest: dict[str, Any]
    problems: tuple[str, ...]

    @property
    def reports(self) -> tuple[FileReport, ...]:
        """Return the report on every file of the corpus as indexed, sorted."""
        return all_reports((*(entry.report for entry in self.entries), *self.left_out), self.entries)


def open_generation(generation: Generation, encoder: Encoder) -> Opened:
    """Read the parts of a generation from verified bytes.

    Raises ``IndexMismatchError`` if it was built with another encoder or other settings, ``IndexDamagedError`` if its
    parts do not fit each other.
    """
    manifest: dict[str, Any] = dict(generation.manifest)
    _check(manifest, encoder)
    parts = read_parts(generation)
    collection = Collection(
        generation.id,
        tuple(entry.document for entry in parts.entries),
        tuple(passage for entry in parts.entries for passage in entry.passages),
        parts.vectors,
        parts.vectors.rows,
        parts.lexical,
        parts.context,
        parts.alone,
        parts.disputes,
        parts.examples,
        parts.asked,
    )
    left_out = tuple(FileReport(file, FileEnd.LEFT_OUT, why) for file, why in parts.left_out)
    return Opened(collection, parts.entries, left_out, manifest, generation.problems)


def _check(manifest: dict[str, Any], encoder: Encoder) -> None:
    """Check model and settings. Raises ``IndexMismatchError``, which names what differs."""
    model = manifest["model"]
    if (model["name"], model["sha256"]) != (encoder.name, encoder.digest):
        raise IndexMismatchError(
            f"the index was built with {model['name']} ({model['sha256'][:12]}…), "
            f"configured is {encoder.name} ({encoder.digest[:12]}…)",
            hint=_OTHER_ENCODER,
        )
    for name, value in built_with(encoder).items():
        if manifest.get(name) != value:
            raise IndexMismatchError(
                f"the index was built with other settings ({name} {manifest.get(name)}, now {value})", hint=REBUILD
            )


def publications(opened: Opened) -> dict[Origin, int]:
    """Return every publication that sentences which may be quoted rest on, with the number of those sentences."""
    used: Counter[Origin] = Counter()
    for entry in opened.entries:
        if entry.document.source.in_force:
            used.update(attribution.origin for attribution in entry.document.attributions)
    return dict(used)


def speakers(opened: Opened) -> list[Speaks]:
    """List who says what may be quoted: every publication, and every source in its own words."""
    own = [entry.document.source for entry in opened.entries if not entry.document.attributions]
    return [*map(Speaks.of, publications(opened)), *(Speaks.of(source) for source in own if source.in_force)]


def library(opened: Opened) -> dict[PublisherKind, int]:
    """Count the publications by what they are to a reader."""
    return dict(Counter(Speaks.of(origin).kind for origin in publications(opened)))
