"""Predictable parts, for tests of everything that uses a Protocol."""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from b12assistant.api import Workspace
from b12assistant.cleaning import mark
from b12assistant.config import load_configuration
from b12assistant.errors import EncoderError, SourceError
from b12assistant.index.vectors import Projection
from b12assistant.loaders import load
from b12assistant.loaders.passages import sentences_in
from b12assistant.protocols import Encoded
from b12assistant.safety.second_opinion import Triagers
from b12assistant.types import Extract

_WORD = re.compile(r"\w+")

PLAIN = Projection(None, np.empty(0, np.float32))  # keeps every direction, knows no word


@dataclass(frozen=True)
class FakeEncoder:
    """One token and one direction per word, ignoring case.

    So the cosine of two texts is the number of words they share over the root of both lengths: "numb feet"
    and "cold feet" have 1/2. ``encoded`` lists the texts it encoded, in order.
    """

    name: str = "fake"
    digest: str = "0" * 64
    dimension: int = 4096  # so many that words of a test rarely collide
    limit: int = 254
    tokenizer: Path | None = None
    runtime: Mapping[str, str] = field(default_factory=lambda: {"encoder": "fake"}, compare=False)
    encoded: list[str] = field(default_factory=list, compare=False)

    def count(self, text: str) -> int:
        return len(_WORD.findall(text))

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        for text in texts:
            self.encoded.append(text)
            text.encode()  # half a character is an error, as for the real one
            yield self._one(text)

    def each(self, texts: Sequence[str]) -> Sequence[Encoded]:
        return [encoded for text in texts for encoded in self.encode([text])]

    def piece(self, word: str) -> int:
        """The id of a word, which is also its direction; no word has 0."""
        return 1 + zlib.crc32(word.casefold().encode("utf-8", "surrogatepass")) % (self.dimension - 1)

    def _one(self, text: str) -> Encoded:
        words = list(_WORD.finditer(text))
        if len(words) > self.limit:
            raise EncoderError(f"a text has {len(words)} word pieces, the model reads {self.limit}")
        pieces = np.array([self.piece(word[0]) for word in words], np.int32)
        tokens = np.zeros((len(words), self.dimension), np.float32)
        tokens[np.arange(len(words)), pieces] = 1
        total = tokens.sum(axis=0)
        if not words:
            total[0] = 1
        return Encoded(
            vector=np.asarray(total / np.linalg.norm(total), np.float32),
            tokens=tokens,
            offsets=np.array([word.span() for word in words], np.int32).reshape(-1, 2),
            pieces=pieces,
        )


@dataclass(frozen=True)
class RefusingEncoder(FakeEncoder):
    """Fails the test if it has to encode anything."""

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        raise AssertionError(f"asked to encode {list(texts)}")


@dataclass(frozen=True)
class FakeReader:
    """The real loaders, in this process; a file in ``refused`` is left out with that reason.

    ``extracted`` lists the files it extracted, in order.
    """

    refused: dict[str, str] = field(default_factory=dict)
    extracted: list[str] = field(default_factory=list, compare=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise SourceError(f"cannot be read ({error.strerror})") from error

    def extract(self, data: bytes, name: str) -> Extract:
        self.extracted.append(name)
        if name in self.refused:
            raise SourceError(self.refused[name])
        extract = load(data, name)
        marked = replace(extract, marks=mark(extract))
        return replace(marked, sentences=sentences_in(marked))


@dataclass(frozen=True)
class FakeTriagers(Triagers):
    """The real ones, without the warning that nothing was fitted on this encoder."""

    @property
    def problems(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class FakeWorkspace(Workspace):
    """A workspace with these parts instead of the model and the reader process."""

    fake_encoder: FakeEncoder = field(default_factory=FakeEncoder)
    fake_reader: FakeReader = field(default_factory=FakeReader)

    @cached_property
    def encoder(self) -> FakeEncoder:
        return self.fake_encoder

    @cached_property
    def plain_encoder(self) -> FakeEncoder:
        return self.fake_encoder

    @cached_property
    def projection(self) -> Projection:
        return PLAIN

    @cached_property
    def triage(self) -> FakeTriagers:
        return FakeTriagers(lambda: self.encoder)

    def reader(self) -> FakeReader:
        return self.fake_reader


def fake_workspace(
    corpus: Path,
    index: Path,
    *,
    encoder: FakeEncoder | None = None,
    reader: FakeReader | None = None,
    flags: Mapping[str, object] | None = None,
) -> FakeWorkspace:
    """``flags``: settings by their key, as in ``{"quoting.quotes": 2}``."""
    given = {"paths.corpus": str(corpus), "paths.index": str(index), "web.seconds": 120.0}  # allow for a busy machine
    configuration = load_configuration(environment={}, flags=given | dict(flags or {}))
    return FakeWorkspace(configuration, fake_encoder=encoder or FakeEncoder(), fake_reader=reader or FakeReader())


def with_weak_quotes(space: FakeWorkspace) -> FakeWorkspace:
    """Set weights and limits so that some quotes are weak: the fitted ones are for the real encoder's cosines."""
    own = space.assistant
    fitted = own.calibration.suited(asked_throughout=False)
    close = replace(fitted, bias=-4.6, closeness=6.3, absent=-1.8, unknown=-1.0, ahead=6.5, headed=0.0)
    limited = replace(close, possibly=0.3, longer=0.3, message=0.25, answered=0.99)
    vars(space)["assistant"] = replace(own, calibration=limited)
    return space
