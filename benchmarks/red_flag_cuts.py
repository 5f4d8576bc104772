"""Choose from which share on an opinion raises a level: the most found while few ordinary turns are flagged.

Searched over a grid, on shares that were found out of fold: for whole turns beside what the rules already say; for
clauses on turns made long by ordinary ones around them, by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np

from b12assistant.opinion import EMERGENCIES, Cuts, Judged

URGENT_ALARMS = 0.04  # of the ordinary turns flagged as urgent or more, more than without
ALARMS = 0.05  # flagged as anything
STEPS = (*np.arange(0.3, 0.98, 0.04).round(2), 0.98, 0.99, 2.0)  # the last is never reached
ORDER = ("emergency", "urgent", "medical_decision", "none")


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


def gain(rate: dict[str, float]) -> float:
    """What a set of cuts is worth: an emergency counts most; too much care costs little, an alarm for nothing more."""
    found = 3 * rate["emergency as emergency"] - 4 * rate["emergency as nothing"]
    found += rate["urgent as urgent or more"] + rate["decision as decision"]
    return found - rate["urgent as emergency"] / 4 - rate["nothing as emergency"]


def grid() -> Iterator[Cuts]:
    """Never first: what is as good as that is not better."""
    yield Cuts(2.0, 2.0, 2.0)
    yield from (Cuts(*map(float, cuts)) for cuts in product(STEPS, repeat=3))


def best_cuts(read: Sequence[Sequence[Judged]], rows: Sequence[Labelled], by_rules: np.ndarray) -> Cuts:
    """``read``: the parts that decide. ``by_rules``: what is said without, as places in ``ORDER``, (n,)."""
    shares, labels = Shares.of(read), Labels.of(rows)
    before = rates(by_rules, labels)

    def worth(cuts: Cuts) -> float:
        rate = rates(np.minimum(by_rules, shares.levels(cuts)), labels)
        urgent = rate["nothing as urgent or more"] - before["nothing as urgent or more"]
        anything = rate["nothing as something"] - before["nothing as something"]
        return gain(rate) if urgent <= URGENT_ALARMS and anything <= ALARMS else -np.inf

    return max(grid(), key=worth)


def figures(
    read: Sequence[Sequence[Judged]], rows: Sequence[Labelled], by_rules: np.ndarray, cuts: Cuts
) -> Iterator[str]:
    """What the rules, the cuts, and both together give on ``rows``, as lines."""
    alone = Shares.of(read).levels(cuts)
    yield f"cuts {as_row(cuts)}; {len(rows)} turns"
    labels = Labels.of(rows)
    told = [rates(found, labels) for found in (by_rules, alone, np.minimum(by_rules, alone))]
    yield f"{'':28}  rules  alone   both"
    for name in told[0]:
        yield f"{name:28}" + "".join(f"{100 * each[name]:7.1f}" for each in told)


def as_row(cuts: Cuts) -> list[float]:
    return [round(each, 2) for each in (cuts.emergency, cuts.urgent, cuts.anything)]
