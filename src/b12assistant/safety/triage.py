"""Triage: which fixed text, if any, comes before anything else. A safety notice chosen by rule, not an assessment.

It reads only the user's turns: no index, no earlier answer, and an encoder only for an opinion. Order of work: fold the
words, recognise findings, resolve how each is asserted, decide by table, then remember what earlier turns said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, TextId, Triage, Turn, TurnSlice
from b12assistant.data_files import chosen
from b12assistant.language.folding import fold
from b12assistant.language.vocabulary import Spelling, load_spelling
from b12assistant.safety.assertion import CueWordings, Reach, load_cues, without_denied
from b12assistant.safety.fixed_texts import fitting
from b12assistant.safety.languages import Languages, beside, load_languages
from b12assistant.safety.opinion import CONCERNS, Advises, Concern, Opinion, in_proportion
from b12assistant.safety.red_flags import FindingKind, Packaged, RedFlags, Rule, load_red_flags
from b12assistant.safety.turn_parts import SHORT, Heard, Mention, Sighting, parts_told, unended
from b12assistant.safety.withdrawal import Withdrawal, WithdrawalReading, Withdrawals, load_withdrawals
from b12assistant.threads import cached

Fired = tuple[Rule, tuple[Mention, ...]]  # with what made it fire
Notices = tuple[Notice, ...]


RANKS: Final[tuple[Level | None, ...]] = (*Level, None)  # the most serious first
REMINDER: Final = TextId("reminder")
REMINDER_CRISIS: Final = TextId("reminder_crisis")  # where somebody may have meant to do harm
REMINDERS: Final = (REMINDER, REMINDER_CRISIS)
MEDICAL: Final = TextId("emergency_medical")  # says less than the one on anaphylaxis, which replaces it
ANAPHYLAXIS: Final = TextId("emergency_anaphylaxis")
SENTENCE: Final = 5  # words that say something by themselves next to a withdrawal
LEANING: Final = 16  # most words of a turn that leans on the one before by a pronoun
LOWERING: Final = ("past", "resolved", "hypothetical", "stranger", "fiction", "figure")  # cues
ENDS: Final = frozenset(".?,")
# The share of danger that a turn after a harmless one must have by itself, if both are below the cuts.
SCANT: Final = chosen("red_flags")["scant"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything triage knows, checked as a whole."""

    red_flags: RedFlags
    cues: CueWordings
    reach: Reach
    spelling: Spelling
    languages: Languages
    withdrawals: Withdrawals


@dataclass(frozen=True, slots=True)
class Reported:
    """What one turn says: the findings it asserts, and all that it touches on in any way."""

    mentions: tuple[Mention, ...]
    touched: frozenset[str]  # findings by id, parts of the body by name
    leans: bool
    heard: tuple[tuple[Heard, tuple[Sighting, ...]], ...]  # in English and in each other language that it may be in


@dataclass(frozen=True, slots=True)
class Course:
    """What is remembered from turn to turn, until it is taken back."""

    said: tuple[Mention, ...] = ()
    active: Notices = ()  # the emergency notices in force
    concerned: frozenset[str] = frozenset()  # what the flagged turns touched on
    latest: Notices = ()  # the notices of the turn before
    apart: bool = False  # the turn before did not lean on the flagged one
    previous: Turn | None = None  # the turn before, while no emergency is active
    softened: bool = False  # help was called, or the person is well: a reminder replaces the emergency text
    ended: Notices = ()  # what was taken back, in case it happens after all


@dataclass(frozen=True, slots=True)
class Told:
    """What a turn, or a part of one, is told by itself: the rules that fired, those of their notices that the opinion
    left standing, and what comes of both."""

    fired: tuple[Fired, ...] = ()
    standing: Notices = ()
    raised: Notices = ()
    opinion: Opinion | None = None  # none if it was not asked for or not available


