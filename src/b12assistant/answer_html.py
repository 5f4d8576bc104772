"""An answer as HTML for the page: pure functions, used for the conversation and for tests.

Everything a source or a user wrote goes through ``markup``; the rest are labels of the interface and fixed texts. One
line a turn, without a blank one, so that no Markdown reader finds anything in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from b12assistant import addresses, labels
from b12assistant.answers import (
    Answer,
    Disagreement,
    FixedTexts,
    Level,
    NoticeKind,
    Quote,
    Reason,
    Reply,
    Status,
)
from b12assistant.markup import Layer, exact, layered, words
from b12assistant.types import Document, Interest, Passage, Source, Span

GAP = '<span class="gap"> […] </span>'
_ALARM = {
    None: ("emergency", "Safety check"),
    Level.EMERGENCY: ("emergency", "Safety first"),
    Level.URGENT: ("caution", "Please read first"),
    Level.MEDICAL_DECISION: ("caution", "Please read first"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What an answer is shown with, besides itself."""

    texts: FixedTexts
    today: date


def turn_html(number: int, reply: Reply, setting: Setting) -> str:
    """A question and its answer; ``number`` is never given twice on one page.

    Under an emergency come its controls and only then what every answer says: there it is left to ``general_html``.
    """
    answer = reply.answer
    asked = f'<span class="said">You asked</span> {words(answer.question.text)}'
    parts = [
        f'<h2 class="asked" id="asked{number}" tabindex="-1">{asked}</h2>',
        *_notices(answer, setting.texts),
        _read_as(answer),
        _headline(answer),
        *_quotes(number, reply, setting),
        _nearest(answer.nearest),
        general_html(answer, setting.texts) if answer.status is not Status.SAFETY_ONLY else "",
    ]
    return f'<div class="turn {answer.status}" id="turn{number}">{"".join(parts)}</div>'


def general_html(answer: Answer, texts: FixedTexts) -> str:
    """What every answer says of itself."""
    told = (notice for notice in answer.notices if notice.kind is NoticeKind.GENERAL)
    return "".join(f'<p class="general">{exact(texts[notice.text].text)}</p>' for notice in told)


def _notices(answer: Answer, texts: FixedTexts) -> Iterator[str]:
    """The fixed texts that stand before anything else, the red flag set apart; a translation stands in its original."""
    told = {notice.text: notice for notice in answer.notices if notice.kind is not NoticeKind.GENERAL}
    for name, notice in told.items():
        original, _, language = name.partition(".")
        if language and original in told:
            continue
        lines = "".join(f"<p>{exact(line)}</p>" for line in texts[name].text.splitlines())
        lines += "".join(_translation(texts[each].text, each) for each in told if each.startswith(f"{name}."))
        if notice.flag is None and notice.kind is not NoticeKind.TRIAGE_FAILED:
            yield f'<div class="notice {notice.kind}">{lines}</div>'
            continue
        kind, heading = _ALARM[notice.flag.level if notice.flag else None]
        yield f'<div class="alarm {kind}" role="alert"><h3 class="kicker">{heading}</h3>{lines}</div>'


def _translation(text: str, name: str) -> str:
    """The lines of a translation; the last one says in English that nobody checked it."""
    *said, unchecked = text.splitlines()
    language = name.rpartition(".")[2]
    lines = "".join(f'<p lang="{language}" dir="auto">{exact(line)}</p>' for line in said)
    return f'<div class="translation">{lines}<p>{exact(unchecked)}</p></div>'


def _read_as(answer: Answer) -> str:
    """What was searched, where that is not simply the question, or where nothing was found."""
    if answer.interpretation is None:
        return ""
    swapped = "".join(
        f" · {words(each.written.text)} {labels.READ} {words(each.words)}" for each in answer.interpretation.replaced
    )
    told = labels.MOVES[answer.interpretation.move]
    return f'<p class="read-as">{told} {words(answer.interpretation.text)}{swapped}</p>'


def _headline(answer: Answer) -> str:
    told = answer.reason in labels.HEADLINES and answer.reason is not Reason.ONLY_SELLERS  # its fixed text says so
    return f'<p class="headline">{labels.HEADLINES[answer.reason]}</p>' if told and answer.reason else ""


