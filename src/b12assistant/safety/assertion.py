"""Decide what a writer says of a sign: has it, does not have it, had it, asks about it, or speaks of someone else's.

After ConText (Harkema and others, 2009): cues with a direction and a reach, ended by the next clause. If nothing speaks
against a sign, it is present: that error is the safer one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from b12assistant.data_files import read_data
from b12assistant.language.folding import fold
from b12assistant.language.wording import Names, Wordings

FILE: Final = "assertion.toml"


NEAR: Final = 5  # words a plain "not" goes
FAR: Final = 10  # words a "no …, … or …" goes
KINDS: Final = (  # of cues
    "clause",  # a new clause begins here
    *("not_a_denial", "denied_near", "denied_far", "denied_after"),
    *("past", "past_tense", "present_tense", "resolved", "still"),
    *("asked", "hypothetical"),
    *("self", "impersonal", "care", "stranger"),
    *("fiction", "figure"),
    *("confirmed", "now", "sudden", "slow"),
)
CueWordings = Mapping[str, Wordings]  # one pattern for each kind of cue, over folded text


Ranges = tuple[tuple[int, int], ...]
Found = dict[str, Ranges]  # of each kind of cue that is there: most stretches of a long text have next to none


@dataclass(frozen=True, slots=True)
class Stretch:
    """A sentence or clause, from ``start`` in folded text to the next one, with the cues found in it."""

    start: int
    found: Found

    def of(self, kind: str) -> Ranges:
        return self.found.get(kind, ())

    def has(self, *kinds: str) -> bool:
        return any(map(self.found.get, kinds))


class Reading:
    """A folded text cut into sentences and clauses, with its cues: made once, used for every sign found in it."""

    def __init__(self, text: str, cues: CueWordings) -> None:
        self._text = text
        found = {kind: wordings.spans(text) for kind, wordings in cues.items()}
        found["self"] = tuple(span for span in found["self"] if not _inside(span, found["impersonal"]))
        self._sentences = _stretches(len(text), [match.end() for match in SENTENCE_END.finditer(text)], found)
        cuts = sorted({s.start for s in self._sentences} | {start for start, _ in found["clause"]})
        self._clauses = _stretches(len(text), cuts, found)
        self._confirmed = max((start for start, _ in found["confirmed"]), default=-1)
        self._fiction = found["fiction"]
        self._impersonal = not any(map(found.get, ("self", "care", "now", "sudden", "slow")))

    def asserts(self, start: int, end: int, *, named: bool) -> bool:
        """Return whether the sign at ``[start, end)`` is there, and the writer's. ``named``: its words only name it."""
        sentence, clause = _at(self._sentences, start), _at(self._clauses, start)
        mine = clause.has("self", "care")
        now = clause.has("now") or (sentence.has("now") and not clause.has("past"))
        acute = now or clause.has("sudden")
        confirmed = self._confirmed > end
        beside = any(start <= cue[1] + 1 and cue[0] < end for cue in clause.of("self"))  # "I" belongs to the sign
        own = confirmed or (mine and acute) or beside or (clause.has("self") and not clause.has("fiction"))
        if clause.has("figure") or (sentence.has("fiction") and not own) or (self._told(start) and not confirmed):
            return False
        if self._denied(clause, start, end):
            return False
        told = sentence.has("past") and clause.has("past_tense") and not clause.has("present_tense")
        past = told or clause.has("past", "resolved")
        if past and (clause.has("resolved") or not now) and not clause.has("still"):
            return False
        if confirmed:
            return True
        asked = (clause.has("asked") and not (mine or now)) or (sentence.has("asked") and self._impersonal)
        if asked or (clause.has("hypothetical") and not now):
            return False
        if any(not start <= cue[0] < end for cue in clause.of("stranger")) and not mine:
            return False
        return not named or mine or acute or sentence.has("self", "care", "slow")

    def onset(self, start: int) -> str:
        """Return whether the clause says sudden or slow, or else its sentence, or else the neighbouring ones."""
        position = _position(self._sentences, start)
        beside = self._sentences[max(0, position - 1) : position + 2]
        for stretches in ([_at(self._clauses, start)], [self._sentences[position]], beside):
            for kind in ("sudden", "slow"):
                if any(stretch.has(kind) for stretch in stretches):
                    return kind
        return "unstated"

    def sentence(self, start: int) -> int:
        """Return the number of the sentence that holds ``start``, from 0."""
        return _position(self._sentences, start)

    def _denied(self, clause: Stretch, start: int, end: int) -> bool:
        for kind, words in (("denied_far", FAR), ("denied_near", NEAR)):
            for cue_start, cue_end in clause.of(kind):
                excused = any(s < cue_end and cue_start < e for s, e in clause.of("not_a_denial"))
                if cue_start < start and not excused and self._text.count(" ", cue_end, start) <= words:
                    return True
        after = (cue[0] for cue in clause.of("denied_after"))
        return any(end <= at and self._text.count(" ", end, at) <= NEAR for at in after)

    def _told(self, start: int) -> bool:
        """Return whether the text is a story, a lesson or a joke, and the sentence neither the writer's nor acute."""
        position = _position(self._sentences, start)
        acute = any(s.has("sudden") for s in self._sentences[max(0, position - 1) : position + 2])
        sentence = self._sentences[position]
        return bool(self._fiction) and not acute and not sentence.has("self", "now")