@dataclass(frozen=True, slots=True)
class Step:
    """The record of one turn, to explain it: what it says, what it is told by itself, what memory made of that."""

    turn: Turn
    notices: Notices
    told: Told = Told()
    reported: Reported | None = None  # none for a control
    withdrawn: Withdrawal | None = None  # what takes an emergency back
    alone: bool = False  # shown without a search: it asks nothing

    @property
    def is_apart(self) -> bool:
        """Return whether it takes something back, or is grave itself; the next may lean on what is only suspected."""
        is_low = self.told.opinion is not None and self.told.opinion.is_low
        grave = {Level.EMERGENCY} if is_low else {Level.EMERGENCY, Level.URGENT}
        return self.withdrawn is not None or _level(self.told.raised) in grave


def load_rules(packaged_rules: Packaged = Packaged.ALL) -> Rules:
    """Read the rules that ship with the package. ``packaged_rules``: which of them are in use."""
    red_flags = load_red_flags(packaged_rules)
    cues, reach = load_cues(red_flags.names)
    spelling = load_spelling(red_flags.vocabulary)
    languages = load_languages(red_flags.findings, spelling.vocabulary)
    return Rules(red_flags, cues, reach, spelling, languages, load_withdrawals())


_KEPT = 256  # turns whose report is cached


