"""Read plain text: the decoded file with the structure that its lines suggest.

A line is a heading, an item, an ornament or plain by its words alone. The layout of the whole file shows which line
ends are the author's, and which an editor added to wrap lines: these become blanks, and words they broke are joined.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, zip_longest

from b12assistant.loaders.decoding import decode
from b12assistant.loaders.manuscript import outline
from b12assistant.loaders.wrapping import Flow, line_end, words_of
from b12assistant.types import Block, BlockKind, Extract, Range, Region, Role

_LONGEST_HEADING = 100  # code points
_LONGEST_LABEL = 60  # code points, of a heading in sentence case
_MOST_WORDS = 16
_MOST_LABEL_WORDS = 8
_TITLE_SHARE = 0.7  # of the words that a title capitalises

_MARKER = re.compile(
    r"""(?: [-*+•‣▪▫◦●○■□◆–·]      # a bullet
          | \(?\d{1,3}[.)]          # 1.  1)  (1)
          | \([a-zA-Z]\) | [a-z][.)]
          | \(?[ivx]{1,5}[.)]       # roman
        )[ \t\u00a0]+\S""",
    re.VERBOSE,
)
_NUMERAL = re.compile(r"\(?\d")
_NUMBERING = re.compile(r"(\d{1,3}(?:\.\d{1,3})*)\.?\s+(?=\S)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"""[.!?…:;]["'”’)\]]*$""")
_CLOSED = re.compile(r"""[.!,;…]["'”’)\]]*$""")
_UNFILLED = re.compile(r":.*:$")  # "Published on: Modified on:", fields without their values
# Skip links (WCAG 2.4.1), jumps, bylines and captions read the same on every site; none is a heading.
_FURNITURE = re.compile(
    r"(?:(?:skip|back|jump|return|go) to|by|written by|reviewed by|posted on|copyright|©)\s"
    r"|(?:figure|fig\.?|table)\s+\d|(?:photo|image|picture|credit)s?\s?:",
    re.I,
)
_FIELDS = re.compile(r"\s[|·]\s|[*←→»«]$|^[←→»«]")  # lines of several parts, required fields, links onward
_GAP = re.compile(r"\S {3,}\S")  # columns, or a running head
_LEADERS = re.compile(r"(?:\.\s?){3,}|…\s?\d")  # "Methods . . . . 12", an entry of a table of contents
_ORNAMENT = re.compile(r"[\W_]+")
# Words that titles leave in lower case.
_ARTICLES = frozenset({"a", "an", "the", "and", "or", "but", "nor", "so", "if", "vs", "not", "no", "it", "its"})
_PREPOSITIONS = frozenset(
    {"as", "at", "by", "for", "from", "in", "into", "of", "on", "over", "to", "up", "with", "via"}
)
_OTHERS = frozenset(
    {"about", "after", "before", "between", "than", "that", "is", "are", "be", "do", "can", "you", "your"}
)
_MINOR = _ARTICLES | _PREPOSITIONS | _OTHERS


def is_item(text: str) -> bool:
    """Check if a line begins with a bullet or a number, as a list item does."""
    return _MARKER.match(text) is not None


def is_numbered(text: str) -> bool:
    """Check if a line begins with an Arabic numeral; it may still be the middle of a sentence."""
    return _NUMERAL.match(text) is not None


def ends_sentence(text: str) -> bool:
    """Check if a sentence ends at the end of the line."""
    return _SENTENCE_END.search(text) is not None


def is_ornament(text: str) -> bool:
    """Check for a rule or underline: no letter and no digit."""
    return _ORNAMENT.fullmatch(text) is not None


def could_be_heading(text: str) -> bool:
    """Check if a line is short, has a word, and does not end like a sentence. A question mark may end a heading."""
    words = _WORD.findall(text)
    return (
        len(text) <= _LONGEST_HEADING
        and 0 < len(words) <= _MOST_WORDS
        and any(word[0].isalpha() for word in words)
        and not _CLOSED.search(text)
        and not _UNFILLED.search(text)
        and not _LEADERS.search(text)
        and not _FIELDS.search(text)
        and not _FURNITURE.match(text)
        and not _GAP.search(text)
    )


