"""Read and write TREC run files, and score them with ir-measures, which uses trec_eval.

Every judged query with a relevant document counts; one missing from the run scores 0. nDCG has linear gain.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import ir_measures
import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test

from b12assistant.application.batching import write_lines
from ranking.datasets import read_lines

Run = Mapping[str, Mapping[str, float]]  # query, document, score: higher is better
NAMES = (
    *(f"nDCG@{k}" for k in (1, 3, 5, 10, 100)),
    "MAP",
    "MRR",
    *(f"Recall@{k}" for k in (5, 10, 20, 100)),
    *(f"P@{k}" for k in (1, 3, 5, 10)),
    *(f"success@{k}" for k in (1, 3, 5, 10)),
)
HEADLINE = "nDCG@10"
SEED = 20_261_120
SAMPLES = 10_000
JUDGED = "judged@10"  # share of the first ten documents that were judged; a warning, not a score


def read_run(path: Path) -> dict[str, dict[str, float]]:
    """Read a run file: query Q0 document rank score tag. Raises ``DatasetError`` that names file and line."""

    def ranked(line: str) -> tuple[str, str, float]:
        query, _, document, _, score, _ = line.split()
        return query, document, float(score)

    run: dict[str, dict[str, float]] = {}
    for query, document, score in read_lines(path, ranked):
        run.setdefault(query, {})[document] = score
    return run


def write_run(path: Path, run: Run, tag: str) -> None:
    """Write a run file, whole or not at all, in trec_eval's order."""
    lines = (
        f"{query} Q0 {document} {rank} {ranked[document]!r} {tag}"
        for query, ranked in run.items()
        for rank, document in enumerate(sorted(ranked, key=lambda each: (ranked[each], each), reverse=True), start=1)
    )
    write_lines(path, lines)


def score(
    qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Mapping[str, float]], *, relevant: int = 1
) -> dict[str, dict[str, float]]:
    """Return ``NAMES`` and ``JUDGED`` for each query of ``qrels`` with a document graded ``relevant`` or higher, in
    order."""
    queries = answerable(qrels, relevant)
    measures = {ir_measures.parse_measure(_as_ir(name, relevant)): name for name in (*NAMES, JUDGED)}
    scores: dict[str, dict[str, float]] = {name: dict.fromkeys(queries, 0.0) for name in measures.values()}
    judged = {query: dict(qrels[query]) for query in queries}
    ranked = {query: dict(run[query]) for query in queries if run.get(query)}
    for each in ir_measures.iter_calc(list(measures), judged, ranked):
        scores[measures[each.measure]][each.query_id] = float(each.value)
    return scores


def answerable(qrels: Mapping[str, Mapping[str, int]], relevant: int = 1) -> list[str]:
    """Return the queries that some document answers; no ranking can score on the others."""
    return [query for query, judged in qrels.items() if any(grade >= relevant for grade in judged.values())]


def holm(values: Sequence[float]) -> list[float]:
    """Return p values corrected for multiple comparisons, in their order (Holm, 1979)."""
    corrected = [0.0] * len(values)
    least = 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        least = max(least, min(1.0, (len(values) - rank) * values[i]))
        corrected[i] = least
    return corrected


def _as_ir(name: str, relevant: int) -> str:
    """Return the name that ir-measures gives a measure: ``Recall@5`` is ``R(rel=1)@5``."""
    kind, at, depth = name.partition("@")
    graded = {"nDCG": "nDCG", "judged": "Judged"}
    binary = {"MAP": "AP", "MRR": "RR", "Recall": "R", "P": "P", "success": "Success"}
    return f"{graded[kind] if kind in graded else f'{binary[kind]}(rel={relevant})'}{at}{depth}"


def interval(values: Sequence[float] | NDArray[np.float64]) -> dict[str, float]:
    """Return the ``mean``, the ends ``low`` and ``high`` of its 95 % bootstrap interval, and ``n``."""
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(SEED)
    means = [rng.choice(sample, (SAMPLES // 10, len(sample))).mean(axis=1) for _ in range(10)]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return {"mean": float(sample.mean()), "low": float(low), "high": float(high), "n": len(sample)}


def compare(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Return the mean difference ``ours - theirs`` with its interval, and ``p`` of the two-sided randomisation test.

    The test flips the sign of each question's difference (Smucker, Allan and Carterette, CIKM 2007).
    """
    difference = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    flipped = {"permutation_type": "samples", "n_resamples": SAMPLES, "batch": 1000, "rng": SEED}
    return {**interval(difference), "p": float(permutation_test((difference,), np.mean, **flipped).pvalue)}
