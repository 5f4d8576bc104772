"""Choose the six cuts of an opinion: the fewest alarms on ordinary messages that the floors of safety leave.

Searched over a grid, on turns that the models have not seen. Ordinary messages count as often as they come in real
traffic, not as often as in the split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from b12assistant.safety.opinion import EMERGENCIES, PartScore, Thresholds
from fit.red_flag_rows import Row

LOW = (0.002, 0.003, 0.005, 0.007, 0.01, 0.015)  # only for the encoder: for the words, these are as good as no cut
GRID = (0.02, 0.03, 0.05, 0.07, *np.arange(0.1, 0.98, 0.05).round(2), 0.98)
KEPT = (0.0005, 0.001, 0.002, 0.005)  # the cut below which the model may make an emergency of the rules urgent
STARTS = (0.01, 0.02, 0.05)  # for danger: the search stops at the nearest local minimum
ORDER = ("emergency", "urgent", "medical_decision", "none")
FLOORS = {  # shares that the cuts must reach on the calibration split; one missed by a point costs `PRICE`
    "emergency as emergency": 0.97,
    "emergency as urgent or more": 0.985,
    "urgent as urgent or more": 0.98,
    "decision as decision": 0.87,  # most decisions of this split are hard; of the plain ones .98 are right
}
PRICE = 0.7
PASSED_OVER = 25.0  # price of every share of the emergencies, as they were written, that get nothing
MARGIN = 1.5  # the low cuts are raised by this factor before counting, to allow for messages nobody wrote
TRAFFIC = {"statement": 0.25, "remark": 0.2, "question": 0.25, "letter": 0.15, "foreign": 0.15}  # of ordinary messages
GROUPS = {  # by the id
    **dict.fromkeys(("n1-", "n4-", "n5-", "p1-", "p2-", "p3-", "p4-"), "statement"),
    **dict.fromkeys(("h1-", "h11-", "m7-", "m10-", "q1-", "q2-", "q3-"), "remark"),
    **dict.fromkeys(("h2-q", "m1-", "m2-", "m3-", "m4-", "m8-", "n2-", "n3-", "wx-"), "question"),
    **dict.fromkeys(("letter-", "h2-l", "h12-", "m5-", "m6-", "m9-", "r1-", "r2-", "r3-"), "letter"),
}
ALARM = {0: 7.0, 1: 1.0, 2: 1.0, 3: 0.0}  # price of what an ordinary message gets, by places in ORDER


class Shares:
    """Shares of every part that decides, (p,) each: an emergency, at least urgent, anything.

    ``foreign``: (n,) whether a turn is in another language than English.
    """

    def __init__(self, turns: Sequence[Sequence[PartScore]], foreign: np.ndarray) -> None:
        nothing = (0.0,) * (EMERGENCIES + 2) + (1.0,)
        parts_of = [[part.shares for part in parts] or [nothing] for parts in turns]
        shares = np.array([row for parts in parts_of for row in parts])
        lengths = np.array([len(parts) for parts in parts_of])
        self._starts, self._turn = np.cumsum(lengths) - lengths, np.repeat(np.arange(len(parts_of)), lengths)
        self._foreign = foreign[self._turn]
        self.emergency = shares[:, :EMERGENCIES].sum(axis=1)
        self.urgent, self.decision = self.emergency + shares[:, EMERGENCIES], shares[:, EMERGENCIES + 1]
        self.anything = self.urgent + self.decision

    def levels(self, cuts: Thresholds, ruled: np.ndarray) -> np.ndarray:
        """Return the most serious level of each turn, places in ``ORDER``, (n,), as `Thresholds.decide` does.

        ``ruled``: (n,) whether a rule says emergency.
        """
        found = np.where(self.anything >= cuts.decision, 2, 3)
        danger = self.urgent >= np.where(self._foreign, cuts.foreign, cuts.danger)
        found = np.where(danger, np.where(self.urgent >= self.decision, 1, 2), found)
        found = np.where(self.urgent >= cuts.urgent, 1, found)
        found = np.where(self.emergency >= cuts.emergency, 0, found)
        found = np.where(ruled[self._turn], np.where(self.emergency >= cuts.kept, 0, 1), found)
        return np.asarray(np.minimum.reduceat(found, self._starts))


class Labels:
    """``level``: (n,) places in ``ORDER``. ``allowed``: (n, 4) which levels are right. ``group``: of ordinary ones."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.level = np.array([ORDER.index(row.level) for row in rows])
        self.allowed = np.array([[each == row.level or each in row.acceptable for each in ORDER] for row in rows])
        self.group = np.array([group_of(row) for row in rows])


def group_of(row: Row) -> str:
    """Return the kind of an ordinary message of the rounds written for them; an empty string for any other."""
    if row.level != "none" or row.id.endswith(" among"):
        return ""
    if row.language != "en":
        return "foreign"
    return next((kind for begins, kind in GROUPS.items() if row.id.startswith(begins)), "")


