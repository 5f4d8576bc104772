"""Index a test collection in the same stages as a corpus; what was encoded is kept in a cache.

The cache holds a file for each collection, named by the digest of its texts, the encoder and the settings.

A ranking to measure is a TOML file that says what it changes; the rest is as shipped:

says = "BM25F alone"
[weights]     # of each part, see `retrieval.Weights`; a part that is not named keeps its weight
passage = 0
[retrieval]   # see `retrieval.Depths`
candidates = 200
"""

import hashlib
import io
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from b12assistant.answering.retrieval import Depths, Weights
from b12assistant.data_files import replace_file
from b12assistant.errors import ConfigError, DatasetError
from b12assistant.index.collection import Collection, built_with, most_pieces
from b12assistant.index.indexing import embed
from b12assistant.index.lexical_index import index_words
from b12assistant.index.quotable import Quotable
from b12assistant.index.vectors import Projection, TokenStore
from b12assistant.language.words import split_sentences, trim
from b12assistant.loaders.passages import chunk, sentences_in
from b12assistant.protocols import Encoder, Progress
from b12assistant.types import Block, BlockKind, Document, DocumentId, GenerationId, Passage
from ranking.datasets import Text

RANKINGS = Path(__file__).parent / "rankings"
NAMES = sorted(path.stem for path in RANKINGS.glob("*.toml"))


@dataclass(frozen=True)
class Ranking:
    """How documents are ranked, under a name for the tables. What is not named is as shipped."""

    name: str = "shipped"
    says: str = "what the product does"
    weights: Weights = field(default_factory=Weights)
    retrieval: Depths = field(default_factory=Depths)


def load_ranking(path: Path) -> Ranking:
    """Read a ranking. Raises ``ConfigError`` that names the file and what is wrong in it."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        says = str(table.pop("says", path.stem))
        parts = {name: replace(getattr(Ranking(), name), **changes) for name, changes in table.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ConfigError(f"{path} is no ranking ({error})", hint="see the files in ranking/rankings") from error
    return Ranking(path.stem, says, **parts)


def index(
    texts: Sequence[Text], encoder: Encoder, projection: Projection, cache: Path, progress: Progress
) -> Collection:
    """Index every document that has text. Raises ``DatasetError`` if none has."""
    documents = tuple(document_of(text) for text in texts)
    parts = (chunk(each, sentences_in(each), encoder.count, most=most_pieces(encoder)) for each in documents)
    split = [each for each in parts if each]
    if not split:
        raise DatasetError("no document of the collection has any text", hint="give documents with text")
    passages = tuple(passage for each in split for passage in each)
    path = cache / f"{_key(documents, encoder, projection)}.npz"
    if not path.is_file():
        replace_file(path, _encoded(split, encoder, projection, progress))
    with np.load(path, allow_pickle=False) as arrays:
        vectors = arrays["vectors"]
        context = TokenStore(arrays["tokens"], arrays["pieces"], arrays["starts"])
    name = GenerationId(hashlib.sha256(vectors.tobytes()).hexdigest()[:32])
    nothing = Quotable.of(passages, [()] * len(passages))  # they are only ranked
    return Collection(name, documents, passages, vectors, index_words(passages), nothing, context)


def _encoded(split: Sequence[Sequence[Passage]], encoder: Encoder, projection: Projection, progress: Progress) -> bytes:
    """Encode the passages of each document; return the arrays as a file."""
    found = []
    for done, each in enumerate(split):
        progress("encoding", done, len(split))
        found.append(embed(each, encoder, projection, headed=False))
    progress("encoding", len(split), len(split))
    vectors, buffer = np.concatenate([each.vectors for each in found]), io.BytesIO()
    context = TokenStore.join([each.context for each in found])
    np.savez(buffer, vectors=vectors, tokens=context.tokens, pieces=context.pieces, starts=context.starts)
    return buffer.getvalue()


def document_of(text: Text) -> Document:
    """Return one paragraph; a title that the text repeats as its first sentence is skipped, so that it counts once."""
    title = text.title.strip()
    first = split_sentences(text.text)[0] if title and text.text.startswith(title) else None
    repeats = first and text.text[first.start : first.end].rstrip(" .") == title.rstrip(" .")
    rest = trim(text.text, first.end if first and repeats else 0, len(text.text))
    content = hashlib.sha256(json.dumps([text.title, text.text]).encode()).hexdigest()
    blocks = (Block(BlockKind.PARAGRAPH, rest),) if rest else ()
    return Document(DocumentId(text.id), content, title, text.text, blocks=blocks)


def _key(documents: Sequence[Document], encoder: Encoder, projection: Projection) -> str:
    matrix, built = projection.matrix, built_with(encoder)
    described = [
        (encoder.name, encoder.digest, hashlib.sha256(matrix.tobytes()).hexdigest() if matrix is not None else None),
        (built["chunking"], built["method"], [document.digest for document in documents]),
    ]
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:40]
