"""Triage: which fixed text, if any, comes before anything else. A safety notice chosen by rule, not an assessment.

It reads only the user's turns: no index, no earlier answer, and an encoder only for an opinion. Order of work: fold the
words, recognise findings, resolve how each is asserted, decide by table, then remember what earlier turns said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Final

from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, TextId, Triage, Turn, TurnSlice
from b12assistant.data_files import chosen
from b12assistant.language.folding import fold
from b12assistant.language.vocabulary import Spelling, load_spelling
from b12assistant.language.wording import STOPS
from b12assistant.language.words import has_word
from b12assistant.safety.assertion import CueWordings, load_cues, without_denied
from b12assistant.safety.fixed_texts import fitting, load_variants
from b12assistant.safety.languages import Languages, correcting, load_languages
from b12assistant.safety.opinion import (
    CONCERNS,
    Advises,
    Asked,
    Beside,
    Concern,
    Opinion,
    in_proportion,
    load_proportion,
)
from b12assistant.safety.red_flags import FindingKind, Packaged, RedFlags, Rule, load_red_flags
from b12assistant.safety.replies import Reply, read_reply
from b12assistant.safety.turn_parts import SHORT, Mention, PartText, Sighting, parts_told, sightings, unended
from b12assistant.threads import cached

Fired = tuple[Rule, tuple[Mention, ...]]  # with what made it fire
Notices = tuple[Notice, ...]

RANKS: Final[tuple[Level | None, ...]] = (*Level, None)  # the most serious first
REMINDER: Final = TextId("reminder")
REMINDER_CRISIS: Final = TextId("reminder_crisis")  # where somebody may have meant to do harm
MEDICAL: Final = TextId("emergency_medical")  # says less than the one on anaphylaxis, which replaces it
MEDICAL_LIKELY: Final = TextId("emergency_medical_likely")  # the same, with an "if": for one that is not certain
ANAPHYLAXIS: Final = TextId("emergency_anaphylaxis")
NEAR: Final = 400  # characters of what was said before, to be read with a turn
KEPT: Final = 2048  # turns and parts whose report is cached; a long letter has 600
LEANING: Final = 16  # most words of a turn that leans on the one before by a pronoun
LOWERING: Final = ("past", "resolved", "hypothetical", "stranger", "fiction", "figure")  # cues
# The share of danger that a turn after a harmless one must have by itself, if both are below the cuts.
SCANT: Final = chosen("red_flags")["scant"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything triage knows, checked as a whole."""

    red_flags: RedFlags
    cues: CueWordings
    spelling: Spelling
    languages: Languages

    def compile(self) -> None:
        """Compile every pattern that an English text may meet: some take as long as a whole question."""
        flags = self.red_flags
        lists = (flags.memory.values(), self.cues.values(), load_proportion().values())
        for each in chain(flags.findings.wordings, *lists):
            each.search("")
        load_variants()


@dataclass(frozen=True, slots=True)
class Reported:
    """What one turn says: the findings it asserts, and all that it touches on in any way."""

    mentions: tuple[Mention, ...]
    touched: frozenset[str]  # findings by id, parts of the body by name
    leans: bool


@dataclass(frozen=True, slots=True)
class Course:
    """What is remembered from turn to turn, until a control ends it."""

    said: tuple[Mention, ...] = ()
    active: Notices = ()  # the emergency notices in force
    concerned: frozenset[str] = frozenset()  # what the flagged turns touched on
    latest: Notices = ()  # the notices of the turn before
    apart: bool = False  # the turn before did not lean on the flagged one
    previous: Turn | None = None  # the end of what was said before, while no emergency is active
    ended: Notices = ()  # what a control ended, in case it happens after all


@dataclass(frozen=True, slots=True)
class Told:
    """What a turn, or a part of one, is told by itself. ``ruled``: by the rules.

    ``opinion``: none if it was not asked for or not available.
    """

    raised: Notices = ()
    ruled: bool = False
    opinion: Opinion | None = None


@cache
def load_rules(packaged_rules: Packaged = Packaged.ALL) -> Rules:
    """Read the rules that ship with the package. ``packaged_rules``: which of them are in use."""
    red_flags = load_red_flags(packaged_rules)
    spelling = load_spelling(red_flags.vocabulary)
    languages = load_languages(red_flags.findings, spelling.vocabulary)
    return Rules(red_flags, load_cues(red_flags.names), spelling, languages)