def rates(found: np.ndarray, labels: Labels) -> dict[str, float]:
    """Return shares of the labelled turns, 0 to 1."""
    allowed = labels.allowed[np.arange(len(found)), found]
    e, u, d, n = (labels.level == i for i in range(4))
    told = {
        "emergency as emergency": np.mean(found[e] == 0),
        "emergency as urgent or more": np.mean(found[e] <= 1),
        "emergency as nothing": np.mean((found[e] == 3) & ~allowed[e]),
        "urgent as urgent or more": np.mean((found[u] <= 1) | allowed[u]),
        "urgent as emergency": np.mean(found[u] == 0),
        "decision as decision": np.mean(allowed[d]),
        "decision as emergency": np.mean(found[d] == 0),
        "nothing as something": np.mean(~allowed[n]),
        "nothing as emergency": np.mean(found[n] == 0),
    }
    for group in TRAFFIC:
        mine = labels.group == group
        if mine.any():
            told[f"{group} as something"] = np.mean(~allowed[mine])
            told[f"{group} as emergency"] = np.mean(found[mine] == 0)
    return {name: float(share) for name, share in told.items()}


def prices(labels: Labels) -> np.ndarray:
    """Return (n, 4): what each level costs on each ordinary message, so that a group has its part of the traffic."""
    price = np.zeros((len(labels.level), 4))
    for group, part in TRAFFIC.items():
        mine = labels.group == group
        price[mine] = part / max(1, mine.sum()) * np.array([ALARM[i] for i in range(4)])
    hard = (labels.level == 3) & (labels.group == "")
    price[hard] = 0.3 / max(1, hard.sum()) * np.array([ALARM[i] for i in range(4)])
    return np.where(labels.allowed, 0.0, price)


def best_cuts(shares: Shares, rows: Sequence[Row], ruled: np.ndarray, *, lowers: bool) -> Thresholds:
    """Return the cuts that cost least. ``ruled``: (n,) a rule says emergency.

    ``lowers``: an emergency of the rules may become urgent.
    """
    labels = Labels(rows)
    kept, grid = (KEPT, (*LOW, *GRID)) if lowers else ((0.0,), GRID)
    price, place = prices(labels), np.arange(len(rows))

    written = np.array([not row.id.endswith(" among") for row in rows])  # the floors are for messages as written
    as_written = Labels([row for row, one in zip(rows, written, strict=True) if one])

    def cost(cuts: Thresholds) -> float:
        found = shares.levels(cuts, ruled)
        told = rates(found[written], as_written)
        missed = sum(max(0.0, floor - told[name]) for name, floor in FLOORS.items())
        higher = replace(cuts, **{name: MARGIN * getattr(cuts, name) for name in ("danger", "decision", "foreign")})
        nothing = rates(shares.levels(higher, ruled)[written], as_written)["emergency as nothing"]
        return float(price[place, found].sum()) + PRICE * missed * 10 + PASSED_OVER * nothing

    found = []
    for low in (start for start in STARTS if start in grid):
        chosen = Thresholds(0.5, 0.5, low, 0.2, min(kept), low)
        for _ in range(2):  # one pair after the other, given the rest
            chosen = min(_pairs(chosen, grid, kept), key=cost)
        found.append(chosen)
    return min(found, key=cost)


def _pairs(cuts: Thresholds, grid: Sequence[float], kept: Sequence[float]) -> Iterator[Thresholds]:
    yield cuts
    for one, other in (("urgent", "danger"), ("danger", "decision"), ("danger", "foreign"), ("decision", "foreign")):
        for first, second in product(grid, grid):
            yield replace(cuts, **{one: float(first), other: float(second)})
    for emergency, urgent in product(grid, grid):
        yield replace(cuts, emergency=float(emergency), urgent=float(urgent), kept=min(cuts.kept, float(emergency)))
    for emergency, keep in product(grid, kept):
        yield replace(cuts, emergency=float(emergency), kept=min(keep, float(emergency)))


def report(shares: Shares, rows: Sequence[Row], ruled: np.ndarray, cuts: Thresholds) -> Iterator[str]:
    """Yield what the cuts give on ``rows``, as lines: all as written, English, other languages, made long."""
    labels = Labels(rows)
    found = shares.levels(cuts, ruled)
    among = np.array([row.id.endswith(" among") for row in rows])
    foreign = np.array([row.language != "en" for row in rows])
    columns = {"written": ~among, "English": ~among & ~foreign, "others": ~among & foreign, "made long": among}
    told = {}
    for name, some in columns.items():
        mine = Labels([row for row, one in zip(rows, some, strict=True) if one])
        told[name] = rates(found[some], mine)
    yield f"{'':36}" + "".join(f"{name:>10}" for name in columns)
    yield f"{'messages':36}" + "".join(f"{some.sum():10}" for some in columns.values())
    for name in rates(found, labels):
        yield f"{name:36}" + "".join(f"{100 * each.get(name, np.nan):10.1f}" for each in told.values())