class Triager:
    """Judges the last turn, given the earlier ones.

    ``advice``: an opinion besides the rules; without one they decide alone. It may raise a level; it may lower an
    emergency to urgent, never further, if the rules found it in this turn alone, in English. ``raises``: to which
    levels.
    """

    def __init__(self, rules: Rules, advice: Advises | None = None, raises: Packaged = Packaged.ALL) -> None:
        self._rules, self._advice, self._raises = rules, advice, raises

    def __call__(self, turns: Sequence[Turn]) -> Triage:
        """Return the notices for the last turn, most serious first; never raises on any text."""
        steps = list(self.steps(turns))
        notices, alone = (steps[-1].notices, steps[-1].alone) if steps else ((), False)
        apart = tuple(step.turn for step in steps if step.is_apart)
        return Triage(self._rules.languages.told(turns, notices), alone, apart)

    def steps(self, turns: Sequence[Turn]) -> Iterator[Step]:
        """Yield the record of each turn, given those before it."""
        course = Course()
        for turn in turns:
            stood = course.active or course.ended
            read = self._rules.withdrawals.read(turn.text, flagged=bool(stood))
            if read.kind is Withdrawal.CONTROL:
                course = Course(ended=stood)  # the flagged question is then answered
                yield Step(turn, (_reminder(stood),) if stood else (), withdrawn=read.kind)
            else:
                course, step = self._follow(course, turn, read)
                yield step

    def _follow(self, course: Course, turn: Turn, read: WithdrawalReading) -> tuple[Course, Step]:
        """Follow one more turn. Words that take an emergency back are not searched for one."""
        if read.relapse and course.ended:
            course = replace(course, active=course.ended, ended=(), softened=False)
        if read.kind is Withdrawal.SAFE and not any(map(_is_self_harm, course.active)):
            read = replace(read, kind=None)
        reported = self._report(turn, read.masked)
        text = without_denied(read.masked)  # a turn may lean by what it denies
        told = self._judged(turn, text, course)
        raised = told.raised
        # A turn leans on a flag by its findings, or by pronouns if the turn before was about it.
        leans = not course.concerned.isdisjoint(reported.touched) or (reported.leans and not course.apart)
        kind, alone = None, False
        if _is_emergency(raised):
            texts = {notice.text for notice in raised}
            notices = (*raised, *(each for each in course.active if _is_self_harm(each) and each.text not in texts))
            concerned = course.concerned | reported.touched
            course = replace(course, active=notices, concerned=concerned, softened=False, ended=())
        elif course.active:
            kind = read.kind
            is_scrap = kind is not None and len(fold(text).words) < SENTENCE
            course, notices, alone = _remembered(course, () if is_scrap else raised, read, leans=leans)
        else:
            notices = course.latest if leans and not raised and not read.remark else raised
        apart = bool(course.active) and not _is_emergency(notices) and (course.apart or not read.remark)
        said = (*course.said, *self._report(turn, unended(text)).mentions)
        previous = None if course.active else Turn(turn.index, text)
        course = replace(course, said=said, latest=notices, apart=apart, previous=previous)
        return course, Step(turn, notices, told, reported, kind, alone)

    def _judged(self, turn: Turn, text: str, course: Course) -> Told:
        """Judge a turn by the gravest of its parts, so that what is told alone is told anywhere.

        A part is a sentence, or neighbours; each is judged as if nothing else had been said, but what only the model
        calls urgent must sound so among its neighbours too. A short turn is also judged as a whole, after the one
        before; a part of it counts if it is an emergency and nothing beside it may say that this is over or somebody
        else's. Besides the parts of a long one count the rules that join what is far apart.
        """
        folded = fold(text)
        parts, whole = parts_told(text, folded), unended(text)
        if len(folded.words) <= SHORT:
            if any(self._rules.cues[kind].search(folded.text) for kind in LOWERING):
                parts = []
            told = [self._judge(turn, each.text, Course()) for each in parts if each.text != whole or course.previous]
            return _gravest([self._judge(turn, whole, course), *(part for part in told if _is_emergency(part.raised))])
        told = [_likely(self._judge(turn, each.text, Course(), Turn(turn.index, each.among))) for each in parts]
        # A very long one is not read to the end.
        read_to = max((len(each.text.rstrip()) for each in parts), default=0)
        fired = tuple(
            (rule, found)
            for rule, found in self._fired(turn, whole, course)
            if rule.apart or any(m.place.turn != turn or m.place.start >= read_to for m in found)
        )
        by_rules = _notices(fired)
        return _gravest([Told(fired, by_rules, by_rules), *told])

    def _judge(self, turn: Turn, text: str, course: Course, among: Turn | None = None) -> Told:
        """Judge a short turn, or a part of a long one. ``text``: with all else replaced by spaces."""
        fired = self._fired(turn, text, course)
        by_rules = _notices(fired)
        firm = self._stands(turn, fired)
        opinion = None if firm else self._opinion(turn, course, text, among, ruled=bool(fired))
        standing = () if _is_lowered(fired, opinion) else by_rules
        raised = standing or _raised(opinion, turn, text)
        raised = tuple(replace(each, text=fitting(each.text, text)) for each in raised)
        if not self._rules.languages.is_foreign(text.strip()) and self._raises is not Packaged.NONE:
            raised = in_proportion(raised, turn, text, opinion)
        return Told(fired, standing, raised, opinion)

    def _fired(self, turn: Turn, text: str, course: Course) -> tuple[Fired, ...]:
        """Return the rules that fire because of a text, perhaps together with what earlier turns said."""
        mentions = self._report(turn, text).mentions
        fired = _decide(self._rules.red_flags.rules, (*course.said, *mentions))
        return tuple(each for each in fired if not frozenset(each[1]).isdisjoint(mentions))

    def _opinion(self, turn: Turn, course: Course, text: str, among: Turn | None, *, ruled: bool) -> Opinion | None:
        """Return the opinion on a turn; none on one without words, or in a language that is not read."""
        has_words = any(word.text not in ENDS for word in fold(text).words)
        if self._advice is None or not has_words or self._rules.languages.unread(turn.text) is not None:
            return None
        opinion = self._advice(Turn(turn.index, text), course.previous, among=among, ruled=ruled)
        if opinion is not None and opinion.is_low and course.previous is not None and _level(course.latest) is None:
            # After a turn that got nothing a fragment is not urgent for being short, nor for that turn.
            alone = self._advice(Turn(turn.index, text), None, ruled=ruled)
            if alone is None or (alone.is_low and alone.passed.share < SCANT):
                return None
            opinion = max(opinion, alone, key=lambda each: CONCERNS.index(each.concern))
        if opinion is None or opinion.concern.level is None or self._raises.holds(opinion.concern.level):
            return opinion
        return replace(opinion, concern=Concern.NONE)  # a level that is not in use is not raised

    def _stands(self, turn: Turn, decided: Sequence[Fired]) -> bool:
        """Return whether the model may not lower the rules' level."""
        turns = {mention.place.turn for _, found in decided for mention in found}
        return bool(turns) and (turns != {turn} or self._rules.languages.is_foreign(turn.text))

    @cached(_KEPT)
    def _report(self, turn: Turn, text: str) -> Reported:
        """Report what a turn says. ``text``: the turn with withdrawn phrases replaced by spaces.

        Cached: a conversation is judged from its first turn each time.
        """
        spoken = self._rules.languages.spoken(text.strip())
        folded = fold(text, beside(self._rules.spelling.correct, spoken))
        memory, reach = self._rules.red_flags.memory, self._rules.reach
        heard = [Heard("en", folded, self._rules.red_flags.findings, memory["filler"], self._rules.cues, reach)]
        for lexicon in spoken:
            findings, cues = lexicon.spoken.findings, lexicon.spoken.cues
            heard.append(Heard(lexicon.code, lexicon.fold(text), findings, cues["now"], cues, reach))
        seen = tuple((each, tuple(each.sightings(turn))) for each in heard)
        english, others = seen[0][1], [found for _, all_found in seen[1:] for found in all_found]
        taken = [found.mention.place for found in others]  # where another lexicon finds something its judgement wins
        kept = [each for each in english if not any(each.mention.place.overlaps(place) for place in taken)]
        mentions = tuple(each.mention for each in (*kept, *others) if each.counts)
        words = sum(word.text not in ENDS for word in folded.words)
        starts = memory["leaning_start"].match(folded.text) is not None
        leans = starts or (words <= LEANING and memory["leaning"].search(folded.text) is not None)
        parts = memory["parts"].findall(folded.text)
        signs = [each.finding.id for each in (*english, *others) if each.finding.kind is FindingKind.SIGN]
        return Reported(mentions, frozenset([*signs, *parts]), leans, seen)


