"""What a reply says, in order and in words: a list of pieces that every output draws.

The page, the page without scripts, the terminal, files, MCP and LangChain take these pieces as they are. None of them
chooses the order, the wording or the notes of a quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from b12assistant.answers import (
    Disagreement,
    FixedTexts,
    Level,
    Move,
    NoticeKind,
    Quote,
    Reason,
    Reply,
    Strength,
    TextId,
    TopicId,
    most_serious,
)
from b12assistant.answers import Notice as NoticeById
from b12assistant.display import addresses
from b12assistant.display.labels import Labels, load_labels, overdue, section
from b12assistant.types import (
    GAP,
    Document,
    DocumentId,
    GenerationId,
    Interest,
    Passage,
    PassageId,
    Range,
    Source,
    Span,
)


class Alarm(StrEnum):
    """How loud a safety text is drawn."""

    EMERGENCY = "emergency"
    CAUTION = "caution"


@dataclass(frozen=True, slots=True)
class Setting:
    """What ids are put in words with.

    ``topics``: the curators' words for each topic on which sources differ. ``base``: where the page is served, as in
    "http://127.0.0.1:7860", so that links lead back to it; "" for links within the page.
    """

    texts: FixedTexts
    today: date
    said: Labels = field(default_factory=load_labels)
    topics: Mapping[TopicId, str] = field(default_factory=dict)
    base: str = ""


@dataclass(frozen=True, slots=True)
class Cited:
    """Words of one document, in order, and what a citation of them says besides.

    ``best``: the sentence that answers. ``changed``: the file is no longer the one that was indexed. ``partly_off``:
    a curator has switched other passages of the document off. ``base``: as in ``Setting``.
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
        """Cite a quote of a reply."""
        id_ = quote.document.id
        return cls(
            quote.spans,
            quote.best,
            quote.passage.id,
            reply.generation,
            base,
            quote.strength,
            id_ in reply.source_changed,
            id_ in reply.partly_off,
        )

    @classmethod
    def of_passage(cls, passage: Passage, generation: GenerationId | None = None, base: str = "") -> Cited:
        """Cite a whole passage: its sentences, those that only blanks part as one span."""
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
    def words(self) -> str:
        """What is quoted; what was left out between spans is shown as a gap."""
        return spans_text(self.spans)

    @property
    def pages(self) -> tuple[int, int] | None:
        return Span(self.document, self.spans[0].start, self.spans[-1].end).pages

    @property
    def link(self) -> str:
        """The permalink."""
        return self.base + addresses.of_spans(self.spans, self.best)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks. Labels begin with a small letter; "" for what is not known.

    ``interest``: the label that must stand beside a source that sells, or may; ``sells``: it does.
    """

    whose: str
    publisher: str
    published: str
    interest: str
    sells: bool

    @classmethod
    def of(cls, source: Source, said: Labels) -> Speaker:
        """Put the facts of a source in words."""
        return cls(
            said.whose_words(source),
            source.publisher or "",
            said.day(source.published) if source.published else "",
            said.interest(source) or "",
            source.interest is Interest.SELLS,
        )


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a source with their place, who speaks, and all that a reader must know of them.

    ``number``: 1-based in an answer, 0 for words that stand alone. ``words``: span by span, exactly the source's.
    ``place``: the title, then the headings, outermost first. ``pages``: a label, "" without pages. ``notes``: labels,
    each begins with a small letter.
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
    def of(cls, cited: Cited, said: Labels, today: date, number: int = 0) -> Quoted:
        """Put a citation in words."""
        document, at = cited.document, (cited.best or cited.spans[0]).start
        source = document.source
        return cls(
            number,
            document.id,
            cited.passage,
            tuple(span.range for span in cited.spans),
            tuple(span.text for span in cited.spans),
            cited.best.range if cited.best else None,
            (document.title, *section(document, at)),
            cited.pages,
            said.pages(cited.pages) or "",
            source,
            Speaker.of(source, said),
            tuple(_notes(cited, said, today)),
            cited.link,
            cited.strength,
            document.digest,
            cited.generation,
        )

    @property
    def text(self) -> str:
        """The words, with a gap where something is left out."""
        return GAP.join(self.words)


@dataclass(frozen=True, slots=True)
class Translation:
    """A fixed text in another language; its last line says in English that nobody checked it."""

    id: TextId
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A fixed text that stands before anything else. ``heading`` is "" unless there is an ``alarm``."""

    id: TextId
    kind: NoticeKind
    text: str
    alarm: Alarm | None = None
    heading: str = ""
    translations: tuple[Translation, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What was searched, where that is not simply the question. ``replaced``: words as typed, and as they were read."""

    label: str
    text: str
    replaced: tuple[tuple[str, str], ...]
    between: str  # stands between the two


@dataclass(frozen=True, slots=True)
class Headline:
    """What stands above an answer that is not simply one."""

    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Quotes that stand against each other, under what they differ on."""

    heading: str
    sides: tuple[tuple[Quoted, ...], ...]

    @property
    def quotes(self) -> tuple[Quoted, ...]:
        return tuple(quote for side in self.sides for quote in side)


@dataclass(frozen=True, slots=True)
class Near:
    """A place near to the question. ``place``: as in ``Quoted``."""

    place: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """Where the nearest passages stand, when nothing answers."""

    heading: str
    places: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class General:
    """What every answer says of itself, after all the rest."""

    text: str


Piece = Notice | ReadAs | Headline | Quoted | Difference | Nearest | General


@dataclass(frozen=True, slots=True)
class FixedNotice:
    """A notice with its text. ``flagged``: a red flag called for it."""

    kind: NoticeKind
    id: TextId
    text: str
    flagged: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """All that an answer says, not yet in order: what ``arrange`` makes pieces of.

    ``differences``: headings with the 1-based numbers of the quotes of each side. ``emergency``: the most serious red
    flag is one.
    """

    notices: tuple[FixedNotice, ...]
    emergency: bool
    read_as: tuple[Move, str, tuple[tuple[str, str], ...]] | None
    reason: Reason | None
    quotes: tuple[Quoted, ...]
    differences: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]
    nearest: tuple[Near, ...]


