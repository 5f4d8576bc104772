"""Marks: ranges of a page that are not quoted (`never`) or only when a paper is asked for (`reference`).

Rules go by structure (repetition, link density, an imperative with something to sell, a colon that leads nowhere), not
by names. Nothing is cut: a mark is a range, and the share of marked text is reported for every file.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import replace

from b12assistant.cleaning.marks import (
    Page,
    adverts,
    by_links,
    by_markup,
    contents,
    empty_references,
    furniture,
    glued,
    lost_lists,
    pointers,
    prompts,
    references,
)
from b12assistant.types import Document, Extract, Mark, MarkKind, Range, Section

Rule = Callable[[Page], Iterator[Range]]

# What is glued goes first, so that the rest of its block stays for the other rules.
RULES: tuple[tuple[str, MarkKind, Rule], ...] = (
    ("glued_call", MarkKind.NEVER, glued),
    ("markup", MarkKind.NEVER, by_markup),
    ("contents", MarkKind.NEVER, contents),
    ("links", MarkKind.NEVER, by_links),
    ("prompt", MarkKind.NEVER, prompts),
    ("furniture", MarkKind.NEVER, furniture),
    ("empty_reference", MarkKind.NEVER, empty_references),
    ("reference", MarkKind.REFERENCE, references),
    ("advert", MarkKind.NEVER, adverts),
    ("pointer", MarkKind.NEVER, pointers),
    ("lost_list", MarkKind.NEVER, lost_lists),
)


def mark(extract: Extract) -> tuple[Mark, ...]:
    """All marks of a page, in order, without overlap; where rules meet, the first of the list names the range."""
    page = Page(extract)
    marks: list[Mark] = []
    taken: list[Range] = []
    for name, kind, rule in RULES:
        for range_ in rule(page):
            for part in tuple(range_.without(taken)):
                marks.append(Mark(part, kind, name))
                insort(taken, part)
    return tuple(sorted(marks, key=lambda found: found.range))


def marked_share(document: Document) -> float:
    """The share of non-blank characters that are marked `never`."""
    total = sum(not character.isspace() for character in document.text)
    never = sum(
        not character.isspace()
        for found in document.marks
        if found.kind is MarkKind.NEVER
        for character in document.slice(found.range)
    )
    return never / total if total else 0.0


def trim_headings(extract: Extract, marks: tuple[Mark, ...]) -> tuple[Section, ...]:
    """Sections whose heading begins after a marked part (an advert glued to it); wholly marked headings stay."""
    sections = []
    for section in extract.sections:
        glued = next(
            (m.range for m in marks if m.range.start <= section.heading.start < m.range.end < section.heading.end), None
        )
        sections.append(replace(section, heading=Range(glued.end, section.heading.end)) if glued else section)
    return tuple(sections)
