"""A turn as the models and the rules read it: its folded words, its sentences, its cues, and the findings it asserts.

Each sentence is judged by itself, and together with its neighbours: a "years ago" may be next to the sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from b12assistant.answers import Turn, TurnSlice
from b12assistant.language.folding import Folded
from b12assistant.language.wording import STOPS, Wordings
from b12assistant.safety.assertion import KINDS, CueWordings, Reading
from b12assistant.safety.opinion import Beside
from b12assistant.safety.red_flags import Finding, FindingId, FindingKind, Findings

SHORT: Final = 40  # words and marks of a turn that is judged as a whole
LONGEST: Final = 32  # words and marks of a sentence; a longer one is read in parts that overlap by half
FEWEST: Final = 3  # words and marks of a sentence; a shorter one is read with the one before
MOST_SENTENCES: Final = 200  # of a turn that are judged


class TurnPart(NamedTuple):
    """Words ``[start, end)`` of a folded turn."""

    start: int
    end: int


@dataclass(frozen=True)
class TurnReading:
    """A folded turn. ``context``: the text to read before it; empty if it is read alone."""

    folded: Folded
    context: str
    cue_wordings: CueWordings

    @property
    def whole(self) -> TurnPart:
        return TurnPart(0, len(self.folded.words))

    def words(self, part: TurnPart) -> tuple[str, ...]:
        return tuple(word.text for word in self.folded.words[part.start : part.end])

    def letters(self, part: TurnPart) -> tuple[int, int]:
        """Return where the part is in the folded text, half-open."""
        last = part.end - 1
        return self.folded.offsets[part.start], self.folded.offsets[last] + len(self.folded.words[last].text)

    def cues(self, part: TurnPart) -> Iterator[str]:
        """Yield the kinds of cues that begin in ``part``."""
        start, end = self.letters(part)
        for kind in KINDS[1:]:  # all but the beginnings of clauses
            if any(start <= at < end for at, _ in self.cue_wordings[kind].spans(self.folded.text)):
                yield kind

    def part_of(self, start: int, end: int) -> TurnPart | None:
        """Return the words of the turn that begin in ``[start, end)``; none if there is none."""
        own = [at for at, word in enumerate(self.folded.words) if start <= word.start < end and word.text not in STOPS]
        return TurnPart(own[0], own[-1] + 1) if own else None


class PartText(NamedTuple):
    """A part of a turn, where it starts there, and what stands beside it."""

    text: str
    start: int = 0
    beside: Beside = ("", "")

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def parts_told(text: str, folded: Folded) -> list[PartText]:
    """Return each sentence or line of a text, and each run of them that is short enough to be judged as a whole.

    A line that is repeated comes once. ``folded``: of the text.
    """
    lines = frozenset(
        at for at, (word, later) in enumerate(pairwise(folded.words), 1) if "\n" in text[word.end : later.start]
    )
    sentences = tuple(sentences_of(folded, lines))[:MOST_SENTENCES]
    parts: dict[str, PartText] = {}
    for first, sentence in enumerate(sentences):
        before = sentences[max(0, first - 1)].start
        for last, other in enumerate(sentences[first:], first):
            if last > first and other.end - sentence.start > SHORT:
                break
            after = sentences[min(last + 1, len(sentences) - 1)].end
            start, part = folded.words[sentence.start].start, unended(text[: folded.words[other.end - 1].end])
            beside = text[folded.words[before].start : start], unended(text[len(part) : folded.words[after - 1].end])
            parts.setdefault(part[start:], PartText(part[start:], start, beside))
    return list(parts.values())


def unended(text: str) -> str:
    """Return the text without its last full stop: whether one is typed must change nothing."""
    return text.rstrip(" .!")


def sentences_of(folded: Folded, ends: frozenset[int] = frozenset()) -> Iterator[TurnPart]:
    """Yield the sentences that hold a word; one of fewer than `FEWEST` words goes with the one before.

    ``ends``: where lines end, which end a sentence too.
    """
    cuts = [0]
    for at, word in enumerate(folded.words, start=1):
        if (word.text in (".", "?") or at in ends) and at - cuts[-1] >= FEWEST:
            cuts.append(at)
    if len(cuts) > 1 and len(folded.words) - cuts[-1] < FEWEST:
        cuts.pop()
    for start, end in zip(cuts, [*cuts[1:], len(folded.words)], strict=True):
        yield from _overlapping(folded, start, end)


def _overlapping(folded: Folded, start: int, end: int) -> Iterator[TurnPart]:
    """Yield ``[start, end)``, or parts of it that overlap by half; nothing if it holds no word."""
    if all(word.text in STOPS for word in folded.words[start:end]):
        return
    while end - start > LONGEST:
        yield TurnPart(start, start + LONGEST)
        start += LONGEST // 2
    yield TurnPart(start, end)


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding that a turn asserts, and where. ``sentence``: its number in a long turn, 0 in a short one."""

    finding: FindingId
    onset: str
    place: TurnSlice
    sentence: int = 0

    def is_near(self, other: Mention) -> bool:
        """Return whether two findings may belong together: not if a long turn tells them sentences apart."""
        return self.place.turn != other.place.turn or abs(self.sentence - other.sentence) <= 1


class Sighting(NamedTuple):
    """A finding in one reading of a turn. ``counts``: it is asserted."""

    finding: Finding
    mention: Mention
    counts: bool


def sightings(
    turn: Turn, begins: int, folded: Folded, findings: Findings, filler: Wordings, cues: CueWordings
) -> Iterator[Sighting]:
    """Yield what is found in a part of a turn in one language, and whether it is asserted.

    ``begins``: where the part does, of which ``folded`` is made.
    """
    text = folded.text
    places = list(findings.places(text))
    letters = list(text)
    for start, end in (*(place[1:3] for place in places), *(match.span() for match in filler.finditer(text))):
        letters[start:end] = " " * (end - start)
    is_bare = not "".join(letters).strip(" .?,")  # someone who types only "chest pain" is taken to have it
    reading = Reading(text, cues)
    for finding, start, end, named in places:
        is_request = finding.kind is FindingKind.REQUEST  # it is itself a question
        covered = folded.covering(start, end)
        place = TurnSlice(turn, begins + covered[0].start, begins + covered[-1].end)
        sentence = reading.sentence(start) if len(folded.words) > SHORT else 0
        mention = Mention(finding.id, reading.onset(start), place, sentence)
        yield Sighting(finding, mention, is_request or reading.asserts(start, end, named=named and not is_bare))
