"""Measure the ranking on one test collection, beside others if asked for, or score a run file.

    python benchmarks/run_collection.py scifact/ --split train --out build/scifact
    python benchmarks/run_collection.py scifact/ --ranking shipped --ranking bm25
    python benchmarks/run_collection.py scifact/ --run other_system.trec

A folder is in BEIR's form (corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv, plain or gzipped) or TREC's. The ranking alone
is scored, without triage or refusal, with the ranking that ships unless another is named.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ranking.bench import Request, measured, text
from ranking.indexing import NAMES, RANKINGS

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.errors import AssistantError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", help="judgements to use (default: dev, validation, train; test if alone)")
    parser.add_argument("--queries", help="another file of queries in the folder, with the same ids")
    parser.add_argument("--ranking", action="append", default=[], help="may be repeated; or a file of your own")
    parser.add_argument("--run", type=Path, help="a TREC run: scored if it exists, written if not")
    parser.add_argument("--out", type=Path, help="write report, runs and a table of all queries there")
    parser.add_argument("--relevant", type=int, default=1, help="least grade that is relevant")
    given = parser.parse_args(arguments)
    configs = [RANKINGS / f"{name}.toml" if name in NAMES else Path(name) for name in given.ranking]
    try:
        space = Workspace(load_configuration(environment=os.environ))
        request = Request(given.folder, given.split, given.queries, configs, given.run, given.out, given.relevant)
        print(*text(measured(space, request, _say)), sep="\n")
    except AssistantError as error:
        _say(str(error))
        return error.exit_status
    return 0


def _say(sentence: str) -> None:
    print(f"run_collection: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
