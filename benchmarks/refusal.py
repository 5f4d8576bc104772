"""Measure refusal: what is refused by style, how true the confidence is, and what answering less would cost.

    python benchmarks/refusal.py OUT INDEX                            our calibration split over `corpus/`
    python benchmarks/refusal.py OUT INDEX CORPUS FOLDER              FOLDER's labelled questions over another corpus

``INDEX``: an index of the corpus. ``FOLDER`` holds `qa.jsonl`, `unanswerable.jsonl` and `conversations.jsonl`. Writes
`refusal.json`, `reliability.svg` and `risk-coverage.svg` into ``OUT`` and prints the table. The cuts were set on the
calibration split: the share that is kept there is no finding; on another corpus it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fit_refusal import confidences, search, signals_of
from refusal_data import CORPUS, Asked, examples, labelled, workspace
from sklearn.metrics import roc_auc_score

from b12assistant.answering.signals import Calibration, load_calibration, load_topics

BINS = 5
SIZE = 320  # pixels of a plot
EDGE = 40


def by_style(certain: np.ndarray, asked: Sequence[Asked], calibration: Calibration) -> dict[str, dict[str, Any]]:
    """Return, for each style of question, how many, and the share refused with Wilson's 95 % interval."""
    table: dict[str, dict[str, Any]] = {}
    groups = dict.fromkeys((each.answerable, each.style) for each in asked)
    for answerable, style in [(True, None), *groups]:
        chosen = [each.answerable == answerable and style in (None, each.style) for each in asked]
        refused = certain[chosen] < calibration.possibly
        name = f"{'answerable' if answerable else 'unanswerable'}: {style or 'all'}"
        low, high = wilson(int(refused.sum()), len(refused))
        table[name] = {"n": len(refused), "refused": round(float(refused.mean()), 3), "low": low, "high": high}
    return table


def wilson(hits: int, count: int) -> tuple[float, float]:
    z = 1.96
    centre = (hits + z * z / 2) / (count + z * z)
    reach = z / (count + z * z) * np.sqrt(hits * (count - hits) / count + z * z / 4)
    return round(float(max(0, centre - reach)), 3), round(float(min(1, centre + reach)), 3)


def reliability(certain: np.ndarray, y: np.ndarray) -> list[dict[str, float]]:
    """Return confidence against the share of answerable, in bins of equal size; both classes count the same."""
    weights = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())
    return [
        {
            "confidence": round(float(np.average(certain[rows], weights=weights[rows])), 3),
            "answerable": round(float(np.average(y[rows], weights=weights[rows])), 3),
            "n": len(rows),
        }
        for rows in np.array_split(np.argsort(certain, kind="stable"), BINS)
    ]


def risk_coverage(certain: np.ndarray, y: np.ndarray) -> list[dict[str, float]]:
    """Return, for answering only the most certain, the share answered and how much of that nothing answers."""
    order = np.argsort(-certain, kind="stable")
    wrong = np.cumsum(~y[order])
    counts = np.arange(1, len(y) + 1)
    return [
        {"coverage": round(float(count / len(y)), 3), "risk": round(float(errors / count), 3)}
        for count, errors in zip(counts.tolist(), wrong.tolist(), strict=True)
    ]


def svg(told: str, points: Sequence[tuple[float, float]], across: str, up: str, *, diagonal: bool) -> str:
    def at(x: float, y: float) -> str:
        return f"{EDGE + x * SIZE:.1f},{10 + (1 - y) * SIZE:.1f}"

    parts = [f'<rect x="{EDGE}" y="10" width="{SIZE}" height="{SIZE}" fill="none" stroke="#888"/>']
    if diagonal:
        parts.append(f'<polyline points="{at(0, 0)} {at(1, 1)}" stroke="#bbb" stroke-dasharray="4" fill="none"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="4"/>' for x, y in (at(*point).split(",") for point in points)]
    parts.append(f'<polyline points="{" ".join(at(*point) for point in points)}" stroke="#246" fill="none"/>')
    for share in (0, 0.5, 1):
        parts.append(f'<text x="{EDGE + share * SIZE}" y="{SIZE + 26}" text-anchor="middle">{share}</text>')
        parts.append(f'<text x="{EDGE - 6}" y="{14 + (1 - share) * SIZE}" text-anchor="end">{share}</text>')
    parts.append(f'<text x="{EDGE + SIZE / 2}" y="{SIZE + 44}" text-anchor="middle">{across}</text>')
    parts.append(f'<text x="{EDGE + 8}" y="28">{up}</text>')
    box = f"0 0 {SIZE + EDGE + 20} {SIZE + 54}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" aria-label="{told}"'
    return f'{head} font-family="sans-serif" font-size="12">{"".join(parts)}</svg>\n'


def main(out: Path, index: str, corpus: str = CORPUS, folder: str | None = None) -> None:
    asked = examples(Path(folder)) if folder else labelled("calibration")
    space, calibration = workspace(corpus, index), load_calibration()
    certain = confidences(calibration, signals_of(space.engine, load_topics(), search(space, asked)))
    y = np.array([each.answerable for each in asked])
    report: dict[str, Any] = {
        "index": space.opened.collection.generation,
        "AUROC": round(float(roc_auc_score(y, certain)), 3),
        "styles": by_style(certain, asked, calibration),
        "reliability": reliability(certain, y),
        "risk_coverage": risk_coverage(certain, y),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "refusal.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    points = [(each["confidence"], each["answerable"]) for each in report["reliability"]]
    told = "Confidence against the share of answerable questions"
    (out / "reliability.svg").write_text(svg(told, points, "confidence", "answerable", diagonal=True), "utf-8")
    points = [(each["coverage"], each["risk"]) for each in report["risk_coverage"]]
    told = "Share of answers that nothing supports against the share of questions answered"
    (out / "risk-coverage.svg").write_text(svg(told, points, "answered", "unsupported", diagonal=False), "utf-8")
    print(f"AUROC {report['AUROC']}")
    for name, row in report["styles"].items():
        print(f"{name:34} refused {row['refused']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]  n = {row['n']}")
    for row in report["reliability"]:
        print(f"confidence {row['confidence']:.2f}: {row['answerable']:.2f} answerable (n = {row['n']})")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
