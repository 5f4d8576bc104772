"""Put a quote into words: its text, its place, who speaks, and all that a reader must know about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, pairwise

from b12assistant.answering.layout import qualifies, refers_back
from b12assistant.answers import Quote, Reply, Strength
from b12assistant.corpus.publishers import PublisherKind, is_national, short_names, standing, year_of
from b12assistant.display import addresses
from b12assistant.display.labels import Labels, capital, overdue, section
from b12assistant.types import (
    GAP,
    Attribution,
    BlockKind,
    Document,
    DocumentId,
    Extent,
    GenerationId,
    Interest,
    OriginId,
    Passage,
    PassageId,
    Range,
    Review,
    Source,
    SourceKind,
    SourceWeight,
    Span,
    Words,
)


@dataclass(frozen=True, slots=True)
class Basis:
    """A publication that our summary is based on, and the place in it."""

    id: OriginId
    title: str
    publisher: str
    kind: SourceKind
    weight: SourceWeight
    published: str
    url: str
    place: str
    read: Extent  # how much of it we read
    read_at: str = ""  # the copy that was read, shown only on the document's own page

    @classmethod
    def of(cls, attribution: Attribution) -> Basis:
        origin, place = attribution.origin, attribution.place
        who = (origin.title, origin.publisher, origin.kind, origin.weight)
        return cls(origin.id, *who, origin.published, origin.url, place, origin.read, origin.read_at)

    @property
    def standing(self) -> PublisherKind:
        return standing(self.publisher, self.kind)

    @property
    def year(self) -> str:
        """Return the year of the publication, "" if it is not known."""
        return year_of(self.published)

    def short(self, labels: Labels) -> str:
        """Return the publisher, as readers know it, and the year."""
        is_nameless = self.standing is PublisherKind.ANONYMOUS
        name = capital(labels("standings.anonymous")) if is_nameless else self.publisher
        return f"{short_names().get(name, name)} {self.year}".rstrip()

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
class Sentence:
    """A sentence of a quote and the publications that it rests on by itself, best known first.

    ``basis`` is empty for a source's own words. ``numbers``: of the ``basis`` in the list of an answer.
    """

    range: Range
    text: str
    basis: tuple[Basis, ...] = ()
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, as labels that begin with a small letter; "" for what is not known.

    ``basis``: the publications that our summary is based on, which come first; our own publisher and date are then left
    out. ``interest``: the label for a source that sells what it recommends, or may; ``sells``: it does. ``chip``: who
    says so in one line: publisher, kind, year, whose words, how many others.
    """

    whose: str
    publisher: str
    published: str
    interest: str
    sells: bool
    basis: tuple[Basis, ...] = ()
    chip: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, source: Source, labels: Labels, basis: Sequence[Basis] = (), title: str = "", best: Sequence[Basis] = ()
    ) -> Speaker:
        """Put into words who speaks in a source called ``title``; ``best``: who says the sentence that answers."""
        named = best_known(best)
        known = {each.id for each in named}
        named += [each for each in best_known(basis) if each.id not in known]
        return cls(
            labels("speaker.our_summary") if basis else labels.whose_words(source),
            "" if basis else source.publisher or "",
            labels.day(source.published) if source.published and not basis else "",
            labels.interest(source) or "",
            source.interest is Interest.SELLS,
            tuple(basis),
            tuple(_chip(source, labels, named, title)),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """Return what is known, in order: publications that a summary is based on, whose words, publisher, date."""
        return self._with(publication.words for publication in self.basis)

    @property
    def own(self) -> tuple[str, ...]:
        """Return ``parts`` without the publications."""
        return self._with(())

    @property
    def cited(self) -> tuple[str, ...]:
        """Return ``parts``, with the web address of each publication."""
        return self._with(publication.cited for publication in self.basis)

    def _with(self, based_on: Iterable[str]) -> tuple[str, ...]:
        return tuple(part for part in (*based_on, self.whose, self.publisher, self.published) if part)


def best_known(basis: Iterable[Basis]) -> list[Basis]:
    """Return publications: public bodies, reviews, others, sellers and unknown authors, each by weight.

    British bodies are first among the weightiest of the first: readers know them, and not the maker of a product.
    """
    found = sorted(basis, key=lambda each: each.standing.place)
    level = [
        each for each in found if each.weight is found[0].weight and each.standing.place == found[0].standing.place
    ]
    first = sorted(level, key=lambda each: not is_national(each.publisher))
    return [*first, *(each for each in found if each not in first)]


def _chip(source: Source, labels: Labels, basis: Sequence[Basis], title: str) -> Iterator[str]:
    """Yield publisher, kind, year, whose words they are, and how many other publications say so."""
    if basis:
        name, year, kind = basis[0].publisher, basis[0].year, basis[0].standing
    else:
        name, year = source.publisher or title, str(source.published.year) if source.published else ""
        kind = standing(source.publisher or "", source.kind, source.interest)
    name = short_names().get(name, name)
    label = labels(f"standings.{kind}")
    if kind is PublisherKind.ANONYMOUS or not name:
        yield capital(label)
    else:
        yield name
        if label.casefold() not in name.casefold().split():
            yield label
    if year:
        yield year
    yield labels("speaker.own_words" if source.words is Words.ORIGINAL and not basis else "speaker.our_summary")
    if len(basis) > 1:
        yield labels.count("speaker.others", len(basis) - 1)


def sentences_of(spans: Sequence[Span]) -> tuple[Sentence, ...]:
    """Cut spans of one document into the sentences that are attributed by themselves, and what is between them."""
    document = spans[0].document
    known = sorted({each.range for each in document.attributions}, key=lambda each: (each.start, each.end))
    found: list[Sentence] = []
    for span in spans:
        inside = [Range(max(span.start, at.start), min(span.end, at.end)) for at in known if at.overlaps(span.range)]
        apart = [at for i, at in enumerate(inside) if i == 0 or at.start >= inside[i - 1].end]
        for at in sorted((*apart, *span.range.without(apart)), key=lambda each: each.start):
            text = document.slice(at)
            if at != span.range:  # blanks between sentences belong to none
                text = text.strip()
                at = Range(start := document.text.index(text, at.start), start + max(1, len(text)))
            if text:
                found.append(Sentence(at, text, tuple(best_known(map(Basis.of, document.attributed([at]))))))
    return tuple(found)


def first_mentions(quotes: Sequence[Quoted]) -> tuple[Basis, ...]:
    """Return the publications that quotes rest on, once each, those of what is shown at once first."""
    sentences = chain(*(quote.lead for quote in quotes), *(quote.sentences for quote in quotes))
    return tuple({each.id: each for sentence in sentences for each in sentence.basis}.values())


def basis_of(spans: Sequence[Span]) -> tuple[Basis, ...]:
    """Return the publications that spans of one document are based on, most weight first."""
    return tuple(map(Basis.of, spans[0].document.attributed([span.range for span in spans])))


@dataclass(frozen=True, slots=True)
class Cited:
    """Words of one document, in order, with what their citation needs.

    ``best``: the sentence that answers. ``changed``: the file changed since indexing. ``base``: as in ``Setting``.
    """

    spans: tuple[Span, ...]
    best: Span | None = None
    passage: PassageId | None = None
    generation: GenerationId | None = None
    base: str = ""
    strength: Strength | None = None
    changed: bool = False

    @classmethod
    def of_quote(cls, quote: Quote, reply: Reply, base: str = "") -> Cited:
        changed = quote.document.id in reply.source_changed
        return cls(quote.spans, quote.best, quote.passage.id, reply.generation, base, quote.strength, changed)

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
    def reviews(self) -> tuple[Review, ...]:
        """Return who reviewed what is shown; none unless every sentence of it that rests on something was reviewed."""
        shown = [
            found.range
            for found in self.document.attributions
            if any(found.range.overlaps(span.range) for span in self.spans)
        ]
        return self.document.reviews_of(shown) if shown else ()

    @property
    def link(self) -> str:
        """Return the permalink."""
        return self.base + addresses.of_spans(self.spans, self.best)


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a source with their place, who speaks, and all that a reader must know about them.

    ``number``: 1-based in an answer, 0 outside of one. ``words``: span by span, exactly the source's. ``place``: the
    title, then the headings, outermost first. ``pages``: a label, "" without pages. ``notes``: labels, each beginning
    with a small letter. ``sentences``: the same words; ``lead``: those shown at once.
    """

    number: int
    document: DocumentId
    passage: PassageId | None
    spans: tuple[Range, ...]
    words: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    lead: tuple[Sentence, ...]
    best: Range | None
    place: tuple[str, ...]
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
        sentences = sentences_of(cited.spans)
        return cls(
            number,
            document.id,
            cited.passage,
            tuple(span.range for span in cited.spans),
            tuple(span.text for span in cited.spans),
            sentences,
            tuple(_lead(document, sentences, cited.best)),
            cited.best.range if cited.best else None,
            (document.title, *section(document, at)),
            labels.pages(pages) or "",
            source,
            Speaker.of(
                source, labels, basis_of(cited.spans), document.title, basis_of([cited.best]) if cited.best else ()
            ),
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

    @property
    def is_summary(self) -> bool:
        """Return whether these are our words, not the source's own."""
        return bool(self.speaker.basis) or self.source.words is Words.PROJECT_SUMMARY

    def between(self, before: Sentence, after: Sentence) -> str:
        """Return the blanks of the source between two sentences, or a gap if something was left out."""
        for text, span in zip(self.words, self.spans, strict=True):
            blank = text[before.range.end - span.start : after.range.start - span.start]
            if span.contains(before.range) and span.contains(after.range) and not blank.strip():
                return blank
        return GAP

    @property
    def where(self) -> str:
        """Return title, headings and pages, on one line."""
        steps = " › ".join(" ".join(step.split()) for step in self.place)
        return f"{steps}, {self.pages}" if self.pages else steps

    @property
    def is_numbered(self) -> bool:
        return any(each.numbers for each in self.sentences)

    def best_in(self, sentence: Sentence) -> Range | None:
        """Return what answers in a sentence, counted from its start; ``None`` if nothing does."""
        best, at = self.best, sentence.range
        if best is None or not best.overlaps(at):
            return None
        return Range(max(best.start, at.start) - at.start, min(best.end, at.end) - at.start)

    @property
    def rest(self) -> tuple[Sentence, ...]:
        """Return the sentences that are not shown at once."""
        return tuple(each for each in self.sentences if each not in self.lead)

    def numbered(self, numbers: Mapping[OriginId, int]) -> Quoted:
        """Return the quote with the numbers of the publications in the list of its answer."""

        def of(sentences: Iterable[Sentence]) -> tuple[Sentence, ...]:
            return tuple(replace(one, numbers=tuple(numbers[each.id] for each in one.basis)) for one in sentences)

        return replace(self, sentences=of(self.sentences), lead=of(self.lead))


_LISTED = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)


def _lead(document: Document, sentences: Sequence[Sentence], best: Span | None) -> Iterator[Sentence]:
    """Yield the sentence that answers, with those that it needs: what it refers to, what qualifies it, its list.

    A source's own words are shown as they stand.
    """
    at = next((i for i, each in enumerate(sentences) if best and each.range.overlaps(best.range)), 0)
    is_list = any(block.kind in _LISTED and block.range.overlaps(sentences[at].range) for block in document.blocks)
    if best is None or not any(each.basis for each in sentences) or is_list or sentences[at].text.endswith(":"):
        yield from sentences
        return
    first = last = at
    while first and refers_back(sentences[first].text):
        first -= 1
    while last + 1 < len(sentences) and qualifies(sentences[last + 1].text):
        last += 1
    yield from sentences[first : last + 1]


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
    for by, on in dict.fromkeys((review.by, review.on) for review in cited.reviews):
        yield labels("ask.reviewed", by=by, day=labels.day(on))
    if overdue(source, today):
        yield labels("ask.overdue")
    if cited.changed:
        yield labels("ask.changed")
    if source.superseded_by is not None:
        yield labels("ask.superseded", document=source.superseded_by)
    if source.withdrawn:
        yield labels("ask.withdrawn")
