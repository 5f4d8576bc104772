"""The JSON of answers and look-ups: these models render and describe it, for HTTP, `--json`, `batch` and files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, InstanceOf

from b12assistant import answers
from b12assistant.answers import FixedTexts, FlagKind, Level, Move, NoticeKind, Reason, Reply, Status, Strength
from b12assistant.display.labels import overdue, section
from b12assistant.display.presentation import quoted
from b12assistant.display.quoted import Basis, Quoted, basis_of, joined, spans_text
from b12assistant.types import (
    Extent,
    FileEnd,
    GenerationId,
    Hit,
    IndexReport,
    Passage,
    Source,
    SourceKind,
    SourceWeight,
    Span,
    Words,
)

Json = dict[str, Any]

Text = InstanceOf[str]  # any, even with lone surrogates, which pydantic refuses
Offsets = Annotated[tuple[int, int], Field(description="Start and end in the document's text: code points, half-open.")]
Pages = Annotated[tuple[int, int] | None, Field(description="First and last page, from 1; null without pages.")]
Interest = Annotated[
    bool | Literal["unknown"], Field(description="Whether the source sells what it recommends.", title="Sells")
]
Day = Annotated[str | None, Field(description="A date such as `2026-11-20`, or only its year.")]
Count = Annotated[int, Field(ge=0)]


class Form(BaseModel):
    """A frozen model that refuses unknown keys; values of `answers` are read by their attributes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, from_attributes=True, validate_by_name=True, validate_by_alias=True
    )

    def as_json(self) -> Json:
        """Return plain values, keys in the order of the fields."""
        return self.model_dump(mode="json")


class Generation(Form):
    generation: Annotated[
        Text | None, Field(description="Which generation answered; null where none was needed or could be waited for.")
    ]


class TurnSlice(Form):
    """An address in a turn of the user; turns count from 0, the question is the last."""

    turn: Annotated[Count, Field(validation_alias=AliasPath("turn", "index"))]
    start: Count
    end: Count


class TurnWords(TurnSlice):
    """An address in a turn of the user, with the words there."""

    text: Text


class RedFlag(Form):
    """The most serious one; `notices` has them all."""

    level: Level
    kind: FlagKind
    rule: Text
    certain: Annotated[
        bool,
        Field(
            description="Whether its text is loud: of an emergency alone, of a decision in a box. "
            "If not, quotes follow the emergency's text, and a decision is one line below the quotes."
        ),
    ]
    text_id: Text
    text: Text

    @classmethod
    def of(cls, answer: answers.Answer, texts: FixedTexts) -> Self | None:
        """Return the most serious flag of an answer; ``None`` if there is none."""
        if (notice := answer.red_flag) is None or notice.flag is None:
            return None
        return cls(**asdict(notice.flag), text_id=notice.text, text=texts[notice.text].text)


class Notice(Form):
    """A fixed, versioned text of this project; show them in order, above the quotes, and `advice` below them."""

    kind: NoticeKind
    text_id: Text
    version: int
    text: Text
    rule: Text | None
    evidence: list[TurnSlice]

    @classmethod
    def of(cls, notice: answers.Notice, texts: FixedTexts) -> Self:
        text = texts[notice.text]
        return cls(
            kind=notice.kind,
            text_id=text.id,
            version=text.version,
            text=text.text,
            rule=notice.flag.rule if notice.flag else None,
            evidence=[*map(TurnSlice.model_validate, notice.evidence)],
        )


class Origin(Form):
    """A publication that words of this project's summary rest on."""

    id: Text
    title: Text
    publisher: Text
    kind: SourceKind
    published: Annotated[Text, Field(description="The year or date it gives, or `unknown`.")]
    url: Text
    read: Annotated[Extent, Field(description="How much of it we read.")]
    weight: Annotated[SourceWeight, Field(description="How much it counts beside others, the most first.")]
    place: Annotated[Text, Field(description="Where in the publication.")]


class QuoteSentence(Form):
    """A sentence of a quote. `origins`: ids of what it rests on by itself, best known first; none for own words."""

    span: Offsets
    origins: list[Text]


class SourceFields(Form):
    """Who speaks. `origins`: what a summary rests on, most weight first; empty for a source's own words."""

    source_kind: SourceKind | None
    words: Annotated[Words, Field(description="The source's own words, or this project's summary of them.")]
    based_on: Text | None
    commercial_interest: Interest
    publisher: Text | None
    published: Day
    url: Text | None
    origins: list[Origin]


class Place(Form):
    document: Text
    passage: Text
    title: Text
    section: Annotated[list[Text], Field(description="The headings above it, outermost first.")]


