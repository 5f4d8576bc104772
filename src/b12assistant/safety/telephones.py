"""The telephone numbers that fixed texts may name, by region: where each was read, and until when it is trusted.

A text holds a place for each kind of number. Past its review, or where a region has none, general words stand there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from b12assistant.data_files import HINT, Table, check_keys, day, read_data, string, subtable, tables
from b12assistant.errors import ConfigError

FILE: Final = "numbers.toml"
LINES: Final = ("emergency", "crisis_line", "poison_line")  # the places a text may hold, in braces
LONGEST: Final = 60  # characters of a number with its words


@dataclass(frozen=True, slots=True)
class Telephone:
    """A number, worded to follow "call". ``read``: when its source was; ``copy``: of when the copy that was read is."""

    number: str
    source: str
    copy: str
    read: date
    review_by: date


@dataclass(frozen=True, slots=True)
class Telephones:
    """General words for each line, and the numbers of each region."""

    general: Mapping[str, str]
    regions: Mapping[str, Mapping[str, Telephone]]

    def words(self, region: str, own: Mapping[str, str], today: date) -> Mapping[str, str]:
        """What stands in the place of each line: the operator's own number, the region's, or general words.

        ``region``: its id; empty: none. ``own``: a number by line, empty where there is none. Raises ``ConfigError``
        for an unknown region and for an own number that is none.
        """
        if region and region not in self.regions:
            raise ConfigError(
                f"red_flags.region = {region!r} is not known", hint=f"it is one of {', '.join(self.regions)}, or empty"
            )
        numbers = self.regions.get(region, {})
        current = {line: each.number for line, each in numbers.items() if today <= each.review_by}
        given = {line: _own(line, number) for line, number in own.items() if number}
        return MappingProxyType({**self.general, **current, **given})


def load_telephones() -> Telephones:
    """The numbers that ship with the package."""
    return parse_telephones(read_data("red_flags", FILE))


def parse_telephones(data: Table) -> Telephones:
    """The numbers of a parsed file; an unknown or missing key and a region named twice are errors."""
    check_keys(data, FILE, required=("general", "region"))
    general = subtable(data, "general", FILE)
    check_keys(general, f"{FILE}, general", required=LINES)
    regions: dict[str, Mapping[str, Telephone]] = {}
    for position, table in enumerate(tables(data, "region", FILE), start=1):
        where = f"{FILE}, region {position}"
        check_keys(table, where, required=("id", "name"), optional=LINES)
        name = string(table, "id", where)
        if name in regions:
            raise ConfigError(f"{FILE}: the region {name} is named twice", hint=HINT)
        regions[name] = {
            line: _telephone(subtable(table, line, where), f"{FILE}, {name}, {line}") for line in LINES if line in table
        }
    words = {line: string(general, line, f"{FILE}, general") for line in LINES}
    return Telephones(MappingProxyType(words), MappingProxyType(regions))


def _telephone(table: Table, where: str) -> Telephone:
    check_keys(table, where, required=("number", "source", "copy", "read", "review_by"))
    found = Telephone(
        number=string(table, "number", where),
        source=string(table, "source", where),
        copy=string(table, "copy", where),
        read=day(table, "read", where),
        review_by=day(table, "review_by", where),
    )
    if found.review_by <= found.read:
        raise ConfigError(f"{where}: review_by is not after read", hint=HINT)
    return found


def _own(line: str, number: str) -> str:
    """An operator's own number, as it was written."""
    if not number.isprintable() or len(number) > LONGEST or not any(character.isdigit() for character in number):
        raise ConfigError(
            f"red_flags.{line} = {number!r} is no telephone number",
            hint=f"write it on one line of at most {LONGEST} characters, with its digits",
        )
    return number
