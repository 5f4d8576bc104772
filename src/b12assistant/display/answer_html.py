"""An answer as HTML for the page: draws the pieces of ``presentation``.

Everything a source or a user wrote goes through ``markup``; the rest are labels of the interface and fixed texts. One
line a turn, without a blank one, so that no Markdown reader finds anything in it.
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

SAY = '<div role="status" id="say"></div>'  # the page's script speaks here, once for each answer


def skip(said: Labels) -> str:
    return f'<a class="skip" href="#ask">{exact(said("ask.skip"))}</a>'


def examples(said: Labels) -> str:
    return f"<h2>{exact(said('ask.examples'))}</h2>"


def brand(words: PageWords, said: Labels) -> str:
    """Name and tagline; of a language that nobody checked it says so."""
    unchecked = said("language.unchecked")
    note = f' <span class="unchecked">{exact(unchecked)}</span>' if unchecked else ""
    return (
        '<p class="brand"><img src="/own/favicon.svg" alt="" width="32" height="32">'
        f'<span class="name">{exact(words.name)}</span> <span class="tagline">{exact(words.tagline)}</span>{note}</p>'
    )


def intro(words: PageWords) -> str:
    return f'<div class="intro"><h1>{exact(words.heading)}</h1><p class="lead">{exact(words.lead)}</p></div>'


def about(words: PageWords) -> str:
    parts = "".join(f"<div><h2>{exact(each.heading)}</h2><p>{exact(each.text)}</p></div>" for each in words.about)
    return f'<div class="about">{parts}</div>'


def note(sentence: str) -> str:
    """Something that went wrong with what was typed, said beside the box."""
    return f'<p class="note" role="alert">{exact(capital(sentence))}.</p>' if sentence else ""


def state(sentence: str, kind: str) -> str:
    return f'<p class="state {kind}">{exact(sentence)}</p>'


def ready(documents: int, passages: int, generation: str, said: Labels) -> str:
    counts = {"documents": f"{documents:,}", "passages": f"{passages:,}"}
    return state(said("ask.ready", generation=generation[:8], **counts), "ready")


def keep(said: Labels) -> str:
    """Ways to keep a conversation; a script offers them once there is one."""
    ways = "".join(
        f'<button type="button" value="{way}">{exact(said(f"keep.{way}"))}</button>'
        for way in ("print", "html", "markdown", "json")
    )
    return (
        f'<details class="keep"><summary>{exact(said("keep.heading"))}</summary><div class="forms">{ways}</div>'
        f'<p>{exact(said("keep.why"))} {exact(said("keep.verify"))}</p><p class="told"></p></details>'
    )


_GAP = f'<span class="gap">{GAP}</span>'


def turn_html(number: int, reply: Reply, setting: Setting, *, as_typed: bool = False) -> str:
    """Draw a question and its answer; ``number`` is never given twice on one page.

    Under an emergency come its controls and only then what every answer says: there it is left to ``general_html``.
    """
    answer, said = reply.answer, setting.said
    pieces = present(reply, setting)
    if answer.status is Status.SAFETY_ONLY:
        pieces = tuple(piece for piece in pieces if not isinstance(piece, General))
    asked = f'<span class="said">{exact(said("ask.asked"))}</span> {words(answer.question.text)}'
    shown = "".join(_piece(f"t{number}", piece, said) for piece in pieces)
    literal = " as-typed" if as_typed else ""  # so that the turn can be asked again as it was
    return (
        f'<div class="turn {answer.status}{literal}" id="turn{number}">'
        f'<h2 class="asked" id="asked{number}" tabindex="-1">{asked}</h2>{shown}</div>'
    )


def general_html(reply: Reply, setting: Setting) -> str:
    """Draw what every answer says of itself."""
    return "".join(_general(piece) for piece in present(reply, setting) if isinstance(piece, General))


def _piece(turn: str, piece: Piece, said: Labels) -> str:
    """Draw a piece; ``turn`` begins the ids of its quotes."""
    match piece:
        case Notice():
            return _notice(piece)
        case ReadAs():
            return _read_as(piece)
        case Headline():
            return f'<p class="headline">{exact(piece.text)}</p>'
        case Quoted():
            return _figure(turn, piece, said)
        case Difference():
            return _side_by_side(turn, piece, said)
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
    """Mark the language of each line but the last, which says in English that nobody checked it."""
    *said, unchecked = translation.text.splitlines()
    lines = "".join(f'<p lang="{translation.language}" dir="auto">{exact(line)}</p>' for line in said)
    return f'<div class="translation">{lines}<p>{exact(unchecked)}</p></div>'


def _read_as(read_as: ReadAs) -> str:
    swapped = "".join(
        f" · {words(written)} {exact(read_as.between)} {words(read)}" for written, read in read_as.replaced
    )
    return f'<p class="read-as">{exact(read_as.label)} {words(read_as.text)}{swapped}</p>'


def _side_by_side(turn: str, differ: Difference, said: Labels) -> str:
    """Its heading names it: of the ARIA names the framework of the page lets none through."""
    heading = f'<h3 class="headline">{exact(differ.heading)}</h3>'
    figures = "".join(_figure(turn, quote, said, above=True) for quote in differ.quotes)
    return f'<div class="sides">{heading}<div class="columns">{figures}</div></div>'


def _figure(turn: str, quote: Quoted, said: Labels, *, above: bool = False) -> str:
    """``above``: where it stands and who speaks come before the words, not after them."""
    number, speaker = quote.number, quote.speaker
    quoted = f"<blockquote>{_words(quote)}</blockquote>"
    pages = f'<span class="page">, {exact(quote.pages)}</span>' if quote.pages else ""
    caption = (
        f'<figcaption><p class="place"><a class="cite" href="{exact_url(quote.link)}">'
        f'<span class="number">{number}</span> <span class="words">{_place(quote.place)}{pages}</span></a></p>'
        f'<p class="who">{who(speaker)}{interest(speaker)}</p>'
        f'<p class="notes">{exact(capital("; ".join(quote.notes)))}'
        f'<button type="button" class="copy" title="{exact(said("ask.copy_title", number=number))}">'
        f"{exact(said('ask.copy'))}</button></p>{_copying(number, said)}"
        "</figcaption>"
    )
    parts = caption + quoted if above else quoted + caption
    return f'<figure class="quote {quote.strength}" id="{turn}q{number}">{parts}</figure>'


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


def _words(quote: Quoted) -> str:
    return _GAP.join(_marked(text, span, quote.best) for text, span in zip(quote.words, quote.spans, strict=True))


def _marked(text: str, span: Range, best: Range | None) -> str:
    """Draw the words of a span, the sentence that answers marked."""
    layers = []
    if best is not None and span.contains(best):
        tag = "<mark>" if best != span else '<mark class="whole">'
        layers = [Layer(best.start - span.start, best.end - span.start, tag, "</mark>")]
    return f'<span class="exact" dir="auto">{layered(text, layers, exact)}</span>'


def _place(place: tuple[str, ...]) -> str:
    return '<span class="step"> › </span>'.join(map(words, place))


def who(speaker: Speaker) -> str:
    """Draw who speaks, in whose words, since when."""
    parts = [
        f'<span class="whose">{exact(capital(speaker.whose))}</span>',
        *map(_basis, speaker.basis),
        words(speaker.publisher) if speaker.publisher else "",
        exact(speaker.published),
    ]
    return '<span class="dot"> · </span>'.join(part for part in parts if part)


def _basis(basis: Basis) -> str:
    """Draw a publication, with a link that is followed only when somebody asks for it."""
    named = words(basis.words)
    title = exact(basis.place)
    if not basis.link:
        return f'<span class="origin" title="{title}">{named}</span>'
    link = exact_url(basis.link)
    return f'<a class="origin" href="{link}" title="{title}" target="_blank" rel="noopener noreferrer">{named}</a>'


def interest(speaker: Speaker) -> str:
    """Draw the label that stands beside a source that sells, or may."""
    kind = "sells" if speaker.sells else "may-sell"
    return f' <strong class="badge {kind}">{exact(capital(speaker.interest))}</strong>' if speaker.interest else ""


def _nearest(nearest: Nearest) -> str:
    items = "".join(
        f'<li><a class="cite" href="{exact_url(each.link)}"><span class="words">{_place(each.place)}</span></a></li>'
        for each in nearest.places
    )
    return f'<div class="nearest"><h3>{exact(nearest.heading)}</h3><ul>{items}</ul></div>'


def exact_url(address: str) -> str:
    """Write an address of our own making inside an attribute."""
    return address.replace("&", "&amp;")