class Quote(SourceFields, Place):
    """Words of a source, unchanged: `text` is the slices `spans` of the document's text, joined with ` […] `."""

    number: Annotated[int, Field(ge=1)]
    text: Text
    spans: Annotated[list[Offsets], Field(min_length=1, max_length=3)]
    best: Annotated[Offsets, Field(description="The sentence that answers, inside one of the spans.")]
    context_span: Annotated[Offsets, Field(description="What to show around the quote.")]
    pages: Pages
    sentences: Annotated[list[QuoteSentence], Field(description="The same words, sentence by sentence.")]
    source_cites: Annotated[
        list[Text], Field(description="Publications this source lists; not checked against this sentence.")
    ]
    review_overdue: bool
    strength: Strength
    score: Annotated[float, Field(description="Higher is better; comparable within one answer only.")]
    source_changed: Annotated[bool, Field(description="The file is no longer the one that was indexed.")]

    @classmethod
    def of(cls, shown: Quoted, quote: answers.Quote) -> Self:
        document, first, last, around = quote.document, quote.spans[0], quote.spans[-1], quote.passage.span
        return cls(
            number=shown.number,
            text=shown.text,
            spans=[(span.start, span.end) for span in quote.spans],
            best=(quote.best.start, quote.best.end),
            context_span=(min(around.start, first.start), max(around.end, last.end)),
            pages=Span(document, first.start, last.end).pages,
            sentences=[
                QuoteSentence(
                    span=(each.range.start, each.range.end), origins=[basis.origin.id for basis in each.basis]
                )
                for each in shown.sentences
            ],
            source_cites=list(document.source.cites),
            review_overdue=overdue(document.source),
            source_changed=shown.changed,
            strength=quote.strength,
            score=quote.score,
            **_place(quote.passage),
            **source_fields(document.source, shown.speaker.basis),
        )


class Disagreement(Form):
    """A question on which sources disagree, with a quote of each side; `number` goes on after `quotes`."""

    topic_id: Text
    topic: Annotated[Text, Field(description="The curator's question; show it above the sides.")]
    how: Annotated[Literal["curated"], Field(description="A curator wrote it down.")]
    sides: Annotated[list[Quote], Field(min_length=2)]


class Replacement(Form):
    model_config = ConfigDict(serialize_by_alias=True)

    written: Annotated[
        Text, Field(serialization_alias="from", validation_alias=AliasChoices("from", AliasPath("written", "text")))
    ]
    read_as: Annotated[Text, Field(serialization_alias="to", validation_alias=AliasChoices("to", "words"))]
    slip: Annotated[bool, Field(description="Whether it was misspelt: then the other is searched in its place.")]


Others = Annotated[list[Text], Field(description="Questions of the library that it may mean instead.")]


class Interpretation(Form):
    """What was searched, where it is not simply the question: the user's own words, or a question of the library."""

    move: Annotated[Move, Field(description="`more` and `sources` are about the previous answer; `asks`: a question.")]
    text: Text
    parts: Annotated[list[TurnWords], Field(min_length=1, description="What it was read with, then its own words.")]
    replaced: list[Replacement]
    others: Others


class UserWords(Form):
    """Words of the user."""

    text: Text
    slices: list[TurnSlice]

    @classmethod
    def of(cls, words: answers.TurnSlice) -> Self:
        return cls(text=words.text, slices=[TurnSlice.model_validate(words)])


class AskedQuestion(UserWords):
    """A question of the message, with what answers it."""

    context: Annotated[list[TurnSlice], Field(description="The user's other words that it was read with.")]
    read_as: Annotated[Text | None, Field(description="The question of the library that it was read as.")]
    others: Others
    status: Status
    reason: Reason | None
    quotes: Annotated[list[int], Field(description="Numbers of the quotes that answer it.")]
    nearest: Annotated[list[Place], Field(description="Where the nearest passages are, when nothing answers it.")]

    @classmethod
    def of_part(cls, part: answers.AskedAnswer) -> Self:
        return cls(
            **dict(UserWords.of(part.words)),
            context=[*map(TurnSlice.model_validate, part.interpretation.context if part.interpretation else ())],
            read_as=part.interpretation.question if part.interpretation else None,
            others=list(part.interpretation.others) if part.interpretation else [],
            status=part.status,
            reason=part.reason,
            quotes=list(part.numbers),
            nearest=[Place(**_place(passage)) for passage in part.nearest],
        )


