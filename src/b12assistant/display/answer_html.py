"""Draw an answer as HTML for the page, from the pieces of ``presentation``.

Everything a source or a user wrote goes through ``markup``; the rest are labels of the interface and fixed texts. A
turn is one line, so that a Markdown reader finds nothing to interpret in it.
"""

from __future__ import annotations

from b12assistant.answers import Reply, Status
from b12assistant.corpus.page_words import PageWords
from b12assistant.display.citation_formats import Form
from b12assistant.display.labels import Labels, capital
from b12assistant.display.markup import Layer, exact, layered, words
from b12assistant.display.presentation import (
    Difference,
    General,
    Headline,
    Nearest,
    Notice,
    Piece,
    Quoted,
    ReadAs,
    Setting,
    Translation,
    present,
)
from b12assistant.display.speaker import Basis, Speaker
from b12assistant.types import GAP, Range

SAY = '<div role="status" id="say"></div>'  # the page's script announces each answer here


def skip(labels: Labels) -> str:
    return f'<a class="skip" href="#ask">{exact(labels("ask.skip"))}</a>'


def examples(labels: Labels) -> str:
    return f"<h2>{exact(labels('ask.examples'))}</h2>"


def brand(words: PageWords, labels: Labels) -> str:
    """Draw name and tagline, with a note if nobody has checked the translation."""
    unchecked = labels("language.unchecked")
    note = f' <span class="unchecked">{exact(unchecked)}</span>' if unchecked else ""
    return (
        '<p class="brand"><img src="/own/favicon.svg" alt="" width="32" height="32">'
        f'<span class="name">{exact(words.name)}</span> <span class="tagline">{exact(words.tagline)}</span>{note}</p>'
    )


def intro(words: PageWords) -> str:
    return f'<div class="intro"><h1>{exact(words.heading)}</h1><p class="lead">{exact(words.lead)}</p></div>'


def about(words: PageWords) -> str:
    parts = "".join(f"<div><h2>{exact(part.heading)}</h2><p>{exact(part.text)}</p></div>" for part in words.about)
    return f'<div class="about">{parts}</div>'


def note(sentence: str) -> str:
    """Draw an error message beside the box."""
    return f'<p class="note" role="alert">{exact(capital(sentence))}.</p>' if sentence else ""


def state(sentence: str, kind: str) -> str:
    return f'<p class="state {kind}">{exact(sentence)}</p>'


def ready(documents: int, passages: int, generation: str, labels: Labels) -> str:
    counts = {"documents": f"{documents:,}", "passages": f"{passages:,}"}
    return state(labels("ask.ready", generation=generation[:8], **counts), "ready")


def keep(labels: Labels) -> str:
    """Draw the ways to save a conversation; a script shows them once there is one."""
    ways = "".join(
        f'<button type="button" value="{way}">{exact(labels(f"keep.{way}"))}</button>'
        for way in ("print", "html", "markdown", "json")
    )
    return (
        f'<details class="keep"><summary>{exact(labels("keep.heading"))}</summary><div class="forms">{ways}</div>'
        f'<p>{exact(labels("keep.why"))} {exact(labels("keep.verify"))}</p><p class="told"></p></details>'
    )


_GAP = f'<span class="gap">{GAP}</span>'


def turn_html(number: int, reply: Reply, setting: Setting, *, as_typed: bool = False) -> str:
    """Draw a question and its answer; ``number`` must be unique on the page.

    In an emergency the controls come before the general notice, so ``general_html`` draws that one separately.
    """
    answer, labels = reply.answer, setting.labels
    pieces = present(reply, setting)
    if answer.status is Status.SAFETY_ONLY:
        pieces = tuple(piece for piece in pieces if not isinstance(piece, General))
    asked = f'<span class="said">{exact(labels("ask.asked"))}</span> {words(answer.question.text)}'
    shown = "".join(_piece(f"t{number}", piece, labels) for piece in pieces)
    literal = " as-typed" if as_typed else ""  # so that the turn can be asked again in the same way
    return (
        f'<div class="turn {answer.status}{literal}" id="turn{number}">'
        f'<h2 class="asked" id="asked{number}" tabindex="-1">{asked}</h2>{shown}</div>'
    )


def general_html(reply: Reply, setting: Setting) -> str:
    """Draw the general notice of every answer."""
    return "".join(_general(piece) for piece in present(reply, setting) if isinstance(piece, General))


def _piece(turn: str, piece: Piece, labels: Labels) -> str:
    """Draw a piece; ``turn`` is the prefix of its quotes' ids."""
    match piece:
        case Notice():
            return _notice(piece)
        case ReadAs():
            return _read_as(piece)
        case Headline():
            return f'<p class="headline">{exact(piece.text)}</p>'
        case Quoted():
            return _figure(turn, piece, labels)
        case Difference():
            return _side_by_side(turn, piece, labels)
        case Nearest():
            return _nearest(piece)
        case General():
            return _general(piece)


def _general(general: General) -> str:
    return f'<p class="general">{exact(general.text)}</p>'


def _notice(notice: Notice) -> str:
    lines = "".join(f"<p>{exact(line)}</p>" for line in notice.text.splitlines())
    lines += "".join(map(_translation, notice.translations))
    if notice.alarm is None:
        return f'<div class="notice {notice.kind}">{lines}</div>'
    heading = f'<h3 class="kicker">{exact(notice.heading)}</h3>'
    return f'<div class="alarm {notice.alarm}" role="alert">{heading}{lines}</div>'


