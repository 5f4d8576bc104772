"""Show an answer again from its address, which holds the question and the places of the quotes. Nothing is stored.

Anyone can write such an address, so it shows only whole sentences that may be quoted. A quote that the question does
not find by itself is marked as one that may not answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from b12assistant.answers import Quote, Reason, Reply, Status, Strength
from b12assistant.application.workspace import Workspace
from b12assistant.display import addresses
from b12assistant.errors import NotFoundError
from b12assistant.index.documents import Entry
from b12assistant.types import Span

MOST = 12  # quotes of one address


def shared(space: Workspace, reply: Reply, links: Sequence[str]) -> Reply:
    """Return the reply with the quotes at ``links`` in place of its own; unchanged if it warns or none can be shown."""
    answer = reply.answer
    found = {addresses.of_quote(quote): quote for quote in answer.quotes}
    quotes = [found.get(link) or _quote(space, link) for link in links]
    shown = tuple(dict.fromkeys(quote for quote in quotes if quote))
    if answer.status is Status.SAFETY_ONLY or not shown:
        return reply
    fits = shown[0].strength is Strength.STRONG
    changed = replace(
        answer,
        quotes=shown,
        status=Status.ANSWERED if fits else Status.POSSIBLY,
        reason=None if fits else Reason.WEAK_MATCH,
        disagreements=(),
        nearest=(),
    )
    files = frozenset(quote.document.id for quote in shown if space.source_changed(quote.document.id))
    return replace(reply, answer=changed, source_changed=files)


def _quote(space: Workspace, link: str) -> Quote | None:
    """Return the sentences at an address as a quote that may not answer; ``None`` if they may not be quoted."""
    read = addresses.read_link(link)
    try:
        entry = space.document(read[0]) if read else None
    except NotFoundError:
        return None
    place = read[1].found_in(entry.document.text) if read and entry else None
    if entry is None or place is None or not entry.document.source.in_force:
        return None
    spans = tuple(Span(entry.document, range_.start, range_.end) for range_ in place.spans)
    inner = place.best or place.spans[0]
    passage = next((each for each in entry.passages if each.span.range.contains(inner)), None)
    if passage is None or space.opened.collection.off.of(passage) or not _is_whole(entry, spans):
        return None
    best = next((sentence for sentence in passage.sentences if sentence.range.contains(inner)), spans[0])
    try:
        return Quote(spans, best, passage, Strength.POSSIBLE, 0.0)
    except ValueError:  # of several sections, or text that is never quoted
        return None


def _is_whole(entry: Entry, spans: Sequence[Span]) -> bool:
    """Check that every span begins and ends with a sentence."""
    sentences = [sentence for passage in entry.passages for sentence in passage.sentences]
    starts, ends = {each.start for each in sentences}, {each.end for each in sentences}
    return all(span.start in starts and span.end in ends for span in spans)
