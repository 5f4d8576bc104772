"""The data inside a saved file: what it was drawn from, so that `verify` can draw it again and compare the whole.

HTML carries it in a block that no browser runs, Markdown in a comment that no reader shows; a JSON file is the data.
"""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.metadata import version
from typing import Annotated, Literal

from pydantic import Field

from b12assistant.answers import Strength
from b12assistant.display.addresses import words_by_span
from b12assistant.display.json_form import Day, Form, Generation, Json, Offsets, Pages, SourceFields, Text
from b12assistant.display.labels import Labels, load_labels
from b12assistant.display.presentation import Quoted, Speaker
from b12assistant.types import DocumentId, GenerationId, Interest, PassageId, Range, Source, SourceKind, Words

_HTML = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)
_MARKDOWN = re.compile(r"^<!-- data\n(.*?)\n-->$", re.S | re.M)
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


class Saved(Form):
    """What every saved file says of itself. ``base``: where the page was served that its links lead to."""

    kind: Text
    made: Day
    version: Annotated[str, Field(description="Of b12assistant; another one may draw the same data otherwise.")]
    language: str
    base: str
    index: Generation

    @property
    def day(self) -> date:
        return date.fromisoformat(self.made or "")

    @property
    def said(self) -> Labels:
        return load_labels(self.language)


class SavedQuote(SourceFields):
    """What the quotes of every saved file say; ``notes`` are those that are shown."""

    number: Annotated[int, Field(ge=1)]
    text: Text
    document: Text
    passage: Text | None
    spans: Annotated[list[Offsets], Field(min_length=1)]
    best: Offsets
    title: Text
    section: list[Text]
    pages: Pages
    notes: list[Text]
    link: Text


def this_version() -> str:
    """Name the version of the package."""
    return version("b12assistant")


def read_quote(quote: SavedQuote, said: Labels, generation: str | None, strength: Strength | None = None) -> Quoted:
    """Make the piece that a saved quote was drawn from. Raises ``ValueError`` for offsets that are none."""
    spans = tuple(Range(start, end) for start, end in quote.spans)
    words = words_by_span(spans, quote.text) or [quote.text]
    source = source_of(quote)
    return Quoted(
        quote.number,
        DocumentId(quote.document),
        PassageId(quote.passage) if quote.passage is not None else None,
        spans,
        tuple(words),
        Range(*quote.best),
        (quote.title, *quote.section),
        quote.pages,
        said.pages(quote.pages) or "",
        source,
        Speaker.of(source, said),
        tuple(quote.notes),
        quote.link,
        strength,
        generation=GenerationId(generation) if generation is not None else None,
    )


def source_of(fields: SourceFields) -> Source:
    """Read source facts back, as far as JSON has them. Raises ``ValueError`` for a day that is none."""
    sells: bool | Literal["unknown"] = fields.commercial_interest
    return Source(
        kind=SourceKind(fields.source_kind) if fields.source_kind else None,
        words=Words(fields.words),
        based_on=fields.based_on,
        interest=Interest.UNKNOWN if sells == "unknown" else Interest.SELLS if sells else Interest.NONE,
        publisher=fields.publisher,
        url=fields.url,
        published=date.fromisoformat(fields.published) if fields.published else None,
    )


def html_block(data: Form) -> str:
    """Embed data in HTML."""
    return f'<script type="application/json" id="data">{_escaped(data.as_json())}</script>'


def markdown_block(data: Form) -> str:
    """Embed data in Markdown."""
    return f"<!-- data\n{_escaped(data.as_json())}\n-->"


def json_text(data: Form) -> str:
    """Write data as a file of its own."""
    return json.dumps(data.as_json(), ensure_ascii=False, indent=1) + "\n"


def embedded(text: str, *, html: bool) -> Json | None:
    """Read the data of a saved file; ``None`` if it has none. Raises ``ValueError`` for data that is no JSON."""
    match = (_HTML if html else _MARKDOWN).search(text)
    found = json.loads(match[1]) if match else None
    return found if isinstance(found, dict) else None


def _escaped(data: Json) -> str:
    """ASCII that closes no block around it: no tag, no entity, no end of a comment."""
    text = json.dumps(data, separators=(",", ":"))
    return re.sub("[<>&]", lambda match: _ESCAPES[match[0]], text).replace("--", "-\\u002d")
