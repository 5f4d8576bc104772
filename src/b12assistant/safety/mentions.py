"""The findings that one turn asserts, as heard in one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from b12assistant.answers import Turn, TurnSlice
from b12assistant.language.folding import Folded
from b12assistant.language.wording import Wordings
from b12assistant.safety.assertion import CueWordings, Onset, Reach, Reading, Standing
from b12assistant.safety.red_flags import Finding, FindingId, FindingKind
from b12assistant.safety.turn_parts import SHORT


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding that a turn asserts, and where. ``sentence``: its number in a long turn, 0 in a short one."""

    finding: FindingId
    onset: Onset
    place: TurnSlice
    sentence: int = 0

    def is_near(self, other: Mention) -> bool:
        """Return whether two findings may belong together: not if a long turn tells them sentences apart."""
        return self.place.turn != other.place.turn or abs(self.sentence - other.sentence) <= 1


@dataclass(frozen=True, slots=True)
class Sighting:
    """A finding in one reading of a turn, half-open in its folded text, and as it was typed, in whole words."""

    finding: Finding
    start: int
    end: int
    named: bool  # the finding is only mentioned, not reported
    counts: bool
    mention: Mention


class Heard:
    """One turn in one language: where findings occur and whether they are asserted."""

    def __init__(
        self,
        language: str,
        folded: Folded,
        findings: Sequence[Finding],
        filler: Wordings,
        cues: CueWordings,
        reach: Reach,
    ) -> None:
        text = folded.text
        self.language, self.folded, self.reading = language, folded, Reading(text, cues, reach)
        self._places = [
            (finding, *match.span(), named)
            for finding in findings
            for named, wordings in ((False, finding.said), (True, finding.named))
            for match in wordings.finditer(text)
        ]
        self._bare = _covers(folded, [place[1:3] for place in self._places] + [m.span() for m in filler.finditer(text)])

    def sightings(self, turn: Turn, *, claimed: bool) -> Iterator[Sighting]:
        """Yield what is found; ``claimed``: the words of another language say that it is about the writer."""
        for finding, start, end, named in self._places:
            only_named = named and not (self._bare or claimed)
            if finding.kind is FindingKind.REQUEST:
                counts = not self.reading.elsewhere(start) and (not only_named or self.reading.about_self(start))
            else:
                counts = self.reading.stance(start, end, named=only_named).standing is Standing.PRESENT
            covered = self.folded.covering(start, end)
            place = TurnSlice(turn, covered[0].start, covered[-1].end)
            sentence = self.reading.sentence(start) if len(self.folded.words) > SHORT else 0
            mention = Mention(finding.id, self.reading.onset(start), place, sentence)
            yield Sighting(finding, start, end, only_named, counts, mention)


def agreed(english: Sequence[Sighting], others: Sequence[Sighting]) -> Iterator[Mention]:
    """Yield what is asserted. Where a foreign lexicon matches the same place, its judgement wins."""
    places = [found.mention.place for found in others]
    for found in english:
        place = found.mention.place
        if found.counts and not any(place.start < p.end and p.start < place.end for p in places):
            yield found.mention
    yield from (found.mention for found in others if found.counts)


def _covers(folded: Folded, spans: Sequence[tuple[int, int]]) -> bool:
    """Return whether nothing is said besides ``spans``: someone who types only "chest pain" is taken to have it."""
    letters = list(folded.text)
    for start, end in spans:
        letters[start:end] = " " * (end - start)
    return not "".join(letters).strip(" .?,")