def _translation(translation: Translation) -> str:
    """Draw a translation; its last line says in English that nobody checked it."""
    *lines, unchecked = translation.text.splitlines()
    shown = "".join(f'<p lang="{translation.language}" dir="auto">{exact(line)}</p>' for line in lines)
    return f'<div class="translation">{shown}<p>{exact(unchecked)}</p></div>'


def _read_as(read_as: ReadAs) -> str:
    swapped = "".join(
        f" · {words(written)} {exact(read_as.between)} {words(read)}" for written, read in read_as.replaced
    )
    return f'<p class="read-as">{exact(read_as.label)} {words(read_as.text)}{swapped}</p>'


def _side_by_side(turn: str, differ: Difference, labels: Labels) -> str:
    """Draw quotes side by side under a heading; Gradio would remove an ARIA label."""
    heading = f'<h3 class="headline">{exact(differ.heading)}</h3>'
    figures = "".join(_figure(turn, quote, labels, above=True) for quote in differ.quotes)
    return f'<div class="sides">{heading}<div class="columns">{figures}</div></div>'


def _figure(turn: str, quote: Quoted, labels: Labels, *, above: bool = False) -> str:
    """Draw a quote with its caption; ``above``: the caption comes before the words."""
    number, speaker = quote.number, quote.speaker
    quoted = f"<blockquote>{_words(quote)}</blockquote>"
    pages = f'<span class="page">, {exact(quote.pages)}</span>' if quote.pages else ""
    caption = (
        f'<figcaption><p class="place"><a class="cite" href="{exact_url(quote.link)}">'
        f'<span class="number">{number}</span> <span class="words">{_place(quote.place)}{pages}</span></a></p>'
        f'<p class="who">{who(speaker)}{interest(speaker)}</p>'
        f'<p class="notes">{exact(capital("; ".join(quote.notes)))}'
        f'<button type="button" class="copy" title="{exact(labels("ask.copy_title", number=number))}">'
        f"{exact(labels('ask.copy'))}</button></p>{_copying(number, labels)}"
        "</figcaption>"
    )
    parts = caption + quoted if above else quoted + caption
    return f'<figure class="quote {quote.strength}" id="{turn}q{number}">{parts}</figure>'


def _copying(number: int, labels: Labels) -> str:
    """Draw the menu of other forms to copy; without scripts it stays hidden."""
    others = "".join(
        f'<button type="button" class="copy-as" value="{form}"{_hint(form, labels)}>'
        f"{exact(labels(f'cite.{form}'))}</button>"
        for form in Form
        if form is not Form.PLAIN
    )
    title, summary = exact(labels("cite.title", number=number)), exact(labels("cite.forms"))
    menu = f'<summary title="{title}">{summary}</summary><div class="forms">{others}</div>'
    return f'<details class="copying">{menu}</details>'


def _hint(form: Form, labels: Labels) -> str:
    return f' title="{exact(labels("cite.report_title"))}"' if form is Form.REPORT else ""


def _words(quote: Quoted) -> str:
    return _GAP.join(_marked(text, span, quote.best) for text, span in zip(quote.words, quote.spans, strict=True))


def _marked(text: str, span: Range, best: Range | None) -> str:
    """Draw the words of a span with the sentence that answers marked."""
    layers = []
    if best is not None and span.contains(best):
        tag = "<mark>" if best != span else '<mark class="whole">'
        layers = [Layer(best.start - span.start, best.end - span.start, tag, "</mark>")]
    return f'<span class="exact" dir="auto">{layered(text, layers, exact)}</span>'


def _place(place: tuple[str, ...]) -> str:
    return '<span class="step"> › </span>'.join(map(words, place))


def who(speaker: Speaker) -> str:
    """Draw who speaks, in whose words, and when they were published."""
    first, *others = [_basis(basis) for basis in speaker.basis] or [""]
    parts = [
        f'<span class="whose">{exact(capital(speaker.whose))}</span> {first}'.strip(),
        *others,
        words(speaker.publisher) if speaker.publisher else "",
        exact(speaker.published),
    ]
    return '<span class="dot"> · </span>'.join(part for part in parts if part)


def _basis(basis: Basis) -> str:
    """Draw a publication, with a link that opens only on a click."""
    named = words(basis.words)
    title = exact(basis.place)
    if not basis.link:
        return f'<span class="origin" title="{title}">{named}</span>'
    link = exact_url(basis.link)
    return f'<a class="origin" href="{link}" title="{title}" target="_blank" rel="noopener noreferrer">{named}</a>'


def interest(speaker: Speaker) -> str:
    """Draw the label for a source that sells what it recommends, or may."""
    kind = "sells" if speaker.sells else "may-sell"
    return f' <strong class="badge {kind}">{exact(capital(speaker.interest))}</strong>' if speaker.interest else ""


def _nearest(nearest: Nearest) -> str:
    items = "".join(
        f'<li><a class="cite" href="{exact_url(near.link)}"><span class="words">{_place(near.place)}</span></a></li>'
        for near in nearest.places
    )
    return f'<div class="nearest"><h3>{exact(nearest.heading)}</h3><ul>{items}</ul></div>'


def exact_url(address: str) -> str:
    """Escape an address of our own for an attribute."""
    return address.replace("&", "&amp;")
