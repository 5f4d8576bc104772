"""Draw an answer as HTML for the page, from the pieces of ``presentation``.

Everything a source or a user wrote goes through ``markup``; the rest is labels of the interface and fixed texts. A
turn is one line, so that a Markdown reader finds nothing to interpret in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from b12assistant.answers import FixedTexts, Move, NoticeKind, Quote, Reason, Reply, TextId
from b12assistant.corpus.page_words import PageWords
from b12assistant.corpus.publishers import PublisherKind
from b12assistant.display.citation_formats import CitationForm
from b12assistant.display.labels import Labels, capital
from b12assistant.display.markup import Layer, dialled, exact, exact_url, laid_out, layered, words
from b12assistant.display.presentation import (
    Alarm,
    Also,
    AskedHeading,
    Further,
    Headline,
    Nearest,
    Piece,
    ReadAs,
    Setting,
    ShownDifference,
    ShownNotice,
    Translation,
    answer_link,
    present,
)
from b12assistant.display.quoted import Basis, Quoted, Speaker, best_known, spans_text
from b12assistant.language.words import surface_words, terms
from b12assistant.types import GAP, Range

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


def about(page_words: PageWords, labels: Labels, run_by: str = "") -> str:
    """Draw what the page says of itself, and who runs it if that is known."""
    parts = [f"<div><h2>{exact(part.heading)}</h2><p>{exact(part.text)}</p></div>" for part in page_words.about]
    if run_by:
        parts.append(f"<div><h2>{exact(labels('ask.run_by'))}</h2><p>{words(run_by)}</p></div>")
    return f'<div class="about">{"".join(parts)}</div>'


def note(sentence: str, why: str = "") -> str:
    """Draw an error message next to the box. ``why``: the code of the error, a class for the page's script."""
    kind = f"note {why}".strip()
    return f'<p class="{kind}" role="alert">{exact(capital(sentence))}.</p>' if sentence else ""


def state(sentence: str, kind: str) -> str:
    return f'<p class="state {kind}">{exact(sentence)}</p>'


def ready(generation: str, version: str, labels: Labels) -> str:
    """Draw that questions are answered, and by what: the foot of the page, with a link to how well it works."""
    link = f'<a href="/figures">{exact(labels("figures.heading"))}</a>'
    made = exact(labels("figures.version", version=version, generation=generation[:8]))
    return f'{state(labels("ask.ready"), "ready")}<p class="state version">{made} · {link}</p>'


def library(kinds: Mapping[PublisherKind, int], labels: Labels) -> str:
    """Draw what the library is made of; "" for one without publications of public bodies."""
    if not all(any(kinds.get(kind, 0) for kind in group) for group in _GROUPS):
        return ""
    often = f'<a href="/figures">{exact(labels("figures.often"))}</a>'
    made = exact(labels("ask.library", publications=f"{sum(kinds.values()):,}"))
    return f'<p class="state ready library">{made} {often}</p>'


def keep(labels: Labels) -> str:
    """Draw the ways to save a conversation; a script shows them once there is one."""
    ways = "".join(
        f'<button type="button" value="{way}">{exact(labels(f"keep.{way}"))}</button>' for way in ("print", "json")
    )
    ways += f'<button type="button" value="reply">{exact(labels("reply.copy"))}</button>'
    return (
        f'<details class="keep"><summary>{exact(labels("keep.heading"))}</summary><div class="forms">{ways}</div>'
        f'<p>{exact(labels("keep.why"))}</p><p class="result"></p></details>'
    )


_GAP = f'<span class="gap">{GAP}</span>'


def turn_html(number: int, reply: Reply, setting: Setting, *, as_typed: bool = False, is_shared: bool = False) -> str:
    """Draw a question and its answer; ``number`` must be unique on the page.

    Safety texts come first, or else at most one other notice; further notices come below the quote that answers best.
    Each other quote and each difference is a row that opens. The general notice is at the foot of the page.
    """
    answer, labels = reply.answer, setting.labels
    pieces = present(reply, setting)
    asked = f'<span class="said">{exact(labels("ask.asked"))}</span> {words(answer.question.text)}'
    link = answer_link(reply, pieces)
    drawn = _card(f"t{number}", answer.question.text, pieces, labels, link, _why(reply, labels, link))
    if answer.interpretation and answer.interpretation.move is Move.SOURCES:  # the publications are the answer
        drawn = drawn.replace('<details class="source">', '<details class="source" open>', 1)
    # so that the turn can be asked again in the same way
    literal = " as-typed" * as_typed + " shared" * is_shared
    return (
        f'<div class="turn {answer.status}{literal}" id="turn{number}">'
        f'<h2 class="asked" id="asked{number}">{asked}</h2>{drawn}</div>'
    )