class Triager:
    """Judges the last turn, given the earlier ones.

    ``advice``: an opinion besides the rules; without one they decide alone. It may raise a level; it may lower an
    emergency to urgent, never further, if the rules found it in this turn alone, in English.
    """

    def __init__(self, rules: Rules, advice: Advises | None = None) -> None:
        self._rules, self._advice = rules, advice

    def __call__(self, turns: Sequence[Turn]) -> Triage:
        """Return the notices for the last turn, most serious first; never raises on any text."""
        course, last, apart = Course(), Triage(), list[Turn]()
        for turn in turns:
            course, last = self._follow(course, turn)
            apart.extend(last.apart)
        notices = self._rules.languages.told(turns, last.notices)
        if notices == last.notices:  # nothing is translated
            notices = tuple(map(_as_sure, notices))
        return Triage(notices, last.alone, tuple(apart))

    def _follow(self, course: Course, turn: Turn) -> tuple[Course, Triage]:
        """Follow one more turn: what is remembered, and told of it alone. A remark is not searched for an emergency.

        A turn without a word, as "???", changes nothing.
        """
        if not has_word(turn.text):
            return course, Triage(course.latest)
        reply, stood = read_reply(turn.text), course.active or course.ended
        if reply is Reply.CONTROL:  # the flagged question is then answered
            return Course(ended=stood), Triage((_reminder(stood),) if stood else (), apart=(turn,))
        if reply is Reply.RELAPSE and course.ended:
            course = replace(course, active=course.ended, ended=())
        remark = reply in (Reply.REMARK, Reply.FAREWELL)
        said = " " * len(turn.text) if remark else turn.text
        reported, text = self._report(turn, said), without_denied(said)  # a turn may lean by what it denies
        told = self._judged(turn, text, course)
        raised, alone = told.raised, False
        # A turn leans on a flag by its findings, or by pronouns if the turn before was about it.
        leans = not course.concerned.isdisjoint(reported.touched) or (reported.leans and not course.apart)
        if _level(raised) is Level.EMERGENCY:
            texts = {notice.text for notice in raised}
            notices = (*raised, *(each for each in course.active if _is_self_harm(each) and each.text not in texts))
            course = replace(course, active=notices, concerned=course.concerned | reported.touched, ended=())
        elif course.active:
            notices, alone = _after(course.active, raised, reply, leans=leans)
        else:
            notices = course.latest if leans and not raised and not remark else raised
        apart = bool(course.active) and _level(notices) is not Level.EMERGENCY and (course.apart or not remark)
        mentions = (*course.said, *self._report(turn, unended(text)).mentions)
        previous = None if course.active else said_before(course.previous, replace(turn, text=text))
        course = replace(course, said=mentions, latest=notices, apart=apart, previous=previous)
        is_low = told.opinion is not None and told.opinion.is_low  # the next turn may lean on what is only suspected
        grave = {Level.EMERGENCY} if is_low else {Level.EMERGENCY, Level.URGENT}
        return course, Triage(notices, alone, (turn,) if _level(raised) in grave else ())

    def _judged(self, turn: Turn, text: str, course: Course) -> Told:
        """Judge a turn by the gravest of its parts, so that what is told alone is told anywhere.

        A part is a sentence, or neighbours; each is judged as if nothing else had been said, but what only the model
        calls urgent must sound so among its neighbours too. A short turn is also judged as a whole, after what was
        said before; a part of it counts if it is an emergency, unless something beside it may say that this is over or
        somebody else's. Besides the parts of a long one count the rules that join what is far apart.
        """
        folded = fold(text)
        parts, whole = parts_told(text, folded), PartText(unended(text))
        if len(folded.words) <= SHORT:
            if any(self._rules.cues[kind].search(folded.text) for kind in LOWERING):
                parts = []
            own = [each for each in parts if each.text != whole.text.strip(" ") or course.previous]
            told = [self._judge(turn, each, Course()) for each in own]
            as_whole = self._judge(turn, whole, course)
            same = {each.flag for each in as_whole.raised}  # a part that says the same is its evidence
            alike = (part for part in told if {each.flag for each in part.raised} == same)
            return _gravest([as_whole, *alike, *(each for each in told if _level(each.raised) is Level.EMERGENCY)])
        told = [_likely(self._judge(turn, each, Course(), each.beside)) for each in parts]
        read_to = max((each.end for each in parts), default=0)  # a very long one is not read to the end
        fired = tuple(
            (rule, found)
            for rule, found in self._fired(turn, whole, course)
            if rule.apart or any(m.place.turn != turn or m.place.start >= read_to for m in found)
        )
        return _gravest([Told(_notices(fired), ruled=True), *told])

    def _judge(self, turn: Turn, part: PartText, course: Course, beside: Beside | None = None) -> Told:
        """Judge a short turn or a part of it, or a part of a long one and what stands ``beside`` it."""
        text, every = part.text, self._fired(turn, part, course)
        fired = tuple(each for each in every if each[0].level is Level.EMERGENCY)
        since = {mention.place.turn for _, found in fired for mention in found}
        firm = bool(since) and (since != {turn} or self._rules.languages.is_foreign(turn.text))  # it may not be lowered
        opinion = None if firm else self._opinion(turn, course, text, beside, ruled=bool(fired))
        lowers = opinion is not None and opinion.may_lower and opinion.concern is Concern.URGENT
        kept = opinion is not None and any(opinion.passed.share >= rule.kept for rule, _ in fired)
        ruled = bool(fired) and (kept or not lowers)
        raised = _notices(fired) if ruled else _raised(opinion, turn, part)
        if len(every) > len(fired) and _level(raised) is not Level.EMERGENCY:
            raised = _notices([each for each in every if each not in fired])  # what a rule calls urgent is no line
        raised = tuple(replace(each, text=fitting(each.text, text)) for each in raised)
        if not self._rules.languages.is_foreign(text.strip()):
            raised = in_proportion(raised, turn, text, opinion)
        return Told(raised, ruled, opinion)

    def _fired(self, turn: Turn, part: PartText, course: Course) -> tuple[Fired, ...]:
        """Return the rules that fire because of a part, perhaps together with what earlier turns said."""
        mentions = self._report(turn, part.text, part.start).mentions
        fired = _decide(self._rules.red_flags.rules, (*course.said, *mentions))
        return tuple(each for each in fired if not frozenset(each[1]).isdisjoint(mentions))

    def _opinion(self, turn: Turn, course: Course, text: str, beside: Beside | None, *, ruled: bool) -> Opinion | None:
        """Return the opinion on a turn; none on one without words, or in a language that is not read."""
        has_words = any(word.text not in STOPS for word in fold(text).words)
        if self._advice is None or not has_words or self._rules.languages.unread(turn.text) is not None:
            return None
        opinion = self._advice(Asked(Turn(turn.index, text), course.previous, beside, ruled))
        if opinion is not None and opinion.is_low and course.previous is not None and _level(course.latest) is None:
            # After a turn that got nothing a fragment is not urgent for being short, nor for that turn.
            alone = self._advice(Asked(Turn(turn.index, text), ruled=ruled))
            if alone is None or (alone.is_low and alone.passed.share < SCANT):
                return None
            opinion = max(opinion, alone, key=lambda each: CONCERNS.index(each.concern))
        if opinion is None or self._rules.red_flags.packaged.holds(opinion.concern.level):
            return opinion
        return replace(opinion, concern=Concern.NONE)  # a level that is not in use is not raised

    @cached(KEPT)
    def _report(self, turn: Turn, text: str, start: int = 0) -> Reported:
        """Report what a turn says, or a part of it that begins at ``start``.

        Cached: a conversation is judged from its first turn each time.
        """
        spoken = self._rules.languages.spoken(text.strip())
        folded = fold(text, correcting(self._rules.spelling.correct, spoken))
        memory = self._rules.red_flags.memory
        findings, cues = self._rules.red_flags.findings, self._rules.cues
        english = list(sightings(turn, start, folded, findings, memory["filler"], cues))
        others: list[Sighting] = []
        for lexicon in spoken:
            findings, cues = lexicon.spoken
            others += sightings(turn, start, lexicon.fold(text), findings, cues["now"], cues)
        taken = [found.mention.place for found in others]  # where another lexicon finds something its judgement wins
        kept = [each for each in english if not any(each.mention.place.overlaps(place) for place in taken)]
        mentions = tuple(each.mention for each in (*kept, *others) if each.counts)
        words = sum(word.text not in STOPS for word in folded.words)
        begins = memory["leaning_start"].match(folded.text) is not None
        leans = begins or (words <= LEANING and memory["leaning"].search(folded.text) is not None)
        parts = memory["parts"].findall(folded.text)
        signs = [each.finding.id for each in (*english, *others) if each.finding.kind is FindingKind.SIGN]
        return Reported(mentions, frozenset([*signs, *parts]), leans)


