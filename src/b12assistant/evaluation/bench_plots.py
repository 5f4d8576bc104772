"""Two plots of a report as inline SVG: scores in their intervals, and how they spread over queries.

Drawn here, since no plotting library is a dependency and each plot is a row of rectangles; colours come from the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from b12assistant.display.markup import plain

_WIDTH = 640
_LABELS = 190  # pixels left of the scale
_ROW = 26
_BINS = 10


def intervals(measure: str, scores: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """Each ranking's mean as a dot in its 95 % interval. ``scores``: name and ``mean``, ``low``, ``high``."""
    low, high = min(each["low"] for _, each in scores), max(each["high"] for _, each in scores)
    start, end = max(0.0, low - 0.05), min(1.0, high + 0.05)

    def at(value: float) -> float:
        return _LABELS + (_WIDTH - _LABELS - 60) * (value - start) / (end - start or 1.0)

    parts = []
    for row, (name, each) in enumerate(scores):
        y = _ROW * row + _ROW / 2
        parts.append(f'<text x="{_LABELS - 12}" y="{y + 4:.0f}" text-anchor="end">{plain(name)}</text>')
        parts.append(f'<line x1="{at(each["low"]):.1f}" x2="{at(each["high"]):.1f}" y1="{y:.0f}" y2="{y:.0f}"/>')
        parts.append(f'<circle cx="{at(each["mean"]):.1f}" cy="{y:.0f}" r="4.5"/>')
        parts.append(f'<text x="{_WIDTH - 50}" y="{y + 4:.0f}">{each["mean"]:.3f}</text>')
    y = _ROW * len(scores) + 12
    parts += [
        f'<text class="scale" x="{at(value):.1f}" y="{y}" text-anchor="middle">{value:.2f}</text>'
        for value in (start, (start + end) / 2, end)
    ]
    told = "; ".join(f"{name} {each['mean']:.3f} ({each['low']:.3f} to {each['high']:.3f})" for name, each in scores)
    return _svg(f"{measure} with 95 % intervals: {told}", _ROW * len(scores) + 20, parts)


def spread(measure: str, values: Iterable[float]) -> str:
    """How many queries score how much, in ten bars."""
    counts = [0] * _BINS
    for value in values:
        counts[min(int(value * _BINS), _BINS - 1)] += 1
    most, height, step = max(counts), 150, (_WIDTH - 40) / _BINS
    parts = []
    for i, count in enumerate(counts):
        tall = (height - 45) * count / most
        x, y = 20 + i * step, height - 22 - tall
        parts.append(f'<rect x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}" height="{tall:.1f}"/>')
        parts.append(f'<text x="{x + step / 2:.1f}" y="{y - 5:.1f}" text-anchor="middle">{count}</text>')
        parts.append(f'<text x="{x:.1f}" y="{height - 5}" text-anchor="middle">{i / _BINS:.1f}</text>')
    parts.append(f'<text x="{20 + _BINS * step:.1f}" y="{height - 5}" text-anchor="middle">1.0</text>')
    told = ", ".join(f"{i / _BINS:.1f} to {(i + 1) / _BINS:.1f}: {count}" for i, count in enumerate(counts))
    return _svg(f"queries by {measure}: {told}", height, parts)


def _svg(told: str, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{plain(told)}" '
        f'class="plot">{"".join(parts)}</svg>'
    )
