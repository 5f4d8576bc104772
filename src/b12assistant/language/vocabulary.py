"""The words people use for what the sources call otherwise: abbreviations, lay words, other names; reviewed by reading.

Data, in `data/vocabulary/`. Every term is one meaning; a variant that means two things in this field is not in it.
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
    NAME = "name"  # another name, or a spelling that is no rule
    LAY = "lay"


@dataclass(frozen=True, slots=True)
class Term:
    """``id``: the words of the sources. ``variants``: what people write for them."""

    id: TermId
    kind: Kind
    variants: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Terms by what people write. A variant all in capitals is only matched in capitals: "PA" is not "pa"."""

    terms: tuple[Term, ...]

    @cached_property
    def _by_variant(self) -> Mapping[str, TermId]:
        return MappingProxyType({_even(variant): term.id for term in self.terms for variant in term.variants})

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        variants = sorted((v for term in self.terms for v in term.variants), key=lambda v: (-len(v), v))
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(_as_pattern, variants)) or '(?!)'})(?![\w-])")

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of a variant, in lower case: none of them is misspelt."""
        return frozenset(word for variant in self._by_variant for word in variant.split())

    def find(self, text: str) -> Iterator[tuple[int, int, TermId]]:
        """Where ``text`` holds a variant, from the left, the longest first, and its term."""
        for found in self._pattern.finditer(text):
            written = _even(found[0])
            yield found.start(), found.end(), self._by_variant.get(written) or self._by_variant[written[:-1]]

    def only(self, wanted: Sequence[TermId]) -> Vocabulary:
        """The vocabulary with these terms alone."""
        kept = frozenset(wanted)
        return Vocabulary(tuple(term for term in self.terms if term.id in kept))


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """The terms that ship with the package, for a corpus that brings none. Raises ``ConfigError``."""
    return Vocabulary(tuple(term for file in FILES for term in parse_terms(read_data("vocabulary", file), file)))


def parse_terms(data: Table, file: str) -> Iterator[Term]:
    """The terms of a parsed file; an unknown key, or a variant given twice, is an error."""
    check_keys(data, file, required=("kind", "review", "term"))
    kind = string(data, "kind", file)
    if kind not in set(Kind):
        raise ConfigError(f"{file}: {kind!r} is no kind of term", hint=HINT)
    seen: set[str] = set()
    for number, table in enumerate(tables(data, "term", file), start=1):
        where = f"{file}, term {number}"
        check_keys(table, where, required=("term", "variants"))
        variants = strings(table, "variants", where)
        again = seen.intersection(map(_even, variants))
        if again:
            raise ConfigError(f"{where}: {min(again)!r} stands in another term too", hint=HINT)
        seen.update(map(_even, variants))
        yield Term(TermId(string(table, "term", where)), Kind(kind), variants)


def _even(phrase: str) -> str:
    return " ".join(phrase.lower().replace("’", "'").split())


def _as_pattern(variant: str) -> str:
    words = r"\s+".join(re.escape(word).replace("'", _APOSTROPHE) for word in variant.split())
    return rf"{words}s?" if variant.isupper() else f"(?i:{words})"  # PPIs
