"""A conversation to an answer: safety first, then search, then whoever may speak first, then quotes.

Triage reads the user's words before anything is searched and needs neither encoder nor index. What could be answered is
decided by scores that were calibrated on labelled questions; "I don't know" is an ordinary result.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from b12assistant.answers import (
    Answer,
    Interpretation,
    Level,
    Notice,
    NoticeKind,
    Quote,
    Reason,
    Reply,
    Status,
    Strength,
    TextId,
    Timings,
    Triage,
    Turn,
)
from b12assistant.collection import Collection
from b12assistant.confidence import Calibration
from b12assistant.config import Settings
from b12assistant.conversation import interpret
from b12assistant.errors import AssistantError, QuestionError
from b12assistant.protocols import Encoder
from b12assistant.quoting import Window, Windows, choose, windows
from b12assistant.retrieval import Depths, Query, encode_query, rank
from b12assistant.speakers import Cues, Order, Said, order
from b12assistant.token_store import Projection
from b12assistant.types import Hit, Passage

MOST_CHARACTERS = 20_000  # of a turn: all of it is triaged
SEARCHED_CHARACTERS = 2_000
MOST_TURNS = 20
_NEAREST = 3
GENERAL = TextId("general")
ONLY_SELLERS = TextId("only_sellers")
DOSE = TextId("dose")
CUT = TextId("question_cut")
SCOPE = TextId("scope")
TRIAGE_FAILED = TextId("triage_failed")

_ASKS_FOR_A_PAPER = re.compile(
    r"\b(?:papers?|articles?|stud(?:y|ies)|trials?|references?|citations?|cited?|cites|authors?|journals?|publications?|published|"
    r"guidelines?|reviews?|doi|(?:what|which) year|year of|nejm|bmj|lancet|cmaj|cochrane|et al)\b|\b10\.\d{4,}/|"
    r"\b(?:19|20)\d\d\b(?!\s*-?(?:mcg|µg|μg|ug|mg|g|iu|units?|micrograms?|milligrams?|ml|calories|kcal|feet|people|patients)\b)",
    re.I,
)


@dataclass(frozen=True)
class Engine:
    """What searching needs: an opened index with the encoder it was built with."""

    collection: Collection
    encoder: Encoder
    projection: Projection

    def query(self, text: str) -> Query:
        """Half of a surrogate pair, which no encoder reads, counts as a character that nobody knows."""
        readable = text.encode("utf-8", "replace").decode()
        return encode_query(readable, self.collection, self.encoder, self.projection)

    def hits(self, query: Query, settings: Settings, k: int) -> tuple[Hit, ...]:
        papers = bool(_ASKS_FOR_A_PAPER.search(query.text))
        depths = Depths(settings.retrieval.candidates, settings.retrieval.rescored)
        return rank(query, self.collection, depths, lambda passage: _quotable(passage, papers=papers), k)

    def windows(self, query: Query, hits: Sequence[Hit], settings: Settings) -> tuple[Window, ...]:
        """Candidate quotes, best first, without repeats; more than are shown, so that a better speaker can be found."""
        limits = Windows(**{name: getattr(settings.quoting, name) for name in Windows.__dataclass_fields__})
        found = [
            window
            for hit in hits
            for window in windows(hit.passage, self._cosines(query, hit.passage), query.informative, limits)
        ]
        return choose(found, 4 * settings.quoting.quotes, limits)

    def _cosines(self, query: Query, passage: Passage) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """Each query token's best cosine in each sentence, ``(sentences, q)``: in context and alone, averaged."""
        row = self.collection.rows[passage.id]
        starts = self.collection.context_starts
        context = self.collection.context.best(query.tokens, starts[row] + 1, starts[row + 1])
        if self.collection.alone is None:
            return context
        first, last = self.collection.sentence_starts[row : row + 2]
        return np.asarray((context + self.collection.alone.best(query.tokens, first, last)) / 2, dtype=np.float32)


def _quotable(passage: Passage, *, papers: bool) -> bool:
    source = passage.document.source
    return not source.withdrawn and source.superseded_by is None and (papers or not passage.reference)


