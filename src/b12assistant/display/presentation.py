"""Turn a reply into an ordered list of pieces, in words, that every output draws.

The page, the page without scripts, the terminal, files, MCP and LangChain draw the same pieces. None of them chooses
the order, the wording or the notes of a quote, nor how it says who speaks and whether the source sells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice, pairwise

from b12assistant.answers import (
    FixedTexts,
    Level,
    Move,
    Notice,
    NoticeKind,
    Quote,
    Reason,
    Reply,
    Strength,
    TextId,
)
from b12assistant.display import addresses
from b12assistant.display.labels import Labels, load_labels, overdue, section
from b12assistant.display.subject import names_subject
from b12assistant.types import (
    GAP,
    Attribution,
    Document,
    DocumentId,
    GenerationId,
    Interest,
    OriginId,
    Passage,
    PassageId,
    Range,
    Source,
    SourceKind,
    Span,
)


@dataclass(frozen=True, slots=True)
class Basis:
    """A publication that our summary is based on, and the place in it."""

    id: OriginId
    title: str
    publisher: str
    kind: SourceKind
    published: str
    url: str
    place: str
    read_at: str = ""  # the copy that was read, shown only on the document's own page

    @classmethod
    def of(cls, attribution: Attribution) -> Basis:
        origin, place = attribution.origin, attribution.place
        facts = (origin.title, origin.publisher, origin.kind, origin.published, origin.url, place, origin.read_at)
        return cls(origin.id, *facts)

    @property
    def is_known(self) -> bool:
        return not self.publisher.lower().startswith("unknown")

    @property
    def words(self) -> str:
        """Return publisher and title, with the year if it is known."""
        year = f" ({self.published})" if self.published[:1].isdigit() else ""
        return f"{self.publisher}: {self.title}{year}"

    @property
    def link(self) -> str:
        """Return the web address, "" if there is none."""
        return self.url if self.url.startswith(("https://", "http://")) else ""

    @property
    def cited(self) -> str:
        """Return publisher, title, year and web address, as far as they are known."""
        return f"{self.words} {self.link}".rstrip()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, as labels that begin with a small letter; "" for what is not known.

    ``basis``: the publications that our summary is based on, which come first; our own publisher and date are then left
    out. ``interest``: the label for a source that sells what it recommends, or may; ``sells``: it does.
    """

    whose: str
    publisher: str
    published: str
    interest: str
    sells: bool
    basis: tuple[Basis, ...] = ()

    @classmethod
    def of(cls, source: Source, labels: Labels, basis: Sequence[Basis] = ()) -> Speaker:
        return cls(
            labels("speaker.our_summary") if basis else labels.whose_words(source),
            "" if basis else source.publisher or "",
            labels.day(source.published) if source.published and not basis else "",
            labels.interest(source) or "",
            source.interest is Interest.SELLS,
            tuple(basis),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """Return what is known, in order: publications that a summary is based on, whose words, publisher, date."""
        return self._with(publication.words for publication in self.basis)

    @property
    def cited(self) -> tuple[str, ...]:
        """Return ``parts``, with the web address of each publication."""
        return self._with(publication.cited for publication in self.basis)

    def _with(self, based_on: Iterable[str]) -> tuple[str, ...]:
        return tuple(part for part in (*based_on, self.whose, self.publisher, self.published) if part)


def basis_of(spans: Sequence[Span]) -> tuple[Basis, ...]:
    """Return the publications that spans of one document are based on, best evidence first."""
    return tuple(map(Basis.of, spans[0].document.attributed([span.range for span in spans])))


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
class Cited:
    """Words of one document, in order, with what their citation needs.

    ``best``: the sentence that answers. ``changed``: the file changed since indexing. ``partly_off``: a curator has
    switched off other passages of the document. ``base``: as in ``Setting``.
    """

    spans: tuple[Span, ...]
    best: Span | None = None
    passage: PassageId | None = None
    generation: GenerationId | None = None
    base: str = ""
    strength: Strength | None = None
    changed: bool = False
    partly_off: bool = False

    @classmethod
    def of_quote(cls, quote: Quote, reply: Reply, base: str = "") -> Cited:
        changed, partly_off = (quote.document.id in ids for ids in (reply.source_changed, reply.partly_off))
        passage, generation = quote.passage.id, reply.generation
        return cls(quote.spans, quote.best, passage, generation, base, quote.strength, changed, partly_off)

    @classmethod
    def of_passage(cls, passage: Passage, generation: GenerationId | None = None, base: str = "") -> Cited:
        """Cite a whole passage; sentences with only blanks between them become one span."""
        spans: list[Span] = []
        for sentence in passage.sentences:
            joined = spans and passage.document.text[spans[-1].end : sentence.start].isspace()
            start = spans.pop().start if joined or (spans and spans[-1].end == sentence.start) else sentence.start
            spans.append(Span(passage.document, start, sentence.end))
        return cls(tuple(spans), None, passage.id, generation, base)

    @property
    def document(self) -> Document:
        return self.spans[0].document

    @property
    def link(self) -> str:
        """Return the permalink."""
        return self.base + addresses.of_spans(self.spans, self.best)


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a source with their place, who speaks, and all that a reader must know about them.

    ``number``: 1-based in an answer, 0 outside of one. ``words``: span by span, exactly the source's. ``place``: the
    title, then the headings, outermost first. ``pages``: a label, "" without pages. ``notes``: labels, each beginning
    with a small letter.
    """

    number: int
    document: DocumentId
    passage: PassageId | None
    spans: tuple[Range, ...]
    words: tuple[str, ...]
    best: Range | None
    place: tuple[str, ...]
    page_range: tuple[int, int] | None
    pages: str
    source: Source
    speaker: Speaker
    notes: tuple[str, ...]
    link: str
    strength: Strength | None = None
    digest: str = ""
    generation: GenerationId | None = None

    @classmethod
    def of(cls, cited: Cited, labels: Labels, today: date, number: int = 0) -> Quoted:
        """Put a citation into words."""
        document, at = cited.document, (cited.best or cited.spans[0]).start
        source = document.source
        pages = document.span(cited.spans[0].start, cited.spans[-1].end).pages
        return cls(
            number,
            document.id,
            cited.passage,
            tuple(span.range for span in cited.spans),
            tuple(span.text for span in cited.spans),
            cited.best.range if cited.best else None,
            (document.title, *section(document, at)),
            pages,
            labels.pages(pages) or "",
            source,
            Speaker.of(source, labels, basis_of(cited.spans)),
            tuple(_notes(cited, labels, today)),
            cited.link,
            cited.strength,
            document.digest,
            cited.generation,
        )

    @property
    def text(self) -> str:
        """Return the words, with a gap between spans."""
        return GAP.join(self.words)


@dataclass(frozen=True, slots=True)
class Translation:
    """A fixed text in another language; its last line says in English that it is unchecked."""

    id: TextId
    language: str
    text: str


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
    """What was searched, if not simply the question. ``replaced``: words as typed, and as they were read."""

    label: str
    text: str
    replaced: tuple[tuple[str, str], ...]
    between: str  # the label between the two


@dataclass(frozen=True, slots=True)
class Headline:
    """A line above the quotes that says why this is not a plain answer."""

    text: str


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


Piece = ShownNotice | ReadAs | Headline | Quoted | ShownDifference | Nearest | General


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
    replaced = tuple((swap.written.text, swap.words) for swap in read_as.replaced) if read_as else ()
    shown = tuple(
        Quoted.of(Cited.of_quote(quote, reply, setting.base), labels, setting.today, number)
        for number, quote in enumerate(answer.shown, start=1)
    )
    sides = iter(shown[len(answer.quotes) :])
    nearest = (
        (near.document.id, near.id, (near.document.title, *section(near.document, near.span.start)))
        for near in answer.nearest
    )
    return arrange(
        labels,
        _fixed(answer.notices, setting.texts),
        read_as_piece(read_as.move, read_as.text, replaced, labels, joined=read_as.is_joined) if read_as else None,
        answer.reason,
        shown[: len(answer.quotes)],
        [(differ.topic, tuple(islice(sides, len(differ.sides)))) for differ in answer.disagreements],
        near_places(nearest, setting.base),
        asked=(answer.question.text, read_as.text if read_as else ""),
        emergency=_is_emergency(answer.notices),
    )


def arrange(
    labels: Labels,
    notices: Sequence[FixedNotice],
    read_as: ReadAs | None,
    reason: Reason | None,
    quotes: Sequence[Quoted],
    differences: Sequence[tuple[str, tuple[Quoted, ...]]],
    nearest: tuple[Near, ...],
    *,
    asked: Iterable[str],
    emergency: bool,
) -> tuple[Piece, ...]:
    """Order the parts of an answer: notices, what was searched, headline, quotes, differences, places, advice.

    ``differences``: curators' questions with the quotes of their sides. ``asked``: the question, and how it was read:
    who asked about the subject is not told what it is. ``emergency``: the most serious red flag is one.
    """
    already_said = reason is Reason.ONLY_SELLERS and any(notice.kind is NoticeKind.ONLY_SELLERS for notice in notices)
    headline = None if already_said else labels.headline(reason)
    if any(map(names_subject, asked)):
        notices = [notice for notice in notices if notice.id != "scope"]
    shown = tuple(_notices(notices, labels, emergency=emergency))
    advice = tuple(notice for notice in shown if notice.kind is NoticeKind.ADVICE)
    return (
        *(notice for notice in shown if notice not in advice),
        *([read_as] if read_as else []),
        *([Headline(headline)] if headline else []),
        *quotes,
        *(ShownDifference(labels("differences.topic", topic=topic), sides) for topic, sides in differences),
        *([Nearest(labels("ask.nearest"), nearest)] if nearest else []),
        *advice,
        *(General(notice.text) for notice in notices if notice.kind is NoticeKind.GENERAL),
    )


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


def spans_text(spans: Sequence[Span]) -> str:
    """Join the words of the spans, with a gap between them."""
    return GAP.join(span.text for span in spans)


def passage_text(passage: Passage) -> str:
    """Join the sentences with the text between them; marked text becomes a gap."""
    text = passage.sentences[0].text
    for before, after in pairwise(passage.sentences):
        between = passage.document.text[before.end : after.start]
        text += (GAP if between.strip() else between) + after.text
    return text


def _notes(cited: Cited, labels: Labels, today: date) -> Iterator[str]:
    source = cited.document.source
    if cited.strength is Strength.POSSIBLE:
        yield labels("strengths.possible")
    if overdue(source, today):
        yield labels("ask.overdue")
    if cited.changed:
        yield labels("ask.changed")
    if cited.partly_off:
        yield labels("ask.partly_off")
    if source.superseded_by is not None:
        yield labels("ask.superseded", document=source.superseded_by)
    if source.withdrawn:
        yield labels("ask.withdrawn")


def read_as_piece(
    move: Move, text: str, replaced: tuple[tuple[str, str], ...], labels: Labels, *, joined: bool
) -> ReadAs:
    """Say how a turn was read; ``joined``: with an earlier one."""
    way = "joined" if move is Move.ASKS and joined else move
    return ReadAs(labels(f"moves.{way}"), text, replaced, labels("ask.read_as"))


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
        translations = tuple(
            Translation(other, other.rpartition(".")[2], texts[other].text)
            for other in texts
            if other.startswith(f"{id_}.")
        )
        yield ShownNotice(id_, notice.kind, notice.text, *_alarm(notice, labels, emergency=emergency), translations)


def _alarm(notice: FixedNotice, labels: Labels, *, emergency: bool) -> tuple[Alarm | None, str]:
    """Return alarm and heading. Beside an emergency nothing less is shown, so all flags get the same."""
    if notice.kind is NoticeKind.TRIAGE_FAILED:
        return Alarm.EMERGENCY, labels("ask.safety_check")
    if not notice.flagged or notice.kind is NoticeKind.ADVICE:
        return None, ""
    calm = labels("ask.decide" if notice.id == "medical_decision" else "ask.please_read")
    return (Alarm.EMERGENCY, labels("ask.safety_first")) if emergency else (Alarm.CAUTION, calm)
