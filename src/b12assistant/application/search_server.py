"""The index on disk searched by a server: a generation's vectors and terms are copied there, and its answers used.

A module of its own, because nothing of Milvus is loaded unless the configuration asks for it. The generation is whole
without the server: it holds the same files for either engine, so that switching embeds nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from b12assistant.application.opening import Opened
from b12assistant.config import IndexSettings
from b12assistant.errors import IndexMismatchError
from b12assistant.index.collection import Collection, Indexes
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.milvus import Collections, Contents, MilvusTerms, MilvusVectors, Server
from b12assistant.types import Passage, SourceKind

MILVUS = "milvus"
_EMBEDDED = "milvus.db"  # in the index folder, if no address is given


@dataclass(frozen=True)
class SearchServer:
    """A Milvus server that searches one index."""

    collections: Collections

    def fill(self, opened: Opened) -> dict[str, Any]:
        """Copy an index to the server; return the entries to add to its manifest."""
        collection = opened.collection
        kinds = [_kind(passage) for passage in collection.passages]
        facts = self.collections.fill(Contents(collection.matrix, _local(collection), kinds))
        return {"engine": {"name": MILVUS, **facts}}

    def switch(self, manifest: Mapping[str, Any]) -> None:
        """Make the collection that a manifest names the current one."""
        self.collections.switch(manifest["engine"])

    def attached(self, opened: Opened) -> Opened:
        """Return ``opened`` with its search done by the server.

        Raises ``IndexMismatchError`` if it was never copied there, ``IndexDamagedError`` if the copy is incomplete.
        """
        engine = opened.manifest.get("engine", {})
        if engine.get("name") != MILVUS:
            raise IndexMismatchError("the index was not built for the engine milvus", hint="run `b12assistant index`")
        collection = opened.collection
        whole = self.collections.open(engine)
        words = _local(collection).without_rows()
        off = [row for row, passage in enumerate(collection.passages) if collection.off.of(passage)]

        def narrowed(kinds: frozenset[SourceKind]) -> Indexes:
            place = replace(whole, only=_condition(off, kinds))
            return MilvusVectors(place), MilvusTerms(place, words)

        return replace(
            opened,
            collection=replace(
                collection, vectors=MilvusVectors(whole), lexical=MilvusTerms(whole, words), narrowed=narrowed
            ),
        )


def search_server(settings: IndexSettings, folder: Path) -> SearchServer:
    """Connect to the configured server; ``folder``: of the index.

    Raises ``IndexUnreachableError``, or ``UsageError`` if its package is not installed.
    """
    server = Server.connect(settings.uri or str(folder / _EMBEDDED), os.environ.get("MILVUS_TOKEN", ""))
    return SearchServer(Collections(server, settings.collection))


def _local(collection: Collection) -> BM25FIndex:
    assert isinstance(collection.lexical, BM25FIndex)  # noqa: S101 - as `open_generation` made it
    return collection.lexical


def _kind(passage: Passage) -> str:
    kind = passage.document.source.kind
    return kind.value if kind else ""


def _condition(off: list[int], kinds: frozenset[SourceKind]) -> str:
    """Return a filter in Milvus' language; it holds only numbers and our own names, never text of a corpus."""
    parts = [f"row not in {off}"] if off else []
    if kinds:
        parts.append("kind in [" + ", ".join(f'"{kind.value}"' for kind in sorted(kinds)) + "]")
    return " and ".join(parts)
