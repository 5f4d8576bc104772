"""The checks of `tools/corpus_check.py`, a module for each question; none depends on the subject of the corpus."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to fix, and the file of the corpus it is in."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"