def load_cues(names: Names) -> CueWordings:
    """Read the cues that ship with the package; ``names``: with the lists of words their wordings may use."""
    data = read_data("red_flags", FILE)["cues"]
    return {kind: Wordings(data[kind], names, f"{FILE}, {kind}") for kind in KINDS}


DENIALS: Final = ("signs", "denied", "no_harm", "said")  # the steps in which a denial is recognised
MARKS: Final = "\ue000\ue001\ue002"  # what the words found in a step stand as in the next


@lru_cache(256)
def without_denied(text: str) -> str:
    """Return the text with blanks in the place of clauses that only deny: they raise nothing."""
    *steps, clauses = _denials()
    folded = fold(text)
    marked, letters = folded.text, list(text)
    for mark, step in zip(MARKS, steps, strict=True):
        for start, end in step.spans(marked):
            marked = f"{marked[:start]}{mark * (end - start)}{marked[end:]}"
    for span in clauses.spans(marked):
        words = folded.covering(*span)
        letters[words[0].start : words[-1].end] = " " * (words[-1].end - words[0].start)
    return "".join(letters)


@cache
def _denials() -> list[Wordings]:
    """Read the wordings of denials, each over the text with the words of those before it marked."""
    data = read_data("red_flags", FILE)["denial"]
    return [Wordings(data[step], data["names"], f"{FILE}, {step}", ()) for step in DENIALS]


SENTENCE_END: Final = re.compile(r"(?<!\S)[.?](?!\S)")
LONGEST: Final = 400  # characters of a clause: after that the writer has moved on


def _inside(span: tuple[int, int], others: tuple[tuple[int, int], ...]) -> bool:
    """Return whether ``span`` is inside one of ``others``, which are in order."""
    position = bisect_right(others, span[0], key=lambda other: other[0]) - 1
    return position >= 0 and span[1] <= others[position][1]


def _stretches(length: int, cuts: list[int], found: Found) -> tuple[Stretch, ...]:
    """Cut at ``cuts``, in order, and wherever a stretch is too long; cues go to the stretch they start in."""
    starts = [0]
    for cut in [*cuts, length]:
        starts.extend(range(starts[-1] + LONGEST, cut, LONGEST))
        if cut > starts[-1] and cut < length:
            starts.append(cut)
    stretches = tuple(Stretch(start, {}) for start in starts)
    for kind, spans in found.items():
        for span in spans:
            share = stretches[bisect_right(starts, span[0]) - 1].found
            share[kind] = (*share.get(kind, ()), span)
    return stretches


def _position(stretches: tuple[Stretch, ...], offset: int) -> int:
    return bisect_right(stretches, offset, key=lambda stretch: stretch.start) - 1


def _at(stretches: tuple[Stretch, ...], offset: int) -> Stretch:
    return stretches[_position(stretches, offset)]
