"""Look passages up by meaning and words, or by an exact phrase.

Nothing is withheld because of what a question says; users see all that may be quoted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from b12assistant.answering.engine import Engine
from b12assistant.answering.retrieval import Depths, Query, allowing, rank
from b12assistant.corpus.publishers import PublisherKind, Speaks
from b12assistant.data_files import chosen
from b12assistant.language.words import terms
from b12assistant.threads import cached, once
from b12assistant.types import Document, DocumentId, Origin, Passage, Range, Source, Span

MOST_FOUND = 200
MOST_OF_ONE = 50  # passages of one document
# An answer to 98 % of the training questions is at least this near, and so are 12 % of the passages.
_SHARE = chosen("retrieval")["found_share"]  # of the nearness of the nearest sentence
_LEAST, _ENOUGH = 0.25, 0.5  # below the first nothing is near, above the second everything is
_WORD = re.compile(r"[^\W_]+(?:['’\-‐‑.,][^\W_]+)*")
_NAME = re.compile(r"\w+")
# Characters that match one another in a phrase.
_ALIKE = {character: f"[{re.escape(group)}]" for group in ("'’‘ʼ`", '"“”„«»', "-‐‑–—") for character in group}


@dataclass(frozen=True, slots=True)
class Sieve:
    """A filter of sentences, by a publication that each rests on; a source's own words by the source. Empty: all.

    ``publisher``: beginnings of words of its name. ``document``: part of the title or id of the document. A publication
    of unknown year matches no year.
    """

    publisher: str = ""
    kinds: frozenset[PublisherKind] = frozenset()
    since: int | None = None
    until: int | None = None
    document: str = ""

    @property
    def is_of_publications(self) -> bool:
        return bool(self.publisher or self.kinds or self.since or self.until)

    def wants(self, publisher: str, kind: PublisherKind, year: str) -> bool:
        """Check a publication by its facts; ``year``: "" if it is not known."""
        names = [word.casefold() for word in _NAME.findall(publisher)]
        return (
            all(any(name.startswith(word.casefold()) for name in names) for word in _NAME.findall(self.publisher))
            and (not self.kinds or kind in self.kinds)
            and (self.since is None or (year.isdigit() and int(year) >= self.since))
            and (self.until is None or (year.isdigit() and int(year) <= self.until))
        )

    def wants_document(self, document: Document) -> bool:
        wanted = self.document.casefold()
        return wanted in document.title.casefold() or wanted in document.id.casefold()


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that was found. ``best``: its best-fitting sentence.

    ``words`` and ``phrases``: where it has what was typed. ``in_title``: its title or a heading has a typed word.
    ``nearness``: how near its best sentence is to what was typed, a weighted mean of cosines; 0 if not computed.
    """

    passage: Passage
    best: Span
    words: tuple[Range, ...] = ()
    phrases: tuple[Range, ...] = ()
    in_title: bool = False
    nearness: float = 0.0


