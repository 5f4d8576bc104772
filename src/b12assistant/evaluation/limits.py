"""Find the limits of the confidence for a corpus from labelled questions.

``least`` is the highest limit that keeps nearly every question whose best quote is right; ``strong`` the lowest from
which most best quotes are right. Neither changes what is found. Questions that stand in the corpus's lists are left
out: they are found too easily to say where a limit should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path

from b12assistant.application.improvement import marked_questions
from b12assistant.application.workspace import Workspace
from b12assistant.errors import DatasetError
from b12assistant.evaluation.labelled_set import Outcome, ask_all, load_labelled
from b12assistant.language.words import surface_words

KEPT = 0.97  # of the questions whose best quote is right
RIGHT = 0.85  # of the best quotes that are strong
_RIGHT_ONES, _WITHOUT = 10, 5  # questions that a fit needs


@dataclass(frozen=True, slots=True)
class Limits:
    """From which confidence, 0 to 1, a quote is shown, and from which without reserve."""

    least: float
    strong: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with the confidence of its best quote. ``right``: that quote answers; ``gold``: something does."""

    confidence: float
    right: bool
    gold: bool

    @classmethod
    def of(cls, outcome: Outcome) -> Judged:
        return cls(outcome.confidence, any(outcome.ranked[:1]), bool(outcome.labelled.gold))


def judged(space: Workspace, file: Path) -> tuple[tuple[Judged, ...], int]:
    """Ask the questions of a file that are not marked; return them, and how many are marked.

    Raises ``DatasetError`` if too few are left for a fit.
    """
    labelled = load_labelled(file)
    marked = set(map(_folded, marked_questions(space.corpus, space.entries)))
    others = [each for each in labelled if _folded(each.question) not in marked]
    count = len(labelled) - len(others)
    asked = tuple(map(Judged.of, ask_all(space, others)))
    right, without = sum(each.right for each in asked), sum(not each.gold for each in asked)
    if right < _RIGHT_ONES or without < _WITHOUT:
        but = f", and {count} do not count because they are marked in the corpus" if count else ""
        raise DatasetError(
            f"{file}: {right} questions have a right best quote, {without} have no gold{but}",
            hint=f"a fit needs {_RIGHT_ONES} of the first and {_WITHOUT} of the others; 30 in all are a good start",
        )
    return asked, count


def _folded(question: str) -> tuple[str, ...]:
    """Return the words of a question, whatever their order, capitals, accents and punctuation."""
    return tuple(sorted(surface_words(question)))


def limits_of(asked: Sequence[Judged], now: Limits) -> Limits:
    """Return the limits that fit; the present one for strong quotes if no limit makes them right often enough."""
    right = sorted(each.confidence for each in asked if each.right)
    least = max(0.001, floor(1000 * right[floor((1 - KEPT) * len(right))]) / 1000)  # 0 would mean "as fitted"
    for limit in sorted({max(least, floor(1000 * each.confidence) / 1000) for each in asked}):
        shown = [each.right for each in asked if each.confidence >= limit]
        if shown and sum(shown) >= RIGHT * len(shown):
            return Limits(least, limit)
    return Limits(least, max(least, now.strong))


def changes(asked: Sequence[Judged], now: Limits, then: Limits) -> Iterator[str]:
    """Yield what other limits change, a sentence each."""
    yield f"answering.least: {now.least:.3f} now, {then.least:.3f} fits"
    yield f"answering.strong: {now.strong:.3f} now, {then.strong:.3f} fits"
    for name, gold in (("answerable questions", True), ("questions without gold", False)):
        before, after = (refused(asked, limit, gold=gold) for limit in (now, then))
        yield f"refused, of {sum(each.gold is gold for each in asked)} {name}: {before} now, {after} then"
    strong = [
        [each.right for each in asked if each.confidence >= max(limit.least, limit.strong)] for limit in (now, then)
    ]
    figures = [f"{sum(each)} of {len(each)}" for each in strong]
    yield f"right, of the best quotes from answering.strong on: {figures[0]} now, {figures[1]} then"


def refused(asked: Sequence[Judged], limits: Limits, *, gold: bool) -> int:
    """Return how many of the questions with or without gold are refused."""
    return sum(each.gold is gold and each.confidence < limits.least for each in asked)
