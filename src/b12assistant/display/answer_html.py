"""An answer as HTML for the page: pure functions, used for the conversation and for tests.

Everything a source or a user wrote goes through ``markup``; the rest are labels of the interface and fixed texts. One
line a turn, without a blank one, so that no Markdown reader finds anything in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

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
from b12assistant.display import addresses, labels
from b12assistant.display.citation_formats import Form
from b12assistant.display.labels import Labels, capital, load_labels
from b12assistant.display.markup import Layer, exact, layered, words
from b12assistant.types import GAP, Document, Interest, Passage, Source, Span

_GAP = f'<span class="gap">{GAP}</span>'
_ALARM = {
    None: ("emergency", "ask.safety_check"),
    Level.EMERGENCY: ("emergency", "ask.safety_first"),
    Level.URGENT: ("caution", "ask.please_read"),
    Level.MEDICAL_DECISION: ("caution", "ask.please_read"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What an answer is shown with, besides itself."""

    texts: FixedTexts
    today: date
    said: Labels = field(default_factory=load_labels)


def turn_html(number: int, reply: Reply, setting: Setting, *, as_typed: bool = False) -> str:
    """A question and its answer; ``number`` is never given twice on one page.

    Under an emergency come its controls and only then what every answer says: there it is left to ``general_html``.
    """
    answer = reply.answer
    asked = f'<span class="said">{exact(setting.said("ask.asked"))}</span> {words(answer.question.text)}'
    parts = [
        f'<h2 class="asked" id="asked{number}" tabindex="-1">{asked}</h2>',
        *_notices(answer, setting),
        _read_as(answer, setting.said),
        _headline(answer, setting.said),
        *_quotes(number, reply, setting),
        _nearest(answer.nearest, setting.said),
        general_html(answer, setting.texts) if answer.status is not Status.SAFETY_ONLY else "",
    ]
    literal = " as-typed" if as_typed else ""  # so that the turn can be asked again as it was
    return f'<div class="turn {answer.status}{literal}" id="turn{number}">{"".join(parts)}</div>'


def general_html(answer: Answer, texts: FixedTexts) -> str:
    """What every answer says of itself."""
    told = (notice for notice in answer.notices if notice.kind is NoticeKind.GENERAL)
    return "".join(f'<p class="general">{exact(texts[notice.text].text)}</p>' for notice in told)


def _notices(answer: Answer, setting: Setting) -> Iterator[str]:
    """The fixed texts that stand before anything else, the red flag set apart; a translation stands in its original."""
    texts = setting.texts
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
        kind, key = _ALARM[notice.flag.level if notice.flag else None]
        heading = f'<h3 class="kicker">{exact(setting.said(key))}</h3>'
        yield f'<div class="alarm {kind}" role="alert">{heading}{lines}</div>'


def _translation(text: str, name: str) -> str:
    """The lines of a translation; the last one says in English that nobody checked it."""
    *said, unchecked = text.splitlines()
    language = name.rpartition(".")[2]
    lines = "".join(f'<p lang="{language}" dir="auto">{exact(line)}</p>' for line in said)
    return f'<div class="translation">{lines}<p>{exact(unchecked)}</p></div>'


def _read_as(answer: Answer, said: Labels) -> str:
    """What was searched, where that is not simply the question, or where nothing was found."""
    if answer.interpretation is None:
        return ""
    swapped = "".join(
        f" · {words(each.written.text)} {exact(said('ask.read_as'))} {words(each.words)}"
        for each in answer.interpretation.replaced
    )
    told = exact(said(f"moves.{answer.interpretation.move}"))
    return f'<p class="read-as">{told} {words(answer.interpretation.text)}{swapped}</p>'


def _headline(answer: Answer, said: Labels) -> str:
    told = said.headline(answer.reason) if answer.reason is not Reason.ONLY_SELLERS else None  # its fixed text says so
    return f'<p class="headline">{exact(told)}</p>' if told else ""


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
            yield _side_by_side(differ, figures, setting.said) if differ else figures
        shown.update(together)


