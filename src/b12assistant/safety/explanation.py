"""Explain what triage decided, turn by turn: what was read, how it is meant, which rules fired, what memory did.

For operators and auditors: it shows ids, places and the user's own words, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from b12assistant.answers import Level
from b12assistant.safety.opinion import Opinion
from b12assistant.safety.triage import REMINDERS, Step
from b12assistant.safety.turn_parts import Heard, Sighting

Json = dict[str, Any]


def explain(steps: Iterable[Step]) -> list[Json]:
    """Return one object for each turn. ``why``: lines for a reader."""
    return [
        {
            "turn": step.turn.index,
            "text": step.turn.text,
            "why": list(_why(step)),
            "shown": [notice.text for notice in step.notices],
        }
        for step in steps
    ]


def lines(explanation: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the same as lines for a reader."""
    for turn in explanation:
        yield f"turn {turn['turn'] + 1}: {turn['text']}"
        yield from (f"  {line}" for line in turn["why"])
        yield f"  shown: {', '.join(turn['shown']) or 'no red flag'}"


def _why(step: Step) -> Iterator[str]:
    for heard, seen in step.reported.heard if step.reported else ():
        yield f"read ({heard.language}): {heard.folded.text}"
        yield from (f"  {_sighting(heard, each)}" for each in seen)
    standing = {notice.text for notice in step.told.standing}
    for rule, found in step.told.fired:
        names = ", ".join(dict.fromkeys(mention.finding for mention in found))
        aside = ", set aside" if rule.level is Level.EMERGENCY and rule.text not in standing else ""
        yield f"rule {rule.id} ({rule.level}, {rule.kind}): {names}{aside}"
    if step.reported and not step.told.fired:
        yield "no rule fired"
    if step.told.opinion:
        yield _opinion(step.told.opinion)
    yield f"memory: {_memory(step)}"


def _sighting(heard: Heard, seen: Sighting) -> str:
    """Say what was found, how it is meant, and whether it counts."""
    named = ", only named" if seen.named else ""
    counts = "" if seen.counts else "; does not count"
    found = heard.folded.text[seen.start : seen.end]
    return f"{seen.finding.id} ({found!r}): {seen.standing}{named}, onset {seen.mention.onset}{counts}"


def _opinion(opinion: Opinion) -> str:
    """Say what it concludes, and by which cut."""
    passed = opinion.passed
    sign = ">=" if passed.share >= passed.cut else "<"
    return f"{opinion.by}: {opinion.concern}, {passed.share:.2f} {sign} {passed.cut:.2f} ({passed.name})"


def _memory(step: Step) -> str:
    if step.reported is None:
        return "a control cleared what stood before"
    if step.withdrawn is not None:
        return "it takes back or softens what stood before"
    if step.notices == step.told.raised:
        return "nothing"
    if any(notice.text in REMINDERS for notice in step.notices):
        return "an earlier emergency stands; this turn does not lean on it"
    return "what an earlier turn called for is kept"
