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
from collections.abc import Sequence
from pathlib import Path

from ranking.bench import CACHE, Request, measured, text
from ranking.indexing import NAMES, RANKINGS

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.errors import AssistantError


def main(arguments: Sequence[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        space = Workspace(load_configuration(environment=os.environ))
        configs = (*(RANKINGS / f"{name}.toml" for name in given.ranking), *given.config)
        request = Request(
            given.folder, given.split, given.queries, configs, given.run, given.out, given.cache, given.relevant
        )
        report = measured(space, request, _say)
    except AssistantError as error:
        _say(str(error))
        return error.exit_status
    print(json.dumps(report, ensure_ascii=False) if given.json else "\n".join(text(report)))
    return 0


def parser() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("folder", type=Path)
    given.add_argument("--split", help="judgements to use (default: dev, validation, train; test if alone)")
    given.add_argument("--queries", help="another file of queries in the folder, with the same ids")
    given.add_argument("--ranking", action="append", default=[], choices=NAMES, help="may be repeated")
    given.add_argument("--config", action="append", default=[], type=Path, help="a ranking of your own; likewise")
    given.add_argument("--run", type=Path, help="a TREC run: scored if it exists, written if not")
    given.add_argument("--out", type=Path, help="write report, runs and a table of all queries there")
    given.add_argument("--relevant", type=int, default=1, help="least grade that is relevant")
    given.add_argument("--cache", type=Path, default=CACHE, help="where embeddings are kept")
    given.add_argument("--json", action="store_true", help="print the figures as JSON")
    return given


def _say(sentence: str) -> None:
    print(f"run_collection: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
