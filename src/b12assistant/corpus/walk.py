"""Walk a corpus: its files, and what its curators wrote about them, each read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from b12assistant.corpus.folder import corpus_disputes, corpus_files, corpus_not_answered, corpus_sources
from b12assistant.corpus.provenance import SentenceEntry, provenance_facts, read_sentences

if TYPE_CHECKING:
    from b12assistant.corpus.entries import DisputeEntry
    from b12assistant.corpus.sources import Facts
    from b12assistant.types import Origin, OriginId


@dataclass(frozen=True)
class CorpusFile:
    """A file and what is written about it. ``rests_on``: what its sentences rest on, for a digest.

    ``defaults``: facts that hold if neither its entry, ``facts``, nor its front matter says otherwise.
    """

    name: str
    path: Path
    facts: Facts
    sentences: tuple[SentenceEntry, ...]
    rests_on: object
    defaults: Facts

    @property
    def rests_on_others(self) -> bool:
        """Return whether an origin is named for any of its sentences."""
        return any(entry.origins for entry in self.sentences)


@dataclass(frozen=True)
class Walked:
    """A corpus. ``missing``: files that are described, but are not there. ``of_none``: questions nothing answers."""

    folder: Path
    files: tuple[CorpusFile, ...]
    missing: tuple[str, ...]
    origins: Mapping[OriginId, Origin]
    disputes: tuple[DisputeEntry, ...]
    of_none: tuple[str, ...]


def walk(corpus: Path) -> Walked:
    """List the files of a corpus, and read what is written about them.

    Raises ``CorpusError`` if there is no such folder, ``SourceFactsError`` if a curator's file is invalid.
    """
    names = tuple(corpus_files(corpus))
    disputes, of_none, sources = corpus_disputes(corpus), corpus_not_answered(corpus), corpus_sources(corpus)
    files = []
    for name in names:
        sentences = read_sentences(corpus, name)
        rests_on = provenance_facts(sentences, sources.origins)
        facts, defaults = sources.of(name), sources.defaults
        files.append(CorpusFile(name, corpus / name, facts, sentences, rests_on, defaults))
    missing = tuple(sources.without_file(set(names)))
    return Walked(corpus, tuple(files), missing, sources.origins, disputes, of_none)
