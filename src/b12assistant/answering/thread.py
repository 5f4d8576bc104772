"""Understand the last turn of a conversation: search its readings together, and say which fits the sources best.

One reading alone is often wrong, and the answer is usually near under several. So a turn that leans is searched for all
of its readings at once, each with the same weight; the reading that the best window most likely answers is shown and
judged (`docs/decisions/07-conversation.md`). A complete turn has one reading. One that leans has several: alone; after
the last question; with the subject of an earlier question in place of its pronoun. A reading uses only slices, never
new words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answering import turn_forms
from b12assistant.answering.asked import SHORT, Asked, asked_of
from b12assistant.answering.engine import Engine, Searched
from b12assistant.answering.quoting import Window
from b12assistant.answering.retrieval import Query
from b12assistant.answering.signals import Calibration, Signals, is_barred
from b12assistant.answering.turn_forms import Leaning, leaning, move_of
from b12assistant.answers import Interpretation, Move, Turn, TurnSlice
from b12assistant.config import Settings
from b12assistant.index.reader import EXTREMES
from b12assistant.language.sentences import trim
from b12assistant.language.words import terms
from b12assistant.threads import cached

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ABOUT = 2  # words that say what a message is about
_MOST_QUESTIONS = 2  # earlier ones that are read with a turn
_JOINED = 300  # most characters of an earlier question whose subject is looked for

_PHRASE_END = re.compile(r"[,;:?!()]|\.\s|\s[–—-]\s")
_WORD = re.compile(r"[^\W_]+(?:['’\-‐‑][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Read:
    """A turn as it was understood, with what was found for it.

    ``likely``: how likely the best window answers, 0 to 1. ``most``: of any window; less than 1 after a question that
    was refused, 0 for one that is barred. ``signals``: of the best window, ``None`` if there is none.
    """

    searched: Searched
    likely: float
    most: float = 1.0
    signals: Signals | None = None


@dataclass(frozen=True)
class Thread:
    """Reads the last of some turns."""

    engine: Engine
    settings: Settings
    calibration: Calibration
    most: int  # characters that are searched

    def as_typed(self, turn: Turn) -> Read:
        """Read the turn by itself, with every word of it."""
        read_as = alone(turn, self.most, literal=True)
        return self._judged(self.engine.search([read_as], self.settings, literal=True)[0])

    def certain(self, read: Read, window: Window) -> float:
        """Return how likely a window answers the turn, 0 to 1."""
        return self._likely(read, self._signals(read, window))

    def is_strong(self, read: Read, window: Window) -> bool:
        """Return whether a window likely answers the turn: in full, as far as the reader can tell.

        The reader was fitted on a corpus whose sentences are asked something, and reads only a quote that its score can
        decide. Over another corpus it says nothing: there a higher confidence is needed instead.
        """
        signals, reader = self._signals(read, window), self.engine.reader
        if self._likely(read, signals) < self.calibration.answered:
            return False
        if reader is None or signals.asked is None or not signals.thorough:
            return True
        least, most = (self.calibration.is_full(score, signals.asked) for score in EXTREMES)
        if least == most:
            return most
        return self.calibration.is_full(reader.score(read.searched.query.asks, window.best.text), signals.asked)

    def _likely(self, read: Read, signals: Signals) -> float:
        return min(read.most, self.calibration.confidence(signals))

    def _signals(self, read: Read, window: Window) -> Signals:
        if read.signals is not None and window is read.searched.windows[0]:
            return read.signals
        return self.engine.signals(read.searched.query, read.searched.evidence, window)

    def _judged(self, searched: Searched, most: float = 1.0) -> Read:
        """Judge a reading by its best quote. If that bars the question, no further quote can answer it either.

        A turn that is read with earlier words is near neither kind of question, and is not barred.
        """
        read = Read(searched, 0.0, most)
        if not searched.windows:
            return read
        signals = self._signals(read, searched.windows[0])
        if is_barred(signals) and not searched.read_as.is_joined:
            return replace(read, most=0.0, signals=signals)
        return replace(read, likely=self._likely(read, signals), signals=signals)

    def _answers(self, read: Read) -> bool:
        return read.likely >= self.calibration.possibly

    @cached(64)
    def read(self, turns: tuple[Turn, ...]) -> Read:
        """Understand the last of some turns; the earlier ones are read first, each once."""
        turn, place = turns[-1], last_question(turns)
        if place is not None and (move := move_of(turn.text)) is not Move.ASKS:
            read = self.read(turns[: place + 1])
            return replace(read, searched=replace(read.searched, read_as=replace(read.searched.read_as, move=move)))
        *_, last = asked_of(turn)
        if last.near and len(turn.text.split()) > SHORT:
            return self.read_asked(last)
        own = alone(turn, self.most)
        read = self._judged(self.engine.search([own], self.settings)[0])
        lean = leaning(turn.text)
        if place is None or lean is Leaning.NO or (lean is Leaning.MAYBE and self._answers(read)):
            return read
        return self._joined(turns, turns[: place + 1], read)

    def understood(self, turns: tuple[Turn, ...], questions: Sequence[Asked]) -> list[Read]:
        """Understand each question of a message; the last of some turns as a whole if it has none."""
        self.engine.queries_of([self.engine.read(each) for asked in questions for each in self._readings_of(asked)])
        return [self.read_asked(each) for each in questions] or [self.read(turns)]

    @cached(64)
    def read_asked(self, asked: Asked) -> Read:
        """Understand one question of a message: it is searched together with the message, and judged by itself or with
        what it leans on, whichever fits better: the story finds what is meant, but is no evidence."""
        message = self.engine.as_written(asked.words.turn.text[: self.most])
        found = self.engine.search(self._readings_of(asked)[::-1], self.settings, beside=message)
        return max((self._judged(each) for each in reversed(found)), key=lambda each: each.likely)

    def _readings_of(self, asked: Asked) -> list[Interpretation]:
        """Return a question of a message by itself, then with each context."""
        message = asked.words.turn.text[: self.most]
        return [Interpretation((*context, asked.read)) for context in ((), *self._contexts(asked, message))]

    def _contexts(self, asked: Asked, message: str) -> Iterator[tuple[TurnSlice, ...]]:
        """Yield what a question may lean on: the sentence before it, and the words that the message is most likely
        about, before the question if there are any."""
        words = asked.words
        if not asked.near:
            return
        yield asked.near
        topical = self.engine.topical(message)
        before = [each for each in topical if each.end <= words.start]
        if about := before or [each for each in topical if each.start >= words.end]:
            kept = sorted(about[:_ABOUT], key=lambda each: each.start)
            yield tuple(TurnSlice(words.turn, each.start, each.end) for each in kept)

    def _joined(self, turns: tuple[Turn, ...], before: tuple[Turn, ...], own: Read) -> Read:
        """Return the turn as it is read with earlier ones; by itself if only that is answered.

        A refused topic stays refused: its words must all be known, and the new words alone must bring evidence.
        """
        previous = self.read(before)
        refused = not self._answers(previous)
        readings = [*self._readings(turns, before, previous.searched.asked)]
        found = self.engine.search(readings, self.settings, beside=own.searched.query, whole=refused)
        joined = [self._judged(each, own.likely if refused else 1.0) for each in found]
        best = max(joined, key=lambda each: each.likely)
        if self._answers(own) and not self._answers(best) and not refused:
            return own
        after = joined[0].searched.read_as  # words put together are not a sentence: both questions are shown as typed
        spent = own.searched.encoding + best.searched.encoding
        return replace(best, searched=replace(best.searched, read_as=after, encoding=spent))

    def _readings(
        self, turns: tuple[Turn, ...], before: tuple[Turn, ...], previous: Interpretation
    ) -> Iterator[Interpretation]:
        """Yield the readings of the last turn with the last question, the last of ``before``."""
        own = alone(turns[-1], self.most).own
        yield after(own, previous, self.most)
        if len(previous.text) > _JOINED:
            return
        begun = opener(turns)
        first = previous if begun is None or turns[begun] is before[-1] else alone(turns[begun], _JOINED)
        for subject in dict.fromkeys(map(self._subject, (previous, first))):
            if subject is not None:
                yield about(own, subject)

    def _subject(self, previous: Interpretation) -> TurnSlice | None:
        """Return the most specific subject of a question: its rarest word is the rarest."""
        found = list(subjects(previous))
        if len(found) < 2:
            return found[0] if found else None
        query = self.engine.as_written(previous.text)
        heaviest = [float(query.informative[_tokens(previous, each, query)].max(initial=0)) for each in found]
        return found[int(np.argmax(heaviest))]


def _tokens(read_as: Interpretation, part: TurnSlice, query: Query) -> NDArray[np.int64]:
    """Return which tokens of a reading's text, encoded as ``query``, are from a slice of one of its parts."""
    at = 0
    for each in read_as.parts:
        if each.holds(part):
            at += part.start - each.start
            return np.flatnonzero((query.places[:, 0] < at + len(part.text)) & (query.places[:, 1] > at))
        at += len(each.text) + 1
    raise ValueError("not a part of the reading")


