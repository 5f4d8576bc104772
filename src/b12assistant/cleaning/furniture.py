"""What a page says of itself: menus, contents, prompts, running lines. Never quoted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from b12assistant.cleaning import cues
from b12assistant.cleaning.page import BANNER, SHORT, Page, plain, words
from b12assistant.types import Block, BlockKind, Range, Role

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
