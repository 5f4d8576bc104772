"""Choose from which share on an opinion counts, given what the rules found: what costs least.

Searched over a grid, on turns that the models have not seen; for every level that the rules may have found, and for
every role a part may have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Protocol

import numpy as np

from b12assistant.safety.opinion import EMERGENCIES, Cuts, Judged, Role

NEVER = Cuts(2.0, 2.0, 2.0)
STEPS = (0.02, 0.04, 0.07, *np.arange(0.1, 0.98, 0.05).round(2), 0.98, 2.0)  # the last is never reached
FLOOR = 0.03  # an emergency that the rules found is set aside only if its whole says less than this
ORDER = ("emergency", "urgent", "medical_decision", "none")
COSTS = (  # of each level of ORDER, by the level that is right: an emergency passed over costs most
    (0, 2, 4, 12),
    (0.6, 0, 1, 4),
    (0.8, 0.8, 0, 3),
    (2.5, 1.5, 1.5, 0),
)


class Labelled(Protocol):
    @property
    def level(self) -> str: ...
    @property
    def acceptable(self) -> frozenset[str]: ...
    @property
    def trap(self) -> str: ...


@dataclass(frozen=True)
class Shares:
    """The highest of any part, one row a turn: of an emergency, of at least urgent, of anything; and whether what is
    there is rather urgent than a decision. (n,)"""

    emergency: np.ndarray
    urgent: np.ndarray
    anything: np.ndarray
    rather_urgent: np.ndarray

    @classmethod
    def of(cls, turns: Sequence[Sequence[Judged]]) -> Shares:
        rows = np.full((len(turns), 4), -1.0)
        for i, parts in enumerate(turns):
            for part in parts:
                emergency = sum(part.shares[:EMERGENCIES])
                urgent, anything = emergency + part.shares[EMERGENCIES], 1 - part.shares[-1]
                if anything > rows[i, 2]:
                    rows[i, 3] = urgent >= part.shares[EMERGENCIES + 1]
                rows[i, :3] = np.maximum(rows[i, :3], (emergency, urgent, anything))
        return cls(*rows.T)

    def at(self, places: np.ndarray) -> Shares:
        return Shares(*(getattr(self, each.name)[places] for each in fields(self)))

    def levels(self, cuts: Cuts) -> np.ndarray:
        """Places in ``ORDER``, (n,)."""
        found = np.where(self.anything >= cuts.anything, np.where(self.rather_urgent > 0, 1, 2), 3)
        found = np.where(self.urgent >= cuts.urgent, 1, found)
        return np.where(self.emergency >= cuts.emergency, 0, found)


@dataclass(frozen=True)
class Labels:
    """``level``: (n,) places in ``ORDER``. ``allowed``: (n, 4), which levels are right."""

    level: np.ndarray
    allowed: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Labelled]) -> Labels:
        level = np.array([ORDER.index(row.level) for row in rows])
        return cls(level, np.array([[each == row.level or each in row.acceptable for each in ORDER] for row in rows]))


def rates(found: np.ndarray, labels: Labels) -> dict[str, float]:
    """Shares of the labelled turns, 0 to 1."""
    allowed = labels.allowed[np.arange(len(found)), found]
    e, u, d, n = (labels.level == i for i in range(4))
    return {
        "emergency as emergency": float(np.mean(found[e] == 0)),
        "emergency as nothing": float(np.mean(found[e] == 3)),
        "emergency as urgent or more": float(np.mean(found[e] <= 1)),
        "urgent as urgent or more": float(np.mean((found[u] <= 1) | allowed[u])),
        "urgent as emergency": float(np.mean(found[u] == 0)),
        "decision as decision": float(np.mean(allowed[d])),
        "decision as nothing": float(np.mean(found[d] == 3)),
        "decision as emergency": float(np.mean(found[d] == 0)),
        "nothing as something": float(np.mean(~allowed[n])),
        "nothing as urgent or more": float(np.mean(~allowed[n] & (found[n] <= 1))),
        "nothing as emergency": float(np.mean(found[n] == 0)),
    }


def costs(rows: Sequence[Labelled]) -> np.ndarray:
    """(n, 4): what each level of ``ORDER`` costs on each row."""
    labels = Labels.of(rows)
    return np.where(labels.allowed, 0.0, np.array(COSTS)[labels.level])


def best_cuts(
    read: Sequence[Sequence[Judged]],
    rows: Sequence[Labelled],
    ruled: np.ndarray,
    roles: Sequence[Role],
    *,
    lowers: bool,
) -> list[list[Cuts]]:
    """By what the rules found, then by role, those that cost least. ``ruled``: places in ``ORDER``, (n,).

    ``read``: the parts that decide. ``lowers``: what the rules found may be set aside. One role after another, twice,
    each given the others.
    """
    shares = {role: Shares.of([[part for part in parts if part.role is role] for parts in read]) for role in roles}
    costing, found = costs(rows), []
    for ruling in range(len(ORDER)):
        at = np.flatnonzero(ruled == ruling)
        floor = np.full(len(at), len(ORDER) - 1 if lowers else ruling)
        chosen = dict.fromkeys(roles, NEVER)
        for role in (*roles, *roles):
            others = [shares[each].at(at).levels(chosen[each]) for each in roles if each is not role]
            chosen[role] = _cheapest(shares[role].at(at), np.min([floor, *others], axis=0), costing[at])
        if lowers and ORDER[ruling] == "emergency":
            for role in (Role.WHOLE, Role.STRETCH):  # a sentence alone lacks what may deny it
                chosen[role] = replace(chosen[role], anything=min(chosen[role].anything, FLOOR))
        found.append([chosen[role] for role in roles])
    return found


def _cheapest(shares: Shares, others: np.ndarray, costing: np.ndarray) -> Cuts:
    def cost(cuts: Cuts) -> float:
        decided = np.minimum(shares.levels(cuts), others)
        return float(costing[np.arange(len(decided)), decided].sum())

    return min(grid(), key=cost)


def grid() -> Iterator[Cuts]:
    """Never first: what is as good as that is not better."""
    yield NEVER
    yield from (Cuts(*map(float, cuts)) for cuts in product(STEPS, repeat=3))


def decided(
    read: Sequence[Sequence[Judged]],
    ruled: np.ndarray,
    roles: Sequence[Role],
    cuts: Sequence[Sequence[Cuts]],
    *,
    lowers: bool,
) -> np.ndarray:
    """The level that each turn comes to, as places in ``ORDER``, (n,)."""
    found = np.full(len(ruled), len(ORDER) - 1) if lowers else ruled.copy()
    for place, role in enumerate(roles):
        shares = Shares.of([[part for part in parts if part.role is role] for parts in read])
        for ruling in range(len(ORDER)):
            at = np.flatnonzero(ruled == ruling)
            found[at] = np.minimum(found[at], shares.at(at).levels(cuts[ruling][place]))
    return found


def figures(rows: Sequence[Labelled], ruled: np.ndarray, found: np.ndarray) -> Iterator[str]:
    """What the rules, and both together, give on ``rows``, as lines."""
    labels = Labels.of(rows)
    told = [rates(levels, labels) for levels in (ruled, found)]
    yield f"{len(rows)} turns"
    yield f"{'':28}  rules   both"
    for name in told[0]:
        yield f"{name:28}" + "".join(f"{100 * each[name]:7.1f}" for each in told)


def as_row(cuts: Cuts) -> list[float]:
    return [round(each, 2) for each in (cuts.emergency, cuts.urgent, cuts.anything)]
