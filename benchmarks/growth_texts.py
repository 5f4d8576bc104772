"""Stretches of real text to grow an index by, and real questions to ask it: from the public test collections.

A stretch is a clause of four words or more, a sentence, or two or three sentences in a row, of one document; no text
stands twice, though one stretch may lie inside another. They come in one shuffled order, so that the first n are an
even sample of them all: the corpus of one size is a part of the corpus of the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from b12assistant.errors import DatasetError
from b12assistant.evaluation.datasets import read_rows
from b12assistant.language.sentences import split_sentences

LEFT_OUT = "nfcorpus-filtered"  # its text has lost its stop words: nobody wrote it so
LONGEST = 1_000  # characters: what the encoder reads whole
_ROWS = 3  # sentences in a row, at most
_CLAUSE = re.compile(r"[,;:]\s+")
_CLAUSE_WORDS = 4
_SEED = 10


def stretches(folder: Path) -> list[str]:
    """Every stretch of every collection under ``folder``, shuffled; raises ``DatasetError`` if there is none."""
    found = {text: None for document in _column(folder, "corpus") for text in _of(document) if len(text) <= LONGEST}
    return _shuffled(list(found))


def questions(folder: Path) -> list[str]:
    """Every question of every collection under ``folder``, shuffled; raises ``DatasetError`` if there is none."""
    return _shuffled(list(dict.fromkeys(text.strip() for text in _column(folder, "queries") if text.strip())))


def _column(folder: Path, name: str) -> Iterator[str]:
    for path in sorted(folder.rglob(f"{name}.jsonl*")):
        if LEFT_OUT in path.parts:
            continue
        for where, row in read_rows(path):
            if not isinstance(row.get("text"), str):
                raise DatasetError(f"{where}: no text", hint='a line is {"_id", "text", …}')
            yield str(row["text"])


def _of(document: str) -> Iterator[str]:
    ranges = split_sentences(document)
    for many in range(_ROWS):
        for first, last in zip(ranges, ranges[many:], strict=False):
            yield document[first.start : last.end]
    for sentence in ranges:
        clauses = _CLAUSE.split(document[sentence.start : sentence.end])
        if len(clauses) > 1:
            yield from (clause for clause in clauses if len(clause.split()) >= _CLAUSE_WORDS)


def _shuffled(texts: list[str]) -> list[str]:
    if not texts:
        raise DatasetError("no text", hint="give the folder the test collections lie in")
    order = np.random.default_rng(_SEED).permutation(len(texts))
    return [texts[i] for i in order]
