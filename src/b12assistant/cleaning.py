"""Mark the ranges of a page that are never quoted (`never`), or only if a paper is asked for (`reference`).

Rules read structure (repetition, link density, an imperative with something to sell, a colon with nothing after it),
not site names. Nothing is cut: a mark is a range, and the share of marked text is reported for every file.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from b12assistant.data_files import read_data
from b12assistant.language.folding import hiding
from b12assistant.language.words import fold, split_sentences, stop_words
from b12assistant.threads import cached, once
from b12assistant.types import Block, BlockKind, Document, Extract, Mark, MarkKind, Range, Role

_LISTS = read_data("cleaning", "cues.toml")


def _any(name: str) -> str:
    return "(?:" + "|".join(_LISTS[name]) + ")"


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{_any(name)}\b", re.I)


def _whole(name: str, end: str = r"[.!]?$") -> re.Pattern[str]:
    return re.compile(rf"^{_any(name)}{end}", re.I)


CALL_TO_ACTION = re.compile(
    rf"^{_any('calls')}\s+(?:(?:a|an|your|our|my|the|this|now|more|at|in|up|us)\b|(?-i:[A-Z]))", re.I
)
FIRST_PERSON = re.compile(r"\b(?:our|ours|us|we|we['’]re|we['’]ll)\b", re.I)  # the seller speaks
OFFER = re.compile(_any("offers"), re.I)
BARGAIN = re.compile(_any("bargains"), re.I)
PRAISE = _word("praise")
PROMPT = _whole("prompts")
# "Published on: Modified on:", "Updated 3 March 2024 by …": only words of dates.
DATELINE = re.compile(
    r"^(?:(?:first |originally )?(?:published|posted|written|modified|updated|reviewed)|"
    r"last (?:updated|modified|reviewed))"
    # No token can begin inside the one before, so that a line that does not match fails at once, not after 2^n tries.
    r"(?:[\s|·–—:,./-]|(?:on|by|in|published|posted|modified|updated|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)(?![a-z])|\d{1,4}(?!\d)(?:st|nd|rd|th)?)*"
    r"(?:[|·].*|(?:by|in) [A-Z].*)?[.!]?$",
    re.I,
)
ABOUT_THE_PAGE = _word("about_the_page")
POINTS_ELSEWHERE = re.compile(rf"^{_any('elsewhere')}", re.I)
REFERS = re.compile(r"(?:please )?(?:also )?(?:see|refer to|consult|for (?:more|further|additional|a list)\b)", re.I)
CONTENTS_HEADING = _whole("contents_headings", r"\W*$")
MORE_TITLES_FOLLOW = _whole("more_titles", "$")
# A line of site links without markup, and a trail of places ("Home > Guides > This page"; not "Serum B12 > 300").
SITE_LINKS = re.compile(rf"^(?=(?:.*\b{_any('site_links')}\b){{2}})[^.?!]*(?:[|·•][^.?!|·•]*){{2,}}$", re.I)
TRAIL = re.compile(r"^[^.?!:;<>»›]{1,40}(?:\s[>»›]\s(?!\d)[^.?!:;<>»›]{1,60}){1,6}$")

LONGEST_REFERENCE = 2_000  # characters
REFERENCE_HEADING = re.compile(rf"^\W*(?:\d+\.?\s*)?{_any('reference_headings')}\b", re.I)
_YEAR = re.compile(r"\b(?:19|20)\d\d[a-z]?\b")
_PARTICLES = r"(?:(?:de|van|von|der|den|la|le|di|da|del|al)\s+){0,2}"
_AUTHOR = re.compile(
    rf"^[\W\d]{{0,8}}{_PARTICLES}[^\W\d_][\w’'\-]+,?\s+(?:[A-Z]\.?[\s-]?){{1,4}}"
    r"(?:[,.;:(&]|\s+(?:et al|and|&)|\s*\()"
)
_INITIALS_FIRST = re.compile(r"^[\W\d]{0,8}(?:[A-Z]\.[\s-]?){1,4}[^\W\d_][\w’'\-]+(?:,| and )")
_VOLUME = re.compile(
    r"\bvol\.\s*\d+|\bpp?\.\s*\d+|;\s*\d+\s*(?:\([^)]{1,12}\))?\s*[:;]|"
    r"(?<!\d)\d+\s*(?:\([^)]{1,12}\))?\s*[:;,]\s*(?:pp?\.?\s*)?[A-Za-z]?\d+(?:\s*[-–—]\s*[A-Za-z]?\d+)?"
)
_IDENTIFIER = re.compile(r"\bdoi\b|\b10\.\d{4,9}/|\bPMID\b|\bISBN\b|\bavailable (?:from|at):?\s|https?://", re.I)
_ET_AL = re.compile(r"\bet al\b", re.I)


def is_reference(text: str, *, listed: bool) -> bool:
    """Check if a block looks like an item of a reference list; ``listed``: it is under such a heading.

    A sentence that cites ("In 2014 Smith and colleagues …") does not begin with an author and initials.
    """
    author = bool(_AUTHOR.match(text) or _INITIALS_FIRST.match(text))
    if not author and not listed:
        return False
    evidence = sum(bool(pattern.search(text)) for pattern in (_YEAR, _VOLUME, _IDENTIFIER, _ET_AL))
    return evidence >= (1 if listed and author else 2)


SHORT = 25  # words: a prompt, not a paragraph
BANNER = 12  # words: a button, a heading
_LONGEST_WORD = 40  # characters
_NUMBERING = re.compile(r"^\W*(?:\d+(?:\.\d+)*[.)]?|[•*–-])\s+|\s*\(#[\w-]+\)\s*$")


@dataclass(frozen=True)
class Page:
    """A page with what the rules need from it, computed once."""

    extract: Extract

    def text(self, range_: Range) -> str:
        return self.extract.text[range_.start : range_.end].strip()

    @cached(None)
    def sentences(self, block: Block) -> tuple[Range, ...]:
        """Return where the sentences of a block are in the text. Cached: several rules read them."""
        start = block.range.start
        ranges = split_sentences(self.extract.text[start : block.range.end])
        return tuple(Range(start + range_.start, start + range_.end) for range_ in ranges)

    @once
    def headings(self) -> frozenset[str]:
        return frozenset(plain(self.text(section.heading)) for section in self.extract.sections)

    def covered(self, block: Block, role: Role) -> float:
        """Return the share of a block's characters that lie in regions of ``role``."""
        return self.share(block.range, role)

    def share(self, range_: Range, role: Role) -> float:
        """Return the share of a range's characters that lie in regions of ``role``."""
        free = sum(part.end - part.start for part in range_.without(self.united[role]))
        return 1 - free / (range_.end - range_.start)

    def links(self, block: Block) -> int:
        """Count the links in a block."""
        links = self._regions[Role.LINK]
        first, last = (
            bisect_left(links, at, key=lambda link: link.start) for at in (block.range.start, block.range.end)
        )
        return sum(link.end <= block.range.end for link in links[first:last])

    @once
    def _regions(self) -> defaultdict[Role, list[Range]]:
        """Return the ranges of each role, in order; some may overlap."""
        regions: defaultdict[Role, list[Range]] = defaultdict(list)
        for region in sorted(self.extract.regions, key=lambda region: region.range):
            regions[region.role].append(region.range)
        return regions

    @once
    def united(self) -> defaultdict[Role, list[Range]]:
        """Return the ranges of each role without overlaps, since a page may have thousands of links."""
        united: defaultdict[Role, list[Range]] = defaultdict(list)
        for role, ranges in self._regions.items():
            for range_ in ranges:
                start = max(range_.start, united[role][-1].end if united[role] else 0)
                united[role] += [Range(start, range_.end)] if start < range_.end else []
        return united


