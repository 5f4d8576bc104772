"""What an earlier index holds already, so that only what changed is read and encoded again.

There are two: the last good generation of the same index, and the index that ships with the program, made from its own
corpus. A document's vectors are looked up by a digest of its texts and of what they depend on. So an old index is only
less useful, never wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import IndexDamagedError, IndexMismatchError
from b12assistant.index.blocks import Blocks, Embedded
from b12assistant.index.collection import LIBRARIES
from b12assistant.index.documents import Entry
from b12assistant.index.parts import Parts, read_parts
from b12assistant.index.store import SCHEMA, Generation, read_generation, read_manifest
from b12assistant.index.token_store import Vectors
from b12assistant.threads import once
from b12assistant.types import GenerationId, Passage

_UNREADABLE = (
    *(IndexDamagedError, IndexMismatchError, BadZipFile),
    *(ValueError, KeyError, IndexError, TypeError, EOFError, OSError),
)
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
    """A generation as a cache; empty by default.

    ``facts``: its manifest without what the store adds. ``is_current``: whether its files have today's form.
    ``parts``: its parts. ``scope``: of its vectors. ``examples``: for the example questions of each dispute, their
    vectors (examples, d). ``asked``: those of the questions asked of a document's sentences, by `collection.key_of`.
    """

    id: GenerationId | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_current: bool = False
    parts: Parts | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    scope: VectorScope = field(default_factory=VectorScope)
    embedded: Mapping[str, Embedded] = field(default_factory=dict)
    examples: Mapping[tuple[str, ...], Vectors] = field(default_factory=dict)
    asked: Mapping[bytes, NDArray[np.int8]] = field(default_factory=dict)

    def within(self, wanted: VectorScope) -> Previous:
        """Keep the vectors only if they were made in this scope."""
        return self if wanted == self.scope else replace(self, embedded={}, examples={})  # ``asked`` has its own keys


NOTHING = Previous()


def read_previous(generation: Generation | None) -> Previous:
    """Read a verified generation as a cache. If its parts do not fit one another, the cache is empty."""
    with suppress(*_UNREADABLE):
        return previous_of(generation) if generation else NOTHING
    return NOTHING


def previous_of(generation: Generation) -> Previous:
    """Read a generation as a cache. Raises ``IndexDamagedError`` if its parts do not fit one another."""
    parts, made_in = read_parts(generation), VectorScope.of_index(generation.manifest)
    parts = replace(parts, entries=tuple(parts.entries))  # all are compared with the corpus
    keys = [_key(made_in, entry.passages) for entry in parts.entries]
    return Previous(
        generation.id,
        {key: value for key, value in generation.manifest.items() if key not in _OF_THE_STORE},
        generation.manifest["schema"] == SCHEMA,
        parts,
        {entry.report.file: entry for entry in parts.entries},
        made_in,
        dict(zip(keys, _documents(parts), strict=True)),
        _examples(parts),
        parts.asked.by_key() if parts.asked else {},
    )


@dataclass(frozen=True)
class Known:
    """What need not be encoded in ``scope``: it is in ``previous``, in ``blocks`` of a build that was stopped, in an
    index that is ``lent``, or in a generation in the folder ``packaged``.

    The last is read when something is in no other, and only if it was made in this scope, up to rounding.
    """

    scope: VectorScope
    previous: Previous
    packaged: Path | None = None
    blocks: Blocks = field(default_factory=Blocks)
    lent: Sequence[Previous] = ()

    def entry(self, file: str) -> Entry | None:
        """Return the entry of a file, as it was when it was read last."""
        return self.previous.entries.get(file) or self.blocks.entry(file)

    def embedded(self, passages: Sequence[Passage]) -> Embedded | None:
        """Return the arrays of a document's passages."""
        key = _key(self.scope, passages)
        kept = (each.embedded[key] for each in self._caches() if key in each.embedded)
        return self._stopped(key, passages) or next(kept, None)

    def examples(self, questions: tuple[str, ...]) -> Vectors | None:
        """Return the vectors of a dispute's example questions, (examples, d)."""
        return next((each.examples[questions] for each in self._caches() if questions in each.examples), None)

    def asked(self, key: bytes) -> NDArray[np.int8] | None:
        """Return the vectors of the questions asked of a document, (n, d)."""
        return next((each.asked[key] for each in self._caches() if key in each.asked), None)

    def _caches(self) -> Iterator[Previous]:
        yield from (self.previous, *self.lent)
        yield self._packaged

    def _stopped(self, key: str, passages: Sequence[Passage]) -> Embedded | None:
        file = passages[0].document.id
        entry = self.blocks.entry(file)
        return self.blocks.embedded(file) if entry and _key(self.scope, entry.passages) == key else None

    @once
    def _packaged(self) -> Previous:
        for folder in sorted(self.packaged.glob("[!.]*")) if self.packaged else ():
            with suppress(*_UNREADABLE):
                if VectorScope.of_index(read_manifest(folder)).made_by == self.scope.made_by:
                    return previous_of(read_generation(folder))
        return NOTHING


def borrowed(generation: Generation, scope: VectorScope) -> Previous:
    """Read an index that was built elsewhere, for its vectors. Raises ``IndexMismatchError`` if they do not fit."""
    if VectorScope.of_index(generation.manifest).made_by != scope.made_by:
        raise IndexMismatchError(
            f"the vectors of index {generation.id} were made in another way",
            hint="build it with the same version of b12assistant, the same encoder and the same settings",
        )
    return previous_of(generation)


def _key(made_in: VectorScope, passages: Iterable[Passage]) -> str:
    texts = [[span.text for span in passage.sentences] for passage in passages]
    title = next((passage.document.title for passage in passages), "")
    return hashlib.sha256(json.dumps([made_in.made_by, title, texts]).encode()).hexdigest()


def _documents(parts: Parts) -> Iterator[Embedded]:
    """Cut the arrays of all documents into those of each."""
    vectors, context, alone = parts.vectors.vectors(), parts.context, parts.alone
    row = sentence = 0
    for entry in parts.entries:
        last, end = row + len(entry.passages), sentence + sum(len(passage.sentences) for passage in entry.passages)
        units = alone.part(sentence, end) if alone else None
        yield Embedded(vectors[row:last], context.part(row + sentence, last + end), units)
        row, sentence = last, end


def _examples(parts: Parts) -> dict[tuple[str, ...], Vectors]:
    """Return the vectors of the example questions of each dispute."""
    if parts.examples is None:
        return {}
    examples = [dispute.examples for dispute in parts.disputes]
    return dict(zip(examples, np.split(parts.examples, np.cumsum([len(each) for each in examples])[:-1]), strict=True))
