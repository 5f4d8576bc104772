"""Mark the ranges of a page that are never quoted (`never`), or only if a paper is asked for (`reference`).

Rules read structure (repetition, link density, an imperative with something to sell, a colon with nothing after it),
not site names. Nothing is cut: a mark is a range, and the share of marked text is reported for every file.
"""

from __future__ import annotations

from bisect import insort
from functools import partial

from b12assistant.cleaning import marks as rules
from b12assistant.types import Document, Extract, Mark, MarkKind, Range, Role

DRAWN, STRUCK = "drawn", "struck"  # the rules about what a reader sees and a quote would not say

RULES = (
    ("unseen", MarkKind.NEVER, rules.unseen),
    ("markup", MarkKind.NEVER, rules.by_markup),
    ("contents", MarkKind.NEVER, rules.contents),
    ("links", MarkKind.NEVER, rules.by_links),
    ("prompt", MarkKind.NEVER, rules.prompts),
    ("furniture", MarkKind.NEVER, rules.furniture),
    (DRAWN, MarkKind.NEVER, rules.drawn),
    (STRUCK, MarkKind.NEVER, partial(rules.in_role, role=Role.STRUCK)),
    ("reference", MarkKind.REFERENCE, rules.references),
    ("advert", MarkKind.NEVER, rules.adverts),
    ("pointer", MarkKind.NEVER, rules.pointers),
    ("lost_list", MarkKind.NEVER, rules.lost_lists),
    ("fragment", MarkKind.NEVER, rules.fragments),
)


def mark(extract: Extract) -> tuple[Mark, ...]:
    """Return all marks of a page, in order, without overlap; of overlapping rules the first in the list wins."""
    page = rules.Page(extract)
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
