"""Find what a question is about but no source shown mentions: a child, a pregnancy, an animal, a country, a product.

The concepts are data (`data/scope/concepts.toml`); the notices are fixed texts with the concepts' ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from b12assistant.answers import Notice, NoticeKind, TextId, TurnSlice
from b12assistant.data_files import read_data
from b12assistant.language.words import fold
from b12assistant.threads import once

_APART = re.compile(r"[’']|\s+")  # "nature's" is looked for as "nature s"
_UNIT = re.compile(r"\s+|\S")  # each becomes one character


@dataclass(frozen=True)
class Concept:
    """``names``: what sources call it; ``asks``: patterns that make a question about it, ``{name}`` any of the names.

    ``each``: the sources must hold the very name that was asked about, since names differ in meaning.
    """

    id: TextId
    names: tuple[str, ...]
    asks: tuple[str, ...]
    each: bool

    @once
    def _name(self) -> str:
        return f"(?:{'|'.join(re.escape(name) for name in sorted(self.names, key=len, reverse=True))})"

    @once
    def asked(self) -> re.Pattern[str]:
        """Return the pattern of a question about it, in even form."""
        asks = "|".join(ask.replace("{name}", self._name) for ask in self.asks)
        return re.compile(rf"(?<!\w)(?:{asks})(?!\w)")

    @once
    def _spoken(self) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w){self._name}(?!\w)")

    def is_spoken_of(self, asked: str, sources: Iterable[str]) -> bool:
        """Return whether a source, in even form, mentions it; ``asked``: the words of the question."""
        if not self.each:
            return any(self._spoken.search(source) for source in sources)
        names = [match[0] for match in self._spoken.finditer(asked)]
        return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", source) for source in sources for name in names)


@dataclass(frozen=True)
class Scope:
    """The concepts, in the order in which their notices are shown.

    ``subject``: what the shipped corpus is about; ``None`` for a corpus that says itself what it is about.
    """

    concepts: tuple[Concept, ...]
    subject: re.Pattern[str] | None = None

    def is_about_it(self, asked: Iterable[str]) -> bool:
        """Return whether something ``asked`` is about the subject of the shipped corpus."""
        return self.subject is not None and any(self.subject.search(fold(each)) for each in asked)

    def notices(self, parts: Sequence[TurnSlice], sources: Sequence[str]) -> tuple[Notice, ...]:
        """Return a notice for each concept that a part of the question is about and none of the ``sources`` mentions.

        ``sources``: the texts of the documents that are quoted, or that a refusal links as nearest.
        """
        found = [(concept, tuple(_places(concept, parts))) for concept in self.concepts]
        asked = [(concept, places) for concept, places in found if places]
        read = [even(source) for source in sources] if asked else []
        return tuple(
            Notice(NoticeKind.SCOPE, concept.id, evidence=places)
            for concept, places in asked
            if not all(concept.is_spoken_of(even(place.text), read) for place in places)
        )


def even(text: str) -> str:
    """Return the search form with single blanks, and apostrophes as blanks."""
    return _APART.sub(" ", fold(text))


def _places(concept: Concept, parts: Sequence[TurnSlice]) -> Iterator[TurnSlice]:
    """Yield the words that make the question about a concept; the whole part if folding changed its length."""
    for part in parts:
        folded = fold(part.text)
        starts = [match.start() for match in _UNIT.finditer(folded)]
        for match in concept.asked.finditer(even(part.text)):
            begin, last = starts[match.start()], starts[match.end() - 1]
            whole = len(folded) != len(part.text)
            yield part if whole else TurnSlice(part.turn, part.start + begin, part.start + last + 1)


@cache
def load_scope(*, shipped: bool = False) -> Scope:
    """Read the concepts that ship with the package; ``shipped``: and what its corpus is about, beginnings of words."""
    names = "|".join(map(re.escape, read_data("scope", "subject.toml")["names"]))
    listed = read_data("scope", "concepts.toml")["concept"]
    return Scope(
        tuple(
            Concept(TextId(each["id"]), tuple(each["names"]), tuple(each["asks"]), each=each.get("each", False))
            for each in listed
        ),
        re.compile(rf"(?<!\w)(?:{names})") if shipped else None,
    )
