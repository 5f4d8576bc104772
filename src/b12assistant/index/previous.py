"""Reuse what an earlier index holds, so that only what changed is read and encoded again.

There are two: the last good generation of the same index, and the index that ships with the program. A document's
vectors are found by a digest of its texts and of what made them, so an old index is only less useful, never wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import IndexDamagedError, IndexMismatchError
from b12assistant.index.collection import LIBRARIES
from b12assistant.index.documents import Entry
from b12assistant.index.embedding import Embedded
from b12assistant.index.parts import Parts, read_parts
from b12assistant.index.store import Generation, read_generation, read_manifest
from b12assistant.index.token_store import Vectors
from b12assistant.threads import once
from b12assistant.types import GenerationId, Passage

_OF_THE_STORE = {"schema", "files", "generation", "counter", "seal"}
_BY_ROUNDING = {*LIBRARIES, "onnxruntime", "tokenizers"}


@dataclass(frozen=True)
class VectorScope:
    """What the vectors of a text depend on besides the text.

    ``versions``: of libraries; between these the vectors differ by rounding only.
    """

    made_by: str = ""
    versions: str = ""

    @classmethod
    def of(cls, model_sha256: str, runtime: Mapping[str, str], title_pieces: int, method: int) -> VectorScope:
        versions = {name: runtime[name] for name in sorted(runtime.keys() & _BY_ROUNDING)}
        rest = {name: value for name, value in runtime.items() if name not in versions}
        return cls(json.dumps([model_sha256, rest, title_pieces, method], sort_keys=True), json.dumps(versions))

    @classmethod
    def of_index(cls, manifest: Mapping[str, Any]) -> VectorScope:
        pieces = manifest["chunking"]["title_pieces"]
        return cls.of(manifest["model"]["sha256"], manifest["runtime"], pieces, manifest["method"])


@dataclass(frozen=True)
class Previous:
    """An earlier generation; empty by default.

    ``facts``: its manifest without what the store adds. ``entries``: by file. ``embedded``: the arrays of each
    document, by digest. ``examples``: the vectors of each dispute's example questions. ``asked``: those of the
    questions asked of a document's sentences, by `key_of`.
    """

    id: GenerationId | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: Parts | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    scope: VectorScope = field(default_factory=VectorScope)
    embedded: Mapping[str, Embedded] = field(default_factory=dict)
    examples: Mapping[tuple[str, ...], Vectors] = field(default_factory=dict)
    asked: Mapping[str, NDArray[np.int8]] = field(default_factory=dict)

    def within(self, wanted: VectorScope) -> Previous:
        """Keep the vectors only if they were made in this scope."""
        return self if wanted == self.scope else replace(self, embedded={}, examples={})  # ``asked`` has its own keys


NOTHING = Previous()


def read_previous(generation: Generation | None) -> Previous:
    """Read a verified generation for reuse. If its parts do not fit each other, nothing is reused."""
    with suppress(IndexDamagedError):
        return previous_of(generation) if generation else NOTHING
    return NOTHING


def previous_of(generation: Generation) -> Previous:
    """Read a generation for reuse. Raises ``IndexDamagedError`` if its parts do not fit each other."""
    parts, scope = read_parts(generation), VectorScope.of_index(generation.manifest)
    keys = [_key(scope, entry.passages) for entry in parts.entries]
    return Previous(
        generation.id,
        {key: value for key, value in generation.manifest.items() if key not in _OF_THE_STORE},
        parts,
        {entry.report.file: entry for entry in parts.entries},
        scope,
        dict(zip(keys, _documents(parts), strict=True)),
        _examples(parts),
        parts.asked.by_key() if parts.asked else {},
    )


@dataclass(frozen=True)
class Known:
    """What need not be encoded in ``scope``: it is in ``previous``, or in a generation in the folder ``packaged``.

    The packaged one is read only if ``previous`` lacks something, and used only if it was made in this scope, up to
    rounding.
    """

    scope: VectorScope
    previous: Previous
    packaged: Path | None = None

    def embedded(self, passages: Sequence[Passage]) -> Embedded | None:
        """Return the arrays of a document's passages."""
        key = _key(self.scope, passages)
        return next((known.embedded[key] for known in self._all() if key in known.embedded), None)

    def examples(self, questions: tuple[str, ...]) -> Vectors | None:
        """Return the vectors of a dispute's example questions, (examples, d)."""
        return next((known.examples[questions] for known in self._all() if questions in known.examples), None)

    def asked(self, key: str) -> NDArray[np.int8] | None:
        """Return the vectors of the questions asked of a document, (n, d)."""
        return next((known.asked[key] for known in self._all() if key in known.asked), None)

    def _all(self) -> Iterator[Previous]:
        yield self.previous
        yield self._packaged

    @once
    def _packaged(self) -> Previous:
        for folder in sorted(self.packaged.glob("[!.]*")) if self.packaged else ():
            with suppress(IndexDamagedError, IndexMismatchError, OSError):
                if VectorScope.of_index(read_manifest(folder)).made_by == self.scope.made_by:
                    return previous_of(read_generation(folder))
        return NOTHING


def _key(scope: VectorScope, passages: Sequence[Passage]) -> str:
    texts = [[span.text for span in passage.sentences] for passage in passages]
    return hashlib.sha256(json.dumps([scope.made_by, passages[0].document.title, texts]).encode()).hexdigest()


def _documents(parts: Parts) -> Iterator[Embedded]:
    """Cut the arrays of all documents into those of each."""
    row = sentence = 0
    for entry in parts.entries:
        last, end = row + len(entry.passages), sentence + sum(len(passage.sentences) for passage in entry.passages)
        units = parts.alone.part(sentence, end) if parts.alone else None
        yield Embedded(parts.vectors.rows[row:last], parts.context.part(row + sentence, last + end), units)
        row, sentence = last, end


def _examples(parts: Parts) -> dict[tuple[str, ...], Vectors]:
    """Return the vectors of the example questions of each dispute."""
    if parts.examples is None:
        return {}
    examples = [dispute.examples for dispute in parts.disputes]
    ends = np.cumsum([len(questions) for questions in examples])
    return dict(zip(examples, np.split(parts.examples, ends[:-1]), strict=True))