def close_answer(reply: Reply, setting: Setting) -> str:
    """Draw the sentence that answers a related question best, and who says so; "" if it is not a plain answer."""
    quotes = [piece for piece in present(reply, setting) if isinstance(piece, Quoted)]
    if not quotes or reply.answer.red_flag is not None:
        return ""
    best, labels = quotes[0], setting.labels
    by = _DOT.join(map(words, best.speaker.chip))
    see = f'<a class="cite" href="{exact_url(best.link)}">{exact(labels("ask.see"))}</a>'
    return (
        f'<figure class="close"><figcaption>{by}{interest(best.speaker)}</figcaption>'
        f"<blockquote>{_best(best)}</blockquote><p>{see}</p></figure>"
    )


def _why(reply: Reply, labels: Labels, link: str) -> str:
    """Draw, folded, what led to an answer; nothing beside an emergency text, where nothing else is to be read."""
    answer = reply.answer
    if answer.has_controls or answer.reason in (Reason.NOTHING_ASKED, Reason.TRIAGE_FAILED):
        return ""
    lines = [
        exact(labels("why.quote", number=number, strength=labels(f"why.{quote.strength}"), score=f"{quote.score:.2f}"))
        + f" {words(_found_by(answer.question.text, quote, labels))}"
        for number, quote in enumerate(answer.quotes, start=1)
        if quote.score  # a quote that came with the address of a shared answer was not ranked
    ]
    lines.append(exact(labels("why.cut" if answer.quotes else "why.refused", cut=f"{reply.least:.2f}")))
    for notice in answer.notices:
        if notice.evidence:
            raised = ", ".join(f"“{words(place.text)}”" for place in notice.evidence)
            rule = notice.flag.rule if notice.flag else notice.text
            lines.append(f"{exact(labels('why.notice', rule=rule))} {raised}")
    shown = "".join(f"<li>{each}</li>" for each in lines)
    read_as = answer.interpretation
    searched = read_as.text if read_as and read_as.is_joined else answer.question.text
    whole = f'<a href="{exact_url(link)}">{exact(labels("why.link"))}</a>' if link else ""
    return (
        f'<details class="row why"><summary><span class="line heading">{exact(labels("why.heading"))}</span></summary>'
        f'<ul>{shown}</ul><p>{whole}<button type="button" class="as-json" value="{exact(searched)}">'
        f"{exact(labels('why.json'))}</button></p></details>"
    )


def _found_by(question: str, quote: Quote, labels: Labels) -> str:
    """Say which words of a question a quote has; only its meaning can have found what has none."""
    held = set(terms(spans_text(quote.spans)))
    shared = dict.fromkeys(word for word in surface_words(question) if not held.isdisjoint(terms(word)))
    return labels("why.words", words=", ".join(shared)) if shared else labels("why.meaning")


def _card(turn: str, question: str, pieces: Sequence[Piece], labels: Labels, link: str, why: str) -> str:
    """Draw the pieces of an answer in the order of the page; ``link``: the address of the whole answer."""
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
        return f"{above}{_asked(turn, pieces, labels, link, why)}{below}"
    headline = _headline(pieces, labels)
    if not quotes:
        nearest = "".join(_nearest(piece) for piece in pieces if isinstance(piece, Nearest))
        return f"{above}{headline}{below}{read_as}{nearest}{why}"
    drawn = _quotes(turn, quotes, labels, link, below)
    rows = "".join(_difference(turn, piece, labels) for piece in pieces if isinstance(piece, ShownDifference))
    return f'{above}<div class="card">{headline}{drawn}{rows}{why}</div>{read_as}'


def _quotes(turn: str, quotes: Sequence[Quoted], labels: Labels, link: str, below: str = "") -> str:
    """Draw the best quote in full, and each other as a row that opens."""
    best, *more = quotes
    rows = "".join(_row(turn, quote, labels) for quote in more)
    return f"{figure(turn, best, labels, link=link)}{below}{rows}"