def _decide(rules: Sequence[Rule], said: Sequence[Mention]) -> list[Fired]:
    """Return the rules that fire, with the mentions that made them fire."""
    fired = []
    for rule in rules:
        first = [m for m in said if m.finding in rule.any and (not rule.onset or m.onset.value in rule.onset)]
        also = [m for m in said if m.finding in rule.also]
        pairs = [(m, each) for m in first for each in also if m.finding != each.finding]
        near = [(m, each) for m, each in pairs if m.is_near(each)]
        if not rule.also and first:
            fired.append((rule, tuple(dict.fromkeys(first))))
        elif near or (pairs and rule.apart):
            told = sorted({m for pair in near or pairs for m in pair}, key=said.index)
            fired.append((rule if near else replace(rule, certain=False), tuple(told)))
    return fired


def _notices(decided: Sequence[Fired]) -> Notices:
    """Return one notice for each text, as certain as any of its rules, each of an emergency."""
    notices: dict[TextId, Notice] = {}
    for rule, found in sorted(decided, key=lambda each: not each[0].certain):
        notice = notices.get(rule.text) or Notice(NoticeKind.RED_FLAG, rule.text, rule.flag)
        places = dict.fromkeys((*notice.evidence, *(mention.place for mention in found)))
        notices[rule.text] = replace(notice, evidence=tuple(places))
    return tuple(notices.values())


def _level(notices: Notices) -> Level | None:
    flag = Triage(notices).flag
    return flag.level if flag else None


def _gravest(judged: Sequence[Told]) -> Told:
    """Return what a turn is told whose parts are ``judged``: the most serious level of any of them."""

    def rank(each: Told) -> tuple[int, bool, float]:
        flag = Triage(each.raised).flag
        share = each.opinion.passed.share if each.opinion else 0.0
        return RANKS.index(flag.level if flag else None), flag is not None and not flag.certain, -share

    ordered = sorted(judged, key=rank)
    best = ordered[0]
    level = _level(best.raised)
    found = [notice for each in ordered for notice in each.raised if _level((notice,)) is level]
    allergic = ANAPHYLAXIS in {notice.text for notice in found}
    notices: dict[TextId, Notice] = {}
    for notice in found:
        text = ANAPHYLAXIS if allergic and notice.text == MEDICAL else notice.text
        shown = notices.setdefault(text, replace(notice, text=text))
        is_one = shown.flag is not None and shown.flag == notice.flag and len(shown.evidence) == 1
        if is_one and all(map(shown.evidence[0].holds, notice.evidence)):
            notices[text] = replace(shown, evidence=notice.evidence)  # fewer words that say so by themselves
    raised = tuple(sorted(notices.values(), key=lambda notice: not _is_self_harm(notice)))
    fired = tuple(dict.fromkeys(each for one in judged for each in one.fired))
    standing = tuple(dict.fromkeys(each for one in judged for each in one.standing))
    return Told(fired, standing, raised, best.opinion)


