"""What can be quoted of a file."""

from dataclasses import replace

from b12assistant.cleaning import mark
from b12assistant.errors import SourceError
from b12assistant.loaders import load
from b12assistant.loaders.passages import chunk, sentences_in
from b12assistant.types import DocumentId, Extract, Source


def quotable(extract: Extract) -> str:
    return " ".join(_sentences(extract))


def sentences_of(data: bytes, name: str) -> list[str]:
    """The sentences of a file that can be quoted; none if it cannot be read."""
    try:
        return _sentences(load(data, name))
    except SourceError:
        return []


def _sentences(extract: Extract) -> list[str]:
    document = replace(extract, marks=mark(extract)).document(DocumentId("a"), "", "", Source())
    passages = chunk(document, sentences_in(document), lambda text: len(text.split()), most=256, limit=100)
    return [sentence.text for passage in passages for sentence in passage.sentences]