def plain(text: str) -> str:
    """Return a heading or contents line without its number, for comparison."""
    return fold(_NUMBERING.sub("", text)).strip(" .:#")


def words(text: str) -> int:
    """Count the words of a text, roughly as a reader would. An over-long word counts as several."""
    return sum(1 + len(word) // _LONGEST_WORD for word in text.split())


def unseen(page: Page) -> Iterator[Range]:
    """Yield sentences with invisible letters in them: a copy of them would hold more than a reader sees."""
    return _touching(page, list(hiding(page.extract.text)))


def struck(page: Page) -> Iterator[Range]:
    """Yield sentences with words in them that are struck out."""
    return _touching(page, page.united[Role.STRUCK])


def _touching(page: Page, ranges: Sequence[Range]) -> Iterator[Range]:
    if ranges:
        yield from _with_lists(page, lambda sentence: next(sentence.without(ranges), None) != sentence)


# A picture or field, and letters of a font's own (not the usual bullets).
_NO_TEXT = re.compile("\ufffc|(?![\uf02d\uf06e\uf06f\uf076\uf0a7\uf0a8\uf0b7\uf0d8])[\ue000-\uf8ff]")


def drawn(page: Page) -> Iterator[Range]:
    """Yield sentences in which something is drawn that has no text: without it, they may say something else."""
    if _NO_TEXT.search(page.extract.text):
        yield from _with_lists(page, lambda sentence: _NO_TEXT.search(page.text(sentence)) is not None)


def _with_lists(page: Page, is_sought: Callable[[Range], bool]) -> Iterator[Range]:
    """Yield the sentences that are sought, and the items of a list that such a sentence introduces."""
    introduced = False
    for block in page.extract.blocks:
        is_item = block.kind is BlockKind.LIST_ITEM
        if introduced and is_item:
            yield block.range
            continue
        found = [sentence for sentence in page.sentences(block) if is_sought(sentence)]
        yield from found
        introduced = bool(found) and not is_item and page.text(found[-1]).rstrip("\ufffc ").endswith(":")


def adverts(page: Page) -> Iterator[Range]:
    """Yield short offers, praise in the seller's voice, and buttons that only sell."""
    for block in page.extract.blocks:
        text = page.text(block.range)
        if (words(text) <= SHORT and OFFER.search(text) and not _is_advice(text)) or _praises(text):
            yield block.range
        elif words(text) <= BANNER and CALL_TO_ACTION.match(text) and not text.endswith((".", "?", ":")):
            yield block.range


def _praises(text: str) -> bool:
    """Check for a short paragraph in the seller's voice with praise or bargains in it."""
    sells = bool(FIRST_PERSON.search(text) or OFFER.search(text))
    return sells and words(text) <= 2 * SHORT and len({word.lower() for word in PRAISE.findall(text)}) >= 2


def _is_advice(text: str) -> bool:
    """Check for a full sentence not in the seller's voice: that is advice, even if it says "book an appointment"."""
    return text.endswith(".") and not FIRST_PERSON.search(text) and not BARGAIN.search(text)


def pointers(page: Page) -> Iterator[Range]:
    """Yield sentences that only send the reader to another page."""
    for block in page.extract.blocks:
        if block.kind is BlockKind.HEADING:
            continue
        for sentence in page.sentences(block):
            text = page.text(sentence).lstrip("•*- (")
            if POINTS_ELSEWHERE.match(text) or (REFERS.match(text) and page.share(sentence, Role.LINK) >= _REFERENCE):
                yield sentence


_REFERENCE = 0.4  # of a sentence that refers to another page: what is a link
_RUNNING = 16  # words of a running line, at most
_RUNNING_ROLES = (Role.HEADER, Role.FOOTER)


def by_markup(page: Page) -> Iterator[Range]:
    """Yield menus, forms and footers by their markup, short lines of page headers, and asides of links or offers."""
    for block in page.extract.blocks:
        text = page.text(block.range)
        if any(page.covered(block, role) > 0.5 for role in (Role.NAVIGATION, Role.FORM, Role.FOOTER)):
            yield block.range
        elif page.covered(block, Role.HEADER) > 0.5 and block.kind is not BlockKind.HEADING and words(text) <= BANNER:
            yield block.range
        elif page.covered(block, Role.ASIDE) > 0.5 and (page.covered(block, Role.LINK) > 0.5 or OFFER.search(text)):
            yield block.range


def by_links(page: Page) -> Iterator[Range]:
    """Yield runs of blocks that are hardly more than links, and single lines of several links."""

    def is_linked(block: Block) -> bool:
        return page.covered(block, Role.LINK) >= 0.8 and not is_reference(page.text(block.range), listed=False)

    for linked, group in groupby(page.extract.blocks, key=is_linked):
        run = list(group)
        if not linked:
            yield from (block.range for block in run if _is_trail(page, block, links=3))
        elif len(run) >= 2 or _is_trail(page, run[0], links=2):
            yield from (block.range for block in run)


def _is_trail(page: Page, block: Block, *, links: int) -> bool:
    """Check for a menu or breadcrumb on one line: several links, little else, no sentence."""
    return (
        page.links(block) >= links
        and page.covered(block, Role.LINK) >= 0.5
        and not page.text(block.range).endswith((".", "?", "!"))
    )


def contents(page: Page) -> Iterator[Range]:
    """Yield lines that only repeat a heading of the page, and lists of such lines with the heading above them."""
    run: list[Block] = []
    before: Block | None = None
    for block in (*page.extract.blocks, None):
        if block is not None and _lists_headings(page, block):
            run.append(block)
            continue
        named = before is not None and CONTENTS_HEADING.match(page.text(before.range))
        known = sum(plain(page.text(member.range)) in page.headings for member in run)
        if len(run) >= 3 and known >= 0.6 * len(run) and (named or known >= 3):
            yield from (member.range for member in run)
            if named and before is not None:
                yield before.range
        else:
            followed = zip(run, (*run[1:], block), strict=False)
            yield from (each.range for each, after in followed if _is_only_a_heading(page, each, after))
        run, before = [], block


def _is_only_a_heading(page: Page, block: Block, following: Block | None) -> bool:
    """Check that a line that repeats a heading neither says something nor leads to a list, rows or code."""
    leads = following is not None and following.kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW, BlockKind.TERM)
    is_line = block.kind is BlockKind.TABLE_ROW or (block.kind is BlockKind.PARAGRAPH and not leads)
    text = page.text(block.range)
    return is_line and plain(text) in page.headings and not page.covered(block, Role.CODE) and not _ENDED.search(text)


