"""TREC run files: what a system ranked, a line a document, `query Q0 document rank score tag`.

Scores decide, not ranks, and equal scores are ordered as trec_eval orders them: by document id, descending.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from b12assistant.errors import DatasetError

Run = Mapping[str, Mapping[str, float]]  # query, document, score: higher is better


def read_run(path: Path) -> dict[str, dict[str, float]]:
    """Raises ``DatasetError`` that names file and line."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror})", hint="give a TREC run file") from error
    except UnicodeDecodeError as error:
        number = 1 + path.read_bytes().count(b"\n", 0, error.start)
        raise DatasetError(f"{path}:{number}: not UTF-8", hint="save the file as UTF-8") from error
    run: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        columns = line.split()
        if len(columns) != 6:
            raise DatasetError(
                f"{path}:{number}: not a line of a run ({len(columns)} columns)",
                hint="it is: query Q0 document rank score tag",
            )
        query, document = columns[0], columns[2]
        score = _score(columns[4], f"{path}:{number}")
        ranked = run.setdefault(query, {})
        if document in ranked:
            raise DatasetError(f"{path}:{number}: {document!r} is ranked twice for {query!r}", hint="keep one")
        ranked[document] = score
    if not run:
        raise DatasetError(f"{path}:1: the run is empty", hint="it is: query Q0 document rank score tag")
    return run


def write_run(path: Path, run: Run, tag: str) -> None:
    """The whole file or none: it is written beside its place and renamed."""
    write_whole(path, "".join(f"{line}\n" for line in _lines(run, tag)))


def write_whole(path: Path, text: str) -> None:
    """UTF-8 text to a draft that takes the place of ``path`` when it is whole. Raises ``DatasetError``."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written ({error.strerror})", hint="name a file in a folder you can write to"
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def best_first(ranked: Mapping[str, float]) -> list[str]:
    """Documents as trec_eval orders them."""
    return sorted(ranked, key=lambda document: (ranked[document], document), reverse=True)


def _lines(run: Run, tag: str) -> Iterable[str]:
    for query, ranked in run.items():
        for rank, document in enumerate(best_first(ranked), start=1):
            yield f"{query} Q0 {document} {rank} {ranked[document]!r} {tag}"


def _score(text: str, where: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise DatasetError(f"{where}: the score {text!r} is no number", hint="it is: query Q0 document rank score tag")
    return score
