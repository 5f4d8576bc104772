"""The red flags as data: findings with their wordings, and the table that decides from findings to a level.

Read from ``data/red_flags/``, whose form a test checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final, NewType

from b12assistant.answers import Flag, FlagKind, Level, RuleId, TextId
from b12assistant.data_files import Table, read_data
from b12assistant.language.wording import Names, Sieve, Wordings

FindingId = NewType("FindingId", str)

WORDS_FILE: Final = "words.toml"
FINDING_FILES: Final = ("findings_emergency.toml", "findings_soft.toml")
RULES_FILE: Final = "rules.toml"
FOR_TESTS: Final = ("origin", "positive", "negative")  # of a rule: where it comes from, and examples


class Packaged(StrEnum):
    """Which of the packaged rules are in use."""

    ALL = "all"
    EMERGENCIES = "emergencies"
    NONE = "none"

    def holds(self, level: Level | None) -> bool:
        return level is None or self is Packaged.ALL or (self is Packaged.EMERGENCIES and level is Level.EMERGENCY)


class FindingKind(StrEnum):
    SIGN = "sign"  # counts when it is asserted: present, and mine or in my care
    REQUEST = "request"  # it is itself a question, so being asked does not cancel it
    CIRCUMSTANCE = "circumstance"  # counts in combination only


@dataclass(frozen=True, slots=True)
class Finding:
    """One concept in many wordings: ``said`` reports it, ``named`` only names it."""

    id: FindingId
    kind: FindingKind
    said: Wordings
    named: Wordings


class Findings(tuple[Finding, ...]):
    """The findings that one language has wordings for."""

    def __init__(self, _: Iterable[Finding]) -> None:
        self._sieve = Sieve(self.wordings)

    @property
    def wordings(self) -> list[Wordings]:
        return [wordings for each in self for wordings in (each.said, each.named)]

    def places(self, text: str) -> Iterator[tuple[Finding, int, int, bool]]:
        """Yield where one is worded: the finding, start and end, and whether it is only named."""
        return ((self[at // 2], *match.span(), at % 2 == 1) for at, match in self._sieve.matches(text))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the decision table.

    It fires if one of ``any`` is found with an onset in ``onset`` (empty: any onset), one of ``also`` is found too if
    that lists any. ``apart``: also if a long turn tells the two sentences apart; it is then not ``certain``. ``kept``:
    the share of an emergency from which the model may not lower it.
    """

    id: RuleId
    level: Level
    kind: FlagKind
    text: TextId
    any: frozenset[FindingId]
    also: frozenset[FindingId]
    onset: frozenset[str]
    apart: bool = False
    kept: float = inf
    certain: bool = True

    @property
    def flag(self) -> Flag:
        return Flag(self.level, self.kind, self.id, self.certain)


@dataclass(frozen=True, slots=True)
class RedFlags:
    """Findings and decision table, in the order of their files. ``packaged``: which of them are in use.

    ``names``: with the lists of words by name. ``memory``: words by which a turn leans on the one before, in it or at
    its start; ``parts`` of the body, by which it leans on a flagged turn that names the same one; and ``filler``, which
    makes no look-up of a sign that is only named.
    """

    names: Names
    findings: Findings
    rules: tuple[Rule, ...]
    memory: Mapping[str, Wordings]
    packaged: Packaged

    @property
    def vocabulary(self) -> frozenset[str]:
        """Return every word of every wording."""
        return frozenset[str]().union(*(each.words() for each in self.findings.wordings))


def load_red_flags(packaged: Packaged = Packaged.ALL) -> RedFlags:
    """Read the red flags that ship with the package. ``packaged``: which of the rules are in use."""
    words = read_data("red_flags", WORDS_FILE)
    names = words["names"]
    findings = Findings(
        _finding(table, names, file) for file in FINDING_FILES for table in read_data("red_flags", file)["finding"]
    )
    rules = map(_rule, read_data("red_flags", RULES_FILE)["rule"])
    used = tuple(rule for rule in rules if packaged.holds(rule.level))
    memory = {key: Wordings(each, names, f"{WORDS_FILE}, memory") for key, each in words["memory"].items()}
    return RedFlags(names, findings, used, memory, packaged)


def _finding(table: Table, names: Names, file: str) -> Finding:
    said, named = (Wordings(table.get(key, ()), names, f"{file}, finding {table['id']}") for key in ("said", "named"))
    return Finding(FindingId(table["id"]), FindingKind(table["kind"]), said, named)


def _rule(table: Table) -> Rule:
    sets = {key: frozenset(table.get(key, ())) for key in ("any", "also", "onset")}
    others = {key: value for key, value in table.items() if key not in FOR_TESTS}
    return Rule(**{**others, **sets, "level": Level(table["level"]), "kind": FlagKind(table["kind"])})
