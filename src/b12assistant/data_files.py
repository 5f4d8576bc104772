"""Read and check the data files that ship with the package.

A file that cannot be used raises ``ConfigError``, which names the file and the place in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import resources

from b12assistant.errors import ConfigError

Table = Mapping[str, object]
HINT = "restore the packaged data files, or correct the place named"


def read_data(*path: str) -> Table:
    """Read a TOML file below ``b12assistant/data``. Raises ``ConfigError`` if it cannot be read."""
    name = "/".join(path)
    try:
        return tomllib.loads(resources.files("b12assistant").joinpath("data", *path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"data/{name} cannot be read: {error}", hint=HINT) from error


def check_keys(table: Table, where: str, *, required: Sequence[str] = (), optional: Sequence[str] = ()) -> None:
    """Check that every required key is there and no unknown one. Raises ``ConfigError``."""
    missing = sorted(set(required) - set(table))
    unknown = sorted(set(table) - set(required) - set(optional))
    if missing or unknown:
        parts = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(unknown)}"] * bool(unknown)
        raise ConfigError(f"{where}: {'; '.join(parts)}", hint=HINT)


def string(table: Table, key: str, where: str) -> str:
    """Return a value that must be a non-empty string."""
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{where}: {key} must be a non-empty string", hint=HINT)
    return value


def integer(table: Table, key: str, where: str, *, default: int | None = None) -> int:
    """Return a value that must be a whole number of at least 1."""
    value = table.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{where}: {key} must be a whole number of at least 1", hint=HINT)
    return value


def day(table: Table, key: str, where: str) -> date:
    """Return a value that must be a date."""
    value = table.get(key)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ConfigError(f"{where}: {key} must be a date", hint=HINT)
    return value


def strings(table: Table, key: str, where: str) -> tuple[str, ...]:
    """Return a value that must be a list of strings; empty if the key is missing."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ConfigError(f"{where}: {key} must be a list of strings", hint=HINT)
    return tuple(value)


def tables(table: Table, key: str, where: str) -> tuple[Table, ...]:
    """Return a value that must be a non-empty array of tables."""
    value = table.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise ConfigError(f"{where}: {key} must be an array of tables", hint=HINT)
    return tuple(value)


def subtable(table: Table, key: str, where: str) -> Table:
    """Return a value that must be a table."""
    value = table.get(key)
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: {key} must be a table", hint=HINT)
    return value
