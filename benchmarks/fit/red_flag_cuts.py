"""What the cuts of an opinion give on turns that the models have not seen."""

from collections.abc import Iterator, Sequence

import numpy as np

from b12assistant.safety.opinion import EMERGENCIES, Shares, Thresholds
from fit.red_flag_rows import Row

ORDER = ("emergency", "urgent", "medical_decision", "none")


class Found:
    """Shares of every part, (p,) each: an emergency, at least urgent, anything.

    ``foreign``: (n,) whether a turn is in another language than English.
    """

    def __init__(self, turns: Sequence[Sequence[Shares]], foreign: np.ndarray) -> None:
        nothing = (0.0,) * (EMERGENCIES + 2) + (1.0,)
        parts_of = [parts or [nothing] for parts in turns]
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


def rates(found: np.ndarray, rows: Sequence[Row]) -> dict[str, float]:
    """Return shares of labelled turns, 0 to 1. ``found``: (n,) the level of each, a place in ``ORDER``."""
    level = np.array([ORDER.index(row.level) for row in rows])
    right = np.array(
        [ORDER[at] == row.level or ORDER[at] in row.acceptable for at, row in zip(found, rows, strict=True)]
    )
    e, u, d, n = (level == i for i in range(4))
    told = {
        "emergency as emergency": found[e] == 0,
        "emergency as urgent or more": found[e] <= 1,
        "emergency as nothing": (found[e] == 3) & ~right[e],
        "urgent as urgent or more": (found[u] <= 1) | right[u],
        "urgent as emergency": found[u] == 0,
        "decision as decision": right[d],
        "decision as emergency": found[d] == 0,
        "nothing as something": ~right[n],
        "nothing as emergency": found[n] == 0,
    }
    return {name: float(np.mean(share)) if len(share) else np.nan for name, share in told.items()}


def report(shares: Found, rows: Sequence[Row], ruled: np.ndarray, cuts: Thresholds) -> Iterator[str]:
    """Yield what the cuts give on ``rows``, a column a kind of message."""
    among = np.array([row.id.endswith(" among") for row in rows])
    foreign = np.array([row.language != "en" for row in rows])
    columns = {"written": ~among, "English": ~among & ~foreign, "others": ~among & foreign, "made long": among}
    found = shares.levels(cuts, ruled)
    told = [rates(found[some], [rows[i] for i in np.flatnonzero(some).tolist()]) for some in columns.values()]
    yield f"{'':36}" + "".join(f"{name:>10}" for name in columns)
    yield f"{'messages':36}" + "".join(f"{some.sum():10}" for some in columns.values())
    for name in told[0]:
        yield f"{name:36}" + "".join(f"{100 * each[name]:10.1f}" for each in told)
