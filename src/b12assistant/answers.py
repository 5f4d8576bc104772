"""Types of an answer: turns, notices, quotes. None has a field for free text about health.

Users' words are slices of turns, sources' words are spans of documents, our own words are ids of fixed texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import NewType

from b12assistant.types import Document, DocumentId, GenerationId, MarkKind, Passage, Span

TextId = NewType("TextId", str)  # a fixed text of data/red_flags/texts.toml
RuleId = NewType("RuleId", str)  # a rule of data/red_flags/
TopicId = NewType("TopicId", str)  # a topic on which sources differ
QuestionText = NewType("QuestionText", str)  # a question that a corpus asks of a sentence, as written there
Topic = NewType("Topic", str)  # a curator's question that sources answer differently, as written in a corpus
TermId = NewType("TermId", str)  # a term of data/vocabulary/, or a word of a corpus, named by itself

MOST_GAPS = 2  # in one quote


class Level(StrEnum):
    """How much a red flag matters, highest first."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    MEDICAL_DECISION = "medical_decision"


class FlagKind(StrEnum):
    MEDICAL = "medical"
    SELF_HARM = "self_harm"
    POISONING = "poisoning"


class NoticeKind(StrEnum):
    RED_FLAG = "red_flag"
    ADVICE = "advice"  # one line below the quotes
    GENERAL = "general"
    SCOPE = "scope"
    ONLY_SELLERS = "only_sellers"
    DOSE = "dose"
    LANGUAGE = "language"
    TRIAGE_FAILED = "triage_failed"


class Status(StrEnum):
    ANSWERED = "answered"
    POSSIBLY = "possibly"
    NO_ANSWER = "no_answer"
    SAFETY_ONLY = "safety_only"


class Reason(StrEnum):
    """Why the status is not simply *answered*."""

    WEAK_MATCH = "weak_match"
    NOTHING_CLOSE = "nothing_close"
    NOTHING_MORE = "nothing_more"  # all that was close enough has been quoted
    NO_KNOWN_WORD = "no_known_word"
    NOTHING_ASKED = "nothing_asked"  # a remark, such as "thanks", or no word at all
    ONLY_SELLERS = "only_sellers"
    RED_FLAG = "red_flag"
    TRIAGE_FAILED = "triage_failed"
    NOT_SEARCHED = "not_searched"  # no usable index


class Move(StrEnum):
    """What a turn does in a conversation."""

    ASKS = "asks"
    MORE = "more"  # repeats the previous question, without what was quoted
    SOURCES = "sources"  # repeats the previous quotes, to show who says it


class Strength(StrEnum):
    STRONG = "strong"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Turn:
    """A message exactly as the user typed it; ``index`` counts user turns from 0."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class TurnSlice:
    """A range of a turn, for echoing the user's own words."""

    turn: Turn
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end <= len(self.turn.text):
            raise ValueError(f"not a slice of turn {self.turn.index}: [{self.start}, {self.end})")

    @property
    def text(self) -> str:
        return self.turn.text[self.start : self.end]

    def holds(self, other: TurnSlice) -> bool:
        """Check that another slice lies inside this one."""
        return other.turn == self.turn and self.start <= other.start and other.end <= self.end

    def overlaps(self, other: TurnSlice) -> bool:
        """Check that another slice is of the same turn and shares a place with this one."""
        return self.turn == other.turn and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class FixedText:
    """A versioned text from a data file; the only words about health that are our own."""

    id: TextId
    version: int
    text: str
    origin: str  # where its content comes from
    review: str  # who reviewed it, for instance "not clinically reviewed"


@dataclass(frozen=True, slots=True)
class Flag:
    """A finding of triage: how serious, of which kind, by which rule.

    ``certain``: its text is loud: of an emergency alone, of a decision in a box; if not, quotes follow the emergency's
    text, and that of a decision is one line below the quotes.
    """

    level: Level
    kind: FlagKind
    rule: RuleId
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """A fixed text to show, by id, with the flag and the words that led to it."""

    kind: NoticeKind
    text: TextId
    flag: Flag | None = None
    evidence: tuple[TurnSlice, ...] = ()

    @property
    def uncertain(self) -> Notice:
        """Return the notice with a flag that is not certain, if it has one."""
        return self if self.flag is None else replace(self, flag=replace(self.flag, certain=False))


@dataclass(frozen=True, slots=True)
class Triage:
    """The result of triage for the last turn, given the earlier ones: notices, most serious first.

    ``alone``: they are the whole answer, since the turn asks nothing. ``apart``: turns of an emergency or an urgent
    matter, and controls: never searched with a later question.
    """

    notices: tuple[Notice, ...] = ()
    alone: bool = False
    apart: tuple[Turn, ...] = ()

    @property
    def flag(self) -> Flag | None:
        """Return the most serious flag."""
        notice = most_serious(self.notices)
        return notice.flag if notice else None

    @property
    def withholds(self) -> bool:
        """Return whether nothing is quoted: in a certain emergency, and after a remark."""
        flag = self.flag
        return self.alone or (flag is not None and flag.level is Level.EMERGENCY and flag.certain)

    @property
    def doubts(self) -> bool:
        """Return whether an emergency is likely, so that quotes are shown below its text, and none counts as sure."""
        flag = self.flag
        return flag is not None and flag.level is Level.EMERGENCY and not flag.certain


def most_serious(notices: Sequence[Notice]) -> Notice | None:
    """Return the first notice with the most serious flag; ``None`` if no red flag was seen."""
    return next((each for level in Level for each in notices if each.flag and each.flag.level is level), None)


