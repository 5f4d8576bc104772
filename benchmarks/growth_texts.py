"""Stretches of real text to grow an index by, and real questions to ask it: from the public test collections.

A stretch is what stands in a document, word for word: a run of whole clauses, of four words or more and at most
`LONGEST` word pieces, marks between clauses not counted. A passage may have 200; at this length a million can be
encoded on two cores in half an hour. No text stands twice, blanks and capitals aside, which the encoder does not see
either; but stretches of one document lie inside one another and overlap. They come in one shuffled order, so that the
first n are an even sample of them all: the corpus of one size is a part of the corpus of the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from b12assistant.errors import DatasetError
from b12assistant.evaluation.datasets import read_rows
from b12assistant.language.sentences import split_sentences
from b12assistant.types import Range

LEFT_OUT = "nfcorpus-filtered"  # its text has lost its stop words: nobody wrote it so
LONGEST = 48  # word pieces
_CLAUSE = re.compile(r"[,;:]\s+")
_FEWEST = 4  # words
_SEED = 10

Count = Callable[[str], int]
_Given = TypeVar("_Given")


class Stretch(NamedTuple):
    """``sentences``: whole ones in a row; 0: other clauses. ``document``: the number of the first that it stands in;
    ``start``: where, in code points."""

    text: str
    sentences: int
    document: int
    start: int


def stretches(folder: Path, count: Count) -> list[Stretch]:
    """Every stretch of every collection under ``folder``, shuffled; raises ``DatasetError`` if there is none.

    ``count``: word pieces of a text.
    """
    found: dict[str, Stretch] = {}
    for number, document in enumerate(dict.fromkeys(_column(folder, "corpus"))):
        for range_, sentences in _of(document, count):
            text = document[range_.start : range_.end]
            found.setdefault(" ".join(text.lower().split()), Stretch(text, sentences, number, range_.start))
    return _shuffled(list(found.values()))


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


def _of(document: str, count: Count) -> Iterator[tuple[Range, int]]:
    """Every run of clauses, and how many sentences it is made of, if of whole ones."""
    clauses = [clause for sentence in split_sentences(document) for clause in _clauses(document, sentence)]
    pieces = [count(document[clause.start : clause.end]) for clause, _, _ in clauses]
    for first, (begin, is_first, _) in enumerate(clauses):
        left, sentences = LONGEST, 0
        for (end, _, is_last), long in zip(clauses[first:], pieces[first:], strict=True):
            left, sentences = left - long, sentences + is_last
            if left < 0:
                break
            run = Range(begin.start, end.end)
            if len(document[run.start : run.end].split()) >= _FEWEST:
                yield run, sentences if is_first and is_last else 0


def _clauses(document: str, sentence: Range) -> Iterator[tuple[Range, bool, bool]]:
    """Of a sentence, each with whether it is the first and the last."""
    cuts = list(_CLAUSE.finditer(document, sentence.start, sentence.end))
    starts, ends = [sentence.start, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), sentence.end]
    found = [Range(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
    for place, clause in enumerate(found):
        yield clause, place == 0, place == len(found) - 1


def _shuffled(given: list[_Given]) -> list[_Given]:
    if not given:
        raise DatasetError("no text", hint="give the folder the test collections lie in")
    order = np.random.default_rng(_SEED).permutation(len(given))
    return [given[i] for i in order]