def _lists_headings(page: Page, block: Block) -> bool:
    if block.kind is BlockKind.HEADING:
        return False
    text = page.text(block.range)
    return plain(text) in page.headings or (
        block.kind is BlockKind.LIST_ITEM and bool(re.match(r"^\W*\d", text)) and words(text) <= 14
    )


def prompts(page: Page) -> Iterator[Range]:
    """Yield short blocks addressed to the page's visitor: skip links, share and comment prompts, dates, credits."""
    titles_follow = False
    for block in page.extract.blocks:
        text = page.text(block.range)
        if titles_follow and words(text) <= 14 and not text.endswith("."):
            yield block.range
            continue
        titles_follow = bool(MORE_TITLES_FOLLOW.match(text)) and not text.endswith(".")
        if words(text) <= SHORT and (
            PROMPT.match(text) or DATELINE.match(text) or SITE_LINKS.match(text) or TRAIL.match(text)
        ):
            yield block.range
        elif words(text) <= 2 * SHORT and ABOUT_THE_PAGE.search(text):
            yield block.range


def furniture(page: Page) -> Iterator[Range]:
    """Yield what a page repeats: running lines (numbers ignored), "back to …" links, adverts placed twice."""
    keys = [plain(page.text(block.range)) for block in page.extract.blocks]
    numberless = [re.sub(r"\d+", "0", key) for key in keys]
    repeats, runs = Counter(keys), Counter(numberless)
    for block, key, line in zip(page.extract.blocks, keys, numberless, strict=True):
        text = page.text(block.range)
        wordy = len(re.findall(r"[^\W\d_]{2,}", text)) >= 3  # numbers alone make a table, not a running line
        running = wordy and runs[line] >= 3 and words(text) <= _RUNNING and not text.endswith((".", "?"))
        if running and block.kind is not BlockKind.TABLE_ROW:
            yield block.range
        elif repeats[key] >= 2 and block.kind is BlockKind.PARAGRAPH and FIRST_PERSON.search(text):
            yield block.range
        elif page.extract.page_starts and any(page.covered(block, role) == 1 for role in _RUNNING_ROLES):
            yield block.range


