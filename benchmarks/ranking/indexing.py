"""Index a test collection in the same stages as a corpus; what was encoded is kept in a cache.

The cache holds shards of documents, named by the digest of their content, the encoder and the settings: a run that was
stopped continues where it was, and a second one encodes nothing. Nothing in it names a collection.

A ranking to measure is a TOML file that says what it changes; the rest is as shipped:

says = "BM25F alone"
[weights]     # of each part, see `retrieval.Weights`; a part that is not named keeps its weight
passage = 0
[retrieval]   # and [lexical], [chunking]: see `retrieval.Depths`, `lexical_index.Fields` and `collection.Chunking`
candidates = 200
"""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answering.retrieval import Depths, Weights
from b12assistant.data_files import replace_file
from b12assistant.errors import ConfigError, DatasetError, UsageError
from b12assistant.index.collection import CHUNKING, Chunking, Collection, built_with, most_pieces
from b12assistant.index.embedding import Embedded, embed
from b12assistant.index.lexical_index import FIELDS, Fields, index_words
from b12assistant.index.token_store import Projection, TokenStore
from b12assistant.index.vector_index import FaissIndex
from b12assistant.language.sentences import split_sentences, trim
from b12assistant.loaders.passages import Part, chunk, passages_of
from b12assistant.protocols import Encoder, Progress
from b12assistant.types import Block, BlockKind, Document, DocumentId, GenerationId, Passage, Range
from ranking.datasets import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray


RANKINGS = Path(__file__).parent / "rankings"


@dataclass(frozen=True)
class Ranking:
    """How documents are ranked, under a name for the tables. What is not named is as shipped."""

    name: str = "shipped"
    says: str = "what the product does"
    weights: Weights = field(default_factory=Weights)
    retrieval: Depths = field(default_factory=Depths)
    lexical: Fields = FIELDS
    chunking: Chunking = CHUNKING


def packaged(name: str) -> Path:
    """Return the file of a ranking of this folder. Raises ``UsageError`` for an unknown name."""
    names = sorted(path.stem for path in RANKINGS.glob("*.toml"))
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(names)}"
        raise UsageError(f"there is no ranking {name!r}", hint=hint)
    return RANKINGS / f"{name}.toml"


