"""Search on a Milvus server instead of in this process: the results of FAISS and BM25F, over many machines.

Passages and questions are sparse vectors of the term weights of ``BM25FIndex``: their inner product is the BM25F score,
whatever shards and segments the rows are in. Milvus' own BM25 counts words by segment.

    b12assistant_<digest>     one collection for each content, complete when its properties say so

A collection is named by the digest of its content, filled once and never changed. An index is opened with the
collection that its manifest names, so that an answer is from one generation. The previous collection is kept, like the
spare generation on disk. The generation is whole without the server, so that switching engines embeds nothing. This
module is loaded only if the configuration asks for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from b12assistant.config import IndexSettings
from b12assistant.errors import (
    REBUILD,
    ConfigError,
    IndexDamagedError,
    IndexMismatchError,
    IndexUnreachableError,
    UsageError,
    to_install,
)
from b12assistant.index.collection import Collection
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.vectors import SearchResult, Vectors, best_first

MILVUS = "milvus"
_EMBEDDED = "milvus.db"  # in the index folder, if no address is given
MOST_FOUND = 16_384  # rows that one search may ask a server for
_EXACT_UP_TO = 100_000  # rows; more are searched by HNSW
_BATCH = 1000  # rows of one insertion: 384 dimensions make 2 MB, a server takes 64
_NO_TERM = 2**32 - 2  # servers reject empty sparse vectors; no query uses this dimension
_TO_CONNECT, _TO_SEARCH, _TO_BUILD = 10.0, 10.0, 3600.0  # seconds
_QUIET = {"grpc.keepalive_time_ms": 2**31 - 1}  # Milvus Lite disconnects clients that ping every ten seconds
_AT_ONCE = "Eventually"  # nothing is written any more: a server would wait 0.4 s for what may still come
_GONE = (100, 101)  # Milvus' codes: no such collection, not loaded


def connect(uri: str, token: str = "") -> Any:
    """Connect to `http://host:19530`, or to a path ending in .db, which Milvus Lite keeps and one process may open.

    Return pymilvus' own client, which many threads may share. Raises ``IndexUnreachableError``, or ``ConfigError`` if
    ``uri`` is not such an address.
    """
    if not uri.startswith(("http://", "https://")) and not uri.endswith(".db"):
        raise ConfigError(
            f"index.uri = {uri.rpartition('@')[2]!r} is not an address",
            hint="give http://HOST:19530 or a path ending in .db",
        )
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        what = "the engine milvus needs the package pymilvus"
        raise UsageError(what, hint=to_install("milvus")) from error
    for name in ("pymilvus", "milvus_lite", "grpc._server"):  # they log a stack for errors they also raise
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _our_errors(f"Milvus at {uri.rpartition('@')[2]} cannot be reached"):
        quiet = _QUIET if uri.endswith(".db") else {}
        return MilvusClient(uri, token=token, timeout=_TO_CONNECT, grpc_options=quiet)


@contextlib.contextmanager
def _our_errors(what: str) -> Iterator[None]:
    """Raise errors of Milvus and of the connection as ours."""
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except MilvusException as error:
        reason = " ".join(str(error.message).split())
        if error.code in _GONE:
            raise IndexDamagedError(f"{what} ({reason})", hint=REBUILD) from error
        raise IndexUnreachableError(
            f"{what} ({reason})", hint="start Milvus or fix index.uri; only one process can open a .db of Milvus Lite"
        ) from error


@dataclass(frozen=True)
class MilvusRows:
    """The ``rows`` rows of a collection on a server, searched by inner product with their vectors or ``field``.

    As it is, it is a ``VectorIndex``.
    """

    client: Any
    collection: str
    rows: int
    field: str = "vector"

    def search(self, query: object, k: int) -> SearchResult:
        """Return at most ``k`` rows, and never more than ``MOST_FOUND``, best first, ties by row.

        The server returns any of the rows that tie at the cut, so more are requested until the last one is worse.
        """
        k = min(k, self.rows, MOST_FOUND)
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        wide = min(k + 1, MOST_FOUND)
        while True:
            rows, scores = self._fetch(query, wide)
            if len(rows) < wide or wide == MOST_FOUND or scores[k - 1] > scores[-1]:
                return best_first(rows, scores, k)
            wide = min(4 * wide, MOST_FOUND)

    def _fetch(self, query: object, k: int) -> SearchResult:
        params = {"ef": max(4 * k, 384)} if self.field == "vector" and self.rows > _EXACT_UP_TO else {}
        with _our_errors(f"the collection {self.collection} cannot be searched"):
            (hits,) = self.client.search(
                self.collection,
                [query],
                anns_field=self.field,
                limit=k,
                output_fields=["row"],
                search_params={"metric_type": "IP", "params": params},
                consistency_level=_AT_ONCE,
                timeout=_TO_SEARCH,
            )
        numbers = np.array([hit["row"] for hit in hits], dtype=np.int64)
        return numbers, np.array([hit["distance"] for hit in hits], dtype=np.float32)


@dataclass(frozen=True)
class MilvusTerms:
    """A ``LexicalIndex``: BM25F by term weights; ``words`` holds the vocabulary."""

    place: MilvusRows
    words: BM25FIndex

    def search(self, question: str, k: int) -> SearchResult:
        """Return at most ``k`` rows that share a term with ``question``, best first, ties by row."""
        asked = {number: float(times) for number, times in sorted(self.words.asked(question).items())}
        if not asked:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows, scores = replace(self.place, field="terms").search(asked, k)
        return rows[scores > 0], scores[scores > 0]


_FORMAT = "1"  # raise when the fields of a collection change
_NAME = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)
_DIGEST = "b12assistant.sha256"  # a property, set when a collection is complete


def _digest(vectors: Vectors, words: BM25FIndex) -> str:
    digest = hashlib.sha256(_FORMAT.encode())
    for part in (np.ascontiguousarray(vectors).data, words.to_bytes()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


@dataclass(frozen=True)
class Collections:
    """The collections of one index on the server of ``client``; no other index may use ``name`` there."""

    client: Any
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            hint = "letters, digits and _, beginning with a letter"
            raise ConfigError(f"index.collection = {self.name!r} is not a name for a collection", hint=hint)

    def names(self) -> list[str]:
        """Return the names of all collections on the server."""
        with _our_errors("the collections cannot be listed"):
            return sorted(self.client.list_collections(timeout=_TO_CONNECT))

    def fill(self, vectors: Vectors, words: BM25FIndex) -> dict[str, Any]:
        """Make the collection of ``vectors``, (n, d) of unit length, and of the terms of each row, unless it exists.

        Return what the manifest says about it. A failure leaves nothing behind.
        """
        rows, digest = len(vectors), _digest(vectors, words)
        name = f"{self.name}_{digest[:32]}"
        facts = {"name": MILVUS, "collection": name, "rows": rows, "sha256": digest}
        if self._fault(facts) is None:
            return facts
        if name in self.names():
            self.drop(name)
        with _our_errors(f"the collection {name} cannot be made"):
            try:
                self._create(name, vectors.shape[1])
                self._insert(name, vectors, words.by_row(rows))
                self._finish(name, rows, digest)
                self.open(facts)
            except BaseException:
                self.drop(name)
                raise
        return facts

    def _create(self, name: str, dimension: int) -> None:
        """Create an empty collection: rows with a vector and term weights."""
        from pymilvus import DataType

        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        schema.add_field("terms", DataType.SPARSE_FLOAT_VECTOR)
        self.client.create_collection(name, schema=schema, consistency_level="Strong", timeout=_TO_CONNECT)

    def _insert(self, name: str, vectors: Vectors, terms: Iterable[Mapping[int, float]]) -> None:
        """Insert rows: row ``i`` is ``vectors[i]`` and the ``i``-th of ``terms`` (number to weight > 0)."""
        rows = (
            {"row": row, "vector": vector, "terms": weights or {_NO_TERM: 1.0}}
            for row, (vector, weights) in enumerate(zip(vectors, terms, strict=True))
        )
        while batch := list(islice(rows, _BATCH)):
            self.client.insert(name, batch, timeout=_TO_BUILD)

    def _finish(self, name: str, rows: int, digest: str) -> None:
        """Write to disk, index and load: until then every search would read the log of insertions."""
        params = self.client.prepare_index_params()
        graph = {"index_type": "HNSW", "params": {"M": 32, "efConstruction": 200}}
        params.add_index("vector", metric_type="IP", **({"index_type": "FLAT"} if rows <= _EXACT_UP_TO else graph))
        params.add_index("terms", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        self.client.flush(name, timeout=_TO_BUILD)
        self.client.create_index(name, params, timeout=_TO_BUILD)
        self.client.load_collection(name, timeout=_TO_BUILD)
        self.client.alter_collection_properties(name, {_DIGEST: digest}, timeout=_TO_CONNECT)

    def drop(self, name: str) -> None:
        with _our_errors(f"the collection {name} cannot be dropped"):
            self.client.drop_collection(name, timeout=_TO_CONNECT)

    def drop_others(self, name: str, previous: Mapping[str, Any]) -> None:
        """Drop all collections but this one and that of the ``previous`` manifest; none if it names no other."""
        spare = previous.get("engine", {}).get("collection", name)
        mine = re.compile(re.escape(self.name) + "_[0-9a-f]{32}")
        for other in self.names() if spare != name else ():
            if mine.fullmatch(other) and other not in (name, spare):
                self.drop(other)

    def open(self, facts: Mapping[str, Any]) -> MilvusRows:
        """Open the collection that a manifest names. Raises ``IndexDamagedError`` if it is missing or incomplete."""
        fault = self._fault(facts)
        if fault is not None:
            raise IndexDamagedError(f"the collection {facts['collection']} {fault}", hint=REBUILD)
        return MilvusRows(self.client, facts["collection"], facts["rows"])

    def _fault(self, facts: Mapping[str, Any]) -> str | None:
        """Load a collection to be searched; return why it cannot be, ``None`` if it can."""
        name, rows = facts["collection"], 0
        if name not in self.names():
            return "is not on the server"
        with _our_errors(f"the collection {name} cannot be opened"):
            properties = self.client.describe_collection(name, timeout=_TO_CONNECT)["properties"]
            if self.client.list_indexes(name):  # else the process that filled it was stopped
                self.client.load_collection(name, timeout=_TO_BUILD)
                (counted,) = self.client.query(name, output_fields=["count(*)"], timeout=_TO_SEARCH)
                rows = int(counted["count(*)"])
        if properties.get(_DIGEST) != facts["sha256"]:
            return "was not finished, or holds something else"
        return None if rows == facts["rows"] else f"holds {rows} rows, not {facts['rows']}"

    def attached(self, collection: Collection, manifest: Mapping[str, Any]) -> Collection:
        """Return a collection with its search done by the server.

        Raises ``IndexMismatchError`` if it was never copied there, ``IndexDamagedError`` if the copy is incomplete.
        """
        engine = manifest.get("engine", {})
        if engine.get("name") != MILVUS:
            raise IndexMismatchError("the index was not built for the engine milvus", hint="run `b12assistant index`")
        place = self.open(engine)
        return replace(collection, engine=(place, MilvusTerms(place, collection.words)))


def search_server(settings: IndexSettings, folder: Path) -> Collections:
    """Connect to the configured server; ``folder``: of the index.

    Raises ``IndexUnreachableError``, or ``UsageError`` if its package is not installed.
    """
    client = connect(settings.uri or str(folder / _EMBEDDED), os.environ.get("MILVUS_TOKEN", ""))
    return Collections(client, settings.collection)
