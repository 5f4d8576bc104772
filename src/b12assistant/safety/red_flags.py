"""The red flags as data: findings with their wordings, and the table that decides from findings to a level.

Read from ``data/red_flags/``, whose form a test checks, and from a corpus, which checks the form of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType

from b12assistant.answers import Flag, FlagKind, Level, RuleId, TextId
from b12assistant.data_files import HINT, Table, read_data
from b12assistant.errors import ConfigError
from b12assistant.language.wording import Names, Wordings

FindingId = NewType("FindingId", str)

WORDS_FILE: Final = "words.toml"
FINDING_FILES: Final = ("findings_emergency.toml", "findings_soft.toml")
RULE_FILES: Final = ("rules_emergency.toml",)
OWN_FILE: Final = "red_flags.toml"  # at the top of a corpus


class Packaged(StrEnum):
    """Which of the packaged rules are in use."""

    ALL = "all"
    EMERGENCIES = "emergencies"
    NONE = "none"

    def holds(self, level: Level) -> bool:
        return self is Packaged.ALL or (self is Packaged.EMERGENCIES and level is Level.EMERGENCY)


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


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the decision table.

    It fires if one of ``any`` is found with an onset in ``onset`` (empty: any onset), one of ``also`` is found too if
    that lists any, and none of ``unless`` is. ``apart``: also if a long turn tells the two sentences apart; it is then
    not ``certain``. ``kept``: the least share of an emergency at which a letter's own reading may not lower it.
    """

    id: RuleId
    level: Level
    kind: FlagKind
    text: TextId
    any: frozenset[FindingId]
    also: frozenset[FindingId]
    onset: frozenset[str]
    unless: frozenset[FindingId]
    origin: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    apart: bool = False
    kept: float | None = None
    certain: bool = True
    own: bool = False  # from a corpus: no opinion was fitted to it, so none sets it aside

    @property
    def flag(self) -> Flag:
        return Flag(self.level, self.kind, self.id, self.certain)


@dataclass(frozen=True, slots=True)
class RedFlags:
    """Findings and decision table, in the order of their files: the more serious rule comes first.

    ``names``: with the lists of words by name. ``memory``: words by which a turn leans on the one before, in it or at
    its start; ``parts`` of the body, by which it leans on a flagged turn that names the same one; and ``filler``, which
    makes no look-up of a sign that is only named.
    """

    names: Names
    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    memory: Mapping[str, Wordings]

    @property
    def vocabulary(self) -> frozenset[str]:
        """Return every word of every wording."""
        wordings = (each for finding in self.findings for each in (finding.said, finding.named))
        return frozenset[str]().union(*(each.words() for each in wordings))


def load_red_flags(own: Table = MappingProxyType({}), packaged: Packaged = Packaged.ALL) -> RedFlags:
    """Read the red flags that ship with the package; ``own``: the findings and rules that a corpus adds to them.

    ``packaged``: which of the packaged rules are in use.
    """
    words = read_data("red_flags", WORDS_FILE)
    names = words["names"]
    findings = tuple(_finding(table, names, file) for table, file in _given("finding", FINDING_FILES, own))
    known = frozenset(finding.id for finding in findings)
    rules = tuple(_rule(table, known, file) for table, file in _given("rule", RULE_FILES, own))
    named = [*(("finding", each.id) for each in findings), *(("rule", each.id) for each in rules)]
    if repeated := [name for name, count in Counter(named).items() if count > 1]:
        raise ConfigError(f"{OWN_FILE}, {' '.join(repeated[0])}: this id is used twice", hint=HINT)
    levels = list(Level)
    used = (rule for rule in rules if rule.own or packaged.holds(rule.level))
    ordered = tuple(sorted(used, key=lambda rule: levels.index(rule.level)))
    memory = {key: Wordings(each, names, f"{WORDS_FILE}, memory") for key, each in words["memory"].items()}
    return RedFlags(names, findings, ordered, memory)


def _given(key: str, files: Sequence[str], own: Table) -> Iterator[tuple[Table, str]]:
    """Yield the tables of ``key`` with their files: those of the package, then those of a corpus."""
    for file in files:
        yield from ((table, file) for table in read_data("red_flags", file)[key])
    yield from ((table, OWN_FILE) for table in own.get(key, ()))


def _finding(table: Table, names: Names, file: str) -> Finding:
    where = f"{file}, finding {table['id']}"
    said, named = (tuple(table.get(key, ())) for key in ("said", "named"))
    if not said and not named:
        raise ConfigError(f"{where}: no wording", hint=HINT)
    finding = Finding(
        id=FindingId(table["id"]),
        kind=FindingKind(table["kind"]),
        said=Wordings(said, names, where),
        named=Wordings(named, names, where),
    )
    if file == OWN_FILE:  # to report a fault at once; the wordings of the package are checked by its tests
        finding.said.check()
        finding.named.check()
    return finding


def _rule(table: Table, known: frozenset[FindingId], file: str) -> Rule:
    sets = {key: frozenset(table.get(key, ())) for key in ("any", "also", "unless", "onset")}
    if unknown := sorted((sets["any"] | sets["also"] | sets["unless"]) - known):
        raise ConfigError(f"{file}, rule {table['id']}: no finding is called {', '.join(unknown)}", hint=HINT)
    examples = {key: tuple(table[key]) for key in ("positive", "negative")}
    level, kind = Level(table["level"]), FlagKind(table["kind"])
    return Rule(**{**table, **sets, **examples, "level": level, "kind": kind, "own": file == OWN_FILE})
