"""Write data/red_flags/language_words.json, by which other languages are known: `python tools/language_words.py`.

Run it when a file of data/red_flags/languages/ changed; a test compares the list with the files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from b12assistant.safety.languages import WORDS_FILE, codes, read_spoken
from b12assistant.safety.red_flags import load_red_flags

LISTED = Path(__file__).parent.parent / "src" / "b12assistant" / "data" / "red_flags" / WORDS_FILE


def listed() -> dict[str, Any]:
    """Return, for each language, the words of its wordings and its usual spellings, as its file has them now."""
    kinds = {finding.id: finding.kind for finding in load_red_flags().findings}
    spoken = {code: read_spoken(code, kinds) for code in codes()}
    return {code: {"usual": each.usual, "words": sorted(each.words())} for code, each in spoken.items()}


def as_text(value: dict[str, Any]) -> str:
    """Write a line for each language."""
    lines = (f"{json.dumps(code)}: {json.dumps(table, ensure_ascii=False)}" for code, table in value.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    LISTED.write_text(as_text(listed()), "utf-8")
