"""Measure what parts of the ranking earn over the library.

    python benchmarks/ranking_parts.py INDEX [RANKING …] [--most N]

Asks the train and calibration questions and ranks with what ships, then with each RANKING (a name in
`ranking/rankings`). Prints how often a passage with an accepted sentence is first and among the first three, and what
the shipped ranking has over it, with the 95 % interval of the paired differences. No test split is read.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from ranking.indexing import RANKINGS, load_ranking
from refusal_data import CORPUS, workspace

from b12assistant.answering.retrieval import rank
from b12assistant.evaluation.labelled_set import Labelled, is_hit, joined_text, load_labelled
from b12assistant.evaluation.measures import compare
from b12assistant.index.lexical_index import FIELDS, index_words
from b12assistant.types import Hit

DATA = Path(__file__).parent / "data" / "questions"
PARTS = ("without_first", "without_plain", "without_title_field")
PLACES = (1, 3)


def is_right(hit: Hit, asked: Labelled) -> bool:
    return any(is_hit(joined_text(hit.passage.sentences), gold) for gold in asked.accepted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("rankings", nargs="*", default=PARTS)
    parser.add_argument("--most", type=int, help="questions of each split")
    given = parser.parse_args()
    engine = workspace(CORPUS, given.index).engine
    splits = [load_labelled(DATA / f"{split}.jsonl") for split in ("train", "calibration")]
    asked = [each for labelled in splits for each in labelled[: given.most] if each.gold]
    queries = [engine.query(each.question) for each in asked]
    shipped: dict[int, list[float]] = {}
    for name in ("shipped", *given.rankings):
        ranking, collection = load_ranking(RANKINGS / f"{name}.toml"), engine.collection
        if ranking.lexical != FIELDS:
            collection = replace(collection, lexical=index_words(collection.passages, ranking.lexical))
        found = [
            [is_right(hit, each) for hit in rank(query, collection, lambda row: True, max(PLACES), ranking.weights)]
            for each, query in zip(asked, queries, strict=True)
        ]
        for places in PLACES:
            right = [float(any(row[:places])) for row in found]
            more = compare(shipped.setdefault(places, right), right)
            earned = f"{more['mean']:+.3f} [{more['low']:+.3f}, {more['high']:+.3f}]"
            print(f"{name:22} among {places}: {np.mean(right):.3f}; what ships has {earned} more", flush=True)


if __name__ == "__main__":
    main()
