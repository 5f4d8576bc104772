"""What a growing collection costs: each way to search, built over more and more real vectors and asked real questions.

    python benchmarks/growth.py FOLDER [--minutes 40] [--sizes 1000 10000 …] [--kinds exact codes …]

FOLDER holds the public test collections. Their text (`growth_texts.py` says which) is encoded for --minutes at most and
kept in build/growth, so that a later run goes on where this one stopped; a size that is not reached is left out, never
made up. Every size and kind is measured in a process of its own, on one thread: seconds to build, resident memory, size
on disk, milliseconds a question for a hundred rows (processor time, p50 and p95; wall time beside it), and how many of
the exact first ten and hundred are found. The effort is the least that finds 99 in a hundred on half of the questions,
or the greatest tried; what is told is of the other half. Writes build/growth/growth.json and docs/growth.svg.
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
from growth_kinds import KINDS, Vectors
from growth_plot import curves
from growth_texts import questions, stretches
from numpy.typing import NDArray

from b12assistant.application.workspace import Workspace
from b12assistant.config import load_configuration
from b12assistant.protocols import Encoder

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "build" / "growth"
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
ASKED = 1_000  # questions, half to choose the effort, half to tell
DEPTH = 100
ENOUGH = 0.99
_SHARD = 2_000

Figures = dict[str, Any]


def encode(texts: Sequence[str], encoder: Encoder, file: Path, seconds: float) -> int:
    """Append to ``file``, (n, d) float32, until the time is up or all is done; how many rows it holds."""
    width = 4 * encoder.dimension
    done = file.stat().st_size // width if file.is_file() else 0
    end = time.monotonic() + seconds
    with file.open("ab") as out:
        out.truncate(done * width)
        while done < len(texts) and time.monotonic() < end:
            shard = texts[done : done + _SHARD]
            out.write(np.stack([encoded.vector for encoded in encoder.encode(shard)]).tobytes())
            done += len(shard)
    return done


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


def _rows(file: Path, many: int, dimension: int) -> Vectors:
    return np.fromfile(file, np.float32, count=many * dimension).reshape(many, dimension)


def _exact_of(many: int, file: Path, asked: Vectors) -> NDArray[np.int64]:
    return exact(_rows(file, many, asked.shape[1]), asked)


def _measured(kind: str, many: int, file: Path, asked: Vectors, best: NDArray[np.int64]) -> Figures:
    return measure(kind, lambda: _rows(file, many, asked.shape[1]), asked, best)


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
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=[*KINDS])
    arguments = parser.parse_args()
    encoder = Workspace(load_configuration(environment={})).encoder
    KEPT.mkdir(parents=True, exist_ok=True)
    texts = stretches(arguments.folder)
    there = encode(texts, encoder, KEPT / "stretches.f32", 60 * arguments.minutes)
    asked = np.stack([each.vector for each in encoder.encode(questions(arguments.folder)[:ASKED])])
    print(f"{len(texts):,} stretches of text, {there:,} encoded; load {os.getloadavg()[0]:.1f}", flush=True)
    figures: list[Figures] = []
    sizes = sorted({min(size, there) if size > there else size for size in arguments.sizes})
    for many in sizes:
        best = _in_a_process_of_its_own(_exact_of, many, KEPT / "stretches.f32", asked)
        for kind in arguments.kinds:
            given = (kind, many, KEPT / "stretches.f32", asked, best)
            figures.append(_in_a_process_of_its_own(_measured, *given))
            print(json.dumps(figures[-1]), flush=True)
            (KEPT / "growth.json").write_text(json.dumps(figures, indent=1) + "\n")
    print("\n".join(told(figures)))
    (ROOT / "docs" / "growth.svg").write_text(plot(figures))


if __name__ == "__main__":
    main()
