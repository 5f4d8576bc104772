"""A pack of pinned passages: addresses to words that stand today, and the words as a file with their citations."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from b12assistant.answers import FixedText
from b12assistant.display.addresses import read_link
from b12assistant.display.citation_formats import Cited, Form, cite, markdown_text, place, speaker
from b12assistant.display.labels import Labels, overdue, section
from b12assistant.display.markup import plain
from b12assistant.display.render import source_json
from b12assistant.display.style_sheets import UNSEEN, style_sheets
from b12assistant.index.documents import Entry
from b12assistant.types import DocumentId, GenerationId, Interest, Source, Span

Json = dict[str, Any]
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


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address as it was pinned, and the words it leads to today; ``None``: they are gone."""

    address: str
    cited: Cited | None


@dataclass(frozen=True, slots=True)
class Pack:
    """Pinned passages with what is said around them in a file."""

    pins: tuple[Pinned, ...]
    notices: tuple[FixedText, ...]
    generation: GenerationId
    today: date
    said: Labels

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


def warnings(source: Source, today: date, said: Labels) -> list[str]:
    """What has become of a source since it was pinned."""
    told = (
        (source.withdrawn, said("source.withdrawn")),
        (source.superseded_by is not None, said("source.superseded", document=source.superseded_by)),
        (overdue(source, today), said("source.overdue")),
    )
    return [text for holds, text in told if holds]


def write(pack: Pack, form: PackForm) -> str:
    """The pack as a file with the words exactly as they stand, from where `verify` reads them back."""
    return _FORMS[form](pack)


def _markdown(pack: Pack) -> str:
    parts = [f"# {pack.said('pack.title')}", markdown_text(_made(pack))]
    parts += [f"**{markdown_text(line)}**" for line in _told(pack)]
    for number, cited in enumerate(pack.cited, start=1):
        parts += [f"## {number}", cite(cited, Form.MARKDOWN, pack.said), *map(markdown_text, _warned(cited, pack))]
    return "\n\n".join(parts) + "\n"


def _html(pack: Pack) -> str:
    title = plain(pack.said("pack.title"))
    figures = "".join(
        cite(cited, Form.HTML, pack.said) + "".join(f"<p>{plain(text)}</p>" for text in _warned(cited, pack))
        for cited in pack.cited
    )
    told = "".join(f"<p><strong>{plain(line)}</strong></p>" for line in _told(pack))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="{pack.said.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}\n{style_sheets(UNSEEN)}</style></head><body><main><h1>{title}</h1><p>{plain(_made(pack))}</p>{told}{figures}</main>"
        "</body></html>\n"
    )


def _csv(pack: Pack) -> str:
    said = pack.said
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    told = "\n".join(_told(pack))
    for number, cited in enumerate(pack.cited, start=1):
        source = cited.document.source
        who = ". ".join((*speaker(cited, said), *_warned(cited, pack)))
        best = cited.best.text if cited.best else ""
        cells = [cited.words, best, place(cited, said), who, str(source.interest.value_in_data).lower(), cited.link]
        cells += [cited.document.id, cited.passage or "", pack.generation, told]
        rows.writerow([number, *map(_cell, cells)])
    return file.getvalue()


def _cell(text: str) -> str:
    """As `exported` reads it: an apostrophe before what a spreadsheet would calculate (OWASP, "CSV Injection")."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _json(pack: Pack) -> str:
    content = {
        "kind": "b12assistant passage pack",
        "made": pack.today.isoformat(),
        "notices": [{"text_id": each.id, "version": each.version, "text": each.text} for each in pack.notices],
        "quotes": [_quote(number, cited, pack) for number, cited in enumerate(pack.cited, start=1)],
        "missing": list(pack.missing),
        "index": {"generation": pack.generation},
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _quote(number: int, cited: Cited, pack: Pack) -> Json:
    """With the keys of a quote of an answer, as far as it has them."""
    document, best = cited.document, cited.best or cited.spans[0]
    return {
        "number": number,
        "text": cited.words,
        "document": document.id,
        "passage": cited.passage,
        "spans": [[span.start, span.end] for span in cited.spans],
        "best": [best.start, best.end],
        "title": document.title,
        "section": section(document, best.start),
        "pages": list(cited.pages) if cited.pages else None,
        **source_json(document.source),
        "warnings": _warned(cited, pack),
        "link": cited.link,
    }


def _made(pack: Pack) -> str:
    count = len(pack.cited)
    return pack.said("pack.made", day=pack.said.day(pack.today), generation=pack.generation, count=count)


def _told(pack: Pack) -> list[str]:
    """The fixed texts, and what is missing."""
    lost = pack.missing
    missing = [pack.said("pack.missing", count=len(lost), links=", ".join(lost))] if lost else []
    return [*(each.text for each in pack.notices), *missing]


def _warned(cited: Cited, pack: Pack) -> list[str]:
    return warnings(cited.document.source, pack.today, pack.said)


_FORMS: Mapping[PackForm, Callable[[Pack], str]] = {
    PackForm.MARKDOWN: _markdown,
    PackForm.HTML: _html,
    PackForm.CSV: _csv,
    PackForm.JSON: _json,
}
