"""Embed in a saved file the data it was drawn from, so that `verify` can draw it again and compare.

HTML holds the data in a block that browsers do not run, Markdown in a comment; a JSON file is the data.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from importlib.metadata import version
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from b12assistant.answers import Strength
from b12assistant.display.addresses import words_by_span
from b12assistant.display.json_form import Day, Form, Generation, Json, Offsets, Pages, SourceFields, Text
from b12assistant.display.labels import Labels, load_labels
from b12assistant.display.markup import plain
from b12assistant.display.presentation import Quoted, Setting
from b12assistant.display.speaker import Basis, Speaker
from b12assistant.types import DocumentId, GenerationId, Interest, OriginId, PassageId, Range, Source, SourceKind, Words

_HTML = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)
_MARKDOWN = re.compile(r"^<!-- data\n(.*?)\n-->$", re.S | re.M)
FILES = {  # by format: the suffix of a file, and its media type
    "html": ("html", "text/html"),
    "markdown": ("md", "text/markdown"),
    "json": ("json", "application/json"),
    "csv": ("csv", "text/csv"),
}
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


class Saved(Form):
    """The head of every saved file. ``base``: where the page was served, for its links."""

    kind: Text
    made: Day
    version: Annotated[str, Field(description="Of b12assistant; another one may draw the same data otherwise.")]
    language: str
    base: str
    index: Generation
    seal: Annotated[Text, Field(description="The sha256 of the other data.")] = ""

    @property
    def day(self) -> date:
        return date.fromisoformat(self.made or "")

    @property
    def labels(self) -> Labels:
        return load_labels(self.language)


class SavedQuote(SourceFields):
    """A quote in a saved file; ``notes`` are shown with it."""

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


SavedFile = TypeVar("SavedFile", bound=Saved)


def seal_of(data: Saved) -> str:
    """Return the digest of all data except the seal, in hexadecimal."""
    values = {key: value for key, value in data.as_json().items() if key != "seal"}
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sealed(form: type[SavedFile], setting: Setting, generation: GenerationId, **content: object) -> SavedFile:
    """Make the data of a file: its head, its ``content`` and its seal."""
    data = form.model_validate(
        {
            "made": setting.today.isoformat(),
            "version": this_version(),
            "language": setting.labels.language,
            "base": setting.base,
            "index": Generation(generation=generation),
            **content,
        }
    )
    return data.model_copy(update={"seal": seal_of(data)})


def parse(text: str) -> object:
    """Read JSON. Raises ``ValueError`` if it is not JSON or gives a key twice, which parsers read differently."""
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, object]]) -> Json:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key is given twice")
    return values


def this_version() -> str:
    return version("b12assistant")


def read_quote(quote: SavedQuote, labels: Labels, generation: str | None, strength: Strength | None = None) -> Quoted:
    """Rebuild the piece of a saved quote. Raises ``ValueError`` for invalid offsets."""
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
        labels.pages(quote.pages) or "",
        source,
        Speaker.of(source, labels, [Basis(OriginId(origin.id), **dict(list(origin)[1:])) for origin in quote.origins]),
        tuple(quote.notes),
        quote.link,
        strength,
        generation=GenerationId(generation) if generation is not None else None,
    )


def source_of(fields: SourceFields) -> Source:
    """Rebuild the source facts that JSON holds. Raises ``ValueError`` for an invalid date."""
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


def markdown_block(data: Form) -> str:
    return f"<!-- data\n{_escaped(data.as_json())}\n-->"


def html_page(data: Saved, title: str, style: str, body: str) -> str:
    """Draw a page that runs nothing and fetches nothing, from `<html` on, with its data at the end."""
    policy, name = "default-src 'none'; style-src 'unsafe-inline'", plain(title)
    return (
        f'<html lang="{data.labels.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>'
        f"<style>{style}</style></head>\n<body><main><h1>{name}</h1>{body}</main>\n"
        f'<script type="application/json" id="data">{_escaped(data.as_json())}</script></body></html>\n'
    )


def json_text(data: Form) -> str:
    return json.dumps(data.as_json(), ensure_ascii=False, indent=1) + "\n"


def embedded(text: str, *, html: bool) -> Json | None:
    """Read the data of a saved file; ``None`` if it has none. Raises ``ValueError`` for data that is not JSON."""
    match = (_HTML if html else _MARKDOWN).search(text)
    data = parse(match[1]) if match else None
    return data if isinstance(data, dict) else None


def _escaped(data: Json) -> str:
    """Write ASCII JSON without tags, entities or ends of comments, so that it cannot close the block around it."""
    text = json.dumps(data, separators=(",", ":"))
    return re.sub("[<>&]", lambda match: _ESCAPES[match[0]], text).replace("--", "-\\u002d")
