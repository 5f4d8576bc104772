"""The fixed texts, by id: the only words of our own about health, each with its version, origin and review.

A text may hold a place for a telephone number, in braces; it is filled before anybody sees the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from b12assistant.answers import FixedText, FixedTexts, TextId
from b12assistant.data_files import HINT, Table, check_keys, integer, read_data, string, tables
from b12assistant.errors import ConfigError
from b12assistant.safety.telephones import LINES, load_telephones

FILE = "texts.toml"
REQUIRED = ("id", "version", "text", "origin", "review")
_PLACE: Final = re.compile(r"\{(.*?)\}", re.S)


def load_fixed_texts(numbers: Mapping[str, str] | None = None) -> FixedTexts:
    """The texts that ship with the package, in the order of the file.

    ``numbers``: the words in the place of each telephone line; general words where it is not given.
    """
    words = load_telephones().general if numbers is None else numbers
    return parse_fixed_texts(read_data("red_flags", FILE), words)


@lru_cache(maxsize=4)
def texts_on(today: date, region: str, *own: str) -> FixedTexts:
    """The texts as they are shown on a day: ``own`` numbers, a line each, before those of the region and general words.

    Raises ``ConfigError`` for an unknown region and for a number that is none.
    """
    return load_fixed_texts(numbers_on(today, region, *own))


def numbers_on(today: date, region: str, *own: str) -> Mapping[str, str]:
    """The words in the place of each telephone line on a day. Raises ``ConfigError``, as ``texts_on``."""
    return load_telephones().words(region, dict(zip(LINES, own, strict=True)), today)


def parse_fixed_texts(data: Table, numbers: Mapping[str, str]) -> FixedTexts:
    """The texts of a parsed file; an unknown or missing key, an unknown place and an id used twice are errors.

    ``numbers``: the words in the place of each telephone line.
    """
    check_keys(data, FILE, required=("text",))
    texts: dict[TextId, FixedText] = {}
    for position, table in enumerate(tables(data, "text", FILE), start=1):
        text = _fixed_text(table, f"{FILE}, text {position}", numbers)
        if text.id in texts:
            raise ConfigError(f"{FILE}: the id {text.id} is used twice", hint=HINT)
        texts[text.id] = text
    return MappingProxyType(texts)


def _fixed_text(table: Table, where: str, numbers: Mapping[str, str]) -> FixedText:
    check_keys(table, where, required=REQUIRED)
    return FixedText(
        id=TextId(string(table, "id", where)),
        version=integer(table, "version", where),
        text=_filled(string(table, "text", where), where, numbers),
        origin=string(table, "origin", where),
        review=string(table, "review", where),
    )


def _filled(text: str, where: str, numbers: Mapping[str, str]) -> str:
    if unknown := sorted(set(_PLACE.findall(text)) - set(numbers)):
        raise ConfigError(f"{where}: no telephone line is called {', '.join(unknown)}", hint=HINT)
    return _PLACE.sub(lambda place: numbers[place[1]], text)