def is_title(text: str) -> bool:
    """Check for a line in Title Case or capitals; small words of titles and words with digits do not count."""
    if not could_be_heading(text):
        return False
    words = [word for word in _WORD.findall(_unnumbered(text)) if word.isalpha() or "’" in word or "'" in word]
    if not words or not words[0][0].isupper():
        return False
    capital = sum(word[0].isupper() for word in words)
    small = sum(word[0].islower() and word not in _MINOR for word in words)
    return bool(capital >= _TITLE_SHARE * (capital + small))


def is_label(text: str) -> bool:
    """Check for a heading in sentence case. Only for lines that are alone: it could also be a short sentence."""
    bare = _unnumbered(text)
    return (
        could_be_heading(text)
        and len(text) <= _LONGEST_LABEL
        and len(_WORD.findall(bare)) <= _MOST_LABEL_WORDS
        and bare[:1].isupper()
        and "," not in bare
        and not bare.endswith(":")  # "Common signs include:" introduces a list
        and not re.search(r"[.!?]\s+\S", bare)  # "Like this? Read more", two sentences
    )


def numbered_level(text: str) -> int | None:
    """Return the level of a numbered heading, 3 for "2.1 Methods" (the title has level 1); ``None`` if unnumbered."""
    match = _NUMBERING.match(text)
    return None if match is None else match[1].count(".") + 2


def _unnumbered(text: str) -> str:
    match = _NUMBERING.match(text)
    if match is None or ("." not in match[1] and text[match.end(1)] != "."):
        return text  # "7 Signs of Deficiency" counts, it does not number
    return text[match.end() :]


_LINE = re.compile(r"([^\n\r\v\f\x85\u2028\u2029]*)(\r\n|[\n\r\v\f\x85\u2028\u2029]|\Z)")
_WIDEST_WRAP = 120  # code points; longer lines are unwrapped paragraphs
_SHORT_LINE = 0.6  # of the width: a line that ends a sentence before this ends its paragraph
_FULL_LINE = 0.8  # of the width: a line without room for the next word
_CONTINUED_SHARE = 0.3  # of the line ends inside runs: from here a text counts as wrapped
_DENSE_SHARE = 0.2  # of the lines follow a blank one: below that, blank lines separate nothing
_FURNITURE_COUNT = 3  # a line that occurs this often is a link or a footer
_SECTION_NUMBER = re.compile(r"(\d{1,2})\.\s+[A-Z]")
_LONG_LINE = 5  # words: longer lines are the same if only numbers differ, but "Step 1" is not "Step 2"


@dataclass(frozen=True, slots=True)
class Line:
    """A non-blank line without the white space at its ends. Offsets in code points, half-open."""

    start: int
    end: int
    text: str
    indent: int  # characters of white space in front
    spaced: bool  # a blank line, or nothing, is before it


@dataclass(frozen=True, slots=True)
class LineLayout:
    """How a file uses line ends. ``width``: of its wrapped lines in code points, 0 if no line is wrapped."""

    width: int
    dense: bool  # no blank lines: each line is a paragraph, a heading or an item
    attached: bool  # headings are directly above their text rather than between blank lines
    furniture: frozenset[str]  # keys of the lines that repeat over the file, as running headers and links do
    numbered: frozenset[int]  # offsets of the lines that number the sections, "1. Cleaning", "2. Error codes"


def split_lines(text: str) -> tuple[Line, ...]:
    """Return the non-blank lines. Not ``str.splitlines``: it also splits at FS, GS and RS, which end no line."""
    lines = []
    spaced = True
    for match in _LINE.finditer(text):
        row = match[1]
        bare = row.strip()
        if bare:
            indent = len(row) - len(row.lstrip())
            start = match.start() + indent
            lines.append(Line(start, start + len(bare), bare, indent, spaced))
            spaced = False
        elif match[2] != "\f" or row:  # a paragraph may continue after a form feed
            spaced = True
    return tuple(lines)


def layout_of(lines: Sequence[Line]) -> LineLayout:
    """Infer the layout from the whole file: a single line does not show if it was wrapped."""
    width = _wrap_width(lines)
    gaps = sum(line.spaced for line in lines[1:])
    counts = Counter(_key(line.text) for line in lines)
    return LineLayout(
        width=width,
        dense=not width and gaps < _DENSE_SHARE * len(lines),
        attached=_attached(lines),
        furniture=frozenset(key for key, count in counts.items() if count >= _FURNITURE_COUNT),
        numbered=_numbered_sections(lines),
    )


