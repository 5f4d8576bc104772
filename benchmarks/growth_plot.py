"""Curves on logarithmic scales as one SVG that stands by itself: panels below one another, a line for each name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor, log10

from b12assistant.display.markup import plain

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 680, 236  # pixels of a panel
_LEFT, _RIGHT, _TOP, _BELOW = 60, 200, 34, 56
_COLOURS = ("#0b5a61", "#b3261e", "#855a00", "#4b3f8f", "#566160")
_DASHES = ("none", "7 4", "2 3", "10 3 2 3", "4 4")  # told apart without colour too


def curves(panels: Mapping[str, Mapping[str, Points]], across: str) -> str:
    """``panels``: by title, the lines by name. Points are (x, y), both above zero."""
    parts: list[str] = []
    for number, (title, lines) in enumerate(panels.items()):
        if any(lines.values()):
            parts += _panel(title, lines, across, number * _HEIGHT)
    told = "; ".join(
        f"{title}: "
        + ", ".join(f"{name} {', '.join(f'{y:g} at {x:,.0f}' for x, y in points)}" for name, points in lines.items())
        for title, lines in panels.items()
    )
    style = "text{font:12px system-ui,sans-serif;fill:#1f2526}.title{font-weight:600}.grid{stroke:#dddcd4}"
    height = _HEIGHT * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{plain(told)}"><style>{style}</style>'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _panel(title: str, lines: Mapping[str, Points], across: str, top: float) -> Iterable[str]:
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x_ends, y_ends = (floor(log10(min(xs))), ceil(log10(max(xs)))), (floor(log10(min(ys))), ceil(log10(max(ys))))

    def at(x: float, y: float) -> tuple[float, float]:
        width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BELOW
        return (
            _LEFT + width * (log10(x) - x_ends[0]) / max(x_ends[1] - x_ends[0], 1),
            top + _HEIGHT - _BELOW - height * (log10(y) - y_ends[0]) / max(y_ends[1] - y_ends[0], 1),
        )

    yield f'<text class="title" x="{_LEFT}" y="{top + 18}">{plain(title)}</text>'
    for power in range(x_ends[0], x_ends[1] + 1):
        x, y = at(10.0**power, 10.0 ** y_ends[0])
        yield f'<text x="{x:.0f}" y="{y + 18:.0f}" text-anchor="middle">{10**power:,}</text>'
    for power in range(y_ends[0], y_ends[1] + 1):
        x, y = at(10.0 ** x_ends[0], 10.0**power)
        yield f'<line class="grid" x1="{x:.0f}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle:.0f}" y="{top + _HEIGHT - _BELOW + 36}" text-anchor="middle">{plain(across)}</text>'
    for number, (name, points) in enumerate(lines.items()):  # a name without points keeps its colour in other panels
        if not points:
            continue
        colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        yield f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        y = top + _TOP + 8 + 18 * number
        ends = f'x1="{_WIDTH - _RIGHT + 8}" x2="{_WIDTH - _RIGHT + 34}" y1="{y - 4}" y2="{y - 4}"'
        yield f'<line {ends} stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        yield f'<text x="{_WIDTH - _RIGHT + 40}" y="{y}">{plain(name)}</text>'
