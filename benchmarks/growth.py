"""What a growing collection costs: each way to search, built over more and more real vectors and asked real questions.

    python benchmarks/growth.py FOLDER [--bulk bf16] [--minutes 40] [--sizes 1000 10000 …] [--kinds exact codes …]

FOLDER holds the public test collections. Their text (`growth_texts.py` says which) is encoded for --minutes at most and
kept in build/growth, so that a later run goes on where this one stopped; in place of a size that is not reached stands
what there is. Every size and kind is measured in a process of its own, on one thread: seconds to build, resident
memory, size on disk, milliseconds a question for a hundred rows (processor time, p50 and p95; wall time beside it), and
how many of the exact first ten and hundred are found. The effort is the least that finds 99 in a hundred on half of the
questions, or the greatest tried; what is told is of the other half. Writes build/growth/growth.json and
docs/growth.svg.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from growth_kinds import KINDS
from growth_plot import curves
from growth_rows import KEPT, Vectors, encode, encoders, file_of, first_rows
from growth_texts import questions, stretches
from numpy.typing import NDArray

DRAWN = Path(__file__).parent.parent / "docs" / "growth.svg"
SIZES = (1_000, 3_000, 10_000, 30_000, 50_000, 100_000, 300_000, 1_000_000)
ASKED = 1_000  # questions, half to choose the effort, half to tell
DEPTH = 100
ENOUGH = 0.99

Figures = dict[str, Any]


def exact(rows: Vectors, asked: Vectors) -> NDArray[np.int64]:
    """The best hundred rows of each question, (q, 100)."""
    return np.asarray(faiss.knn(asked, rows, min(DEPTH, len(rows)), metric=faiss.METRIC_INNER_PRODUCT)[1])


def measure(kind: str, rows: Callable[[], Vectors], asked: Vectors, best: NDArray[np.int64]) -> Figures:
    """``rows``: gives the vectors, (n, d), once; ``asked``: (q, d); ``best``: what `exact` says of both."""
    before = _resident()
    vectors = rows()
    many = len(vectors)
    begun = time.thread_time()
    built = KINDS[kind](vectors)
    seconds = time.thread_time() - begun
    del vectors
    gc.collect()
    memory = _resident() - before
    half = len(asked) // 2
    for effort in built.efforts:
        found = [built.search(query, DEPTH, effort) for query in asked[:half]]
        if recall(found, best[:half], DEPTH) >= ENOUGH:
            break
    found, took = [], []
    for query in asked[half:]:
        wall, cpu = time.perf_counter(), time.thread_time()
        found.append(built.search(query, DEPTH, effort))
        took.append((1000 * (time.thread_time() - cpu), 1000 * (time.perf_counter() - wall)))
    cpu_ms, wall_ms = np.array(took).T
    return {
        "kind": kind,
        "rows": many,
        "effort": effort,
        "build_s": round(seconds, 2),
        "memory_mb": round(memory / 1e6, 1),
        "disk_mb": round(built.size / 1e6, 1),
        "cpu_ms": [round(float(np.percentile(cpu_ms, p)), 3) for p in (50, 95)],
        "wall_ms": [round(float(np.percentile(wall_ms, p)), 3) for p in (50, 95)],
        "recall@10": round(recall(found, best[half:], 10), 4),
        "recall@100": round(recall(found, best[half:], DEPTH), 4),
    }


def recall(found: Sequence[NDArray[np.int64]], best: NDArray[np.int64], k: int) -> float:
    """The share of the exact first ``k`` that is among the first ``k`` found; (q, ≥ k) row numbers."""
    return float(np.mean([len({*a[:k].tolist()} & {*b[:k].tolist()}) / k for a, b in zip(found, best, strict=True)]))


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _exact_of(many: int, file: Path, asked: Vectors) -> NDArray[np.int64]:
    return exact(first_rows(file, many, asked.shape[1]), asked)


def _measured(kind: str, many: int, file: Path, asked: Vectors, best: NDArray[np.int64]) -> Figures:
    return measure(kind, lambda: first_rows(file, many, asked.shape[1]), asked, best)


def _in_a_process_of_its_own(work: Callable[..., Any], *given: object) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as alone:
        return alone.apply(work, given)


def told(figures: Sequence[Figures]) -> Iterator[str]:
    """The table, as Markdown."""
    yield "| rows | kind | effort | ms a question, p50 / p95 | build, s | memory, MB | disk, MB | recall@10 | @100 |"
    yield "|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    for each in figures:
        p50, p95 = each["cpu_ms"]
        yield (
            f"| {each['rows']:,} | {each['kind']} | {each['effort'] or ''} | {p50} / {p95} | {each['build_s']} "
            f"| {each['memory_mb']} | {each['disk_mb']} | {each['recall@10']} | {each['recall@100']} |"
        )


def plot(figures: Sequence[Figures]) -> str:
    def lines(column: Callable[[Figures], float]) -> Mapping[str, list[tuple[float, float]]]:
        points = [(each["kind"], each["rows"], column(each)) for each in figures]
        return {kind: [(x, y) for of, x, y in points if of == kind and y > 0] for kind in KINDS}  # 0: too short to tell

    return curves(
        {
            "Milliseconds a question": lines(lambda each: each["cpu_ms"][0]),
            "Seconds to build": lines(lambda each: each["build_s"]),
            "Memory, MB": lines(lambda each: each["memory_mb"]),
        },
        "passages",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bulk", choices=("fp32", "bf16"), default="fp32", help="precision of the rows")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=[*KINDS])
    arguments = parser.parse_args()
    reading, storing = encoders(arguments.bulk)
    texts = [each.text for each in stretches(arguments.folder, reading.count)]
    file = file_of(texts, storing)
    there = encode(texts[: max(arguments.sizes)], storing, file, 60 * arguments.minutes)
    asked = np.stack([each.vector for each in reading.encode(questions(arguments.folder)[:ASKED])])
    print(f"{len(texts):,} stretches of text, {there:,} encoded; load {os.getloadavg()[0]:.1f}", flush=True)
    figures: list[Figures] = []
    for many in sorted({min(size, there) for size in arguments.sizes}):
        best = _in_a_process_of_its_own(_exact_of, many, file, asked)
        for kind in arguments.kinds:
            figures.append(_in_a_process_of_its_own(_measured, kind, many, file, asked, best))
            print(json.dumps(figures[-1]), flush=True)
            (KEPT / "growth.json").write_text(json.dumps(figures, indent=1) + "\n")
    print("\n".join(told(figures)))
    DRAWN.write_text(plot(figures))


if __name__ == "__main__":
    main()