@dataclass(frozen=True)
class LookUp:
    """A look-up of ``text`` in what ``engine`` searches. All that is near enough is found; nothing is refused."""

    engine: Engine
    text: str
    sieve: Sieve = Sieve()

    @once
    def terms(self) -> frozenset[str]:
        return frozenset(terms(self.text))

    @cached(None)
    def _wants(self, said: Origin | Source) -> bool:
        """Check a publication, or a source in its own words. Cached: many sentences rest on the same one."""
        return self.sieve.wants(*Speaks.of(said))

    def sentences(self, passage: Passage) -> Sequence[int]:
        """Return which sentences of a passage rest on a publication that is wanted."""
        every = range(len(passage.sentences))
        if not self.sieve.is_of_publications:
            return every
        origins, own = self.engine.collection.origins(passage), self._wants(passage.document.source)
        return [at for at in every if (any(map(self._wants, origins[at])) if origins[at] else own)]

    @property
    def _is_phrase(self) -> bool:
        return len(self.text.split()) > 1

    def matches(self, k: int = MOST_FOUND, *, exact: bool = False) -> tuple[Match, ...]:
        """Return at most ``k`` matches, best first; with ``exact``, those with the phrase, in the collection's order.

        At most ``MOST_OF_ONE`` are from one document, so that a repetitive one does not crowd out the others; there is
        no such limit if the sieve names a document.
        """
        seen: Counter[DocumentId] = Counter()

        def has_place(match: Match) -> bool:
            seen[match.passage.document.id] += 1
            return bool(self.sieve.document) or seen[match.passage.document.id] <= MOST_OF_ONE

        return tuple(islice(filter(has_place, self._by_phrase() if exact else self._best(k)), k))

    def _best(self, k: int) -> Iterable[Match]:
        query, collection = self.engine.query(self.text), self.engine.collection
        depths = Depths(candidates=max(Depths().candidates, k))
        allow = allowing(collection, self.lets)
        hits = rank(query, collection, allow, k, depths=depths, bests=self.engine.bests)
        matches = [self._by_meaning(hit.passage, query) for hit in hits]
        found = _near_enough(matches, far=self.sieve.is_of_publications)
        ranked = {match.passage.id for match in found}
        phrases = self._by_phrase() if self._is_phrase else ()
        return (*found, *(match for match in phrases if match.passage.id not in ranked))

    def lets(self, passage: Passage) -> bool:
        """Check whether a passage may be quoted and the sieve wants it."""
        return (
            passage.document.source.in_force
            and self.sieve.wants_document(passage.document)
            and bool(self.sentences(passage))
        )

    def _by_meaning(self, passage: Passage, query: Query) -> Match:
        row = self.engine.collection.rows[passage.id]
        scores = self.engine.bests(query, row)[1:] @ query.informative  # without the title
        best = max(self.sentences(passage), key=lambda at: float(scores[at]))
        return Match(
            passage,
            passage.sentences[best],
            self._words_in(passage),
            tuple(self._phrases(passage)) if self._is_phrase else (),
            self._in_title(passage),
            float(scores[best]),
        )

    def _words_in(self, passage: Passage) -> tuple[Range, ...]:
        return tuple(
            Range(word.start(), word.end())
            for sentence in (passage.sentences[at] for at in self.sentences(passage))
            for word in _WORD.finditer(sentence.document.text, sentence.start, sentence.end)
            if not self.terms.isdisjoint(_terms(word[0]))
        )

    def _in_title(self, passage: Passage) -> bool:
        titles = (passage.document.title, *(passage.document.slice(each.heading) for each in passage.section))
        return any(not self.terms.isdisjoint(_terms(title)) for title in titles)

    def _by_phrase(self) -> Iterator[Match]:
        for passage in self.engine.collection.passages:
            if not self.lets(passage):
                continue
            found = tuple(self._phrases(passage))
            held = (passage.sentences[at] for at in self.sentences(passage))
            best = next((each for each in held if any(each.range.overlaps(at) for at in found)), None)
            if best:
                yield Match(passage, best, phrases=found)

    def _phrases(self, passage: Passage) -> Iterator[Range]:
        """Yield where the phrase is in the passage: it begins and ends in a sentence, not in marked text between."""
        span = passage.span
        for match in phrase(self.text).finditer(passage.document.text, span.start, span.end):
            at = Range(match.start(), match.end())
            ends = (Range(at.start, at.start + 1), Range(at.end - 1, at.end))
            if all(any(each.range.contains(end) for each in passage.sentences) for end in ends):
                yield at


def _near_enough(ranked: Sequence[Match], *, far: bool) -> tuple[Match, ...]:
    """Keep the matches that are near, in order: a small collection is ranked whole, whatever is typed.

    If nothing is near, keep only what has a word that was typed, or what comes nearest if ``far`` ones are wanted too:
    who asks what one publisher says wants its nearest words.
    """
    nearest = max((match.nearness for match in ranked), default=0.0)
    floor = max(_LEAST, min(_ENOUGH, _SHARE * nearest))
    return tuple(
        match
        for match in ranked
        if match.nearness >= floor and (far or nearest >= _ENOUGH or match.words or match.phrases or match.in_title)
    )


@lru_cache(maxsize=64)
def phrase(text: str) -> re.Pattern[str]:
    """Return a pattern for ``text`` in a source: in any case, across lines, with any quotation marks and hyphens.

    A match begins where a word does; it may end inside one, so that it is found while the user types.
    """
    words = ["".join(_ALIKE.get(character) or re.escape(character) for character in word) for word in text.split()]
    return re.compile(r"(?<!\w)" + r"\s+".join(words) if words else r"(?!)", re.I)


@lru_cache(maxsize=65_536)
def _terms(word: str) -> frozenset[str]:
    return frozenset(terms(word))