def _likely(told: Told) -> Told:
    """Call an emergency of a part of a long message likely if not both rules and model are sure of it; level and text
    stay.

    Self-harm stays as certain as a rule or the model is of it, and poisoning as the model is.
    """
    opinion, ruled = told.opinion, _is_emergency(told.standing)
    if not _is_emergency(told.raised) or (ruled and not (opinion and opinion.doubts_rule)):
        return told
    kept = (FlagKind.SELF_HARM,) if ruled else (FlagKind.SELF_HARM, FlagKind.POISONING)
    raised = tuple(each if each.flag and each.flag.kind in kept else each.uncertain for each in told.raised)
    return replace(told, raised=raised)


def _is_lowered(decided: Sequence[Fired], opinion: Opinion | None) -> bool:
    """Return whether an opinion that may lower the emergency of the rules says urgent."""
    if opinion is None or not opinion.may_lower or opinion.concern is not Concern.URGENT:
        return False
    return not any(rule.kept is not None and opinion.passed.share >= rule.kept for rule, _ in decided)


def _raised(opinion: Opinion | None, turn: Turn, text: str) -> Notices:
    """Return the notice of an opinion, if there is any. ``text``: the turn, or a part of it with all else blanked."""
    if opinion is None or opinion.concern.level is None:
        return ()
    flag = Flag(opinion.concern.level, opinion.concern.kind, opinion.rule, opinion.is_certain)
    name = TextId(f"{flag.level}_{flag.kind}" if flag.level is Level.EMERGENCY else flag.level)
    place = TurnSlice(turn, len(text) - len(text.lstrip()), len(text.rstrip()))
    return (Notice(NoticeKind.RED_FLAG, name, flag, (place,)),)


def _remembered(
    course: Course, lesser: Notices, read: WithdrawalReading, *, leans: bool
) -> tuple[Course, Notices, bool]:
    """Return, while an emergency is active, what is remembered, what is shown, and whether that is shown alone."""
    self_harm = any(_is_self_harm(notice) for notice in course.active)
    reminded = (_reminder(course.active), *lesser)
    if read.kind is not None:
        ended = Course(ended=course.active)
        softened = replace(course, softened=True)
        return ended if _ends(read.kind, course.active) else softened, reminded, not read.asks
    if read.relapse:
        return replace(course, softened=False), course.active, False
    if read.remark and not (read.farewell and self_harm):
        return course, reminded, True
    if not course.softened and (leans or (self_harm and not read.asks)):
        return course, course.active, False
    return course, reminded, False


def _reminder(emergencies: Notices) -> Notice:
    """Return the short text that replaces those of earlier emergencies: with a crisis line if harm may be meant."""
    flags = [notice.flag for notice in emergencies if notice.flag]
    meant = any(flag.kind is FlagKind.SELF_HARM or (flag.kind is FlagKind.POISONING and flag.certain) for flag in flags)
    return Notice(NoticeKind.RED_FLAG, REMINDER_CRISIS if meant else REMINDER)


def _ends(kind: Withdrawal, active: Sequence[Notice]) -> bool:
    """Return whether an emergency is over; if not, a reminder replaces it."""
    if kind is Withdrawal.SAFE:
        return all(map(_is_self_harm, active))
    if kind is Withdrawal.ENDED:
        return not any(map(_is_self_harm, active))
    return kind is Withdrawal.UNMEANT


def _is_emergency(notices: Sequence[Notice]) -> bool:
    return any(notice.flag is not None and notice.flag.level is Level.EMERGENCY for notice in notices)


def _is_self_harm(notice: Notice) -> bool:
    return notice.flag is not None and notice.flag.kind is FlagKind.SELF_HARM
