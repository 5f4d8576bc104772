"""Walk a corpus and read its files: each is extracted, marked and split, and ends as an entry or as a reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from b12assistant.cleaning import marked_share
from b12assistant.corpus.folder import (
    NOT_ANSWERED_FILE,
    corpus_disputes,
    corpus_files,
    corpus_not_answered,
    corpus_sources,
)
from b12assistant.corpus.provenance import (
    SentenceEntry,
    attribute,
    located,
    not_quoted,
    provenance_facts,
    read_sentences,
    same_question,
    sentences_file,
    without_origin,
)
from b12assistant.corpus.sources import SOURCES_FILE, Facts, FrontMatter, read_front_matter, source_of
from b12assistant.errors import CorpusError, SourceError, SourceFactsError
from b12assistant.index.asked_questions import Group, group_of, headed, is_whole
from b12assistant.index.collection import METHOD, READING, TITLE_PIECES, most_pieces
from b12assistant.index.documents import Entry, source_facts
from b12assistant.language.words import ENGLISH, language
from b12assistant.loaders.passages import chunk
from b12assistant.protocols import Encoder, Progress
from b12assistant.types import (
    Document,
    DocumentId,
    Extract,
    FileEnd,
    FileReport,
    Origin,
    OriginId,
    Passage,
    Source,
    Words,
)

if TYPE_CHECKING:
    from b12assistant.corpus.entries import DisputeEntry

_MOST_MARKED = 0.5  # of a file; one of which most is never quoted has a warning
MOST_PASSAGES = 5_000  # of one file; a file with more is left out


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

    def source(self, front: Facts) -> Source:
        """Return its source, with the facts of its front matter."""
        return source_of(self.defaults, front, self.facts)

    def is_original(self, front: Facts) -> bool:
        """Return whether somebody wrote that the words are the source's own: then no origin makes them a summary."""
        said = (facts["words"] for facts in (self.facts, front, self.defaults) if "words" in facts)
        return next(said, None) == Words.ORIGINAL


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
    asked = {same_question(each): file.name for file in files for line in file.sentences for each in line.asked}
    for question in of_none:
        if (document := asked.get(same_question(question))) is not None:
            why = f"{NOT_ANSWERED_FILE} says that nothing answers {question!r}, {sentences_file(document)} what does"
            raise SourceFactsError(why, hint="take it out of one of them")
    missing = tuple(sources.without_file(set(names)))
    return Walked(corpus, tuple(files), missing, sources.origins, disputes, of_none)


class Reader(Protocol):
    """Read, extract and mark a file of a corpus, within limits. Raises ``SourceError`` with the reason."""

    def read(self, path: Path) -> bytes: ...

    def extract(self, data: bytes, name: str) -> Extract: ...


@dataclass(frozen=True)
class FilesRead:
    """The entries of the files that can be indexed, in order, with the questions asked of each; reports of the rest."""

    entries: tuple[Entry, ...]
    groups: tuple[Group, ...]
    left_out: tuple[FileReport, ...]

    @property
    def passages(self) -> list[Passage]:
        return [passage for entry in self.entries for passage in entry.passages]


@dataclass(frozen=True)
class FileReading:
    """The reading of one build. ``runtime``: versions that extraction depends on."""

    reader: Reader
    encoder: Encoder
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
                asked = [
                    (place.start, place.end, line.asked)
                    for _, line, place in places
                    if place and is_whole(outcome.passages, place)
                ]
                if outcome.document.source.words is not Words.PROJECT_SUMMARY:
                    asked += headed(outcome.passages)
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
        """Make the entry of a file, stage by stage; return the known one if nothing changed, or why it is left out."""
        try:
            data = self.reader.read(file.path)
            sha256 = hashlib.sha256(data).hexdigest()
            same = known if known is not None and known.file_sha256 == sha256 else None
            if same is not None and same.document.digest == self._digest(file, sha256, same.front):
                return same
            extract = self.reader.extract(data, file.name)  # the text, its marks and its sentences
            front = FrontMatter({})
            if extract.front is not None:
                front = read_front_matter(extract.front, file="front matter", is_described=bool(file.facts))
            source = file.source(front.facts)
            title = source.title or extract.title or Path(file.name).stem
            digest = self._digest(file, sha256, front.facts)
            document, warnings = attribute(
                extract.document(DocumentId(file.name), digest, title, source), file.sentences, origins
            )
            if file.is_original(front.facts):
                document = replace(document, attributions=())
            most = most_pieces(self.encoder)
            passages = chunk(document, extract.sentences, self.encoder.count, most=most, limit=MOST_PASSAGES)
        except (SourceFactsError, SourceError) as error:  # a file with invalid front matter is not quoted
            return FileReport(file.name, FileEnd.LEFT_OUT, (str(error),))
        share = marked_share(document)
        if not passages:
            return FileReport(file.name, FileEnd.LEFT_OUT, ("no quotable text in it",), marked_share=share)
        doubts = _doubts(file, front, document, passages)
        warnings = (*extract.warnings, *not_quoted(document), *warnings, *doubts)
        if share > _MOST_MARKED:
            warnings += (f"{share:.0%} of it is not quoted; `b12assistant show` strikes that through",)
        return Entry(document, passages, warnings, round(share, 4), sha256, extract.extractor, front.facts)

    def _digest(self, file: CorpusFile, sha256: str, front: Facts) -> str:
        """Return a digest of everything that the entry of a file depends on."""
        described = [
            [METHOD, READING],
            sha256,
            source_facts(file.source(front)),
            file.rests_on,
            self.encoder.digest,
            most_pieces(self.encoder),
            TITLE_PIECES,
            self.runtime,
            *([language()] if language() != ENGLISH else []),
            *(["original"] if file.rests_on_others and file.is_original(front) else []),
        ]
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _doubts(file: CorpusFile, front: FrontMatter, document: Document, passages: Sequence[Passage]) -> Iterator[str]:
    """Yield what a curator should know about the facts of a file and its origins."""
    if front.ignored:
        yield f"front matter: ignored beside the entry in sources.toml, as it does not fit: {front.ignored}"
    if front.foreign and not file.facts:
        dated = " (write a date as published)" if "date" in front.foreign else ""
        yield f"front matter: keys of another system are ignored: {', '.join(front.foreign)}{dated}"
    for number, line, place in located(document, file.sentences):
        if line.asked and place and not is_whole(passages, place):
            where = f"{sentences_file(file.name)}:{number}"
            yield f"{where}: not a whole sentence, so that its questions find nothing: {line.text[:60]}"
    if file.rests_on_others and file.is_original(front.facts):
        yield 'its origins are not shown: the document has words = "original"'
    elif file.rests_on_others:
        yield from (f"no origin is named for: {sentence.text}" for sentence in without_origin(document, passages))
