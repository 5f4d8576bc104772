"""Understand the last turn of a conversation: alone, or in its context.

A complete question is searched as it stands. A turn that leans on earlier ones, and each question of a letter, is read
in its context (`context.py`), and shown as the question of the library that is nearest to what it means
(`docs/decisions/07-conversation.md`). Over a corpus that asks little of its sentences there is no such question: the
turn is searched with the words that it leans on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from b12assistant.answering.asked import LONGEST, SHORT, Asked
from b12assistant.answering.context import InContext, Leaning
from b12assistant.answering.engine import Engine, Searched
from b12assistant.answering.quoting import Window
from b12assistant.answering.signals import Calibration, Signals, is_barred
from b12assistant.answering.turn_forms import is_remark, lead_in, move_of, new_topic, states
from b12assistant.answers import Interpretation, Move, Turn, TurnSlice
from b12assistant.config import Settings
from b12assistant.index.encoding import EXTREMES
from b12assistant.language.words import trim
from b12assistant.threads import cached

_TURNS = 3  # earlier ones that are read with a turn
_FOLLOW_UP = 300  # characters, at most


@dataclass(frozen=True, slots=True)
class Read:
    """A turn as it was understood, with what was found for it.

    ``likely``: how likely the best window answers, 0 to 1. ``barred``: no window answers it. ``signals``: of the best
    window, ``None`` if there is none.
    """

    searched: Searched
    likely: float
    barred: bool = False
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
        return self._judged(self.engine.search(read_as, self.settings, literal=True))

    def least(self, read: Read) -> float:
        """Return the confidence from which a turn is answered."""
        if read.searched.in_context:
            return self.calibration.message
        return self.calibration.least(read.searched.read_as.own.turn.text)

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
        return 0.0 if read.barred else self.calibration.confidence(signals)

    def _signals(self, read: Read, window: Window) -> Signals:
        if read.signals is not None and window is read.searched.windows[0]:
            return read.signals
        return self.engine.signals(read.searched.query, read.searched.evidence, window)

    def _judged(self, searched: Searched) -> Read:
        """Judge a reading by its best quote. If that bars the question, no further quote can answer it either."""
        read = Read(searched, 0.0)
        if not searched.windows:
            return read
        signals = self._signals(read, searched.windows[0])
        read = replace(read, barred=is_barred(signals), signals=signals)
        return replace(read, likely=self._likely(read, signals))

    @cached(64)
    def read(self, turns: tuple[Turn, ...]) -> Read:
        """Understand the last of some turns."""
        turn, place = turns[-1], last_question(turns)
        if place is not None and (move := move_of(turn.text)) is not Move.ASKS:
            read = self.read(turns[: place + 1])
            return replace(read, searched=replace(read.searched, read_as=replace(read.searched.read_as, move=move)))
        if len(turn.text.split()) > SHORT and (last := self.engine.finder.asked_of(turn)[-1]).near:
            return self.understood(turns, [last])[0]
        own = alone(turn, self.most)
        lean = Leaning.NO if place is None or stands_alone(turn.text) else self.engine.leaning(turn.text)
        if place is None or lean is not Leaning.YES:
            read = self._judged(self.engine.search(own, self.settings))
            if place is None or lean is Leaning.NO or read.likely >= self.calibration.possibly:
                return read
        if not self.engine.collection.asked_throughout:
            return self._with(*alone(turns[place], LONGEST).parts, *own.parts)
        before = " ".join(each.text for each in turns[:-1][-_TURNS:])
        context = InContext(own.text, before, leant_on=alone(turns[place], LONGEST).text)
        return self._in_context([own.own], [context])[0]

    def questions_of(self, turns: Sequence[Turn]) -> tuple[Asked, ...]:
        """Return the questions of the last turn that are asked by themselves; none if it is one question as a whole.

        A short turn after others is one follow-up.
        """
        text = turns[-1].text
        if len(turns) > 1 and len(text.split()) <= SHORT:
            return ()
        found = self.engine.finder.asked_of(turns[-1])
        return () if [each.words.text for each in found] == [text.strip()] else found

    def understood(self, turns: tuple[Turn, ...], questions: Sequence[Asked]) -> list[Read]:
        """Understand each question of a message; the last of some turns as a whole if it has none."""
        if not questions:
            return [self.read(turns)]
        if not self.engine.collection.asked_throughout:
            return [self._alone_or_with_near(each) for each in questions]
        message = turns[-1].text[: self.most]
        contexts = [InContext(q.words.text, message[: q.words.start], message[q.words.end :]) for q in questions]
        return self._in_context([each.read for each in questions], contexts)

    def _in_context(self, asked: Sequence[TurnSlice], contexts: Sequence[InContext]) -> list[Read]:
        return [self._judged(each) for each in self.engine.search_in_context(asked, contexts, self.settings)]

    def _alone_or_with_near(self, asked: Asked) -> Read:
        """Understand a question by itself, or with the words it may lean on, whichever is answered more likely."""
        readings = [(), asked.near] if asked.near else [()]
        return max((self._with(*near, asked.read) for near in readings), key=lambda read: read.likely)

    def _with(self, *parts: TurnSlice) -> Read:
        return self._judged(self.engine.search(Interpretation(parts), self.settings))


def stands_alone(text: str) -> bool:
    """Return whether the form of a turn shows that it needs no earlier one: long, a remark, or after a closed topic."""
    return len(text) > _FOLLOW_UP or is_remark(text) or new_topic(text) > 0


def last_question(turns: Sequence[Turn]) -> int | None:
    """Return the place of the last earlier turn that asks something; ``None`` if no turn does.

    Remarks are skipped, and so are statements ("I get that in bed") if another turn asks something.
    """
    asked = [
        i
        for i, turn in enumerate(turns[:-1])
        if turn.text.strip() and move_of(turn.text) is Move.ASKS and not is_remark(turn.text)
    ]
    return next((i for i in reversed(asked) if not states(turns[i].text)), asked[-1] if asked else None)


def times_more(turns: Sequence[Turn]) -> int:
    """Return how often the user asked for more of the last answer; 0 if the last turn is a new question."""
    previous = last_question(turns)
    if previous is None or move_of(turns[-1].text) is Move.ASKS:
        return 0
    return sum(move_of(turn.text) is Move.MORE for turn in turns[previous + 1 :])


def alone(turn: Turn, most: int, *, literal: bool = False) -> Interpretation:
    """Return the turn by itself, at most ``most`` characters; ``literal``: keep words that only lead in."""
    begin = 0 if literal else new_topic(turn.text) or lead_in(turn.text)
    return Interpretation((_slice(turn, begin, most) or TurnSlice(turn, 0, 0),))


def _slice(turn: Turn, begin: int, room: int) -> TurnSlice | None:
    """Return the first ``room`` characters from ``begin`` on; ``None`` if there is nothing, or no room."""
    found = _trimmed(turn, begin, len(turn.text))
    return replace(found, end=min(found.end, found.start + room)) if found and room > 0 else None


def _trimmed(turn: Turn, begin: int, end: int) -> TurnSlice | None:
    """Return the range without blanks at its ends; ``None`` if nothing is left."""
    inner = trim(turn.text, begin, end)
    return TurnSlice(turn, inner.start, inner.end) if inner else None
