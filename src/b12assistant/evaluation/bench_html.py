"""A report of `evaluate` as one page: readable by itself, light and dark, without a script and without a request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from b12assistant.display.markup import plain, words
from b12assistant.display.style_sheets import UNSEEN, style_sheets
from b12assistant.evaluation.bench_plots import intervals, spread
from b12assistant.evaluation.bench_report import Report, about, difference_rows, heading, ranking_rows, speed_line
from b12assistant.evaluation.measures import HEADLINE

_STYLES = ("tokens.css", UNSEEN, "audit.css", "bench.css")
_PLOTTED = (HEADLINE, "MAP", "Recall@100", "success@1")
_WORST = 20  # queries shown


def page(report: Report) -> str:
    """The page, whole: its styles and plots are in it."""
    styles = style_sheets(*_STYLES)
    title = plain(heading(report))
    body = "".join(_body(report))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{styles}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )


def _body(report: Report) -> Iterator[str]:
    facts = "".join(f"<dt>{plain(name)}</dt><dd>{plain(value)}</dd>" for name, value in about(report))
    yield f'<dl class="facts">{facts}</dl>'
    warnings = [*report["warnings"]]
    warnings += [f"{ranking['name']}: {warning}" for ranking in report["rankings"] for warning in ranking["warnings"]]
    if warnings:
        yield _section(
            "To be careful about", f"<ul>{''.join(f'<li>{plain(warning)}</li>' for warning in warnings)}</ul>"
        )
    yield _section("Scores", _table("Scores", ranking_rows(report)) + _rankings(report))
    for measure in _PLOTTED:
        scores = [(ranking["name"], ranking["measures"][measure]) for ranking in report["rankings"]]
        yield _section(f"{measure}, with 95 % intervals", intervals(measure, scores))
    if report["compared"]:
        yield _section(f"Against {report['compared'][0]['against']}", _table("Differences", difference_rows(report)))
    first = report["rankings"][0]["name"]
    scores_of = report["per_query"][first][HEADLINE]
    yield _section(f"Queries by {HEADLINE}, {first}", spread(HEADLINE, scores_of.values()))
    yield _worst(report, scores_of)


def _rankings(report: Report) -> str:
    rows = ""
    for ranking in report["rankings"]:
        speed = f"<br>{plain(speed_line(ranking['speed']))}" if "speed" in ranking else ""
        rows += f"<dt>{plain(ranking['name'])}</dt><dd>{plain(ranking['says'])}{speed}</dd>"
    return f'<dl class="facts">{rows}</dl>'


def _worst(report: Report, scores: dict[str, float]) -> str:
    worst = sorted(scores, key=lambda query: (scores[query], query))[:_WORST]
    rows = "".join(
        f'<tr><th scope="row">{plain(query)}</th><td>{scores[query]:.3f}</td>'
        f'<td class="long">{words(report["queries"].get(query, ""))}</td></tr>'
        for query in worst
    )
    head = f'<tr><th scope="col">query</th><th scope="col">{HEADLINE}</th><th scope="col">words</th></tr>'
    table = _scrolling("Queries that went worst", f"<thead>{head}</thead><tbody>{rows}</tbody>")
    return (
        f"<details><summary>The {len(worst)} queries that went worst; per_query.tsv has all</summary>{table}</details>"
    )


def _table(name: str, rows: Sequence[Sequence[str]]) -> str:
    first, *others = rows
    head = "".join(f'<th scope="col">{plain(cell)}</th>' for cell in first)
    body = "".join(
        f'<tr><th scope="row">{plain(first_cell)}</th>{"".join(f"<td>{plain(cell)}</td>" for cell in cells)}</tr>'
        for first_cell, *cells in others
    )
    return _scrolling(name, f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>")


def _scrolling(name: str, rows: str) -> str:
    """A table that scrolls by itself where it is wide, by keyboard too."""
    label = plain(name)
    return f'<div class="wide" role="region" aria-label="{label}" tabindex="0"><table>{rows}</table></div>'


def _section(title: str, content: str) -> str:
    return f"<section><h2>{plain(title)}</h2>{content}</section>"
