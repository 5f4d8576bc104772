"""Turn a reply into one value, in words, that the page, the terminal and MCP draw.

None of them chooses the order, the wording or the notes of a quote, nor how it says who speaks and whether the source
sells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from textwrap import shorten
from typing import Literal

from b12assistant.answers import (
    Answer,
    FixedTexts,
    Interpretation,
    Level,
    Move,
    Notice,
    NoticeKind,
    Reason,
    Reply,
    TextId,
)
from b12assistant.display import addresses
from b12assistant.display.labels import headline, label
from b12assistant.display.markup import draw
from b12assistant.display.quoted import Basis, Quoted, Sentence, first_mentions
from b12assistant.language.words import split_sentences
from b12assistant.safety.fixed_texts import code_of, load_translations
from b12assistant.types import DocumentId, Passage

_DECISION = TextId("medical_decision")
# Quotes of a question that the page shows at once, and how long they may be in all, in characters: of a message that
# is one question, and of each question of a letter.
_AT_ONCE, _SHORT, _SHORT_IN_LETTER = 3, 300, 200
# How many characters of the user's own words a safety text repeats.
_ECHOED = 140


Alarm = Literal["emergency", "caution"]  # how prominently a safety text is shown


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A fixed text above the quotes; advice is below them. ``heading`` is "" unless there is an ``alarm``.

    ``because``: the words of a longer message that brought an alarm, in the user's words; else "". The last line of
    each of the ``translations`` says in English that it is unchecked; only that of an emergency has a heading.
    """

    id: TextId
    kind: NoticeKind
    text: str
    alarm: Alarm | None = None
    heading: str = ""
    because: str = ""
    translations: tuple[ShownNotice, ...] = ()

    @property
    def reason(self) -> str:
        """Return the last line of a calmer safety text, which says why it is shown; "" for others."""
        *act, reason = self.text.splitlines()
        return reason if act and self.alarm == "caution" else ""


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What was searched, if not simply the question: a question of the library, or the user's words.

    ``also``: the words that were read for those typed, or "". ``others``: questions of the library that it may mean
    instead.
    """

    label: str
    text: str
    also: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A question of a message with what answers it, a message that is one question, or a topic on which sources differ.

    ``headline``: why this is not a plain answer, or "", or the topic. ``nearest``: passages that are close to the
    question, of which only the place is shown. ``question``: in the user's words, "" for a message that is one.
    ``read_as``: of a question in a message; its text may be "". ``also``: numbers of quotes above that answer it too.
    """

    headline: str
    quotes: tuple[Quoted, ...]
    nearest: tuple[Quoted, ...] = ()
    question: str = ""
    read_as: ReadAs | None = None
    also: tuple[int, ...] = ()

    @property
    def at_once(self) -> tuple[Quoted, ...]:
        """Return the quotes that the page shows at once: the first, and others while all of them are short."""
        shown, most = self.quotes[:1], _SHORT_IN_LETTER if self.question else _SHORT
        for quote in self.quotes[1:_AT_ONCE]:
            if sum(len(each.text) for one in (*shown, quote) for each in one.sentences) > most:
                break
            shown += (quote,)
        return shown

    @property
    def folded(self) -> tuple[Quoted, ...]:
        return self.quotes[len(self.at_once) :]

    @property
    def hidden(self) -> int:
        """Return how many sentences the page does not show at once."""
        return sum(len(split_sentences(each.text)) or 1 for quote in self.folded for each in quote.sentences)


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer in words, in the order of the fields; each output draws all of it.

    ``differences``: a quote of each side; none is among the answer's quotes. ``publications``: what its sentences rest
    on; the number of each is its place, from 1. ``further``: questions of the message that were not searched, in the
    user's words. ``advice`` and ``general``: fixed texts that come last. ``link``: the address that asks the question
    again, "" without quotes.
    """

    question: str
    notices: tuple[ShownNotice, ...]
    read_as: ReadAs | None
    parts: tuple[ShownPart, ...]
    differences: tuple[ShownPart, ...]
    publications: tuple[Basis, ...]
    further: tuple[str, ...]
    advice: tuple[ShownNotice, ...]
    general: str
    link: str

    @property
    def is_letter(self) -> bool:
        return any(part.question for part in self.parts)

    @property
    def quotes(self) -> tuple[Quoted, ...]:
        """Return the quotes, without those in differences."""
        return tuple(chain(*(part.quotes for part in self.parts)))

    @property
    def has_summaries(self) -> bool:
        return any(quote.is_summary for part in (*self.parts, *self.differences) for quote in part.quotes)

    @property
    def above(self) -> list[ShownNotice]:
        """Return what the page shows above the quotes: the safety texts, or else one other notice.

        The notice on who decides is not among them in a refusal: below it, it says what to do.
        """
        refused = not self.quotes and any(part.question or part.headline for part in self.parts)
        alarms = [notice for notice in self.notices if notice.alarm and not (refused and notice.id == _DECISION)]
        telling = [each for each in self.notices if each not in alarms and each.kind is not NoticeKind.DOSE]
        return alarms or (telling[:1] if self.quotes else [])

    @property
    def below(self) -> list[ShownNotice]:
        return [notice for notice in (*self.notices, *self.advice) if notice not in self.above]

    def numbers_of(self, sentence: Sentence) -> tuple[int, ...]:
        """Return the numbers of the publications that a sentence of this answer rests on."""
        listed = [each.origin.id for each in self.publications]
        return tuple(listed.index(each.origin.id) + 1 for each in sentence.basis)

    @property
    def named(self) -> list[tuple[str, str]]:
        """Return the publications of what the page shows at once: the name of each, and its numbers."""
        sentences = chain(*(quote.sentences for part in self.parts for quote in part.at_once))
        at_once = set(chain(*map(self.numbers_of, sentences)))
        names: dict[str, list[str]] = {}
        for number, basis in enumerate(self.publications, start=1):
            if number in at_once:
                names.setdefault(basis.short, []).append(str(number))
        return [(name, ", ".join(numbers)) for name, numbers in names.items()]


def turn_html(number: int, reply: Reply, texts: FixedTexts) -> str:
    """Draw a question and its answer for the page; ``number`` must be unique on it.

    The general notice is at the foot of the page.
    """
    kinds = reply.answer.status + " as-typed" * reply.as_typed  # so that the turn can be asked again in the same way
    return draw("answer.html", "turn_html", number, kinds, present(reply, texts))


def present(reply: Reply, texts: FixedTexts) -> ShownAnswer:
    """Put a reply into words."""
    answer = reply.answer
    shown = quoted(reply)
    parts = tuple(_parts(answer, shown))
    publications = first_mentions([*chain(*(part.at_once for part in parts)), *shown])
    sides = iter(shown[len(answer.quotes) :])
    notices = present_notices(answer.notices, texts)
    whole, read_as = answer.question.text, answer.interpretation
    if read_as and (read_as.question or read_as.earlier):
        whole = read_as.question or " ".join(each.text for each in (*read_as.earlier, read_as.own))
    return ShownAnswer(
        answer.question.text,
        tuple(notice for notice in notices if notice.kind is not NoticeKind.ADVICE),
        _read_as(read_as) if read_as and not answer.parts else None,
        parts,
        tuple(
            ShownPart(label("differences.topic", topic=differ.topic), tuple(islice(sides, len(differ.sides))))
            for differ in answer.disagreements
        ),
        publications,
        tuple(words.text for words in answer.more),
        tuple(notice for notice in notices if notice.kind is NoticeKind.ADVICE),
        "\n".join(texts[each.text].text for each in answer.notices if each.kind is NoticeKind.GENERAL),
        addresses.of_answer(whole, as_typed=reply.as_typed) if answer.quotes else "",
    )


def quoted(reply: Reply) -> list[Quoted]:
    """Return every quote of an answer, those of differences last."""
    changed = reply.source_changed
    return [
        Quoted(quote.spans, quote.best, quote.passage.id, number=number, changed=quote.document.id in changed)
        for number, quote in enumerate(reply.answer.shown, start=1)
    ]


def _headline(answer: Answer) -> str:
    """Return the headline of a message that is one question."""
    if answer.reason is Reason.ONLY_SELLERS and any(each.kind is NoticeKind.ONLY_SELLERS for each in answer.notices):
        return ""  # a fixed text says it already
    remarks = (name for name, form in _REMARKS.items() if form.search(answer.question.text))
    if answer.reason is Reason.NOTHING_ASKED and (remark := next(remarks, None)):  # but thanks, or a greeting
        return label(f"remarks.{remark}")
    return headline(answer.reason)


_REMARKS = {
    "thanks": re.compile(r"\b(?:thanks?|thank ?you|thx|cheers|ta)\b", re.I),
    "hello": re.compile(r"\W*(?:hi|hello|hey|good ?(?:morning|afternoon|evening|day))\b", re.I),
}


def _parts(answer: Answer, quotes: Sequence[Quoted]) -> Iterator[ShownPart]:
    """Yield each question of a message with what answers it; a quote stands under the first that it answers."""
    shown = set[int]()
    for part in answer.parts or (answer.whole,):
        answering = [quote for quote in quotes if quote.number in part.numbers]
        yield ShownPart(
            headline(part.reason) if answer.parts else _headline(answer),
            tuple(quote for quote in answering if quote.number not in shown),
            _nearest(part.nearest),
            part.words.text if answer.parts else "",
            _read_as(part.interpretation, in_message=True) if answer.parts and part.interpretation else None,
            tuple(quote.number for quote in answering if quote.number in shown),
        )
        shown.update(part.numbers)


def _nearest(passages: Sequence[Passage]) -> tuple[Quoted, ...]:
    """Return the first passage of each section: links to the others would read the same."""
    near = dict[tuple[DocumentId, tuple[str, ...]], Quoted]()
    for quote in (Quoted.of_passage(each) for each in passages):
        near.setdefault((quote.document.id, quote.place), quote)
    return tuple(near.values())


def _read_as(read_as: Interpretation, *, in_message: bool = False) -> ReadAs | None:
    """Say how a turn, or a question in a message, was read: as which of the library, or with which other words."""
    also = " ".join(
        label(told, words=words)
        for told, slip in (("ask.spelt_as", True), ("ask.also_searched", False))
        if (words := ", ".join(dict.fromkeys(swap.words for swap in read_as.replaced if swap.slip is slip)))
    )
    if read_as.question is not None and read_as.move is Move.ASKS:
        return ReadAs(label("ask.read_as"), read_as.question, also, read_as.others)
    earlier, asks = [each.text for each in read_as.earlier], read_as.move is Move.ASKS
    if in_message:
        return ReadAs("", "", "", read_as.others) if read_as.others else None
    if asks and not (earlier or also):
        return None
    if asks and earlier:
        return ReadAs(label("moves.joined"), " · ".join(earlier), also, read_as.others)
    return ReadAs(label(f"moves.{read_as.move}"), " · ".join([*earlier, read_as.own.text]), also)


def present_notices(notices: Sequence[Notice], texts: FixedTexts) -> tuple[ShownNotice, ...]:
    """Turn the notices of an answer, without the general one, into words: each text once, with its translations."""
    emergency = any(notice.flag is not None and notice.flag.level is Level.EMERGENCY for notice in notices)
    named = {notice.text: notice for notice in notices if notice.kind is not NoticeKind.GENERAL}
    shown: list[ShownNotice] = []
    for id_, notice in named.items():
        original, _, language = id_.partition(".")
        if language and original in named:
            continue
        alarm, heading = _alarm(notice, emergency=emergency)
        because = _because(notice) if alarm else ""
        others = tuple(_translated(named[other], texts, alarm) for other in named if other.startswith(f"{id_}."))
        shown.append(ShownNotice(id_, notice.kind, texts[id_].text, alarm, heading, because, others))
    return tuple(shown)


def _because(notice: Notice) -> str:
    """Return the words of a longer message that brought a notice, cut short at a word; "" if all of it did."""
    if not notice.evidence or (found := notice.evidence[0]).text.strip() == found.turn.text.strip():
        return ""
    return shorten(found.text, _ECHOED, placeholder=" …")


def _translated(notice: Notice, texts: FixedTexts, alarm: Alarm | None) -> ShownNotice:
    """Return a translation; that of an emergency has a heading in its own language."""
    known = load_translations().get(code_of(notice.text)) if alarm == "emergency" else None
    return ShownNotice(notice.text, notice.kind, texts[notice.text].text, alarm, known["heading"] if known else "")


def _alarm(notice: Notice, *, emergency: bool) -> tuple[Alarm | None, str]:
    """Return alarm and heading. Beside an emergency all flags get its alarm, and a heading as sure as they are."""
    if notice.kind is NoticeKind.TRIAGE_FAILED:
        return "emergency", label("ask.safety_check")
    if notice.flag is None or notice.kind is NoticeKind.ADVICE:
        return None, ""
    if emergency:
        return "emergency", label("ask.safety_first" if notice.flag.certain else "ask.safety_likely")
    return "caution", label("ask.decide" if notice.text == _DECISION else "ask.please_read")
