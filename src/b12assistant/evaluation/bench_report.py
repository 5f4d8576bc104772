"""Write a report of `evaluate` as JSON, text, Markdown or HTML, and its queries as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from b12assistant.display.markup import UNSEEN, plain, style_sheets, words
from b12assistant.evaluation.measures import HEADLINE

Report = Mapping[str, Any]

SHOWN = {
    "nDCG@10": "How good the order of the first ten is, from 0 to 1; higher grades count for more.",
    "MAP": "How early the relevant documents come, over the whole list.",
    "MRR": "1 divided by the rank of the first relevant document.",
    "Recall@10": "The share of the relevant documents that is among the first ten.",
    "Recall@100": "The same among the first hundred.",
    "P@10": "The share of the first ten that is relevant.",
    "success@1": "The share of queries whose first document is relevant.",
    "success@3": "The share of queries with a relevant document among the first three.",
}


def markdown(report: Report) -> str:
    """Return the report as tables, each figure with its 95 % interval."""
    return "\n".join(_markdown(report)) + "\n"


def per_query(report: Report) -> str:
    """Return a tab-separated table: ranking, query, its words, then each measure."""
    rows: list[list[str]] = []
    for ranking, scores in report["per_query"].items():
        measures = list(scores)
        rows = rows or [["ranking", "query", "text", *measures]]
        for query in scores[measures[0]]:
            words = " ".join(report["queries"].get(query, "").split())
            rows.append([ranking, query, words, *(f"{scores[measure][query]:.4f}" for measure in measures)])
    return "".join("\t".join(row) + "\n" for row in rows)


def about(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the measurement, its data and its machine, as name and value."""
    dataset = report["dataset"]
    yield "collection", heading(report)
    yield "licence", f"{dataset['licence']} (in the words of its README)"
    counts = (f"{dataset[what]:,} {what}" for what in ("documents", "queries", "judgements"))
    yield "size", ", ".join(counts)
    if dataset["relevant_from"] != 1:
        yield "relevant", f"grade {dataset['relevant_from']} or higher, for measures that know only yes and no"
    if "index" in report:
        bytes_ = report["index"]["bytes"]
        parts = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in bytes_.items() if name != "total")
        yield "index", f"{report['index']['passages']:,} passages, {bytes_['total'] / 1e6:.1f} MB ({parts})"
        yield "memory", f"{report['peak_memory_bytes'] / 1e6:,.0f} MB at most"
    yield "hardware", report["hardware"]
    bootstrap = report["bootstrap"]
    yield "intervals", f"95 %, bootstrap over queries, {bootstrap['samples']:,} samples, seed {bootstrap['seed']}"


def speed_line(speed: Mapping[str, float]) -> str:
    return (
        f"{speed['p50_ms']} / {speed['p95_ms']} / {speed['p99_ms']} ms a query (p50 / p95 / p99), "
        f"{speed['queries_per_second']} queries a second, one at a time"
    )


def text(report: Report) -> Iterator[str]:
    """Yield the figures of every ranking, one measure per line, below the warnings."""
    for name, value in about(report):
        yield f"{name}: {value}"
    for warning in report["warnings"]:
        yield f"mind: {warning}"
    for ranking in report["rankings"]:
        yield from ("", f"{ranking['name']}: {ranking['says']}")
        for warning in ranking["warnings"]:
            yield f"  mind: {warning}"
        for measure, value in ranking["measures"].items():
            yield f"  {measure:12}{value['mean']:.4f}  [{value['low']:.4f}, {value['high']:.4f}]"
        if "speed" in ranking:
            yield f"  {speed_line(ranking['speed'])}"
    if report["compared"]:
        yield ""
    for each in report["compared"]:
        yield (
            f"{each['measure']}: {each['ranking']} − {each['against']} = {each['mean']:+.4f} "
            f"[{each['low']:+.4f}, {each['high']:+.4f}], p = {each['p']:.4f}, corrected {each['holm']:.4f}"
        )


def _markdown(report: Report) -> Iterator[str]:
    yield from (f"# {heading(report)}", "")
    for name, value in about(report):
        yield f"* {name}: {value}"
    for warning in report["warnings"]:
        yield f"* **mind:** {warning}"
    yield ""
    yield from _table(ranking_rows(report))
    for ranking in report["rankings"]:
        yield from ("", f"**{ranking['name']}**: {ranking['says']}", "")
        for warning in ranking["warnings"]:
            yield f"* **mind:** {warning}"
        if "speed" in ranking:
            yield f"* {speed_line(ranking['speed'])}"
    if report["compared"]:
        yield ""
        yield from _table(difference_rows(report))


def heading(report: Report) -> str:
    return f"{report['dataset']['name']}, split {report['dataset']['split']}"


def ranking_rows(report: Report) -> list[list[str]]:
    """Return a head, then each ranking's scores with the ends of their intervals."""
    rows = [["ranking", *SHOWN]]
    for ranking in report["rankings"]:
        found = (ranking["measures"][name] for name in SHOWN)
        cells = (f"{each['mean']:.3f} ({each['low']:.3f}–{each['high']:.3f})" for each in found)
        rows.append([ranking["name"], *cells])
    return rows


