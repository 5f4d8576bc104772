"""Draw an answer as HTML for the page, from the pieces of ``presentation``.

Everything a source or a user wrote goes through ``markup``; the rest is labels of the interface and fixed texts. A
turn is one line, so that a Markdown reader finds nothing to interpret in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from b12assistant.answers import FixedTexts, NoticeKind, Reply, TextId
from b12assistant.corpus.page_words import PageWords
from b12assistant.corpus.publishers import PublisherKind
from b12assistant.display.labels import Labels, capital
from b12assistant.display.markup import Layer, dialled, exact, exact_url, laid_out, layered, words
from b12assistant.display.presentation import (
    Alarm,
    Also,
    AskedHeading,
    Further,
    Headline,
    Nearest,
    Origins,
    Piece,
    ReadAs,
    Setting,
    ShownDifference,
    ShownNotice,
    Translation,
    answer_link,
    present,
)
from b12assistant.display.quoted import Basis, Quoted, Sentence, Speaker
from b12assistant.language.sentences import split_sentences
from b12assistant.types import GAP

TABS = ("ask", "lookup")
_GROUPS = (
    (PublisherKind.GUIDELINE,),
    (PublisherKind.NHS, PublisherKind.PUBLIC_BODY),
    (PublisherKind.STUDY, PublisherKind.REVIEW),
)
GENERAL, DECISION = TextId("general"), TextId("medical_decision")
SAY = '<div role="status" id="say"></div>'  # the page's script announces each answer here


def skip(labels: Labels) -> str:
    return f'<a class="skip" href="#ask">{exact(labels("ask.skip"))}</a>'


def examples(labels: Labels) -> str:
    return f"<h2>{exact(labels('ask.examples'))}</h2>"


def brand(words: PageWords) -> str:
    """Draw name and tagline."""
    return (
        '<p class="brand"><img src="/own/favicon.svg" alt="" width="32" height="32">'
        f'<span class="name">{exact(words.name)}</span> <span class="tagline">{exact(words.tagline)}</span></p>'
    )


def intro(words: PageWords) -> str:
    return f'<div class="intro"><h1>{exact(words.heading)}</h1><p class="lead">{exact(words.lead)}</p></div>'


def first(words: PageWords, labels: Labels) -> str:
    """Draw the head and box shown until the page's scripts have run, and a line for browsers without scripts.

    The form never sends anything itself: what is typed is carried over to the page's own box.
    """
    send = exact(labels("ask.send"))
    tabs = "".join(f"<span>{exact(labels(f'tabs.{name}'))}</span>" for name in TABS)
    return (
        f'<div id="first"><div class="head">{brand(words)}</div><p class="tabs" aria-hidden="true">{tabs}</p>'
        f'<div class="asking">{intro(words)}<form method="dialog">'
        f'<textarea name="question" rows="1" required aria-label="{exact(labels("ask.question"))}" '
        f'placeholder="{exact(words.placeholder)}"></textarea><button type="submit">{send}</button>'
        f'</form><p class="needs">{exact(labels("plain.scripts"))}</p></div></div>'
    )


def about(page_words: PageWords, labels: Labels, version: str, run_by: str = "") -> str:
    """Draw what the page says of itself, who runs it if that is known, and its version."""
    parts = [f"<div><h2>{exact(part.heading)}</h2><p>{exact(part.text)}</p></div>" for part in page_words.about]
    if run_by:
        parts.append(f"<div><h2>{exact(labels('ask.run_by'))}</h2><p>{words(run_by)}</p></div>")
    link = f'<a href="/figures">{exact(labels("figures.heading"))}</a>'
    parts.append(f'<p class="version">{exact(labels("figures.version", version=version))} · {link}</p>')
    return f'<div class="about">{"".join(parts)}</div>'


def note(sentence: str, why: str = "") -> str:
    """Draw an error message next to the box. ``why``: the code of the error, a class for the page's script."""
    kind = f"note {why}".strip()
    return f'<p class="{kind}" role="alert">{exact(capital(sentence))}.</p>' if sentence else ""


