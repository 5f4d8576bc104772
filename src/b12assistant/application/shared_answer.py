"""Show an answer again from its address, which holds the question and the places of the quotes. Nothing is stored.

Anyone can write such an address, so only words that the program shows together are read from it: a cut of a passage, or
a whole passage. A quote that the question does not find by itself is marked as one that may not answer it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from b12assistant.answering.quoting import cuts
from b12assistant.answers import Quote, Reason, Reply, Status, Strength
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import addresses
from b12assistant.display.addresses import read_link
from b12assistant.display.quoted import Quoted, joined
from b12assistant.index.documents import Entry
from b12assistant.types import DocumentId, Span

MOST_SHARED = 12  # quotes of a shared answer


def shared(space: Workspace, reply: Reply, links: Sequence[str]) -> Reply:
    """Return the reply with the quotes at ``links`` in place of its own; unchanged if it warns or none can be shown."""
    answer = reply.answer
    found = {addresses.of_quote(quote): quote for quote in answer.quotes}
    quotes: dict[tuple[Span, ...], Quote] = {}  # once each, however its address is written
    for quote in (found.get(link) or _quote(space, link) for link in links):
        if quote:
            quotes.setdefault(quote.spans, quote)
    shown = tuple(quotes.values())
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
        # Only the answer's own quotes are known to answer one of its questions.
        parts=answer.parts if shown == answer.quotes else (),
    )
    files = frozenset(quote.document.id for quote in shown if space.source_changed(quote.document.id))
    return replace(reply, answer=changed, source_changed=files)


def _quote(space: Workspace, link: str) -> Quote | None:
    """Return the sentences at an address as a quote that may not answer; ``None`` if they may not be quoted."""
    cited = read_address(link, space.entries, local_today())
    if cited is None or not cited.document.source.in_force:
        return None
    entry, inner = space.entries[cited.document.id], (cited.best or cited.spans[0]).range
    passage = next((each for each in entry.passages if each.id == cited.passage), None)
    if passage is None:
        return None
    best = next((sentence for sentence in passage.sentences if sentence.range.contains(inner)), cited.spans[0])
    try:
        return Quote(cited.spans, best, passage, Strength.POSSIBLE, 0.0)
    except ValueError:  # of several sections, or text that is never quoted
        return None


def read_address(address: str, entries: Mapping[DocumentId, Entry], today: date, base: str = "") -> Quoted | None:
    """Find the words of an address, even if they have moved; ``None`` if they are gone or are not quoted like that.

    ``base``: where the page is served, so that links in a message lead back to it.
    """
    link = read_link(address)
    entry = entries.get(link[0]) if link else None
    place = link[1].found_in(entry.document.text) if link and entry else None
    if entry is None or place is None:
        return None
    best = place.best
    at = best or place.spans[0]
    passage = next((each for each in entry.passages if each.span.range.overlaps(at)), None)
    if passage is None:
        return None
    # What the program shows together, and no fewer.
    for spans, bests in (*((each.spans, each.bests) for each in cuts(passage)), (joined(passage), passage.sentences)):
        if tuple(span.range for span in spans) == place.spans:
            sentence = next((each for each in bests if each.range == best), None)
            if sentence is not None or best in (None, place.spans[0]):  # the address of a whole passage has its begin
                return Quoted(spans, today, sentence, passage.id, base=base)
    return None
