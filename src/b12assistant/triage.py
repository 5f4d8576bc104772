"""Triage: which fixed text, if any, comes before anything else. A safety notice chosen by rule; it assesses nobody.

It reads the user's turns alone: no encoder, no index, no earlier answer. Order of work: fold the words, recognise
findings, resolve how each is asserted, decide by table, then remember what earlier turns said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from b12assistant.answers import FlagKind, Level, Notice, NoticeKind, TextId, Triage, Turn, TurnSlice
from b12assistant.assertion import Cues, Onset, Reach, Reading, Standing, load_cues
from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError
from b12assistant.fixed_texts import load_fixed_texts
from b12assistant.folding import Folded, fold
from b12assistant.red_flags import Finding, FindingId, FindingKind, RedFlags, Rule, load_red_flags
from b12assistant.spelling import Spelling, load_spelling

REMINDER: Final = TextId("reminder")
LEANING: Final = 16  # words a turn has at most that leans on the one before by a pronoun
ENDS: Final = frozenset(".?,")


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything triage knows, checked as a whole."""

    red_flags: RedFlags
    cues: Cues
    reach: Reach
    spelling: Spelling
    controls: frozenset[str]  # the two user turns that clear a flag, word for word


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding that a turn asserts, and where."""

    finding: FindingId
    onset: Onset
    place: TurnSlice


@dataclass(frozen=True, slots=True)
class Reported:
    """What one turn says: the findings it asserts, and all that it touches on in any way."""

    mentions: tuple[Mention, ...]
    touched: frozenset[str]  # findings by id, parts of the body by name
    leans: bool


@dataclass(frozen=True, slots=True)
class Course:
    """What is remembered from turn to turn, until a control clears it."""

    said: tuple[Mention, ...] = ()
    active: tuple[Notice, ...] = ()  # the emergency notices that stand
    concerned: frozenset[str] = frozenset()  # what the flagged turns touched on
    latest: tuple[Notice, ...] = ()  # the notices of the turn before
    apart: bool = False  # the turn before did not lean on the flagged one
    flagged: bool = False  # a control has something to answer


def load_rules() -> Rules:
    """The rules that ship with the package; that they fit together is checked here, once."""
    red_flags, texts = load_red_flags(), load_fixed_texts()
    wanted = {rule.text for rule in red_flags.rules} | {REMINDER, *red_flags.memory.controls}
    if missing := sorted(wanted - set(texts)):
        raise ConfigError(f"rules refer to missing texts: {', '.join(missing)}", hint=HINT)
    cues, reach = load_cues(red_flags.names)
    controls = frozenset(texts[name].text for name in red_flags.memory.controls)
    return Rules(red_flags, cues, reach, load_spelling(red_flags.vocabulary), controls)


@lru_cache(maxsize=1)
def _controls() -> frozenset[str]:
    return load_rules().controls


def is_control(turn_text: str) -> bool:
    """Whether a user turn is one of the two control sentences, word for word."""
    return turn_text.strip() in _controls()


class Triager:
    """Judges the last turn, given the earlier ones."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def __call__(self, turns: Sequence[Turn]) -> Triage:
        """The notices for the last turn, most serious first; never raises on any text."""
        course = Course()
        notices: tuple[Notice, ...] = ()
        for turn in turns:
            if turn.text.strip() in self._rules.controls:
                course, notices = _cleared(course)
            else:
                course, notices = self._follow(course, self._report(turn))
        return Triage(notices)

    def _follow(self, course: Course, reported: Reported) -> tuple[Course, tuple[Notice, ...]]:
        """One turn further."""
        said = (*course.said, *reported.mentions)
        own = frozenset(reported.mentions)
        decided = [
            (rule, found) for rule, found in _decide(self._rules.red_flags.rules, said) if not own.isdisjoint(found)
        ]
        notices = _notices(decided)
        emergency = _is_emergency(notices)
        leans = self._leans(course, reported)
        if emergency:
            kept = _merged(notices, tuple(notice for notice in course.active if _is_self_harm(notice)))
            course = replace(course, active=kept, concerned=course.concerned | reported.touched, flagged=True)
            notices = kept
        elif any(_is_self_harm(notice) for notice in course.active) or (course.active and leans):
            notices = course.active
        elif course.active:
            notices = (_reminder(), *notices)
        elif leans and not notices:
            notices = course.latest
        apart = bool(course.active) and not _is_emergency(notices)
        return replace(course, said=said, latest=notices, apart=apart), notices

    def _leans(self, course: Course, reported: Reported) -> bool:
        """A turn leans on a flag by its findings, or by pronouns while the turn before still was about it."""
        return not course.concerned.isdisjoint(reported.touched) or (reported.leans and not course.apart)

    def _report(self, turn: Turn) -> Reported:
        folded = fold(turn.text, self._rules.spelling.correct)
        reading = Reading(folded.text, self._rules.cues, self._rules.reach)
        memory = self._rules.red_flags.memory
        places = [
            (finding, *place) for finding in self._rules.red_flags.findings for place in _places(finding, folded.text)
        ]
        bare = _covers(
            folded, [place[1:3] for place in places] + [m.span() for m in memory.filler.finditer(folded.text)]
        )
        mentions = tuple(
            Mention(finding.id, reading.onset(start), TurnSlice(turn, *_original(folded, start, end)))
            for finding, start, end, named in places
            if _counts(finding, reading, start, end, named=named and not bare)
        )
        words = sum(word.text not in ENDS for word in folded.words)
        starts = memory.leaning_start.match(folded.text) is not None
        leans = starts or (words <= LEANING and memory.leaning.search(folded.text) is not None)
        parts = memory.parts.findall(folded.text)
        signs = [place[0].id for place in places if place[0].kind is FindingKind.SIGN]
        return Reported(mentions, frozenset([*signs, *parts]), leans)


