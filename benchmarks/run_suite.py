"""`make bench`: compare every collection of suite.toml with expected.json, from which docs/benchmarks.md is made.

    python benchmarks/run_suite.py DATASETS [--collection NAME] [--accept]

Each reading of a test split is appended to test_log.jsonl. What was encoded before is taken from build/bench-cache,
whichever runtime encoded it: delete that to measure a runtime. The exit status is 1 if the shipped ranking is worse
than expected by more than noise: a mean more than .002 lower, with the whole 95 % interval of the paired differences
below 0. ``--accept`` makes the results the expected ones, and writes the page.
"""

import argparse
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ranking.indexing import RANKINGS
from ranking.runs import HEADLINE, compare
from run_collection import Request
from run_collection import measured as report_of

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.errors import AssistantError
from b12assistant.evaluation.labelled_set import write_whole

HERE = Path(__file__).parent
OUT = Path("build/bench")
EXPECTED = HERE / "expected.json"
FLOORS = HERE / "floors.toml"
LOG = HERE / "test_log.jsonl"
PAGE = HERE.parent / "docs" / "benchmarks.md"
TOLERANCE = 0.002  # of a mean: other processors round differently
KEPT = ("nDCG@10", "MAP", "MRR", "Recall@10", "Recall@100", "P@10", "success@1", "success@3")
SHIPPED = "shipped"

Found = dict[str, Any]  # one collection: what it is, its scores, and those of each query


@dataclass(frozen=True)
class Row:
    """A line of suite.toml."""

    folder: str
    split: str
    role: str
    licence: str
    queries: str | None = None
    relevant: int = 1

    @property
    def name(self) -> str:
        return f"{self.folder} {self.split}" + (f" ({Path(self.queries).stem})" if self.queries else "")


def measured(row: Row, datasets: Path, space: Workspace, plain: Workspace, names: Sequence[str]) -> Found:
    """Measure rankings on a collection; the shipped one once more with the encoder as published, in ``plain``."""
    folder, configs = OUT / row.name.replace("/", "_").replace(" ", "_"), [RANKINGS / f"{name}.toml" for name in names]
    request = Request(datasets / row.folder, row.split, row.queries, configs, out=folder, relevant=row.relevant)
    report = report_of(space, request)
    other = replace(request, configs=configs[:1], out=folder.with_name(f"{folder.name}_plain"))
    published = report_of(plain, other)["rankings"][0]["measures"]
    return {
        "name": row.name,
        "role": row.role,
        "dataset": {**report["dataset"], "licence": row.licence},
        "scores": {
            each["name"]: {name: _rounded(each["measures"][name]) for name in KEPT} for each in report["rankings"]
        },
        "encoder": space.encoder.digest,
        "plain": {name: _rounded(published[name]) for name in KEPT},
        "runtime": dict(space.encoder.runtime),
        "configuration": report["rankings"][0]["weights"],
        "per_query": {query: round(value, 4) for query, value in report["per_query"][SHIPPED][HEADLINE].items()},
    }


def drops(expected: Mapping[str, Found], found: Mapping[str, Found]) -> Iterator[str]:
    """Yield what fell behind by more than noise, and what can no longer be compared."""
    for name, now in found.items():
        before = expected.get(name)
        if before is None:
            continue
        if before["dataset"]["sha256"] != now["dataset"]["sha256"]:
            yield f"{name}: queries or judgements are not those that the expected scores were measured on"
            continue
        queries = list(before["per_query"])
        told = compare(
            [now["per_query"][query] for query in queries], [before["per_query"][query] for query in queries]
        )
        if told["mean"] < -TOLERANCE and told["high"] < 0:
            yield (
                f"{name}: {HEADLINE} fell by {-told['mean']:.4f} "
                f"(95 % interval {-told['high']:.4f} to {-told['low']:.4f})"
            )


def below(found: Mapping[str, Found]) -> Iterator[str]:
    """Yield what is below its floor, by however little (`floors.toml`, ranking)."""
    for name, floor in tomllib.loads(FLOORS.read_text("utf-8"))["ranking"].items():
        if name in found and (mean := found[name]["scores"][SHIPPED][HEADLINE]["mean"]) < floor["least"]:
            yield f"{name}: {HEADLINE} {mean:.4f}, the floor is {floor['least']}: {floor['why']}"


