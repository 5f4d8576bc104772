"""Read plain text: the decoded file, in which a line that only wraps its paragraph does not end.

A heading is a line that is underlined, or short and alone between blank lines. A list item begins with a bullet or a
number.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from b12assistant.language.vocabulary import english_words
from b12assistant.loaders.decoding import decode
from b12assistant.loaders.manuscript import outline
from b12assistant.types import Block, BlockKind, Extract, Range

_LONGEST_HEADING, _MOST_WORDS = 100, 16  # code points; words
_LONGEST_LABEL, _MOST_LABEL_WORDS = 60, 8  # of a heading that nothing but its place shows
_MARKER = re.compile(
    r"""(?: [-*+•‣▪▫◦●○■□◆–·]      # a bullet
          | \(?\d{1,3}[.)]          # 1.  1)  (1)
          | \([a-zA-Z]\) | [a-z][.)]
          | \(?[ivx]{1,5}[.)]       # roman
        )[ \t\u00a0]+\S""",
    re.VERBOSE,
)
_NUMERAL = re.compile(r"\(?\d")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"""[.!?…:;]["'”’)\]]*$""")
_CLOSED = re.compile(r"""[.!,;…]["'”’)\]]*$""")
_LEADERS = re.compile(r"(?:\.\s?){3,}|…\s?\d")  # "Methods . . . . 12", an entry of a table of contents
_LINE = re.compile(r"([^\n\r\v\f\x85\u2028\u2029]*)(\r\n|[\n\r\v\f\x85\u2028\u2029]|\Z)")
_WIDEST_WRAP = 120  # code points; longer lines are unwrapped paragraphs
_SHORT_LINE = 0.6  # of the width: a line that ends a sentence before this ends its paragraph
_FULL_LINE = 0.8  # of the width: a line without room for the next word
_CONTINUED_SHARE = 0.3  # of the line ends inside runs: from here a text counts as wrapped
_OFTEN = 3  # a line that occurs this often is a link or a footer, no heading
_SKIP_LINK = re.compile(r"(?:skip|jump) to\b", re.I)
_UNDERLINE = {"=": 1, "-": 2}  # with the levels


def is_item(text: str) -> bool:
    """Check if a line begins with a bullet or a number, as a list item does."""
    return _MARKER.match(text) is not None


def ends_sentence(text: str) -> bool:
    """Check if a sentence ends at the end of the line."""
    return _SENTENCE_END.search(text) is not None


