"""Measure the ranking on one test collection, beside others if asked for, or score a run file.

    python benchmarks/run_collection.py scifact/ --split train --out build/scifact
    python benchmarks/run_collection.py scifact/ --ranking shipped --ranking bm25
    python benchmarks/run_collection.py scifact/ --run other_system.trec

A folder is in BEIR's form (corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv, plain or gzipped) or TREC's. The ranking alone
is scored, without triage or refusal, with the ranking that ships unless another is named.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ranking.datasets import TEST, Dataset, load_dataset
from ranking.indexing import NAMES, RANKINGS, Ranking, index, load_ranking
from ranking.runs import (
    HEADLINE,
    JUDGED,
    SAMPLES,
    SEED,
    Run,
    answerable,
    compare,
    holm,
    interval,
    read_run,
    score,
    write_run,
)

from b12assistant.answering.retrieval import encode_query, rank
from b12assistant.api import Workspace
from b12assistant.application.batching import write_lines
from b12assistant.config import load_configuration
from b12assistant.display import terminal
from b12assistant.errors import AssistantError, UsageError
from b12assistant.index.collection import Collection
from b12assistant.protocols import Progress

CACHE = Path("build/bench-cache")
_COMPARED = (HEADLINE, "MAP", "Recall@100")

Scores = Mapping[str, Mapping[str, float]]  # measure, query


@dataclass(frozen=True)
class Request:
    """What to measure, and where to write it. ``run``: scored in place of a search. ``relevant``: the least grade that
    counts as relevant in yes-or-no measures."""

    folder: Path
    split: str | None = None
    configs: Sequence[Path] = ()
    run: Path | None = None
    out: Path | None = None
    relevant: int = 1


def measured(space: Workspace, request: Request) -> dict[str, Any]:
    """Return figures of every ranking; write what was asked for when all are known."""
    rankings = [load_ranking(path) for path in request.configs] or [Ranking()]
    if len({ranking.name for ranking in rankings}) < len(rankings):
        raise UsageError("two configurations have the same file name", hint="name each otherwise: it heads a column")
    dataset = load_dataset(request.folder, request.split)
    if dataset.split == TEST:
        _say(f"reading the test split of {request.folder.name}: do not choose settings by these figures")
    if request.run is not None:
        runs: dict[str, Run] = {request.run.name: read_run(request.run)}
        about: list[dict[str, Any]] = [{"name": request.run.name, "says": "a run file, scored without searching"}]
        model = {}
    else:
        with terminal.progress() as progress:
            collection = index(dataset.texts, space.encoder, space.projection, CACHE, progress)
            runs = dict(searched(dataset, collection, rankings, space, progress))
        about = [asdict(ranking) for ranking in rankings]
        model = {"model": {"name": space.encoder.name, "sha256": space.encoder.digest}}
    scored = {name: score(dataset.qrels, run, relevant=request.relevant) for name, run in runs.items()}
    for each in about:
        found = scored[each["name"]]
        each["measures"] = {name: interval(list(of.values())) for name, of in found.items() if name != JUDGED}
        each["warnings"] = list(_of_the_run(dataset, runs[each["name"]], found, request.relevant))
    report: dict[str, Any] = {
        "dataset": {**dataset.described, "relevant_from": request.relevant},
        "rankings": about,
        "compared": list(_compared(scored)),
        **model,
        "bootstrap": {"samples": SAMPLES, "seed": SEED, "interval": 0.95},
        "per_query": scored,
    }
    if request.out is not None:
        for name, run in runs.items():
            write_run(request.out / f"{name.replace(' ', '_')}.trec", run, name.replace(" ", "_"))
        write_lines(request.out / "report.json", [json.dumps(report, ensure_ascii=False, indent=1)])
    return report


def searched(
    dataset: Dataset, collection: Collection, rankings: Sequence[Ranking], space: Workspace, progress: Progress
) -> Iterator[tuple[str, Run]]:
    """Search for every judged query with each ranking, and yield its run. Queries are encoded as questions are."""
    encoder = space.question_encoder
    asked = {id_: encode_query(text, collection, encoder, space.projection) for id_, text in dataset.queries.items()}
    for ranking in rankings:
        run: dict[str, dict[str, float]] = {}
        for done, (id_, query) in enumerate(asked.items()):
            progress(f"searching ({ranking.name})", done, len(asked))
            hits = rank(
                query, collection, lambda rows: rows >= 0, sys.maxsize, ranking.weights, depths=ranking.retrieval
            )
            ranked = run.setdefault(id_, {})
            for hit in hits:
                ranked.setdefault(hit.passage.document.id, hit.score)
        progress(f"searching ({ranking.name})", len(asked), len(asked))
        yield ranking.name, run


def _of_the_run(dataset: Dataset, run: Run, scores: Scores, relevant: int) -> Iterator[str]:
    counted = answerable(dataset.qrels, relevant)
    if len(counted) < len(dataset.qrels):
        left = len(dataset.qrels) - len(counted)
        yield f"{left} of {len(dataset.qrels)} judged queries have no relevant document and are not counted"
    if missing := [query for query in counted if not run.get(query)]:
        yield f"{len(missing)} of {len(counted)} queries are missing from the run and count as 0 (first: {missing[0]})"
    known = {text.id for text in dataset.texts}
    if unknown := sum(document not in known for ranked in run.values() for document in ranked):
        yield f"{unknown} places of the run hold documents that the collection does not have"
    if unjudged := 1 - float(np.mean(list(scores[JUDGED].values()))):
        yield f"{unjudged:.1%} of the first ten documents were never judged and count as not relevant"


def _compared(scored: Mapping[str, Scores]) -> Iterator[dict[str, Any]]:
    """Compare every ranking with the first, for each compared measure; p is corrected for all of a measure."""
    first, *others = scored
    for measure in _COMPARED if others else ():
        base = list(scored[first][measure].values())
        found = [compare(list(scored[other][measure].values()), base) for other in others]
        for other, each, corrected in zip(others, found, holm([each["p"] for each in found]), strict=True):
            yield {"measure": measure, "ranking": other, "against": first, **each, "holm": corrected}


def as_text(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures of every ranking, one measure per line, below the warnings."""
    dataset, bootstrap = report["dataset"], report["bootstrap"]
    yield f"collection: {dataset['name']}, split {dataset['split']}"
    yield "size: " + ", ".join(f"{dataset[what]:,} {what}" for what in ("documents", "queries", "judgements"))
    yield f"relevant: grade {dataset['relevant_from']} or higher, for measures that know only yes and no"
    yield f"intervals: 95 %, bootstrap over queries, {bootstrap['samples']:,} samples, seed {bootstrap['seed']}"
    for ranking in report["rankings"]:
        yield from ("", f"{ranking['name']}: {ranking['says']}")
        yield from (f"  mind: {warning}" for warning in ranking["warnings"])
        for measure, value in ranking["measures"].items():
            yield f"  {measure:12}{value['mean']:.4f}  [{value['low']:.4f}, {value['high']:.4f}]"
    for each in report["compared"]:
        yield (
            f"{each['measure']}: {each['ranking']} − {each['against']} = {each['mean']:+.4f} "
            f"[{each['low']:+.4f}, {each['high']:+.4f}], p = {each['p']:.4f}, corrected {each['holm']:.4f}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", help="judgements to use (default: dev, validation, train; test if alone)")
    parser.add_argument("--ranking", action="append", default=[], help="may be repeated; or a file of your own")
    parser.add_argument("--run", type=Path, help="a TREC run to score; nothing is searched")
    parser.add_argument("--out", type=Path, help="write report and runs there")
    parser.add_argument("--relevant", type=int, default=1, help="least grade that is relevant")
    given = parser.parse_args(arguments)
    configs = [RANKINGS / f"{name}.toml" if name in NAMES else Path(name) for name in given.ranking]
    try:
        space = Workspace(load_configuration(environment=os.environ))
        request = Request(given.folder, given.split, configs, given.run, given.out, given.relevant)
        print(*as_text(measured(space, request)), sep="\n")
    except AssistantError as error:
        _say(str(error))
        return error.exit_status
    return 0


def _say(sentence: str) -> None:
    print(f"run_collection: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
