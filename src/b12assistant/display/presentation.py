"""Turn a reply into an ordered list of pieces, in words, that every output draws.

The page, the terminal and MCP draw the same pieces. None of them chooses
the order, the wording or the notes of a quote, nor how it says who speaks and whether the source sells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice

from b12assistant.answers import (
    FixedTexts,
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
from b12assistant.types import (
    DocumentId,
    Passage,
    PassageId,
)


class Alarm(StrEnum):
    """How prominently a safety text is shown."""

    EMERGENCY = "emergency"
    CAUTION = "caution"


@dataclass(frozen=True, slots=True)
class Setting:
    """What turns ids into words.

    ``base``: where the page is served, such as "http://127.0.0.1:7860", so that links lead back to it; "" for links
    within the page. ``chosen``: the settings that an answer depends on, by `section.name`.
    """

    texts: FixedTexts
    today: date
    labels: Labels = field(default_factory=load_labels)
    base: str = ""
    chosen: Mapping[str, str | int | float | bool] = field(default_factory=dict)


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

    ``read_with``: the user's other words that it was read with. ``label`` and ``between`` are labels.
    """

    label: str
    text: str
    between: str
    read_with: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class AskedPart:
    """One of several questions, as data. ``numbers``: of the quotes that answer it; ``read_with``: its context."""

    text: str
    read_with: tuple[str, ...]
    reason: Reason | None
    numbers: tuple[int, ...]
    nearest: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class FixedNotice:
    """A notice with its text. ``flagged``: it comes from a red flag."""

    kind: NoticeKind
    id: TextId
    text: str
    flagged: bool


def present(reply: Reply, setting: Setting) -> tuple[Piece, ...]:
    """Turn a reply into pieces, in order and in words."""
    answer, labels = reply.answer, setting.labels
    read_as = answer.interpretation
    replaced = [swap.words for swap in read_as.replaced] if read_as else []
    shown = quoted(reply, labels, setting.today, setting.base)
    sides = iter(shown[len(answer.quotes) :])
    parts = [
        AskedPart(
            part.words.text,
            tuple(each.text for each in part.context),
            part.reason,
            part.numbers,
            near_places(_places(part.nearest), setting.base),
        )
        for part in answer.parts
    ]
    return arrange(
        labels,
        _fixed(answer.notices, setting.texts),
        read_as_piece(read_as.move, [part.text for part in read_as.parts], replaced, labels) if read_as else None,
        answer.reason,
        shown[: len(answer.quotes)],
        [(differ.topic, tuple(islice(sides, len(differ.sides)))) for differ in answer.disagreements],
        near_places(_places(answer.nearest), setting.base),
        parts,
        [words.text for words in answer.more],
        emergency=_is_emergency(answer.notices),
    )


def quoted(reply: Reply, labels: Labels, today: date, base: str = "") -> tuple[Quoted, ...]:
    """Return every quote of an answer, with the numbers of the publications that each sentence rests on."""
    shown = [
        Quoted.of(Cited.of_quote(quote, reply, base), labels, today, number)
        for number, quote in enumerate(reply.answer.shown, start=1)
    ]
    numbers = {each.id: number for number, each in enumerate(first_mentions(shown), start=1)}
    return tuple(quote.numbered(numbers) for quote in shown)


def _places(passages: Iterable[Passage]) -> Iterator[tuple[DocumentId, PassageId, tuple[str, ...]]]:
    for near in passages:
        yield near.document.id, near.id, (near.document.title, *section(near.document, near.span.start))


def arrange(
    labels: Labels,
    notices: Sequence[FixedNotice],
    read_as: ReadAs | None,
    reason: Reason | None,
    quotes: Sequence[Quoted],
    differences: Sequence[tuple[str, tuple[Quoted, ...]]],
    nearest: tuple[Near, ...],
    parts: Sequence[AskedPart] = (),
    further: Sequence[str] = (),
    *,
    emergency: bool,
) -> tuple[Piece, ...]:
    """Order an answer: notices, what was searched, headline, quotes, differences, origins, nearest places, advice.

    ``differences``: curators' questions with the quotes of their sides. ``parts``: the questions of a message, each
    with its own headline, quotes and places; ``further``: those that were not searched. ``emergency``: the most serious
    red flag is one.
    """
    answered = _answered(labels, read_as, reason, quotes, notices) if not parts else _of_parts(labels, parts, quotes)
    shown = tuple(_notices(notices, labels, emergency=emergency))
    advice = tuple(notice for notice in shown if notice.kind is NoticeKind.ADVICE)
    return (
        *(notice for notice in shown if notice not in advice),
        *answered,
        *(ShownDifference(labels("differences.topic", topic=topic), sides) for topic, sides in differences),
        *_origins(labels, [*quotes, *(side for _, sides in differences for side in sides)]),
        *([Nearest(labels("ask.nearest"), nearest)] if nearest and not parts else []),
        *([Further(labels("ask.further"), tuple(further))] if further else []),
        *advice,
        *(General(notice.text) for notice in notices if notice.kind is NoticeKind.GENERAL),
    )