@dataclass(frozen=True)
class Assistant:
    """The use case. ``engine`` is called only when something is searched: an emergency needs no index."""

    triage: Callable[[Sequence[Turn]], Triage]
    is_control: Callable[[str], bool]
    engine: Callable[[], Engine]
    settings: Settings
    calibration: Calibration
    cues: Cues

    def reply(self, question: str, history: Sequence[str] = ()) -> Reply:
        """``history``: earlier user turns. Raises ``QuestionError`` for what cannot be read as a question."""
        begun = time.perf_counter()
        turns = turns_of(question, history)
        triage = self._triaged(turns)
        triaged = time.perf_counter()
        if triage.flag is not None and triage.flag.level is Level.EMERGENCY:
            return _safety_only(turns[-1], triage, Reason.RED_FLAG, begun, triaged)
        try:
            engine = self.engine()
        except AssistantError:
            if not any(map(_wary, triage.notices)):
                raise
            # Whoever wrote of something serious is told so, whatever became of the index.
            return _safety_only(turns[-1], triage, Reason.NOT_SEARCHED, begun, triaged)
        asked = self._asked(turns)
        interpretation = interpret(asked, SEARCHED_CHARACTERS)
        started = time.perf_counter()
        query = engine.query(interpretation.text)
        encoded = time.perf_counter()
        hits = engine.hits(query, self.settings, self.settings.retrieval.passages)
        searched = time.perf_counter()
        unknown = engine.collection.lexical.unknown_share(interpretation.text)
        answer = self._answer(
            turns[-1], triage.notices, interpretation, engine.windows(query, hits, self.settings), unknown
        )
        done = time.perf_counter()
        timings = Timings(
            triage=_ms(begun, triaged),
            encode=_ms(started, encoded),
            search=_ms(encoded, searched),
            quote=_ms(searched, done),
            total=_ms(begun),
        )
        return Reply(answer, timings, engine.collection.generation)

    def search(self, question: str, k: int) -> tuple[tuple[Notice, ...], tuple[Hit, ...]]:
        """Look-up: what triage says, and the best passages; nothing is withheld."""
        turns = turns_of(question, ())
        triage = self._triaged(turns)
        engine = self.engine()
        read_as = interpret(turns, SEARCHED_CHARACTERS)
        query = engine.query(read_as.text)
        return (*triage.notices, *_cut(read_as)), engine.hits(query, self.settings, k)

    def ranked(self, question: str, history: Sequence[str] = ()) -> tuple[Window, ...]:
        """The windows alone, best first: before triage, refusal, and the choice of who speaks."""
        engine = self.engine()
        query = engine.query(interpret(self._asked(turns_of(question, history)), SEARCHED_CHARACTERS).text)
        hits = engine.hits(query, self.settings, self.settings.retrieval.passages)
        return engine.windows(query, hits, self.settings)

    def _triaged(self, turns: Sequence[Turn]) -> Triage:
        try:
            return self.triage(turns)
        except Exception:  # noqa: BLE001 - the check must never fail open: whatever broke, the reader is told
            return Triage((Notice(NoticeKind.TRIAGE_FAILED, TRIAGE_FAILED),))

    def _asked(self, turns: Sequence[Turn]) -> Sequence[Turn]:
        """The turns that ask something; a control says how an earlier one was meant."""
        try:
            return [turn for turn in turns if turn.text.strip() and not self.is_control(turn.text)] or turns
        except Exception:  # noqa: BLE001 - as above: rules that cannot be read take no answer away
            return turns

    def _answer(
        self,
        turn: Turn,
        flagged: Sequence[Notice],
        read_as: Interpretation,
        found: Sequence[Window],
        unknown: float,
    ) -> Answer:
        """``found``: candidate quotes, best first. ``unknown``: how much of the question stands in no source."""
        shown_as = None if [part.turn for part in read_as.parts] == [turn] else read_as
        certain = [self.calibration.confidence(window.score, unknown) for window in found]
        if not certain or certain[0] < self.calibration.possibly:
            reason = Reason.NO_KNOWN_WORD if unknown >= 1 else Reason.NOTHING_CLOSE
            nearest = tuple(dict.fromkeys(window.passage for window in found))[:_NEAREST]
            notices = (*flagged, *_cut(read_as), Notice(NoticeKind.SCOPE, SCOPE), Notice(NoticeKind.GENERAL, GENERAL))
            return Answer(turn, Status.NO_ANSWER, reason, (), notices, nearest=nearest, interpretation=shown_as)
        speakers = self._speakers(found, strict=any(map(_wary, flagged)))
        quotes = tuple(self._quote(found[i], certain[i]) for i in speakers.shown)
        notices = (
            *flagged,
            *((Notice(NoticeKind.ONLY_SELLERS, ONLY_SELLERS),) if speakers.only_sellers else ()),
            *((Notice(NoticeKind.DOSE, DOSE),) if any(map(self._bare_dose, quotes)) else ()),
            *_cut(read_as),
            Notice(NoticeKind.GENERAL, GENERAL),
        )
        if speakers.only_sellers:
            status, why = Status.POSSIBLY, Reason.ONLY_SELLERS
        elif all(quote.strength is Strength.POSSIBLE for quote in quotes):
            status, why = Status.POSSIBLY, Reason.WEAK_MATCH
        else:
            status, why = Status.ANSWERED, None
        return Answer(turn, status, why, quotes, notices, interpretation=shown_as)

    def _bare_dose(self, quote: Quote) -> bool:
        return self.cues.bare_dose(Said(quote.spans, quote.score).text)

    def _speakers(self, found: Sequence[Window], *, strict: bool) -> Order:
        quoting = self.settings.quoting
        floor = found[0].score - quoting.margin
        enough = [Said(window.spans, window.score) for window in found if window.score >= floor]
        return order(enough, quoting.quotes, strict=strict, close=quoting.close, heard=quoting.heard, cues=self.cues)

    def _quote(self, window: Window, confidence: float) -> Quote:
        strength = Strength.STRONG if confidence >= self.calibration.answered else Strength.POSSIBLE
        return Quote(window.spans, window.best, window.passage, strength, round(window.score, 4))


