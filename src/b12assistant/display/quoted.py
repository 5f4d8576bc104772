"""Put a quote into words: its text, its place, who speaks, and all that a reader must know about it.

A copied quote, and a message of several, keep the words exactly; only between the cells of a table and before an item
they have a dot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from itertools import chain
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from b12assistant.corpus.publishers import PublisherKind, Speaks, is_national, short_names
from b12assistant.display import addresses
from b12assistant.display.labels import capital, day, label, overdue, section
from b12assistant.display.markup import dotted
from b12assistant.types import (
    GAP,
    Document,
    Interest,
    Origin,
    OriginId,
    Passage,
    PassageId,
    Range,
    Review,
    Source,
    Span,
    Words,
)

CITE = "/cite/"  # the route of quotes as text
MOST_NAMED = 2  # publications for a sentence of a message: its list is short


@dataclass(frozen=True, slots=True)
class Basis:
    """A publication that our summary is based on, and the place in it."""

    origin: Origin
    place: str

    @property
    def speaks(self) -> Speaks:
        return Speaks.of(self.origin)

    @property
    def short(self) -> str:
        """Return the publisher, as readers know it, and the year."""
        name, kind, year = self.speaks
        if kind is PublisherKind.ANONYMOUS:
            name = capital(label("standings.anonymous"))
        return f"{short_names().get(name, name)} {year}".rstrip()

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
    ranked = [((each.speaks.kind.place, each.origin.weight.step), each) for each in basis]
    first = min((rank for rank, _ in ranked), default=None)
    ranked.sort(key=lambda each: (each[0], each[0] == first and not is_national(each[1].origin.publisher)))
    return [each for _, each in ranked]


def first_mentions(quotes: Sequence[Quoted]) -> tuple[Basis, ...]:
    """Return the publications that quotes rest on, once each."""
    sentences = chain(*(quote.sentences for quote in quotes))
    return tuple({each.origin.id: each for sentence in sentences for each in sentence.basis}.values())


def basis_of(spans: Sequence[Span]) -> tuple[Basis, ...]:
    """Return the publications that spans of one document are based on, most weight first."""
    found = spans[0].document.attributed([span.range for span in spans])
    return tuple(Basis(each.origin, each.place) for each in found)


@dataclass(frozen=True)
class Quoted:
    """Words of one document, in order, with their place, who speaks, and all that a reader must know about them.

    ``best``: the sentence that answers. ``number``: 1-based in an answer, 0 outside of one. ``changed``: the file
    changed since indexing. ``base``: where the page is served, such as "http://127.0.0.1:7860", for links from outside.
    """

    spans: tuple[Span, ...]
    best: Span | None = None
    passage: PassageId | None = None
    _: KW_ONLY
    number: int = 0
    changed: bool = False
    base: str = ""

    @classmethod
    def of_passage(cls, passage: Passage, number: int = 0) -> Quoted:
        """Cite a whole passage."""
        return cls(joined(passage), None, passage.id, number=number)

    @property
    def document(self) -> Document:
        return self.spans[0].document

    @property
    def source(self) -> Source:
        return self.document.source

    @property
    def text(self) -> str:
        """Return the words, with a gap between spans."""
        return spans_text(self.spans)

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
        """Return the words as the sentences that are attributed by themselves, and what is between them."""
        document = self.document
        known = sorted({each.range for each in document.attributions})
        found: list[Sentence] = []
        for span in self.spans:
            inside = [
                Range(max(span.start, at.start), min(span.end, at.end)) for at in known if at.overlaps(span.range)
            ]
            apart = [at for i, at in enumerate(inside) if i == 0 or at.start >= inside[i - 1].end]
            for at in sorted((*apart, *span.range.without(apart))):
                text = document.slice(at)
                if at != span.range:  # blanks between sentences belong to none
                    text = text.strip()
                    at = Range(start := document.text.index(text, at.start), start + max(1, len(text)))
                if text:
                    basis = best_known(basis_of([document.span(at.start, at.end)]))
                    found.append(Sentence(at, text, tuple(basis)))
        return tuple(found)

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
        resting = (each.range for each in self.document.attributions)
        shown = [at for at in resting if any(at.overlaps(span.range) for span in self.spans)]
        found = [[review for review in self.document.reviews if review.range.overlaps(at)] for at in shown]
        return tuple(chain(*found)) if all(found) else ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what else a reader must know, as labels that begin with a small letter."""
        source = self.source
        reviews = dict.fromkeys((review.by, review.on) for review in self.reviews)
        notes = {
            "overdue": overdue(source),
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


def cite(quote: Quoted) -> str:
    """Write the words in quotation marks, and below them who says so, in sentences with one full stop each."""
    return f"“{dotted(quote.text)}”\n\n— {said_by(quote)}\n{quote.link}"


def about(quote: Quoted, *, with_basis: bool = True) -> list[str]:
    """List who speaks, who published it and when, whether they sell, every note, and the web address."""
    speaker = quote.speaker
    who = [*map(capital, map(in_a_line, speaker.cited if with_basis else speaker.own)), capital(speaker.interest)]
    return [part for part in (*who, *map(capital, quote.notes), web_address(quote.source.url)) if part]


def said_by(quote: Quoted) -> str:
    """Name the place, who speaks, and the notes: one full stop after each but the last, unless it ends with a mark."""
    parts = (quote.where, *about(quote))
    return " ".join(part if part[-1:] in ".?!…" else f"{part}." for part in parts[:-1]) + f" {parts[-1]}"


def message(parts: Sequence[tuple[str, Sequence[Quoted]]], notices: Sequence[str], signature: str) -> str:
    """Write a message that answers: greeting, questions with their sentences, sources, notices, signature.

    Our sentences have numbers of a list at the end; other people's words stand in quotation marks, with who says them.
    A link to a page on this machine is left out: nobody else could open it.
    """
    named = {
        basis.origin.id: basis
        for _, quotes in parts
        for quote in quotes
        for sentence in quote.sentences
        for basis in sentence.basis[:MOST_NAMED]
    }
    numbers = {id_: number for number, id_ in enumerate(named, start=1)}
    written = [label("reply.greeting"), label("reply.lead")]
    for question, quotes in parts:
        written += [question, *chain(*(_in_message(quote, numbers) for quote in quotes))]
    if any(quote.is_summary for _, quotes in parts for quote in quotes):
        written.append(label("origins.whose"))
    listed = (f"[{numbers[id_]}] {in_a_line(each.short)} {web_address(each.link)}" for id_, each in named.items())
    written += ["\n".join(map(str.rstrip, listed)), *notices, *([label("reply.regards"), signature] * bool(signature))]
    return "\n\n".join(filter(None, written))


def _in_message(quote: Quoted, numbers: Mapping[OriginId, int]) -> Iterator[str]:
    """Yield the paragraphs of a quote."""
    if any(each.basis for each in quote.sentences):
        for each in quote.sentences:
            cited = "".join(f"[{numbers[basis.origin.id]}]" for basis in each.basis[:MOST_NAMED])
            yield f"{dotted(each.text)} {cited}".rstrip()
        for known in filter(None, (quote.speaker.interest, *quote.notes)):
            yield f"{capital(known)}."
        return
    yield dotted(quote.text).join(("", "") if quote.is_summary else "“”")
    yield f"— {said_by(quote)}\n{web_address(quote.link)}".rstrip()


def in_a_line(text: str) -> str:
    """Keep words of a source from beginning a line, where they could pose as something else."""
    return " ".join(text.split())


def web_address(url: str | None) -> str:
    """Return a web address with all characters escaped that would end it in any format; "" for other addresses."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and parts.netloc
    return percent(url or "", safe="%/:=&?~#+!$,;'@()*[]", errors="replace") if is_web else ""
