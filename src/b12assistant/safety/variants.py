"""Choose, among the fixed texts for one level, the one that fits the words: about somebody else, low mood, an allergy.

The level and its kind are already decided; this decides only how it is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from b12assistant.answers import TextId
from b12assistant.data_files import check_keys, read_data, string, strings, subtable, tables
from b12assistant.language.folding import fold
from b12assistant.language.wording import Phrases, Plain

FILE: Final = "variants.toml"


@dataclass(frozen=True)
class Variant:
    """``text`` replaces ``of`` if a wording of ``said`` is found and none of ``unless``. They compile when called."""

    of: TextId
    text: TextId
    said: Callable[[], Phrases]
    unless: Callable[[], Phrases]


def fitting(text: TextId, words: str) -> TextId:
    """Return the text to show for ``text``, given what was written."""
    for variant in load_variants():
        if variant.of == text:
            plain = Plain(fold(words).words).text
            if variant.said().found_in(plain) and not variant.unless().found_in(plain):
                return variant.text
    return text


@cache
def load_variants() -> tuple[Variant, ...]:
    """Read the variants that ship with the package."""
    data = read_data("red_flags", FILE)
    check_keys(data, FILE, required=("names", "variant"))
    names = {name: str(value) for name, value in subtable(data, "names", FILE).items()}
    found = []
    for table in tables(data, "variant", FILE):
        where = f"{FILE}, {table.get('text', 'a variant without text')}"
        check_keys(table, where, required=("of", "text", "about", "said"), optional=("unless",))
        of, text = TextId(string(table, "of", where)), TextId(string(table, "text", where))
        said, unless = (cache(partial(Phrases, strings(table, key, where), names, where)) for key in ("said", "unless"))
        found.append(Variant(of, text, said, unless))
    return tuple(found)
