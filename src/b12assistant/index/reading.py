"""Walk a corpus and read its files: each is extracted, marked and split, and ends as an entry or as a reason."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from b12assistant.config import Settings
from b12assistant.corpus.folder import corpus_disputes, corpus_files, corpus_not_answered, corpus_sources
from b12assistant.corpus.provenance import (
    SentenceEntry,
    attribute,
    located,
    not_quoted,
    provenance_facts,
    read_sentences,
    reviews,
    without_origin,
)
from b12assistant.corpus.sources import SOURCES_FILE, Facts, FrontMatter, read_front_matter, source_of
from b12assistant.errors import CorpusError, SourceError, SourceFactsError
from b12assistant.index.asked_questions import Group, group_of
from b12assistant.index.collection import CHUNKING, METHOD, READING, most_pieces
from b12assistant.index.documents import Entry, source_facts
from b12assistant.loaders.passages import Prepared, Splitting, passages_of, split
from b12assistant.protocols import Encoder, Progress
from b12assistant.threads import once
from b12assistant.types import DocumentId, Extract, FileEnd, FileReport, Origin, OriginId, Passage, Source, Words

if TYPE_CHECKING:
    from b12assistant.corpus.entries import DisputeEntry

_MOST_MARKED = 0.5  # of a file; one of which most is never quoted has a warning
MOST_PASSAGES = 5_000  # of one file; a file with more is left out
_SURROGATE = re.compile("[\ud800-\udfff]")  # a byte of a file name that is not UTF-8; encoders reject it


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


class Reader(Protocol):
    """Read, extract, mark and split a file of a corpus, within limits. Raises ``SourceError`` with the reason."""

    def read(self, path: Path) -> bytes: ...

    def extract(self, data: bytes, name: str) -> Extract: ...

    def prepare(self, data: bytes, name: str, splitting: Splitting) -> Prepared: ...


@dataclass(frozen=True)
class FilesRead:
    """The entries of the files that can be indexed, in order, with the questions asked of each; reports of the rest."""

    entries: tuple[Entry, ...]
    groups: tuple[Group, ...]
    left_out: tuple[FileReport, ...]

    @property
    def refused(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return each file that is left out, and why, sorted."""
        return tuple(sorted((report.file, report.reasons) for report in self.left_out))

    @property
    def passages(self) -> list[Passage]:
        return [passage for entry in self.entries for passage in entry.passages]


@dataclass(frozen=True)
class FileReading:
    """The reading of one build. ``runtime``: versions that extraction depends on."""

    reader: Reader
    encoder: Encoder
    settings: Settings
    runtime: Mapping[str, str]
    progress: Progress

    def read(self, walked: Walked, known: Mapping[str, Entry]) -> FilesRead:
        """Read all files. ``known``: earlier entries by file, which are kept if nothing changed.

        Raises ``CorpusError`` if nothing can be indexed.
        """
        entries: list[Entry] = []
        groups: list[Group] = []
        left_out: list[FileReport] = []
        for number, file in enumerate(walked.files):
            self.progress("reading", number, len(walked.files))
            outcome = self._entry(file, walked.origins, known.get(file.name))
            if isinstance(outcome, Entry):
                entries.append(outcome)
                places = located(outcome.document, file.sentences)
                asked = [(place.start, place.end, line.asked) for _, line, place in places if place]
                groups.append(group_of(outcome.passages, asked))
            else:
                left_out.append(outcome)
        self.progress("reading", len(walked.files), len(walked.files))
        missing = f"named in {SOURCES_FILE}, but there is no such file"
        left_out += [FileReport(name, FileEnd.LEFT_OUT, (missing,)) for name in walked.missing]
        if not entries:
            first = f" ({len(left_out)} left out: {left_out[0].file}: {left_out[0].reasons[0]} …)" if left_out else ""
            raise CorpusError(
                f"nothing in {walked.folder}/ can be indexed{first}", hint="add .md, .txt, .html or .pdf files"
            )
        return FilesRead(tuple(entries), tuple(groups), tuple(left_out))

    def _entry(self, file: CorpusFile, origins: Mapping[OriginId, Origin], known: Entry | None) -> Entry | FileReport:
        try:
            data = self.reader.read(file.path)
            sha256 = hashlib.sha256(data).hexdigest()
            if known and known.file_sha256 == sha256:
                _, digest = self._described(file, sha256, known.front)
                if known.document.digest == digest:
                    return known
            prepared = self.reader.prepare(data, file.name, self._splitting)
            extract = prepared.extract
            read = FrontMatter({})
            if extract.front is not None:
                read = read_front_matter(extract.front, file="front matter", is_described=bool(file.facts))
            front = read.facts
            source, digest = self._described(file, sha256, front)
            title = _SURROGATE.sub("\ufffd", source.title or extract.title or Path(file.name).stem)
            document = prepared.document(DocumentId(file.name), digest, title, source)
            is_original = _is_original(file, front)
            attributions, warnings = attribute(document, file.sentences, origins)
            reviewed, outdated = reviews(document, file.sentences)
            warnings += outdated
            document = replace(document, attributions=() if is_original else attributions, reviews=reviewed)
            parts = prepared.parts
            if parts is None:
                parts = split(document, self.encoder.count, self._splitting)
        except SourceFactsError as error:  # a file with invalid front matter is not quoted
            return FileReport(file.name, FileEnd.LEFT_OUT, (str(error),))
        except SourceError as error:
            return FileReport(file.name, FileEnd.LEFT_OUT, (error.message,))
        share = prepared.marked_share
        if not parts:
            return FileReport(file.name, FileEnd.LEFT_OUT, ("no quotable text in it",), marked_share=share)
        passages = passages_of(document, parts)
        if read.foreign and not file.facts:
            warnings += (f"front matter: keys of another system are ignored: {', '.join(read.foreign)}",)
        if is_original and file.rests_on_others:
            warnings += ('its origins are not shown: the document has words = "original"',)
        elif file.rests_on_others:
            unfounded = without_origin(passages, document.attributions)
            warnings += tuple(f"no origin is named for: {sentence.text}" for sentence in unfounded)
        if share > _MOST_MARKED:
            warnings += (f"{share:.0%} of it is not quoted; `b12assistant show` strikes that through",)
        warnings = (*extract.warnings, *not_quoted(document), *warnings)
        report = FileReport(
            file.name,
            FileEnd.WARNINGS if warnings else FileEnd.INDEXED,
            warnings,
            passages=len(parts),
            marked_share=round(share, 4),
            described=source.is_described,
        )
        return Entry(document, passages, report, sha256, extract.extractor, front)

    @once
    def _splitting(self) -> Splitting:
        return Splitting(most_pieces(self.encoder), MOST_PASSAGES, self.encoder.tokenizer)

    def _described(self, file: CorpusFile, sha256: str, front: Facts) -> tuple[Source, str]:
        """Return the source of a file, and a digest of everything that its entry depends on."""
        source = source_of(file.defaults, front, file.facts)
        described = [
            [METHOD, READING],
            sha256,
            source_facts(source),
            file.rests_on,
            self.encoder.digest,
            most_pieces(self.encoder),
            CHUNKING.title_pieces,
            self.runtime,
            *(["original"] if file.rests_on_others and _is_original(file, front) else []),
        ]
        return source, hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _is_original(file: CorpusFile, front: Facts) -> bool:
    """Return whether somebody wrote that the words are the source's own: then no origin makes them a summary."""
    said = (facts["words"] for facts in (file.facts, front, file.defaults) if "words" in facts)
    return next(said, None) == Words.ORIGINAL
