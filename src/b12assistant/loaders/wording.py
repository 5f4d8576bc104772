"""Classify a line of a text without markup by its words: heading, list item, ornament."""

from __future__ import annotations

import re

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