def _side_by_side(differ: Disagreement, figures: str, said: Labels) -> str:
    """Its heading names it: of the ARIA names the framework of the page lets none through."""
    heading = f'<h3 class="headline">{exact(said.difference(differ))}</h3>'
    return f'<div class="sides">{heading}<div class="columns">{figures}</div></div>'


def _figure(id_: str, number: int, quote: Quote, reply: Reply, setting: Setting, *, above: bool = False) -> str:
    """``above``: where it stands and who speaks come before the words, not after them."""
    told = setting.said
    notes = [capital(told(f"strengths.{quote.strength}"))]
    if labels.overdue(quote.document.source, setting.today):
        notes.append(told("ask.overdue"))
    if quote.document.id in reply.source_changed:
        notes.append(told("ask.changed"))
    if quote.document.id in reply.partly_off:
        notes.append(told("ask.partly_off"))
    said = f"<blockquote>{_said(quote)}</blockquote>"
    caption = (
        f'<figcaption><p class="place"><a class="cite" href="{exact_url(addresses.of_quote(quote))}">'
        f'<span class="number">{number}</span> <span class="words">{_place(quote.document, quote.best.start)}'
        f"{_pages(quote, told)}</span></a></p>"
        f'<p class="who">{who(quote.document.source, told)}{interest(quote.document.source, told)}</p>'
        f'<p class="notes">{exact("; ".join(notes))}'
        f'<button type="button" class="copy" title="{exact(told("ask.copy_title", number=number))}">'
        f"{exact(told('ask.copy'))}</button></p>{_copying(number, told)}"
        "</figcaption>"
    )
    parts = caption + said if above else said + caption
    return f'<figure class="quote {quote.strength}" id="{id_}">{parts}</figure>'


def _copying(number: int, said: Labels) -> str:
    """Other forms of a copy; a script makes them, and shows what is here only where it runs."""
    others = "".join(
        f'<button type="button" class="copy-as" value="{form}"{_hint(form, said)}>'
        f"{exact(said(f'cite.{form}'))}</button>"
        for form in Form
        if form is not Form.PLAIN
    )
    title, summary = exact(said("cite.title", number=number)), exact(said("cite.forms"))
    menu = f'<summary title="{title}">{summary}</summary><div class="forms">{others}</div>'
    return f'<details class="copying">{menu}</details>'


def _hint(form: Form, said: Labels) -> str:
    return f' title="{exact(said("cite.report_title"))}"' if form is Form.REPORT else ""


def _said(quote: Quote) -> str:
    return _GAP.join(_marked(span, quote.best) for span in quote.spans)


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


def _pages(quote: Quote, said: Labels) -> str:
    told = said.pages(Span(quote.document, quote.spans[0].start, quote.spans[-1].end).pages)
    return f'<span class="page">, {exact(told)}</span>' if told else ""


def who(source: Source, said: Labels) -> str:
    """Who speaks, in whose words, since when."""
    told = said.whose_words(source)
    parts = [
        f'<span class="whose">{exact(capital(told))}</span>',
        words(source.publisher) if source.publisher else None,
        exact(said.day(source.published)) if source.published else None,
    ]
    return '<span class="dot"> · </span>'.join(part for part in parts if part)


def interest(source: Source, said: Labels) -> str:
    """The label that stands beside a source that sells, or may."""
    told = said.interest(source)
    kind = "sells" if source.interest is Interest.SELLS else "may-sell"
    return f' <strong class="badge {kind}">{exact(capital(told))}</strong>' if told else ""


def _nearest(nearest: tuple[Passage, ...], said: Labels) -> str:
    if not nearest:
        return ""
    # Of several passages of a section the first: their links would read the same.
    places = {(each.document.id, each.section): each for each in reversed(nearest)}
    items = "".join(
        f'<li><a class="cite" href="{exact_url(addresses.of_passage(each))}"><span class="words">'
        f"{_place(each.document, each.span.start)}</span></a></li>"
        for each in reversed(places.values())
    )
    return f'<div class="nearest"><h3>{exact(said("ask.nearest"))}</h3><ul>{items}</ul></div>'


def exact_url(address: str) -> str:
    """An address of our own making, inside an attribute."""
    return address.replace("&", "&amp;")
