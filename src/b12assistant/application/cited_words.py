"""Read the address of words of a document: only words that the program shows together, a cut or a whole passage.

Anyone can write such an address, and part of a sentence may say the opposite of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from b12assistant.answering.quoting import cuts
from b12assistant.display.addresses import read_link
from b12assistant.display.quoted import Quoted, joined
from b12assistant.index.documents import Entry
from b12assistant.types import DocumentId


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