def state(sentence: str, kind: str) -> str:
    return f'<p class="state {kind}">{exact(sentence)}</p>'


def ready(labels: Labels) -> str:
    """Draw that questions are answered."""
    return state(labels("ask.ready"), "ready")


def library(kinds: Mapping[PublisherKind, int], labels: Labels) -> str:
    """Draw what the library is made of; "" for one without publications of public bodies."""
    if not all(any(kinds.get(kind, 0) for kind in group) for group in _GROUPS):
        return ""
    often = f'<a href="/figures">{exact(labels("figures.often"))}</a>'
    made = exact(labels("ask.library", publications=f"{sum(kinds.values()):,}"))
    return f'<p class="state ready library">{made} {often}</p>'


_GAP = f'<span class="gap">{GAP}</span>'


_AT_ONCE = 2  # quotes of a question that are shown at once


def turn_html(number: int, reply: Reply, setting: Setting, *, as_typed: bool = False, is_shared: bool = False) -> str:
    """Draw a question and its answer; ``number`` must be unique on the page.

    Safety texts come first, or else at most one other notice; further notices come below the quotes. The general notice
    is at the foot of the page.
    """
    answer, labels = reply.answer, setting.labels
    pieces = present(reply, setting)
    asked = f'<span class="said">{exact(labels("ask.asked"))}</span> {words(answer.question.text)}'
    foot = _foot(f"t{number}", pieces, labels, answer_link(reply, pieces))
    drawn = _card(f"t{number}", answer.question.text, pieces, labels, foot)
    # so that the turn can be asked again in the same way
    literal = " as-typed" * as_typed + " shared" * is_shared
    return (
        f'<div class="turn {answer.status}{literal}" id="turn{number}">'
        f'<h2 class="asked" id="asked{number}">{asked}</h2>{drawn}</div>'
    )


def _card(turn: str, question: str, pieces: Sequence[Piece], labels: Labels, foot: str) -> str:
    """Draw the pieces of an answer in the order of the page; ``foot``: its sources and controls."""
    notices = [piece for piece in pieces if isinstance(piece, ShownNotice)]
    quotes = [piece for piece in pieces if isinstance(piece, Quoted)]
    headed = any(isinstance(piece, AskedHeading) for piece in pieces)
    refused = not quotes and (headed or any(isinstance(piece, Headline) for piece in pieces))
    # The notice on who decides comes first, except in a refusal: there it comes below and says what to do.
    alarms = [notice for notice in notices if notice.alarm and not (refused and notice.id == DECISION)]
    kind = [notice for notice in notices if notice.kind is NoticeKind.KIND]
    others = [notice for notice in notices if notice not in alarms and notice not in kind]
    telling = [notice for notice in others if notice.kind not in (NoticeKind.DOSE, NoticeKind.ADVICE)]  # go below
    first = telling[:1] if quotes and not alarms else []
    above = "".join((*map(notice_box, kind), *(notice_box(alarm, briefly=bool(quotes)) for alarm in alarms)))
    above += "".join(map(notice_box, first))
    below = "".join(notice_box(notice) for notice in others if notice not in first)
    below += "".join(map(_reason, alarms)) if quotes else ""
    read_as = "".join(_read_as(piece, question) for piece in pieces if isinstance(piece, ReadAs))
    if headed:
        return f"{above}{_asked(turn, pieces, labels, foot)}{below}"
    headline = _headline(pieces)
    if not quotes:
        nearest = "".join(_nearest(piece) for piece in pieces if isinstance(piece, Nearest))
        return f"{above}{headline}{below}{read_as}{nearest}"
    rows = "".join(_difference(turn, piece, labels) for piece in pieces if isinstance(piece, ShownDifference))
    return f'{above}<div class="card">{headline}{_quotes(turn, quotes, labels)}{rows}{foot}</div>{below}{read_as}'


