"""Draw the parts of a report as HTML: the page, tables, intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from b12assistant.display.markup import UNSEEN, plain, style_sheets, words

FEW = 100  # questions; with fewer, an interval is about 0.2 wide
WIDTH = 640  # pixels of a plot
_LABELS = 190  # pixels left of the scale
_ROW = 26
_LONG = 40  # characters; a longer cell may break its lines
_STYLES = ("tokens.css", UNSEEN, "audit.css", "bench.css")


def document(title: str, body: str, *, header: str | None = None, styles: Sequence[str] = _STYLES) -> str:
    """Return a whole page around the HTML of a report. ``header``: instead of the title as a heading."""
    title = plain(title)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style_sheets(*styles)}</style></head>"
        f"<body><main>{header or f'<h1>{title}</h1>'}{body}</main></body></html>"
    )


def section(title: str, content: str) -> str:
    return f"<section><h2>{plain(title)}</h2>{content}</section>"


def facts(named: Mapping[str, str]) -> str:
    """Draw names and values, one pair per line."""
    rows = "".join(f"<dt>{plain(name)}</dt><dd>{plain(value)}</dd>" for name, value in named.items())
    return f'<dl class="facts">{rows}</dl>'


def few(n: int) -> str:
    """Return a number of questions, with a warning if it is small."""
    return f"{n:,} (too few to be sure)" if n < FEW else f"{n:,}"


def html_table(name: str, rows: Sequence[Sequence[str]]) -> str:
    first, *others = rows
    return scrolling(name, first, ((row, "".join(map(_cell, cells))) for row, *cells in others))


def _cell(text: str) -> str:
    return f'<td class="long">{plain(text)}</td>' if len(text) > _LONG else f"<td>{plain(text)}</td>"


def words_cell(text: str) -> str:
    return f'<td class="long">{words(text)}</td>'


def scrolling(name: str, columns: Iterable[str], rows: Iterable[tuple[str, str]]) -> str:
    """Draw a table that scrolls by itself if it is wide, also with the keyboard. ``rows``: a name and HTML of cells."""
    label = plain(name)
    head = "".join(f'<th scope="col">{plain(column)}</th>' if column else "<td></td>" for column in columns)
    body = "".join(f'<tr><th scope="row">{plain(row)}</th>{cells}</tr>' for row, cells in rows)
    return (
        f'<div class="wide" role="region" aria-label="{label}" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def intervals(measure: str, scores: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """Draw each ranking's mean as a dot in its 95 % interval. ``scores``: name and ``mean``, ``low``, ``high``."""
    low, high = min(each["low"] for _, each in scores), max(each["high"] for _, each in scores)
    start, end = max(0.0, low - 0.05), min(1.0, high + 0.05)

    def at(value: float) -> float:
        return _LABELS + (WIDTH - _LABELS - 60) * (value - start) / (end - start or 1.0)

    parts = []
    for row, (name, each) in enumerate(scores):
        y = _ROW * row + _ROW / 2
        parts.append(f'<text x="{_LABELS - 12}" y="{y + 4:.0f}" text-anchor="end">{plain(name)}</text>')
        parts.append(f'<line x1="{at(each["low"]):.1f}" x2="{at(each["high"]):.1f}" y1="{y:.0f}" y2="{y:.0f}"/>')
        parts.append(f'<circle cx="{at(each["mean"]):.1f}" cy="{y:.0f}" r="4.5"/>')
        parts.append(f'<text x="{WIDTH - 50}" y="{y + 4:.0f}">{each["mean"]:.3f}</text>')
    y = _ROW * len(scores) + 12
    parts += [
        f'<text class="scale" x="{at(value):.1f}" y="{y}" text-anchor="middle">{value:.2f}</text>'
        for value in (start, (start + end) / 2, end)
    ]
    label = "; ".join(f"{name} {each['mean']:.3f} ({each['low']:.3f} to {each['high']:.3f})" for name, each in scores)
    return svg(f"{measure} with 95 % intervals: {label}", _ROW * len(scores) + 20, parts)


def svg(label: str, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{plain(label)}" '
        f'class="plot">{"".join(parts)}</svg>'
    )