def _numbered_sections(lines: Sequence[Line]) -> frozenset[int]:
    """Return the offsets of numbered headings: each after a blank line and over text, and they count from 1."""
    found = [
        (int(number[1]), line.start)
        for line, following in pairwise(lines)
        if line.spaced
        and (number := _SECTION_NUMBER.match(line.text)) is not None
        and could_be_heading(line.text)
        and not is_item(following.text)
        and not following.text[0].islower()
        and following.indent <= line.indent
    ]
    counts = [number for number, _ in found] == list(range(1, len(found) + 1))
    return frozenset(start for _, start in found) if counts and len(found) > 1 else frozenset()


def _key(text: str) -> str:
    """Return the line, without its numbers if it is long, to count repeats."""
    return re.sub(r"\d+", "#", text) if len(text.split()) >= _LONG_LINE else text


def _wrap_width(lines: Sequence[Line]) -> int:
    """Return the length of the longest wrapped line; 0 if lines are too long to be wrapped, or do not continue."""
    pairs = [
        (line, following) for line, following in pairwise(lines) if not following.spaced and not is_item(following.text)
    ]
    continued = sum(f.text[0].islower() and not ends_sentence(line.text) for line, f in pairs)
    if not pairs or continued < _CONTINUED_SHARE * len(pairs):
        return 0
    lengths = sorted(len(line.text) for line, _ in pairs)
    usual = lengths[int(0.95 * (len(lengths) - 1))]  # the longest may be a URL, which cannot be wrapped
    return usual if usual <= _WIDEST_WRAP else 0


def _attached(lines: Sequence[Line]) -> bool:
    """Check if more titles are directly above text than between blank lines (the first line is always a title)."""
    pairs = pairwise(lines[1:])
    alone = [below.spaced for line, below in pairs if line.spaced and is_title(line.text)]
    return alone.count(False) > alone.count(True)


_CHAIN_DENSE = 3  # titles in a row: from here they are a list without bullets
_CHAIN_SPACED = 4  # the same between blank lines, where sections may be empty
_UNDERLINE = {"=": 1, "-": 2}
_FLOWING = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
_FILLED = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
_RUNNING = re.compile(  # of manual pages: "LS(1)     User Commands     LS(1)" and its foot
    r"(?P<name>[\w.:+-]+\(\w+\))\s{2,}\S.*\s{2,}(?P=name)|\S.*\s{3,}\S.*\s{3,}[\w.:+-]+\(\w+\)"
)
_DELIMITED = re.compile(r"\S(?:\t| \| ).*\S|^\|.*\|$")
_MOST_BEFORE_TITLE = 3  # lines such as "Skip to content" that may be above a title


def load(data: bytes) -> Extract:
    """Read the decoded file without its byte order mark, and without the line ends of wrapping."""
    decoded = decode(data)
    lines = split_lines(decoded.text)
    layout = layout_of(lines)
    kinds = _kinds(lines, layout)
    blocks = _blocks(lines, kinds, layout)
    flow = Flow(decoded.text, _wrapping(lines, blocks, layout))
    headings = [(flow.range(heading), level) for heading, level in _headings(lines, kinds)]
    text = flow.text
    running = {line.start: match for line in lines if (match := _RUNNING.fullmatch(line.text))}
    manual = next(iter(running.values()), None)
    titled = bool(headings) and headings[0][1] == 1
    # Form feeds separate pages; one at the very end begins no page.
    pages = [match.end() for match in re.finditer("\f", decoded.text) if match.end() < len(decoded.text)]
    return Extract(
        text=text,
        extractor=f"plain text ({decoded.encoding})",
        title=manual["name"] if manual else text[headings[0][0].start : headings[0][0].end] if titled else None,
        page_starts=(0, *map(flow.place, pages)) if "\f" in decoded.text else (),
        sections=outline(headings, len(text)),
        blocks=tuple(Block(block.kind, flow.range(block.range)) for block in blocks),
        regions=tuple(
            Region(Role.FOOTER, flow.range(Range(line.start, line.end))) for line in lines if line.start in running
        ),
        warnings=decoded.warnings,
    )