def _quotes(turn: str, quotes: Sequence[Quoted], labels: Labels) -> str:
    """Draw the sentences that answer a question, two at most, and all others behind a line that opens."""
    first, more = quotes[:_AT_ONCE], quotes[_AT_ONCE:]
    shown = "".join(figure(turn, quote, labels, quote.lead) for quote in first)
    rest = "".join(
        f"<blockquote>{_sentences(quote, quote.rest, labels, turn)}</blockquote>" for quote in first if quote.rest
    )
    rest += "".join(figure(turn, quote, labels, quote.sentences) for quote in more)
    hidden = [*(each for quote in first for each in quote.rest), *(each for quote in more for each in quote.sentences)]
    if not hidden:
        return shown
    count = sum(len(split_sentences(each.text)) or 1 for each in hidden)
    line = f'<summary><span class="line">{exact(labels.count("origins.more", count))}</span></summary>'
    return f'{shown}<details class="row further-sentences">{line}{rest}</details>'


def _headline(pieces: Sequence[Piece]) -> str:
    return "".join(f'<p class="headline">{exact(piece.text)}</p>' for piece in pieces if isinstance(piece, Headline))


def _asked(turn: str, pieces: Sequence[Piece], labels: Labels, foot: str) -> str:
    """Draw each question of a message as a part of one card: its words, what it was read with, its quotes."""
    drawn, parts = "", list[list[Piece]]()
    for piece in pieces:
        match piece:
            case AskedHeading():
                parts.append([piece])
            case Headline() | Also() | Quoted() | Nearest():
                parts[-1].append(piece)
            case ShownDifference():
                drawn += _difference(turn, piece, labels)
            case Further():
                drawn += _further(piece)
            case _:
                pass
    for heading, *inside in reversed(parts):
        quotes = [piece for piece in inside if isinstance(piece, Quoted)]
        body = _headline(inside) + (_quotes(turn, quotes, labels) if quotes else "")
        body += "".join(_also(turn, piece) for piece in inside if isinstance(piece, Also))
        body += "".join(_nearest(piece) for piece in inside if isinstance(piece, Nearest))
        drawn = f'<section class="part">{_part_heading(heading, labels)}{body}</section>{drawn}'
    return f'<div class="card parts">{drawn}{foot}</div>'


def _also(turn: str, also: Also) -> str:
    """Draw a link to a quote under an earlier question."""
    return f'<p class="also"><a href="#{turn}q{also.number}">{exact(also.text)}</a></p>'


def _part_heading(heading: Piece, labels: Labels) -> str:
    """Draw a question of a message in the user's words, with how it was read; a press asks it alone."""
    if not isinstance(heading, AskedHeading):
        return ""
    alone = exact(labels("ask.alone"))
    question = f'<h3 class="question">{words(heading.text)}</h3>'
    if not heading.read_as:
        return question
    return (
        f'{question}<p class="with"><button type="button" class="again alone" value="{exact(heading.text)}" '
        f'title="{alone}"><span class="cut">{exact(heading.between)}: {words(heading.read_as)}</span>'
        '<span class="off" aria-hidden="true">×</span></button></p>'
    )


def _further(further: Further) -> str:
    """Draw the questions that were not searched as buttons that ask them."""
    buttons = "".join(
        f'<button type="button" class="again" value="{exact(each)}">{words(each)}</button>'
        for each in further.questions
    )
    return f'<div class="further"><h3>{exact(further.heading)}</h3>{buttons}</div>'


def general(texts: FixedTexts) -> str:
    """Draw the foot of the page: the general notice, which is true of every answer."""
    return f'<p class="general">{exact(texts[GENERAL].text)}</p>'


