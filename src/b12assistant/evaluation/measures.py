"""Give a mean its interval, compare two systems or two reports question by question, and write reports.

Intervals are percentiles of a bootstrap over questions. Systems are compared with a randomisation test that flips the
sign of each question's difference (Smucker, Allan and Carterette, CIKM 2007).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from b12assistant.data_files import replace_file
from b12assistant.errors import DatasetError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

SEED = 20_261_120
SAMPLES = 10_000


def write_whole(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all. Raises ``DatasetError``."""
    try:
        replace_file(path, text.encode())
    except OSError as error:
        why = f"{path} cannot be written ({error.strerror})"
        raise DatasetError(why, hint="name a file in a folder you can write to") from error


def interval(values: Sequence[float] | Values, samples: int = SAMPLES) -> dict[str, float]:
    """Return the ``mean``, the ends ``low`` and ``high`` of its 95 % bootstrap interval, and ``n``."""
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(SEED)
    means = [rng.choice(sample, (samples // 10, len(sample))).mean(axis=1) for _ in range(10)]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return {"mean": float(sample.mean()), "low": float(low), "high": float(high), "n": len(sample)}


def compare(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Return the mean difference ``ours - theirs`` with its interval, and ``p`` of the two-sided randomisation test."""
    difference = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    rng = np.random.default_rng(SEED)
    estimate = interval(difference)
    flips = [
        np.abs((difference * rng.choice((-1.0, 1.0), (SAMPLES // 10, len(difference)))).mean(axis=1)) for _ in range(10)
    ]
    reached = int((np.concatenate(flips) >= abs(estimate["mean"]) - 1e-12).sum())
    return {**estimate, "p": (reached + 1) / (SAMPLES + 1)}


Report = Mapping[str, Any]
Row = Mapping[str, Any]


def read_report(folder: Path) -> Report:
    """Read the report in a folder. Raises ``DatasetError`` if there is none."""
    try:
        report = json.loads((folder / "report.json").read_text("utf-8"))
        if report["kind"] == "questions":
            return dict(report)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "name a folder that evaluate QUESTIONS --out wrote"
        raise DatasetError(f"{folder / 'report.json'} cannot be read", hint=hint) from error
    raise DatasetError(f"{folder / 'report.json'} is no report on questions", hint="name another folder")


def compared(report: Report, earlier: Report) -> Iterator[str]:
    """Yield a line for each measure, over the questions that are in both reports with the same words."""
    before = {row["id"]: row for row in earlier["questions"]}
    known = [(row, before[row["id"]]) for row in report["questions"] if row["id"] in before]
    same = ("question", "history", "gold")
    pairs = [(now, then) for now, then in known if all(now[key] == then[key] for key in same)]
    for name, is_so in _MEASURED.items():
        if counted := [(is_so(now), is_so(then)) for now, then in pairs if bool(now["gold"]) == (name != "refused")]:
            yield f"{name}: {_difference(*zip(*counted, strict=True))}"
    if left := len(report["questions"]) - len(pairs):
        yield f"{left} questions are not in the earlier report, or not with the same words."


def _difference(now: Sequence[float], then: Sequence[float]) -> str:
    change = compare(now, then)
    verdict = "better" if change["low"] > 0 else "worse" if change["high"] < 0 else "no clear difference"
    was, is_ = (sum(each) / len(each) for each in (then, now))
    interval = f"[{change['low']:+.3f}, {change['high']:+.3f}]"
    return f"{was:.3f} before, {is_:.3f} now, {change['mean']:+.3f} {interval}, n = {len(now)}: {verdict}"


def _within(place: int | None, most: int) -> bool:
    return place is not None and place <= most


_MEASURED: Mapping[str, Callable[[Row], bool]] = {
    "hit@1": lambda row: _within(row["hit_at"], 1),
    "hit@3": lambda row: _within(row["hit_at"], 3),
    "hit@1 of the ranking alone": lambda row: _within(row["ranked_at"], 1),
    "hit@3 of the ranking alone": lambda row: _within(row["ranked_at"], 3),
    "answered": lambda row: bool(row["quotes"]),
    "refused": lambda row: row["status"] == "no_answer",  # of questions without gold; all others only of those with it
}