@dataclass(frozen=True, slots=True)
class Quote:
    """Sentence-aligned spans of one section, in order; ``best`` is the sentence that answers, or half of it."""

    spans: tuple[Span, ...]
    best: Span
    passage: Passage
    strength: Strength
    score: float

    def __post_init__(self) -> None:
        document = self.best.document
        if not self.spans or any(span.document != document for span in self.spans):
            raise ValueError("a quote has spans of exactly one document")
        if self.passage.document != document:
            raise ValueError("a quote and its passage are of one document")
        if any(a.end > b.start for a, b in pairwise(self.spans)):
            raise ValueError("the spans of a quote come in order and do not overlap")
        if len(self.spans) > MOST_GAPS + 1:
            raise ValueError(f"a quote has at most {MOST_GAPS} gaps")
        if len({document.heading_path(at)[-1:] for span in self.spans for at in (span.start, span.end - 1)}) > 1:
            raise ValueError("a quote stays in one section")
        if any(
            mark.kind is MarkKind.NEVER and mark.range.overlaps(s.range) for mark in document.marks for s in self.spans
        ):
            raise ValueError("what is marked is never quoted")
        if not any(span.range.contains(self.best.range) for span in self.spans):
            raise ValueError("the best sentence lies outside its quote")

    @property
    def document(self) -> Document:
        return self.best.document


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A question on which sources disagree, with a quote of each side, two documents at least; none of these is among
    the answer's quotes."""

    id: TopicId
    topic: Topic
    sides: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Replacement:
    """A word of a turn that was read as another word: of a document, of what is asked, or of the reviewed vocabulary.

    ``slip``: whether it was misspelt. Then the other word is searched in its place, else beside it.
    """

    written: TurnSlice
    words: TermId
    slip: bool = False


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What was searched, as slices of the user's turns: the question's ``own`` words, and the ``context`` in which they
    were read: earlier turns, or what stands around them.

    ``question``: the question of the library that it was read as, if it was read in its context and answered;
    ``others``: those that it may mean instead, if the answer is not sure.
    """

    own: TurnSlice
    context: tuple[TurnSlice, ...] = ()
    replaced: tuple[Replacement, ...] = ()
    move: Move = Move.ASKS
    question: QuestionText | None = None
    others: tuple[QuestionText, ...] = ()

    @property
    def text(self) -> str:
        """Return the question of the library, or the question's own words."""
        return self.own.text if self.question is None else self.question

    @property
    def parts(self) -> tuple[TurnSlice, ...]:
        return (*self.context, self.own)

    @property
    def earlier(self) -> tuple[TurnSlice, ...]:
        """Return what it was read with of earlier turns."""
        return tuple(each for each in self.context if each.turn != self.own.turn)

    @property
    def is_plain(self) -> bool:
        """Return whether these are simply the turn's own words."""
        return self.move is Move.ASKS and not (self.replaced or self.context or self.question)


@dataclass(frozen=True, slots=True)
class AskedAnswer:
    """One of several questions of a message. ``numbers``: those of the answer's quotes that answer it, from 1."""

    words: TurnSlice
    status: Status
    reason: Reason | None
    numbers: tuple[int, ...]
    nearest: tuple[Passage, ...] = ()
    interpretation: Interpretation | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Ids, enums, spans and slices of turns: there is no field for free text.

    ``parts``: the questions of a message that asks several, or asks inside a story; else empty. ``more``: further
    questions of the message, which were not searched.
    """

    question: Turn
    status: Status
    reason: Reason | None
    quotes: tuple[Quote, ...]
    notices: tuple[Notice, ...]
    disagreements: tuple[Disagreement, ...] = ()
    nearest: tuple[Passage, ...] = ()
    interpretation: Interpretation | None = None
    parts: tuple[AskedAnswer, ...] = ()
    more: tuple[TurnSlice, ...] = ()

    @property
    def whole(self) -> AskedAnswer:
        """Return the message as one question."""
        text = self.question.text
        words = TurnSlice(self.question, len(text) - len(text.lstrip()), len(text.rstrip()))
        numbers = tuple(range(1, len(self.quotes) + 1))
        return AskedAnswer(words, self.status, self.reason, numbers, self.nearest, self.interpretation)

    @property
    def asked(self) -> tuple[AskedAnswer, ...]:
        """Return every question that was searched; a message that is one question is its own part."""
        return self.parts if self.parts or self.status is Status.SAFETY_ONLY else (self.whole,)

    @property
    def red_flag(self) -> Notice | None:
        return most_serious(self.notices)

    @property
    def is_emergency(self) -> bool:
        """Return whether an emergency text comes first, with or without quotes below it."""
        return any(notice.flag and notice.flag.level is Level.EMERGENCY for notice in self.notices)

    @property
    def shown(self) -> tuple[Quote, ...]:
        """Return every quote in the order of its number, from 1: those that answer, then the sides of disagreements."""
        return (*self.quotes, *(side for differ in self.disagreements for side in differ.sides))


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds by stage; ``None`` for a stage that did not run."""

    triage: float
    total: float
    encode: float | None = None
    search: float | None = None
    quote: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its timings and the generation of the index that gave it.

    ``history``: the earlier turns it was asked with. ``as_typed``: whether its question was searched as typed.
    ``source_changed``: quoted documents whose file changed since indexing.
    """

    answer: Answer
    timings: Timings
    generation: GenerationId | None
    source_changed: frozenset[DocumentId] = frozenset()
    history: tuple[str, ...] = ()
    as_typed: bool = False


FixedTexts = Mapping[TextId, FixedText]
