"""Put a quote into words: its text, its place, who speaks, and all that a reader must know about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date
from functools import cached_property
from itertools import chain

from b12assistant.corpus.publishers import PublisherKind, is_national, short_names, standing, year_of
from b12assistant.display import addresses
from b12assistant.display.labels import capital, day, label, overdue, section
from b12assistant.types import (
    GAP,
    Attribution,
    Document,
    Interest,
    Origin,
    Passage,
    PassageId,
    Range,
    Review,
    Source,
    Span,
    Words,
)


@dataclass(frozen=True, slots=True)
class Basis:
    """A publication that our summary is based on, and the place in it."""

    origin: Origin
    place: str

    @classmethod
    def of(cls, attribution: Attribution) -> Basis:
        return cls(attribution.origin, attribution.place)

    @property
    def standing(self) -> PublisherKind:
        return standing(self.origin.publisher, self.origin.kind)

    @property
    def year(self) -> str:
        """Return the year of the publication, "" if it is not known."""
        return year_of(self.origin.published)

    @property
    def short(self) -> str:
        """Return the publisher, as readers know it, and the year."""
        is_nameless = self.standing is PublisherKind.ANONYMOUS
        name = capital(label("standings.anonymous")) if is_nameless else self.origin.publisher
        return f"{short_names().get(name, name)} {self.year}".rstrip()

    @property
    def words(self) -> str:
        """Return publisher and title, with the year if it is known."""
        origin = self.origin
        year = f" ({origin.published})" if origin.published[:1].isdigit() else ""
        return f"{origin.publisher}: {origin.title}{year}"

    @property
    def link(self) -> str:
        """Return the web address, "" if there is none."""
        return self.origin.url if self.origin.url.startswith(("https://", "http://")) else ""

    @property
    def cited(self) -> str:
        """Return publisher, title, year and web address, as far as they are known."""
        return f"{self.words} {self.link}".rstrip()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a quote and the publications that it rests on by itself, best known first.

    ``basis`` is empty for a source's own words.
    """

    range: Range
    text: str
    basis: tuple[Basis, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, as labels that begin with a small letter; "" for what is not known.

    ``basis``: the publications that our summary is based on, which come first; our own publisher and date are then left
    out.
    """

    source: Source
    basis: tuple[Basis, ...] = ()

    @property
    def whose(self) -> str:
        """Return whether these are the source's own words or this project's summary."""
        kind = label(f"kinds.{self.source.kind or 'unknown'}")
        if self.basis:
            return label("speaker.our_summary")
        if self.source.words is Words.ORIGINAL:
            return label("speaker.own", kind=kind)
        return label("speaker.summary_vendor") if self.sells else label("speaker.summary", kind=kind)

    @property
    def publisher(self) -> str:
        return "" if self.basis else self.source.publisher or ""

    @property
    def published(self) -> str:
        return day(self.source.published) if self.source.published and not self.basis else ""

    @property
    def interest(self) -> str:
        """Return the label for a source that sells what it recommends, or may."""
        names = {Interest.SELLS: "speaker.sells", Interest.UNKNOWN: "speaker.may_sell"}
        return label(names[self.source.interest]) if self.source.interest in names else ""

    @property
    def sells(self) -> bool:
        return self.source.interest is Interest.SELLS

    @property
    def own(self) -> tuple[str, ...]:
        """Return what is known besides the publications: whose words these are, publisher, date."""
        return tuple(part for part in (self.whose, self.publisher, self.published) if part)

    @property
    def cited(self) -> tuple[str, ...]:
        """Return all that is known, the publications first, each with its web address."""
        return (*(publication.cited for publication in self.basis), *self.own)


def best_known(basis: Iterable[Basis]) -> list[Basis]:
    """Return publications: public bodies, reviews, others, sellers and unknown authors, each by weight.

    British bodies are first among the weightiest of the first: readers know them, and not the maker of a product.
    """
    found = sorted(basis, key=lambda each: each.standing.place)
    level = [
        each
        for each in found
        if each.origin.weight is found[0].origin.weight and each.standing.place == found[0].standing.place
    ]
    first = sorted(level, key=lambda each: not is_national(each.origin.publisher))
    return [*first, *(each for each in found if each not in first)]


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
    """Return the publications that quotes rest on, once each."""
    sentences = chain(*(quote.sentences for quote in quotes))
    return tuple({each.origin.id: each for sentence in sentences for each in sentence.basis}.values())


def basis_of(spans: Sequence[Span]) -> tuple[Basis, ...]:
    """Return the publications that spans of one document are based on, most weight first."""
    return tuple(map(Basis.of, spans[0].document.attributed([span.range for span in spans])))


@dataclass(frozen=True)
class Quoted:
    """Words of one document, in order, with their place, who speaks, and all that a reader must know about them.

    ``best``: the sentence that answers. ``number``: 1-based in an answer, 0 outside of one. ``changed``: the file
    changed since indexing. ``base``: where the page is served, such as "http://127.0.0.1:7860", for links from outside.
    """

    spans: tuple[Span, ...]
    today: date
    best: Span | None = None
    passage: PassageId | None = None
    _: KW_ONLY
    number: int = 0
    changed: bool = False
    base: str = ""

    @classmethod
    def of_passage(cls, passage: Passage, today: date, number: int = 0) -> Quoted:
        """Cite a whole passage."""
        return cls(joined(passage), today, None, passage.id, number=number)

    @property
    def document(self) -> Document:
        return self.spans[0].document

    @property
    def source(self) -> Source:
        return self.document.source

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words span by span, exactly the source's."""
        return tuple(span.text for span in self.spans)

    @property
    def text(self) -> str:
        """Return the words, with a gap between spans."""
        return GAP.join(self.words)

    @property
    def place(self) -> tuple[str, ...]:
        """Return the title, then the headings, outermost first."""
        return (self.document.title, *section(self.document, (self.best or self.spans[0]).start))

    @property
    def pages(self) -> str:
        """Return a label, "" without pages."""
        pages = self.document.span(self.spans[0].start, self.spans[-1].end).pages
        if pages is None:
            return ""
        first, last = pages
        return label("speaker.page" if first == last else "speaker.pages", first=first, last=last)

    @property
    def where(self) -> str:
        """Return title, headings and pages, on one line."""
        steps = " › ".join(" ".join(step.split()) for step in self.place)
        return f"{steps}, {self.pages}" if self.pages else steps

    @property
    def link(self) -> str:
        """Return the permalink."""
        return self.base + addresses.of_spans(self.spans, self.best)

    @cached_property
    def speaker(self) -> Speaker:
        return Speaker(self.source, basis_of(self.spans))

    @property
    def is_summary(self) -> bool:
        """Return whether these are our words, not the source's own."""
        return bool(self.speaker.basis) or self.source.words is Words.PROJECT_SUMMARY

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Return the same words as sentences, with what each rests on."""
        return sentences_of(self.spans)

    def between(self, before: Sentence, after: Sentence) -> str:
        """Return the blanks of the source between two sentences, or a gap if something was left out."""
        for span in self.spans:
            blank = self.document.text[before.range.end : after.range.start]
            if span.range.contains(before.range) and span.range.contains(after.range) and not blank.strip():
                return blank
        return GAP

    def best_in(self, sentence: Sentence) -> Range | None:
        """Return what answers in a sentence, counted from its start; ``None`` if nothing does."""
        best, at = self.best, sentence.range
        if best is None or not best.range.overlaps(at):
            return None
        return Range(max(best.start, at.start) - at.start, min(best.end, at.end) - at.start)

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
    def notes(self) -> tuple[str, ...]:
        """Return what else a reader must know, as labels that begin with a small letter."""
        source = self.source
        reviews = dict.fromkeys((review.by, review.on) for review in self.reviews)
        notes = {
            "overdue": overdue(source, self.today),
            "changed": self.changed,
            "superseded": source.superseded_by is not None,
            "withdrawn": source.withdrawn,
        }
        return (
            *(label("ask.reviewed", by=by, day=day(on)) for by, on in reviews),
            *(label(f"ask.{name}", document=source.superseded_by) for name, applies in notes.items() if applies),
        )


def joined(passage: Passage) -> tuple[Span, ...]:
    """Return the sentences of a passage; those with only blanks between them become one span."""
    spans: list[Span] = []
    for sentence in passage.sentences:
        follows = spans and not passage.document.text[spans[-1].end : sentence.start].strip()
        start = spans.pop().start if follows else sentence.start
        spans.append(Span(passage.document, start, sentence.end))
    return tuple(spans)


def spans_text(spans: Sequence[Span]) -> str:
    """Join the words of the spans, with a gap between them."""
    return GAP.join(span.text for span in spans)
