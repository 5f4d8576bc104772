"""Reuse what an earlier index holds, so that only what changed is read and encoded again.

That is the last good generation of the same index, or else the one that ships with the program. Vectors are found by a
digest of their texts and of what made them, so an old index is only less useful, never wrong.
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
from b12assistant.index.store import Generation, read_generation
from b12assistant.index.token_store import Vectors
from b12assistant.types import GenerationId, Passage

_OF_THE_STORE = {"schema", "files", "generation", "counter", "seal"}
_BY_ROUNDING = {*LIBRARIES, "onnxruntime", "tokenizers"}  # between their versions vectors differ by rounding only


def made_by(model_sha256: str, runtime: Mapping[str, str], title_pieces: int, method: int) -> str:
    """Return what the vectors of a text depend on besides the text, for a digest."""
    rest = {name: value for name, value in runtime.items() if name not in _BY_ROUNDING}
    return json.dumps([model_sha256, rest, title_pieces, method], sort_keys=True)


@dataclass(frozen=True)
class Previous:
    """An earlier generation; empty by default.

    ``facts``: its manifest without what the store adds. ``entries``: by file. By `key_of` what was encoded:
    ``embedded``, the arrays of each document, and ``examples``, the vectors of each dispute's example questions.
    ``asked``: those of the questions asked of a document's sentences.
    """

    id: GenerationId | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: Parts | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    embedded: Mapping[str, Embedded] = field(default_factory=dict)
    examples: Mapping[str, Vectors] = field(default_factory=dict)
    asked: Mapping[str, NDArray[np.int8]] = field(default_factory=dict)


NOTHING = Previous()


def read_previous(generation: Generation | None, packaged: Path) -> Previous:
    """Read a verified generation for reuse, or else one in the folder ``packaged``, without its id.

    If the parts of a generation do not fit each other, nothing of it is reused.
    """
    with suppress(IndexDamagedError):
        if generation is not None:
            return previous_of(generation)
    for folder in sorted(packaged.glob("[!.]*")):
        with suppress(IndexDamagedError, IndexMismatchError, OSError):
            return replace(previous_of(read_generation(folder)), id=None)
    return NOTHING


def previous_of(generation: Generation) -> Previous:
    """Read a generation for reuse. Raises ``IndexDamagedError`` if its parts do not fit each other."""
    parts, manifest = read_parts(generation), dict[str, Any](generation.manifest)
    pieces = manifest["chunking"]["title_pieces"]
    scope = made_by(manifest["model"]["sha256"], manifest["runtime"], pieces, manifest["method"])
    return Previous(
        generation.id,
        {key: value for key, value in manifest.items() if key not in _OF_THE_STORE},
        parts,
        {entry.report.file: entry for entry in parts.entries},
        dict(zip((document_key(scope, entry.passages) for entry in parts.entries), _documents(parts), strict=True)),
        _examples(parts, scope),
        parts.asked.by_key() if parts.asked else {},
    )


def document_key(scope: str, passages: Sequence[Passage]) -> str:
    """Return the key of a document's arrays. ``scope``: what `made_by` returns."""
    texts = [[span.text for span in passage.sentences] for passage in passages]
    return key_of(scope, passages[0].document.title, texts)


def key_of(scope: str, *texts: object) -> str:
    """Return the key of what these texts were encoded to."""
    return hashlib.sha256(json.dumps([scope, *texts]).encode()).hexdigest()


def _documents(parts: Parts) -> Iterator[Embedded]:
    """Cut the arrays of all documents into those of each."""
    row = sentence = 0
    for entry in parts.entries:
        last, end = row + len(entry.passages), sentence + sum(len(passage.sentences) for passage in entry.passages)
        units = parts.alone.part(sentence, end) if parts.alone else None
        yield Embedded(parts.vectors.rows[row:last], parts.context.part(row + sentence, last + end), units)
        row, sentence = last, end


def _examples(parts: Parts, scope: str) -> dict[str, Vectors]:
    """Return the vectors of the example questions of each dispute."""
    if parts.examples is None:
        return {}
    examples = [dispute.examples for dispute in parts.disputes]
    ends = np.cumsum([len(questions) for questions in examples])
    keys = (key_of(scope, questions) for questions in examples)
    return dict(zip(keys, np.split(parts.examples, ends[:-1]), strict=True))
