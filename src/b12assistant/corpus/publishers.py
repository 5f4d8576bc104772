"""What a publication is to a reader, in one word: derived here from its publisher and its kind, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from b12assistant.data_files import read_data
from b12assistant.types import Interest, Origin, Source, SourceKind


class PublisherKind(StrEnum):
    """What a publication is to a reader; a key of the labels, in the order in which readers are offered them."""

    GUIDELINE = "guideline"
    NHS = "nhs"
    PUBLIC_BODY = "public_body"
    REVIEW = "review"
    STUDY = "study"
    TEXTBOOK = "textbook"
    REFERENCE = "reference"
    PATIENT_GUIDE = "patient_guide"
    OTHER = "other"
    BLOG = "blog"
    ANONYMOUS = "anonymous"
    SELLER = "seller"
    UNKNOWN = "unknown"

    @property
    def place(self) -> int:
        """Return its place among those that say the same: 0 public bodies, 1 reviews, 3 sellers and unknown authors."""
        if self in (PublisherKind.GUIDELINE, PublisherKind.NHS, PublisherKind.PUBLIC_BODY):
            return 0
        if self in (PublisherKind.BLOG, PublisherKind.ANONYMOUS, PublisherKind.SELLER):
            return 3
        return 1 if self is PublisherKind.REVIEW else 2


_NHS = re.compile(r"\bNHS\b")
# Pages that give no author, and whose publisher is only the name of a site.
_ANONYMOUS = re.compile(r"unknown\b|myhealthcare\.com\b", re.I)


# Bodies of the country whose advice the library follows (corpus/README.md).
_NATIONAL = re.compile(r"\b(?:NICE|NHS|MHRA|GOV\.UK|BNF|British|UK|Scottish|Welsh)\b")


def is_national(publisher: str) -> bool:
    """Return whether a body of the United Kingdom published it."""
    return _NATIONAL.search(publisher) is not None


@cache
def short_names() -> Mapping[str, str]:
    """Return the short names of publishers whose full name is too long for a line of a phone."""
    return {full: str(short) for full, short in read_data("page", "publishers.toml")["short"].items()}


class Speaks(NamedTuple):
    """Who says something: a publication, or a source in its own words. "" is not known."""

    publisher: str
    kind: PublisherKind
    year: str

    @classmethod
    def of(cls, said: Origin | Source) -> Speaks:
        if isinstance(said, Origin):
            return cls(said.publisher, standing(said.publisher, said.kind), year_of(said.published))
        publisher = said.publisher or ""
        return cls(publisher, standing(publisher, said.kind, said.interest), year_of(str(said.published)))


def year_of(published: str) -> str:
    """Return the year of a date as a publication gives it, "" if it gives none."""
    return published[:4] if published[:4].isdigit() else ""


def standing(publisher: str, kind: SourceKind | None, interest: Interest = Interest.UNKNOWN) -> PublisherKind:
    """Return what a publication is to a reader, from its publisher, its kind and whether it sells."""
    if kind is SourceKind.VENDOR or interest is Interest.SELLS:
        return PublisherKind.SELLER
    if _ANONYMOUS.match(publisher):
        return PublisherKind.ANONYMOUS
    if kind in (SourceKind.PUBLIC_BODY, SourceKind.PATIENT_GUIDE) and _NHS.search(publisher):
        return PublisherKind.NHS
    return PublisherKind(kind) if kind else PublisherKind.UNKNOWN
