"""The files that curators write, each as a pydantic model; the page's own words have the same form.

All mistakes in a file are one error that names the lines and what belongs there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import isclass
from reprlib import repr as short
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from b12assistant.data_files import line_of, read_data
from b12assistant.errors import AssistantError, SourceFactsError

_MOST_NAMED = 20  # faults of a file
Where = Callable[..., str]  # maps the place of a key to "file:line"


def _sound(text: str) -> str:
    text.encode()  # raises a ValueError for half a character, as `\ud83d` in YAML or JSON gives it
    if not text.strip():
        raise ValueError("blank")
    return text


Text = Annotated[str, AfterValidator(_sound), Field(description="a text")]
Texts = Annotated[list[Text], Field(description="a list of texts")]


class CuratedEntry(BaseModel):
    """A curators' file or a table of one. A field's description completes "it takes …" in errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Statement(CuratedEntry):
    """A quote as written in the file, not yet looked up."""

    document: Text
    quote: Text


class DisputeEntry(CuratedEntry):
    """A topic as written in the file."""

    id: Text
    topic: Text = Field(description="the question that the sources answer differently")
    why: Text = Field(description="why it counts as a difference")
    asked: list[Text] = Field(default=[], description="a list of questions")
    not_asked: list[Text] = Field(default=[], description="a list of questions")  # similar, but not about it
    sides: list[Annotated[list[Statement], Field(min_length=1)]] = Field(
        min_length=2, description="two lists or more of { document = …, quote = … }"
    )


class DisputesFile(CuratedEntry):
    dispute: list[DisputeEntry] = Field(
        default=[], description="tables with id, topic, why, asked and sides; corpus/README.md shows one"
    )


class TermEntry(CuratedEntry):
    """What readers write for a word of the sources."""

    term: Text
    variants: Texts


class VocabularyFile(CuratedEntry):
    kind: Literal["abbreviation", "name", "lay"] = Field(description="abbreviation, name, lay")
    review: Text = Field(description="who reviewed it, and when")
    term: list[TermEntry] = Field(min_length=1, description="tables with term and variants")


class TextEntry(CuratedEntry):
    id: Text
    version: int = Field(ge=1, description="a whole number from 1")
    text: Text
    origin: Text
    review: Text


class TextsFile(CuratedEntry):
    text: list[TextEntry] = Field(
        default=[], min_length=1, description="tables with id, version, text, origin and review"
    )


class About(CuratedEntry):
    """A paragraph about the tool itself."""

    heading: Text
    text: Text


class PageWords(CuratedEntry):
    """`page.toml`: the name of the page, its lead and example questions."""

    name: Text
    tagline: Text
    heading: Text
    lead: Text
    placeholder: Text
    examples: Texts
    about: list[About] = Field(min_length=1, description="tables with heading and text")


_Model = TypeVar("_Model", bound=CuratedEntry)


class DataFile(Generic[_Model]):
    """A checked TOML file: its ``table``, and its model as ``content``. Raises ``SourceFactsError`` with the line."""

    def __init__(self, model: type[_Model], text: str, *, file: str) -> None:
        try:
            self.table = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # an over-long number is a plain ValueError
            raise SourceFactsError(f"{file} is not valid TOML: {error}", hint="fix it, then try again") from error
        self.where: Where = lambda *place: f"{file}:{line_of(text, *place)}"
        self.content = check(model, self.table, self.where)

    def refuse_twins(self, table: str, key: str) -> None:
        """Raise ``SourceFactsError`` for two entries of ``table`` with the same ``key``."""
        seen: set[str] = set()
        for number, name in enumerate(getattr(entry, key) for entry in getattr(self.content, table)):
            if name in seen:
                raise SourceFactsError(f"{self.where(table, number, key)}: {name} is there twice", hint="keep one")
            seen.add(name)


def check(
    model: type[_Model], table: Mapping[Any, Any], where: Where, raises: type[AssistantError] = SourceFactsError
) -> _Model:
    """Return ``table`` as a checked ``model``. Raises one error that names every wrong key."""
    try:
        return model.model_validate(dict(table))
    except ValidationError as error:
        faults = []
        for problem in error.errors(include_url=False, include_context=False):
            place, message, hint = _explained(problem["loc"], problem["type"], problem["msg"], model, table)
            faults.append(Fault(where(*place), message, hint))
        raise as_one(faults, raises) from None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a curator's file. ``where``: file and line; ``hint``: what belongs there."""

    where: str
    message: str
    hint: str = ""


def as_one(faults: Sequence[Fault], raises: type[AssistantError], *, hint: str = "") -> AssistantError:
    """Return one error for all faults of a file. ``hint``: what to do about each of them, if that is the same."""
    told = list(dict.fromkeys(faults))
    if len(told) == 1:
        return raises(f"{told[0].where}: {told[0].message}", hint=hint or told[0].hint)
    named = [": ".join(filter(None, (each.where, each.message, each.hint))) for each in told[:_MOST_NAMED]]
    more = f"; and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    return raises(f"{len(told)} faults: {'; '.join(named)}{more}", hint=hint or "correct them there")


def _explained(
    place: tuple[str | int, ...], kind: str, complaint: str, model: type[CuratedEntry], table: Mapping[Any, Any]
) -> tuple[tuple[str | int, ...], str, str]:
    """Return the place of the key to correct, what is wrong with it, and what it takes."""
    key = str(place[0]) if place else ""
    field = model.model_fields.get(key)
    items = get_args(field.annotation) if field else ()
    entry = next((item for item in items if isclass(item) and issubclass(item, CuratedEntry)), None)
    expected = (field.description if field else None) or complaint
    steps = 1 if isinstance(table.get(key), dict) else 2  # to a table, or to one of a list of tables
    if entry is not None and len(place) > steps:
        held = table[key] if steps == 1 else table[key][place[1]]
        inner, message, hint = _explained(place[steps:], kind, complaint, entry, held)
        return (*place[:steps], *inner), message, hint
    if kind in ("extra_forbidden", "invalid_key"):
        names = sorted(model.model_fields)
        near = get_close_matches(key, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(names)}"
        return (key,), f"unknown key {key!r}", hint
    if kind == "missing":
        return (key,), f"{key} is missing", f"it takes {expected}"
    if entry is not None:
        return (key,), f"{key} is not a list of tables; write [[{key}]]", f"it takes {expected}"
    try:
        written = short(table.get(key))
    except ValueError:  # Python does not print numbers of more than 4,300 digits
        written = "a very long number"
    return (key,), f"{key} = {written} is not known", f"it takes {expected}"


def load_page_words() -> PageWords:
    """Read the words that ship with the package."""
    return PageWords.model_validate(read_data("page", "page.toml"))