def difference_rows(report: Report) -> list[list[str]]:
    """Return a head, then each ranking's difference from the first, one measure per row."""
    rows = [["ranking", "measure", "difference", "95 % interval", "p", "p, corrected (Holm)"]]
    for each in report["compared"]:
        figures = [f"{each['mean']:+.4f}", f"{each['low']:+.4f} to {each['high']:+.4f}"]
        tested = [f"{each['p']:.4f}", f"{each['holm']:.4f}"]
        rows.append([f"{each['ranking']} − {each['against']}", each["measure"], *figures, *tested])
    return rows


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    head, *others = rows
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in others:
        yield f"| {' | '.join(row)} |"


_WIDTH = 640
_LABELS = 190  # pixels left of the scale
_ROW = 26
_BINS = 10


def intervals(measure: str, scores: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """Draw each ranking's mean as a dot in its 95 % interval. ``scores``: name and ``mean``, ``low``, ``high``."""
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
    label = "; ".join(f"{name} {each['mean']:.3f} ({each['low']:.3f} to {each['high']:.3f})" for name, each in scores)
    return _svg(f"{measure} with 95 % intervals: {label}", _ROW * len(scores) + 20, parts)


def spread(measure: str, values: Iterable[float]) -> str:
    """Draw how many queries have each score, in ten bars."""
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
    label = ", ".join(f"{i / _BINS:.1f} to {(i + 1) / _BINS:.1f}: {count}" for i, count in enumerate(counts))
    return _svg(f"queries by {measure}: {label}", height, parts)


def _svg(label: str, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{plain(label)}" '
        f'class="plot">{"".join(parts)}</svg>'
    )


_STYLES = ("tokens.css", UNSEEN, "audit.css", "bench.css")
_PLOTTED = (HEADLINE, "MAP", "Recall@100", "success@1")
_WORST = 20  # queries shown
_LONG = 40  # characters; a longer cell may break its lines
_FEW = 100  # with fewer, an interval is about 0.2 wide


def page(report: Report) -> str:
    """Return the page with its styles and plots in it."""
    return document(heading(report), "".join(_body(report)))


def document(title: str, body: str, *, header: str | None = None, styles: Sequence[str] = _STYLES) -> str:
    """Return a whole page around the HTML of a report. ``header``: instead of the title as a heading."""
    title = plain(title)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style_sheets(*styles)}</style></head>"
        f"<body><main>{header or f'<h1>{title}</h1>'}{body}</main></body></html>"
    )


def _body(report: Report) -> Iterator[str]:
    yield facts(dict(about(report)))
    warnings = [*report["warnings"]]
    queries = report["dataset"]["queries"]
    if queries < _FEW:
        warnings.append(f"queries: {few(queries)}; small differences between rankings are chance")
    warnings += [f"{ranking['name']}: {warning}" for ranking in report["rankings"] for warning in ranking["warnings"]]
    if warnings:
        items = "".join(f"<li>{plain(warning)}</li>" for warning in warnings)
        yield section("To be careful about", f"<ul>{items}</ul>")
    yield section("Scores", html_table("Scores", ranking_rows(report)) + facts(SHOWN) + _rankings(report))
    for measure in _PLOTTED:
        scores = [(ranking["name"], ranking["measures"][measure]) for ranking in report["rankings"]]
        yield section(f"{measure}, with 95 % intervals", intervals(measure, scores))
    if report["compared"]:
        yield section(f"Against {report['compared'][0]['against']}", html_table("Differences", difference_rows(report)))
    first = report["rankings"][0]["name"]
    scores_of = report["per_query"][first][HEADLINE]
    yield section(f"Queries by {HEADLINE}, {first}", spread(HEADLINE, scores_of.values()))
    yield _worst(report, scores_of)


def few(n: int) -> str:
    """Return a number of questions, with a warning if it is small."""
    return f"{n:,} (too few to be sure)" if n < _FEW else f"{n:,}"


def facts(named: Mapping[str, str]) -> str:
    """Draw names and values, one pair per line."""
    rows = "".join(f"<dt>{plain(name)}</dt><dd>{plain(value)}</dd>" for name, value in named.items())
    return f'<dl class="facts">{rows}</dl>'


def _rankings(report: Report) -> str:
    rows = ""
    for ranking in report["rankings"]:
        speed = f"<br>{plain(speed_line(ranking['speed']))}" if "speed" in ranking else ""
        rows += f"<dt>{plain(ranking['name'])}</dt><dd>{plain(ranking['says'])}{speed}</dd>"
    return f'<dl class="facts">{rows}</dl>'


def _worst(report: Report, scores: dict[str, float]) -> str:
    worst = sorted(scores, key=lambda query: (scores[query], query))[:_WORST]
    rows = ((query, f"<td>{scores[query]:.3f}</td>{words_cell(report['queries'].get(query, ''))}") for query in worst)
    table = scrolling("Queries that went worst", ("query", HEADLINE, "words"), rows)
    return (
        f"<details><summary>The {len(worst)} queries that went worst; per_query.tsv has all</summary>{table}</details>"
    )


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


def section(title: str, content: str) -> str:
    return f"<section><h2>{plain(title)}</h2>{content}</section>"
