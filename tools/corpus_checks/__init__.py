"""What `tools/corpus_check.py` looks at, a module for each question; nothing here knows what the corpus is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend, and the file of the corpus it is in."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"
