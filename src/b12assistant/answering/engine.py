"""Search an opened index: from a question to passages, and from passages to the words that may be quoted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from b12assistant.answering.asked import Finder
from b12assistant.answering.context import InContext, load_text_model, vector_in_context
from b12assistant.answering.found import Found, Sought
from b12assistant.answering.quoting import ORDINARY, SEARCHED, Difference, Window, choose, find_difference, score
from b12assistant.answering.retrieval import (
    Mask,
    Query,
    Rewriter,
    allowing,
    as_shares,
    beside,
    bests_in,
    encode_query,
    idf_of,
    rank,
    reading,
    spelt,
)
from b12assistant.answering.signals import (
    Calibration,
    Signals,
    Topics,
    absent,
    is_barred,
    load_topics,
    mean_of,
    names_another,
)
from b12assistant.answering.turn_forms import asks_for_paper, goes_on, only_remarks
from b12assistant.answers import Interpretation, QuestionText, Turn, TurnSlice
from b12assistant.data_files import chosen
from b12assistant.index.asked_questions import Nearest, in_full
from b12assistant.index.collection import Collection, SourceWords, under_heading
from b12assistant.index.encoding import JointReader
from b12assistant.index.quotable import QuoteSpan
from b12assistant.index.vectors import Projection, TokenStore, Vectors
from b12assistant.language.claims import Claims, hold
from b12assistant.language.vocabulary import Vocabulary, english_words, load_levels, load_vocabulary
from b12assistant.language.words import ENGLISH, american, language, readable, terms
from b12assistant.protocols import Encoder
from b12assistant.threads import cached, once
from b12assistant.types import Hit, Passage, Span

_RETRIEVAL = chosen("retrieval")
# Of the cosines with the words of an asked question, where few sentences are asked anything.
ASKED_SHARE = _RETRIEVAL["asked_share"]
_KEPT = 4096  # results that are cached because they fit any question
_KEPT_OF_PASSAGES = 256  # passages of which larger results are cached
_TEXTS = 64  # encoded texts that are kept
_QUOTING = chosen("quoting")
_READ, _REREAD = _QUOTING["read"], int(_QUOTING["reread"])
_FITS, _MISSES = _QUOTING["fits"], _QUOTING["misses"]
_FEW, _SURER = int(_QUOTING["few"]), _QUOTING["surer"]
_HEADED, _PASSAGE, _NEARER = (chosen("unasked")[name] for name in ("headed", "passage", "nearer"))
# Cosine from which the nearest asked question is what was meant; how much a question's own words count beside that.
_MEANT, _OWN = (chosen("context")[name] for name in ("meant", "own"))
_OTHERS = 2  # questions that a reader may tap instead
_NEAREST = int(_RETRIEVAL["nearest"])  # asked questions of which the sentences are candidates
_ALIKE = _RETRIEVAL["alike"]  # where passages are ranked: cosine with such a question, from which a sentence is one too
_CURRENT = 512  # cosines of a query in a passage that are cached: enough for the questions of a message


@dataclass(frozen=True)
class Engine:
    """An opened index with the encoder it was built with: all that searching needs."""

    collection: Collection
    encoder: Encoder
    projection: Projection
    topics: Topics = field(default_factory=load_topics)
    vocabulary: Vocabulary | None = None  # the corpus's own; none: the one that ships
    ranker: JointReader | None = None
    in_context: Encoder | None = None  # the one trained to read questions in context; none: the search encoder
    finder: Finder = field(default_factory=Finder)

    def query(self, text: str) -> Query:
        """Encode a question by itself, in the user's words and in those of the sources."""
        return self.query_of(self._read_alone(text))

    def _read_alone(self, text: str) -> Interpretation:
        return self.readings.replaced(Interpretation(TurnSlice(Turn(0, text), 0, len(text))))

    def sought(self, read_as: Interpretation, core: Interpretation | None = None) -> Sought:
        """Encode a reading; in its context by what it means there. What ``core`` means counts half, if it is given.

        Then it is searched and judged in the words of the nearest question of the library, if that is near enough to be
        what was meant. That cannot stand for one that asks for a paper or gives a result: it would change them. Where
        few sentences are asked anything, it is searched with the words before it, which count less than its own.
        """
        begun, query = time.perf_counter(), self.query_of(read_as)
        nearest: list[Nearest] = []
        if core is not None:
            query = replace(query, vector=mean_of(np.stack([query.vector, self._meaning(core)])))
        if read_as.context:
            context, vector = _context_of(read_as), self._meaning(read_as)
            if not self.collection.asked_throughout:
                query = self.query_of(read_as, context.told)
            elif self._is_meant(context.own, nearest := self._nearest(vector)):
                read_as = replace(read_as, question=QuestionText(in_full(nearest[0], nearest).text), replaced=())
                query = self._encoded(spelt(self._read_alone(nearest[0].text)), 0)
            query = replace(query, vector=vector)
        return Sought(read_as, query, 1000 * (time.perf_counter() - begun), tuple(nearest))

    def _meaning(self, read_as: Interpretation) -> Vectors:
        """Return the vector of what a question means in its context, and a little of its own words."""
        means = vector_in_context(_context_of(read_as), self.in_context or self.encoder)
        return mean_of(np.stack([means, _OWN * self.query_of(read_as).vector]))

    def _is_meant(self, own: str, nearest: Sequence[Nearest]) -> bool:
        """Return whether the nearest question of the library can stand for one with these words of its own."""
        levels = self.readings.levels
        is_apart = asks_for_paper(own) or (levels is not None and levels.result_of(own) is not None)
        return bool(nearest) and nearest[0].cosine >= _MEANT and not is_apart

    def leans(self, text: str) -> bool:
        """Return whether a turn may need what came before; with an encoder that this was not fitted on, by its form."""
        held = self._holds("leaning", text)
        return goes_on(text) if held is None else held

    def is_small_talk(self, text: str) -> bool:
        """Return whether words beside a question tell nothing that bears on it; with another encoder, by their form."""
        return only_remarks(text) or bool(self._holds("small_talk", text))

    def _holds(self, name: str, text: str) -> bool | None:
        """Return what a model says of a text; ``None`` with an encoder that it was not fitted on."""
        model = load_text_model(name)
        return model.holds(self._encoded(text, 0).vector) if model.encoder == self.encoder.digest else None

    def query_of(self, read_as: Interpretation, told: str = "") -> Query:
        """Encode a reading after what was ``told`` before it. Half of a surrogate pair, which no encoder can read,
        becomes a question mark."""
        lead = f"{told} " if told else ""
        words = [each.words for each in read_as.replaced if not each.slip]
        own = self._encoded(lead + spelt(read_as), len(lead))
        return beside(own, self._encoded(lead + reading(read_as), len(lead)), words) if words else own

    @cached(_TEXTS)
    def _encoded(self, text: str, lead: int) -> Query:
        """Encode a text with its lead. Cached: a turn is encoded for more than one use."""
        return encode_query(readable(text), self.collection, self.encoder, self.projection, lead)

    def judged(
        self, sought: Sought, hits: tuple[Hit, ...], windows: Sequence[Window], calibration: Calibration, least: float
    ) -> Found:
        """Judge candidate quotes, and the sides of a difference. If the best bars the question, none answers it; what
        names another thing is left out, unless nothing else is there."""
        difference = self.difference(sought, windows)
        sides = difference.sides if difference else ()
        signals = self.signals(sought, hits, (*windows, *sides))
        barred = bool(windows) and is_barred(signals[0])
        judged = tuple(
            replace(window, signals=each, likely=0.0 if barred or each.another else calibration.confidence(each))
            for window, each in zip((*windows, *sides), signals, strict=True)
        )
        differing = difference and difference._replace(sides=judged[len(windows) :])
        best = judged[: len(windows)]
        apt = tuple(window for window in best if not window.signals.another)
        return Found(sought, apt or best, differing, self._unknown(sought.query), least)

    def is_strong(self, query: Query, window: Window, calibration: Calibration, *, first: bool) -> bool:
        """Return whether a judged window likely answers a question: in full, as far as the ranker can tell.

        The ranker was fitted on a corpus whose sentences are asked something. Over another one it says nothing: there
        only the ``first`` quote may be strong, with a higher confidence, which was fitted on such quotes.
        """
        asked, thorough, likely = window.signals.asked, window.signals.thorough, window.likely >= calibration.answered
        if not thorough or self.ranker is None or asked is None:
            return likely and (first or thorough)
        return likely and calibration.is_full(self.ranker_score(query.asks, window.best.text), asked)

    @cached(_CURRENT)
    def ranker_score(self, question: str, sentence: str) -> float:
        """Return the ranker's score. Cached: the best few are ranked by it, then judged."""
        assert self.ranker is not None  # noqa: S101 - asked before
        return self.ranker.score(question, sentence)

    def signals(self, sought: Sought, hits: Sequence[Hit], windows: Sequence[Window]) -> list[Signals]:
        """Return what speaks for and against each of some quotes. ``hits``: the passages that were searched, with
        which a quote is compared where few sentences are asked anything."""
        collection, query = self.collection, sought.query
        barred = collection.asked.best_of_none(query.vector, int(collection.quotable.sentence_starts[-1]))
        words, unknown = self.topics.weighed(query, self.encoder.digest), self._unknown(query)
        thorough, read = collection.asked_throughout, bool(sought.asked)
        near = () if thorough else tuple(hit.passage for hit in hits)
        closest = {p.id: float((self.cosines(query, collection.rows[p.id]) @ query.informative).max()) for p in near}
        found, ahead, headed = [], 0.0, 0.0
        for window in windows:
            row, rows = collection.rows[window.passage.id], window.cut.rows
            best, asks = self._with_asked(query, row)[rows].max(axis=0), self._asked_of(query, row)[0][rows]
            close, lacks = float(best @ query.informative), absent(words, best, window.cut.terms)
            asked = None if np.isnan(asks).all() else float(np.nanmax(asks))
            another = names_another((term for term, _, _ in words), window.cut.terms)
            if not thorough:
                rivals = sorted(each for passage, each in closest.items() if passage != window.passage.id)
                ahead = close - (rivals[-min(2, len(rivals))] if rivals else 0.0)
                headed = self._headed(query, window)
            found.append(Signals(close, lacks, unknown, asked, barred, thorough, ahead, headed, another, read))
        return found

    def _unknown(self, query: Query) -> float:
        """Return how much of a question no source has; what it leans on counts only if it names nothing itself."""
        own = query.read[query.lead :]
        return self.collection.words.unknown_share(own if terms(own) else query.read)

    def hits(self, query: Query, k: int = SEARCHED, wanted: Callable[[Passage], bool] | None = None) -> tuple[Hit, ...]:
        quotable = self._quotable(papers=asks_for_paper(query.text))
        wants = allowing(self.collection, wanted)
        return rank(query, self.collection, lambda rows: quotable[rows] & wants(rows), k, bests=self.bests)

    def candidates(self, sought: Sought) -> tuple[Hit, ...]:
        """Return the best hits, and the passages with a sentence that is asked nearly the same question.

        Where nearly every sentence is asked something, only passages are sought that are asked nothing, unless a paper
        is asked for; then come those of the nearest questions. A passage that only shares words would rank higher.
        """
        query = sought.query
        papers = asks_for_paper(spelt(sought.read_as))
        is_ranked, quotable = papers or not self.collection.asked_throughout, self._quotable(papers=papers)
        rest: Set[int] = frozenset() if is_ranked else self._unasked
        many = len(rest) > SEARCHED  # else all of them are candidates
        wanted = (lambda passage: self.collection.rows[passage.id] in rest) if many else None
        hits = self.hits(query, wanted=wanted) if is_ranked or many else ()
        near = sought.asked or self._nearest(query.vector, _ALIKE if is_ranked else -1.0)
        found = {self.collection.rows[hit.passage.id] for hit in hits}
        starts = self.collection.quotable.sentence_starts
        asked = np.searchsorted(starts, [each.sentence for each in near], side="right") - 1  # their passages
        rows = sorted({*(() if many else rest), *asked.tolist()} - found)
        more = [self.collection.passages[row] for row in rows if quotable[row]]
        least = hits[-1].score if hits else 0.0
        return (*hits, *(Hit(each, least, rank) for rank, each in enumerate(more, start=len(hits) + 1)))

    def _nearest(self, vector: Vectors, least: float = -1.0) -> list[Nearest]:
        """Return the nearest questions that are asked of sentences which may be quoted; ``least``: their cosine."""
        return self.collection.asked.nearest(vector, _NEAREST, least, self._quotable_sentences)

    @once
    def _quotable_sentences(self) -> Mask:
        return np.repeat(self._quotable(papers=True), np.diff(self.collection.quotable.sentence_starts))

    @once
    def _unasked(self) -> frozenset[int]:
        """Return the rows of passages that may be quoted for any question, and have no sentence asked anything."""
        collection = self.collection
        asked = np.diff(np.searchsorted(collection.asked.sentences, collection.quotable.sentence_starts)) > 0
        has_cuts = np.diff(collection.quotable.starts) > 0
        return frozenset(np.flatnonzero(~asked & has_cuts & self._quotable(papers=False)).tolist())

    def windows(self, sought: Sought, hits: Sequence[Hit], most: int) -> tuple[Window, ...]:
        """Return at most ``most`` candidate quotes, best first, without repeats."""
        query = sought.query
        rows = [self.collection.rows[hit.passage.id] for hit in hits]
        cosines = [self._with_asked(query, row) for row in rows]
        asked = [self._wanted_of(query, row) for row in rows]
        quotable, rows_by_id = self.collection.quotable, self.collection.rows
        scored = score(quotable, rows, cosines, sought.weights, asked)
        paragraphs = not self.collection.asked_throughout
        return choose(scored, most, lambda passage: quotable.cuts(rows_by_id[passage.id]), paragraphs=paragraphs)

    def reread(
        self, sought: Sought, hits: Sequence[Hit], windows: Sequence[Window], *, alone: bool
    ) -> tuple[Window, ...]:
        """Return windows, best first, with what a second reading adds to their score.

        Where few sentences are asked anything, it reads each sentence under its heading. Else the ranker reads the best
        few, of a question that stands ``alone``; the others stay behind. A follow-up is read as the question of the
        library that it was found to mean.
        """
        if not self.collection.asked_throughout:
            passages = {hit.passage.id: _PASSAGE * (hit.score - hits[0].score) for hit in hits}
            headed = [self._under_heading(sought.query, each, passages[each.passage.id]) for each in windows]
            return tuple(sorted(headed, key=lambda each: -each.score))
        if self.ranker is None or not windows or not alone:
            return tuple(windows)
        few, others = windows[:_REREAD], windows[_REREAD:]
        read = [_READ * self.ranker_score(sought.query.asks, window.best.text) for window in few]
        added = [replace(each, score=each.score + own) for each, own in zip(few, read, strict=True)]
        behind = [replace(each, score=each.score + min(read)) for each in others]
        return (*sorted(added, key=lambda each: -each.score), *behind)

    def _under_heading(self, query: Query, window: Window, passage: float = 0.0) -> Window:
        """Return a window with its sentence read under its heading. ``passage``: what its passage adds."""
        return replace(window, score=window.score + _HEADED * (self._headed(query, window) - ORDINARY) + passage)

    def _headed(self, query: Query, window: Window) -> float:
        """Return the cosine of a question's own words and a window's best sentence under its heading; or of them and a
        question asked of the sentence, if that is nearer by more than two questions usually are."""
        row, sentence = self.collection.rows[window.passage.id], self._sentence(window)
        asked = self._asked_of(query, row)[0][sentence - self.collection.quotable.sentence_starts[row]]
        stored = self.collection.under_headings
        headed = self._with_heading(window.passage, window.best) if stored is None else stored[sentence]
        return float(np.fmax(headed @ query.vector, asked - _NEARER))

    @cached(_KEPT)
    def _with_heading(self, passage: Passage, sentence: Span) -> Vectors:
        """Return the vector of a sentence under its heading. A large collection stores none: it is encoded now."""
        (encoded,) = self.encoder.each(under_heading(passage, [sentence], self.encoder))
        return encoded.vector

    def fitting(self, sought: Sought, windows: tuple[Window, ...]) -> tuple[Window, ...]:
        """Raise what names a range that a result in the question is inside of, lower what names only others; return the
        best first."""
        levels, read_as = self.readings.levels, sought.read_as
        told = _context_of(read_as).text if read_as.context else sought.query.text
        if levels is None or (result := levels.result_of(told)) is None:
            return windows
        worth = {True: _FITS, False: -_MISSES, None: 0.0}
        moved = [replace(each, score=each.score + worth[levels.fits(each.best.text, result)]) for each in windows]
        return tuple(sorted(moved, key=lambda each: -each.score))

    def covered(self, window: Window, shown: Sequence[Window]) -> tuple[float, float]:
        """Return how much of a window's words, and of its best sentence, other windows say, 0 to 1: the mean, by idf,
        of each token's best cosine.

        A sentence is compared only with those that claim as much as it does.
        """
        best: list[Vectors] = []
        shares: list[Vectors] = []
        for own, claims in self._units(window):
            held = [unit for each in shown for unit, said in self._units(each) if hold(said, claims)]
            cosines = [unit.best(own.unit_tokens(), 0, 1)[0] for unit in held]
            best.append(np.max(cosines, axis=0) if cosines else np.zeros(len(own.pieces), np.float32))
            shares.append(idf_of(self.collection.context.piece_idf, own.pieces))
        whole = float(np.concatenate(best) @ as_shares(np.concatenate(shares)))
        main = window.shown.bests.index(window.best) if window.best in window.shown.bests else 0
        return whole, float(best[main] @ as_shares(shares[main]))

    def completing(self, sought: Sought, lead: Window) -> Window | None:
        """Return what a curator named to be quoted with the best sentence of ``lead``, of who sells nothing if it can
        be, unless it cannot be quoted without that sentence."""
        words = lead.best.document.completion_of(lead.best.range)
        named = self.collection.completions[words] if words else ()
        held = [(each, *holding) for each in named if (holding := self._holding(each))]
        bests = [(row, cut, best) for each, row, cut in held for best in cut.bests if best.range.overlaps(each.range)]
        found = [replace(self._scored(sought, row, cut), best=best) for row, cut, best in bests]
        return min((each for each in found if not each.shows(lead.best)), key=lambda each: each.sells, default=None)

    def _scored(self, sought: Sought, row: int, cut: QuoteSpan) -> Window:
        """Return a cut of the passage in a row as a window."""
        cosines, asked = self.cosines(sought.query, row), self._wanted_of(sought.query, row)
        scored = score(self.collection.quotable, [row], [cosines], sought.weights, [asked])
        return next(window for window in scored if window.cut == cut)

    def _units(self, window: Window) -> Iterator[tuple[TokenStore, Claims]]:
        """Yield the token vectors of each sentence of a window, with what it claims."""
        rows, row = window.shown.rows, self.collection.rows[window.passage.id]
        first = 1 + int(self.collection.context_starts[row])
        for unit, claims in zip(range(first + rows.start, first + rows.stop), window.shown.claims, strict=True):
            yield self.collection.context.part(unit, unit + 1), claims

    def difference(self, sought: Sought, found: Sequence[Window]) -> Difference | None:
        """Return the curators' topic that the question is about, if there is one."""
        collection, query = self.collection, sought.query
        if collection.examples is None or not found:
            return None
        near = iter((collection.examples @ query.vector).tolist())
        closeness = [
            (max(islice(near, len(each.asked))), max(islice(near, len(each.not_asked)), default=-1.0))
            for each in collection.disputes
        ]

        def window_of(span: Span) -> Window | None:
            if (held := self._holding(span)) is None:
                return None
            window = self._scored(sought, *held)
            return window if collection.asked_throughout else self._under_heading(query, window)

        return find_difference(collection.disputes, closeness, found[0].score, window_of)

    @cached(_KEPT)
    def _holding(self, span: Span) -> tuple[int, QuoteSpan] | None:
        """Return the shortest words that hold a sentence, and answer with it if any do, of its first passage, with
        their row; ``None`` if its source may not be quoted."""
        rows = [row for row in self.collection.rows_of[span.document.id] if self._quotable(papers=False)[row]]
        found = [(row, cut) for row in rows for cut in self.collection.quotable.cuts(row)]
        holding = [(row, cut) for row, cut in found if any(each.range.contains(span.range) for each in cut.spans)]
        answering = [(row, cut) for row, cut in holding if any(b.range.overlaps(span.range) for b in cut.bests)]
        return min(answering or holding, key=lambda pair: (pair[0], pair[1].length), default=None)

    @cached(2)
    def _quotable(self, *, papers: bool) -> Mask:
        """Return which passages may be quoted, with ``papers`` also those that list publications."""
        passages = self.collection.passages
        return np.array(
            [each.document.source.in_force and (papers or not each.reference) for each in passages], np.bool_
        )

    @once
    def readings(self) -> Rewriter:
        """Return what adds the sources' words for those of the user."""
        collection, vocabulary = self.collection, self.vocabulary or load_vocabulary()
        unknown = collection.words.unknown_share
        known = {written: term for written, term in vocabulary.terms.items() if not (terms(term) and unknown(term))}
        return Rewriter(
            Vocabulary(known),
            SourceWords(collection.passages, collection.asked.texts),
            is_word=lambda word: (
                language() != ENGLISH  # of other languages there is no dictionary
                or self.encoder.count(word) == 1
                or not english_words(with_rare=False).isdisjoint((word, american(word)))
            ),
            stems=self.topics.table.keys(),
            levels=None if self.vocabulary else load_levels(),
        )

    def _wanted_of(self, query: Query, row: int) -> Vectors:
        """Return how near the question is to what each sentence of a passage is asked: half by the nearest question,
        half by the mean of the nearest few, since one alone may be near by chance.

        By the nearest alone where few sentences are asked anything: there another question must not harm a sentence.
        Where nearly every one is, this counts for more.
        """
        nearest, few = self._asked_of(query, row)
        if not self.collection.asked_throughout:
            return nearest
        return np.asarray(ORDINARY + _SURER * ((nearest + few) / 2 - ORDINARY), np.float32)

    def others(self, sought: Sought, shown: Sequence[Window]) -> tuple[QuestionText, ...]:
        """Return other questions of the library that one in its context may mean, none asked of what is ``shown``."""
        asked, sentences = self.collection.asked, {self._sentence(window) for window in shown}
        said = {text for each in sentences for _, text in asked.of(each, each + 1)}
        near = [in_full(each, sought.asked) for each in sought.asked if each.cosine >= _MEANT]
        new = [each for each in near if each.text not in said]
        return tuple(QuestionText(each.text) for each in asked.apart(near[:1], new, sentences, _OTHERS))

    def _sentence(self, window: Window) -> int:
        """Return the place of a window's best sentence among all sentences."""
        first = int(self.collection.quotable.sentence_starts[self.collection.rows[window.passage.id]])
        return first + int(window.cut.rows.start) + window.cut.bests.index(window.best)

    @cached(_CURRENT)
    def _asked_of(self, query: Query, row: int) -> tuple[Vectors, Vectors]:
        """Return each sentence's cosine with the nearest question that it is asked, and the mean of the nearest few, or
        NaN. Cached: a candidate quote is ranked and then judged by it."""
        first, last = self.collection.quotable.sentence_starts[row : row + 2].tolist()
        nearest, few = self.collection.asked.best(query.vector, first, last, _FEW)
        if not self.collection.asked_throughout:  # what is asked of a sentence must not harm it
            nearest[nearest < ORDINARY] = np.nan
        return nearest, few

    def _with_asked(self, query: Query, row: int) -> Vectors:
        """Return the `cosines`, `(sentences, q)`, raised by what is asked of each sentence: a reader's words for it.

        Where nearly every sentence is asked something, the vectors of the questions say enough.
        """
        cosines = self.cosines(query, row)
        if self.collection.asked_throughout:
            return cosines
        first, last = self.collection.quotable.sentence_starts[row : row + 2].tolist()
        raised, headings = cosines.copy(), self.collection.heading_questions
        asked = tuple(each for each in self.collection.asked.of(first, last) if each[1] not in headings)
        for place, tokens in self._words_of(asked):
            near = ASKED_SHARE * (query.tokens @ tokens.T).max(axis=1)
            raised[place - first] = np.maximum(raised[place - first], near)
        return raised

    @cached(_KEPT_OF_PASSAGES)
    def _words_of(self, asked: tuple[tuple[int, str], ...]) -> Sequence[tuple[int, Vectors]]:
        """Return the token vectors, (t, p), of questions that are asked of a passage, with their sentences."""
        parts = self.collection, self.encoder, self.projection
        read = [(at, encode_query(readable(question), *parts).tokens) for at, question in asked]
        return [(at, tokens) for at, tokens in read if len(tokens)]

    def cosines(self, query: Query, row: int) -> Vectors:
        """Return each query token's best cosine in each sentence of a passage, ``(sentences, q)``."""
        return self.bests(query, row)[1:]

    @cached(_CURRENT)
    def bests(self, query: Query, row: int) -> Vectors:
        """Return `bests_in` of a query. Cached: the ranking has most of what quotes are chosen by."""
        return bests_in(query, self.collection, row)


def _context_of(read_as: Interpretation) -> InContext:
    """Return a question, spelt right, with the words before and after it."""
    own = read_as.own
    before = [part.text for part in read_as.context if (part.turn.index, part.start) < (own.turn.index, own.start)]
    after = [part.text for part in read_as.context[len(before) :]]
    return InContext(spelt(read_as), " ".join(before), " ".join(after))
