"""The files curators keep beside a corpus: TOML that holds one array of tables and nothing else."""

from __future__ import annotations

import tomllib
from typing import Any

from b12assistant.errors import SourceFactsError


def parse_entries(text: str, name: str, *, file: str, form: str) -> list[dict[str, Any]]:
    """The ``[[name]]`` tables of ``text``, none if it is empty. ``form``: what to write, for who wrote something else.

    Raises ``SourceFactsError`` that names the file.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # an over-long figure is no TOMLDecodeError
        raise SourceFactsError(f"{file} is not valid TOML: {error}", hint="mend it, then try again") from error
    unknown = next((key for key in table if key != name), None)
    if unknown is not None:
        raise SourceFactsError(f"{file}: unknown table {unknown!r}, only [[{name}]] is known here", hint=form)
    entries = table.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SourceFactsError(f"{file}: {name} is no list of tables; write [[{name}]] for each", hint=form)
    return entries
