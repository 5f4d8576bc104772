"""What a page sells, and where it sends its readers. Never quoted; a seller's ordinary sentences stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from b12assistant.cleaning import cues
from b12assistant.cleaning.page import BANNER, SHORT, Page, words
from b12assistant.language.sentences import split_sentences
from b12assistant.language.words import fold, stop_words
from b12assistant.types import Block, BlockKind, Range


def glued(page: Page) -> Iterator[Range]:
    """A button's words stuck to what follows ("Book a Visit NowWhat Is …"): only the button is marked."""
    for block in page.blocks:
        if seam := _seam(page, block):
            yield Range(block.range.start, block.range.start + seam)


def _seam(page: Page, block: Block) -> int:
    """Length of the button a block begins with; 0 if there is none."""
    text = page.extract.text[block.range.start : block.range.end]
    if not cues.CALL_TO_ACTION.match(text):
        return 0
    for seam in cues.GLUE.finditer(text):
        button, rest = text[: seam.start()], text[seam.start() :][: cues.LONGEST_REFERENCE].lstrip("-–• ")
        if words(button) > BANNER:
            break
        if _real_words(page, button, rest):
            return seam.start()
    return 0


def _real_words(page: Page, button: str, rest: str) -> bool:
    """Both halves of the seam are words on their own, or the rest is a reference ("StatPearls" is one word)."""
    if cues.is_reference(rest, listed=True):
        return True
    last, first = fold(button).split()[-1], re.findall(r"[^\W\d_]+", fold(rest))[:1]
    known = bool(first) and (first[0] in page.vocabulary or first[0] in stop_words())
    return known and len(last) > 2 and words(rest) >= 2


def adverts(page: Page) -> Iterator[Range]:
    """A call to buy with the paragraphs under it in which the seller speaks; and calls that stand alone."""
    call: Block | None = None
    for block in page.blocks:
        text = page.text(block.range)[_seam(page, block) :].strip()  # what a button is glued to speaks for itself
        if _is_call(text) and not cues.GLUE.search(text):
            call = block
        elif block.kind is BlockKind.HEADING:
            call = None
        elif call is not None and _sells(text):
            yield call.range
            yield block.range
        if (words(text) <= SHORT and cues.OFFER.search(text) and not _is_advice(text)) or _praises(text):
            yield block.range
        elif words(text) <= BANNER and _is_call(text) and cues.STRONG_CALL.match(text) and not cues.GLUE.search(text):
            yield block.range


def _is_call(text: str) -> bool:
    return words(text) <= BANNER and bool(cues.CALL_TO_ACTION.match(text)) and not text.endswith((".", "?", ":"))


def _sells(text: str) -> bool:
    return bool(cues.FIRST_PERSON.search(text) or cues.OFFER.search(text))


def _praises(text: str) -> bool:
    """A short paragraph in the seller's voice with praise or bargains in it."""
    if words(text) > 2 * SHORT or not _sells(text):
        return False
    return len({match.group().lower() for match in cues.PRAISE.finditer(text)}) >= 2


def _is_advice(text: str) -> bool:
    """A full sentence without the seller's own voice is advice, even if it says "book an appointment"."""
    return text.endswith(".") and not cues.FIRST_PERSON.search(text) and not cues.BARGAIN.search(text)


def pointers(page: Page) -> Iterator[Range]:
    """Sentences that only send the reader to another page."""
    for block in page.blocks:
        if block.kind is BlockKind.HEADING:
            continue
        text = page.extract.text[block.range.start : block.range.end]
        for sentence in split_sentences(text):
            if cues.POINTS_ELSEWHERE.match(text[sentence.start : sentence.end].lstrip("•*- ")):
                yield Range(block.range.start + sentence.start, block.range.start + sentence.end)