def _safety_only(turn: Turn, triage: Triage, reason: Reason, begun: float, triaged: float) -> Reply:
    """What triage says, alone: nothing was searched."""
    notices = (*triage.notices, Notice(NoticeKind.GENERAL, GENERAL))
    answer = Answer(turn, Status.SAFETY_ONLY, reason, (), notices)
    return Reply(answer, Timings(triage=_ms(begun, triaged), total=_ms(begun)), None)


def turns_of(question: str, history: Sequence[str]) -> tuple[Turn, ...]:
    """User turns, the question last. Raises ``QuestionError`` for an empty, over-long or unreadable question."""
    texts = (*history, question)
    if len(texts) > MOST_TURNS:
        raise QuestionError(f"a conversation has at most {MOST_TURNS} questions", hint="start a new one")
    for text in texts:
        if len(text) > MOST_CHARACTERS:
            raise QuestionError(
                f"a question has at most {MOST_CHARACTERS:,} characters, this one {len(text):,}", hint="shorten it"
            )
    if not question.strip():
        raise QuestionError("the question is empty", hint="type what you want to know")
    if not any(character.isalnum() for character in question):
        raise QuestionError("the question has no readable word", hint="type what you want to know in words")
    return tuple(Turn(index, text) for index, text in enumerate(texts))


def _wary(notice: Notice) -> bool:
    """Whether every sentence of a seller is held back: under a red flag, or when nobody could look for one."""
    return notice.flag is not None or notice.kind is NoticeKind.TRIAGE_FAILED


def _cut(read_as: Interpretation) -> tuple[Notice, ...]:
    """The notice that the question was too long to be searched whole."""
    last = read_as.parts[-1]
    whole = len(last.text) == len(last.turn.text.strip())
    return () if whole else (Notice(NoticeKind.SCOPE, CUT),)


def with_source_changes(reply: Reply, changed: frozenset[str]) -> Reply:
    """The reply with the documents whose file is no longer the one that was indexed."""
    quoted = frozenset(quote.document.id for quote in reply.answer.quotes if quote.document.id in changed)
    return replace(reply, source_changed=quoted)


def _ms(start: float, end: float | None = None) -> float:
    return round(1000 * ((time.perf_counter() if end is None else end) - start), 2)
