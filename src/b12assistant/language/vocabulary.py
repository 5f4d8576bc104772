"""Words that people use where the sources use others: abbreviations, lay words, other names.

The data is in `data/vocabulary/`, reviewed by hand. A term has one meaning; a variant with two meanings in this field
is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final

from b12assistant.answers import TermId
from b12assistant.data_files import HINT, Table, check_keys, read_data, string, strings, tables
from b12assistant.errors import ConfigError

FILES: Final = ("abbreviations.toml", "names.toml", "lay.toml")
_APOSTROPHE = "[’']"


class Kind(StrEnum):
    ABBREVIATION = "abbreviation"
    NAME = "name"  # another name, or an irregular spelling
    LAY = "lay"


@dataclass(frozen=True, slots=True)
class Term:
    """A term: ``id`` is what the sources call it, ``variants`` what people write."""

    id: TermId
    kind: Kind
    variants: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Terms by their variants. A variant in capitals is matched only in capitals: "PA" is not "pa"."""

    terms: tuple[Term, ...]

    @cached_property
    def _by_variant(self) -> Mapping[str, TermId]:
        return MappingProxyType({_normalised(variant): term.id for term in self.terms for variant in term.variants})

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        variants = sorted((v for term in self.terms for v in term.variants), key=lambda v: (-len(v), v))
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(_as_pattern, variants)) or '(?!)'})(?![\w-])")

    @cached_property
    def words(self) -> frozenset[str]:
        """Return every word of a variant, in lower case: none of them is a misspelling."""
        return frozenset(word for variant in self._by_variant for word in variant.split())

    def find(self, text: str) -> Iterator[tuple[int, int, TermId]]:
        """Yield start and end of each variant in ``text``, from the left, the longest first, with its term."""
        for match in self._pattern.finditer(text):
            written = _normalised(match[0])
            yield match.start(), match.end(), self._by_variant.get(written) or self._by_variant[written[:-1]]

    def only(self, wanted: Sequence[TermId]) -> Vocabulary:
        """Return a vocabulary of these terms alone."""
        kept = frozenset(wanted)
        return Vocabulary(tuple(term for term in self.terms if term.id in kept))


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """Read the terms that ship with the package, for a corpus without its own. Raises ``ConfigError``."""
    return Vocabulary(tuple(term for file in FILES for term in parse_terms(read_data("vocabulary", file), file)))


def parse_terms(data: Table, file: str) -> Iterator[Term]:
    """Yield the terms of a parsed file. Raises ``ConfigError`` for an unknown key or a repeated variant."""
    check_keys(data, file, required=("kind", "review", "term"))
    kind = string(data, "kind", file)
    if kind not in set(Kind):
        raise ConfigError(f"{file}: {kind!r} is not a kind of term", hint=HINT)
    seen: set[str] = set()
    for table in tables(data, "term", file):
        where = f"{file}, term {table.get('term')}"
        check_keys(table, where, required=("term", "variants"))
        variants = strings(table, "variants", where)
        repeated = seen.intersection(map(_normalised, variants))
        if repeated:
            raise ConfigError(f"{where}: {min(repeated)!r} is in another term too", hint=HINT)
        seen.update(map(_normalised, variants))
        yield Term(TermId(string(table, "term", where)), Kind(kind), variants)


def _normalised(phrase: str) -> str:
    return " ".join(phrase.lower().replace("’", "'").split())


def _as_pattern(variant: str) -> str:
    words = r"\s+".join(re.escape(word).replace("'", _APOSTROPHE) for word in variant.split())
    return rf"{words}s?" if variant.isupper() else f"(?i:{words})"  # PPIs