def last_question(turns: Sequence[Turn]) -> int | None:
    """Return the place of the last earlier turn that asks something; ``None`` if no turn does.

    Remarks are skipped, and so are statements ("I get that in bed") if another turn asks something.
    """
    asked = [
        i
        for i, turn in enumerate(turns[:-1])
        if turn.text.strip() and turn_forms.move_of(turn.text) is Move.ASKS and not turn_forms.is_remark(turn.text)
    ]
    return next((i for i in reversed(asked) if not turn_forms.states(turns[i].text)), asked[-1] if asked else None)


def opener(turns: Sequence[Turn]) -> int | None:
    """Return the place of the question that the last turn's thread began with; ``None`` if it is the last one."""
    previous = last_question(turns)
    if previous is None or turn_forms.leaning(turns[previous].text) is not turn_forms.Leaning.YES:
        return previous
    earlier = opener(turns[: previous + 1])
    return previous if earlier is None else earlier


def times_more(turns: Sequence[Turn]) -> int:
    """Return how often the user asked for more of the last answer; 0 if the last turn is a new question."""
    previous = last_question(turns)
    if previous is None or turn_forms.move_of(turns[-1].text) is Move.ASKS:
        return 0
    return sum(turn_forms.move_of(turn.text) is Move.MORE for turn in turns[previous + 1 :])


