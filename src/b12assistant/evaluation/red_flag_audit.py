"""Audit the red flags on labelled messages: hits, misses and false alarms.

A labelled set is JSON lines: `{"id", "text", "level"}`, with optional `history` (or `context`: earlier user turns),
`acceptable` (levels that are right too), `kind` (of an emergency), `category`, `trap` and `language`. Labels decide
nothing here: a judge of messages is a function from turns to ``Triage``.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from b12assistant.answers import FlagKind, Level, Triage, Turn
from b12assistant.application.workspace import Workspace
from b12assistant.data_files import read_lines
from b12assistant.display import terminal
from b12assistant.errors import UsageError
from b12assistant.evaluation.labelled_set import share, share_of
from b12assistant.safety.opinion import Advises, Asked
from b12assistant.safety.triage import Triager

NONE: Final = "none"
LEVELS: Final = (*(level.value for level in Level), NONE)  # the most serious first
GROUPS: Final = ("trap", "category", "language")
UNSAID: Final = "not said"
FORM: Final = 'a line is {"id", "text", "level"}, the level one of ' + ", ".join(LEVELS)

Judge = Callable[[Sequence[Turn]], Triage]


@dataclass(frozen=True, slots=True)
class Case:
    """A message with the level it should get; ``groups`` holds the names of trap, category and language."""

    id: str
    turns: tuple[Turn, ...]
    level: str
    acceptable: frozenset[str]
    kind: str | None
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge said about a case. ``certain``: as in ``Flag``."""

    case: Case
    level: str
    kind: str | None
    rule: str | None
    certain: bool = True

    @property
    def is_box(self) -> bool:
        """Return whether the text is more than a line below the quotes."""
        return self.level != NONE and (self.certain or self.level != Level.MEDICAL_DECISION)

    @property
    def right(self) -> bool:
        return self.level == self.case.level or self.level in self.case.acceptable


def load_cases(path: Path) -> tuple[Case, ...]:
    """Read labelled messages. Raises ``UsageError`` that names the line."""
    rows = read_lines(path, hint="give a JSON lines file of labelled messages")
    cases = [_case(line, f"{path}:{number}") for number, line in rows]
    if not cases:
        raise UsageError(f"{path} holds no message", hint="give a JSON lines file of labelled messages")
    known: set[str] = set()
    for case in cases:
        if case.id in known:
            raise UsageError(f"{path}: the id {case.id!r} is on two lines", hint="give each line an id of its own")
        known.add(case.id)
    return tuple(cases)


def judge(case: Case, by: Judge) -> Judgement:
    """Return what ``by`` says about a message, after its history."""
    flag = by(case.turns).flag
    return (
        Judgement(case, flag.level, flag.kind, flag.rule, flag.certain) if flag else Judgement(case, NONE, None, None)
    )


def summary(verdicts: Sequence[Judgement]) -> dict[str, Any]:
    """Return the confusion table, measures with 95 % intervals, and shares for each group."""
    counts = Counter((v.case.level, v.level) for v in verdicts)
    labelled = [name for name in GROUPS if any(v.case.groups[name] != UNSAID for v in verdicts)]
    return {
        "confusion": {level: {said: counts[level, said] for said in LEVELS} for level in LEVELS},
        "measures": measures(verdicts),
        "groups": {name: _grouped(verdicts, name) for name in labelled},
    }


def measures(verdicts: Sequence[Judgement]) -> dict[str, dict[str, Any]]:
    """Return shares by name, leaving out those without messages. An acceptable level counts as right."""
    emergencies, urgent, calm = (_of(verdicts, level) for level in (Level.EMERGENCY, Level.URGENT, NONE))
    found = {f"{level}: right or acceptable": share_of(v.right for v in _of(verdicts, level)) for level in LEVELS}
    found |= {
        "emergency as emergency": share_of(v.level == Level.EMERGENCY for v in emergencies),
        "emergency as none": share_of(v.level == NONE for v in emergencies),
        "urgent as urgent or higher": share_of(v.level in (Level.URGENT, Level.EMERGENCY) for v in urgent),
        "emergency, certain": share_of(v.level == Level.EMERGENCY and v.certain for v in emergencies),
        "none: false alarms": share_of(not v.right for v in calm),
        "none: box or more": share_of(v.is_box and not v.right for v in calm),
        "none as emergency": share_of(v.level == Level.EMERGENCY and not v.right for v in calm),
        "emergency: kind right": share_of(
            v.kind == v.case.kind for v in emergencies if v.level == Level.EMERGENCY and v.case.kind is not None
        ),
    }
    return {name: value for name, value in found.items() if value["n"]}


def _grouped(verdicts: Sequence[Judgement], name: str) -> dict[str, dict[str, Any]]:
    """Return for each value of a group the share that was right, the emergencies seen and the false alarms."""
    shown = {}
    for value in sorted({v.case.groups[name] for v in verdicts}):
        mine = [v for v in verdicts if v.case.groups[name] == value]
        shown[value] = {
            "right": share_of(v.right for v in mine),
            "emergency as emergency": share_of(v.level == Level.EMERGENCY for v in _of(mine, Level.EMERGENCY)),
            "false alarms": share_of(not v.right for v in _of(mine, NONE)),
        }
    return shown


def _of(verdicts: Iterable[Judgement], level: str) -> list[Judgement]:
    return [v for v in verdicts if v.case.level == level]


