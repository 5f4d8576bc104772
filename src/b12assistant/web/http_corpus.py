"""The forms of HTTP responses about documents, passages, health and problems."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from b12assistant.display.json_form import Count, Day, Form, Generation, Interest, Offsets, PassageFields
from b12assistant.types import MarkKind, SourceKind, Words

MOST_LISTED = 200


class PassageResponse(PassageFields):
    index: Generation


class SourceFacts(Form):
    """As in `sources.toml`; a fact that is not known is left out."""

    title: str | None = None
    kind: SourceKind | None = None
    words: Words
    based_on: str | None = None
    commercial_interest: Interest
    publisher: str | None = None
    url: str | None = None
    published: Day = None
    review_by: Day = None
    superseded_by: str | None = None
    withdrawn: bool
    review: str | None = None
    cites: list[str]
    note: str | None = None


class Listed(Form):
    """A document of the index, without its text."""

    document: str
    title: str
    source: SourceFacts
    characters: Count
    pages: Annotated[int | None, Field(description="null without pages.")]
    passages: Count
    warnings: Annotated[list[str], Field(description="What indexing said of the file.")]


class DocumentsResponse(Form):
    documents: list[Listed]
    total: Count
    limit: Count
    offset: Count
    next_offset: Annotated[int | None, Field(description="null on the last page.")]
    index: Generation


class Section(Form):
    heading: str
    level: Annotated[int, Field(ge=1, le=6)]
    start: Count
    end: Count


class Marked(Form):
    """A range that cleaning set apart: `never` is never quoted, `reference` only when a paper is asked for."""

    start: Count
    end: Count
    kind: MarkKind
    rule: str


class PassageOf(Form):
    passage: str
    spans: list[Offsets]
    section: list[str]


class DocumentResponse(Form):
    """A line of `export`, with the generation."""

    document: str
    title: str
    text: Annotated[str, Field(description="The canonical text that every offset counts in.")]
    source: SourceFacts
    sections: list[Section]
    marked: list[Marked]
    passages: list[PassageOf]
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
