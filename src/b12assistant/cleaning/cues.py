"""Shapes of text that are about the page, not about its subject; the words stand in `data/cleaning/cues.toml`."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from importlib.resources import files
from itertools import chain

_LISTS: dict[str, list[str]] = tomllib.loads(
    files("b12assistant").joinpath("data/cleaning/cues.toml").read_text("utf-8")
)


def _any(name: str) -> str:
    return "(?:" + "|".join(_LISTS[name]) + ")"


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{_any(name)}\b", re.I)


def _whole(name: str, end: str = r"[.!]?$") -> re.Pattern[str]:
    return re.compile(rf"^{_any(name)}{end}", re.I)


CALL_TO_ACTION = re.compile(
    rf"^{_any('calls')}\s+(?:(?:a|an|your|our|my|the|this|now|more|at|in|up|us)\b|(?-i:[A-Z]))", re.I
)
STRONG_CALL = re.compile(rf"^{_any('strong_calls')}\b", re.I)
FIRST_PERSON = re.compile(r"\b(?:our|ours|us|we|we['’]re|we['’]ll)\b", re.I)  # the seller speaks
OFFER = re.compile(_any("offers"), re.I)
BARGAIN = re.compile(_any("bargains"), re.I)
PRAISE = _word("praise")
PROMPT = _whole("prompts")
# "Published on: Modified on:", "Updated 3 March 2024 by …": nothing but words of dates.
DATELINE = re.compile(
    r"^(?:(?:first |originally )?(?:published|posted|written|modified|updated|reviewed)|"
    r"last (?:updated|modified|reviewed))"
    # Each token ends where the next cannot begin within it: a line that is none fails at once, not after 2^n tries.
    r"(?:[\s|·–—:,./-]|(?:on|by|in|published|posted|modified|updated|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)(?![a-z])|\d{1,4}(?!\d)(?:st|nd|rd|th)?)*"
    r"(?:[|·].*|(?:by|in) [A-Z].*)?[.!]?$",
    re.I,
)
ABOUT_THE_PAGE = _word("about_the_page")
POINTS_ELSEWHERE = re.compile(rf"^{_any('elsewhere')}", re.I)
CONTENTS_HEADING = _whole("contents_headings", r"\W*$")
MORE_TITLES_FOLLOW = _whole("more_titles", "$")
# A line of site links without markup, and a trail of places ("Home > Guides > This page"; not "Serum B12 > 300").
SITE_LINKS = re.compile(rf"^(?=(?:.*\b{_any('site_links')}\b){{2}})[^.?!]*(?:[|·•][^.?!|·•]*){{2,}}$", re.I)
TRAIL = re.compile(r"^[^.?!:;<>»›]{1,40}(?:\s[>»›]\s(?!\d)[^.?!:;<>»›]{1,60}){1,6}$")
# A button's words stuck to the heading or list item that follows: "Book a Visit NowWhat Is …", "Order Today- Smith J".
GLUE = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[-–•]\s+[A-Z]|\[1\]\s|1\.\s[A-Z])")

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
# Something of each kind of evidence, whatever part of a text is cut out; where one is missing, so is its kind.
_HINTS = tuple(
    re.compile(rf"(?={pattern})", re.I)
    for pattern in (
        r"(?:19|20)\d\d",
        r"vol\.|p\.|[:;,]",
        r"doi|10\.\d{4}|PMID|ISBN|available|https?://",
        r"et al",
    )
)
_EMPTY_REFERENCE = re.compile(r"^\W*\d{1,3}\W+\d{1,3}\W*$|^\W*\d{1,3}\W*$")


def begins_reference(text: str, *, listed: bool) -> bool:
    """Check whether an item of a reference list begins in a text, at its start or at a seam (`GLUE`).

    A seam is tried only if what follows it may hold the evidence: a long line of letters has thousands of seams.
    """
    hints = [[found.start() for found in hint.finditer(text)] for hint in _HINTS]
    needed = 1 if listed else 2
    seams = (
        match.start()
        for match in GLUE.finditer(text)
        if sum(_any_within(starts, match.start(), match.start() + LONGEST_REFERENCE) for starts in hints) >= needed
    )
    return any(
        is_reference(text[seam : seam + LONGEST_REFERENCE].lstrip("-–• "), listed=listed) for seam in chain((0,), seams)
    )


def _any_within(starts: Sequence[int], first: int, last: int) -> bool:
    at = bisect_left(starts, first)
    return at < len(starts) and starts[at] < last


def is_reference(text: str, *, listed: bool) -> bool:
    """Whether a block has the shape of an item of a reference list; ``listed``: it stands under such a heading.

    A sentence that cites ("In 2014 Smith and colleagues …") does not begin with an author and initials.
    """
    author = bool(_AUTHOR.match(text) or _INITIALS_FIRST.match(text))
    if not author and not listed:
        return False
    evidence = sum(bool(pattern.search(text)) for pattern in (_YEAR, _VOLUME, _IDENTIFIER, _ET_AL))
    return evidence >= (1 if listed and author else 2)


def is_empty_reference(text: str) -> bool:
    return bool(_EMPTY_REFERENCE.match(text))
