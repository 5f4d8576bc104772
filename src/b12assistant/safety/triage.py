"""Triage: which fixed text, if any, comes before anything else. A safety notice chosen by rule; it assesses nobody.

It reads the user's turns alone: no encoder, no index, no earlier answer. Order of work: fold the words, recognise
findings, resolve how each is asserted, decide by table, then remember what earlier turns said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from b12assistant.answers import (
    FixedTexts,
    Flag,
    FlagKind,
    Level,
    Notice,
    NoticeKind,
    TextId,
    Triage,
    Turn,
    TurnSlice,
    most_serious,
)
from b12assistant.data_files import HINT, Table
from b12assistant.errors import ConfigError
from b12assistant.language.folding import Folded, fold
from b12assistant.language.spelling import Spelling, load_spelling
from b12assistant.language.wording import Wordings
from b12assistant.safety.assertion import Cues, Onset, Reach, Reading, Standing, load_cues
from b12assistant.safety.fixed_texts import load_fixed_texts
from b12assistant.safety.languages import Languages, beside, load_languages
from b12assistant.safety.opinion import Opinion
from b12assistant.safety.red_flags import Finding, FindingId, FindingKind, RedFlags, Rule, load_controls, load_red_flags
from b12assistant.stages import stage


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
    languages: Languages
    controls: frozenset[str]  # the two user turns that clear a flag, word for word


@dataclass(frozen=True, slots=True)
class Reported:
    """What one turn says: the findings it asserts, and all that it touches on in any way."""

    mentions: tuple[Mention, ...]
    touched: frozenset[str]  # findings by id, parts of the body by name
    leans: bool
    heard: tuple[tuple[Heard, tuple[Sighting, ...]], ...]  # in English and in each other language that it may be in


@dataclass(frozen=True, slots=True)
class Course:
    """What is remembered from turn to turn, until a control clears it."""

    said: tuple[Mention, ...] = ()
    active: tuple[Notice, ...] = ()  # the emergency notices that stand
    concerned: frozenset[str] = frozenset()  # what the flagged turns touched on
    latest: tuple[Notice, ...] = ()  # the notices of the turn before
    apart: bool = False  # the turn before did not lean on the flagged one
    flagged: bool = False  # a control has something to answer
    former: Turn | None = None  # the turn before, while no emergency stands


@dataclass(frozen=True, slots=True)
class Step:
    """One turn further, for whoever explains it: what it says, what its rules ask for, what memory made of that."""

    turn: Turn
    notices: tuple[Notice, ...]
    reported: Reported | None = None  # none of a control
    fired: tuple[tuple[Rule, tuple[Mention, ...]], ...] = ()
    own: tuple[Notice, ...] = ()
    opinion: Opinion | None = None  # beside the rules; none where it was not asked for or could not be had
    set_aside: tuple[Notice, ...] = ()  # what the rules asked for and the opinion did not


@stage("rules")
def load_rules(own: Table = MappingProxyType({}), own_texts: FixedTexts = MappingProxyType({})) -> Rules:
    """The rules that ship with the package and those of a corpus; that they fit together is checked here, once."""
    red_flags, packaged = load_red_flags(own), load_fixed_texts()
    wanted = {rule.text for rule in red_flags.rules} | {REMINDER, *red_flags.memory.controls}
    if missing := sorted(wanted - set(packaged) - set(own_texts)):
        raise ConfigError(f"rules refer to missing texts: {', '.join(missing)}", hint=HINT)
    cues, reach = load_cues(red_flags.literals)
    controls = frozenset(packaged[name].text for name in red_flags.memory.controls)
    spelling = load_spelling(red_flags.vocabulary)
    return Rules(red_flags, cues, reach, spelling, load_languages(red_flags.findings, spelling.vocabulary), controls)


@lru_cache(maxsize=1)
def _controls() -> frozenset[str]:
    return frozenset(load_fixed_texts()[name].text for name in load_controls())


def is_control(turn_text: str) -> bool:
    """Whether a user turn is one of the two control sentences, word for word."""
    return turn_text.strip() in _controls()


def no_opinion(_turn: Turn, _former: Turn | None, _ruled: Level | None) -> Opinion | None:
    """The rules alone."""
    return None


class Triager:
    """Judges the last turn, given the earlier ones.

    ``advice``: an opinion beside the rules, on a turn and the one before, given the level the rules found. It may raise
    that level; one that may lower sets a level aside only where the rules found it in this turn alone, in English.
    """

    def __init__(
        self, rules: Rules, advice: Callable[[Turn, Turn | None, Level | None], Opinion | None] = no_opinion
    ) -> None:
        self._rules, self._advice = rules, advice

    def __call__(self, turns: Sequence[Turn]) -> Triage:
        """The notices for the last turn, most serious first; never raises on any text."""
        notices: tuple[Notice, ...] = ()
        for step in self.steps(turns):
            notices = step.notices
        return Triage(self._rules.languages.told(turns, notices))

    def steps(self, turns: Sequence[Turn]) -> Iterator[Step]:
        """What is made of each turn, given those before it."""
        course = Course()
        for turn in turns:
            if turn.text.strip() in self._rules.controls:
                course, notices = _cleared(course)
                yield Step(turn, notices)
            else:
                course, step = self._follow(course, turn)
                yield step

    def _follow(self, course: Course, turn: Turn) -> tuple[Course, Step]:
        """One turn further."""
        reported = self._report(turn)
        said = (*course.said, *reported.mentions)
        own = frozenset(reported.mentions)
        decided = [
            (rule, found) for rule, found in _decide(self._rules.red_flags.rules, said) if not own.isdisjoint(found)
        ]
        by_rules = _notices(decided)
        firm = self._stands(turn, decided)
        opinion = None if firm and _is_emergency(by_rules) else self._advice(turn, course.former, _level(by_rules))
        standing = by_rules if firm else _lowered(by_rules, opinion)
        notices = asked_for = _raised(standing, opinion)
        set_aside = tuple(notice for notice in by_rules if notice not in standing)
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
        step = Step(turn, notices, reported, tuple(decided), asked_for, opinion, set_aside)
        former = None if course.active else turn
        return replace(course, said=said, latest=notices, apart=apart, former=former), step

    def _stands(self, turn: Turn, decided: Sequence[tuple[Rule, tuple[Mention, ...]]]) -> bool:
        """Whether no opinion on this turn alone can set aside what the rules found."""
        if any(rule.own for rule, _ in decided):
            return True
        places = [mention.place.turn for _, found in decided for mention in found]
        return any(place != turn for place in places) or (bool(places) and self._rules.languages.is_foreign(turn.text))

    def _leans(self, course: Course, reported: Reported) -> bool:
        """A turn leans on a flag by its findings, or by pronouns while the turn before still was about it."""
        return not course.concerned.isdisjoint(reported.touched) or (reported.leans and not course.apart)

    def _report(self, turn: Turn) -> Reported:
        spoken = self._rules.languages.spoken(turn.text)
        folded = fold(turn.text, beside(self._rules.spelling.correct, spoken))
        memory = self._rules.red_flags.memory
        heard = [
            Heard("en", folded, self._rules.red_flags.findings, memory.filler, self._rules.cues, self._rules.reach)
        ]
        heard += [
            Heard(
                lexicon.code,
                lexicon.fold(turn.text),
                lexicon.findings,
                lexicon.cues.now,
                lexicon.cues,
                self._rules.reach,
            )
            for lexicon in spoken
        ]
        claims = [each.reading.claims() for each in heard]
        claims[0] = claims[0] and self._rules.languages.holds_english(turn.text)
        seen = tuple(
            (each, tuple(each.sightings(claimed=any(claims[:position] + claims[position + 1 :]))))
            for position, each in enumerate(heard)
        )
        mentions = tuple(agreed(seen, turn))
        words = sum(word.text not in ENDS for word in folded.words)
        starts = memory.leaning_start.match(folded.text) is not None
        leans = starts or (words <= LEANING and memory.leaning.search(folded.text) is not None)
        parts = memory.parts.findall(folded.text)
        signs = [each[0].id for one in heard for each in one.places if each[0].kind is FindingKind.SIGN]
        return Reported(mentions, frozenset([*signs, *parts]), leans, seen)


def _decide(rules: Sequence[Rule], said: Sequence[Mention]) -> list[tuple[Rule, tuple[Mention, ...]]]:
    """The rules that fire, with the mentions that made them."""
    fired = []
    names = {mention.finding for mention in said}
    for rule in rules:
        first = [m for m in said if m.finding in rule.any and (not rule.onset or m.onset.value in rule.onset)]
        found = {mention.finding for mention in first}
        beside = [m for m in said if m.finding in rule.also and found - {m.finding}]
        if first and (beside or not rule.also) and names.isdisjoint(rule.unless):
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


def _level(notices: Sequence[Notice]) -> Level | None:
    highest = most_serious(notices)
    return highest.flag.level if highest is not None and highest.flag else None


def _lowered(notices: tuple[Notice, ...], opinion: Opinion | None) -> tuple[Notice, ...]:
    """The notices of the rules but for those more serious than an opinion that may lower."""
    if opinion is None or not opinion.may_lower:
        return notices
    return tuple(
        each for each in notices if each.flag is None or _rank(each.flag.level) >= _rank(opinion.concern.level)
    )


def _raised(notices: tuple[Notice, ...], opinion: Opinion | None) -> tuple[Notice, ...]:
    """The notices of the rules, and above them that of an opinion which takes the turn more seriously."""
    if opinion is None or opinion.concern.level is None or opinion.evidence is None:
        return notices
    flag = Flag(opinion.concern.level, opinion.concern.kind, opinion.rule)
    if _rank(_level(notices)) <= _rank(flag.level):
        return notices
    emergency = flag.level is Level.EMERGENCY
    text = TextId(f"{flag.level}_{flag.kind}" if emergency else flag.level)
    notice = Notice(NoticeKind.RED_FLAG, text, flag, (opinion.evidence,))
    return (notice,) if emergency else (notice, *notices)


def _rank(level: Level | None) -> int:
    """The most serious first."""
    return [*Level, None].index(level)


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
