"""Measure the answers on the labelled questions and hold them against their floors: `make floors`.

Asks the test splits of questions, of questions without an answer and of conversations, with the index of `corpus/`, and
prints each figure that has a floor in `benchmarks/floors.toml`. The exit status is 1 if a figure is beyond its floor.
`tools/red_flags.py` and the tests hold other figures against other sections of that file.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.data_files import read_data
from b12assistant.errors import UsageError
from b12assistant.evaluation import labelled_set
from b12assistant.evaluation.labelled_set import Labelled, ask_all, summary

FLOORS = Path(__file__).resolve().parent.parent / "benchmarks" / "floors.toml"
_OF_FOLLOW_UPS = ("hit@1", "hit@3", "answered", "refused")

Figures = Mapping[str, Mapping[str, Any]]  # a share by name, with hits and n


def load_floors(section: str) -> Figures:
    """Read the floors of a section: by figure ``least`` or ``most``, ``why``, and the ``goal`` if it is not met yet."""
    floors: Figures = tomllib.loads(FLOORS.read_text("utf-8"))[section]
    for name, floor in floors.items():
        if not floor.get("why") or ("least" in floor) == ("most" in floor):
            raise UsageError(f"{FLOORS.name}, {name}: not a floor", hint="a floor has a why, and least or most")
    return floors


def fallen(found: Figures, floors: Figures) -> Iterator[str]:
    """Yield a sentence for each figure beyond its floor, by however little; one that was not measured is left out."""
    for name in (name for name in floors if name in found):
        hits, n, floor = found[name]["hits"], found[name]["n"], floors[name]
        share = hits / n  # the one that is printed is rounded
        value = f"{name}: {share:.4f} ({hits} of {n})"
        if share < floor.get("least", 0.0):
            yield f"{value}, the floor is at least {floor['least']}: {floor['why']}"
        if share > floor.get("most", 1.0):
            yield f"{value}, the floor is at most {floor['most']}: {floor['why']}"


def shares(figures: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """Return the shares among a report's figures, each named after its set."""
    return {f"{name}, {key}": value for key, value in figures.items() if isinstance(value, dict)}


def load_turns(path: Path) -> tuple[list[Labelled], list[Labelled]]:
    """Read the turns of conversations: as typed, with the earlier ones, and in full, without them.

    A line is `{"id", "turns": [{"user", "rewrite", "kind", "gold": ["words of the source", …]}]}`; ``kind`` is whole,
    follow_up, remark, red_flag or withdrawal.
    """
    typed, in_full = list[Labelled](), list[Labelled]()
    for row in (json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()):
        said = [turn["user"] for turn in row["turns"]]
        for i, turn in enumerate(row["turns"]):
            known = {name: value for name, value in turn.items() if value is not None} | {"id": f"{row['id']}#{i + 1}"}
            typed.append(Labelled.model_validate({**known, "question": said[i], "history": said[:i]}))
            in_full.append(Labelled.model_validate({**known, "question": turn["rewrite"]}))
    return typed, in_full


def score_dialogues(space: Workspace, file: Path) -> dict[str, Any]:
    """Return figures of follow-ups as typed and in full, each with its 95 % interval."""
    figures: dict[str, Any] = {}
    for name, turns in zip(("as typed", "in full"), load_turns(file), strict=True):
        later = [each for each in turns if not each.id.endswith("#1") and each.kind in ("", "follow_up")]
        found = summary(ask_all(space, later))
        figures |= {f"follow-ups {name}: {measure}": found[measure] for measure in _OF_FOLLOW_UPS if measure in found}
    return figures


SETS = {"questions": labelled_set.score, "unanswerable": labelled_set.score, "conversations": score_dialogues}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="score these labelled conversations instead")
    options, space = parser.parse_args(), Workspace(load_configuration(environment={}))
    if options.file:
        print(json.dumps(score_dialogues(space, options.file), indent=1))
        return 0
    floors = load_floors("answers")
    found: dict[str, dict[str, Any]] = {}
    for name, score in SETS.items():
        found |= shares(score(space, FLOORS.parent / "data" / name / "test.jsonl"), name)
    for name in (name for name in floors if name in found):
        print(f"{name}: {found[name]['share']:.3f}, n = {found[name]['n']}")
    for each in read_data("page", "figures.toml")["figure"]:
        measured = found.get(each.get("floor", ""))
        if measured and (measured["hits"], measured["n"]) != (each["hits"], each["n"]):
            print(
                f"data/page/figures.toml says {each['hits']} of {each['n']} for {each['floor']}: now {measured['hits']}"
            )
    beyond = [*fallen(found, floors), *(f"{name}: not measured" for name in floors if name not in found)]
    for line in beyond:
        print(line, file=sys.stderr)
    return 1 if beyond else 0


if __name__ == "__main__":
    raise SystemExit(main())
