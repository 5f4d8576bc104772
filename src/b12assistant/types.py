"""The domain on one page. Text is never stored with its offsets: a ``Span`` is an address, its text a slice.

Units: offsets are code points of a document's canonical text, intervals are half-open, pages are 1-based,
scores are "higher is better" and comparable only within one query.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Literal, NewType

DocumentId = NewType("DocumentId", str)  # the path in the corpus, with "/" between parts
PassageId = NewType("PassageId", str)  # digest of document id, text and occurrence
GenerationId = NewType("GenerationId", str)  # digest of an index generation's content
OriginId = NewType("OriginId", str)  # an entry of the register of origins in `sources.toml`

GAP = " […] "  # between the spans of a quote, where something is left out
OBJECT = "\ufffc"  # in a canonical text: something without a text is drawn here, such as a picture or a field


class SourceKind(StrEnum):
    """The kind of a publication, best evidence first."""

    GUIDELINE = "guideline"
    PUBLIC_BODY = "public_body"
    REVIEW = "review"
    STUDY = "study"
    PATIENT_GUIDE = "patient_guide"
    TEXTBOOK = "textbook"
    REFERENCE = "reference"
    BLOG = "blog"
    VENDOR = "vendor"
    OTHER = "other"


class SourceWeight(StrEnum):
    """How much a publication counts beside others that say something else, the most first."""

    NATIONAL_GUIDELINE = "national_guideline"  # or a regulator, such as a licence text
    NATIONAL_BODY = "national_body"
    SYSTEMATIC_REVIEW = "systematic_review"
    PROFESSIONAL = "professional"  # other guidelines, local advice, textbooks, narrative reviews
    STUDY = "study"
    PATIENT_ORGANISATION = "patient_organisation"
    UNVERIFIED = "unverified"  # sellers, blogs, pages whose author nobody knows

    @classmethod
    def of_kind(cls, kind: SourceKind | None) -> SourceWeight:
        """Return the weight that publications of a kind usually have."""
        return _USUAL_WEIGHTS.get(kind, cls.UNVERIFIED)

    @property
    def step(self) -> int:
        """Return its place from 0, the most weight, to 6."""
        return list(SourceWeight).index(self)


_USUAL_WEIGHTS: Mapping[SourceKind | None, SourceWeight] = {
    SourceKind.GUIDELINE: SourceWeight.PROFESSIONAL,
    SourceKind.PUBLIC_BODY: SourceWeight.NATIONAL_BODY,
    SourceKind.REVIEW: SourceWeight.PROFESSIONAL,
    SourceKind.TEXTBOOK: SourceWeight.PROFESSIONAL,
    SourceKind.STUDY: SourceWeight.STUDY,
    SourceKind.REFERENCE: SourceWeight.STUDY,
    SourceKind.PATIENT_GUIDE: SourceWeight.PATIENT_ORGANISATION,
}


class Words(StrEnum):
    ORIGINAL = "original"
    PROJECT_SUMMARY = "project_summary"


class Interest(StrEnum):
    """Whether the source sells what it recommends."""

    SELLS = "true"
    NONE = "false"
    UNKNOWN = "unknown"

    @property
    def value_in_data(self) -> bool | Literal["unknown"]:
        """Return the value of `commercial_interest` in `sources.toml` and in JSON: true, false or "unknown"."""
        return "unknown" if self is Interest.UNKNOWN else self is Interest.SELLS


class BlockKind(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    TERM = "term"  # what a definition list names: the text after it says what of it


class Role(StrEnum):
    """The role that markup gives a range of the visible text."""

    LINK = "link"
    NAVIGATION = "navigation"
    FORM = "form"  # forms, buttons
    FOOTER = "footer"
    HEADER = "header"  # a site's or page's header, not a heading
    ASIDE = "aside"
    STRUCK = "struck"  # words with a line through them
    CODE = "code"  # a block as it is typed


class MarkKind(StrEnum):
    NEVER = "never"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """A half-open, non-empty interval of code points: an address within one text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a range: [{self.start}, {self.end})")

    def overlaps(self, other: Range) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: Range) -> bool:
        return self.start <= other.start and other.end <= self.end

    def without(self, taken: Sequence[Range]) -> Iterator[Range]:
        """Yield the parts outside ``taken``, which must be in order and not overlap."""
        start = self.start
        for i in range(bisect_right(taken, start, key=lambda other: other.end), len(taken)):
            if taken[i].start >= self.end:
                break
            if taken[i].start > start:
                yield Range(start, taken[i].start)
            start = taken[i].end
        if start < self.end:
            yield Range(start, self.end)


