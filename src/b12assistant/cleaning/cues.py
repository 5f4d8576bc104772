"""Shapes of text that are about the page, not about its subject; the words stand in `data/cleaning/cues.toml`."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from importlib.resources import files

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
_LONGEST_OPENING = 400  # characters of an item that can hold its authors
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
_EMPTY_REFERENCE = re.compile(r"^\W*\d{1,3}\W+\d{1,3}\W*$|^\W*\d{1,3}\W*$")


class ReferenceShape:
    """Tells where in a block an item of a reference list may begin. Each pattern reads the block once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._evidence = tuple(
            tuple(match.start() for match in pattern.finditer(text))
            for pattern in (_YEAR, _VOLUME, _IDENTIFIER, _ET_AL)
        )

    def begins_at(self, start: int, *, listed: bool) -> bool:
        """Check whether a reference begins at ``start``; ``listed``: the block is under such a heading.

        A sentence that cites ("In 2014 Smith and colleagues …") does not begin with an author and initials.
        """
        end = start + LONGEST_REFERENCE
        evidence = sum(_one_lies_in(places, start, end) for places in self._evidence)
        if evidence < 1 + (not listed):
            return False
        if listed and evidence >= 2:
            return True
        opening = self._text[start : start + _LONGEST_OPENING].lstrip("-–• ")
        return bool(_AUTHOR.match(opening) or _INITIALS_FIRST.match(opening))


def is_reference(text: str, *, listed: bool) -> bool:
    """Check whether a block has the shape of an item of a reference list."""
    return ReferenceShape(text).begins_at(0, listed=listed)


def _one_lies_in(places: tuple[int, ...], start: int, end: int) -> bool:
    first = bisect_left(places, start)
    return first < len(places) and places[first] < end


def is_empty_reference(text: str) -> bool:
    return bool(_EMPTY_REFERENCE.match(text))
