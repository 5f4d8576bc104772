"""Check the source facts that a document of this corpus must have, beyond what the package requires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from b12assistant.types import SourceKind, Words
from corpus_checks import Finding
from corpus_checks.reading import Text

NEEDED: Final = ("title", "kind", "words", "commercial_interest", "published", "review", "review_by")
_NEVER_OURS: Final = (SourceKind.GUIDELINE, SourceKind.REVIEW, SourceKind.STUDY)


def check_metadata(texts: Sequence[Text]) -> list[Finding]:
    """Return facts that are missing, contradict each other, or name a file that is not there."""
    files = {text.file for text in texts}
    return [Finding(text.file, what) for text in texts for what in _wrong(text, files)]


def _wrong(text: Text, files: set[str]) -> Iterator[str]:
    source = text.source
    yield from (f"{key} is not given" for key in NEEDED if key not in text.told)
    if source.words is Words.PROJECT_SUMMARY and source.kind in _NEVER_OURS:
        yield f"a project summary is never a {source.kind}"
    if source.superseded_by is not None and source.superseded_by not in files:
        yield f"superseded_by names {source.superseded_by}, which is not there"
    if source.superseded_by == text.file:
        yield "superseded_by names the document itself"
    if source.published and source.review_by and source.review_by < source.published:
        yield "review_by is before published"
    if not text.sentences and not text.references:
        yield "nothing in it can be quoted"
