"""The files of a generation: write its parts, read them back, checked against each other, and open them.

What is opened must fit the encoder and the settings of today.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b12assistant.corpus.disputes import Dispute, disputes_from_bytes, disputes_to_bytes
from b12assistant.corpus.publishers import PublisherKind, Speaks
from b12assistant.errors import REBUILD, IndexDamagedError, IndexMismatchError
from b12assistant.index.asked_questions import ASKED, NOTHING_ASKED, AskedQuestions
from b12assistant.index.collection import Collection, built_with
from b12assistant.index.documents import DOCUMENTS, Entry, all_reports, entries_from_bytes, entries_to_bytes
from b12assistant.index.lexical_index import LEXICAL, BM25FIndex
from b12assistant.index.store import Data, Generation
from b12assistant.index.vectors import ROWS_FILE, TokenStore, Vectors, read_arrays, read_index, save_arrays
from b12assistant.protocols import Encoder
from b12assistant.types import FileEnd, FileReport, Origin

LEFT_OUT = "left_out.json"
CONTEXT, ALONE = "context_tokens.safetensors", "sentence_tokens.safetensors"
DISPUTES, EXAMPLES = "disputes.json", "disputes.safetensors"


@dataclass(frozen=True)
class Opened:
    """What a generation holds: its collection, all in the order of ``entries``, and a report for each file left out.

    ``problems``: those met on opening.
    """

    collection: Collection
    entries: Sequence[Entry]
    left_out: tuple[FileReport, ...]
    manifest: Mapping[str, Any]
    problems: tuple[str, ...] = ()

    @property
    def reports(self) -> tuple[FileReport, ...]:
        """Return the report on every file of the corpus as indexed, sorted."""
        return all_reports((*(entry.report for entry in self.entries), *self.left_out), self.entries)

    def to_files(self) -> dict[str, Data]:
        held = self.collection
        refused = sorted((report.file, report.reasons) for report in self.left_out)
        files = {
            ROWS_FILE: save_arrays({"rows": held.matrix}),
            DOCUMENTS: entries_to_bytes(self.entries),
            LEXICAL: held.words_index.to_bytes(),
            CONTEXT: held.context.to_bytes(),
            LEFT_OUT: (json.dumps(refused, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass"),
        }
        if held.alone is not None:
            files[ALONE] = held.alone.to_bytes()
        if held.examples is not None:
            files |= {DISPUTES: disputes_to_bytes(held.disputes), EXAMPLES: save_arrays({"examples": held.examples})}
        if len(held.asked.sentences):
            files[ASKED] = held.asked.to_bytes()
        return files


def read_parts(generation: Generation) -> Opened:
    """Read a generation, whose bytes are verified.

    Raises ``IndexDamagedError`` if its parts do not fit each other.
    """
    files, manifest = generation.files, dict[str, Any](generation.manifest)
    try:
        entries, dimension = entries_from_bytes(bytes(files[DOCUMENTS])), int(manifest["model"]["dimension"])
        passages = tuple(passage for entry in entries for passage in entry.passages)
        sentences = sum(len(passage.sentences) for passage in passages)
        vectors = read_index(files, rows=len(passages), dimension=dimension)
        collection = Collection(
            generation.id,
            tuple(entry.document for entry in entries),
            passages,
            vectors,
            vectors.rows,
            BM25FIndex.from_bytes(files[LEXICAL]),
            _tokens(files[CONTEXT], CONTEXT, sentences + len(passages)),
            _tokens(files[ALONE], ALONE, sentences) if ALONE in files else None,
            *_disputes(files, entries, dimension),
            AskedQuestions.from_bytes(files[ASKED], sentences, dimension) if ASKED in files else NOTHING_ASKED,
        )
        refused = json.loads(bytes(files[LEFT_OUT]))
        left_out = tuple(FileReport(file, FileEnd.LEFT_OUT, tuple(why)) for file, why in refused)
        return Opened(collection, entries, left_out, manifest, generation.problems)
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


def open_generation(generation: Generation, encoder: Encoder) -> Opened:
    """Read a generation from verified bytes.

    Raises ``IndexMismatchError`` if it was built with another encoder or other settings, ``IndexDamagedError`` if its
    parts do not fit each other.
    """
    _check(generation.manifest, encoder)
    return read_parts(generation)


def _check(manifest: Mapping[str, Any], encoder: Encoder) -> None:
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
