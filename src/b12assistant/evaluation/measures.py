"""Measures of a ranking by ir-measures, which asks trec_eval; intervals and paired tests over queries.

Every judged query that has a relevant document counts: one that the run lacks scores 0. nDCG has linear gain. Intervals
are percentiles of a bootstrap over queries; systems are compared by a randomisation test, which flips the sign of each
query's difference (Smucker, Allan and Carterette, CIKM 2007), and corrected for their number as Holm (1979) does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

NAMES = (
    *(f"nDCG@{k}" for k in (1, 3, 5, 10, 100)),
    "MAP",
    "MRR",
    *(f"Recall@{k}" for k in (5, 10, 20, 100)),
    *(f"P@{k}" for k in (1, 3, 5, 10)),
    *(f"success@{k}" for k in (1, 3, 5, 10)),
)
HEADLINE = "nDCG@10"
JUDGED = "judged@10"  # share of the first ten documents that somebody judged; a warning, not a score
SEED = 20_261_120
SAMPLES = 10_000


def score(
    qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Mapping[str, float]], *, relevant: int = 1
) -> dict[str, dict[str, float]]:
    """Each measure of ``NAMES``, and ``JUDGED``, for each query of ``qrels`` with a document graded ``relevant`` or
    higher, in their order."""
    import ir_measures

    queries = answerable(qrels, relevant)
    measures = {_measure(name, relevant): name for name in (*NAMES, JUDGED)}
    scores: dict[str, dict[str, float]] = {name: dict.fromkeys(queries, 0.0) for name in measures.values()}
    judged = {query: dict(qrels[query]) for query in queries}
    ranked = {query: dict(run[query]) for query in queries if run.get(query)}
    for each in ir_measures.iter_calc(list(measures), judged, ranked):
        scores[measures[each.measure]][each.query_id] = float(each.value)
    return scores


def answerable(qrels: Mapping[str, Mapping[str, int]], relevant: int = 1) -> list[str]:
    """Queries that some document answers: on the others no ranking can score."""
    return [query for query, judged in qrels.items() if any(grade >= relevant for grade in judged.values())]


def interval(values: Sequence[float] | Values) -> dict[str, float]:
    """``mean`` with the ends ``low`` and ``high`` of its 95 % bootstrap interval, and ``n``."""
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(SEED)
    means = np.concatenate([_resampled(sample, rng, SAMPLES // 10) for _ in range(10)])
    low, high = np.percentile(means, [2.5, 97.5])
    return {"mean": float(sample.mean()), "low": float(low), "high": float(high), "n": len(sample)}


def _resampled(sample: Values, rng: np.random.Generator, times: int) -> Values:
    return np.asarray(sample[rng.integers(0, len(sample), (times, len(sample)))].mean(axis=1))


def compare(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """The mean difference ``ours - theirs`` with its interval, and ``p`` of the randomisation test, two-sided."""
    difference = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    rng = np.random.default_rng(SEED)
    told = interval(difference)
    flips = [
        np.abs((difference * rng.choice((-1.0, 1.0), (SAMPLES // 10, len(difference)))).mean(axis=1)) for _ in range(10)
    ]
    reached = int((np.concatenate(flips) >= abs(told["mean"]) - 1e-12).sum())
    return {**told, "p": (reached + 1) / (SAMPLES + 1)}


def holm(values: Sequence[float]) -> list[float]:
    """``values`` of p corrected for being several, in their order (Holm, 1979)."""
    corrected = [0.0] * len(values)
    least = 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        least = max(least, min(1.0, (len(values) - rank) * values[i]))
        corrected[i] = least
    return corrected


def _measure(name: str, relevant: int) -> Any:
    import ir_measures as ir

    kind, _, depth = name.partition("@")
    cutoff = int(depth) if depth else None
    match kind:
        case "nDCG":
            return ir.nDCG @ cutoff
        case "judged":
            return ir.Judged @ cutoff
        case "MAP":
            return ir.AP(rel=relevant)
        case "MRR":
            return ir.RR(rel=relevant)
    return {"Recall": ir.R, "P": ir.P, "success": ir.Success}[kind](rel=relevant) @ cutoff