def notice_box(notice: ShownNotice, write: Callable[[str], str] = exact, *, briefly: bool = False) -> str:
    """Draw a fixed text, escaped with ``write``; ``briefly``: without what ``_reason`` draws below the quotes."""
    translated = "".join(_translation(each, write) for each in notice.translations)
    brief = " brief" if briefly and _reason(notice) else ""
    lines = "".join(f"<p>{dialled(line, write)}</p>" for line in notice.text.splitlines()[: -1 if brief else None])
    if notice.alarm is None:
        return f'<div class="notice {notice.kind}">{translated}{lines}</div>'
    heading = f'<h3 class="kicker">{write(notice.heading)}</h3>'
    return f'<div class="alarm {notice.alarm}{brief}" role="alert" tabindex="-1">{translated}{heading}{lines}</div>'


def _reason(notice: ShownNotice) -> str:
    """Draw the last line of a calmer safety text, which says why it is shown; "" for others."""
    *act, reason = notice.text.splitlines()
    if not act or notice.alarm is not Alarm.CAUTION:
        return ""
    return f'<div class="notice reason"><p>{exact(reason)}</p></div>'


def _translation(translation: Translation, write: Callable[[str], str] = exact) -> str:
    """Draw a translation; its last line says in English that it is unchecked."""
    *lines, unchecked = translation.text.splitlines()
    own = f'lang="{translation.language}" dir="auto"'
    heading = f'<h3 class="kicker" {own}>{write(translation.heading)}</h3>' if translation.heading else ""
    shown = "".join(f"<p {own}>{dialled(line, write)}</p>" for line in lines)
    return f'<div class="translation">{heading}{shown}<p>{write(unchecked)}</p></div>'


def _read_as(read_as: ReadAs, question: str) -> str:
    """Draw what was searched: only the words that were replaced, if the rest is the question itself."""
    whole = f"{exact(read_as.label)}: {words(read_as.text)}" if read_as.text != question.strip() else ""
    return f'<p class="read-as">{" · ".join(filter(None, (whole, words(read_as.also) if read_as.also else "")))}</p>'


def _difference(turn: str, differ: ShownDifference, labels: Labels) -> str:
    """Draw the opposing quotes folded to the question on which sources disagree."""
    figures = "".join(figure(turn, quote, labels, quote.sentences) for quote in differ.sides)
    heading = f'<span class="line heading">{exact(differ.heading)}</span>'
    return f'<details class="row sides"><summary>{heading}</summary><div class="columns">{figures}</div></details>'


def figure(turn: str, quote: Quoted, labels: Labels, sentences: Sequence[Sentence]) -> str:
    """Draw ``sentences`` of a quote, each with the numbers of its sources; other people's words with who they are."""
    notes = "".join(f'<p class="notes">{exact(capital(note))}</p>' for note in quote.notes)
    by = interest(quote.speaker)
    if not any(each.numbers for each in quote.sentences):
        pages = f'<span class="page">, {exact(quote.pages)}</span>' if quote.pages else ""
        place = f'<span class="place">{_place(quote.place)}{pages}</span>'
        by = f"{place}{_DOT}{said(quote.speaker)}{by} {_see(quote, labels)}"
    by = f'<figcaption class="who">{by}</figcaption>' if by else ""
    return (
        f'<figure class="quote {quote.strength}" id="{turn}q{quote.number}">'
        f"<blockquote>{_sentences(quote, sentences, labels, turn)}</blockquote>{by}{notes}</figure>"
    )


def _see(quote: Quoted, labels: Labels, shown: str = "") -> str:
    """Draw the link to the words in their place; ``shown``: a sign in place of its name."""
    where = exact(" › ".join(quote.place) + (f", {quote.pages}" if quote.pages else ""))
    name = exact(labels("ask.see"))
    name = f'<span class="sr">{name}</span><span aria-hidden="true">{shown}</span>' if shown else name
    return f'<a class="cite" href="{exact_url(quote.link)}" title="{where}">{name}</a>'