def _case(line: str, where: str) -> Case:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not a labelled message: not JSON", hint=FORM) from error
    if not isinstance(row, dict):
        raise UsageError(f"{where}: not a labelled message: not a JSON object", hint=FORM)
    name, text, level, kind = (row.get(key) for key in ("id", "text", "level", "kind"))
    before = "history" if row.get("history") else "context"
    earlier, accepted = row.get(before) or [], row.get("acceptable") or []
    groups = {group: row.get(group) or UNSAID for group in GROUPS}
    fits = {
        "id": isinstance(name, str | int) and not isinstance(name, bool),
        "text": isinstance(text, str),
        "level": level in LEVELS,
        before: isinstance(earlier, list) and all(isinstance(each, str) for each in earlier),
        "acceptable": isinstance(accepted, list) and all(each in LEVELS for each in accepted),
        "kind": kind is None or kind in list(FlagKind),
        **{group: isinstance(value, str) for group, value in groups.items()},
    }
    if wrong := [repr(key) for key, fitting in fits.items() if not fitting]:
        raise UsageError(f"{where}: not a labelled message: wrong or missing {', '.join(wrong)}", hint=FORM)
    turns = tuple(Turn(index, each) for index, each in enumerate([*earlier, text]))
    return Case(str(name), turns, str(level), frozenset(accepted), kind, groups)


def audit(space: Workspace, file: Path) -> dict[str, Any]:
    """Return figures of every judge, and every message that the one in use judged wrongly, with the model's opinion."""
    cases = load_cases(file)
    safety, problems = space.triage, space.triage.problems
    triagers = {"rules": Triager(safety.rules), "rules and words": safety.without_encoder}
    if not problems:
        triagers["rules and second opinion"] = safety.in_use  # each has a layer more; the last is in use
    with terminal.progress() as bar:
        verdicts: dict[str, list[Judgement]] = {name: [] for name in triagers}
        for position, case in enumerate(cases):
            bar("judging", position, len(cases))
            for name, triager in triagers.items():
                verdicts[name].append(judge(case, triager))
    wrong = [verdict for verdict in list(verdicts.values())[-1] if not verdict.right]
    counts = Counter(case.level for case in cases)
    return {
        "set": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "messages": len(cases),
        "levels": {level: counts[level] for level in LEVELS},
        "problems": list(problems),
        "judges": [{"name": name, **summary(found)} for name, found in verdicts.items()],
        "misses": [_miss(verdict, space.triage.advice) for verdict in wrong],
    }


def _miss(verdict: Judgement, advise: Advises) -> dict[str, Any]:
    case = verdict.case
    opinion = advise(Asked(case.turns[-1], case.turns[-2] if len(case.turns) > 1 else None))
    return {
        "id": case.id,
        "level": case.level,
        "acceptable": sorted(case.acceptable),
        "kind": case.kind,
        **case.groups,
        "said": verdict.level,
        "said_kind": verdict.kind,
        "rule": verdict.rule,
        "texts": [turn.text for turn in case.turns],
        "model": {"says": opinion.concern, **asdict(opinion.passed)} if opinion else None,
    }


Figures = Mapping[str, Any]
INTERVALS: Final = (
    "In brackets: how many of how many, and the 95 % interval (Wilson) in percent. It takes each message for \
a draw of its own; where several tell one situation the truth is wider."
)


def tables(figures: Figures) -> Iterator[tuple[str, Sequence[Sequence[str]]]]:
    """Yield measures of all judges side by side, a confusion table of each, then the groups of the one in use.

    Each is a title and rows of cells; the first row names the columns, the first column the rows.
    """
    judges = figures["judges"]
    names = list(dict.fromkeys(name for judge in judges for name in judge["measures"]))
    measured = ((name, *(share(judge["measures"].get(name)) for judge in judges)) for name in names)
    yield "Measures", (("", *(judge["name"] for judge in judges)), *measured)
    if traffic := figures.get("traffic"):
        yield "Ordinary messages", (("", "in use"), *((n, share(f)) for n, f in traffic.items()))
    for judge in judges:
        table = judge["confusion"]
        counted = ((level, *(str(table[level][said]) for said in LEVELS)) for level in LEVELS)
        yield f"Labelled (rows) and said (columns), {judge['name']}", (("", *LEVELS), *counted)
    used = judges[-1]
    for group, values in used["groups"].items():
        measures = list(next(iter(values.values())))
        shown = ((value, *(share(found[name]) for name in measures)) for value, found in values.items())
        yield f"By {group}, {used['name']}", (("", *measures), *shown)


def as_text(figures: Figures) -> Iterator[str]:
    """Yield lines for a terminal; every miss with its messages and the model's opinion."""
    counts = ", ".join(f"{count} {level}" for level, count in figures["levels"].items())
    yield f"{figures['set']}: {figures['messages']} messages ({counts})."
    yield from (f"{problem[:1].upper()}{problem[1:]}." for problem in figures["problems"])
    yield from (f"sha256 {figures['sha256']}", INTERVALS)
    for title, rows in tables(figures):
        yield from ("", title, *_aligned(rows))
    yield from ("", f"Misses: {len(figures['misses'])}")
    for miss in figures["misses"]:
        wanted = " or ".join([miss["level"], *(level for level in miss["acceptable"] if level != miss["level"])])
        rule = f", by {miss['rule']}" if miss["rule"] else ""
        told = f"labelled {wanted}, said {miss['said']}{rule}; {miss['category']}; trap: {miss['trap']}"
        yield from ("", f"{miss['id']}: {told}", *(f"  {terminal.inert(text)}" for text in miss["texts"]))
        if model := miss["model"]:
            yield f"  model: {model['says']}, {model['share']:.2f} where {model['name']} needs {model['cut']:.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