def could_be_heading(text: str) -> bool:
    """Check if a line is short, has a word, and does not end like a sentence. A question mark may end a heading."""
    words = _WORD.findall(text)
    return (
        len(text) <= _LONGEST_HEADING
        and 0 < len(words) <= _MOST_WORDS
        and any(word[0].isalpha() for word in words)
        and not _CLOSED.search(text)
        and not _LEADERS.search(text)
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A non-blank line without the white space at its ends. Offsets in code points, half-open."""

    start: int
    end: int
    text: str
    indent: int  # characters of white space in front
    spaced: bool  # a blank line, or nothing, is before it


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


def load(data: bytes) -> Extract:
    """Read the decoded file without its byte order mark, and without the line ends of wrapping."""
    decoded = decode(data)
    lines = split_lines(decoded.text)
    width = _wrap_width(lines)
    levels = _levels(lines)
    blocks = _blocks(lines, levels, width)
    flow = Flow(decoded.text, _wrapping(lines, blocks))
    headings = [(flow.range(Range(lines[i].start, lines[i].end)), level) for i, level in levels.items()]
    # Form feeds separate pages; one at the very end begins no page.
    pages = [match.end() for match in re.finditer("\f", decoded.text) if match.end() < len(decoded.text)]
    titled = bool(headings) and headings[0][1] == 1
    return Extract(
        text=flow.text,
        extractor=f"plain text ({decoded.encoding})",
        title=flow.text[headings[0][0].start : headings[0][0].end] if titled else None,
        page_starts=(0, *map(flow.place, pages)) if "\f" in decoded.text else (),
        sections=outline(headings, len(flow.text)),
        blocks=tuple(Block(block.kind, flow.range(block.range)) for block in blocks),
        warnings=decoded.warnings,
    )


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


def _levels(lines: Sequence[Line]) -> dict[int, int]:
    """Return the number of each line that is a heading, with its level: 1 for the first line of the file."""
    counts = Counter(line.text for line in lines)
    levels: dict[int, int] = {}
    for i, (line, following) in enumerate(pairwise(lines)):  # the last line has nothing to be the heading of
        if not could_be_heading(line.text) or counts[line.text] >= _OFTEN or _SKIP_LINK.match(line.text):
            continue
        alone = line.spaced and following.spaced and line.text[0].isupper()
        if (level := _underline_level(line, following)) is not None:
            levels[i] = level
        elif alone and (i == 0 or (_is_label(line.text) and not _is_label(following.text))):
            levels[i] = 2 if i else 1
    return levels


def _is_label(text: str) -> bool:
    """Check for a question, or a line so short that, alone between blank lines, it is a heading and no sentence."""
    is_short = len(text) <= _LONGEST_LABEL and len(_WORD.findall(text)) <= _MOST_LABEL_WORDS and "," not in text
    introduces = text.endswith(":")  # "Common signs include:"
    return could_be_heading(text) and not is_item(text) and not introduces and (is_short or text.endswith("?"))


def _underline_level(line: Line, following: Line) -> int | None:
    """Return the level if the following line underlines this one with = or -, else ``None``."""
    marks = set(following.text)
    long_enough = len(following.text) >= max(3, len(line.text) // 2)
    return None if following.spaced or len(marks) != 1 or not long_enough else _UNDERLINE.get(marks.pop())


def _is_item(lines: Sequence[Line], i: int, width: int) -> bool:
    line = lines[i]
    if not is_item(line.text):
        return False
    # Wrapped prose can bring a number to the front of a line: "people over\n60. Of these".
    inside = width and i and not line.spaced and _NUMERAL.match(line.text)
    return not inside or is_item(lines[i - 1].text) or ends_sentence(lines[i - 1].text)


def _blocks(lines: Sequence[Line], levels: Iterable[int], width: int) -> tuple[Block, ...]:
    """Join lines into blocks: wrapped lines continue their paragraph, indented ones their list item."""
    kinds = [BlockKind.LIST_ITEM if _is_item(lines, i, width) else BlockKind.PARAGRAPH for i in range(len(lines))]
    for i in levels:
        kinds[i] = BlockKind.HEADING
    blocks: list[Block] = []
    first = 0  # the first line of the current block
    for i, line in enumerate(lines):
        if i and _goes_on(lines, kinds, i, first=first, width=width):
            blocks[-1] = Block(blocks[-1].kind, Range(blocks[-1].range.start, line.end))
        else:
            first = i
            blocks.append(Block(kinds[i], Range(line.start, line.end)))
    return tuple(blocks)


def _goes_on(lines: Sequence[Line], kinds: Sequence[BlockKind], i: int, *, first: int, width: int) -> bool:
    """Check if line ``i`` continues the block that begins with line ``first``."""
    line, previous = lines[i], lines[i - 1]
    ornament = not (_WORD.search(line.text) and _WORD.search(previous.text))
    if kinds[i] is not BlockKind.PARAGRAPH or kinds[first] is BlockKind.HEADING or line.spaced or ornament:
        return False
    in_item = kinds[first] is BlockKind.LIST_ITEM
    if in_item and line.indent > lines[first].indent:
        return True
    if not width or line.text[0].islower():
        return width > 0
    is_over = ends_sentence(previous.text)
    if in_item:  # items are often short, so the line must continue the sentence too
        return not is_over and previous.indent + len(previous.text) >= _FULL_LINE * width
    return not is_over or len(previous.text) >= _SHORT_LINE * width


def _wrapping(lines: Sequence[Line], blocks: Iterable[Block]) -> Iterator[tuple[int, int, str]]:
    """Yield what wrapping added inside blocks: line ends, and hyphens at them."""
    words = words_of(line.text for line in lines)
    starts = [line.start for line in lines]
    for block in blocks:
        own = lines[bisect_left(starts, block.range.start) : bisect_left(starts, block.range.end)]
        for line, following in pairwise(own):
            first, glue = line_end(line.text, following.text, words)
            yield line.start + len(first), following.start, glue


_WHOLE_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_HEAD = re.compile(r"([^\W\d_]{2,})[-‐]$")
_TAIL = re.compile(r"[^\W\d_]+")
_BOUND = re.compile(r"[^\W_][-‐\u00ad]$")  # a hyphen after a letter; after a blank it is a dash
_SUSPENDED = frozenset({"and", "or", "nor", "to", "und"})  # "pre- and postnatal" keeps its blank


def line_end(first: str, second: str, words: Set[str]) -> tuple[str, str]:
    """Return the first of two lines without a hyphen that only breaks a word, and the blank between them, if any.

    A hyphen is removed only if the joined word occurs in the document or a dictionary, and the hyphenated one does
    not: a hyphen too many is ugly, one too few makes a word that the author did not write. ``words``: the document's,
    in lower case.
    """
    tail = _TAIL.match(second)
    if not _BOUND.search(first) or (tail is not None and tail[0].lower() in _SUSPENDED):
        return first, " "
    head = _HEAD.search(first)
    if head is None or tail is None or not tail[0][0].islower():
        return first, ""
    start, end = head[1].lower(), tail[0].lower()
    is_one_word = f"{start}-{end}" not in words and (start + end in words or start + end in english_words())
    return first[:-1] if is_one_word else first, ""


def words_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the words of lines in lower case, hyphenated ones too, for `line_end`."""
    return frozenset(word.lower().replace("‐", "-") for line in lines for word in _WHOLE_WORD.findall(line))


class Flow:
    """A text with parts of it replaced. ``cuts``: start, end and what stands there instead, in order, apart."""

    def __init__(self, before: str, cuts: Iterable[tuple[int, int, str]]) -> None:
        self._starts, self._ends, self._shifts = [0], [0], [0]
        parts: list[str] = []
        length = 0
        for start, end, new in cuts:
            parts += (before[self._ends[-1] : start], new)
            length += start - self._ends[-1] + len(new)
            self._starts.append(start)
            self._ends.append(end)
            self._shifts.append(length - end)
        self.text = "".join(parts) + before[self._ends[-1] :]

    def place(self, offset: int) -> int:
        """Return where a character is now; of what was replaced, where that ends."""
        cut = bisect_right(self._starts, offset) - 1
        return max(offset, self._ends[cut]) + self._shifts[cut]

    def range(self, range_: Range) -> Range:
        return Range(self.place(range_.start), self.place(range_.end))
