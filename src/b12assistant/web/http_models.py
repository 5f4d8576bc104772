"""Models of requests over HTTP and of documents; `display.json_form` has those of answers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from b12assistant.answering.assistant import MOST_CHARACTERS, MOST_TURNS
from b12assistant.answering.lookup import Sieve
from b12assistant.corpus.publishers import PublisherKind
from b12assistant.display.json_form import Count, Form, Generation, Json, PassageFields

MOST_HITS = 100

Typed = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class AskRequest(Form):
    question: Annotated[Typed, Field(description="What the user typed, unchanged.")]
    history: Annotated[
        tuple[Typed, ...],
        Field(max_length=MOST_TURNS - 1, description="The user's earlier turns, oldest first; answers are not needed."),
    ] = ()
    as_typed: Annotated[
        bool, Field(strict=True, description="Search for the question alone, and for no other word than its own.")
    ] = False


Turns = Annotated[tuple[AskRequest, ...], Field(min_length=1, max_length=MOST_TURNS)]
CONVERSATION = TypeAdapter(Turns)  # of the page; no turn of it has a history of its own
Year = Annotated[int | None, Field(strict=True, ge=1, le=9999)]


class Filters(Form):
    """Which sentences are wanted, by a publication that each rests on; empty: all."""

    publisher: Annotated[
        str, Field(max_length=300, description="Beginnings of words of the publisher's name, such as `nice`.")
    ] = ""
    kinds: Annotated[frozenset[PublisherKind], Field(description="What the publication is to a reader.")] = frozenset()
    since: Annotated[Year, Field(description="The first year; what has no known year matches none.")] = None
    until: Annotated[Year, Field(description="The last year.")] = None
    document: Annotated[str, Field(max_length=300, description="Part of the title or id of our document.")] = ""

    @property
    def sieve(self) -> Sieve:
        return Sieve(self.publisher.strip(), self.kinds, self.since, self.until, self.document.strip())


class SearchRequest(Filters):
    question: Annotated[Typed, Field(description="Words or a sentence.")]
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_HITS, description="How many passages at most.")] = 10

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError("`since` is after `until`")
        return self


class PassageResponse(PassageFields):
    index: Generation


class DocumentResponse(Form):
    """A line of `export`, with the generation."""

    document: str
    title: str
    text: Annotated[str, Field(description="The canonical text that every offset counts in.")]
    source: Annotated[Json, Field(description="As in `sources.toml`; a fact that is not known is left out.")]
    sections: Annotated[list[Json], Field(description="Headings, each with its level and range.")]
    marked: Annotated[
        list[Json],
        Field(description="Ranges set apart: `never` is never quoted, `reference` only when a paper is asked for."),
    ]
    passages: Annotated[list[Json], Field(description="Their ids, spans of sentences, and headings.")]
    origins: Annotated[
        list[Json],
        Field(description="What a summary rests on, as in `sources.toml`; empty for a source's own words."),
    ]
    rests_on: Annotated[list[Json], Field(description="Ranges of sentences, each with an origin and where in it.")]
    index: Generation


class Alive(Form):
    status: Literal["alive"]


class Counts(Form):
    files: Count
    documents: Count
    passages: Count
    left_out: Count


class Ready(Form):
    status: Literal["ready"]
    index: Generation
    counts: Counts
    encoder: str
    older_generation: Annotated[bool, Field(description="What should be in use could not be; the last good one is.")]
    hint: str | None


class FieldProblem(Form):
    at: str
    message: str


class Problem(Form):
    """RFC 9457. `code` and `hint` are those of the command line; `type` is `code` as a URI, a name and no address."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    hint: str | None
    errors: list[FieldProblem]