def present(reply: Reply, setting: Setting) -> tuple[Piece, ...]:
    """Put a reply in order and in words."""
    return arrange(_shown(reply, setting), setting.said)


def arrange(shown: Shown, said: Labels) -> tuple[Piece, ...]:
    """Order all that an answer says: what must be read first, what was searched, quotes by number, nearest places."""
    return (
        *_notices(shown.notices, said, emergency=shown.emergency),
        *_read_as(shown, said),
        *_headline(shown, said),
        *_quotes(shown),
        *([Nearest(said("ask.nearest"), shown.nearest)] if shown.nearest else []),
        *(General(each.text) for each in shown.notices if each.kind is NoticeKind.GENERAL),
    )


def quotes_of(pieces: Iterable[Piece]) -> Iterator[Quoted]:
    """Every quote, those of differences too."""
    for piece in pieces:
        if isinstance(piece, Quoted):
            yield piece
        elif isinstance(piece, Difference):
            yield from piece.quotes


def present_notices(notices: Sequence[NoticeById], texts: FixedTexts, said: Labels) -> tuple[Notice, ...]:
    """Put the notices that stand before anything else in words; translations stand in their original."""
    return tuple(_notices(_fixed(notices, texts), said, emergency=_is_emergency(notices)))


def near(document: DocumentId, passage: PassageId, place: tuple[str, ...], base: str) -> Near:
    """Describe where a passage stands."""
    return Near(place, base + addresses.of_passage_id(document, passage))


def one_of_each_place(nearest: Iterable[Near]) -> tuple[Near, ...]:
    """Keep the first of several passages of one section: their links would read the same."""
    places: dict[tuple[str, tuple[str, ...]], Near] = {}
    for each in nearest:
        places.setdefault((each.link.partition("?")[0], each.place), each)
    return tuple(places.values())


def difference_heading(disagreement: Disagreement, topics: Mapping[TopicId, str], said: Labels) -> str:
    """Say what stands above quotes that are shown side by side; only curators say that sources differ."""
    if disagreement.curated and disagreement.topic in topics:
        return said("differences.topic", topic=topics[disagreement.topic])
    return said.difference(disagreement)


def spans_text(spans: Sequence[Span]) -> str:
    """Join the spans as they stand in the source; what was left out between them is shown as a gap."""
    return GAP.join(span.text for span in spans)