def _origins(labels: Labels, quotes: Sequence[Quoted]) -> Iterator[Origins]:
    """Yield the list of what the quotes rest on, if any are our summaries."""
    if any(quote.is_summary for quote in quotes):
        yield Origins(labels("origins.whose"), first_mentions(quotes))


def _answered(
    labels: Labels,
    read_as: ReadAs | None,
    reason: Reason | None,
    quotes: Sequence[Quoted],
    notices: Sequence[FixedNotice],
) -> Iterator[Piece]:
    """Yield what answers a message that is one question."""
    # A fixed text may say it already.
    already_said = reason is Reason.ONLY_SELLERS and any(notice.kind is NoticeKind.ONLY_SELLERS for notice in notices)
    headline = None if already_said else labels.headline(reason)
    if read_as:
        yield read_as
    if headline:
        yield Headline(headline)
    yield from quotes


def _of_parts(labels: Labels, parts: Sequence[AskedPart], quotes: Sequence[Quoted]) -> Iterator[Piece]:
    """Yield each question of a message with what answers it; a quote stands under the first that it answers."""
    shown: set[int] = set()
    for part in parts:
        yield AskedHeading(labels("ask.asked"), part.text, labels("ask.read_with"), part.read_with)
        if headline := labels.headline(part.reason):
            yield Headline(headline)
        for quote in quotes:
            if quote.number in part.numbers:
                number = quote.number
                yield Also(labels("ask.also"), number) if number in shown else quote
        shown.update(part.numbers)
        if part.nearest:
            yield Nearest(labels("ask.nearest"), part.nearest)


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
    """Turn the notices above the quotes into words; each holds its translations."""
    return tuple(_notices(_fixed(notices, texts), labels, emergency=_is_emergency(notices)))


def near_places(passages: Iterable[tuple[DocumentId, PassageId, tuple[str, ...]]], base: str) -> tuple[Near, ...]:
    """Return the first of the ``passages`` of each section: links to the others, with the same place, read the same."""
    places: dict[tuple[DocumentId, tuple[str, ...]], Near] = {}
    for document, passage, place in passages:
        places.setdefault((document, place), Near(place, base + addresses.of_passage_id(document, passage)))
    return tuple(places.values())


def read_as_piece(move: Move, parts: Sequence[str], replaced: Sequence[str], labels: Labels) -> ReadAs:
    """Say how a turn was read. ``parts``: earlier words that it was read with, as typed, then its own."""
    joined = move is Move.ASKS and len(parts) > 1
    way = "joined" if joined else move
    also = labels("ask.also_searched", words=", ".join(dict.fromkeys(replaced))) if replaced else ""
    return ReadAs(labels(f"moves.{way}"), " · ".join(parts[:-1] if joined else parts), also)


def _fixed(notices: Sequence[Notice], texts: FixedTexts) -> tuple[FixedNotice, ...]:
    return tuple(
        FixedNotice(notice.kind, notice.text, texts[notice.text].text, notice.flag is not None) for notice in notices
    )


def _is_emergency(notices: Sequence[Notice]) -> bool:
    return any(notice.flag is not None and notice.flag.level is Level.EMERGENCY for notice in notices)


def _notices(notices: Sequence[FixedNotice], labels: Labels, *, emergency: bool) -> Iterator[ShownNotice]:
    """Yield every text once, in order, with its translations."""
    texts = {notice.id: notice for notice in notices if notice.kind is not NoticeKind.GENERAL}
    for id_, notice in texts.items():
        original, _, language = id_.partition(".")
        if language and original in texts:
            continue
        alarm, heading = _alarm(notice, labels, emergency=emergency)
        translations = tuple(
            _translated(other, texts[other].text, alarm) for other in texts if other.startswith(f"{id_}.")
        )
        yield ShownNotice(id_, notice.kind, notice.text, alarm, heading, translations)


def _translated(name: TextId, text: str, alarm: Alarm | None) -> Translation:
    """Return a translation; that of an emergency has a heading in its own language."""
    language = code_of(name)
    known = load_translations().get(language) if alarm is Alarm.EMERGENCY else None
    return Translation(name, language, text, known.heading if known else "")


def _alarm(notice: FixedNotice, labels: Labels, *, emergency: bool) -> tuple[Alarm | None, str]:
    """Return alarm and heading. Beside an emergency nothing less is shown, so all flags get the same."""
    if notice.kind is NoticeKind.TRIAGE_FAILED:
        return Alarm.EMERGENCY, labels("ask.safety_check")
    if not notice.flagged or notice.kind is NoticeKind.ADVICE:
        return None, ""
    calm = labels("ask.decide" if notice.id == "medical_decision" else "ask.please_read")
    return (Alarm.EMERGENCY, labels("ask.safety_first")) if emergency else (Alarm.CAUTION, calm)
