"""Source facts: `sources.toml` at the top of a corpus, or the front matter of a Markdown file, with the same keys.

`sources.toml` also holds the register of origins: the publications that a project's own summaries rest on.
An unknown key or value is an error that names file and line; in front matter, the keys of other systems are ignored.
Missing facts stay unknown: nothing is guessed. Of several, the nearest to a file wins: its entry, then the last pattern
that fits its path, then its front matter, then `[defaults]`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import Field

from b12assistant.corpus.entries import CuratedEntry, DataFile, Text, check
from b12assistant.errors import SourceFactsError
from b12assistant.threads import once
from b12assistant.types import Extent, Interest, Origin, OriginId, Source, SourceKind, SourceWeight, Words

SOURCES_FILE = "sources.toml"
Facts = Mapping[Any, Any]  # validated keys and values, as parsed
_TYPO = 0.8  # likeness of a key and one of ours, from which it is a slip, and not another system's
_KEY_VALUE = "write `key: value` lines"
_KINDS = ", ".join(SourceKind)
_Kind = Annotated[SourceKind, Field(strict=False)]
_DAY = "a full date such as 2026-11-20"
_MaybeText = Annotated[Text | None, Field(description="a text")]
_MaybeDay = Annotated[date | None, Field(description=_DAY)]
_Year = Annotated[int, Field(ge=1000, le=9999)]
_ADDRESS = r"^(https?://\S+|this project|unknown)$"
_COPY = r"^https?://\S+$"
_INTERESTS = {True: Interest.SELLS, False: Interest.NONE, "unknown": Interest.UNKNOWN}


class FactsEntry(CuratedEntry):
    """The facts that a file's entry or front matter may hold."""

    title: _MaybeText = None
    kind: Annotated[_Kind | None, Field(description=_KINDS)] = None
    words: Words = Field(Words.ORIGINAL, strict=False, description=", ".join(Words))
    based_on: _MaybeText = None
    commercial_interest: bool | Literal["unknown"] = Field("unknown", description='true, false or "unknown"')
    publisher: _MaybeText = None
    url: _MaybeText = None
    published: Annotated[_Year | date | None, Field(description=f"{_DAY}, or a year")] = None
    review_by: _MaybeDay = None
    superseded_by: _MaybeText = None
    withdrawn: bool = Field(default=False, description="true or false")
    review: _MaybeText = None
    cites: list[Text] = Field(default=[], description="a list of texts")
    note: _MaybeText = None

    def source(self) -> Source:
        facts = {key: value for key, value in self if key not in ("commercial_interest", "cites")}
        return Source(**facts, interest=_INTERESTS[self.commercial_interest], cites=tuple(self.cites))


class SourceEntry(FactsEntry):
    """The facts of a file: a `[[source]]` of `sources.toml`."""

    file: Text = Field(description="a path in the corpus, or a pattern such as guides/*.md")


class OriginEntry(CuratedEntry):
    """A publication of the register: an `[[origin]]` of `sources.toml`."""

    id: Text
    title: Text
    publisher: Text
    kind: _Kind = Field(description=_KINDS)
    weight: SourceWeight | None = Field(None, strict=False, description=", ".join(SourceWeight))
    country: Text = Field(description='a country code such as "GB", "EU" or "INT"')
    published: Text = Field(description='the year or date of the publication, or "unknown"')
    read_on: date = Field(description=_DAY)
    read: Extent = Field(strict=False, description=", ".join(Extent))
    url: str = Field(pattern=_ADDRESS, description='a web address, "this project" or "unknown"')
    terms: Text = Field(description="the terms of use")
    part_read: Text = Field(description="which part was read")
    read_at: str = Field("", pattern=_COPY, description="the web address of the copy that was read")

    def origin(self) -> Origin:
        weight = self.weight or SourceWeight.of_kind(self.kind)
        return Origin(**{**dict(self), "id": OriginId(self.id), "weight": weight})