def _sentences(quote: Quoted, sentences: Sequence[Sentence], labels: Labels, turn: str) -> str:
    """Draw sentences, one below the other; between two that do not follow each other stands a gap."""
    drawn, before = "", None
    last = sentences[-1] if any(each.numbers for each in quote.sentences) and quote.best else None
    for each in sentences:
        gap = _GAP if before and GAP in quote.between(before, each) else ""
        source = exact(labels("origins.number"))
        numbers = " ".join(
            f'<a class="number" href="#{turn}s{number}"><span class="sr">{source} </span>{number}</a>'
            for number in each.numbers
        )
        numbers += f" {_see(quote, labels, '›')}" if each is last else ""
        after = f' <span class="numbers">{numbers}</span>' if numbers else ""
        drawn += f"<p>{gap}{_marked(quote, each, is_alone=len(sentences) == 1)}{after}</p>"
        before = each
    return drawn


def _marked(quote: Quoted, sentence: Sentence, *, is_alone: bool) -> str:
    """Draw a sentence; what answers in it is marked, unless that is all that is shown."""
    best, at = quote.best, sentence.range
    if best is None or not best.overlaps(at):
        return _laid(sentence.text)
    start, end = max(best.start, at.start) - at.start, min(best.end, at.end) - at.start
    tag = '<mark class="whole">' if is_alone and (start, end) == (0, at.end - at.start) else "<mark>"
    return _laid(sentence.text, Layer(start, end, tag, "</mark>"))


def _foot(turn: str, pieces: Sequence[Piece], labels: Labels, link: str) -> str:
    """Draw once for the answer: whose words these are, the numbered publications, and what to do with it."""
    if not any(isinstance(piece, Quoted) for piece in pieces):
        return ""
    drawn = ""
    for piece in pieces:
        if isinstance(piece, Origins):
            listed = "".join(_origin(turn, number, each, labels) for number, each in enumerate(piece.publications, 1))
            named: dict[str, list[str]] = {}
            for number, each in enumerate(piece.publications, 1):
                named.setdefault(each.short(labels), []).append(str(number))
            names = _DOT.join(f"<strong>{', '.join(numbers)}</strong> {exact(name)}" for name, numbers in named.items())
            drawn = f'<p class="whose">{exact(piece.whose)}</p>'
            if listed:
                drawn += (
                    f'<details class="row origins"><summary><span class="line">{exact(labels("origins.heading"))}: '
                    f"{names}</span></summary><ul>{listed}</ul></details>"
                )
    ways = (
        ("reply", "", labels("reply.copy")),
        ("copy-answer", link, labels("keep.link")),
        ("print", "", labels("keep.print")),
    )
    buttons = "".join(
        f'<button type="button" class="{way}" value="{exact_url(value)}">{exact(name)}</button>'
        for way, value, name in ways
        if value or way != "copy-answer"
    )
    return f'<div class="origins-foot">{drawn}<div class="ways">{buttons}</div></div>'


def _origin(turn: str, number: int, basis: Basis, labels: Labels) -> str:
    """Draw a publication: title, publisher, kind, year, and a link that opens only on a click."""
    title = words(basis.title)
    if basis.link:
        link = exact_url(basis.link)
        title = f'<a class="origin" href="{link}" target="_blank" rel="noopener noreferrer">{title}</a>'
    kind = labels(f"standings.{basis.standing}")
    facts = (
        words(basis.publisher),
        exact(kind) if kind.casefold() not in basis.publisher.casefold().split() else "",
        exact(basis.year),
        exact(labels(f"extents.{basis.read}")),
    )
    return f'<li id="{turn}s{number}"><strong>{number}</strong> {title}<p>{_DOT.join(filter(None, facts))}</p></li>'


def _laid(text: str, *more: Layer) -> str:
    return f'<span class="exact" dir="auto">{layered(text, (*laid_out(text), *more), exact)}</span>'


def _place(place: tuple[str, ...]) -> str:
    return '<span class="step"> › </span>'.join(map(words, place))


_DOT = '<span class="dot"> · </span>'


def said(speaker: Speaker) -> str:
    """Draw whose words they are, publisher and date of a source."""
    publisher = words(speaker.publisher) if speaker.publisher else ""
    return _DOT.join(filter(None, (exact(capital(speaker.whose)), publisher, exact(speaker.published))))


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