def said_before(previous: Turn | None, turn: Turn) -> Turn:
    """Return the end of what was said up to ``turn``, after which the next turn is read."""
    before = f"{previous.text} . " if previous else ""
    return Turn(turn.index, f"{before}{turn.text}"[-NEAR:])


def _decide(rules: Sequence[Rule], said: Sequence[Mention]) -> list[Fired]:
    """Return the rules that fire, with the mentions that made them fire."""
    fired = []
    for rule in rules:
        first = [m for m in said if m.finding in rule.any and (not rule.onset or m.onset in rule.onset)]
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
    return Told(raised, opinion=best.opinion)


def _likely(told: Told) -> Told:
    """Call an emergency of a part of a long message likely if not both rules and model are sure of it; level and text
    stay.

    Self-harm stays as certain as a rule or the model is of it, and poisoning as the model is.
    """
    if _level(told.raised) is not Level.EMERGENCY or (told.ruled and not (told.opinion and told.opinion.doubts_rule)):
        return told
    kept = (FlagKind.SELF_HARM,) if told.ruled else (FlagKind.SELF_HARM, FlagKind.POISONING)
    raised = tuple(each if each.flag and each.flag.kind in kept else each.uncertain for each in told.raised)
    return replace(told, raised=raised)


def _raised(opinion: Opinion | None, turn: Turn, part: PartText) -> Notices:
    """Return the notice of an opinion on a part of a turn, if there is any."""
    if opinion is None or opinion.concern.level is None:
        return ()
    flag = Flag(opinion.concern.level, opinion.concern.kind, opinion.rule, opinion.is_certain)
    name = TextId(f"{flag.level}_{flag.kind}" if flag.level is Level.EMERGENCY else flag.level)
    place = TurnSlice(turn, part.end - len(part.text.lstrip()), part.start + len(part.text.rstrip()))
    return (Notice(NoticeKind.RED_FLAG, name, flag, (place,)),)


