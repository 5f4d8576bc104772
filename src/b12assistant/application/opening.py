"""Open a generation of the index; check its parts against each other and against the configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from b12assistant.corpus.publishers import PublisherKind, Speaks
from b12assistant.errors import REBUILD, IndexMismatchError
from b12assistant.index.collection import Collection, built_with
from b12assistant.index.documents import Entry, all_reports
from b12assistant.index.parts import read_parts
from b12assistant.index.store import Generation
from b12assistant.protocols import Encoder
from b12assistant.types import FileEnd, FileReport, Origin

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
