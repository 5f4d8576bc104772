"""Answer a conversation: the safety check, then search, then the choice of who speaks first, then quotes.

Triage reads the user's words before anything is searched and needs neither encoder nor index. Scores calibrated on
labelled questions decide what can be answered; "I don't know" is an ordinary result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from b12assistant.answering.asked import MOST_ASKED
from b12assistant.answering.engine import Engine
from b12assistant.answering.found import Found, Sought
from b12assistant.answering.quoting import Window, behind, is_bare_dose, is_sensitive, order
from b12assistant.answering.scope import Scope, load_scope
from b12assistant.answering.signals import Calibration
from b12assistant.answering.thread import Question, Thread, alone, times_more
from b12assistant.answering.turn_forms import greets, only_remarks, states
from b12assistant.answers import (
    Answer,
    AskedAnswer,
    Disagreement,
    Interpretation,
    Move,
    Notice,
    NoticeKind,
    Quote,
    Reason,
    Reply,
    Status,
    Strength,
    TextId,
    Timings,
    Triage,
    Turn,
)
from b12assistant.config import Settings
from b12assistant.data_files import chosen
from b12assistant.errors import AssistantError, QuestionError
from b12assistant.language.words import has_word
from b12assistant.safety.replies import is_control
from b12assistant.threads import once
from b12assistant.types import Document, Hit, Interest, Passage, Span

MOST_CHARACTERS = 20_000  # of a turn: all of it is triaged
SEARCHED_CHARACTERS = 2_000
MOST_TURNS = 20
_NEAREST = 2
_MARGIN = chosen("quoting")["margin"]
_DEEPEST = int(chosen("quoting")["deepest"])  # windows
# Share of a quote's words, and of its best sentence's, that the quotes before it cover, from which it adds nothing
# (docs/decisions/05-quoting.md has what readers of 369 pairs of quotes say that this drops).
_SAID, _SAID_OF_BEST = chosen("repeats")["said"], chosen("repeats")["said_of_best"]
_OF_SEVERAL = 2  # quotes for each question of a message that asks several
_BEST_FIRST = (Status.ANSWERED, Status.POSSIBLY, Status.NO_ANSWER)
GENERAL = TextId("general")
ONLY_SELLERS = TextId("only_sellers")
DOSE = TextId("dose")
CUT = TextId("question_cut")
ENGLISH = TextId("language")
SCOPE = TextId("scope")
TRIAGE_FAILED = TextId("triage_failed")
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Triaged:
    """A conversation that the safety check has read, what it says, and how long that took."""

    turns: tuple[Turn, ...]
    triage: Triage
    milliseconds: float


@dataclass(frozen=True)
class Answerer:
    """The use case. ``engine`` is called only when something is searched: an emergency needs no index."""

    triage: Callable[[Sequence[Turn]], Triage]
    engine: Callable[[], Engine]
    settings: Settings
    calibration: Calibration
    scope: Scope = field(default_factory=load_scope)

    def triaged(self, question: str, history: Sequence[str] = ()) -> Triaged:
        """Run the safety check alone; needs no index. Raises ``QuestionError`` for what is not a question."""
        begun = time.perf_counter()
        turns = turns_of(question, history)
        return Triaged(turns, self._triaged(turns), _ms(begun))

    def warning(self, read: Triaged) -> Reply | None:
        """Return what triage says without a search: all of it in an emergency, else a warning if needed."""
        if read.triage.withholds:
            return _unsearched(read, Reason.RED_FLAG)
        return _unsearched(read, Reason.NOT_SEARCHED) if any(map(_wary, read.triage.notices)) else None

    def reply(
        self, question: str, history: Sequence[str] = (), *, literal: bool = False, triaged: Triaged | None = None
    ) -> Reply:
        """Answer a question. ``history``: earlier user turns. ``literal``: search the question as typed, and alone.
        ``triaged``: the result of the safety check, if it was already run.

        Raises ``QuestionError`` for what cannot be read as a question.
        """
        read = triaged or self.triaged(question, history)  # turns, triage
        begun = time.perf_counter()
        warning = self.warning(read)
        if warning is not None and read.triage.withholds:
            return warning
        if not has_word(read.turns[-1].text):
            return _unsearched(read, Reason.NOTHING_ASKED, Status.NO_ANSWER)
        try:
            return self._searched(read, begun, literal=literal)
        except AssistantError:  # no index, or a damaged file: what is serious is told all the same
            if warning is None:
                raise
            return warning

    def _searched(self, read: Triaged, begun: float, *, literal: bool) -> Reply:
        """Search and answer the last turn. ``begun``: when the question came, by the performance counter."""
        thread, turn, started = self.thread, read.turns[-1], time.perf_counter()
        asked = self._asked(read.turns, read.triage.apart)[-1 if literal else 0 :]
        questions = [thread.as_typed(asked[-1])] if literal else thread.questions(asked)
        found = [self._found(each) for each in questions[:MOST_ASKED]]  # query, candidates, windows, judgement
        searched = time.perf_counter()
        notices = _of_corpus(read.triage.notices, thread.engine)
        if questions[0].words is None:
            answer = self._whole(found[0], turn, times_more(asked), notices)
        else:
            answer = self._joined(questions, found, turn, notices)
        if read.triage.doubts and answer.status is Status.ANSWERED:  # below a likely emergency nothing is sure
            answer = replace(answer, status=Status.POSSIBLY)
        encoding = sum(each.sought.encoding for each in found)
        timings = Timings(
            triage=read.milliseconds,
            encode=round(encoding, 2),
            search=max(0.0, round(_ms(started, searched) - encoding, 2)),
            quote=_ms(searched),
            total=round(read.milliseconds + _ms(begun), 2),
        )
        return Reply(answer, timings, thread.engine.collection.generation)

    def _found(self, question: Question) -> Found:
        """Search a question for more quotes than are shown, to find a better speaker."""
        return self.thread.found(question, 4 * self.settings.quoting.quotes)

    def search(
        self, question: str, k: int, wanted: Callable[[Passage], bool] | None = None, *, triaged: Triaged | None = None
    ) -> tuple[tuple[Notice, ...], tuple[Hit, ...]]:
        """Return what triage says, and the best passages for the words as typed; only those that are not ``wanted`` are
        withheld. ``triaged``: the result of the safety check, if it was already run.

        Raises ``QuestionError`` if there is no word to search for.
        """
        read = triaged or self.triaged(question)
        check_word(question)
        engine = self.engine()
        read_as = Interpretation(alone(read.turns[-1], SEARCHED_CHARACTERS, literal=True))
        notices = _of_corpus(read.triage.notices, engine)
        return (*notices, *_cut(read_as)), engine.hits(engine.query_of(read_as), k, wanted)

    def understood(self, question: str, history: Sequence[str] = ()) -> Found:
        """Return what was found for a question, read as one, best first, and how likely the best one answers it.

        Nothing is refused yet, and who speaks is not chosen.
        """
        turns = turns_of(question, history)
        return self._found(self.thread.whole(self._asked(turns, self._triaged(turns).apart if history else ())))

    @once
    def thread(self) -> Thread:
        """Return what reads questions, with the weights and limits that the open index and the settings give."""
        engine = self.engine()
        calibration = self.calibration.suited(asked_throughout=engine.collection.asked_throughout)
        chosen = self.settings.answering
        calibration = calibration.with_limits(least=chosen.least, strong=chosen.strong)
        return Thread(engine, calibration, SEARCHED_CHARACTERS)

    def _triaged(self, turns: Sequence[Turn]) -> Triage:
        try:
            return self.triage(turns)
        except Exception:  # noqa: BLE001 - the check must never fail open: whatever broke, the reader is warned
            return Triage((Notice(NoticeKind.TRIAGE_FAILED, TRIAGE_FAILED),))

    def _asked(self, turns: Sequence[Turn], apart: Collection[Turn]) -> tuple[Turn, ...]:
        """Return the turns that ask something, and always the last one.

        Controls only say how an earlier turn was meant. Turns that triage keeps ``apart`` are never searched with a
        later question, nor are statements right after them ("that was last year").
        """
        try:
            asked = [turn for turn in turns if has_word(turn.text) and not is_control(turn.text)] or turns
        except Exception:  # noqa: BLE001 - as above: rules that cannot be read take no answer away
            asked = turns
        kept: list[Turn] = []
        is_apart = False
        for turn in asked[:-1]:
            is_apart = turn in apart or (is_apart and states(turn.text))
            if not is_apart:
                kept.append(turn)
        return (*kept, asked[-1])

    def _joined(
        self, questions: Sequence[Question], read: Sequence[Found], turn: Turn, flagged: Sequence[Notice]
    ) -> Answer:
        """Answer the questions of a message one by one; a quote that holds another is shown for both."""
        most = self.settings.quoting.quotes if len(read) == 1 else _OF_SEVERAL
        quotes: dict[Spans, Quote] = {}
        parts: list[AskedAnswer] = []
        found: list[Answer] = []
        for words, each in zip((each.words for each in questions if each.words), read, strict=False):
            one = self._answer(each, turn, flagged, most)
            places: list[Spans] = []
            for quote in one.quotes:  # as strong as for the question that it answers best
                place = next((spans for spans in quotes if _holds(spans, quote.spans)), quote.spans)
                if quotes.setdefault(place, quote).strength is Strength.POSSIBLE:
                    quotes[place] = replace(quotes[place], strength=quote.strength)
                places.append(place)
            numbers = tuple(1 + list(quotes).index(place) for place in dict.fromkeys(places))
            parts.append(AskedAnswer(words, one.status, one.reason, numbers, one.nearest, one.interpretation))
            found.append(one)
        best = min(found, key=lambda each: _BEST_FIRST.index(each.status))
        differing = {differ.id: differ for one in found for differ in one.disagreements}
        return Answer(
            turn,
            best.status,
            best.reason,
            tuple(quotes.values()),
            _joined_notices(found, answered=bool(quotes)),
            tuple(differing.values()),
            () if quotes else tuple(dict.fromkeys(near for one in found for near in one.nearest))[:_NEAREST],
            parts=tuple(parts),
            more=tuple(each.words for each in questions[len(read) :] if each.words),
        )

    def _whole(self, found: Found, turn: Turn, more: int, flagged: Sequence[Notice]) -> Answer:
        """Answer a message that is one question. ``more``: how often the next quotes were asked for."""
        most = self.settings.quoting.quotes
        answer = self._answer(found, turn, flagged, most)
        for _ in range(more):
            if not answer.quotes:
                break
            said = {quote.spans for quote in answer.quotes}
            shown = [window for window in found.windows if window.spans in said]
            completions = [self.thread.engine.completing(found.sought, window) for window in shown]
            shown += [window for window in completions if window and window.spans in said]
            told = [w for w in found.windows if w.repeats_one_of(shown) or any(each.shows(w.best) for each in shown)]
            rest = tuple(each for each in found.windows if not (each in told or each.repeats_one_of(told)))
            found = replace(found, windows=rest, difference=None)
            answer = self._answer(found, turn, flagged, most, again=True)
            if not answer.quotes:
                answer = replace(answer, reason=Reason.NOTHING_MORE)
        return answer

    def _answer(self, found: Found, turn: Turn, flagged: Sequence[Notice], most: int, *, again: bool = False) -> Answer:
        """Return the answer with at most ``most`` quotes, the sides of a difference not counted. ``again``: others were
        shown before."""
        read_as, windows = found.sought.read_as, found.windows
        shown_as = None if read_as.is_plain and read_as.own.turn == turn else read_as
        weak = not windows or found.likely < found.least
        if read_as.move is Move.ASKS and (greets(turn.text) or (weak and only_remarks(turn.text))):
            only = (*flagged, *_cut(read_as), Notice(NoticeKind.GENERAL, GENERAL))
            return Answer(turn, Status.NO_ANSWER, Reason.NOTHING_ASKED, (), only)
        engine = self.thread.engine
        if weak:
            return replace(self._refusal(found, turn, flagged), interpretation=_unsure(shown_as, found, engine, ()))
        windows = engine.fitting(found.sought, windows)
        strict = _strict(flagged, {turn, read_as.own.turn})
        floor = max(window.score for window in windows) - _MARGIN
        near = [window for window in windows if window.score >= floor]
        speakers = order(near, most, strict=strict)
        others = () if speakers.only_sellers else [i for i in range(len(near)) if i not in speakers.shown]
        first, *further = (near[i] for i in (*speakers.shown, *others))
        further = behind(first, near[0], further)
        shown = _adding(engine, [first, *further][:_DEEPEST], most)
        if not (again or speakers.only_sellers):
            shown = self._completed(found.sought, shown, most)
        quotes = tuple(self._quote(found, each, by=by, first=by is first and not again) for each, by in shown)
        differing: tuple[Disagreement, ...] = ()
        if found.difference is not None:  # sources that sell nothing come first
            dispute, sides = found.difference
            ordered = sorted(sides, key=lambda window: (window.sells, -window.score))
            opposed = tuple(self._quote(found, window, by=window, first=True) for window in ordered)
            differing = (Disagreement(dispute.topic, dispute.question, opposed),)
        said = (*quotes, *(side for differ in differing for side in differ.sides))
        is_bare = any(is_bare_dose(" ".join(span.text for span in quote.spans)) for quote in said)
        notices = (
            *flagged,
            *((Notice(NoticeKind.ONLY_SELLERS, ONLY_SELLERS),) if speakers.only_sellers else ()),
            *((Notice(NoticeKind.DOSE, DOSE),) if is_bare else ()),
            *self._of_scope(read_as, [quote.document for quote in quotes]),
            *_cut(read_as),
            Notice(NoticeKind.GENERAL, GENERAL),
        )
        status, why = _status_of(quotes, only_sellers=speakers.only_sellers)
        if status is not Status.ANSWERED:
            shown_as = _unsure(shown_as, found, engine, [each for each, _ in shown])
        return Answer(turn, status, why, quotes, notices, differing, interpretation=shown_as)

    def _completed(self, sought: Sought, shown: list[tuple[Window, Window]], most: int) -> list[tuple[Window, Window]]:
        """Return the quotes that are shown, with what completes the first one behind the second, if there is room.

        It is judged as the first is: together they are one answer.
        """
        (lead, by), engine = shown[0], self.thread.engine
        then = engine.completing(sought, lead)
        if then is None or not behind(lead, lead, [then]):
            return shown
        interest, of_lead = (each.passage.document.source.interest for each in (then, lead))
        if then.sells and (interest is not of_lead or is_sensitive(then.shown.text)):
            return shown
        others = [pair for pair in shown[1:] if not (pair[0].repeats_one_of([then]) or then.shows(pair[0].best))]
        ahead = [shown[0], *(pair for pair in shown[1:2] if pair in others)]
        windows = [window for window, _ in ahead]
        if then.repeats_one_of(windows) or not _adds(engine, then, windows):
            return shown
        return [*ahead, (then, by), *(pair for pair in others if pair not in ahead)][:most]

    def _refusal(self, found: Found, turn: Turn, flagged: Sequence[Notice]) -> Answer:
        """Return an answer without quotes, with the nearest passages that sell nothing.

        Who asked about the subject of the corpus is not told what it is; after another subject no passage is near.
        """
        read_as = found.sought.read_as
        reason = Reason.NO_KNOWN_WORD if found.unknown >= 1 else Reason.NOTHING_CLOSE
        unsold = [each.passage for each in found.windows if each.passage.document.source.interest is not Interest.SELLS]
        nearest = tuple(dict.fromkeys(unsold))[:_NEAREST]
        fitting = self._of_scope(read_as, [passage.document for passage in nearest])
        is_told = not fitting and not self.scope.is_about_it((turn.text, read_as.text))
        scope = (Notice(NoticeKind.SCOPE, SCOPE),) if is_told else fitting
        nearest = () if is_told and self.scope.subject is not None else nearest
        notices = (*flagged, *_cut(read_as), *scope, Notice(NoticeKind.GENERAL, GENERAL))
        return Answer(turn, Status.NO_ANSWER, reason, (), notices, nearest=nearest)

    def _of_scope(self, read_as: Interpretation, shown: Sequence[Document]) -> tuple[Notice, ...]:
        """Return what a question, and the turn that it leans on, is about and no document that is shown mentions."""
        return self.scope.notices((*read_as.earlier[-1:], read_as.own), [document.text for document in shown])

    def _quote(self, found: Found, window: Window, *, by: Window, first: bool) -> Quote:
        thread = self.thread
        is_strong = thread.engine.is_strong(found.sought.query, by, thread.calibration, first=first)
        strength = Strength.STRONG if is_strong else Strength.POSSIBLE
        return Quote(window.spans, window.best, window.passage, strength, round(window.score, 4))


def _status_of(quotes: Sequence[Quote], *, only_sellers: bool) -> tuple[Status, Reason | None]:
    """Return the status of an answer with these quotes, and why it is no plain answer."""
    if only_sellers:
        return Status.POSSIBLY, Reason.ONLY_SELLERS
    if all(quote.strength is Strength.POSSIBLE for quote in quotes):
        return Status.POSSIBLY, Reason.WEAK_MATCH
    return Status.ANSWERED, None


def _adding(engine: Engine, windows: Sequence[Window], most: int) -> list[tuple[Window, Window]]:
    """Return at most ``most`` windows: the first, and each that adds something to those before it.

    A fuller window takes the place of one that says nothing beside it. Each comes with the window that it is judged by:
    as a fuller one says all that the other says, it answers as well.
    """
    shown, said = [(window, window) for window in windows[:1]], list(windows[:1])
    for window in windows[1:]:
        if window.repeats_one_of(said):
            said.append(window)
            continue
        held = [pair for pair in shown if window.is_fuller(pair[0])]
        others = [pair for pair in shown if pair not in held]
        if not held and len(shown) == most:
            continue
        if _adds(engine, window, [each for each, _ in others]):
            place = shown.index(held[0]) if held else len(shown)
            shown = [*others[:place], (window, held[0][1] if held else window), *others[place:]]
            said.append(window)
    return shown


def _adds(engine: Engine, window: Window, shown: Sequence[Window]) -> bool:
    """Return whether a window says enough that others do not."""
    whole, main = engine.covered(window, shown)
    return whole < _SAID and main < _SAID_OF_BEST


def _unsure(
    read_as: Interpretation | None, found: Found, engine: Engine, shown: Sequence[Window]
) -> Interpretation | None:
    """Add what else a question in its context may mean, if it was read as one of the library. One that is refused was
    not: that is only what it may mean."""
    if read_as is None or read_as.question is None or read_as.move is not Move.ASKS:
        return read_as
    others = engine.others(found.sought, shown)
    if not shown:
        return replace(read_as, question=None, others=(read_as.question, *others[:1]))
    return replace(read_as, others=others)


def _holds(spans: Sequence[Span], others: Sequence[Span]) -> bool:
    """Return whether every one of ``others`` is inside one of ``spans``."""
    return all(
        any(each.document.id == other.document.id and each.range.contains(other.range) for each in spans)
        for other in others
    )


def _joined_notices(found: Sequence[Answer], *, answered: bool) -> tuple[Notice, ...]:
    """Return every notice of the parts once, the general one last. What is only true of a refusal is left out if
    another part is answered."""
    notices = {each.text: each for one in found for each in one.notices if not (answered and each.text == SCOPE)}
    general = notices.pop(GENERAL)
    return (*notices.values(), general)


def _unsearched(read: Triaged, reason: Reason, status: Status = Status.SAFETY_ONLY) -> Reply:
    """Return only what triage says: nothing was searched."""
    notices = (*read.triage.notices, Notice(NoticeKind.GENERAL, GENERAL))
    answer = Answer(read.turns[-1], status, reason, (), notices)
    return Reply(answer, Timings(triage=read.milliseconds, total=read.milliseconds), None)


def check_word(question: str) -> None:
    """Raise ``QuestionError`` for a question without a letter or digit, as "???": there is nothing to search for."""
    if not has_word(question):
        raise QuestionError("the question has no readable word", hint="type what you want to know in words")


def turns_of(question: str, history: Sequence[str]) -> tuple[Turn, ...]:
    """Return the turns, the question last. Raises ``QuestionError`` for an empty, too long or unreadable question."""
    texts = (*history, question)
    if len(texts) > MOST_TURNS:
        raise QuestionError(f"a conversation has at most {MOST_TURNS} questions", hint="start a new one")
    for text in texts:
        if len(text) > MOST_CHARACTERS:
            raise QuestionError(
                f"a question has at most {MOST_CHARACTERS:,} characters, this one {len(text):,}", hint="shorten it"
            )
    if not question.strip():
        raise QuestionError("the question is empty", hint="type what you want to know")
    if not any(character.isprintable() and not character.isspace() for character in question):
        check_word(question)  # it has none
    return tuple(Turn(index, text) for index, text in enumerate(texts))


def _wary(notice: Notice) -> bool:
    """Return whether every sentence of a seller is sensitive: under a red flag, or if triage failed."""
    return notice.flag is not None or notice.kind is NoticeKind.TRIAGE_FAILED


def _strict(notices: Sequence[Notice], asked: Collection[Turn]) -> bool:
    """Return whether every sentence of a seller is sensitive, given what these turns say, not what is remembered."""
    return any(
        _wary(each) and (not each.evidence or any(place.turn in asked for place in each.evidence)) for each in notices
    )


def _of_corpus(notices: tuple[Notice, ...], engine: Engine) -> tuple[Notice, ...]:
    """Return the notices without "the sources are in English", in any language, where they are not."""
    return tuple(each for each in notices if each.text.partition(".")[0] != ENGLISH or engine.collection.in_english)


def _cut(read_as: Interpretation) -> tuple[Notice, ...]:
    """Return the notice that the question was too long to be searched whole, if it was."""
    return () if len(read_as.own.turn.text.rstrip()) <= SEARCHED_CHARACTERS else (Notice(NoticeKind.SCOPE, CUT),)


def _ms(start: float, end: float | None = None) -> float:
    return round(1000 * ((time.perf_counter() if end is None else end) - start), 2)
