"""Understand the last turn of a conversation: the questions it asks, and how each is read.

A complete question is searched as it stands, without small talk. A turn that leans on earlier ones, and each question
of a letter, is read in its context (`context.py`), and searched, judged and shown as the question of the library
nearest to what it means (`docs/decisions/07-conversation.md`). Over a corpus that asks little of its sentences there is
no such question: it is searched by what it means, and with the words before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from b12assistant.answering.asked import LONGEST, SHORT
from b12assistant.answering.engine import Engine
from b12assistant.answering.found import Found
from b12assistant.answering.signals import Calibration
from b12assistant.answering.turn_forms import is_remark, lead_in, move_of, new_topic, sign_off, states
from b12assistant.answers import Interpretation, Move, Turn, TurnSlice
from b12assistant.language.words import ENGLISH, has_word, language, trim

_TURNS = 3  # earlier ones that are read with a turn
_FOLLOW_UP = 300  # characters, at most


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is read. ``least``: the confidence from which it is answered.

    ``words``: those that ask, of a message that asks several questions or asks inside a story. ``core``: the words that
    ask, in the context of the others, of a short message that also tells something.
    """

    read_as: Interpretation
    least: float
    words: TurnSlice | None = None
    core: Interpretation | None = None


@dataclass(frozen=True)
class Thread:
    """Reads the last of some turns. ``most``: characters that are searched."""

    engine: Engine
    calibration: Calibration
    most: int

    def as_typed(self, turn: Turn) -> Question:
        """Read the turn by itself, with every word of it."""
        own = alone(turn, self.most, literal=True)
        return Question(Interpretation(own), self.calibration.least(own.text))

    def questions(self, turns: tuple[Turn, ...]) -> list[Question]:
        """Return the questions of the last turn, also those that are not searched; the turn as a whole if it is one.

        A short turn after others is one follow-up.
        """
        turn = turns[-1]
        if len(turns) > 1 and len(turn.text.split()) <= SHORT:
            return [self.whole(turns)]
        found = self.engine.finder.asked_of(turn)
        if [each.text for each in found] == [turn.text.strip()]:
            return [self.whole(turns)]
        return [self._part(each) for each in found]

    def found(self, question: Question, most: int) -> Found:
        """Pass a question from its query to at most ``most`` candidate quotes, judged."""
        sought = self.engine.sought(question.read_as, question.core)
        hits = self.engine.candidates(sought)
        windows = self.engine.windows(sought, hits, most)
        windows = self.engine.reread(sought, hits, windows, alone=question.words is None)
        return self.engine.judged(sought, hits, windows, self.calibration, question.least)

    def whole(self, turns: tuple[Turn, ...]) -> Question:
        """Read the last of some turns as one question: the last one of a long message."""
        turn, place = turns[-1], last_question(turns)
        if place is not None and (move := move_of(turn.text)) is not Move.ASKS:
            again = self.whole(turns[: place + 1])
            return replace(again, read_as=replace(again.read_as, move=move))
        if len(turn.text.split()) > SHORT:
            last = self.engine.finder.asked_of(turn)[-1]
            if last.text != turn.text.strip():
                return replace(self._part(last), least=self.calibration.least(turn.text), words=None)
        own = alone(turn, self.most)
        if place is None or stands_alone(turn.text) or not self.engine.leans(turn.text):
            return self._alone(own)
        earlier = [turns[place] for place in _telling(turns)[-_TURNS:]]
        context = tuple(TurnSlice(each, 0, len(each.text)) for each in earlier)
        return self._read(Interpretation(own, context), self.calibration.message)

    def _alone(self, whole: TurnSlice) -> Question:
        """Read a short message by itself, without small talk beside a question that leans on nothing."""
        asking = self.engine.finder.asking(whole.turn) if language() == ENGLISH else ()
        if len(asking) != 1 or not whole.overlaps(asking[0]):
            return self._read(Interpretation(whole), self.calibration.least(whole.text))
        core = replace(asking[0], start=max(asking[0].start, whole.start), end=min(asking[0].end, whole.end))
        around = _around(core, whole)
        if around and not self.engine.leans(core.text) and all(self.engine.is_small_talk(each.text) for each in around):
            return self._read(Interpretation(core), self.calibration.least(core.text))
        read = self._read(Interpretation(whole), self.calibration.least(whole.text))
        return replace(read, core=self.engine.readings.replaced(Interpretation(core, around))) if around else read

    def _part(self, asked: TurnSlice) -> Question:
        """Read a question of a message in its context. Of a text without full stops only the beginning is searched."""
        context = _around(asked, TurnSlice(asked.turn, 0, min(len(asked.turn.text), self.most)))
        own = replace(asked, end=min(asked.end, asked.start + LONGEST))
        return self._read(Interpretation(own, context), self.calibration.message, asked)

    def _read(self, read_as: Interpretation, least: float, words: TurnSlice | None = None) -> Question:
        """Read a question in the words of the sources."""
        return Question(self.engine.readings.replaced(read_as), least, words)


def _around(part: TurnSlice, whole: TurnSlice) -> tuple[TurnSlice, ...]:
    """Return what stands before and after a part of some words, if that has words."""
    text = part.turn.text
    around = trim(text, whole.start, part.start), trim(text, part.end, whole.end)
    return tuple(
        TurnSlice(part.turn, each.start, each.end) for each in around if each and has_word(text[each.start : each.end])
    )


def stands_alone(text: str) -> bool:
    """Return whether the form of a turn shows that it needs no earlier one: long, a remark, or after a closed topic."""
    return len(text) > _FOLLOW_UP or is_remark(text) or new_topic(text) > 0


def last_question(turns: Sequence[Turn]) -> int | None:
    """Return the place of the last earlier turn that asks something; ``None`` if no turn does.

    Remarks are skipped, and so are statements ("I get that in bed") if another turn asks something.
    """
    asked = _telling(turns)
    return next((i for i in reversed(asked) if not states(turns[i].text)), asked[-1] if asked else None)


def _telling(turns: Sequence[Turn]) -> list[int]:
    """Return the places of the earlier turns that ask or state something: remarks, and asking for more, do not."""
    return [
        i
        for i, turn in enumerate(turns[:-1])
        if turn.text.strip() and move_of(turn.text) is Move.ASKS and not is_remark(turn.text)
    ]


def times_more(turns: Sequence[Turn]) -> int:
    """Return how often the user asked for more of the last answer; 0 if the last turn is a new question."""
    previous = last_question(turns)
    if previous is None or move_of(turns[-1].text) is Move.ASKS:
        return 0
    return sum(move_of(turn.text) is Move.MORE for turn in turns[previous + 1 :])


def alone(turn: Turn, most: int, *, literal: bool = False) -> TurnSlice:
    """Return the turn by itself, at most ``most`` characters; ``literal``: keep words that only lead in or sign off."""
    begin = 0 if literal else new_topic(turn.text) or lead_in(turn.text)
    end = len(turn.text) if literal or language() != ENGLISH else sign_off(turn.text, begin)
    own = trim(turn.text, begin, end)
    return TurnSlice(turn, own.start, min(own.end, own.start + most)) if own else TurnSlice(turn, 0, 0)