def _wrapping(lines: Sequence[Line], blocks: Iterable[Block], layout: LineLayout) -> Iterator[tuple[int, int, str]]:
    """Yield what wrapping added to paragraphs and items: line ends, hyphens at them, blanks that fill a line."""
    words = words_of(line.text for line in lines)
    starts = [line.start for line in lines]
    reaches = sorted(line.indent + len(line.text) for line in lines)
    full = _SHORT_LINE * reaches[int(0.95 * (len(reaches) - 1))] if layout.width else 0
    for block in blocks:
        own = lines[bisect_left(starts, block.range.start) : bisect_left(starts, block.range.end)]
        if block.kind not in _FLOWING or not (layout.width or len(own) > 1):
            continue
        for line, following in zip_longest(own, own[1:]):
            yield from ((line.start + run.start(), line.start + run.end(), " ") for run in _FILLED.finditer(line.text))
            if following is not None and not _is_over(line, following, full):
                first, glue = line_end(line.text, following.text, words)
                yield line.start + len(first), following.start, glue


def _is_over(line: Line, following: Line, full: float) -> bool:
    """Check if a line ends before ``full`` for a reason of its own, as in code; not if a tag or bullet is in it."""
    is_tag = following.indent > line.indent and not line.text.endswith((":", "{"))
    return line.indent + len(line.text) < full and not is_tag


def _kinds(lines: Sequence[Line], layout: LineLayout) -> list[BlockKind]:
    """Return the kind of block of each line, before lines are joined."""
    kinds = [BlockKind.PARAGRAPH] * len(lines)
    rows = _rows(lines)
    for i in range(len(lines)):
        if i in rows:
            kinds[i] = BlockKind.TABLE_ROW
        elif _is_heading(lines, i, layout):
            kinds[i] = BlockKind.HEADING
        elif _is_item(lines, i, layout):
            kinds[i] = BlockKind.LIST_ITEM
    return _unchained(lines, kinds, layout)


def _rows(lines: Sequence[Line]) -> set[int]:
    """Return the numbers of lines in tables: two or more in a row with tabs or bars between cells."""
    delimited = {i for i, line in enumerate(lines) if _DELIMITED.search(line.text) and not is_item(line.text)}
    return {
        i
        for i in delimited
        if (i - 1 in delimited and not lines[i].spaced) or (i + 1 in delimited and not lines[i + 1].spaced)
    }


def _is_item(lines: Sequence[Line], i: int, layout: LineLayout) -> bool:
    line = lines[i]
    if not is_item(line.text):
        return False
    # Wrapped prose can bring a number to the front of a line: "people over\n60. Of these".
    inside = layout.width and i and not line.spaced and is_numbered(line.text)
    previous = lines[i - 1].text
    return not inside or is_item(previous) or ends_sentence(previous)


def _is_heading(lines: Sequence[Line], i: int, layout: LineLayout) -> bool:
    line = lines[i]
    if i + 1 == len(lines) or _key(line.text) in layout.furniture or not could_be_heading(line.text):
        return False  # the last line has nothing to be the heading of
    following = lines[i + 1]
    if _underline_level(line, following):
        return True
    if _is_capitals(line, following):
        return True
    alone = line.spaced and following.spaced
    if _is_page_title(lines, i, alone=alone, dense=layout.dense):
        return True
    if is_item(line.text):
        # "1. Methods" between blank lines heads a section, unless more items follow.
        in_list = is_item(following.text) or (i > 0 and is_item(lines[i - 1].text))
        return line.start in layout.numbered or (alone and is_title(line.text) and not in_list)
    if alone:
        return is_title(line.text) or is_label(line.text)
    if layout.dense:
        return is_title(line.text)
    above_text = line.spaced and not following.text[0].islower()
    return layout.attached and above_text and is_title(line.text)


def _is_capitals(line: Line, following: Line) -> bool:
    """Check for the heading of a manual page: at the margin, in capitals, directly over indented text."""
    return not line.indent and line.spaced and not following.spaced and following.indent > 2 and line.text.isupper()


