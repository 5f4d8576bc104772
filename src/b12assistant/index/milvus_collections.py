"""Generations as collections of a Milvus server, behind an alias.

    b12assistant_<digest>     one collection for each content, complete when its properties say so
    b12assistant              the alias of the one in use, switched in one step once a collection is complete

A collection is named by the digest of what it holds, is filled once and never changed. Whoever opens an index asks for
the collection that its manifest names, so that an answer is from one generation; the alias tells everybody else which
one is current. The one that was current until now is kept, as the spare generation on disk is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.errors import ConfigError, IndexDamagedError
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.milvus import Server
from b12assistant.index.milvus_index import Place

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FORMAT = "1"  # raise when the fields of a collection change
_NAME = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)
_DIGEST, _ROWS = "b12assistant.sha256", "b12assistant.rows"
_REBUILD = "run `b12assistant index`"


@dataclass(frozen=True)
class Contents:
    """What a collection holds: ``vectors`` (n, d) of unit length, the terms of each row, the kind of its source."""

    vectors: NDArray[np.float32]
    lexical: BM25FIndex
    kinds: Sequence[str]

    @cached_property
    def digest(self) -> str:
        told = hashlib.sha256(_FORMAT.encode())
        for part in (np.ascontiguousarray(self.vectors).data, self.lexical.to_bytes(), "\0".join(self.kinds).encode()):
            told.update(hashlib.sha256(part).digest())
        return told.hexdigest()


@dataclass(frozen=True)
class Collections:
    """The collections of one index on ``server``; one index alone may use ``alias`` there."""

    server: Server
    alias: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.alias):
            hint = "letters, digits and _, beginning with a letter"
            raise ConfigError(f"index.collection = {self.alias!r} is no name for a collection", hint=hint)

    def fill(self, contents: Contents) -> Mapping[str, object]:
        """A complete collection of ``contents``, and what a manifest says of it. What fails leaves nothing behind."""
        rows = len(contents.vectors)
        facts = {"collection": self._name(contents.digest), "rows": rows, "sha256": contents.digest}
        if self._fault(facts) is None:
            return facts
        name = self._name(contents.digest)
        if name in self.server.collections():
            self.server.drop(name)
        self.server.create(name, contents.vectors.shape[1])
        try:
            self.server.insert(name, contents.vectors, contents.lexical.by_row(rows), contents.kinds)
            self.server.finish(name, rows, {_DIGEST: contents.digest, _ROWS: str(rows)})
            self.open(facts)
        except BaseException:
            self.server.drop(name)
            raise
        return facts

    def switch(self, facts: Mapping[str, object]) -> None:
        """The alias names this collection from here on; all others go but the one it named until now."""
        name, former = str(facts["collection"]), self.server.target(self.alias)
        if former == name:
            return
        self.server.point(self.alias, name)
        mine = re.compile(re.escape(self.alias) + "_[0-9a-f]{32}")
        for other in self.server.collections():
            if mine.fullmatch(other) and other not in (name, former):
                self.server.drop(other)

    def open(self, facts: Mapping[str, object]) -> Place:
        """The collection that a manifest names. Raises ``IndexDamagedError`` if it is not there, or not complete."""
        fault = self._fault(facts)
        if fault is not None:
            raise IndexDamagedError(f"the collection {facts['collection']} {fault}", hint=_REBUILD)
        return Place(self.server, str(facts["collection"]), int(str(facts["rows"])))

    def _fault(self, facts: Mapping[str, object]) -> str | None:
        found = self.server.load(str(facts["collection"]))
        if found is None:
            return "is not on the server"
        rows, properties = found
        if (properties.get(_DIGEST), properties.get(_ROWS)) != (facts["sha256"], str(facts["rows"])):
            return "was not finished, or holds something else"
        return None if rows == facts["rows"] else f"holds {rows} rows, not {facts['rows']}"

    def _name(self, digest: str) -> str:
        return f"{self.alias}_{digest[:32]}"
