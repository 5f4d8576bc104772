"""Write quotes with their citation: one as plain text, or the answers to several questions as a message.

Plain text keeps the words exactly; between the cells of a table and before an item it has a dot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from b12assistant.display.labels import capital, label
from b12assistant.display.markup import dotted, in_message, pasted, plain, revealed
from b12assistant.display.quoted import Quoted
from b12assistant.types import GAP, OriginId

CITE = "/cite/"  # the route of quotes as text


def cite(quote: Quoted) -> str:
    """Write the words in quotation marks, and below them who says so, in sentences with one full stop each."""
    return f"“{GAP.join(map(dotted, quote.words))}”\n\n— {said_by(quote)}\n{quote.link}"


def about(quote: Quoted, *, with_basis: bool = True) -> list[str]:
    """List who speaks, who published it and when, whether they sell, every note, and the web address."""
    speaker = quote.speaker
    who = [*map(capital, map(_line, speaker.cited if with_basis else speaker.own)), capital(speaker.interest)]
    return [part for part in (*who, *map(capital, quote.notes), web_address(quote.source.url)) if part]


def said_by(quote: Quoted) -> str:
    """Name the place, who speaks, and the notes: one full stop after each but the last, unless it ends with a mark."""
    parts = (quote.where, *about(quote))
    return " ".join(part if part[-1:] in ".?!…" else f"{part}." for part in parts[:-1]) + f" {parts[-1]}"


MOST_NAMED = 2  # publications for a sentence of a message: its list is short


def message(parts: Sequence[tuple[str, Sequence[Quoted]]], notices: Sequence[str], signature: str) -> dict[str, str]:
    """Write a message that answers, as text and as HTML: greeting, questions with their sentences, sources, signature.

    Our sentences have numbers of a list at the end; other people's words stand in quotation marks, with who says them.
    A link to a page on this machine is left out: nobody else could open it.
    """
    named = {
        basis.origin.id: basis
        for _, quotes in parts
        for quote in quotes
        for sentence in quote.lead
        for basis in sentence.basis[:MOST_NAMED]
    }
    numbers = {id_: number for number, id_ in enumerate(named, start=1)}
    text = [label("reply.greeting"), label("reply.lead")]
    html = [f"<p>{_lines(line)}</p>" for line in text]
    for question, quotes in parts:
        if question:
            text.append(question)
            html.append(f"<h3>{_lines(question)}</h3>")
        for quote in quotes:
            for written, tags in _in_message(quote, numbers):
                text.append(written)
                html.append(tags)
    if any(quote.is_summary for _, quotes in parts for quote in quotes):
        text.append(label("origins.whose"))
        html.append(f"<p>{_lines(text[-1])}</p>")
    if named:
        text.append(
            "\n".join(
                f"[{numbers[id_]}] {_line(each.short)} {web_address(each.link)}".rstrip() for id_, each in named.items()
            )
        )
        links = ((numbers[id_], plain(web_address(each.link)), revealed(each.short)) for id_, each in named.items())
        shown = ((number, f'<a href="{link}">{name}</a>' if link else name) for number, link, name in links)
        html.append("".join(f"<p>[{number}] {name}</p>" for number, name in shown))
    after = [*notices, *([label("reply.regards"), signature] * bool(signature))]
    html += [f"<p>{_lines(part)}</p>" for part in after]
    return {"text": "\n\n".join((*text, *after)), "html": "\n".join(html)}


def _in_message(quote: Quoted, numbers: Mapping[OriginId, int]) -> Iterator[tuple[str, str]]:
    """Yield what is shown of a quote at once, as text and as HTML."""
    if any(each.basis for each in quote.sentences):
        for each in quote.lead:
            cited = "".join(f"[{numbers[basis.origin.id]}]" for basis in each.basis[:MOST_NAMED])
            yield f"{in_message(each.text)} {cited}".rstrip(), f"<p>{pasted(each.text)} {cited}</p>"
        for known in filter(None, (quote.speaker.interest, *quote.notes)):
            yield f"{capital(known)}.", f"<p>{_lines(capital(known))}.</p>"
        return
    link = quote.link if web_address(quote.link) else ""
    marks = ("", "") if quote.is_summary else ("“", "”")
    words = GAP.join(map(in_message, quote.words)).join(marks)
    drawn = GAP.join(map(pasted, quote.words)).join(marks)
    see = f'<br><a href="{plain(link)}">{plain(link)}</a>' if link else ""
    yield (
        f"{words}\n\n— {said_by(quote)}\n{link}".rstrip(),
        f"<blockquote>{drawn}</blockquote><p>— {_lines(said_by(quote))}{see}</p>",
    )


def _lines(text: str) -> str:
    return revealed(text).replace("\n", "<br>")


def _line(text: str) -> str:
    return " ".join(text.split())


def web_address(url: str | None) -> str:
    """Return a web address with all characters escaped that would end it in any format; "" for other addresses."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and parts.netloc
    return percent(url or "", safe="%/:=&?~#+!$,;'@()*[]", errors="replace") if is_web else ""
