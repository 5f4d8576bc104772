"""Lists: a lead-in whose list was lost is never quoted; an item of a reference list only when a paper is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from b12assistant.cleaning import cues
from b12assistant.cleaning.page import Page, words
from b12assistant.language.sentences import split_sentences
from b12assistant.language.words import terms
from b12assistant.types import Block, BlockKind, Range

_OPENING_QUOTE = ('"', "“", "‘", "«", "'")


def lost_lists(page: Page) -> Iterator[Range]:
    """A sentence that ends in a colon and leads to nothing: its list was lost on the way."""
    for i, block in enumerate(page.blocks):
        text = page.extract.text[block.range.start : block.range.end].rstrip()
        if not text.endswith(":") or block.kind is BlockKind.TABLE_ROW:
            continue
        lead = split_sentences(text)[-1]
        if not _list_follows(page, i, text[lead.start :]):
            yield Range(block.range.start + lead.start, block.range.end)


def _list_follows(page: Page, i: int, lead: str) -> bool:
    after = page.blocks[i + 1 : i + 3]
    if not after or after[0].kind is BlockKind.HEADING:
        return False
    if after[0].kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW):
        return True
    texts = [page.text(block.range) for block in after]
    if texts[0].startswith(_OPENING_QUOTE):
        return True
    if len(texts) == 2 and all(words(text) <= 18 and not text.endswith((".", ":")) for text in texts):
        return True  # a list that lost its bullets, a table that lost its bars
    said = set(terms(lead))
    again = len(said & set(terms(texts[0])))
    return again >= 3 and again >= 0.4 * len(said)  # an excerpt that speaks of what was announced


def references(page: Page) -> Iterator[Range]:
    """Items of a reference list."""
    for block in page.blocks:
        if block.kind is BlockKind.HEADING and not cues.GLUE.search(page.text(block.range)):
            continue
        if cues.begins_reference(page.text(block.range), listed=_is_listed(page, block)):
            yield block.range


def empty_references(page: Page) -> Iterator[Range]:
    """Items that lost everything but their number ("1. 1")."""
    for block in page.blocks:
        if _is_listed(page, block) and cues.is_empty_reference(page.text(block.range)):
            yield block.range


def _is_listed(page: Page, block: Block) -> bool:
    return bool(cues.REFERENCE_HEADING.match(page.heading_of(block.range.start)))