def alone(turn: Turn, most: int, *, literal: bool = False) -> Interpretation:
    """Return the turn by itself, at most ``most`` characters; ``literal``: keep words that only lead in."""
    begin = 0 if literal else turn_forms.new_topic(turn.text) or turn_forms.lead_in(turn.text)
    return Interpretation((_slice(turn, begin, most) or TurnSlice(turn, 0, 0),))


def after(own: TurnSlice, previous: Interpretation, most: int) -> Interpretation:
    """Return a turn after the last question, at most ``most`` characters: if room is short, its nearest part is kept.

    ``previous``: how the last question was read.
    """
    room = most - (own.end - own.start)
    kept: list[TurnSlice] = []
    nearest = sorted({part.turn.index for part in previous.parts})[-_MOST_QUESTIONS:]
    for part in reversed(previous.parts):
        cut = _slice(part.turn, part.start, min(room - 1, part.end - part.start))
        if cut is not None and part.turn.index in nearest:
            kept.insert(0, cut)
            room -= cut.end - cut.start + 1
    return Interpretation((*kept, own))


def subjects(previous: Interpretation) -> Iterator[TurnSlice]:
    """Yield runs of words of an earlier question that say what it is about."""
    for part in previous.parts:
        run: list[re.Match[str]] = []
        for word in [*_WORD.finditer(part.text), None]:
            if word and terms(word[0]) and not (run and _PHRASE_END.search(part.text, run[-1].end(), word.start())):
                run.append(word)
                continue
            if run and turn_forms.specific(part.text[run[0].start() : run[-1].end()]):
                yield TurnSlice(part.turn, part.start + run[0].start(), part.start + run[-1].end())
            run = [word] if word and terms(word[0]) else []


def about(own: TurnSlice, subject: TurnSlice) -> Interpretation:
    """Return the turn with the subject in place of its pronoun, or in front if it has none."""
    pronoun = turn_forms.pronoun_of(own.text)
    if pronoun is None:
        return Interpretation((subject, own), as_one=True)
    before = _trimmed(own.turn, own.start, own.start + pronoun[0])
    after = _trimmed(own.turn, own.start + pronoun[1], own.end)
    return Interpretation(tuple(each for each in (before, subject, after) if each), as_one=True)


def _slice(turn: Turn, begin: int, room: int) -> TurnSlice | None:
    """Return the first ``room`` characters from ``begin`` on; ``None`` if there is nothing, or no room."""
    found = _trimmed(turn, begin, len(turn.text))
    return replace(found, end=min(found.end, found.start + room)) if found and room > 0 else None


def _trimmed(turn: Turn, begin: int, end: int) -> TurnSlice | None:
    """Return the range without blanks at its ends; ``None`` if nothing is left."""
    inner = trim(turn.text, begin, end)
    return TurnSlice(turn, inner.start, inner.end) if inner else None
