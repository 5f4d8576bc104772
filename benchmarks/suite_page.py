"""Write docs/benchmarks.md from expected.json: no figure on the page has another origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Found = Mapping[str, Any]

MEASURE = "nDCG@10"
BASELINES = ("bm25", "dense", "fused", "shipped")


def page(found: Sequence[Found]) -> str:
    return "\n".join(_page(found)) + "\n"


def _page(found: Sequence[Found]) -> Iterator[str]:
    yield "<!-- Written by benchmarks/run_suite.py from benchmarks/expected.json: `make bench`, then --accept. -->"
    yield ""
    yield "# Benchmarks of the ranking"
    yield ""
    yield (
        f"{MEASURE} with linear gain, by ir-measures; every judged query with a relevant document counts. In brackets "
        "the 95 % bootstrap interval over queries (10,000 samples, one seed). Retrieval alone: no triage, no refusal. "
        "`make bench DATASETS=FOLDER` measures all of this again and fails if the shipped ranking falls behind."
    )
    yield ""
    yield (
        "“shipped” is the ranking as installed, with the encoder that is tuned to vitamin B12. “published encoder” is "
        "the same ranking with `encoder.tuned = false`, which another subject should set: `b12assistant new` "
        f"writes it. The tuned encoder is {', '.join(sorted({each['encoder'][:12] for each in found}))}; a test "
        "compares this with what ships."
    )
    for role, title in (("test", "Test splits"), ("development", "Development splits")):
        rows = [each for each in found if each["role"] == role]
        if rows:
            yield from ("", f"## {title}", "")
            yield from _scores(rows)
    ablated = [each for each in found if each["role"] == "development"]
    if ablated:
        yield from ("", "## What each part earns", "")
        yield (
            f"{MEASURE} of the shipped ranking less that of a ranking without the part, on development splits: what is "
            "above 0 is earned. An asterisk: p < .05 by a paired randomisation test, corrected (Holm) for all rankings "
            "of the column."
        )
        yield ""
        yield from _ablation(ablated)


def _scores(rows: Sequence[Found]) -> Iterator[str]:
    names = [name for name in BASELINES if name in rows[0]["scores"]]
    yield f"| collection | queries | {' | '.join(names)} | published encoder | MAP, Recall@100 of shipped | licence |"
    yield f"|---|---:|{'---|' * (len(names) + 3)}"
    for each in rows:
        cells = [*(_interval(each["scores"][name][MEASURE]) for name in names), _interval(each["plain"][MEASURE])]
        shipped = each["scores"]["shipped"]
        more = f"{shipped['MAP']['mean']:.3f}, {shipped['Recall@100']['mean']:.3f}"
        licence = each["dataset"]["licence"]
        yield f"| {each['name']} | {shipped[MEASURE]['n']} | {' | '.join(cells)} | {more} | {licence} |"


def _ablation(rows: Sequence[Found]) -> Iterator[str]:
    yield f"| ranking | {' | '.join(each['name'] for each in rows)} |"
    yield f"|---|{'---:|' * len(rows)}"
    differences = [{one["ranking"]: one for one in each["compared"] if one["measure"] == MEASURE} for each in rows]
    for name in differences[0]:
        cells = [_difference(column[name]) for column in differences]
        yield f"| {name}: {rows[0]['says'][name]} | {' | '.join(cells)} |"


def _interval(score: Mapping[str, float]) -> str:
    return f"{score['mean']:.3f} ({score['low']:.3f}–{score['high']:.3f})"


def _difference(each: Mapping[str, float]) -> str:
    return f"{-each['mean']:+.3f}{'*' if each['holm'] < 0.05 else ''}"
