"""Describe how an index was built, for those who read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from b12assistant.config import Settings
from b12assistant.index.documents import Entry
from b12assistant.protocols import Encoder
from b12assistant.types import FileEnd, FileReport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

METHOD = 7  # raise when extraction, cleaning, chunking, embedding or terms change: old results are then not reused


def built_with(encoder: Encoder, settings: Settings) -> dict[str, object]:
    """Return what an index depends on besides corpus, model and runtime. It is stored in the manifest and compared."""
    return {
        "chunking": {"pieces": most_pieces(encoder, settings), "title_pieces": settings.chunking.title_pieces},
        "lexical": asdict(settings.lexical),
        "method": METHOD,
    }


def most_pieces(encoder: Encoder, settings: Settings) -> int:
    """Return the most word pieces of a passage: with its title in front it must fit the encoder."""
    chunking = settings.chunking
    return max(16, min(chunking.pieces, encoder.limit - chunking.title_pieces - 4))


def all_reports(reports: Iterable[FileReport], entries: Iterable[Entry]) -> tuple[FileReport, ...]:
    """Return the reports of all files, sorted, with a warning for each copy of another file: it is quoted only once."""
    first: dict[str, str] = {}
    twins = {entry.report.file: first.setdefault(entry.file_sha256, entry.report.file) for entry in entries}
    marked = (_with_twin(report, twins.get(report.file, report.file)) for report in reports)
    return tuple(sorted(marked, key=lambda report: report.file))


def _with_twin(report: FileReport, twin: str) -> FileReport:
    if twin == report.file:
        return report
    return replace(report, end=FileEnd.WARNINGS, reasons=(*report.reasons, f"the same bytes as {twin}"))
