"""Find what the last turn may mean, given the earlier ones: readings built from the user's words and words shown.

A complete turn has one reading. One that leans has several: alone; after the last question; with the subject of an
earlier question in place of its pronoun; in place of words of the last question ("and tablets?" after "How often
are injections given?"). `thread.py` chooses among them. A reading uses only slices, never new words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from b12assistant.answering import turn_forms
from b12assistant.answers import Interpretation, Move, Replacement, Turn, TurnSlice
from b12assistant.language.sentences import trim
from b12assistant.language.words import terms

_MOST_QUESTIONS = 2  # earlier ones that are read with a turn


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
    place = TurnSlice(own.turn, own.start + pronoun[0], own.start + pronoun[1])
    return in_place(Interpretation((own,)), place, subject)


_PHRASE_END = re.compile(r"[,;:?!()]|\.\s|\s[–—-]\s")
_WORD = re.compile(r"[^\W_]+(?:['’\-‐‑][^\W_]+)*")


def phrase_of(own: TurnSlice) -> TurnSlice | None:
    """Return the words of a turn without a verb that can replace others; ``None`` if it asks a question."""
    begin = turn_forms.opening(own.text)
    if begin is None:
        return None
    end = _PHRASE_END.search(own.text, begin)
    found = [word for word in _WORD.finditer(own.text, begin, end.start() if end else len(own.text)) if terms(word[0])]
    if not found:
        return None
    return TurnSlice(own.turn, own.start + found[0].start(), own.start + found[-1].end())


def replaceable(previous: Interpretation) -> Iterator[TurnSlice]:
    """Yield runs of one to three words of an earlier question that another topic may replace."""
    for part in previous.parts:
        words = [(word, bool(terms(word[0]))) for word in _WORD.finditer(part.text)]
        for i, (first, names) in enumerate(words):
            for last, last_names in words[i : i + 3]:
                if not last_names or not names or _PHRASE_END.search(part.text, first.start(), last.start()):
                    break
                yield TurnSlice(part.turn, part.start + first.start(), part.start + last.end())


def in_place(previous: Interpretation, place: TurnSlice, phrase: TurnSlice) -> Interpretation:
    """Return the earlier question with the phrase in place of some of its words."""
    parts: list[TurnSlice] = []
    for part in previous.parts:
        if part.holds(place):
            before = _trimmed(part.turn, part.start, place.start)
            after = _trimmed(part.turn, place.end, part.end)
            parts += [each for each in (before, phrase, after) if each]
        else:
            parts.append(part)
    return Interpretation(tuple(parts), (Replacement(place, phrase),), as_one=True)


def _slice(turn: Turn, begin: int, room: int) -> TurnSlice | None:
    """Return the first ``room`` characters from ``begin`` on; ``None`` if there is nothing, or no room."""
    found = _trimmed(turn, begin, len(turn.text))
    return replace(found, end=min(found.end, found.start + room)) if found and room > 0 else None


def _trimmed(turn: Turn, begin: int, end: int) -> TurnSlice | None:
    """Return the range without blanks at its ends; ``None`` if nothing is left."""
    inner = trim(turn.text, begin, end)
    return TurnSlice(turn, inner.start, inner.end) if inner else None
