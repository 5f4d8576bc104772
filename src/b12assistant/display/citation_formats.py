"""A quote with its citation, to be copied: plain text, Markdown, HTML, BibTeX, RIS, its link, a report of a problem.

The words are slices of the source, exact in plain text, Markdown and HTML, from where `verify` reads them back; the
formats of reference managers know no line ends, so there they are blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from b12assistant.answers import Quote
from b12assistant.display import addresses
from b12assistant.display.labels import Labels, capital, section
from b12assistant.display.markup import plain, revealed
from b12assistant.types import GAP, Document, GenerationId, Passage, PassageId, Span

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


@dataclass(frozen=True, slots=True)
class Cited:
    """Words of one document, in order, and what a citation of them says besides.

    ``base``: where the page is served, as in "http://127.0.0.1:7860", so that links lead back to it.
    """

    spans: tuple[Span, ...]
    best: Span | None = None
    passage: PassageId | None = None
    generation: GenerationId | None = None
    base: str = ""

    @classmethod
    def of_quote(cls, quote: Quote, generation: GenerationId | None = None, base: str = "") -> Cited:
        return cls(quote.spans, quote.best, quote.passage.id, generation, base)

    @classmethod
    def of_passage(cls, passage: Passage, generation: GenerationId | None = None, base: str = "") -> Cited:
        """A whole passage: its sentences, those that only blanks part as one span."""
        spans: list[Span] = []
        for sentence in passage.sentences:
            joined = spans and passage.document.text[spans[-1].end : sentence.start].isspace()
            start = spans.pop().start if joined or (spans and spans[-1].end == sentence.start) else sentence.start
            spans.append(Span(passage.document, start, sentence.end))
        return cls(tuple(spans), None, passage.id, generation, base)

    @property
    def document(self) -> Document:
        return self.spans[0].document

    @property
    def words(self) -> str:
        """What is quoted; what was left out between spans is shown as a gap."""
        return GAP.join(span.text for span in self.spans)

    @property
    def pages(self) -> tuple[int, int] | None:
        return Span(self.document, self.spans[0].start, self.spans[-1].end).pages

    @property
    def link(self) -> str:
        """The permalink."""
        return self.base + addresses.of_spans(self.spans, self.best)


def cite(cited: Cited, form: Form, said: Labels) -> str:
    """The quote as ``form``, without a line end after it."""
    return _FORMS[form](cited, said)


def place(cited: Cited, said: Labels) -> str:
    """Title, section and pages, on one line."""
    at = (cited.best or cited.spans[0]).start
    told = " › ".join(_line(part) for part in (cited.document.title, *section(cited.document, at)))
    pages = said.pages(cited.pages)
    return f"{told}, {pages}" if pages else told


def speaker(cited: Cited, said: Labels) -> list[str]:
    """In whose words, who published it, when; whether they sell what they recommend; where it was found."""
    source = cited.document.source
    told = [capital(said.whose_words(source)), _line(source.publisher or "")]
    told += [said.day(source.published) if source.published else "", capital(said.interest(source) or "")]
    return [each for each in (*told, _web(source.url)) if each]


def markdown_text(text: str) -> str:
    """``text`` so that a Markdown reader shows it as it is; ``exported`` reads it back."""
    escaped = _BEGINS.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", text))
    return _OUTER.sub(lambda match: "".join(f"&#{ord(each)};" for each in match[0]), escaped)


def _plain(cited: Cited, said: Labels) -> str:
    about = ". ".join((place(cited, said), *speaker(cited, said)))
    return f"{cited.words}\n\n— {about}\n{cited.link}"


def _markdown(cited: Cited, said: Labels) -> str:
    lines = "\n".join(f"> {line}" if line else ">" for line in markdown_text(cited.words).split("\n"))
    about = " · ".join(map(markdown_text, speaker(cited, said)))
    return f"{lines}\n\n[{markdown_text(place(cited, said))}](<{cited.link}>) · {about}"


def _html(cited: Cited, said: Labels) -> str:
    """Without styles: a page's policy may forbid them, even to what is on its way to the clipboard."""
    link, words = plain(cited.link), revealed(cited.words).replace("\n", "<br>")
    about = " · ".join(map(revealed, speaker(cited, said)))
    return (
        f'<figure class="quote"><blockquote cite="{link}">{words}</blockquote>'
        f'<figcaption><a href="{link}">{revealed(place(cited, said))}</a> · {about}</figcaption></figure>'
    )


def _bibtex(cited: Cited, said: Labels) -> str:
    source = cited.document.source
    stem = re.sub(r"[^A-Za-z0-9]+", "-", cited.document.id.rpartition("/")[2].partition(".")[0]).strip("-")
    published = source.published
    fields = {
        "title": _braced(cited.document.title),
        "publisher": _braced(source.publisher or ""),
        "year": str(published.year) if published else "",
        "month": MONTHS[published.month - 1] if published else "",
        "url": _web(source.url),
        "pages": "--".join(map(str, dict.fromkeys(cited.pages or ()))),
        "annote": _braced(cited.words),
        "note": _braced(f"{'. '.join(_said_of(cited, said))}. ") + rf"\url{{{cited.link}}}",
    }
    lines = (f"  {name} = {value if value in MONTHS else f'{{{value}}}'},\n" for name, value in fields.items() if value)
    return f"@misc{{{stem or 'source'}-{cited.spans[0].start},\n{''.join(lines)}}}"


def _ris(cited: Cited, said: Labels) -> str:
    source = cited.document.source
    first, last = cited.pages or ("", "")
    lines = [
        ("TY", "ELEC" if _web(source.url) else "GEN"),
        ("TI", _line(cited.document.title)),
        ("PB", _line(source.publisher or "")),
        ("PY", str(source.published.year) if source.published else ""),
        ("DA", source.published.strftime("%Y/%m/%d/") if source.published else ""),
        ("SP", str(first)),
        ("EP", str(last)),
        ("UR", _web(source.url)),
        ("N1", _line(cited.words)),
        ("N1", f"{'. '.join(_said_of(cited, said))}. {cited.link}"),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value) + "ER  - "


def _report(cited: Cited, said: Labels) -> str:
    """Ids of everything that somebody needs who looks into it."""
    facts = {
        "wrong": "",
        "words": cited.words,
        "place": place(cited, said),
        "document": cited.document.id,
        "digest": cited.document.digest,
        "passage": cited.passage or "",
        "spans": ", ".join(f"{span.start}-{span.end}" for span in cited.spans),
        "generation": cited.generation or "",
        "link": cited.link,
    }
    told = (f"{said(f'cite.report_{name}')}: {value}".rstrip() for name, value in facts.items())
    return "\n".join((said("cite.report_heading"), *told))


_FORMS: Mapping[Form, Callable[[Cited, Labels], str]] = {
    Form.PLAIN: _plain,
    Form.MARKDOWN: _markdown,
    Form.HTML: _html,
    Form.BIBTEX: _bibtex,
    Form.RIS: _ris,
    Form.LINK: lambda cited, said: cited.link,
    Form.REPORT: _report,
}


def _said_of(cited: Cited, said: Labels) -> Iterator[str]:
    """What reference managers have no field for."""
    source = cited.document.source
    yield from (_line(part) for part in section(cited.document, cited.spans[0].start)[-1:])
    yield capital(said.whose_words(source))
    yield from (capital(told) for told in (said.interest(source),) if told)


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