def _headline(pieces: Sequence[Piece], labels: Labels) -> str:
    """Draw the headline; that a quote may be only part of the answer is said below it, and here if no quote says it."""
    doubt, weak = labels("strengths.possible"), labels.headline(Reason.WEAK_MATCH)
    is_said = any(isinstance(piece, Quoted) and doubt in piece.notes for piece in pieces)
    shown = (piece.text for piece in pieces if isinstance(piece, Headline) and not (is_said and piece.text == weak))
    return "".join(f'<p class="headline">{exact(text)}</p>' for text in shown)


def _asked(turn: str, pieces: Sequence[Piece], labels: Labels, link: str, why: str) -> str:
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
        headline = _headline(inside, labels)
        body = _quotes(turn, quotes, labels, link if quotes and quotes[0].number == 1 else "") if quotes else ""
        body += "".join(_also(turn, piece) for piece in inside if isinstance(piece, Also))
        body += "".join(_nearest(piece) for piece in inside if isinstance(piece, Nearest))
        drawn = f'<section class="part">{_part_heading(heading, labels)}{headline}{body}</section>{drawn}'
    return f'<div class="card parts">{drawn}{why}</div>'


def _also(turn: str, also: Also) -> str:
    """Draw a link to a quote under an earlier question."""
    return f'<p class="also"><a href="#{turn}q{also.number}">{exact(also.text)}</a></p>'