def _is_page_title(lines: Sequence[Line], i: int, *, alone: bool, dense: bool) -> bool:
    """Check for a page's first line: it is a title even in sentence case, if alone or above a long paragraph."""
    text = lines[i].text
    if i > _MOST_BEFORE_TITLE or not text[0].isupper() or text.endswith(":") or not _is_top(lines[:i]):
        return False
    above = any(is_title(line.text) or is_label(line.text) for line in lines[:i])
    return not above and (alone or (dense and is_label(text) and not could_be_heading(lines[i + 1].text)))


def _underline_level(line: Line, following: Line) -> int | None:
    """Return 1 or 2 if the following line underlines this one with = or -, else ``None``."""
    marks = set(following.text)
    long_enough = len(following.text) >= max(3, len(line.text) // 2)
    if following.spaced or len(marks) != 1 or not long_enough:
        return None
    return _UNDERLINE.get(marks.pop())


def _unchained(lines: Sequence[Line], kinds: list[BlockKind], layout: LineLayout) -> list[BlockKind]:
    """Make many titles in a row paragraphs: they list links or terms, while a heading has text under it."""
    longest = _CHAIN_DENSE if layout.dense else _CHAIN_SPACED
    result: list[BlockKind] = []
    for kind, group in groupby(kinds):
        chain = list(group)
        end = len(result) + len(chain)
        if kind is BlockKind.HEADING and (
            len(chain) >= longest or (layout.dense and not _is_text(lines[end], kinds[end]))
        ):
            chain = [BlockKind.PARAGRAPH] * len(chain)
        result += chain
    return result


def _is_text(line: Line, kind: BlockKind) -> bool:
    """Check if a line can be the text under a heading, rather than the next line of an address or poem."""
    is_list = kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
    return is_list or ends_sentence(line.text) or not could_be_heading(line.text)


def _blocks(lines: Sequence[Line], kinds: Sequence[BlockKind], layout: LineLayout) -> tuple[Block, ...]:
    """Join lines into blocks: wrapped lines continue their paragraph, indented ones their list item."""
    blocks: list[Block] = []
    first = 0  # the first line of the current block
    for i, line in enumerate(lines):
        if i and _goes_on(lines, kinds, i, first=first, layout=layout):
            start = blocks[-1].range.start
            blocks[-1] = Block(blocks[-1].kind, Range(start, line.end))
        else:
            first = i
            blocks.append(Block(kinds[i], Range(line.start, line.end)))
    return tuple(blocks)


def _goes_on(lines: Sequence[Line], kinds: Sequence[BlockKind], i: int, *, first: int, layout: LineLayout) -> bool:
    """Check if line ``i`` continues the block that begins with line ``first``."""
    line, previous = lines[i], lines[i - 1]
    if kinds[i] is not BlockKind.PARAGRAPH or line.spaced or is_ornament(line.text):
        return False
    in_item = kinds[first] is BlockKind.LIST_ITEM
    if in_item and line.indent > lines[first].indent:
        return True
    if not in_item and (kinds[first] is not BlockKind.PARAGRAPH or is_ornament(previous.text)):
        return False
    if not layout.width:
        return False
    if line.text[0].islower():
        return True
    is_over = ends_sentence(previous.text)
    if in_item:  # items are often short, so the line must continue the sentence too
        return not is_over and previous.indent + len(previous.text) >= _FULL_LINE * layout.width
    return not is_over or len(previous.text) >= _SHORT_LINE * layout.width


def _headings(lines: Sequence[Line], kinds: Sequence[BlockKind]) -> list[tuple[Range, int]]:
    """Return the headings in order with their levels: 1 only for a title at the top or an underline of =."""
    headings: list[tuple[Range, int]] = []
    for i, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
        if kind is BlockKind.HEADING:
            level = _underline_level(line, lines[i + 1]) or numbered_level(line.text) or 2
            is_first = not headings and not is_numbered(line.text) and _is_top(lines[:i])
            headings.append((Range(line.start, line.end), 1 if is_first else level))
    return headings


def _is_top(before: Sequence[Line]) -> bool:
    """Check that only a few fragments are above: then the first heading is the title."""
    return len(before) <= _MOST_BEFORE_TITLE and not any(ends_sentence(line.text) for line in before)