def _places(finding: Finding, text: str) -> Iterator[tuple[int, int, bool]]:
    for match in finding.said.finditer(text):
        yield match.start(), match.end(), False
    for match in finding.named.finditer(text):
        yield match.start(), match.end(), True


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


def _original(folded: Folded, start: int, end: int) -> tuple[int, int]:
    """From the first to the last word of a match, in the turn as it was typed."""
    covered = folded.covering(start, end)
    return covered[0].start, covered[-1].end


def _decide(rules: Sequence[Rule], said: Sequence[Mention]) -> list[tuple[Rule, tuple[Mention, ...]]]:
    """The rules that fire, with the mentions that made them."""
    fired = []
    for rule in rules:
        first = [m for m in said if m.finding in rule.any and (not rule.onset or m.onset.value in rule.onset)]
        found = {mention.finding for mention in first}
        beside = [m for m in said if m.finding in rule.also and found - {m.finding}]
        if first and (beside or not rule.also):
            fired.append((rule, tuple(dict.fromkeys((*first, *beside)))))
    return fired


def _notices(decided: Sequence[tuple[Rule, tuple[Mention, ...]]]) -> tuple[Notice, ...]:
    """One notice for each text, in the order of the table; beside an emergency nothing less is shown."""
    notices: dict[TextId, Notice] = {}
    for rule, found in decided:
        if rule.level is not Level.EMERGENCY and _is_emergency(tuple(notices.values())):
            break
        notice = notices.get(rule.text) or Notice(NoticeKind.RED_FLAG, rule.text, rule.flag)
        places = dict.fromkeys((*notice.evidence, *(mention.place for mention in found)))
        notices[rule.text] = replace(notice, evidence=tuple(places))
    return tuple(notices.values())


def _cleared(course: Course) -> tuple[Course, tuple[Notice, ...]]:
    """A control clears everything; the flagged question is then answered under the reminder."""
    return Course(flagged=course.flagged), (_reminder(),) if course.flagged else ()


def _reminder() -> Notice:
    return Notice(NoticeKind.RED_FLAG, REMINDER)


def _merged(first: tuple[Notice, ...], second: tuple[Notice, ...]) -> tuple[Notice, ...]:
    return (*first, *(notice for notice in second if notice.text not in {known.text for known in first}))


def _is_emergency(notices: Sequence[Notice]) -> bool:
    return any(notice.flag is not None and notice.flag.level is Level.EMERGENCY for notice in notices)


def _is_self_harm(notice: Notice) -> bool:
    return notice.flag is not None and notice.flag.kind is FlagKind.SELF_HARM
