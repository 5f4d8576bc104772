"""Find what is about the page, not about its subject: adverts, furniture, lost lists, references.

Each rule reads structure: repetition, links, imperatives with a product, a colon that leads to nothing. What it yields
is never quoted; an item of a reference list is, when a paper is asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from b12assistant.cleaning import cues
from b12assistant.cleaning.page import BANNER, SHORT, Page, plain, words
from b12assistant.language.sentences import split_sentences
from b12assistant.language.words import fold, stop_words, terms
from b12assistant.types import Block, BlockKind, Range, Role


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


_RUNNING = 16  # words: a line that stands on every page


def by_markup(page: Page) -> Iterator[Range]:
    """Menus, forms and footers as the markup names them; a page header only where it is links or scraps."""
    for block in page.blocks:
        text = page.text(block.range)
        if any(page.covered(block, role) > 0.5 for role in (Role.NAVIGATION, Role.FORM, Role.FOOTER)):
            yield block.range
        elif page.covered(block, Role.HEADER) > 0.5 and block.kind is not BlockKind.HEADING and words(text) <= BANNER:
            yield block.range
        elif page.covered(block, Role.ASIDE) > 0.5 and (
            page.covered(block, Role.LINK) > 0.5 or cues.OFFER.search(text)
        ):
            yield block.range


def by_links(page: Page) -> Iterator[Range]:
    """Runs of blocks that are hardly more than links, and single lines of several."""
    run: list[Block] = []
    for block in (*page.blocks, None):
        linked = block is not None and page.covered(block, Role.LINK) >= 0.8
        if block is not None and linked and not cues.is_reference(page.text(block.range), listed=False):
            run.append(block)
            continue
        if len(run) >= 2 or (run and _is_trail(page, run[0], links=2)):
            yield from (member.range for member in run)
        run = []
        if block is not None and _is_trail(page, block, links=3):
            yield block.range


def _is_trail(page: Page, block: Block, *, links: int) -> bool:
    """A menu or breadcrumb on one line: several links, little else, no sentence."""
    return (
        page.links(block) >= links
        and page.covered(block, Role.LINK) >= 0.5
        and not page.text(block.range).endswith((".", "?", "!"))
    )


def contents(page: Page) -> Iterator[Range]:
    """A list that repeats the page's headings, and what names it."""
    run: list[Block] = []
    before: Block | None = None
    for block in (*page.blocks, None):
        if block is not None and _lists_headings(page, block):
            run.append(block)
            continue
        named = before is not None and cues.CONTENTS_HEADING.match(page.text(before.range))
        known = sum(plain(page.text(member.range)) in page.headings for member in run)
        if len(run) >= 3 and known >= 0.6 * len(run) and (named or known >= 3):
            yield from (member.range for member in run)
            if named and before is not None:
                yield before.range
        run, before = [], block


def _lists_headings(page: Page, block: Block) -> bool:
    if block.kind is BlockKind.HEADING:
        return False
    text = page.text(block.range)
    return plain(text) in page.headings or (
        block.kind is BlockKind.LIST_ITEM and bool(re.match(r"^\W*\d", text)) and words(text) <= 14
    )


def prompts(page: Page) -> Iterator[Range]:
    """Short blocks that speak to the visitor of the page: skip links, share and comment prompts, dates, credits."""
    titles_follow = False
    for block in page.blocks:
        text = page.text(block.range)
        if titles_follow and _is_title(text):
            yield block.range
            continue
        titles_follow = bool(cues.MORE_TITLES_FOLLOW.match(text)) and not text.endswith(".")
        if words(text) <= SHORT and (
            cues.PROMPT.match(text)
            or cues.DATELINE.match(text)
            or cues.SITE_LINKS.match(text)
            or cues.TRAIL.match(text)
        ):
            yield block.range
        elif words(text) <= 2 * SHORT and cues.ABOUT_THE_PAGE.search(text):
            yield block.range


def _is_title(text: str) -> bool:
    return words(text) <= 14 and not text.endswith(".")


def furniture(page: Page) -> Iterator[Range]:
    """What a page repeats: running lines (also with another page number), "back to …" links, adverts placed twice."""
    numberless = Counter(re.sub(r"\d+", "0", plain(page.text(block.range))) for block in page.blocks)
    for block in page.blocks:
        text = page.text(block.range)
        key = re.sub(r"\d+", "0", plain(text))
        spoken = len(re.findall(r"[^\W\d_]{2,}", text)) >= 3  # figures alone make a table, not a running line
        often = (numberless[key] if spoken else 0) >= 3 and words(text) <= _RUNNING and not text.endswith((".", "?"))
        if often and block.kind is not BlockKind.TABLE_ROW:
            yield block.range
        elif page.repeats[plain(text)] >= 2 and block.kind is BlockKind.PARAGRAPH and cues.FIRST_PERSON.search(text):
            yield block.range
        elif page.extract.page_starts and any(page.covered(block, role) == 1 for role in (Role.HEADER, Role.FOOTER)):
            yield block.range


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
