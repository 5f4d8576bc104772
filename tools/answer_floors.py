"""Measure the answers on the labelled questions and hold them against their floors: `make floors`.

Asks the test splits of questions, of questions without an answer and of conversations, with the index of `corpus/`, and
prints each figure that has a floor in `benchmarks/floors.toml`. The exit status is 1 if a figure is beyond its floor.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conversations import score_dialogues
from floors import fallen, load_floors

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.corpus.entries import load_figures
from b12assistant.evaluation import labelled_set

ROOT = Path(__file__).resolve().parent.parent
SETS = {
    "questions": labelled_set.score,
    "unanswerable": labelled_set.score,
    "conversations": score_dialogues,
}


def shares(figures: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """Return the shares among a report's figures, each named after its set."""
    known = {key: value for key, value in figures.items() if isinstance(value, dict) and "mean" in value}
    return {
        f"{name}, {key}": {"share": value["mean"], "hits": round(value["mean"] * value["n"]), "n": value["n"]}
        for key, value in known.items()
    }


def main() -> int:
    space = Workspace(load_configuration(environment={}))
    floors = load_floors("answers")
    found: dict[str, dict[str, Any]] = {}
    for name, score in SETS.items():
        figures = score(space, ROOT / "benchmarks" / "data" / name / "test.jsonl")
        found |= shares(figures, name)
    for name in floors:
        print(
            f"{name}: {found[name]['share']:.3f}, n = {found[name]['n']}" if name in found else f"{name}: not measured"
        )
    for each in load_figures().figure:
        measured = found.get(each.floor)
        if measured and (measured["hits"], measured["n"]) != (each.hits, each.n):
            print(f"data/page/figures.toml says {each.hits} of {each.n} for {each.floor}: now {measured['hits']}")
    beyond = [*fallen(found, floors), *(f"{name}: not measured" for name in floors if name not in found)]
    for line in beyond:
        print(line, file=sys.stderr)
    return 1 if beyond else 0


if __name__ == "__main__":
    raise SystemExit(main())
