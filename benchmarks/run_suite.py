"""`make bench`: measure the ranking on every collection of suite.toml; docs/benchmarks.md is written in build/bench.

    python benchmarks/run_suite.py DATASETS [--collection NAME]

What was encoded before is taken from build/bench-cache, whichever runtime encoded it: delete that to measure a runtime.
The exit status is 1 if a figure of the shipped ranking is below its floor (`floors.toml`, ranking).
"""

import argparse
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ranking.indexing import RANKINGS
from ranking.runs import HEADLINE
from run_collection import Request
from run_collection import measured as report_of

from b12assistant.answering.retrieval import Weights
from b12assistant.api import Workspace
from b12assistant.application.batching import write_lines
from b12assistant.config import load_configuration

HERE = Path(__file__).parent
OUT = Path("build/bench")
PAGE = HERE.parent / "docs" / "benchmarks.md"
SHIPPED = "shipped"

Measures = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Row:
    """A line of suite.toml."""

    folder: str
    split: str
    role: str
    licence: str
    relevant: int = 1

    @property
    def name(self) -> str:
        return f"{self.folder} {self.split}"


def measured(
    row: Row, datasets: Path, spaces: tuple[Workspace, Workspace], names: Sequence[str]
) -> dict[str, Measures]:
    """Measure rankings on a collection; the shipped one once more with the encoder as published, the second space."""
    folder, configs = OUT / row.name.replace("/", "_").replace(" ", "_"), [RANKINGS / f"{name}.toml" for name in names]
    request = Request(datasets / row.folder, row.split, configs, out=folder, relevant=row.relevant)
    found = {each["name"]: each["measures"] for each in report_of(spaces[0], request)["rankings"]}
    other = replace(request, configs=[RANKINGS / f"{SHIPPED}.toml"], out=folder.with_name(f"{folder.name}_plain"))
    return {**found, "published encoder": report_of(spaces[1], other)["rankings"][0]["measures"]}


def below(found: Mapping[str, Mapping[str, Measures]]) -> Iterator[str]:
    """Yield what is below its floor, by however little."""
    for name, floor in tomllib.loads((HERE / "floors.toml").read_text("utf-8"))["ranking"].items():
        if name in found and (mean := found[name][SHIPPED][HEADLINE]["mean"]) < floor["least"]:
            yield f"{name}: {HEADLINE} {mean:.4f}, the floor is {floor['least']}: {floor['why']}"


def what_ships(encoder: str) -> str:
    """Return the sentence of the page that says of what its figures are."""
    weights = ", ".join(f"{name} {value:g}" for name, value in asdict(Weights()).items())
    return f"The tuned encoder is {encoder[:12]}, the weights are {weights}; a test compares this with what ships."


def page(found: Mapping[str, Mapping[str, Measures]], rows: Sequence[Row], encoder: str) -> Iterator[str]:
    """Yield the lines of docs/benchmarks.md."""
    yield "<!-- Written by benchmarks/run_suite.py: `make bench`, then copy build/bench/benchmarks.md. -->"
    yield from ("", "# Benchmarks of the ranking", "")
    yield (
        f"{HEADLINE} with linear gain, by ir-measures; every judged query with a relevant document counts. In brackets "
        "the 95 % bootstrap interval over queries (10,000 samples, one seed). Retrieval alone: no triage, no refusal. "
        "`make bench DATASETS=FOLDER` measures all of this again and fails if a figure is below its floor."
    )
    yield ""
    yield (
        "“shipped” is the ranking as installed, with the encoder that is tuned to vitamin B12. “published encoder” is "
        f"the same ranking with `encoder.tuned = false`. {what_ships(encoder)}"
    )
    for role, title in (("test", "Test splits"), ("development", "Development splits")):
        if listed := [row for row in rows if row.role == role and row.name in found]:
            yield from ("", f"## {title}", "", *_table(found, listed))


def _table(found: Mapping[str, Mapping[str, Measures]], rows: Sequence[Row]) -> Iterator[str]:
    names = list(found[rows[0].name])
    yield f"| collection | queries | {' | '.join(names)} | MAP, Recall@100 of shipped | licence |"
    yield f"|---|---:|{'---|' * (len(names) + 2)}"
    for row in rows:
        cells = ["{mean:.3f} ({low:.3f}–{high:.3f})".format(**found[row.name][name][HEADLINE]) for name in names]
        shipped = found[row.name][SHIPPED]
        more = f"{shipped['MAP']['mean']:.3f}, {shipped['Recall@100']['mean']:.3f}"
        yield f"| {row.name} | {shipped[HEADLINE]['n']} | {' | '.join(cells)} | {more} | {row.licence} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path)
    parser.add_argument("--collection", action="append", help="the name of one, as in `scifact train`; may be repeated")
    given = parser.parse_args()
    table: dict[str, Any] = tomllib.loads((HERE / "suite.toml").read_text("utf-8"))
    rows = [Row(**each) for each in table["collection"]]
    tuned, plain = (
        Workspace(load_configuration(file=Path(os.devnull), environment={}, flags={"encoder.tuned": each}))
        for each in (True, False)
    )
    found: dict[str, dict[str, Measures]] = {}
    for row in (row for row in rows if row.name in (given.collection or [row.name])):
        found[row.name] = measured(row, given.datasets, (tuned, plain), table["rankings"])
        write_lines(OUT / PAGE.name, page(found, rows, tuned.encoder.digest))
    fallen = list(below(found))
    print(*fallen, f"{OUT / PAGE.name} is written", sep="\n", file=sys.stderr)
    return 1 if fallen else 0


if __name__ == "__main__":
    raise SystemExit(main())
