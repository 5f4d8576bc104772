"""Build a generation of the index from a corpus: walk, read (extract, mark, split), embed, and put together.

Every file ends indexed, indexed with warnings, or left out with a reason. `Store.publish` writes what is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from b12assistant.config import Settings
from b12assistant.corpus.disputes import Dispute, resolve
from b12assistant.index import embedding
from b12assistant.index.asked_questions import AskedQuestions, Group, as_codes, digest_of
from b12assistant.index.collection import CHUNKING, LIBRARIES, METHOD, built_with
from b12assistant.index.documents import all_reports
from b12assistant.index.embedding import Embedded, embed_all
from b12assistant.index.lexical_index import index_words
from b12assistant.index.parts import Parts
from b12assistant.index.previous import NOTHING, Previous, document_key, key_of, made_by
from b12assistant.index.reading import FileReading, FilesRead, Reader, walk
from b12assistant.index.store import Data
from b12assistant.index.token_store import Projection, TokenStore, Vectors
from b12assistant.index.vector_index import FaissIndex
from b12assistant.protocols import Encoder, Progress
from b12assistant.threads import once
from b12assistant.types import FileReport, GenerationId


@dataclass(frozen=True)
class Built:
    """A generation's content, not yet written. ``same``: the previous generation if nothing changed; then no files.

    ``encoded``: the files that went through the encoder.
    """

    files: Mapping[str, Data]
    facts: Mapping[str, object]
    read: FilesRead
    encoded: frozenset[str] = frozenset()
    same: GenerationId | None = None

    @property
    def reports(self) -> tuple[FileReport, ...]:
        """Return the reports on all files, sorted."""
        entries = self.read.entries
        told = [replace(entry.report, embedded=entry.report.file in self.encoded) for entry in entries]
        return all_reports((*self.read.left_out, *told), entries)


@dataclass(frozen=True)
class Indexer:
    """A builder of generations from its parts. Several threads call the encoder, which must allow it."""

    reader: Reader
    encoder: Encoder
    projection: Projection
    settings: Settings
    progress: Progress = lambda stage, done, of: None

    def build(self, corpus: Path, previous: Previous = NOTHING, *, always: bool = False) -> Built:
        """Build a generation from the files of ``corpus``.

        ``previous``: what need not be read and encoded again. ``always``: make the files even if nothing changed.
        Raises ``CorpusError`` if nothing can be indexed, ``SourceFactsError`` if the curators' files are invalid.
        """
        walked = walk(corpus)
        reading = FileReading(self.reader, self.encoder, self.settings, self._runtime, self.progress)
        read = reading.read(walked, previous.entries)
        disputes = resolve(walked.disputes, read.passages)
        # No sentence answers them: they come last, after all sentences.
        groups = (*read.groups, Group(walked.of_none, (0,) * len(walked.of_none)))
        if not always and self._is_unchanged(previous, read, disputes, groups):
            return Built({}, previous.facts, read, same=previous.id)
        threads, progress = self.settings.encoder.threads, self.progress
        embedded, encoded = embed_all(
            read.entries,
            lambda passages: previous.embedded.get(document_key(self._scope, passages)),
            self.encoder,
            self.projection,
            threads=threads,
            progress=progress,
        )
        facts = self._facts(read, embedded[0].vectors.shape[1], groups)
        return Built(self._parts(read, embedded, disputes, groups, previous).to_files(), facts, read, encoded)

    @once
    def _runtime(self) -> dict[str, str]:
        return {**{library: version(library) for library in LIBRARIES}, **self.encoder.runtime}

    @once
    def _scope(self) -> str:
        return made_by(self.encoder.digest, self._runtime, CHUNKING.title_pieces, METHOD)

    def _is_unchanged(
        self, previous: Previous, read: FilesRead, disputes: Sequence[Dispute], groups: Sequence[Group]
    ) -> bool:
        """Check if the build would give the files of ``previous`` again, without loading the encoder."""
        old = previous.parts
        if old is None or len(read.entries) != len(old.entries):
            return False
        passages = sum(len(entry.passages) for entry in read.entries)
        dimension = previous.facts["model"]["dimension"]  # other weights differ in digest
        return (
            all(previous.entries.get(entry.report.file) is entry for entry in read.entries)
            and previous.facts == self._facts(read, dimension, groups)
            and (passages <= embedding.SENTENCE_VECTORS_UP_TO) == (old.alone is not None)
            and old.left_out == read.refused
            and old.disputes == disputes
        )

    def _parts(
        self,
        read: FilesRead,
        embedded: Sequence[Embedded],
        disputes: tuple[Dispute, ...],
        groups: Sequence[Group],
        previous: Previous,
    ) -> Parts:
        asked = self._asked(read, groups, previous) if digest_of(groups) else None
        alone = [arrays.alone for arrays in embedded if arrays.alone is not None]
        return Parts(
            read.entries,
            FaissIndex(np.concatenate([arrays.vectors for arrays in embedded])),
            index_words(read.passages),
            TokenStore.join([arrays.context for arrays in embedded]),
            TokenStore.join(alone) if alone else None,
            disputes,
            np.concatenate([self._examples(each, previous) for each in disputes]) if disputes else None,
            asked,
            read.refused,
        )

    def _examples(self, dispute: Dispute, previous: Previous) -> Vectors:
        """Return a vector for each example question of a dispute, (examples, d)."""
        vectors = previous.examples.get(key_of(self._scope, dispute.examples))
        if vectors is None:
            vectors = np.stack([encoded.vector for encoded in self.encoder.encode(dispute.examples)])
        return vectors

    def _asked(self, read: FilesRead, groups: Sequence[Group], previous: Previous) -> AskedQuestions:
        """Return the questions that are asked of the sentences."""
        keys = [key_of(self.encoder.digest, group.questions) for group in groups]
        codes = []
        for number, (key, group) in enumerate(zip(keys, groups, strict=True)):
            self.progress("questions", number, len(groups))
            found = previous.asked.get(key)
            if found is None:
                vectors = [encoded.vector for encoded in self.encoder.encode(group.questions)]
                found = as_codes(np.array(vectors, np.float32).reshape(-1, self.encoder.dimension))
            codes.append(found)
        self.progress("questions", len(groups), len(groups))
        sizes = [sum(len(passage.sentences) for passage in entry.passages) for entry in read.entries]
        sizes.append(0)  # of the questions that no sentence answers
        return AskedQuestions.join(groups, sizes, keys, codes)

    def _facts(self, read: FilesRead, dimension: int, groups: Sequence[Group]) -> dict[str, object]:
        """Return what the manifest says about the build."""
        asked = digest_of(groups)
        return {
            "model": {"name": self.encoder.name, "sha256": self.encoder.digest, "dimension": dimension},
            **built_with(self.encoder),
            "runtime": self._runtime,
            **({"asked": asked} if asked else {}),
            "counts": {
                "files": len(read.entries) + len(read.left_out),
                "documents": len(read.entries),
                "passages": sum(len(entry.passages) for entry in read.entries),
                "left_out": len(read.left_out),
            },
        }
