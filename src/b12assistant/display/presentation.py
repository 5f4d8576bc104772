"""Turn a reply into an ordered list of pieces, in words, that every output draws.

The page, the terminal and MCP draw the same pieces. None of them chooses
the order, the wording or the notes of a quote, nor how it says who speaks and whether the source sells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice

from b12assistant.answers import (
    Answer,
    AskedAnswer,
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
from b12assistant.display.labels import Labels, load_labels, section
from b12assistant.display.quoted import Basis, Cited, Quoted, first_mentions
from b12assistant.safety.translations import code_of, load_translations
from b12assistant.types import DocumentId, Passage


class Alarm(StrEnum):
    """How prominently a safety text is shown."""

    EMERGENCY = "emergency"
    CAUTION = "caution"


@dataclass(frozen=True, slots=True)
class Setting:
    """What turns ids into words.

    ``base``: where the page is served, such as "http://127.0.0.1:7860", so that links lead back to it; "" for links
    within the page.
    """

    texts: FixedTexts
    today: date
    labels: Labels = field(default_factory=load_labels)
    base: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """A fixed text in another language; its last line says in English that it is unchecked. ``heading``: as below."""

    id: TextId
    language: str
    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A fixed text above the quotes; advice is below them. ``heading`` is "" unless there is an ``alarm``."""

    id: TextId
    kind: NoticeKind
    text: str
    alarm: Alarm | None = None
    heading: str = ""
    translations: tuple[Translation, ...] = ()

    @property
    def reason(self) -> str:
        """Return the last line of a calmer safety text, which says why it is shown; "" for others."""
        *act, reason = self.text.splitlines()
        return reason if act and self.alarm is Alarm.CAUTION else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the text in the reader's language first, then in English."""
        return (*(translation.text for translation in self.translations), self.text)


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What was searched, if not simply the question. ``also``: a sentence with the words beside those typed, or ""."""

    label: str
    text: str
    also: str


@dataclass(frozen=True, slots=True)
class Headline:
    """A line above the quotes that says why this is not a plain answer."""

    text: str


@dataclass(frozen=True, slots=True)
class AskedHeading:
    """A question of a message that asks several, or asks inside a story, in the user's words; its quotes follow.

    ``read_as``: the question of the library that it was read as, or the user's other words that it was read with; "" if
    neither. ``label`` and ``between`` are labels.
    """

    label: str
    text: str
    between: str
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class Also:
    """A quote under an earlier question that answers this one too. ``number``: of that quote."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Further:
    """Questions of the message that were not searched, in the user's words."""

    heading: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """Quotes that disagree, one for each side, under a heading with the topic; none is among the answer's quotes."""

    heading: str
    sides: tuple[Quoted, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """The place of a passage that is close to the question. ``place``: as in ``Quoted``."""

    place: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """Places of the closest passages, if nothing answers."""

    heading: str
    places: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class General:
    """The general notice below every answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Origins:
    """The publications that the sentences of an answer rest on; the number of each is its place, from 1.

    ``whose``: says that these are our summaries.
    """

    whose: str
    publications: tuple[Basis, ...]


Piece = (
    ShownNotice
    | ReadAs
    | AskedHeading
    | Headline
    | Also
    | Quoted
    | ShownDifference
    | Origins
    | Nearest
    | Further
    | General
)


def present(reply: Reply, setting: Setting) -> tuple[Piece, ...]:
    """Turn a reply into pieces, in words and in order: notices, what was searched, headline, quotes, differences,
    origins, nearest places, advice.

    Each question of a message has its own headline, quotes and places.
    """
    answer, labels = reply.answer, setting.labels
    shown = quoted(reply, labels, setting.today, setting.base)
    quotes, sides = shown[: len(answer.quotes)], iter(shown[len(answer.quotes) :])
    notices = present_notices(answer.notices, setting.texts, labels)
    advice = tuple(notice for notice in notices if notice.kind is NoticeKind.ADVICE)
    return (
        *(notice for notice in notices if notice not in advice),
        *(_of_parts(answer.parts, quotes, setting) if answer.parts else _answered(answer, quotes, labels)),
        *(
            ShownDifference(labels("differences.topic", topic=differ.topic), tuple(islice(sides, len(differ.sides))))
            for differ in answer.disagreements
        ),
        *_origins(labels, shown),
        *(() if answer.parts else _nearest(answer.nearest, setting)),
        *([Further(labels("ask.further"), tuple(words.text for words in answer.more))] if answer.more else []),
        *advice,
        *(General(setting.texts[each.text].text) for each in answer.notices if each.kind is NoticeKind.GENERAL),
    )


def quoted(reply: Reply, labels: Labels, today: date, base: str = "") -> tuple[Quoted, ...]:
    """Return every quote of an answer, with the numbers of the publications that each sentence rests on."""
    shown = [
        Quoted.of(Cited.of_quote(quote, reply, base), labels, today, number)
        for number, quote in enumerate(reply.answer.shown, start=1)
    ]
    numbers = {each.id: number for number, each in enumerate(first_mentions(shown), start=1)}
    return tuple(quote.numbered(numbers) for quote in shown)


def _answered(answer: Answer, quotes: Sequence[Quoted], labels: Labels) -> Iterator[Piece]:
    """Yield what answers a message that is one question."""
    if answer.interpretation:
        yield _read_as(answer.interpretation, labels)
    # A fixed text may say it already.
    is_said = answer.reason is Reason.ONLY_SELLERS and any(
        notice.kind is NoticeKind.ONLY_SELLERS for notice in answer.notices
    )
    if not is_said and (headline := _remark(answer, labels) or labels.headline(answer.reason)):
        yield Headline(headline)
    yield from quotes


_REMARKS = {
    "thanks": re.compile(r"\b(?:thanks?|thank ?you|thx|cheers|ta)\b", re.I),
    "hello": re.compile(r"\W*(?:hi|hello|hey|good ?(?:morning|afternoon|evening|day))\b", re.I),
}


def _remark(answer: Answer, labels: Labels) -> str:
    """Return what is said to thanks or a greeting; "" to anything else."""
    if answer.reason is not Reason.NOTHING_ASKED:
        return ""
    found = (name for name, form in _REMARKS.items() if form.search(answer.question.text))
    return next((labels(f"remarks.{name}") for name in found), "")


def _of_parts(parts: Sequence[AskedAnswer], quotes: Sequence[Quoted], setting: Setting) -> Iterator[Piece]:
    """Yield each question of a message with what answers it; a quote stands under the first that it answers."""
    labels, shown = setting.labels, set[int]()
    for part in parts:
        yield _heading(part, labels)
        if headline := labels.headline(part.reason):
            yield Headline(headline)
        for quote in quotes:
            if quote.number in part.numbers:
                yield Also(labels("ask.also"), quote.number) if quote.number in shown else quote
        shown.update(part.numbers)
        yield from _nearest(part.nearest, setting)


def _heading(part: AskedAnswer, labels: Labels) -> AskedHeading:
    read_as = part.interpretation.question if part.interpretation else None
    words = read_as or ", ".join(f"“{each.text}”" for each in part.context)
    return AskedHeading(
        labels("ask.asked"), part.words.text, labels("ask.read_as" if read_as else "ask.read_with"), words
    )


def _origins(labels: Labels, quotes: Sequence[Quoted]) -> Iterator[Origins]:
    """Yield the list of what the quotes rest on, if any are our summaries."""
    if any(quote.is_summary for quote in quotes):
        yield Origins(labels("origins.whose"), first_mentions(quotes))


def _nearest(passages: Sequence[Passage], setting: Setting) -> Iterator[Nearest]:
    """Yield the places of ``passages``, the first of each section: links to the others would read the same."""
    places: dict[tuple[DocumentId, tuple[str, ...]], Near] = {}
    for each in passages:
        place = (each.document.title, *section(each.document, each.span.start))
        places.setdefault((each.document.id, place), Near(place, setting.base + addresses.of_passage(each)))
    if places:
        yield Nearest(setting.labels("ask.nearest"), tuple(places.values()))


def _read_as(read_as: Interpretation, labels: Labels) -> ReadAs:
    """Say how a turn was read: as which question of the library, or with which earlier words, and with which others."""
    parts = [part.text for part in read_as.parts]
    words = ", ".join(dict.fromkeys(swap.words for swap in read_as.replaced))
    also = labels("ask.also_searched", words=words) if words else ""
    if read_as.question is not None and read_as.move is Move.ASKS:
        return ReadAs(labels("ask.read_as"), read_as.question, also)
    joined = read_as.move is Move.ASKS and len(parts) > 1
    label = labels(f"moves.{'joined' if joined else read_as.move}")
    return ReadAs(label, " · ".join(parts[:-1] if joined else parts), also)


def quotes_of(pieces: Iterable[Piece]) -> Iterator[Quoted]:
    """Yield every quote, including those in differences."""
    for piece in pieces:
        if isinstance(piece, Quoted):
            yield piece
        elif isinstance(piece, ShownDifference):
            yield from piece.sides


def answer_link(reply: Reply, pieces: Iterable[Piece]) -> str:
    """Return the address that shows an answer again: its question, read in full, and its quotes; "" without quotes."""
    answer, read_as = reply.answer, reply.answer.interpretation
    links = [piece.link for piece in pieces if isinstance(piece, Quoted)]
    whole = read_as.text if read_as and read_as.is_joined else answer.question.text
    return addresses.of_answer(whole, links) if links else ""


def present_notices(notices: Sequence[Notice], texts: FixedTexts, labels: Labels) -> tuple[ShownNotice, ...]:
    """Turn the notices of an answer, without the general one, into words: each text once, with its translations."""
    return tuple(_notices(notices, texts, labels))


def _notices(given: Sequence[Notice], texts: FixedTexts, labels: Labels) -> Iterator[ShownNotice]:
    emergency = any(notice.flag is not None and notice.flag.level is Level.EMERGENCY for notice in given)
    notices = {notice.text: notice for notice in given if notice.kind is not NoticeKind.GENERAL}
    for id_, notice in notices.items():
        original, _, language = id_.partition(".")
        if language and original in notices:
            continue
        alarm, heading = _alarm(notice, labels, emergency=emergency)
        translations = tuple(
            _translated(other, texts[other].text, alarm) for other in notices if other.startswith(f"{id_}.")
        )
        yield ShownNotice(id_, notice.kind, texts[id_].text, alarm, heading, translations)


def _translated(name: TextId, text: str, alarm: Alarm | None) -> Translation:
    """Return a translation; that of an emergency has a heading in its own language."""
    language = code_of(name)
    known = load_translations().get(language) if alarm is Alarm.EMERGENCY else None
    return Translation(name, language, text, known.heading if known else "")


def _alarm(notice: Notice, labels: Labels, *, emergency: bool) -> tuple[Alarm | None, str]:
    """Return alarm and heading. Beside an emergency nothing less is shown, so all flags get the same."""
    if notice.kind is NoticeKind.TRIAGE_FAILED:
        return Alarm.EMERGENCY, labels("ask.safety_check")
    if notice.flag is None or notice.kind is NoticeKind.ADVICE:
        return None, ""
    calm = labels("ask.decide" if notice.text == "medical_decision" else "ask.please_read")
    return (Alarm.EMERGENCY, labels("ask.safety_first")) if emergency else (Alarm.CAUTION, calm)
