"""Any bytes from outside, in files of a corpus or as JSON, give a valid result or one of our errors."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpora import PILLS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b12assistant.cleaning import mark
from b12assistant.corpus.sources import SourcesFile, read_front_matter
from b12assistant.errors import AssistantError, SourceError, SourceFactsError
from b12assistant.loaders import isolation, load
from b12assistant.types import Extract
from stress_tests.runner import Tries

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=30)  # NUL and lone surrogates too
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING
NUMBERS = st.lists(st.integers(-3, 90), max_size=5)
VALUES = st.recursive(
    SCALARS | NUMBERS, lambda v: st.lists(v, max_size=4) | st.dictionaries(ANYTHING, v, max_size=4), max_leaves=10
)
_DEEP = b"[" * 50_000


@dataclass(frozen=True)
class Boundary:
    """``take`` is given what is drawn; any exception except ``refusals`` is a fault."""

    what: str
    drawn: st.SearchStrategy[bytes]
    take: Callable[[bytes], None]
    refusals: tuple[type[AssistantError], ...] = ()


def damaged(whole: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with some of them replaced, added or lost."""
    place = st.integers(0, len(whole))

    def cut(changes: list[tuple[int, int, bytes]]) -> bytes:
        data = whole
        for start, end, instead in changes:
            data = data[:start] + instead + data[max(start, end) :]
        return data

    return st.lists(st.tuples(place, place, st.binary(max_size=6)), min_size=1, max_size=4).map(cut)


def objects(keys: str, **likely: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """JSON objects with these keys, any of which may be missing or have another value."""
    return _tables(keys, **likely).map(lambda value: json.dumps(value).encode())


def _tables(keys: str, **likely: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = {key: likely.get(key, st.nothing()) | VALUES for key in keys.split()}
    return st.fixed_dictionaries({}, optional=fields) | st.fixed_dictionaries(fields) | VALUES


def _unpack(data: bytes) -> None:
    extract = isolation.unpack(data)
    assert isolation.unpack(isolation.pack(extract)) == extract


def _sources(data: bytes) -> None:
    SourcesFile(data.decode("utf-8", "replace")).facts  # noqa: B018 - raises


def _front(data: bytes) -> None:
    read_front_matter(data.decode("utf-8", "replace"), file="a.md", is_described=False)


def _marked(extract: Extract) -> Extract:
    return replace(extract, marks=mark(extract))


_KEYS = "text extractor title page_starts sections blocks regions front warnings marks error hint"
_PACKED = isolation.pack(_marked(load(f"# A\n\n{PILLS}\n- [x](y)\n".encode(), "a.md")))
_FRONT = b"title: Nerves\nkind: review\npublished: 2024-01-02\ncites: [a, b]\ncommercial_interest: false\n"
_SOURCES = b'[[source]]\nfile = "a.md"\ntitle = "A"\nkind = "review"\npublished = 2024-01-02\ncites = ["a"]\n'


BOUNDARIES = (
    Boundary(
        "what the reader's process sends",
        damaged(_PACKED) | objects(_KEYS, text=ANYTHING) | st.just(_DEEP),
        _unpack,
        (SourceError,),
    ),
    Boundary(
        "front matter",
        damaged(_FRONT) | st.sampled_from([_DEEP, b"title: 0b" + b"1" * 50_000]) | st.binary(max_size=60),
        _front,
        (SourceFactsError,),
    ),
    Boundary(
        "sources.toml", damaged(_SOURCES) | st.just(_DEEP) | st.binary(max_size=60), _sources, (SourceFactsError,)
    ),
)


def drawn(count: int, folder: Path) -> Tries:
    """``count`` examples, shared among the boundaries; the first failure ends those of its boundary."""
    del folder
    each = max(1, count // len(BOUNDARIES))
    for boundary in BOUNDARIES:
        try:
            _hold(boundary, each)
        except Exception as error:  # noqa: BLE001 - reported in the table
            told = " ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
            yield f"{boundary.what}: {' '.join(told.split())[:400]}"
        else:
            yield from [None] * each


def _hold(boundary: Boundary, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(boundary.drawn)
    def taken(data: bytes) -> None:
        with suppress(*boundary.refusals):
            boundary.take(data)

    taken()