def _after(emergencies: Notices, lesser: Notices, reply: Reply, *, leans: bool) -> tuple[Notices, bool]:
    """Return what a turn after an emergency shows, and whether that is all: it asks nothing."""
    self_harm = any(map(_is_self_harm, emergencies))
    reminded = (_reminder(emergencies), *lesser)
    if reply is Reply.REMARK or (reply is Reply.FAREWELL and not self_harm):
        return reminded, True
    if leans or reply is Reply.RELAPSE or (self_harm and reply is not Reply.QUESTION):
        return emergencies, False
    return reminded, False


def _reminder(emergencies: Notices) -> Notice:
    """Return the short text that replaces those of earlier emergencies: with a crisis line if harm may be meant."""
    flags = [notice.flag for notice in emergencies if notice.flag]
    meant = any(flag.kind is FlagKind.SELF_HARM or (flag.kind is FlagKind.POISONING and flag.certain) for flag in flags)
    return Notice(NoticeKind.RED_FLAG, REMINDER_CRISIS if meant else REMINDER)


def _as_sure(notice: Notice) -> Notice:
    """Return a notice whose text is as sure as its flag: it says "if" where that is not certain."""
    is_likely = notice.text == MEDICAL and notice.flag is not None and not notice.flag.certain
    return replace(notice, text=MEDICAL_LIKELY) if is_likely else notice


def _is_self_harm(notice: Notice) -> bool:
    return notice.flag is not None and notice.flag.kind is FlagKind.SELF_HARM
