"""One turn read in one language: where findings stand in it, and which of them it asserts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from b12assistant.answers import Turn, TurnSlice
from b12assistant.language.folding import Folded
from b12assistant.language.wording import Wordings
from b12assistant.safety.assertion import Cues, Onset, Reach, Reading, Standing
from b12assistant.safety.red_flags import Finding, FindingId, FindingKind


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding that a turn asserts, and where."""

    finding: FindingId
    onset: Onset
    place: TurnSlice


@dataclass(frozen=True, slots=True)
class Sighting:
    """A finding in one reading of a turn, half-open in its folded text."""

    finding: Finding
    start: int
    end: int
    named: bool  # its words name it, and nothing else says that it is there
    counts: bool


class Heard:
    """One turn in one language: where the findings of that language stand in it, and how they are meant."""

    def __init__(
        self,
        language: str,
        folded: Folded,
        findings: Sequence[Finding],
        filler: Wordings,
        cues: Cues,
        reach: Reach,
    ) -> None:
        text = folded.text
        self.language = language
        self.folded = folded
        self.reading = Reading(text, cues, reach)
        self.places = [
            (finding, *match.span(), named)
            for finding in findings
            for named, wordings in ((False, finding.said), (True, finding.named))
            for match in wordings.finditer(text)
        ]
        self._bare = _covers(folded, [place[1:3] for place in self.places] + [m.span() for m in filler.finditer(text)])

    def sightings(self, *, claimed: bool) -> Iterator[Sighting]:
        """What stands there; ``claimed``: the words of another language say that it is about the writer."""
        for finding, start, end, named in self.places:
            only_named = named and not (self._bare or claimed)
            counts = _counts(finding, self.reading, start, end, named=only_named)
            yield Sighting(finding, start, end, only_named, counts)

    def mention(self, sighting: Sighting, turn: Turn) -> Mention:
        """The sighting in the turn as it was typed, from its first word to its last."""
        covered = self.folded.covering(sighting.start, sighting.end)
        place = TurnSlice(turn, covered[0].start, covered[-1].end)
        return Mention(sighting.finding.id, self.reading.onset(sighting.start), place)


def agreed(seen: Sequence[tuple[Heard, Sequence[Sighting]]], turn: Turn) -> Iterator[Mention]:
    """What is asserted. ``seen``: English first; words that another language reads as well are judged by that one."""
    english, others = seen[0], seen[1:]
    places = [heard.mention(found, turn).place for heard, all_found in others for found in all_found]
    for found in english[1]:
        mention = english[0].mention(found, turn)
        if found.counts and not any(mention.place.start < p.end and p.start < mention.place.end for p in places):
            yield mention
    for heard, all_found in others:
        yield from (heard.mention(found, turn) for found in all_found if found.counts)


def _covers(folded: Folded, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether nothing is said beside ``spans``: who types only "chest pain" is taken to have it."""
    open_from = 0
    for start, end in sorted(spans):
        if folded.text[open_from:start].strip(" .?,"):
            return False
        open_from = max(open_from, end)
    return not folded.text[open_from:].strip(" .?,")


def _counts(finding: Finding, reading: Reading, start: int, end: int, *, named: bool) -> bool:
    if finding.kind is FindingKind.REQUEST:
        return not reading.elsewhere(start) and (not named or reading.about_self(start))
    return reading.standing(start, end, named=named) is Standing.PRESENT
