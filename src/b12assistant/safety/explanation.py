"""Explain what triage decided, turn by turn: what was read, how it is meant, which rules fired, what memory did.

For operators and auditors: it shows ids, places and the user's own words, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from b12assistant.answers import TurnSlice
from b12assistant.safety.opinion import CONCERNS, Opinion
from b12assistant.safety.red_flags import FindingKind, Rule
from b12assistant.safety.triage import REMINDERS, Step
from b12assistant.safety.turn_parts import Heard, Mention, Sighting

Json = dict[str, Any]
_MEMORY: Final = {
    "cleared": "a control cleared what stood before",
    "withdrawn": "it takes back or softens what stood before",
    "kept": "what an earlier turn called for is kept",
    "reminded": "an earlier emergency stands; this turn does not lean on it",
    "nothing": "nothing",
}


def explain(steps: Iterable[Step]) -> list[Json]:
    """Return one object for each turn."""
    return [_turn(step) for step in steps]


def lines(explanation: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the same as lines for a reader."""
    for turn in explanation:
        yield f"turn {turn['turn'] + 1}: {turn['text']}"
        for read in turn["readings"]:
            yield f"  read ({read['language']}): {read['folded']}"
            yield from (f"    {_sighting_line(each)}" for each in read["findings"])
        for rule in turn["rules"]:
            aside = f", set aside by {turn['opinion']['by']}" if rule["set_aside"] else ""
            yield f"  rule {rule['rule']} ({rule['level']}, {rule['kind']}): {', '.join(rule['findings'])}{aside}"
        if turn["readings"] and not turn["rules"]:
            yield "  no rule fired"
        if turn["opinion"]:
            yield f"  {_opinion_line(turn['opinion'])}"
        yield f"  memory: {_MEMORY[turn['memory']]}"
        yield f"  shown: {', '.join(turn['shown']) or 'no red flag'}"


def _turn(step: Step) -> Json:
    heard = step.reported.heard if step.reported else ()
    return {
        "turn": step.turn.index,
        "text": step.turn.text,
        "readings": [
            {
                "language": each.language,
                "folded": each.folded.text,
                "findings": [_sighting(each, found) for found in seen],
            }
            for each, seen in heard
        ],
        "leans": step.reported is not None and step.reported.leans,
        "rules": [_rule(rule, found, step) for rule, found in step.fired],
        "opinion": _opinion(step.opinion) if step.opinion else None,
        "memory": _memory(step),
        "shown": [notice.text for notice in step.notices],
    }


def _sighting(heard: Heard, seen: Sighting) -> Json:
    """Return its JSON; a request, always asked, has null ``standing`` and ``cue``."""
    request = seen.finding.kind is FindingKind.REQUEST
    stance = None if request else heard.reading.stance(seen.start, seen.end, named=seen.named)
    return {
        "finding": seen.finding.id,
        "kind": seen.finding.kind,
        "folded": heard.folded.text[seen.start : seen.end],
        "start": seen.mention.place.start,
        "end": seen.mention.place.end,
        "named_only": seen.named,
        "standing": stance.standing if stance else None,
        "cue": stance.cue if stance else None,
        "cue_words": [heard.folded.text[start:end] for start, end in stance.words] if stance else [],
        "onset": seen.mention.onset,
        "counts": seen.counts,
    }


def _rule(rule: Rule, found: Iterable[Mention], step: Step) -> Json:
    return {
        "rule": rule.id,
        "level": rule.level,
        "kind": rule.kind,
        "text_id": rule.text,
        "origin": rule.origin,
        "set_aside": rule.text in {notice.text for notice in step.set_aside},
        "findings": list(dict.fromkeys(mention.finding for mention in found)),
        "evidence": [{"turn": m.place.turn.index, "start": m.place.start, "end": m.place.end} for m in found],
    }


def _opinion(opinion: Opinion) -> Json:
    """Return its JSON. ``passed``: the cut passed, or the last one missed. ``parts``: every part with its shares."""
    return {
        "by": opinion.by,
        "concern": opinion.concern,
        "passed": asdict(opinion.passed) if opinion.passed else None,
        "evidence": _slice(opinion.evidence) if opinion.evidence else None,
        "parts": [
            {
                **_slice(each.place),
                "decides": each.decides,
                "shares": dict(zip(CONCERNS, each.shares, strict=True)),
                "because": list(each.because),
            }
            for each in opinion.judged
        ],
    }


def _slice(place: TurnSlice) -> Json:
    return {"start": place.start, "end": place.end, "text": place.text}


def _memory(step: Step) -> str:
    if step.reported is None:
        return "cleared"
    if step.withdrawn is not None:
        return "withdrawn"
    if step.notices == step.own:
        return "nothing"
    return "reminded" if any(notice.text in REMINDERS for notice in step.notices) else "kept"


def _opinion_line(opinion: Mapping[str, Any]) -> str:
    """Say what it concludes, by which cut, and the part that speaks most for it."""
    passed = opinion["passed"]
    line = f"{opinion['by']}: {opinion['concern']}"
    if passed:
        sign = ">=" if passed["share"] >= passed["cut"] else "<"
        line += f", {passed['share']:.2f} {sign} {passed['cut']:.2f} ({passed['name']})"
    if opinion["evidence"] is None:
        return line
    place = (opinion["evidence"]["start"], opinion["evidence"]["end"])
    spoke = [each for each in opinion["parts"] if (each["start"], each["end"]) == place]
    best = max(spoke, key=lambda each: each["shares"][opinion["concern"]])
    because = f", because of {', '.join(map(repr, best['because']))}" if best["because"] else ""
    return f"{line}, most of all {best['text']!r}{because}"


def _sighting_line(seen: Mapping[str, Any]) -> str:
    how = "asked for" if seen["standing"] is None else seen["standing"]
    cue = f", by {seen['cue']} ({', '.join(map(repr, seen['cue_words']))})" if seen["cue"] else ""
    named = ", only named" if seen["named_only"] else ""
    counts = "" if seen["counts"] else "; does not count"
    return f"{seen['finding']} ({seen['folded']!r}): {how}{cue}{named}, onset {seen['onset']}{counts}"
