"""Whether rows that share words are easier or harder to find: what is told of `growth.py`'s rows is told of such.

    python benchmarks/growth_overlap.py FOLDER [--bulk bf16] [--kinds codes HNSW …]

It encodes nothing: it reads what `growth.py` kept. Compared are all sentences among the rows, none of which shares a
word with another, and as many rows drawn from all kinds: the effort that each kind of search needs, milliseconds of the
processor a question, what it finds of the exact first ten and hundred, and how many documents that hundred comes from.
First it prints which share of the first rows shares words with another of them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from growth import ASKED, SIZES, exact, measure
from growth_kinds import KINDS
from growth_rows import encoders, file_of
from growth_texts import Stretch, questions, stretches
from numpy.typing import NDArray

_TOLD = ("kind", "effort", "cpu_ms", "recall@10", "recall@100")


def sharing(given: Iterable[Stretch]) -> float:
    """The share of stretches that have words, in place, in common with another of them."""
    documents: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for each in given:
        documents[each.document].append((each.start, each.start + len(each.text)))
    shared = [of for ranges in documents.values() for of in _shared(sorted(ranges))]
    return sum(shared) / len(shared)


def _shared(ranges: Sequence[tuple[int, int]]) -> list[bool]:
    found, reached = [], 0
    for (start, end), (following, _) in zip(ranges, [*ranges[1:], (ranges[-1][1], 0)], strict=True):
        found.append(start < reached or following < end)
        reached = max(reached, end)
    return found


def documents(given: Sequence[Stretch], chosen: NDArray[np.int64], best: NDArray[np.int64]) -> float:
    """How many documents the first rows of a question come from, on average; ``best``: numbers among ``chosen``."""
    return float(np.mean([len({given[row].document for row in chosen[rows]}) for rows in best]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bulk", choices=("fp32", "bf16"), default="fp32", help="precision of the rows")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["codes", "IVF", "HNSW"])
    arguments = parser.parse_args()
    reading, storing = encoders(arguments.bulk)
    given = stretches(arguments.folder, reading.count)
    kept = np.memmap(file_of([each.text for each in given], storing), np.float32, "r").reshape(-1, reading.dimension)
    for many in sorted({min(size, len(kept)) for size in SIZES}):
        print(f"of the first {many:,}, {sharing(given[:many]):.1%} share words with another")
    asked = np.stack([each.vector for each in reading.encode(questions(arguments.folder)[:ASKED])])
    alone = np.array([row for row in range(len(kept)) if given[row].sentences == 1])
    for name, chosen in (("sentences", alone), ("of all kinds", np.arange(len(alone)))):
        rows = np.ascontiguousarray(kept[chosen])
        best = exact(rows, asked)
        found = documents(given, chosen, best)
        print(f"{name}: {len(rows):,} rows; the first {best.shape[1]} come from {found:.1f} documents on average")
        for kind in arguments.kinds:
            figures = measure(kind, rows.copy, asked, best)
            print({key: figures[key] for key in _TOLD}, flush=True)


if __name__ == "__main__":
    main()