class Answer(Form):
    question: Text
    status: Status
    reason: Reason | None
    red_flag: RedFlag | None
    notices: list[Notice]
    quotes: Annotated[list[Quote], Field(description="Best first; empty unless `answered` or `possibly`.")]
    disagreements: list[Disagreement]
    nearest: Annotated[list[Place], Field(description="Where the nearest passages are, when nothing answers.")]
    interpretation: Interpretation | None
    asked: Annotated[
        list[AskedQuestion],
        Field(
            description="The questions of the message, each with its own answer; empty if only a safety text is shown."
        ),
    ]
    further: Annotated[list[UserWords], Field(description="Questions of the message that were not searched.")]

    @classmethod
    def of(cls, reply: Reply, texts: FixedTexts) -> Self:
        answer = reply.answer
        shown = quoted(reply)
        quotes = iter([Quote.of(each, quote) for each, quote in zip(shown, answer.shown, strict=True)])
        return cls(
            question=answer.question.text,
            status=answer.status,
            reason=answer.reason,
            red_flag=RedFlag.of(answer, texts),
            notices=[Notice.of(notice, texts) for notice in answer.notices],
            quotes=list(islice(quotes, len(answer.quotes))),
            disagreements=[
                Disagreement(
                    topic_id=differ.id, topic=differ.topic, how="curated", sides=list(islice(quotes, len(differ.sides)))
                )
                for differ in answer.disagreements
            ],
            nearest=[Place(**_place(passage)) for passage in answer.nearest],
            interpretation=Interpretation.model_validate(answer.interpretation) if answer.interpretation else None,
            asked=[AskedQuestion.of_part(part) for part in answer.asked],
            further=[UserWords.of(words) for words in answer.more],
        )


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
    history: Annotated[list[Text], Field(description="The earlier turns that it was asked with, oldest first.")]
    as_typed: bool
    timings_ms: Timings
    index: Generation


class PassageFields(SourceFields, Place):
    text: Text
    spans: Annotated[list[Offsets], Field(description="Its sentences.")]
    pages: Pages
    reference: Annotated[bool, Field(description="An item of a reference list.")]


class SearchHit(PassageFields):
    rank: Annotated[int, Field(ge=1)]
    score: float


class SearchResponse(Form):
    question: Text
    notices: list[Notice]
    hits: list[SearchHit]
    index: Generation


def reply_json(reply: Reply, texts: FixedTexts) -> Json:
    """Render a reply as `ask --json`, `batch` and HTTP give it."""
    return AskResponse(
        answer=Answer.of(reply, texts),
        history=list(reply.history),
        as_typed=reply.as_typed,
        timings_ms=Timings.model_validate(reply.timings),
        index=Generation(generation=reply.generation),
    ).as_json()


def search_json(
    question: str,
    notices: tuple[answers.Notice, ...],
    hits: tuple[Hit, ...],
    texts: FixedTexts,
    generation: GenerationId | None,
) -> Json:
    """Render a look-up: notices and hits. ``generation``: the one that was searched; ``None`` if nothing was."""
    return SearchResponse(
        question=question,
        notices=[Notice.of(notice, texts) for notice in notices],
        hits=[SearchHit(rank=hit.rank, score=round(hit.score, 4), **_passage(hit.passage)) for hit in hits],
        index=Generation(generation=generation),
    ).as_json()


def passage_json(passage: Passage) -> Json:
    """Render a passage: its words, where it is, who speaks."""
    return PassageFields(**_passage(passage)).as_json()


def index_report_json(report: IndexReport) -> Json:
    """Render the outcome for every file."""
    return {
        "generation": report.generation,
        "unchanged": report.unchanged,
        "counts": {end: report.count(end) for end in FileEnd},
        "undescribed": list(report.undescribed),
        "files": [
            {name: value for name, value in asdict(file).items() if name != "described"} for file in report.files
        ],
    }


def source_fields(source: Source, basis: Iterable[Basis]) -> Json:
    """Return the values of ``SourceFields``, as plain as those of a file of JSON, with which `verify` compares them."""
    return {
        "source_kind": source.kind,
        "words": source.words,
        "based_on": source.based_on,
        "commercial_interest": source.interest.value_in_data,
        "publisher": source.publisher,
        "published": str(source.published) if source.published else None,
        "url": source.url,
        "origins": [
            {name: getattr(each if name == "place" else each.origin, name) for name in Origin.model_fields}
            for each in basis
        ],
    }


def _place(passage: Passage) -> Json:
    return {
        "document": passage.document.id,
        "passage": passage.id,
        "title": passage.document.title,
        "section": section(passage.document, passage.span.start),
    }


def _passage(passage: Passage) -> Json:
    return {
        **_place(passage),
        "text": spans_text(joined(passage)),
        "spans": [(sentence.start, sentence.end) for sentence in passage.sentences],
        "pages": passage.span.pages,
        "reference": passage.reference,
        **source_fields(passage.document.source, basis_of(passage.sentences)),
    }
