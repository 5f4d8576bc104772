"""Choose, among the fixed texts for one level, the one that fits the words: about somebody else, low mood, an allergy.

The level and its kind are already decided; this decides only how it is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from b12assistant.answers import TextId
from b12assistant.data_files import Table, check_keys, read_data, string, strings, subtable, tables
from b12assistant.language.folding import fold
from b12assistant.language.wording import Phrases, Plain
from b12assistant.threads import once

FILE: Final = "variants.toml"


@dataclass(frozen=True)
class Variant:
    """``text`` replaces ``of`` if a wording of ``said`` is found and none of ``unless``."""

    of: TextId
    text: TextId
    said: tuple[str, ...]
    unless: tuple[str, ...]
    names: Mapping[str, str]

    def fits(self, plain: str) -> bool:
        said, unless = self._phrases
        return said.found_in(plain) and not unless.found_in(plain)

    @once
    def _phrases(self) -> tuple[Phrases, Phrases]:
        where = f"{FILE}, {self.text}"
        return Phrases(self.said, self.names, where), Phrases(self.unless, self.names, where)


def fitting(text: TextId, words: str) -> TextId:
    """Return the text to show for ``text``, given what was written."""
    for variant in load_variants():
        if variant.of == text and variant.fits(Plain(fold(words).words).text):
            return variant.text
    return text


@cache
def load_variants() -> tuple[Variant, ...]:
    """Read the variants that ship with the package."""
    data = read_data("red_flags", FILE)
    check_keys(data, FILE, required=("names", "variant"))
    names = {name: str(value) for name, value in subtable(data, "names", FILE).items()}
    return tuple(_variant(table, names) for table in tables(data, "variant", FILE))


def _variant(table: Table, names: Mapping[str, str]) -> Variant:
    where = f"{FILE}, {table.get('text', 'a variant without text')}"
    check_keys(table, where, required=("of", "text", "about", "said"), optional=("unless",))
    return Variant(
        TextId(string(table, "of", where)),
        TextId(string(table, "text", where)),
        strings(table, "said", where),
        strings(table, "unless", where),
        names,
    )
