"""Audit the red flags: `make red-flags`.

    .venv/bin/python tools/red_flags.py [FILE.jsonl] [--datasets FOLDER] [--keep]

Without a file it is the test split, which nothing is fitted on. ``--datasets``, or ``B12_SHARED``: the folder of the
public test collections, for real questions of consumers. Exits with 1 if a figure is beyond its floor in
`benchmarks/floors.toml`, or if an emergency that the run in `said.json` saw is passed over; ``--keep`` replaces it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import red_flag_traffic

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.errors import AssistantError
from b12assistant.evaluation import red_flag_audit

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "benchmarks" / "data" / "red_flags"
TEST = FOLDER / "test.jsonl"
FLOORS = ROOT / "benchmarks" / "floors.toml"
SAID = FOLDER / "said.json"  # the committed run: the level that each message of the test split was told


def main() -> int:
    given = arguments()
    space = Workspace(load_configuration(environment=os.environ))
    try:
        figures = red_flag_audit.audit(space, given.file)
        traffic = red_flag_traffic.figures(FOLDER, given.datasets, space.triage.in_use)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    figures["traffic"] = traffic
    print("\n".join(red_flag_audit.as_text(figures)))
    if given.file != TEST:
        return 0
    measured = {**figures["judges"][-1]["measures"], **traffic}
    return compared(measured, figures["said"], keep=given.keep)


def compared(measured: red_flag_traffic.Figures, now: dict[str, str], *, keep: bool) -> int:
    """Compare with the floors and, message by message, with the committed run; ``keep`` replaces it if nothing fell."""
    labels = {case.id: case.level for case in red_flag_audit.load_cases(TEST)}
    before = json.loads(SAID.read_text("utf-8")) if SAID.is_file() else {}
    print(red_flag_traffic.paired(now, before, labels))
    floors = red_flag_traffic.load_floors(FLOORS, "safety")
    fallen = [
        *red_flag_traffic.fallen(measured, floors),
        *red_flag_traffic.passed_over(now, before, labels),
    ]
    for line in fallen:
        print(f"fell behind: {line}", file=sys.stderr)
    if keep and not fallen:
        SAID.write_text(json.dumps(now, indent=0, sort_keys=True) + "\n", "utf-8")
    return 1 if fallen else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("B12_SHARED")
    parser.add_argument("file", type=Path, nargs="?", default=TEST, help="labelled messages")
    parser.add_argument("--keep", action="store_true", help="keep this run to compare the next with, if nothing fell")
    parser.add_argument("--datasets", type=Path, default=Path(shared) / "datasets" if shared else None)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
