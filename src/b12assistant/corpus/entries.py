"""Read curators' files: TOML that holds arrays of tables, each entry checked by a pydantic model.

A mistake is one error that names the file and the line. Lines come from one pass over the text: tomllib does not give
them, and tomlkit, which keeps every blank, takes 1.8 s for 2,000 entries and gives no line either.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from reprlib import repr as short
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from b12assistant.errors import SourceFactsError

Where = Callable[[str], str]  # maps a key of an entry to "file:line"
# A long string, whose lines may look like entries. Short strings and comments are matched too, so that a quotation mark
# in them does not open one.
_STRING = re.compile(
    r"#[^\n]*|\"(?!\"\")(?:\\.|[^\"\\\n])*\"|'(?!'')[^'\n]*'|(\"\"\"(?:\\.|[^\\])*?\"\"\"|'''.*?''')", re.S
)
_HEAD = re.compile(r"\s*\[\[\s*([\"']?)([\w-]+)\1\s*\]\]")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("blank")
    return text


Text = Annotated[str, AfterValidator(_not_blank), Field(description="a text")]


class Entry(BaseModel):
    """One table of a curators' file. A field's description completes "it takes …" in errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    _where: str = PrivateAttr(default="")

    @property
    def where(self) -> str:
        """File and line on which it is written."""
        return self._where

    def written(self, where: str) -> Self:
        """Note where it is written."""
        self._where = where
        return self


class Statement(Entry):
    """A quote as written in the file, not yet looked up."""

    document: Text
    quote: Text


class DisputeEntry(Entry):
    """A topic as written in the file."""

    id: Text
    topic: Text = Field(description="the question that the sources answer differently")
    why: Text = Field(description="why it counts as a difference")
    asked: list[Text] = Field(default=[], description="a list of questions")
    not_asked: list[Text] = Field(default=[], description="a list of questions")  # near it, but not concerned by it
    sides: list[Annotated[list[Statement], Field(min_length=1)]] = Field(
        min_length=2, description="two lists or more of { document = …, quote = … }"
    )


class OffEntry(Entry):
    """An entry as written in the file."""

    document: Text | None = None
    passage: Text | None = None
    why: Text = Field(description="the reason, in a sentence")
    since: date | None = None


_Model = TypeVar("_Model", bound=Entry)


class TableFile:
    """A parsed file with the tables it may hold. Raises ``SourceFactsError`` with file and line."""

    def __init__(self, text: str, *names: str, file: str, form: str) -> None:
        """Parse ``text``; ``names``: the arrays of tables it may hold; ``form``: what to write, as a hint."""
        self.file = file
        self._text = text
        self._form = form
        try:
            self._tables = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # an over-long number is a plain ValueError
            raise SourceFactsError(f"{file} is not valid TOML: {error}", hint="fix it, then try again") from error
        unknown = next((key for key in self._tables if key not in names), None)
        if unknown is not None:
            known = " and ".join(f"[[{name}]]" for name in names)
            raise SourceFactsError(f"{file}: unknown table {unknown!r}, only {known} is known here", hint=form)

    def tables(self, name: str) -> list[dict[str, Any]]:
        """Return the ``[[name]]`` tables as they were parsed; none if the file holds none."""
        tables = self._tables.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise SourceFactsError(f"{self.file}: {name} is not a list of tables; write [[{name}]]", hint=self._form)
        return tables

    def entries(self, name: str, model: type[_Model]) -> list[_Model]:
        """Return the ``[[name]]`` tables, each as a checked ``model``."""
        tables = self.tables(name)
        wheres = [self.where(name, number) for number in range(len(tables))]
        return [check(model, table, where).written(where("id")) for table, where in zip(tables, wheres, strict=True)]

    def where(self, name: str, number: int) -> Where:
        """Return a function from a key of the ``number``-th ``[[name]]`` table to "file:line"."""
        return lambda key: f"{self.file}:{self._line(name, number, key)}"

    def _line(self, name: str, number: int, key: str) -> int:
        heads = [i for i, match in enumerate(map(_HEAD.match, self._lines)) if match]
        ours = [i for i in heads if (match := _HEAD.match(self._lines[i])) and match[2] == name]
        if number >= len(ours):
            return 1
        start = ours[number]
        end = next((i for i in heads if i > start), len(self._lines))
        pattern = re.compile(rf"\s*([\"']?){re.escape(key)}\1\s*=")
        return next((i for i in range(start, end) if pattern.match(self._lines[i])), start) + 1

    @cached_property
    def _lines(self) -> list[str]:
        return _STRING.sub(lambda match: "\n" * match[1].count("\n") if match[1] else match[0], self._text).split("\n")


def check(model: type[_Model], table: Mapping[Any, Any], where: Where) -> _Model:
    """Return ``table`` as a checked ``model``. Raises ``SourceFactsError`` that names the first wrong key."""
    try:
        return model.model_validate(dict(table))
    except ValidationError as error:
        raise _explained(error, model, table, where) from None


def _explained(error: ValidationError, model: type[Entry], table: Mapping[Any, Any], where: Where) -> SourceFactsError:
    problem = error.errors(include_url=False, include_context=False)[0]
    key = str(problem["loc"][0]) if problem["loc"] else ""
    names = sorted(field.alias or name for name, field in model.model_fields.items())
    if problem["type"] in ("extra_forbidden", "invalid_key"):
        near = get_close_matches(key, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(names)}"
        return SourceFactsError(f"{where(key)}: unknown key {key!r}", hint=hint)
    field = next((field for name, field in model.model_fields.items() if key in (name, field.alias)), None)
    expected = (field.description if field else None) or problem["msg"]
    if problem["type"] == "missing":
        return SourceFactsError(f"{where(key)}: {key} is missing", hint=f"it takes {expected}")
    try:
        written = short(table.get(key))
    except ValueError:  # Python does not print numbers of more than 4,300 digits
        written = "a very long number"
    return SourceFactsError(f"{where(key)}: {key} = {written} is not known", hint=f"it takes {expected}")
