"""Write a report on a collection as text, and its queries as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Report = Mapping[str, Any]


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


def heading(report: Report) -> str:
    return f"{report['dataset']['name']}, split {report['dataset']['split']}"
