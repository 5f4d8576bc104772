"""The forms of questions and answers over HTTP; `http_corpus` has those of documents.

Requests are held against them when they come, responses by tests, since `render` makes them. A value that is missing is
null, never left out, unless a form says otherwise.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from b12assistant.answering.assistant import MOST_CHARACTERS, MOST_TURNS
from b12assistant.answers import FlagKind, Level, Move, NoticeKind, Reason, Status, Strength
from b12assistant.types import SourceKind, Words

MOST_HITS = 100

Text = Annotated[str, Field(max_length=MOST_CHARACTERS)]
Offsets = Annotated[tuple[int, int], Field(description="Start and end in the document's text: code points, half-open.")]
Pages = Annotated[tuple[int, int] | None, Field(description="First and last page, from 1; null without pages.")]
Interest = Annotated[
    bool | Literal["unknown"], Field(description="Whether the source sells what it recommends.", title="Sells")
]
Day = Annotated[str | None, Field(json_schema_extra={"format": "date"})]
Count = Annotated[int, Field(ge=0)]


class Form(BaseModel):
    """No value is guessed and none is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AskRequest(Form):
    question: Annotated[Text, Field(description="What the user typed, unchanged.")]
    history: Annotated[
        tuple[Text, ...],
        Field(max_length=MOST_TURNS - 1, description="The user's earlier turns, oldest first; answers are not needed."),
    ] = ()
    as_typed: Annotated[
        bool, Field(strict=True, description="Search for the question alone, and for no other word than its own.")
    ] = False


class SearchRequest(Form):
    question: Annotated[Text, Field(description="Words or a sentence.")]
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_HITS, description="How many passages at most.")] = 10


class Generation(Form):
    generation: Annotated[
        str | None, Field(description="Which generation answered; null where none was needed or could be waited for.")
    ]


class TurnSlice(Form):
    """An address in a turn of the user; turns count from 0, the question is the last."""

    turn: Count
    start: Count
    end: Count


class RedFlag(Form):
    """The most serious one; `notices` has them all."""

    level: Level
    kind: FlagKind
    rule: str
    text_id: str
    text: str


class Notice(Form):
    """A fixed, versioned text of this project; show them in order, above the quotes."""

    kind: NoticeKind
    text_id: str
    version: int
    text: str
    rule: str | None
    evidence: list[TurnSlice]


class SourceFields(Form):
    """Who speaks."""

    source_kind: SourceKind | None
    words: Annotated[Words, Field(description="The source's own words, or this project's summary of them.")]
    based_on: str | None
    commercial_interest: Interest
    publisher: str | None
    published: Day
    url: str | None


class Place(Form):
    document: str
    passage: str
    title: str
    section: Annotated[list[str], Field(description="The headings above it, outermost first.")]


class Quote(SourceFields):
    """Words of a source, unchanged: `text` is the slices `spans` of the document's text, joined with ` […] `."""

    number: Annotated[int, Field(ge=1)]
    text: str
    document: str
    passage: str
    spans: Annotated[list[Offsets], Field(min_length=1, max_length=3)]
    best: Annotated[Offsets, Field(description="The sentence that answers, inside one of the spans.")]
    context_span: Annotated[Offsets, Field(description="What to show around the quote.")]
    title: str
    section: list[str]
    pages: Pages
    source_cites: Annotated[
        list[str], Field(description="Publications this source lists; not checked against this sentence.")
    ]
    review_overdue: bool
    source_changed: Annotated[bool, Field(description="The file is no longer the one that was indexed.")]
    partly_off: Annotated[bool, Field(description="A curator has switched other passages of the document off.")]
    strength: Strength
    score: Annotated[float, Field(description="Higher is better; comparable within one answer only.")]


class Disagreement(Form):
    """Quotes, by number, that stand against each other."""

    topic_id: str
    how: Literal["curated", "compared"]
    sides: list[list[int]]


class Replacement(Form):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True, serialize_by_alias=True)

    written: Annotated[str, Field(alias="from")]
    read_as: Annotated[str, Field(alias="to")]


class Interpretation(Form):
    """What was searched, in the user's own words, where it is not simply the question."""

    move: Annotated[Move, Field(description="`more` and `sources` are about the former answer; `asks`: a question.")]
    text: str
    parts: list[TurnSlice]
    replaced: list[Replacement]


class Answer(Form):
    question: str
    status: Status
    reason: Reason | None
    red_flag: RedFlag | None
    notices: list[Notice]
    quotes: Annotated[list[Quote], Field(description="Best first; empty unless `answered` or `possibly`.")]
    disagreements: list[Disagreement]
    nearest: Annotated[list[Place], Field(description="Where the nearest passages stand, when nothing answers.")]
    interpretation: Interpretation | None


class Timings(Form):
    """Milliseconds; null for a stage that did not run."""

    triage: float
    encode: float | None
    search: float | None
    quote: float | None
    total: float


class AskResponse(Form):
    """The same object as `ask --json` prints and `batch` writes."""

    answer: Answer
    timings_ms: Timings
    index: Generation


class PassageFields(Place, SourceFields):
    text: str
    spans: Annotated[list[Offsets], Field(description="Its sentences.")]
    pages: Pages
    reference: Annotated[bool, Field(description="An item of a reference list.")]


class SearchHit(PassageFields):
    rank: Annotated[int, Field(ge=1)]
    score: float


class SearchResponse(Form):
    question: str
    notices: list[Notice]
    hits: list[SearchHit]
    index: Generation
