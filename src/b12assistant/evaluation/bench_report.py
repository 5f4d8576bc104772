"""A report of `evaluate` as JSON, as text for a terminal, as Markdown, and its queries as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]

SHOWN = ("nDCG@10", "MAP", "MRR", "Recall@10", "Recall@100", "P@10", "success@1", "success@3")


def as_json(report: Report) -> str:
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def text(report: Report) -> list[str]:
    """Figures of every ranking, a line a measure, with what to be careful about first."""
    return list(_text(report))


def markdown(report: Report) -> str:
    """The same as tables; a figure stands in its 95 % interval."""
    return "\n".join(_markdown(report)) + "\n"


def per_query(report: Report) -> str:
    """Tab separated: ranking, query, its words, then each measure."""
    rows: list[list[str]] = []
    for ranking, scores in report["per_query"].items():
        measures = list(scores)
        rows = rows or [["ranking", "query", "text", *measures]]
        for query in scores[measures[0]]:
            words = " ".join(report["queries"].get(query, "").split())
            rows.append([ranking, query, words, *(f"{scores[measure][query]:.4f}" for measure in measures)])
    return "".join("\t".join(row) + "\n" for row in rows)


def about(report: Report) -> Iterator[tuple[str, str]]:
    """What was measured, on what, and how fast, as name and value."""
    dataset = report["dataset"]
    yield "collection", f"{dataset['name']}, split {dataset['split']}"
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


def compared_line(each: Mapping[str, Any]) -> str:
    return (
        f"{each['measure']}: {each['ranking']} − {each['against']} = {each['mean']:+.4f} "
        f"[{each['low']:+.4f}, {each['high']:+.4f}], p = {each['p']:.4f}, corrected {each['holm']:.4f}"
    )


def _text(report: Report) -> Iterator[str]:
    for name, value in about(report):
        yield f"{name}: {value}"
    for warning in report["warnings"]:
        yield f"mind: {warning}"
    for ranking in report["rankings"]:
        yield ""
        yield f"{ranking['name']}: {ranking['says']}"
        for warning in ranking["warnings"]:
            yield f"  mind: {warning}"
        for measure, value in ranking["measures"].items():
            yield f"  {measure:12}{value['mean']:.4f}  [{value['low']:.4f}, {value['high']:.4f}]"
        if "speed" in ranking:
            yield f"  {speed_line(ranking['speed'])}"
    if report["compared"]:
        yield ""
        yield from map(compared_line, report["compared"])


def _markdown(report: Report) -> Iterator[str]:
    yield f"# {heading(report)}"
    yield ""
    for name, value in about(report):
        yield f"* {name}: {value}"
    for warning in report["warnings"]:
        yield f"* **mind:** {warning}"
    yield ""
    yield from _table(ranking_rows(report))
    for ranking in report["rankings"]:
        yield ""
        yield f"**{ranking['name']}**: {ranking['says']}"
        yield ""
        for warning in ranking["warnings"]:
            yield f"* **mind:** {warning}"
        if "speed" in ranking:
            yield f"* {speed_line(ranking['speed'])}"
    if report["compared"]:
        yield ""
        yield from _table(difference_rows(report))


def heading(report: Report) -> str:
    dataset = report["dataset"]
    return f"{dataset['name']}, split {dataset['split']}"


def ranking_rows(report: Report) -> list[list[str]]:
    """A head, then each ranking's scores with the ends of their intervals."""
    rows = [["ranking", *SHOWN]]
    for ranking in report["rankings"]:
        found = (ranking["measures"][name] for name in SHOWN)
        cells = (f"{each['mean']:.3f} ({each['low']:.3f}–{each['high']:.3f})" for each in found)
        rows.append([ranking["name"], *cells])
    return rows


def difference_rows(report: Report) -> list[list[str]]:
    """A head, then each ranking's difference from the first, a measure a row."""
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