@dataclass(frozen=True, slots=True)
class Source:
    """The facts about where a document comes from (corpus/README.md). ``None``: not known, never guessed."""

    title: str | None = None
    kind: SourceKind | None = None
    words: Words = Words.ORIGINAL
    based_on: str | None = None
    interest: Interest = Interest.UNKNOWN
    publisher: str | None = None
    url: str | None = None
    published: date | int | None = None  # a day, or only a year
    review_by: date | None = None
    superseded_by: str | None = None
    withdrawn: bool = False
    review: str | None = None
    cites: tuple[str, ...] = ()
    note: str | None = None

    @property
    def is_described(self) -> bool:
        """Check whether its kind, or whether the speaker sells what it recommends, is known."""
        return self.kind is not None or self.interest is not Interest.UNKNOWN

    @property
    def in_force(self) -> bool:
        """Check whether the source may be quoted: it is neither withdrawn nor superseded."""
        return not self.withdrawn and self.superseded_by is None


class Extent(StrEnum):
    """How much of a publication was read."""

    WHOLE = "whole"
    PART = "part"
    ABSTRACT = "abstract"


@dataclass(frozen=True, slots=True)
class Origin:
    """A publication that summaries are based on, as the corpus's register describes it."""

    id: OriginId
    title: str
    publisher: str
    kind: SourceKind
    country: str
    published: str  # the year or date it gives, or "unknown"
    read_on: date
    read: Extent  # how much of it
    url: str  # the publisher's own
    terms: str
    part_read: str
    read_at: str = ""  # the copy that was read, if it was not at `url`
    weight: SourceWeight = SourceWeight.UNVERIFIED

    @property
    def facts(self) -> dict[str, str]:
        """Return the entry as written in the register."""
        return {item.name: str(getattr(self, item.name)) for item in fields(self)}


@dataclass(frozen=True, slots=True)
class Attribution:
    """A sentence of a summary with the place in a publication that it is based on."""

    range: Range
    origin: Origin
    place: str


@dataclass(frozen=True, slots=True)
class Review:
    """A sentence of a summary that a person with a licence read in these words and agreed with."""

    range: Range
    by: str  # name and role
    on: date


@dataclass(frozen=True, slots=True)
class Pairing:
    """A sentence, and another one that a curator named beside it; ``text``: that one, as `bare` returns it."""

    range: Range
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its text, up to the next heading of any level."""

    heading: Range
    level: int  # 1-6
    start: int  # of the heading
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or table row; blocks do not overlap and come in order."""

    kind: BlockKind
    range: Range


@dataclass(frozen=True, slots=True)
class Mark:
    """A range that cleaning marked, with the rule that did so. Nothing is cut out."""

    range: Range
    kind: MarkKind
    rule: str


@dataclass(frozen=True, slots=True)
class Region:
    """A range with the role its markup gives it: evidence for cleaning, not yet a decision."""

    role: Role
    range: Range


@dataclass(frozen=True, slots=True)
class Extract:
    """The result of loading a file: canonical text and its maps.

    ``sections`` and ``blocks`` cover ``text`` in order; ``front`` is the raw front matter of a Markdown file,
    which is not part of the text; ``warnings`` are sentences for the report; ``marks`` come with cleaning, and then
    ``sentences``, those that may be quoted.
    """

    text: str
    extractor: str  # library and version, for instance "pypdf 7.1.0"
    title: str | None = None
    page_starts: tuple[int, ...] = ()
    sections: tuple[Section, ...] = ()
    blocks: tuple[Block, ...] = ()
    regions: tuple[Region, ...] = ()
    front: str | None = None
    warnings: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    sentences: tuple[Range, ...] = ()

    def document(self, name: DocumentId, digest: str, title: str, source: Source) -> Document:
        """Return the document with this text and its maps."""
        maps = (self.page_starts, self.sections, self.blocks, self.marks)
        return Document(name, digest, title, self.text, source, *maps)


