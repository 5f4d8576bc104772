"""A quote with its citation, to be copied: plain text, Markdown, HTML, BibTeX, RIS, its link, a report of a problem.

The words are slices of the source, exact in plain text, Markdown and HTML; the formats of reference managers know no
line ends, so there they are blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from b12assistant.display.labels import Labels, capital
from b12assistant.display.markup import plain, revealed
from b12assistant.display.presentation import Quoted

CITE = "/cite/"  # where the page gives quotes as text
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SPECIAL = re.compile(r"[\\`*_\[\]<>&~|$#]")
_BEGINS = re.compile(r"^(\d{0,9})([+\-=.)])", re.M)  # would begin a list, a rule or a heading
_OUTER = re.compile(r"^[ \t]+|[ \t]+$|\r", re.M)  # blanks that Markdown reads as layout
_BIBTEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
}


class Form(StrEnum):
    """What a quote can be copied as."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    HTML = "html"
    BIBTEX = "bibtex"
    RIS = "ris"
    LINK = "link"
    REPORT = "report"


def cite(quote: Quoted, form: Form, said: Labels) -> str:
    """Write the quote as ``form``, without a line end after it."""
    return _report(quote, said) if form is Form.REPORT else _FORMS[form](quote)


def place(quote: Quoted) -> str:
    """Name title, section and pages, on one line."""
    told = " › ".join(map(_line, quote.place))
    return f"{told}, {quote.pages}" if quote.pages else told


def about(quote: Quoted) -> list[str]:
    """Name in whose words, who published it, when; whether they sell; every note; where it was found."""
    speaker = quote.speaker
    told = [capital(speaker.whose), _line(speaker.publisher), speaker.published, capital(speaker.interest)]
    return [each for each in (*told, *map(capital, quote.notes), _web(quote.source.url)) if each]


def markdown_text(text: str) -> str:
    """``text`` so that a Markdown reader shows it as it is."""
    escaped = _BEGINS.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", text))
    return _OUTER.sub(lambda match: "".join(f"&#{ord(each)};" for each in match[0]), escaped)


def _plain(quote: Quoted) -> str:
    return f"{quote.text}\n\n— {'. '.join((place(quote), *about(quote)))}\n{quote.link}"


def _markdown(quote: Quoted) -> str:
    lines = "\n".join(f"> {line}" if line else ">" for line in markdown_text(quote.text).split("\n"))
    told = " · ".join(map(markdown_text, about(quote)))
    return f"{lines}\n\n[{markdown_text(place(quote))}](<{quote.link}>) · {told}"


def _html(quote: Quoted) -> str:
    """Without styles: a page's policy may forbid them, even to what is on its way to the clipboard."""
    link, words = plain(quote.link), revealed(quote.text).replace("\n", "<br>")
    told = " · ".join(map(revealed, about(quote)))
    return (
        f'<figure class="quote"><blockquote cite="{link}">{words}</blockquote>'
        f'<figcaption><a href="{link}">{revealed(place(quote))}</a> · {told}</figcaption></figure>'
    )


def _bibtex(quote: Quoted) -> str:
    source = quote.source
    stem = re.sub(r"[^A-Za-z0-9]+", "-", quote.document.rpartition("/")[2].partition(".")[0]).strip("-")
    published = source.published
    fields = {
        "title": _braced(quote.place[0]),
        "publisher": _braced(source.publisher or ""),
        "year": str(published.year) if published else "",
        "month": MONTHS[published.month - 1] if published else "",
        "url": _web(source.url),
        "pages": "--".join(map(str, dict.fromkeys(quote.page_range or ()))),
        "annote": _braced(quote.text),
        "note": _braced(f"{'. '.join(_said_of(quote))}. ") + rf"\url{{{quote.link}}}",
    }
    lines = (f"  {name} = {value if value in MONTHS else f'{{{value}}}'},\n" for name, value in fields.items() if value)
    return f"@misc{{{stem or 'source'}-{quote.spans[0].start},\n{''.join(lines)}}}"


def _ris(quote: Quoted) -> str:
    source = quote.source
    first, last = quote.page_range or ("", "")
    lines = [
        ("TY", "ELEC" if _web(source.url) else "GEN"),
        ("TI", _line(quote.place[0])),
        ("PB", _line(source.publisher or "")),
        ("PY", str(source.published.year) if source.published else ""),
        ("DA", source.published.strftime("%Y/%m/%d/") if source.published else ""),
        ("SP", str(first)),
        ("EP", str(last)),
        ("UR", _web(source.url)),
        ("N1", _line(quote.text)),
        ("N1", f"{'. '.join(_said_of(quote))}. {quote.link}"),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value) + "ER  - "


def _report(quote: Quoted, said: Labels) -> str:
    """Ids of everything that somebody needs who looks into it."""
    facts = {
        "wrong": "",
        "words": quote.text,
        "place": place(quote),
        "document": quote.document,
        "digest": quote.digest,
        "passage": quote.passage or "",
        "spans": ", ".join(f"{span.start}-{span.end}" for span in quote.spans),
        "generation": quote.generation or "",
        "link": quote.link,
    }
    told = (f"{said(f'cite.report_{name}')}: {value}".rstrip() for name, value in facts.items())
    return "\n".join((said("cite.report_heading"), *told))


_FORMS: Mapping[Form, Callable[[Quoted], str]] = {
    Form.PLAIN: _plain,
    Form.MARKDOWN: _markdown,
    Form.HTML: _html,
    Form.BIBTEX: _bibtex,
    Form.RIS: _ris,
    Form.LINK: lambda quote: quote.link,
}


def _said_of(quote: Quoted) -> Iterator[str]:
    """Give what reference managers have no field for."""
    yield from map(_line, quote.place[1:][-1:])
    speaker = quote.speaker
    yield from (capital(each) for each in (speaker.whose, speaker.interest, *quote.notes) if each)


def _line(text: str) -> str:
    return " ".join(text.split())


def _braced(text: str) -> str:
    return "".join(_BIBTEX.get(each, each) for each in " ".join(text.split())) + (" " if text.endswith(" ") else "")


def _web(url: str | None) -> str:
    """The address if it is one of the web, without a sign that ends it in any of the formats."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    good = parts.scheme in ("http", "https") and parts.netloc
    return percent(url or "", safe="%/:=&?~#+!$,;'@()*[]", errors="replace") if good else ""