def _quotes(number: int, reply: Reply, setting: Setting) -> Iterator[str]:
    """Every quote by its number; those that stand against each other side by side where the first of them stands."""
    quotes, shown = reply.answer.quotes, set[int]()
    for place in range(1, len(quotes) + 1):
        differ = next((each for each in reply.answer.disagreements if (place,) in each.sides), None)
        together = [each for side in differ.sides for each in side] if differ else [place]
        if place not in shown:
            figures = "".join(
                _figure(f"t{number}q{each}", each, quotes[each - 1], reply, setting, above=differ is not None)
                for each in together
            )
            yield _side_by_side(differ, figures) if differ else figures
        shown.update(together)


def _side_by_side(differ: Disagreement, figures: str) -> str:
    """Its heading names it: of the ARIA names the framework of the page lets none through."""
    heading = f'<h3 class="headline">{labels.difference(differ)}</h3>'
    return f'<div class="sides">{heading}<div class="columns">{figures}</div></div>'


def _figure(id_: str, number: int, quote: Quote, reply: Reply, setting: Setting, *, above: bool = False) -> str:
    """``above``: where it stands and who speaks come before the words, not after them."""
    told = labels.STRENGTHS[quote.strength]
    notes = [told[:1].upper() + told[1:]]
    if labels.overdue(quote.document.source, setting.today):
        notes.append("its review is overdue")
    if quote.document.id in reply.source_changed:
        notes.append("the source has changed since indexing")
    said = f"<blockquote>{_said(quote)}</blockquote>"
    caption = (
        f'<figcaption><p class="place"><a class="cite" href="{exact_url(addresses.of_quote(quote))}">'
        f'<span class="number">{number}</span> <span class="words">{_place(quote.document, quote.best.start)}'
        f"{_pages(quote)}</span></a></p>"
        f'<p class="who">{who(quote.document.source)}{interest(quote.document.source)}</p>'
        f'<p class="notes">{exact("; ".join(notes))}'
        f'<button type="button" class="copy" title="Copy quote {number} with its source">Copy</button></p>'
        "</figcaption>"
    )
    parts = caption + said if above else said + caption
    return f'<figure class="quote {quote.strength}" id="{id_}">{parts}</figure>'


def _said(quote: Quote) -> str:
    return GAP.join(_marked(span, quote.best) for span in quote.spans)


def _marked(span: Span, best: Span) -> str:
    """The words of a span, the sentence that answers marked."""
    layers = []
    if span.range.contains(best.range):
        tag = "<mark>" if best.range != span.range else '<mark class="whole">'
        layers = [Layer(best.start - span.start, best.end - span.start, tag, "</mark>")]
    return f'<span class="exact" dir="auto">{layered(span.text, layers, exact)}</span>'


def _place(document: Document, offset: int) -> str:
    """Title and section."""
    path = [document.title, *labels.section(document, offset)]
    return '<span class="step"> › </span>'.join(words(part) for part in path)


def _pages(quote: Quote) -> str:
    told = labels.pages(Span(quote.document, quote.spans[0].start, quote.spans[-1].end).pages)
    return f'<span class="page">, {exact(told)}</span>' if told else ""


def who(source: Source) -> str:
    """Who speaks, in whose words, since when."""
    told = labels.whose_words(source)
    parts = [
        f'<span class="whose">{exact(told[:1].upper() + told[1:])}</span>',
        words(source.publisher) if source.publisher else None,
        exact(day(source.published)) if source.published else None,
    ]
    return '<span class="dot"> · </span>'.join(part for part in parts if part)


def day(date_: date) -> str:
    return f"{date_.day} {date_:%B %Y}"


def interest(source: Source) -> str:
    """The label that stands beside a source that sells, or may."""
    told = labels.interest(source)
    kind = "sells" if source.interest is Interest.SELLS else "may-sell"
    return f' <strong class="badge {kind}">{exact(told[:1].upper() + told[1:])}</strong>' if told else ""


def _nearest(nearest: tuple[Passage, ...]) -> str:
    if not nearest:
        return ""
    # Of several passages of a section the first: their links would read the same.
    places = {(each.document.id, each.section): each for each in reversed(nearest)}
    items = "".join(
        f'<li><a class="cite" href="{exact_url(addresses.of_passage(each))}"><span class="words">'
        f"{_place(each.document, each.span.start)}</span></a></li>"
        for each in reversed(places.values())
    )
    return f'<div class="nearest"><h3>Nearest places in the sources</h3><ul>{items}</ul></div>'


def exact_url(address: str) -> str:
    """An address of our own making, inside an attribute."""
    return address.replace("&", "&amp;")