_OPENING_QUOTE = ('"', "“", "‘", "«", "'")


def lost_lists(page: Page) -> Iterator[Range]:
    """Yield sentences that end in a colon with nothing after it: their list was lost in extraction."""
    for i, block in enumerate(page.extract.blocks):
        if block.kind is BlockKind.TABLE_ROW or not page.text(block.range).endswith(":"):
            continue
        lead = page.sentences(block)[-1]
        if not _list_follows(page, i):
            yield Range(lead.start, block.range.end)


def _list_follows(page: Page, i: int) -> bool:
    after = page.extract.blocks[i + 1 : i + 3]
    if not after or after[0].kind is BlockKind.HEADING:
        return False
    listed = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW, BlockKind.TERM)
    if after[0].kind in listed or page.covered(after[0], Role.CODE) == 1:
        return True
    texts = [page.text(block.range) for block in after]
    if texts[0].startswith(_OPENING_QUOTE):
        return True
    # A list that lost its bullets, a table that lost its bars.
    return len(texts) == 2 and all(words(text) <= 18 and not text.endswith((".", ":")) for text in texts)


_INSIDE = re.compile(r"[a-z]{2,}[\s,;]|[a-z]\s|[,;:.)\]}](?!\w)")
_ENDED = re.compile(r"""[.!?…:;]["'”’)\]]*$""")
_LEAST_ROW, _MOST_ROW = 6, 100  # words of a table's rows that were run together
_PROSE = 0.1  # of the words: in prose, far more are stop words
_OF_TABLES = frozenset(map(fold, _LISTS["table_words"]))


