"""Audit the red flags on labelled messages: hits, misses and false alarms.

A labelled set is JSON lines: `{"id", "text", "level"}`, with optional `history` (earlier user turns),
`acceptable` (levels that are right too), `kind` (of an emergency), `category`, `trap` and `language`. Labels decide
nothing here: a judge of messages is a function from turns to ``Triage``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field

from b12assistant.answers import Flag, FlagKind, Level, Triage, Turn
from b12assistant.application.workspace import Workspace
from b12assistant.display import terminal
from b12assistant.evaluation.labelled_set import LabelledLine, read_labels, share, share_of
from b12assistant.safety.opinion import Advises, Asked
from b12assistant.safety.triage import Triager

NONE: Final = "none"
LEVELS: Final = (*(level.value for level in Level), NONE)  # the most serious first
GROUPS: Final = ("trap", "category", "language")
UNSAID: Final = "not said"
LevelName = Literal["emergency", "urgent", "medical_decision", "none"]  # as `LEVELS`

Judge = Callable[[Sequence[Turn]], Triage]


class Case(LabelledLine):
    """A message with the level it should get, after what was written before."""

    text: str = Field(description="a text")
    level: LevelName = Field(description=", ".join(LEVELS))
    history: list[str] = Field(default=[], description="a list of texts")
    acceptable: list[LevelName] = Field(default=[], description=f"a list of {', '.join(LEVELS)}")
    kind: FlagKind | None = Field(default=None, strict=False, description=", ".join(FlagKind))
    trap: str = Field(default=UNSAID, description="a text")
    category: str = Field(default=UNSAID, description="a text")
    language: str = Field(default=UNSAID, description="a text")

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Return all turns, the message last."""
        return tuple(Turn(index, text) for index, text in enumerate((*self.history, self.text)))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge said about a case; no flag is ``NONE``."""

    case: Case
    flag: Flag | None

    @property
    def level(self) -> str:
        return self.flag.level if self.flag else NONE

    @property
    def is_box(self) -> bool:
        """Return whether the text is more than a line below the quotes."""
        return self.flag is not None and (self.flag.certain or self.level != Level.MEDICAL_DECISION)

    @property
    def right(self) -> bool:
        return self.level == self.case.level or self.level in self.case.acceptable


def load_cases(path: Path) -> tuple[Case, ...]:
    """Read labelled messages. Raises as `read_labels`."""
    return tuple(read_labels(path, Case).values())


def judge(case: Case, by: Judge) -> Judgement:
    """Return what ``by`` says about a message, after its history."""
    return Judgement(case, by(case.turns).flag)


def summary(verdicts: Sequence[Judgement]) -> dict[str, Any]:
    """Return the confusion table, measures with 95 % intervals, and shares for each group."""
    counts = Counter[tuple[str, str]]((v.case.level, v.level) for v in verdicts)
    labelled = [name for name in GROUPS if any(getattr(v.case, name) != UNSAID for v in verdicts)]
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
        "emergency, certain": share_of(
            bool(v.flag and v.level == Level.EMERGENCY and v.flag.certain) for v in emergencies
        ),
        "none: false alarms": share_of(not v.right for v in calm),
        "none: box or more": share_of(v.is_box and not v.right for v in calm),
        "none as emergency": share_of(v.level == Level.EMERGENCY and not v.right for v in calm),
        "emergency: kind right": share_of(
            v.flag.kind == v.case.kind for v in emergencies if v.flag and v.level == Level.EMERGENCY and v.case.kind
        ),
    }
    return {name: value for name, value in found.items() if value["n"]}


def _grouped(verdicts: Sequence[Judgement], name: str) -> dict[str, dict[str, Any]]:
    """Return for each value of a group the share that was right, the emergencies seen and the false alarms."""
    shown = {}
    for value in sorted({getattr(v.case, name) for v in verdicts}):
        mine = [v for v in verdicts if getattr(v.case, name) == value]
        shown[value] = {
            "right": share_of(v.right for v in mine),
            "emergency as emergency": share_of(v.level == Level.EMERGENCY for v in _of(mine, Level.EMERGENCY)),
            "false alarms": share_of(not v.right for v in _of(mine, NONE)),
        }
    return shown


def _of(verdicts: Iterable[Judgement], level: str) -> list[Judgement]:
    return [v for v in verdicts if v.case.level == level]


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
    counts = Counter[str](case.level for case in cases)
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
        **{name: getattr(case, name) for name in GROUPS},
        "said": verdict.level,
        "said_kind": verdict.flag.kind if verdict.flag else None,
        "rule": verdict.flag.rule if verdict.flag else None,
        "texts": [turn.text for turn in case.turns],
        "model": {"says": opinion.concern, **asdict(opinion.passed)} if opinion else None,
    }


INTERVALS: Final = (
    "In brackets: how many of how many, and the 95 % interval (Wilson) in percent. It takes each message for \
a draw of its own; where several tell one situation the truth is wider."
)


def as_text(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines for a terminal: measures of all judges side by side, a confusion table of each, the groups of the one
    in use, and every miss with its messages and the model's opinion."""
    counts = ", ".join(f"{count} {level}" for level, count in figures["levels"].items())
    yield f"{figures['set']}: {figures['messages']} messages ({counts})."
    yield from (f"{problem[:1].upper()}{problem[1:]}." for problem in figures["problems"])
    yield from (f"sha256 {figures['sha256']}", INTERVALS)
    judges = figures["judges"]
    names = dict.fromkeys(name for judge in judges for name in judge["measures"])
    yield from _table("Measures", {n: {judge["name"]: judge["measures"].get(n) for judge in judges} for n in names})
    if traffic := figures.get("traffic"):
        yield from _table("Ordinary messages", {name: {"in use": found} for name, found in traffic.items()})
    for judge in judges:
        yield from _table(f"Labelled (rows) and said (columns), {judge['name']}", judge["confusion"])
    for group, values in judges[-1]["groups"].items():
        yield from _table(f"By {group}, {judges[-1]['name']}", values)
    yield from ("", f"Misses: {len(figures['misses'])}")
    for miss in figures["misses"]:
        wanted = " or ".join([miss["level"], *(level for level in miss["acceptable"] if level != miss["level"])])
        rule = f", by {miss['rule']}" if miss["rule"] else ""
        told = f"labelled {wanted}, said {miss['said']}{rule}; {miss['category']}; trap: {miss['trap']}"
        yield from ("", f"{miss['id']}: {told}", *(f"  {terminal.inert(text)}" for text in miss["texts"]))
        if model := miss["model"]:
            yield f"  model: {model['says']}, {model['share']:.2f} where {model['name']} needs {model['cut']:.2f}"


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a title and aligned rows of shares or counts, all with the columns of the first."""
    cells = [["", *next(iter(rows.values()))]]
    for name, row in rows.items():
        cells.append([name, *(str(cell) if isinstance(cell, int) else share(cell) for cell in row.values())])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield from ("", title)
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
