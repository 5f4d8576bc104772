"""Tell whether a question names what the shipped corpus is about: the words are data (`data/scope/subject.toml`)."""

from __future__ import annotations

import re
from functools import cache

from b12assistant.data_files import read_data
from b12assistant.language.words import fold


def names_subject(question: str) -> bool:
    """Return whether a word of the question begins like a word of the subject."""
    return bool(_pattern().search(fold(question)))


@cache
def _pattern() -> re.Pattern[str]:
    names = read_data("scope", "subject.toml")["names"]
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})")