def load_ranking(path: Path) -> Ranking:
    """Read a ranking. Raises ``ConfigError`` that names the file and what is wrong in it."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        says = str(table.pop("says", path.stem))
        parts = {name: replace(getattr(Ranking(), name), **changes) for name, changes in table.items()}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror})", hint="give a file of settings") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML ({error})", hint="correct it") from error
    except (AttributeError, TypeError) as error:
        raise ConfigError(
            f"{path} has an unknown setting ({error})", hint="see the files in ranking/rankings"
        ) from error
    return Ranking(path.stem, says, **parts)


_SHARD = 100  # documents: at most these are encoded again after a stop
_FORMAT = 1  # of a shard


# Some documents' passages, by document, and what the encoder made of them: None where no document has text.
Shard = tuple[tuple[tuple[Passage, ...], ...], Embedded | None]


@dataclass(frozen=True)
class BenchParts:
    """The parts that read a collection."""

    encoder: Encoder
    projection: Projection
    cache: Path
    progress: Progress = lambda stage, done, of: None
    lexical: Fields = FIELDS
    chunking: Chunking = CHUNKING

    def index(self, texts: Sequence[Text]) -> Collection:
        """Index every document that has text. Raises ``DatasetError`` if none has."""
        documents = tuple(document_of(text) for text in texts)
        shards: list[Shard] = []
        for start in range(0, len(documents), _SHARD):
            self.progress("encoding", start, len(documents))
            shards.append(self._shard(documents[start : start + _SHARD]))
        self.progress("encoding", len(documents), len(documents))
        by_document = [each for shard, _ in shards for each in shard]
        passages = tuple(passage for each in by_document for passage in each)
        embedded = [each for _, each in shards if each is not None]
        if not embedded:
            raise DatasetError("no document of the collection has any text", hint="give documents with text")
        matrix = np.concatenate([each.vectors for each in embedded])
        return Collection(
            GenerationId(hashlib.sha256(matrix.tobytes()).hexdigest()[:32]),
            documents,
            passages,
            FaissIndex(matrix),
            matrix,
            index_words(passages, self.lexical),
            TokenStore.join([each.context for each in embedded]),
            None,
        )

    def _shard(self, documents: Sequence[Document]) -> Shard:
        path = self.cache / f"{self._key(documents)}.npz"
        known = _read(path, documents)
        if known is not None:
            return known
        most = most_pieces(self.encoder, self.chunking)
        passages = tuple(chunk(document, self.encoder.count, most=most) for document in documents)
        title_pieces = self.chunking.title_pieces
        filled = [each for each in passages if each]
        joined = None
        if filled:
            parts = [
                embed(each, self.encoder, self.projection, title_pieces=title_pieces, alone=False) for each in filled
            ]
            vectors, contexts = [part.vectors for part in parts], [part.context for part in parts]
            joined = Embedded(np.concatenate(vectors), TokenStore.join(contexts), None)
        _write(path, passages, joined)
        return passages, joined

    def _key(self, documents: Sequence[Document]) -> str:
        matrix, built = self.projection.matrix, built_with(self.encoder, self.chunking)
        described = [
            _FORMAT,
            self.encoder.name,
            self.encoder.digest,
            hashlib.sha256(matrix.tobytes()).hexdigest() if matrix is not None else None,
            built["chunking"],
            built["method"],
            [document.digest for document in documents],
        ]
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:40]


def document_of(text: Text) -> Document:
    """Return one paragraph; a title that the text repeats as its first sentence is skipped, so that it counts once."""
    rest = trim(text.text, _after_title(text), len(text.text))
    content = hashlib.sha256(json.dumps([text.title, text.text]).encode()).hexdigest()
    return Document(
        id=DocumentId(text.id),
        digest=content,
        title=text.title.strip(),
        text=text.text,
        blocks=(Block(BlockKind.PARAGRAPH, rest),) if rest else (),
    )


def _after_title(text: Text) -> int:
    title = text.title.strip()
    if not title or not text.text.startswith(title):
        return 0
    first = split_sentences(text.text)[0]
    return first.end if text.text[first.start : first.end].rstrip(" .") == title.rstrip(" .") else 0


def _write(path: Path, passages: Sequence[Sequence[Passage]], embedded: Embedded | None) -> None:
    flat = [passage for each in passages for passage in each]
    arrays: dict[str, NDArray[np.generic]] = {
        "documents": np.array([len(each) for each in passages], np.int64),
        "passages": np.array([len(passage.sentences) for passage in flat], np.int64),
        "sentences": np.array([(s.start, s.end) for p in flat for s in p.sentences], np.int64).reshape(-1, 2),
    }
    if embedded is not None:
        context = embedded.context
        arrays |= {"vectors": embedded.vectors, "tokens": context.tokens}
        arrays |= {"pieces": context.pieces, "starts": context.starts}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    replace_file(path, buffer.getvalue())


def _read(path: Path, documents: Sequence[Document]) -> Shard | None:
    """Read a shard; ``None`` if it is missing or damaged."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    passages = tuple(_passages(documents, found))
    if "vectors" not in found:
        return passages, None
    context = TokenStore(found["tokens"], found["pieces"], found["starts"])
    return passages, Embedded(found["vectors"], context, None)


def _passages(documents: Sequence[Document], found: dict[str, NDArray[np.int64]]) -> Iterator[tuple[Passage, ...]]:
    sizes, ranges = iter(found["passages"].tolist()), iter(found["sentences"].tolist())
    for document, count in zip(documents, found["documents"].tolist(), strict=True):
        parts = [Part(tuple(Range(*next(ranges)) for _ in range(next(sizes)))) for _ in range(count)]
        yield passages_of(document, parts)