def reading(found: Found) -> dict[str, Any]:
    """Return a line of the log."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty= with changes"]
    commit = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S603
    return {
        "commit": commit.stdout.strip(),
        "collection": found["name"],
        "sha256": found["dataset"]["sha256"],
        "configuration": found["configuration"],
        "runtime": found["runtime"],
        "scores": {name: {m: each["mean"] for m, each in of.items()} for name, of in found["scores"].items()},
    }


def load_expected() -> dict[str, Found]:
    return {found["name"]: found for found in json.loads(EXPECTED.read_text("utf-8"))}


def accept(found: Mapping[str, Found], rows: Sequence[Row]) -> None:
    """Replace what was expected of the same collections by what was found, and drop what another encoder gave."""
    encoders = {each["encoder"] for each in found.values()}
    known = {name: each for name, each in {**load_expected(), **found}.items() if each.get("encoder") in encoders}
    kept = [known[row.name] for row in rows if row.name in known]
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in kept)
    write_whole(EXPECTED, f"[\n{lines}\n]\n")
    write_whole(PAGE, "\n".join(page(kept)))


def page(found: Sequence[Found]) -> Iterator[str]:
    """Yield the lines of docs/benchmarks.md: no figure on the page has another origin than expected.json."""
    encoders = ", ".join(sorted({each["encoder"][:12] for each in found}))
    yield "<!-- Written by benchmarks/run_suite.py from benchmarks/expected.json: `make bench`, then --accept. -->"
    yield from ("", "# Benchmarks of the ranking", "")
    yield (
        f"{HEADLINE} with linear gain, by ir-measures; every judged query with a relevant document counts. In brackets "
        "the 95 % bootstrap interval over queries (10,000 samples, one seed). Retrieval alone: no triage, no refusal. "
        "`make bench DATASETS=FOLDER` measures all of this again and fails if the shipped ranking falls behind."
    )
    yield ""
    yield (
        "“shipped” is the ranking as installed, with the encoder that is tuned to vitamin B12. “published encoder” is "
        "the same ranking with `encoder.tuned = false`, which another subject should set: `b12assistant new` "
        f"writes it. The tuned encoder is {encoders}; a test compares this with what ships."
    )
    for role, title in (("test", "Test splits"), ("development", "Development splits")):
        if rows := [each for each in found if each["role"] == role]:
            yield from ("", f"## {title}", "", *_scores(rows))
    yield ""


def _scores(rows: Sequence[Found]) -> Iterator[str]:
    names = [*(name for name in rows[0]["scores"] if name != SHIPPED), SHIPPED]
    yield f"| collection | queries | {' | '.join(names)} | published encoder | MAP, Recall@100 of shipped | licence |"
    yield f"|---|---:|{'---|' * (len(names) + 3)}"
    for each in rows:
        cells = [*(_interval(each["scores"][name][HEADLINE]) for name in names), _interval(each["plain"][HEADLINE])]
        shipped = each["scores"]["shipped"]
        more = f"{shipped['MAP']['mean']:.3f}, {shipped['Recall@100']['mean']:.3f}"
        licence = each["dataset"]["licence"]
        yield f"| {each['name']} | {shipped[HEADLINE]['n']} | {' | '.join(cells)} | {more} | {licence} |"


def _interval(score: Mapping[str, float]) -> str:
    return f"{score['mean']:.3f} ({score['low']:.3f}–{score['high']:.3f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path)
    parser.add_argument("--collection", action="append", help="the name of one, as in `scifact train`; may be repeated")
    parser.add_argument("--accept", action="store_true")
    arguments = parser.parse_args()
    table = tomllib.loads((HERE / "suite.toml").read_text("utf-8"))
    rows = [Row(**each) for each in table["collection"]]
    space, plain = (
        Workspace(load_configuration(file=Path(os.devnull), environment={}, flags={"encoder.tuned": tuned}))
        for tuned in (True, False)
    )
    print(f"encoding by {dict(space.encoder.runtime)}", flush=True)
    found: dict[str, Found] = {}
    for row in (row for row in rows if row.name in (arguments.collection or [row.name])):
        found[row.name] = measured(row, arguments.datasets, space, plain, table["rankings"])
        if row.role == "test":
            with LOG.open("a", encoding="utf-8") as log:
                log.write(json.dumps(reading(found[row.name]), ensure_ascii=False) + "\n")
        print(f"{row.name}: {HEADLINE} {_interval(found[row.name]['scores'][SHIPPED][HEADLINE])}", flush=True)
    if arguments.accept:
        accept(found, rows)
        return 0
    expected = load_expected()
    fallen = [*drops(expected, found), *below(found)]
    for sentence in fallen:
        print(sentence, file=sys.stderr)
    for name in found.keys() - expected.keys():
        print(f"{name}: nothing is expected of it yet; --accept takes these scores over", file=sys.stderr)
    return 1 if fallen else 0


def _rounded(each: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in each.items()}


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except AssistantError as error:
        print(f"make bench: {error}", file=sys.stderr)
        raise SystemExit(1) from error
