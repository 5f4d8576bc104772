"""Understand the last turn of a conversation: search its readings together, and say which fits the sources best.

One reading alone is often wrong, and the answer is usually near under several. So a turn that leans is searched for all
of its readings at once, each with the same weight; the reading that the best window most likely answers is shown and
judged (`docs/decisions/07-conversation.md`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answering import conversation
from b12assistant.answering.asked import SHORT, Asked, asked_of
from b12assistant.answering.engine import Engine, Searched
from b12assistant.answering.quoting import Window
from b12assistant.answering.retrieval import Query
from b12assistant.answering.signals import Calibration, Signals, mean_of
from b12assistant.answering.turn_forms import Leaning, leaning, move_of
from b12assistant.answers import Interpretation, Move, Turn, TurnSlice
from b12assistant.config import Settings
from b12assistant.threads import cached

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ABOUT = 2  # words that say what a message is about
_JOINED = 300  # most characters of an earlier question whose words are replaced, or whose subject is looked for


@dataclass(frozen=True, slots=True)
class Read:
    """A turn as it was understood, with what was found for it.

    ``likely``: how likely the best window answers, 0 to 1. ``most``: of any window; less than 1 after a question that
    was refused, 0 for one that is barred.
    """

    searched: Searched
    likely: float
    most: float = 1.0


@dataclass(frozen=True)
class Thread:
    """Reads the last of some turns."""

    engine: Engine
    settings: Settings
    calibration: Calibration
    most: int  # characters that are searched

    def as_typed(self, turn: Turn) -> Read:
        """Read the turn by itself, with every word of it."""
        read_as = conversation.alone(turn, self.most, literal=True)
        return self._judged(self.engine.search(read_as, read_as, self.settings))

    def certain(self, read: Read, window: Window) -> float:
        """Return how likely a window answers the turn, 0 to 1."""
        return self._likely(read, self._signals(read, window))

    def is_strong(self, read: Read, window: Window) -> bool:
        """Return whether a window likely answers the turn: in full, as far as the reader can tell.

        The reader was fitted on sentences that questions are asked of, and says nothing of others.
        """
        signals, reader = self._signals(read, window), self.engine.reader
        if self._likely(read, signals) < self.calibration.answered:
            return False
        if reader is None or signals.asked is None:
            return True
        return self.calibration.is_full(reader.score(read.searched.query.asks, window.best.text), signals.asked)

    def _likely(self, read: Read, signals: Signals) -> float:
        return min(read.most, self.calibration.confidence(signals))

    def _signals(self, read: Read, window: Window) -> Signals:
        return self.engine.signals(read.searched.query, read.searched.evidence, window)

    def _judged(self, searched: Searched, most: float = 1.0) -> Read:
        """Judge a reading by its best quote. If that bars the question, no further quote can answer it either.

        A turn that is read with earlier words is near neither kind of question, and is not barred.
        """
        read = Read(searched, 0.0, most)
        if not searched.windows:
            return read
        signals = self._signals(read, searched.windows[0])
        if signals.is_barred and not searched.read_as.is_joined:
            return replace(read, most=0.0)
        return replace(read, likely=self._likely(read, signals))

    def _answers(self, read: Read) -> bool:
        return read.likely >= self.calibration.possibly

    @cached(64)
    def read(self, turns: tuple[Turn, ...]) -> Read:
        """Understand the last of some turns; the earlier ones are read first, each once."""
        turn, place = turns[-1], conversation.last_question(turns)
        if place is not None and (move := move_of(turn.text)) is not Move.ASKS:
            read = self.read(turns[: place + 1])
            return replace(read, searched=replace(read.searched, read_as=replace(read.searched.read_as, move=move)))
        *_, last = asked_of(turn)
        if last.around and len(turn.text.split()) > SHORT:
            return self.read_asked(last)
        own = conversation.alone(turn, self.most)
        read = self._judged(self.engine.search(own, self.engine.read(own), self.settings))
        lean = leaning(turn.text)
        if place is None or lean is Leaning.NO or (lean is Leaning.MAYBE and self._answers(read)):
            return read
        return self._joined(turns, turns[: place + 1], read)

    @cached(64)
    def read_asked(self, asked: Asked) -> Read:
        """Understand one question of a message: it is searched together with the message, and judged by itself or with
        what it leans on, whichever fits better."""
        message = asked.words.turn.text[: self.most]
        readings = [Interpretation((*context, asked.words)) for context in ((), *self._contexts(asked, message))]
        found = self.engine.search_in_message(message, readings, self.settings)
        return max((self._judged(each) for each in found), key=lambda each: each.likely)

    def _contexts(self, asked: Asked, message: str) -> Iterator[tuple[TurnSlice, ...]]:
        """Yield what a question may lean on: the sentence before it, and the words that the message is most likely
        about, before the question if there are any."""
        words = asked.words
        if not asked.around:
            return
        yield asked.around[:1]
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
        found = self.engine.search_together(
            own.searched, [*self._readings(turns, before, previous.searched.asked)], self.settings, whole=refused
        )
        joined = [self._judged(each, own.likely if refused else 1.0) for each in found]
        best = max(joined, key=lambda each: each.likely)
        if self._answers(own) and not self._answers(best) and not refused:
            return own
        after = joined[0].searched.read_as  # words put together are not a sentence: both questions are shown as typed
        return replace(best, searched=replace(best.searched, read_as=after))

    def _readings(
        self, turns: tuple[Turn, ...], before: tuple[Turn, ...], previous: Interpretation
    ) -> Iterator[Interpretation]:
        """Yield the readings of the last turn with the last question, the last of ``before``."""
        own = conversation.alone(turns[-1], self.most).own
        yield conversation.after(own, previous, self.most)
        if len(previous.text) > _JOINED:
            return
        begun = conversation.opener(turns)
        first = previous if begun is None or turns[begun] is before[-1] else conversation.alone(turns[begun], _JOINED)
        for subject in dict.fromkeys(map(self._subject, (previous, first))):
            if subject is not None:
                yield conversation.about(own, subject)
        phrase = conversation.phrase_of(own)
        taken = phrase and self._likest(previous, phrase)
        if phrase and taken:
            yield conversation.in_place(previous, taken, phrase)

    def _subject(self, previous: Interpretation) -> TurnSlice | None:
        """Return the most specific subject of a question: its rarest word is the rarest."""
        found = list(conversation.subjects(previous))
        if len(found) < 2:
            return found[0] if found else None
        query = self.engine.as_written(previous.text)
        heaviest = [float(query.informative[_tokens(previous, each, query)].max(initial=0)) for each in found]
        return found[int(np.argmax(heaviest))]

    def _likest(self, previous: Interpretation, phrase: TurnSlice) -> TurnSlice | None:
        """Return the words of a question that are most like the phrase."""
        found = list(conversation.replaceable(previous))
        if not found:
            return None
        query = self.engine.as_written(previous.text)
        wanted = mean_of(self.engine.as_written(phrase.text).tokens)
        likeness = [float(mean_of(query.tokens[_tokens(previous, each, query)]) @ wanted) for each in found]
        return found[int(np.argmax(likeness))]


def _tokens(read_as: Interpretation, part: TurnSlice, query: Query) -> NDArray[np.int64]:
    """Return which tokens of a reading's text, encoded as ``query``, are from a slice of one of its parts."""
    at = 0
    for each in read_as.parts:
        if each.holds(part):
            at += part.start - each.start
            return np.flatnonzero((query.places[:, 0] < at + len(part.text)) & (query.places[:, 1] > at))
        at += len(each.text) + 1
    raise ValueError("not a part of the reading")
