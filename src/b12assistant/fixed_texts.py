"""The fixed texts, by id: the only words of our own about health, each with its version, origin and review."""

from __future__ import annotations

from types import MappingProxyType

from b12assistant.answers import FixedText, FixedTexts, TextId
from b12assistant.data_files import HINT, Table, check_keys, integer, read_data, string, tables
from b12assistant.errors import ConfigError

FILE = "texts.toml"
REQUIRED = ("id", "version", "text", "origin", "review")


def load_fixed_texts() -> FixedTexts:
    """The texts that ship with the package, in the order of the file."""
    return parse_fixed_texts(read_data("red_flags", FILE))


def parse_fixed_texts(data: Table) -> FixedTexts:
    """The texts of a parsed file; an unknown or missing key and an id used twice are errors."""
    check_keys(data, FILE, required=("text",))
    texts: dict[TextId, FixedText] = {}
    for position, table in enumerate(tables(data, "text", FILE), start=1):
        text = _fixed_text(table, f"{FILE}, text {position}")
        if text.id in texts:
            raise ConfigError(f"{FILE}: the id {text.id} is used twice", hint=HINT)
        texts[text.id] = text
    return MappingProxyType(texts)


def _fixed_text(table: Table, where: str) -> FixedText:
    check_keys(table, where, required=REQUIRED)
    return FixedText(
        id=TextId(string(table, "id", where)),
        version=integer(table, "version", where),
        text=string(table, "text", where),
        origin=string(table, "origin", where),
        review=string(table, "review", where),
    )