def _part_heading(heading: Piece, labels: Labels) -> str:
    """Draw a question of a message in the user's words, with what it was read with; a press asks it alone."""
    if not isinstance(heading, AskedHeading):
        return ""
    alone = exact(labels("ask.alone"))
    question = f'<h3 class="question">{words(heading.text)}</h3>'
    if not heading.read_with:
        return question
    with_ = ", ".join(f"“{words(each)}”" for each in heading.read_with)
    return (
        f'{question}<p class="with"><button type="button" class="again alone" value="{exact(heading.text)}" '
        f'title="{alone}"><span class="cut">{exact(heading.between)} {with_}</span>'
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
    whole = f"{exact(read_as.label)} {words(read_as.text)}" if read_as.text != question.strip() else ""
    return f'<p class="read-as">{" · ".join(filter(None, (whole, words(read_as.also) if read_as.also else "")))}</p>'


def _row(turn: str, quote: Quoted, labels: Labels) -> str:
    """Draw a quote folded to the sentence that answers and who says it."""
    by = words(quote.speaker.chip[0]) if quote.speaker.basis else words(quote.place[0])
    summary = f'<span class="line">{_best(quote)}</span> <span class="by">{by}{interest(quote.speaker)}</span>'
    return f'<details class="row"><summary>{summary}</summary>{figure(turn, quote, labels)}</details>'


def _difference(turn: str, differ: ShownDifference, labels: Labels) -> str:
    """Draw the opposing quotes folded to the question on which sources disagree; doubt would take a side."""
    doubt = labels("strengths.possible")
    figures = "".join(figure(turn, quote, labels, doubt) for quote in differ.sides)
    heading = f'<span class="line heading">{exact(differ.heading)}</span>'
    return f'<details class="row sides"><summary>{heading}</summary><div class="columns">{figures}</div></details>'


def figure(turn: str, quote: Quoted, labels: Labels, doubt: str = "", link: str = "") -> str:
    """Draw a quote with the line that says who speaks; ``doubt``: a note that is left out.

    ``link``: the address of the whole answer, below its first quote.
    """
    notes = [note for note in quote.notes if note != doubt]
    below = f'<p class="notes">{exact(capital("; ".join(notes)))}</p>' if notes else ""
    shown = _GAP.join(_marked(text, span, quote.best) for text, span in zip(quote.words, quote.spans, strict=True))
    return (
        f'<figure class="quote {quote.strength}" id="{turn}q{quote.number}"><figcaption>{_chip(quote, labels)}'
        f"</figcaption><blockquote>{shown}</blockquote>{below}{_acts(quote, labels, link)}</figure>"
    )


_LONG = 58  # characters of a chip that take more than two lines of a phone


def _chip(quote: Quoted, labels: Labels) -> str:
    """Draw who says so on a line that is never cut; it opens to the publications with their titles and links."""
    speaker = quote.speaker
    first, *others = speaker.chip
    more = others.pop() if len(speaker.basis) > 1 else ""
    line = f'<span class="publisher">{words(first)}</span>' + "".join(f"{_DOT}{exact(part)}" for part in others)
    line += f'<span class="more">{_DOT}{exact(more)}</span>' if more else ""
    is_long = " long" if sum(map(len, speaker.chip)) > _LONG else ""
    pages = f", {exact(quote.pages)}" if quote.pages else ""
    place = f'<p class="place">{_place(quote.place)}<span class="page">{pages}</span></p>'
    listed = "".join(map(_basis, best_known(speaker.basis)))
    inside = f"<ul>{listed}</ul>" if listed else f"{place}<p>{said(speaker)}</p>"
    return (
        f'<details class="source"><summary class="who{is_long}" title="{exact(labels("ask.who"))}">{line}'
        f'{interest(speaker)}</summary><div class="basis">{inside}</div></details>'
    )


def _acts(quote: Quoted, labels: Labels, link: str) -> str:
    """Draw the buttons copy and share; every other form to copy is in the menu of share."""
    number = quote.number
    hint = f' title="{exact(labels("cite.report_title"))}"'
    forms = "".join(
        f'<button type="button" class="copy-as" value="{form}"{hint if form is CitationForm.REPORT else ""}>'
        f"{exact(labels(f'cite.{form}'))}</button>"
        for form in (
            CitationForm.LINK,
            *(form for form in CitationForm if form not in (CitationForm.PLAIN, CitationForm.LINK)),
        )
    )
    if link:
        name = exact(labels("cite.answer"))
        forms = f'<button type="button" class="copy-answer" value="{exact_url(link)}">{name}</button>{forms}'
    name = f'<span class="name">{exact(labels("cite.forms"))}</span>'
    where = exact(" › ".join(quote.place) + (f", {quote.pages}" if quote.pages else ""))
    see = f'<a class="cite" href="{exact_url(quote.link)}" title="{where}">{exact(labels("ask.see"))}</a>'
    return (
        f'<div class="acts">{see}{_button("copy", "", labels("ask.copy"), labels("ask.copy_title", number=number))}'
        f'<details class="copying"><summary class="icon share" title="{exact(labels("cite.title", number=number))}">'
        f'{name}</summary><div class="forms">{forms}</div></details></div>'
    )


def _button(kind: str, value: str, name: str, title: str) -> str:
    return (
        f'<button type="button" class="icon {kind}" value="{value}" title="{exact(title)}">'
        f'<span class="name">{exact(name)}</span></button>'
    )


def _best(quote: Quoted) -> str:
    """Draw the sentence that answers, on one line."""
    for text, span in zip(quote.words, quote.spans, strict=True):
        if quote.best and span.contains(quote.best):
            return _laid(text[quote.best.start - span.start : quote.best.end - span.start])
    return _laid(quote.words[0])


def _laid(text: str, *more: Layer) -> str:
    return f'<span class="exact" dir="auto">{layered(text, (*laid_out(text), *more), exact)}</span>'


def _marked(text: str, span: Range, best: Range | None) -> str:
    """Draw the words of a span with the sentence that answers marked."""
    if best is None or not span.contains(best):
        return _laid(text)
    tag = "<mark>" if best != span else '<mark class="whole">'
    return _laid(text, Layer(best.start - span.start, best.end - span.start, tag, "</mark>"))


def _place(place: tuple[str, ...]) -> str:
    return '<span class="step"> › </span>'.join(map(words, place))


_DOT = '<span class="dot"> · </span>'


def said(speaker: Speaker) -> str:
    """Draw whose words they are, publisher and date of a source."""
    facts = (capital(speaker.whose), speaker.publisher, speaker.published)
    return _DOT.join(words(fact) for fact in facts if fact)


def _basis(basis: Basis) -> str:
    """Draw a publication and the place in it, with a link that opens only on a click."""
    named = f'<span class="origin">{words(basis.words)}</span>'
    if basis.link:
        link = exact_url(basis.link)
        named = f'<a class="origin" href="{link}" target="_blank" rel="noopener noreferrer">{words(basis.words)}</a>'
    return f'<li>{named}<p class="in">{words(basis.place)}</p></li>'


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
