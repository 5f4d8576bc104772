"""`evaluate red-flags`: triage on labelled messages, rules alone beside what is in use, and every miss with why."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

from b12assistant.application.workspace import Workspace
from b12assistant.display import terminal
from b12assistant.evaluation.red_flag_audit import LEVELS, Verdict, judge, load_cases, summary
from b12assistant.safety.explanation import explain
from b12assistant.safety.triage import Triager


def audit(space: Workspace, file: Path) -> dict[str, Any]:
    """Figures of every judge, and every message that the one in use judged wrong, with why."""
    cases = load_cases(file)
    triagers, problems = _triagers(space)
    with terminal.progress() as told:
        verdicts: dict[str, list[Verdict]] = {name: [] for name in triagers}
        for position, case in enumerate(cases):
            told("judging", position, len(cases))
            for name, triager in triagers.items():
                verdicts[name].append(judge(case, triager))
    used = list(triagers)[-1]
    counts = Counter(case.level for case in cases)
    return {
        "set": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "messages": len(cases),
        "levels": {level: counts[level] for level in LEVELS},
        "problems": list(problems),
        "judges": [{"name": name, **summary(found)} for name, found in verdicts.items()],
        "misses": [_miss(verdict, triagers[used]) for verdict in verdicts[used] if not verdict.right],
    }


def _triagers(space: Workspace) -> tuple[dict[str, Triager], tuple[str, ...]]:
    """By name, the one in use last; where there is no second opinion the words stand in for it, and why is said."""
    triagers, problems = dict(space.triage.by_name()), space.triage.problems
    if problems:
        triagers.popitem()
    return triagers, problems


def _miss(verdict: Verdict, triager: Triager) -> dict[str, Any]:
    case = verdict.case
    return {
        "id": case.id,
        "level": case.level,
        "acceptable": sorted(case.acceptable),
        "kind": case.kind,
        **case.groups,
        "said": verdict.level,
        "said_kind": verdict.kind,
        "rule": verdict.rule,
        "explanation": explain(triager.steps(case.turns)),
    }
