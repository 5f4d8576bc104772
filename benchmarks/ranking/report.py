"""Write a report on a collection as JSON, text, Markdown or HTML, and its queries as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from b12assistant.display.markup import plain
from b12assistant.evaluation.report_page import (
    FEW,
    WIDTH,
    document,
    facts,
    few,
    html_table,
    intervals,
    scrolling,
    section,
    svg,
    words_cell,
)
from ranking.runs import HEADLINE

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


_BINS = 10


def spread(measure: str, values: Iterable[float]) -> str:
    """Draw how many queries have each score, in ten bars."""
    counts = [0] * _BINS
    for value in values:
        counts[min(int(value * _BINS), _BINS - 1)] += 1
    most, height, step = max(counts), 150, (WIDTH - 40) / _BINS
    parts = []
    for i, count in enumerate(counts):
        tall = (height - 45) * count / most
        x, y = 20 + i * step, height - 22 - tall
        parts.append(f'<rect x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}" height="{tall:.1f}"/>')
        parts.append(f'<text x="{x + step / 2:.1f}" y="{y - 5:.1f}" text-anchor="middle">{count}</text>')
        parts.append(f'<text x="{x:.1f}" y="{height - 5}" text-anchor="middle">{i / _BINS:.1f}</text>')
    parts.append(f'<text x="{20 + _BINS * step:.1f}" y="{height - 5}" text-anchor="middle">1.0</text>')
    label = ", ".join(f"{i / _BINS:.1f} to {(i + 1) / _BINS:.1f}: {count}" for i, count in enumerate(counts))
    return svg(f"queries by {measure}: {label}", height, parts)


_PLOTTED = (HEADLINE, "MAP", "Recall@100", "success@1")
_WORST = 20  # queries shown


def page(report: Report) -> str:
    """Return the page with its styles and plots in it."""
    return document(heading(report), "".join(_body(report)))


def _body(report: Report) -> Iterator[str]:
    yield facts(dict(about(report)))
    warnings = [*report["warnings"]]
    queries = report["dataset"]["queries"]
    if queries < FEW:
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
