"""Source facts: `sources.toml` at the top of a corpus, or the front matter of a Markdown file, with the same keys.

An unknown key or value is an error that names file and line. What is not said stays unknown: nothing is guessed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from reprlib import repr as short
from typing import Any, TypeVar

from b12assistant.corpus.entries import parse_entries
from b12assistant.errors import SourceFactsError
from b12assistant.types import Interest, Source, SourceKind, Words

SOURCES_FILE = "sources.toml"
_KEYS = {field.name for field in fields(Source)} - {"interest"} | {"commercial_interest"}
Facts = Mapping[Any, Any]  # validated keys and values, as parsed
_Where = Callable[[str], str]  # a key to "file:line"
_Choice = TypeVar("_Choice", bound=StrEnum)
_HEAD = re.compile(r"\s*\[\[\s*[\"']?source[\"']?\s*\]\]")
_KEY_VALUE = "write `key: value` lines"


def parse_sources(text: str, *, file: str = SOURCES_FILE) -> dict[str, Facts]:
    """The validated entries of a `sources.toml`, by the file each one describes (path in the corpus)."""
    entries = parse_entries(text, "source", file=file, form="entries are written [[source]]")
    sources: dict[str, Facts] = {}
    for number, entry in enumerate(entries):
        where = partial(_toml_line, text, file, number)
        described = entry.pop("file", None)
        if not isinstance(described, str) or not described:
            raise SourceFactsError(f"{where('file')}: an entry names no file", hint='add file = "path/in/the/corpus"')
        if described in sources:
            raise SourceFactsError(f"{where('file')}: {described} is described twice", hint="keep one entry")
        _source(entry, where)
        sources[described] = entry
    return sources


def parse_front_matter(text: str, *, file: str) -> Facts:
    """The validated facts of a Markdown file's front matter (YAML between two `---` lines, given without them)."""
    import yaml  # who only asks reads no front matter

    table: dict[str, object] = {}
    lines: dict[str, int] = {}
    line = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise SourceFactsError(f"{file}:2: the front matter is not a list of keys", hint=_KEY_VALUE)
        for key, value in node.value:
            line = key.start_mark.line + 2
            if key.value in lines:
                raise SourceFactsError(f"{file}:{line}: {key.value} is there twice", hint="keep one")
            lines[key.value] = line
            table[key.value] = loader.construct_object(value, deep=True)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:  # a 13th month is a ValueError
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark is not None else line
        at = f"{file}:{line}" if line is not None else file
        raise SourceFactsError(f"{at}: the front matter is not valid YAML", hint=_KEY_VALUE) from error
    if "file" in table:
        raise SourceFactsError(f"{file}:{lines['file']}: front matter describes its own file", hint="remove `file`")
    told = {key: value for key, value in table.items() if value is not None}  # "publisher:" says nothing
    _source(told, lambda key: f"{file}:{lines[key]}")
    return told


def source_of(*facts: Facts) -> Source:
    """The facts of one file; where several say something of a key, the last one wins."""
    return _source({key: value for table in facts for key, value in table.items()}, str)


def _source(table: Mapping[Any, Any], where: _Where) -> Source:
    """Checks every key and value; ``where`` gives file and line of a key for the message."""
    for key in table:
        if key not in _KEYS:
            near = get_close_matches(str(key), sorted(_KEYS), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(_KEYS))}"
            raise SourceFactsError(f"{where(str(key))}: unknown key {key!r}", hint=hint)
    return Source(
        title=_text(table, "title", where),
        kind=_choice(table, "kind", SourceKind, where),
        words=_choice(table, "words", Words, where) or Words.ORIGINAL,
        based_on=_text(table, "based_on", where),
        interest=_interest(table, where),
        publisher=_text(table, "publisher", where),
        url=_text(table, "url", where),
        published=_date(table, "published", where),
        review_by=_date(table, "review_by", where),
        superseded_by=_text(table, "superseded_by", where),
        withdrawn=_truth(table, "withdrawn", where),
        review=_text(table, "review", where),
        cites=_texts(table, "cites", where),
        note=_text(table, "note", where),
    )


def _wrong(table: Mapping[Any, Any], key: str, where: _Where, expected: str) -> SourceFactsError:
    try:
        told = short(table[key])
    except ValueError:  # Python writes out no number of more than 4,300 digits
        told = "a very long number"
    return SourceFactsError(f"{where(key)}: {key} = {told} is not known", hint=f"it takes {expected}")


def _text(table: Mapping[Any, Any], key: str, where: _Where) -> str | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise _wrong(table, key, where, "a text")
    return value


def _texts(table: Mapping[Any, Any], key: str, where: _Where) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(table, key, where, "a list of texts")
    return tuple(value)


def _choice(table: Mapping[Any, Any], key: str, choices: type[_Choice], where: _Where) -> _Choice | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in set(choices):
        raise _wrong(table, key, where, ", ".join(choices))
    return choices(value)


def _interest(table: Mapping[Any, Any], where: _Where) -> Interest:
    value = table.get("commercial_interest", "unknown")
    if value is True:
        return Interest.SELLS
    if value is False:
        return Interest.NONE
    if value == "unknown":
        return Interest.UNKNOWN
    raise _wrong(table, "commercial_interest", where, 'true, false or "unknown"')


def _date(table: Mapping[Any, Any], key: str, where: _Where) -> date | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise _wrong(table, key, where, "a date such as 2026-11-20")
    return value


def _truth(table: Mapping[Any, Any], key: str, where: _Where) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(table, key, where, "true or false")
    return value


def _toml_line(text: str, file: str, number: int, key: str) -> str:
    """File and line of a key of the ``number``-th entry; `tomllib` itself does not say."""
    lines = text.splitlines()
    heads = [i for i in range(len(lines)) if _HEAD.match(lines[i]) and _begins(lines, i)]
    start, end = [*heads, len(lines), len(lines)][number : number + 2] if number < len(heads) else (0, len(lines))
    pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    line = next((i for i in range(start, end) if pattern.match(lines[i]) and _begins(lines, i)), start)
    return f"{file}:{line + 1}"


def _begins(lines: list[str], i: int) -> bool:
    """Whether a statement begins at line ``i``: what looks like one may stand inside a long text."""
    try:
        tomllib.loads("\n".join(lines[:i]))
    except tomllib.TOMLDecodeError:
        return False
    return True
