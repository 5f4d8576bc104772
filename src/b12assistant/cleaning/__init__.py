"""Mark the ranges of a page that are never quoted (`never`), or only if a paper is asked for (`reference`).

Rules read structure (repetition, link density, an imperative with something to sell, a colon with nothing after it),
not site names. Nothing is cut: a mark is a range, and the share of marked text is reported for every file.
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
    fragments,
    furniture,
    glued,
    lost_lists,
    pointers,
    prompts,
    references,
    unseen,
)
from b12assistant.types import Document, Extract, Mark, MarkKind, Range, Section

Rule = Callable[[Page], Iterator[Range]]

# After invisible text, glued calls come first, so that the other rules see the rest of their block.
RULES: tuple[tuple[str, MarkKind, Rule], ...] = (
    ("unseen", MarkKind.NEVER, unseen),
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
    total = sum(not character.isspace() for character in document.text)
    never = sum(
        not character.isspace()
        for marked in document.marks
        if marked.kind is MarkKind.NEVER
        for character in document.slice(marked.range)
    )
    return never / total if total else 0.0


def trim_headings(extract: Extract, marks: tuple[Mark, ...]) -> tuple[Section, ...]:
    """Move the start of each heading past a mark at its beginning (a glued advert); wholly marked ones stay."""
    sections = []
    for section in extract.sections:
        glued = next(
            (m.range for m in marks if m.range.start <= section.heading.start < m.range.end < section.heading.end), None
        )
        sections.append(replace(section, heading=Range(glued.end, section.heading.end)) if glued else section)
    return tuple(sections)
