"""Where sources differ: both sides quoted, pairs that do not conflict left alone, and SciFact's pairs.

    python benchmarks/differences.py questions LABELLED CORPUS INDEX [--compared]
    python benchmarks/differences.py scifact FOLDER SPLIT
    python benchmarks/differences.py pairs LABELLED

`LABELLED`: `benchmarks/data/differences/*.jsonl`. `--compared`: without what the curators wrote down.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from b12assistant.answering.disagreement import load_cues
from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.labelled_set import is_hit
from b12assistant.index.encoding import load_encoder
from b12assistant.index.token_store import Projection, TokenStore, load_projection
from b12assistant.language.words import terms
from b12assistant.protocols import Encoder

Pair = tuple[str, str, str]  # label, one sentence, the other


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case ["questions", labelled, corpus, index, *rest]:
            print(json.dumps(_questions(_lines(Path(labelled)), corpus, index, curated="--compared" not in rest)))
        case ["scifact", folder, split]:
            print(json.dumps(_pairs(_scifact(Path(folder), split))))
        case ["pairs", labelled]:
            print(json.dumps(_pairs(_labelled_pairs(_lines(Path(labelled))))))
        case _:
            raise SystemExit(__doc__)


def _questions(rows: Iterable[dict[str, Any]], corpus: str, index: str, *, curated: bool) -> dict[str, Any]:
    """How many answers quote every side, are told to differ, and are told so where nothing conflicts."""
    workspace = Workspace(load_configuration(environment={}, flags={"paths.corpus": corpus, "paths.index": index}))
    assistant, engine = workspace.assistant, workspace.engine
    if not curated:
        engine = replace(engine, collection=replace(engine.collection, disputes=(), asked=None))
        assistant = replace(assistant, engine=lambda: engine)
    counts: Counter[str] = Counter()
    for row in rows:
        answer = assistant.reply(row["question"]).answer
        kind = "different" if row["sides"] else "alike"
        counts[kind] += 1
        counts[f"{kind}, told"] += bool(answer.disagreements)
        quoted = [any(is_hit(quote.spans, said) for quote in answer.quotes for said in side) for side in row["sides"]]
        counts["both sides quoted"] += bool(quoted) and all(quoted)
    return dict(counts)


def _pairs(pairs: Iterable[Pair]) -> dict[str, str]:
    """Of the pairs of each label, how many are set side by side."""
    encoder = load_encoder("all-MiniLM-L6-v2", threads=1)
    projection, cues = load_projection(encoder.name, encoder.digest), load_cues()
    told: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for label, one, other in pairs:
        closeness = float(_mean(one, encoder, projection) @ _mean(other, encoder, projection))
        a, b = set(terms(one)), set(terms(other))
        shared = len(a & b) / max(1, min(len(a), len(b)))
        of[label] += 1
        told[label] += cues.conflict(cues.stance(one), cues.stance(other), closeness, shared) is not None
    return {label: f"{told[label]} of {count}" for label, count in of.items()}


def _mean(text: str, encoder: Encoder, projection: Projection) -> Any:
    words = text.split()
    while encoder.count(" ".join(words)) > encoder.limit:
        words.pop()
    (encoded,) = encoder.encode([" ".join(words)])
    bounds = np.array([0, len(encoded.tokens)], dtype=np.int64)
    return TokenStore.of(projection.reduce(encoded.tokens), encoded.pieces, bounds).mean(0)


def _labelled_pairs(rows: Iterable[dict[str, Any]]) -> Iterator[Pair]:
    for row in rows:
        first, second = row["sides"] or row["alike"]
        yield from (("different" if row["sides"] else "alike", one, other) for one, other in product(first, second))


def _scifact(folder: Path, split: str) -> Iterator[Pair]:
    """Claims with the sentences that support or contradict them (the first rationale)."""
    sentences = {row["_id"]: row["sentences"] for row in _lines(folder / "sentences.jsonl")}
    for row in _lines(folder / "evidence.jsonl"):
        if row["split"] == split:
            said = " ".join(sentences[row["corpus_id"]][place] for place in row["rationales"][0])
            yield row["label"], row["claim"], said


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    yield from (json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip())


if __name__ == "__main__":
    main(sys.argv[1:])
