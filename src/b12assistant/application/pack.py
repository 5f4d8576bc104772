"""Read pinned passages from their addresses, and write them as a file with citations, or as a reply.

Anyone can write such an address, so only words that the program quotes are read from it: a cut of a passage, or a whole
passage.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from b12assistant.answering.assistant import GENERAL, ONLY_SELLERS
from b12assistant.answering.quoting import cuts
from b12assistant.answers import FixedText
from b12assistant.application import exporting
from b12assistant.application.exporting import Saved, SavedQuote, json_text, markdown_block
from b12assistant.display import json_form
from b12assistant.display.addresses import MarkedPlace, read_link
from b12assistant.display.citation_formats import CitationForm, about, cite, markdown_text, place, said_by, words_of
from b12assistant.display.json_form import Text, source_fields
from b12assistant.display.markup import UNSEEN, dotted, in_message, pasted, plain, revealed, style_sheets
from b12assistant.display.presentation import Setting
from b12assistant.display.quoted import Cited, Quoted
from b12assistant.index.documents import Entry
from b12assistant.types import GAP, DocumentId, GenerationId, Interest

KIND: Literal["b12assistant passage pack"] = "b12assistant passage pack"
_COLUMNS = (
    *("number", "text", "sentence", "place", "speaker", "sells", "link"),
    *("document", "passage", "generation", "notices"),
)
Pins = Sequence[tuple[str, Cited | None]]  # addresses with the words they lead to now; None if they are gone
_STYLE = (
    "body{font:1.0625rem/1.6 system-ui,sans-serif;margin:2rem auto;max-width:68ch;padding:0 1rem}"
    "figure{margin:2rem 0;break-inside:avoid}"
    "blockquote{border-left:3px solid;font-family:serif;margin:0;padding-left:1rem;white-space:pre-wrap}"
    "figcaption,p{font-size:.9375rem}"
)


class PackNotice(json_form.Form):
    """A fixed text above the quotes."""

    text_id: Text
    version: int
    text: Text


class SavedPack(Saved):
    """The data of a saved pack. ``name``: given by the reader; ``missing``: addresses whose words are gone."""

    kind: Literal["b12assistant passage pack"]
    name: Text = ""
    notices: list[PackNotice]
    quotes: list[SavedQuote]
    missing: list[Text]


def read_pin(address: str, entries: Mapping[DocumentId, Entry], base: str = "") -> Cited | None:
    """Find the words of an address, even if they have moved; ``None`` if they are gone or are not quoted like that.

    ``base``: where the page is served, so that links in a file lead back to it.
    """
    link = read_link(address)
    entry = entries.get(link[0]) if link else None
    now = link[1].found_in(entry.document.text) if link and entry else None
    return cited(entry, now, base) if entry and now else None


def cited(entry: Entry, place: MarkedPlace, base: str = "") -> Cited | None:
    """Cite the words at a place of a document; ``None`` unless the program shows them together, and no fewer."""
    best = place.best
    at = best or place.spans[0]
    passage = next((each for each in entry.passages if each.span.range.overlaps(at)), None)
    if passage is None:
        return None
    shown = [(each.spans, each.bests) for each in cuts(passage)]
    shown.append((Cited.of_passage(passage).spans, passage.sentences))
    for spans, bests in shown:
        if tuple(span.range for span in spans) == place.spans:
            sentence = next((each for each in bests if each.range == best), None)
            if sentence is not None or best in (None, place.spans[0]):  # a saved file of a whole passage has its begin
                return Cited(spans, sentence, passage.id, base=base)
    return None


def write(pins: Pins, setting: Setting, generation: GenerationId, form: str, name: str = "") -> str:
    """Return the text of the file in one of ``FORMS``, with the words unchanged."""
    return render(data_of(pins, setting, generation, name), form)


def reply(pins: Pins, setting: Setting, signature: str) -> dict[str, str]:
    """Write a message that quotes the pins, as text and as HTML: greeting, quotes, disclaimer, ``signature``.

    A link to this page is left out without ``setting.base``: nobody else could open it. So is what a curator has
    switched off: nobody is to be sent it.
    """
    labels, cited = setting.labels, [words for _, words in pins if words and not words.off]
    before = [labels("reply.greeting"), labels("reply.lead")]
    after = [*(text.text for text in _texts(cited, setting)), *([labels("reply.regards"), signature] * bool(signature))]
    quotes = [Quoted.of(words, labels, setting.today) for words in cited]
    links = [quote.link if setting.base else "" for quote in quotes]
    text = [
        f"“{GAP.join(map(in_message, quote.words))}”\n\n— {said_by(quote)}\n{link}".rstrip()
        for quote, link in zip(quotes, links, strict=True)
    ]
    html = [
        f"<blockquote>“{GAP.join(map(pasted, quote.words))}”</blockquote><p>— {_lines(said_by(quote))}"
        + (f'<br><a href="{plain(link)}">{plain(link)}</a></p>' if link else "</p>")
        for quote, link in zip(quotes, links, strict=True)
    ]
    around = [[f"<p>{_lines(part)}</p>" for part in parts] for parts in (before, after)]
    return {"text": "\n\n".join((*before, *text, *after)), "html": "\n".join((*around[0], *html, *around[1]))}


def _lines(text: str) -> str:
    return revealed(text).replace("\n", "<br>")


def render(data: SavedPack, form: str) -> str:
    """Draw the file from its data. Raises ``ValueError`` for data that is not of a pack."""
    return FORMS[form](data)


def _texts(cited: Sequence[Cited], setting: Setting) -> list[FixedText]:
    """Return the fixed texts that go with quotes."""
    only_sellers = cited and all(words.document.source.interest is Interest.SELLS for words in cited)
    return [setting.texts[name] for name in (GENERAL, *([ONLY_SELLERS] if only_sellers else []))]


def data_of(pins: Pins, setting: Setting, generation: GenerationId, name: str = "") -> SavedPack:
    cited = [words for _, words in pins if words]
    return exporting.made(
        SavedPack,
        setting,
        generation,
        kind=KIND,
        name=" ".join(name.split()),
        holds=len(pins),
        notices=[PackNotice(text_id=text.id, version=text.version, text=text.text) for text in _texts(cited, setting)],
        quotes=[_quote(Quoted.of(words, setting.labels, setting.today, n)) for n, words in enumerate(cited, start=1)],
        missing=[address for address, words in pins if words is None],
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
    return [exporting.read_quote(quote, data.labels, data.index.generation) for quote in data.quotes]


def _markdown(data: SavedPack) -> str:
    parts = [f"# {markdown_text(_title(data))}", markdown_text(_made(data))]
    parts += [f"**{markdown_text(line)}**" for line in _notices(data)]
    for quote in _quotes(data):
        parts += [f"## {quote.number}", cite(quote, CitationForm.MARKDOWN, data.labels)]
    return "\n\n".join((*parts, markdown_block(data))) + "\n"


def _html(data: SavedPack) -> str:
    figures = "\n".join(cite(quote, CitationForm.HTML, data.labels) for quote in _quotes(data))
    notices = "".join(f"<p><strong>{plain(line)}</strong></p>" for line in _notices(data))
    body = f"<p>{plain(_made(data))}</p>{notices}\n{figures}"
    style = f"{_STYLE}\n{style_sheets(UNSEEN)}"
    return f"<!doctype html>{exporting.html_page(data, _title(data), style, body)}"


def _csv(data: SavedPack) -> str:
    """Write a spreadsheet; it holds no data for `verify`."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    notices = "\n".join(_notices(data))
    for quote in _quotes(data):
        interest = str(quote.source.interest.value_in_data).lower()
        cells = [words_of(quote), dotted(_best(quote)), place(quote), ". ".join(about(quote)), interest, quote.link]
        cells += [quote.document, quote.passage or "", quote.generation or "", notices]
        rows.writerow([quote.number, *map(_cell, cells)])
    return file.getvalue()


def _best(quote: Quoted) -> str:
    """Return the words of the pinned sentence."""
    for span, text in zip(quote.spans, quote.words, strict=True):
        if quote.best and span.contains(quote.best):
            return text[quote.best.start - span.start : quote.best.end - span.start]
    return ""


def _cell(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula (OWASP, "CSV Injection")."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _title(data: SavedPack) -> str:
    return data.name or data.labels("pack.title")


def _made(data: SavedPack) -> str:
    count, labels = len(data.quotes), data.labels
    return labels("pack.made", day=labels.day(data.day), generation=data.index.generation, count=count)


def _notices(data: SavedPack) -> list[str]:
    """Return the fixed texts, and a line about missing quotes."""
    lost = data.missing
    missing = [data.labels("pack.missing", count=len(lost), links=", ".join(lost))] if lost else []
    return [*(notice.text for notice in data.notices), *missing]


FORMS: Mapping[str, Callable[[SavedPack], str]] = {
    "markdown": _markdown,
    "html": _html,
    "csv": _csv,
    "json": json_text,
}