class SourcesToml(CuratedEntry):
    defaults: FactsEntry | None = Field(default=None, description="a table of facts")
    source: list[SourceEntry] = Field(default=[], description="tables with file and its facts")
    origin: list[OriginEntry] = Field(default=[], description="tables with id, title, publisher, kind and so on")


class SourcesFile:
    """A parsed `sources.toml`. Raises ``SourceFactsError`` with file and line."""

    def __init__(self, text: str, *, file: str = SOURCES_FILE) -> None:
        self._file = DataFile(SourcesToml, text, file=file)

    @once
    def facts(self) -> dict[str, Facts]:
        """Return the validated entries, by the file each one describes (path in the corpus)."""
        self._file.refuse_twins("source", "file")
        entries = self._file.content.source
        return {entry.file: entry.model_dump(exclude_unset=True, exclude={"file"}) for entry in entries}

    @property
    def defaults(self) -> Facts:
        """Return the facts of every file that says nothing else."""
        entry = self._file.content.defaults
        return entry.model_dump(exclude_unset=True) if entry else {}

    def of(self, file: str) -> Facts:
        """Return what the entries say of a file, without the defaults."""
        fitting = [facts for name, facts in self.facts.items() if name != file and fnmatchcase(file, name)]
        return {key: value for facts in (*fitting, self.facts.get(file, {})) for key, value in facts.items()}

    def without_file(self, files: Collection[str]) -> Iterator[str]:
        """Yield the paths and patterns that fit none of these files."""
        for name in self.facts:
            if name not in files and not any(fnmatchcase(file, name) for file in files):
                yield name

    @once
    def origins(self) -> dict[OriginId, Origin]:
        """Return the register of origins, by id."""
        self._file.refuse_twins("origin", "id")
        return {origin.id: origin for origin in map(OriginEntry.origin, self._file.content.origin)}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The facts of front matter, the keys of other systems in it, and what of it is ignored beside an entry."""

    facts: Facts
    foreign: tuple[str, ...] = ()
    ignored: str = ""


def read_front_matter(text: str, *, file: str, is_described: bool) -> FrontMatter:
    """Return the facts of front matter that may be another system's.

    ``is_described``: `sources.toml` has an entry for the file; then what does not fit is ignored. Else a key that is
    nearly one of ours, or a wrong value, is an error.
    """
    known = FactsEntry.model_fields
    try:
        table, lines = _table(text, file)
    except SourceFactsError as error:
        if is_described:
            return FrontMatter({}, ignored=f"all of it ({error.message})")
        raise
    foreign = tuple(
        key
        for key, value in table.items()
        if (key not in known and not get_close_matches(key.lower(), known, n=1, cutoff=_TYPO))
        or (key == "published" and isinstance(value, bool))  # Jekyll's: whether the page is on the site
    )
    facts = {key: value for key, value in table.items() if key not in foreign}
    if is_described:
        sound = {key: value for key, value in facts.items() if key in known and _is_fact(key, value)}
        return FrontMatter(sound, foreign, ", ".join(key for key in facts if key not in sound))
    check(FactsEntry, facts, lambda key: f"{file}:{lines.get(key, 2)}")
    return FrontMatter(facts, foreign)


def _is_fact(key: str, value: object) -> bool:
    try:
        check(FactsEntry, {key: value}, str)
    except SourceFactsError:
        return False
    return True


def _table(text: str, file: str) -> tuple[dict[str, object], dict[str, int]]:
    """Return keys with their values, and the line of each. A bare "publisher:" gives no fact."""
    import yaml  # not needed to answer questions

    table: dict[str, object] = {}
    lines: dict[str, int] = {}
    line = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return {}, {}
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
    return {key: value for key, value in table.items() if value is not None}, lines


def source_of(*facts: Facts) -> Source:
    """Merge the facts of one file; for a key in several, the last wins."""
    return check(FactsEntry, {key: value for table in facts for key, value in table.items()}, str).source()