@dataclass(frozen=True, slots=True, order=True)
class Document:
    """A canonical text, frozen as extracted, with the maps that lead back to the source.

    ``page_starts``: offset of each page's first character, never decreasing; empty where there are no pages.
    """

    id: DocumentId
    digest: str  # sha256 of the file and of everything below that indexing depends on
    title: str = field(compare=False)
    text: str = field(compare=False, repr=False)
    source: Source = field(compare=False, repr=False, default=Source())
    page_starts: tuple[int, ...] = field(compare=False, repr=False, default=())
    sections: tuple[Section, ...] = field(compare=False, repr=False, default=())
    blocks: tuple[Block, ...] = field(compare=False, repr=False, default=())
    marks: tuple[Mark, ...] = field(compare=False, repr=False, default=())
    attributions: tuple[Attribution, ...] = field(compare=False, repr=False, default=())
    reviews: tuple[Review, ...] = field(compare=False, repr=False, default=())
    details: tuple[Range, ...] = field(compare=False, repr=False, default=())  # sentences on one study, one area, few
    repeats: tuple[Pairing, ...] = field(compare=False, repr=False, default=())  # says nothing beside the other one
    completed: tuple[Pairing, ...] = field(compare=False, repr=False, default=())  # the other one is quoted with it

    def span(self, start: int, end: int) -> Span:
        return Span(self, start, end)

    def slice(self, range_: Range) -> str:
        return self.text[range_.start : range_.end]

    def attributed(self, ranges: Sequence[Range]) -> tuple[Attribution, ...]:
        """Return what ``ranges`` are based on, most weight first: each origin once, its places joined."""
        places: dict[Origin, list[str]] = {}
        whole = Range(min(range_.start for range_ in ranges), max(range_.end for range_ in ranges))
        for attribution in self.attributions:
            if attribution.range.overlaps(whole) and any(attribution.range.overlaps(range_) for range_ in ranges):
                known = places.setdefault(attribution.origin, [])
                if attribution.place not in known:
                    known.append(attribution.place)
        order = list(SourceKind)
        return tuple(
            Attribution(whole, origin, "; ".join(places[origin]))
            for origin in sorted(places, key=lambda origin: (origin.weight.step, order.index(origin.kind)))
        )

    def weight_of(self, ranges: Sequence[Range]) -> SourceWeight:
        """Return the weight of the best that ``ranges`` rest on, or else of the document itself."""
        found = self.attributed(ranges)
        return found[0].origin.weight if found else SourceWeight.of_kind(self.source.kind)

    def completion_of(self, sentence: Range) -> str | None:
        """Return the sentence, in bare words, that a curator named to be quoted with this one."""
        return next((each.text for each in self.completed if sentence.overlaps(each.range)), None)

    def heading_path(self, offset: int) -> tuple[Section, ...]:
        """Return the sections that enclose ``offset``, outermost first; levels strictly increase."""
        path: list[Section] = []
        for section in self.sections:
            if section.start > offset:
                break
            while path and path[-1].level >= section.level:
                path.pop()
            path.append(section)
        return tuple(path)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """An address in a document; ``text`` is computed, so a quote cannot differ from its source."""

    document: Document
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= len(self.document.text):
            raise ValueError(f"not a span of {self.document.id}: [{self.start}, {self.end})")

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]

    @property
    def range(self) -> Range:
        return Range(self.start, self.end)

    @property
    def pages(self) -> tuple[int, int] | None:
        """Return first and last page, 1-based; ``None`` where the source has no pages."""
        starts = self.document.page_starts
        if not starts:
            return None
        return bisect_right(starts, self.start), bisect_right(starts, self.end - 1)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of retrieval: consecutive sentences of one section. It has no score."""

    id: PassageId
    sentences: tuple[Span, ...]  # in order, without overlap; each is in one block
    reference: bool = False  # an item of a reference list

    @property
    def document(self) -> Document:
        return self.sentences[0].document

    @property
    def span(self) -> Span:
        """Return the span from the first sentence to the last; it may enclose marked text."""
        return Span(self.document, self.sentences[0].start, self.sentences[-1].end)

    @property
    def section(self) -> tuple[Section, ...]:
        return self.document.heading_path(self.sentences[0].start)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage as a result of one query; ``rank`` is 1-based."""

    passage: Passage
    score: float
    rank: int


class FileEnd(StrEnum):
    """The outcome of indexing a file."""

    INDEXED = "indexed"
    WARNINGS = "indexed with warnings"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome of indexing one file of the corpus."""

    file: str
    end: FileEnd
    reasons: tuple[str, ...] = ()
    passages: int = 0
    marked_share: float = 0.0  # of the non-blank characters, marked "never"
    embedded: bool = False  # false: vectors copied from the previous generation
    described: bool = True  # false: neither the kind of source nor the commercial interest is known


@dataclass(frozen=True, slots=True)
class IndexReport:
    """The outcome for every file, and the generation that resulted."""

    generation: GenerationId
    files: tuple[FileReport, ...]
    unchanged: bool = False

    def count(self, end: FileEnd) -> int:
        return sum(report.end is end for report in self.files)

    @property
    def undescribed(self) -> tuple[str, ...]:
        """Return the files whose source is not described; their documents are treated like those of sellers."""
        return tuple(report.file for report in self.files if not report.described)
