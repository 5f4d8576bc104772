"""A pack of pinned passages: addresses to words that stand today, and the words as a file with their citations."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from b12assistant.answers import FixedText
from b12assistant.application.saved import (
    Saved,
    SavedQuote,
    html_block,
    json_text,
    markdown_block,
    read_quote,
    this_version,
)
from b12assistant.display import json_form
from b12assistant.display.addresses import read_link
from b12assistant.display.citation_formats import Form, about, cite, markdown_text, place
from b12assistant.display.json_form import Generation, Text, source_fields
from b12assistant.display.labels import Labels
from b12assistant.display.markup import UNSEEN, plain, style_sheets
from b12assistant.display.presentation import Cited, Quoted
from b12assistant.index.documents import Entry
from b12assistant.types import DocumentId, GenerationId, Interest, Span

KIND: Literal["b12assistant passage pack"] = "b12assistant passage pack"
_COLUMNS = (
    "number",
    "text",
    "sentence",
    "place",
    "speaker",
    "sells",
    "link",
    "document",
    "passage",
    "generation",
    "notices",
)
_STYLE = (
    "body{font:1.0625rem/1.6 system-ui,sans-serif;margin:2rem auto;max-width:68ch;padding:0 1rem}"
    "figure{margin:2rem 0;break-inside:avoid}"
    "blockquote{border-left:3px solid;font-family:serif;margin:0;padding-left:1rem;white-space:pre-wrap}"
    "figcaption,p{font-size:.9375rem}"
)


class PackForm(StrEnum):
    """What a pack is written as; the value is the end of its file's name."""

    MARKDOWN = "md"
    HTML = "html"
    CSV = "csv"
    JSON = "json"


class PackNotice(json_form.Form):
    """A fixed text that stands above the quotes."""

    text_id: Text
    version: int
    text: Text


class SavedPack(Saved):
    """All that a pack was drawn from. ``missing``: addresses whose words are gone."""

    kind: Literal["b12assistant passage pack"]
    notices: list[PackNotice]
    quotes: list[SavedQuote]
    missing: list[Text]


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address as it was pinned, and the words it leads to today; ``None``: they are gone."""

    address: str
    cited: Cited | None


@dataclass(frozen=True, slots=True)
class Pack:
    """Pinned passages with what is said around them in a file. ``base``: where the page is served."""

    pins: tuple[Pinned, ...]
    notices: tuple[FixedText, ...]
    generation: GenerationId
    today: date
    said: Labels
    base: str = ""

    @property
    def cited(self) -> tuple[Cited, ...]:
        return tuple(pin.cited for pin in self.pins if pin.cited)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(pin.address for pin in self.pins if pin.cited is None)

    @property
    def only_sellers(self) -> bool:
        return all(each.document.source.interest is Interest.SELLS for each in self.cited)


def read_pin(address: str, entry_of: Callable[[DocumentId], Entry | None], base: str = "") -> Pinned:
    """The words an address leads to: where they stood, or where they stand now.

    ``base``: where the page is served, so that links in a file lead back to it.
    """
    found = read_link(address)
    entry = entry_of(found[0]) if found else None
    stands = found[1].found_in(entry.document.text) if found and entry else None
    if stands is None or entry is None:
        return Pinned(address, None)
    spans = tuple(Span(entry.document, each.start, each.end) for each in stands.spans)
    best = Span(entry.document, stands.best.start, stands.best.end) if stands.best else None
    sentence = best or spans[0]
    passage = next((each.id for each in entry.passages if each.span.range.contains(sentence.range)), None)
    return Pinned(address, Cited(spans, best, passage, base=base))


def write(pack: Pack, form: PackForm) -> str:
    """Write the pack as a file with the words exactly as they stand."""
    return render(data_of(pack), form)


def render(data: SavedPack, form: PackForm) -> str:
    """Draw the file from its data. Raises ``ValueError`` for data that cannot be of a pack."""
    return _FORMS[form](data)


def data_of(pack: Pack) -> SavedPack:
    """Gather what a file is drawn from."""
    return SavedPack(
        kind=KIND,
        made=pack.today.isoformat(),
        version=this_version(),
        language=pack.said.language,
        base=pack.base,
        notices=[PackNotice(text_id=each.id, version=each.version, text=each.text) for each in pack.notices],
        quotes=[_quote(Quoted.of(cited, pack.said, pack.today, n)) for n, cited in enumerate(pack.cited, start=1)],
        missing=list(pack.missing),
        index=Generation(generation=pack.generation),
    )


def _quote(quote: Quoted) -> SavedQuote:
    best = quote.best or quote.spans[0]
    return SavedQuote(
        number=quote.number,
        text=quote.text,
        document=quote.document,
        passage=quote.passage,
        spans=[(span.start, span.end) for span in quote.spans],
        best=(best.start, best.end),
        title=quote.place[0],
        section=list(quote.place[1:]),
        pages=quote.page_range,
        notes=list(quote.notes),
        link=quote.link,
        **source_fields(quote.source, quote.speaker.basis),
    )


def _quotes(data: SavedPack) -> list[Quoted]:
    return [read_quote(each, data.said, data.index.generation) for each in data.quotes]


def _markdown(data: SavedPack) -> str:
    parts = [f"# {data.said('pack.title')}", markdown_text(_made(data))]
    parts += [f"**{markdown_text(line)}**" for line in _told(data)]
    for quote in _quotes(data):
        parts += [f"## {quote.number}", cite(quote, Form.MARKDOWN, data.said)]
    return "\n\n".join((*parts, markdown_block(data))) + "\n"


def _html(data: SavedPack) -> str:
    title = plain(data.said("pack.title"))
    figures = "\n".join(cite(quote, Form.HTML, data.said) for quote in _quotes(data))
    told = "".join(f"<p><strong>{plain(line)}</strong></p>" for line in _told(data))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="{data.said.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}\n{style_sheets(UNSEEN)}</style></head>\n<body><main><h1>{title}</h1>"
        f"<p>{plain(_made(data))}</p>{told}\n{figures}</main>\n{html_block(data)}</body></html>\n"
    )


def _csv(data: SavedPack) -> str:
    """A plain download for a spreadsheet: it carries no data, so `verify` does not read it."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    told = "\n".join(_told(data))
    for quote in _quotes(data):
        interest = str(quote.source.interest.value_in_data).lower()
        cells = [quote.text, _best(quote), place(quote), ". ".join(about(quote)), interest, quote.link]
        cells += [quote.document, quote.passage or "", quote.generation or "", told]
        rows.writerow([quote.number, *map(_cell, cells)])
    return file.getvalue()


def _best(quote: Quoted) -> str:
    """The words of the sentence that was pinned."""
    for span, text in zip(quote.spans, quote.words, strict=True):
        if quote.best and span.contains(quote.best):
            return text[quote.best.start - span.start : quote.best.end - span.start]
    return ""


def _cell(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would calculate (OWASP, "CSV Injection")."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _made(data: SavedPack) -> str:
    count, said = len(data.quotes), data.said
    return said("pack.made", day=said.day(data.day), generation=data.index.generation, count=count)


def _told(data: SavedPack) -> list[str]:
    """The fixed texts, and what is missing."""
    lost = data.missing
    missing = [data.said("pack.missing", count=len(lost), links=", ".join(lost))] if lost else []
    return [*(each.text for each in data.notices), *missing]


_FORMS: Mapping[PackForm, Callable[[SavedPack], str]] = {
    PackForm.MARKDOWN: _markdown,
    PackForm.HTML: _html,
    PackForm.CSV: _csv,
    PackForm.JSON: json_text,
}
