"""A reliability diagram as data: of the questions with such a confidence, how many were answered rightly?

After DeGroot and Fienberg (1983); the calibration error is the mean gap weighted by counts (Naeini et al., 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BINS = 10


def reliability(judged: Sequence[tuple[float, bool]]) -> dict[str, Any] | None:
    """``judged``: confidence, 0 to 1, and whether it was right. ``None`` where there is nothing to judge.

    Bins are of equal width, half-open but for the last; an empty one is left out.
    """
    if not judged:
        return None
    members: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in judged:
        members[min(int(confidence * BINS), BINS - 1)].append((confidence, right))
    bins = [_bin(number, inside) for number, inside in enumerate(members) if inside]
    gap = sum(each["n"] * abs(each["confidence"] - each["right"]) for each in bins) / len(judged)
    return {"n": len(judged), "calibration_error": round(gap, 4), "bins": bins}


def _bin(number: int, inside: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    return {
        "low": number / BINS,
        "high": (number + 1) / BINS,
        "n": len(inside),
        "confidence": round(sum(confidence for confidence, _ in inside) / len(inside), 4),
        "right": round(sum(right for _, right in inside) / len(inside), 4),
    }