def passage_text(passage: Passage) -> str:
    """Join the sentences with what stands between them, less what is marked."""
    text = passage.sentences[0].text
    for before, after in zip(passage.sentences, passage.sentences[1:], strict=False):
        between = passage.document.text[before.end : after.start]
        text += (GAP if between.strip() else between) + after.text
    return text


def _notes(cited: Cited, said: Labels, today: date) -> Iterator[str]:
    source = cited.document.source
    if cited.strength:
        yield said(f"strengths.{cited.strength}")
    if overdue(source, today):
        yield said("ask.overdue")
    if cited.changed:
        yield said("ask.changed")
    if cited.partly_off:
        yield said("ask.partly_off")
    if source.superseded_by is not None:
        yield said("ask.superseded", document=source.superseded_by)
    if source.withdrawn:
        yield said("ask.withdrawn")


def _shown(reply: Reply, setting: Setting) -> Shown:
    answer, said = reply.answer, setting.said
    read_as = answer.interpretation
    return Shown(
        _fixed(answer.notices, setting.texts),
        _is_emergency(answer.notices),
        (read_as.move, read_as.text, tuple((each.written.text, each.words) for each in read_as.replaced))
        if read_as
        else None,
        answer.reason,
        tuple(
            Quoted.of(Cited.of_quote(quote, reply, setting.base), said, setting.today, number)
            for number, quote in enumerate(answer.quotes, start=1)
        ),
        tuple((difference_heading(each, setting.topics, said), each.sides) for each in answer.disagreements),
        one_of_each_place(
            near(
                each.document.id,
                each.id,
                (each.document.title, *section(each.document, each.span.start)),
                setting.base,
            )
            for each in answer.nearest
        ),
    )


def _fixed(notices: Sequence[NoticeById], texts: FixedTexts) -> tuple[FixedNotice, ...]:
    return tuple(FixedNotice(each.kind, each.text, texts[each.text].text, each.flag is not None) for each in notices)


def _is_emergency(notices: Sequence[NoticeById]) -> bool:
    first = most_serious(notices)
    return first is not None and first.flag is not None and first.flag.level is Level.EMERGENCY


def _notices(notices: Sequence[FixedNotice], said: Labels, *, emergency: bool) -> Iterator[Notice]:
    """Every text once, in order; a translation stands in its original."""
    texts = {each.id: each for each in notices if each.kind is not NoticeKind.GENERAL}
    for id_, each in texts.items():
        original, _, language = id_.partition(".")
        if language and original in texts:
            continue
        translations = tuple(
            Translation(other, other.rpartition(".")[2], texts[other].text)
            for other in texts
            if other.startswith(f"{id_}.")
        )
        yield Notice(id_, each.kind, each.text, *_alarm(each, said, emergency=emergency), translations)


def _alarm(notice: FixedNotice, said: Labels, *, emergency: bool) -> tuple[Alarm | None, str]:
    """Triage shows nothing less beside an emergency, so every flagged text is as loud as the most serious one."""
    if notice.kind is NoticeKind.TRIAGE_FAILED:
        return Alarm.EMERGENCY, said("ask.safety_check")
    if not notice.flagged:
        return None, ""
    return (Alarm.EMERGENCY, said("ask.safety_first")) if emergency else (Alarm.CAUTION, said("ask.please_read"))


def _read_as(shown: Shown, said: Labels) -> Iterator[ReadAs]:
    if shown.read_as is not None:
        move, text, replaced = shown.read_as
        yield ReadAs(said(f"moves.{move}"), text, replaced, said("ask.read_as"))


def _headline(shown: Shown, said: Labels) -> Iterator[Headline]:
    if shown.reason is Reason.ONLY_SELLERS and any(each.kind is NoticeKind.ONLY_SELLERS for each in shown.notices):
        return  # its fixed text says so
    if text := said.headline(shown.reason):
        yield Headline(text)


def _quotes(shown: Shown) -> Iterator[Quoted | Difference]:
    """Quotes by number; those that stand against each other together, where the first of them stands."""
    taken = set[int]()
    for number, quote in enumerate(shown.quotes, start=1):
        if number in taken:
            continue
        differ = next((each for each in shown.differences if (number,) in each[1]), None)
        if differ is None:
            taken.add(number)
            yield quote
            continue
        heading, sides = differ
        taken.update(each for side in sides for each in side)
        yield Difference(heading, tuple(tuple(shown.quotes[each - 1] for each in side) for side in sides))
