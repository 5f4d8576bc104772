"""Write quotes with their citation: one as plain text, or the answers to several questions as a message.

Plain text keeps the words exactly; between the cells of a table and before an item it has a dot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from b12assistant.display.labels import capital, label
from b12assistant.display.markup import dotted
from b12assistant.display.quoted import Quoted
from b12assistant.types import GAP, OriginId

CITE = "/cite/"  # the route of quotes as text


def cite(quote: Quoted) -> str:
    """Write the words in quotation marks, and below them who says so, in sentences with one full stop each."""
    return f"“{GAP.join(map(dotted, quote.words))}”\n\n— {said_by(quote)}\n{quote.link}"


def about(quote: Quoted, *, with_basis: bool = True) -> list[str]:
    """List who speaks, who published it and when, whether they sell, every note, and the web address."""
    speaker = quote.speaker
    who = [*map(capital, map(in_a_line, speaker.cited if with_basis else speaker.own)), capital(speaker.interest)]
    return [part for part in (*who, *map(capital, quote.notes), web_address(quote.source.url)) if part]


def said_by(quote: Quoted) -> str:
    """Name the place, who speaks, and the notes: one full stop after each but the last, unless it ends with a mark."""
    parts = (quote.where, *about(quote))
    return " ".join(part if part[-1:] in ".?!…" else f"{part}." for part in parts[:-1]) + f" {parts[-1]}"


MOST_NAMED = 2  # publications for a sentence of a message: its list is short


def message(parts: Sequence[tuple[str, Sequence[Quoted]]], notices: Sequence[str], signature: str) -> str:
    """Write a message that answers: greeting, questions with their sentences, sources, notices, signature.

    Our sentences have numbers of a list at the end; other people's words stand in quotation marks, with who says them.
    A link to a page on this machine is left out: nobody else could open it.
    """
    named = {
        basis.origin.id: basis
        for _, quotes in parts
        for quote in quotes
        for sentence in quote.sentences
        for basis in sentence.basis[:MOST_NAMED]
    }
    numbers = {id_: number for number, id_ in enumerate(named, start=1)}
    written = [label("reply.greeting"), label("reply.lead")]
    for question, quotes in parts:
        written += [question, *chain(*(_in_message(quote, numbers) for quote in quotes))]
    if any(quote.is_summary for _, quotes in parts for quote in quotes):
        written.append(label("origins.whose"))
    listed = (f"[{numbers[id_]}] {in_a_line(each.short)} {web_address(each.link)}" for id_, each in named.items())
    written += ["\n".join(map(str.rstrip, listed)), *notices, *([label("reply.regards"), signature] * bool(signature))]
    return "\n\n".join(filter(None, written))


def _in_message(quote: Quoted, numbers: Mapping[OriginId, int]) -> Iterator[str]:
    """Yield the paragraphs of a quote."""
    if any(each.basis for each in quote.sentences):
        for each in quote.sentences:
            cited = "".join(f"[{numbers[basis.origin.id]}]" for basis in each.basis[:MOST_NAMED])
            yield f"{dotted(each.text)} {cited}".rstrip()
        for known in filter(None, (quote.speaker.interest, *quote.notes)):
            yield f"{capital(known)}."
        return
    yield GAP.join(map(dotted, quote.words)).join(("", "") if quote.is_summary else "“”")
    yield f"— {said_by(quote)}\n{web_address(quote.link)}".rstrip()


def in_a_line(text: str) -> str:
    """Keep words of a source from beginning a line, where they could pose as something else."""
    return " ".join(text.split())


def web_address(url: str | None) -> str:
    """Return a web address with all characters escaped that would end it in any format; "" for other addresses."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and parts.netloc
    return percent(url or "", safe="%/:=&?~#+!$,;'@()*[]", errors="replace") if is_web else ""