def fragments(page: Page) -> Iterator[Range]:
    """Yield parts of sentences and tables that the layout of printed pages tears; of a torn sentence, both parts."""
    if not page.extract.page_starts:
        return
    cut: Range | None = None  # the last sentence of the paragraph before, if it has no end
    for block in page.extract.blocks:
        if block.kind is not BlockKind.PARAGRAPH or any(page.covered(block, each) for each in _RUNNING_ROLES):
            continue
        at = page.sentences(block)
        for range_ in at:
            if _INSIDE.match(page.text(range_)) and cut is not None and range_ is at[0]:
                yield cut
            if _INSIDE.match(page.text(range_)) or _is_tabular(page.text(range_)):
                yield range_
        cut = at[-1] if at and not _ENDED.search(page.text(at[-1])) else None


def _is_tabular(text: str) -> bool:
    found = [word.strip(".,;:()") for word in fold(text).split()]
    few = sum(word in stop_words() and word not in _OF_TABLES for word in found) < _PROSE * len(found)
    return "\n" not in text and _LEAST_ROW <= len(found) <= _MOST_ROW and few and not _ENDED.search(text)


def references(page: Page) -> Iterator[Range]:
    """Yield the items of reference lists."""
    for block in page.extract.blocks:
        text = page.text(block.range)[:LONGEST_REFERENCE]
        if block.kind is not BlockKind.HEADING and is_reference(text, listed=_is_listed(page, block)):
            yield block.range


def _is_listed(page: Page, block: Block) -> bool:
    """Check if the nearest heading at or above a block is that of a reference list."""
    sections = page.extract.sections
    above = bisect_right(sections, block.range.start, key=lambda section: section.start)
    return above > 0 and REFERENCE_HEADING.match(page.text(sections[above - 1].heading)) is not None


DRAWN, STRUCK = "drawn", "struck"  # the rules about what a reader sees and a quote would not say

RULES = (
    ("unseen", MarkKind.NEVER, unseen),
    ("markup", MarkKind.NEVER, by_markup),
    ("contents", MarkKind.NEVER, contents),
    ("links", MarkKind.NEVER, by_links),
    ("prompt", MarkKind.NEVER, prompts),
    ("furniture", MarkKind.NEVER, furniture),
    (DRAWN, MarkKind.NEVER, drawn),
    (STRUCK, MarkKind.NEVER, struck),
    ("reference", MarkKind.REFERENCE, references),
    ("advert", MarkKind.NEVER, adverts),
    ("pointer", MarkKind.NEVER, pointers),
    ("lost_list", MarkKind.NEVER, lost_lists),
    ("fragment", MarkKind.NEVER, fragments),
)


def mark(extract: Extract) -> tuple[Mark, ...]:
    """Return all marks of a page, in order, without overlap; of overlapping rules the first in the list wins."""
    page = Page(extract)
    marks: list[Mark] = []
    taken: list[Range] = []
    for name, kind, rule in RULES:
        for range_ in rule(page):
            for part in tuple(range_.without(taken)):
                marks.append(Mark(part, kind, name))
                insort(taken, part)
    return tuple(sorted(marks, key=lambda marked: marked.range))


def marked_share(document: Document) -> float:
    """Return the share of non-blank characters that are marked `never`."""
    total = len("".join(document.text.split()))
    never = "".join(document.slice(marked.range) for marked in document.marks if marked.kind is MarkKind.NEVER)
    return len("".join(never.split())) / total if total else 0.0
