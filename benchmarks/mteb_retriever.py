"""Run the ranking as a model of MTEB, so that its tasks can score it: `pip install -c constraints.txt -e '.[mteb]'`.

    python benchmarks/mteb_retriever.py FOLDER [--split dev]      a BEIR folder, as a task of its own
    python benchmarks/mteb_retriever.py --task SciFact            a task of MTEB; the hub must be reachable

MTEB's ``SearchProtocol``: `index` reads a corpus, `search` ranks it for queries. It ranks what the product ranks:
passages of title and text, and a document where its best passage is. Tasks that give candidates are refused.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import mteb
from datasets import Dataset as Table
from mteb.abstasks.retrieval import AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata
from mteb.models.model_meta import ModelMeta
from ranking.bench import CACHE
from ranking.datasets import Dataset, Text, load_dataset
from ranking.indexing import BenchParts, Ranking

from b12assistant.answering.retrieval import encode_query, rank
from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.index.collection import Collection


class Retriever:
    """A ``mteb.SearchProtocol``."""

    def __init__(self, space: Workspace, cache: Path = CACHE, ranking: Ranking | None = None) -> None:
        self._space, self._cache, self._ranking = space, cache, ranking or Ranking()
        self._collection: Collection | None = None

    @property
    def mteb_model_meta(self) -> ModelMeta:
        encoder = self._space.encoder
        return ModelMeta.create_empty(
            {"name": f"b12assistant/{encoder.name}", "revision": encoder.digest[:12], "framework": ["PyTorch"]}
        )

    def index(self, corpus: Iterable[Mapping[str, Any]], **_: Any) -> None:
        texts = [Text(row["id"], row.get("title") or "", row["text"]) for row in corpus]
        space = self._space
        stages = BenchParts(space.encoder, space.projection, self._ranking.settings, self._cache)
        self._collection = stages.index(texts)

    def search(
        self, queries: Iterable[Mapping[str, Any]], *, top_k: int, top_ranked: object = None, **_: Any
    ) -> dict[str, dict[str, float]]:
        if top_ranked is not None:
            raise NotImplementedError("this is a retriever: it ranks a corpus, not a list of candidates")
        return {row["id"]: self._ranked(row["text"], top_k) for row in queries}

    def _ranked(self, text: str, top_k: int) -> dict[str, float]:
        if self._collection is None:
            raise RuntimeError("`index` comes before `search`")
        query = encode_query(text, self._collection, self._space.encoder, self._space.projection)
        ranking, best = self._ranking, dict[str, float]()
        for hit in rank(
            query, self._collection, ranking.settings.retrieval, lambda _: True, sys.maxsize, ranking.weights
        ):
            best.setdefault(hit.passage.document.id, hit.score)
        return dict(list(best.items())[:top_k])


def task_of(dataset: Dataset) -> AbsTaskRetrieval:
    """Return a collection on this machine as a task of MTEB; nothing is downloaded."""

    class Local(AbsTaskRetrieval):  # type: ignore[misc]
        metadata = TaskMetadata(
            type="Retrieval",
            name=dataset.name.replace("/", "-"),
            main_score="ndcg_at_10",
            description=f"{dataset.name}, read from a BEIR folder",
            dataset={"path": "local", "revision": dataset.digest[:12]},
            eval_splits=[dataset.split],
            eval_langs=["eng-Latn"],
        )

        def load_data(self, *_: Any, **__: Any) -> None:
            corpus = [{"id": text.id, "title": text.title, "text": text.text} for text in dataset.texts]
            queries = [{"id": query, "text": text} for query, text in dataset.queries.items()]
            split = {
                "corpus": Table.from_list(corpus),
                "queries": Table.from_list(queries),
                "relevant_docs": {query: dict(judged) for query, judged in dataset.qrels.items()},
                "top_ranked": None,
            }
            self.dataset = {"default": {dataset.split: split}}
            self.data_loaded = True

    return Local()


def scores(retriever: Retriever, tasks: list[Any]) -> dict[str, dict[str, float]]:
    """Return MTEB's scores of each task and split."""
    results = mteb.evaluate(retriever, tasks, cache=None, show_progress_bar=False)
    return {
        f"{result.task_name} {split}": {name: value for name, value in each[0].items() if isinstance(value, float)}
        for result in results.task_results
        for split, each in result.scores.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--split")
    parser.add_argument("--task", action="append", default=[])
    arguments = parser.parse_args()
    tasks = [task_of(load_dataset(arguments.folder, arguments.split))] if arguments.folder else []
    tasks += mteb.get_tasks(tasks=arguments.task) if arguments.task else []
    space = Workspace(load_configuration(file=Path(os.devnull), environment={}))
    for name, found in scores(Retriever(space), tasks).items():
        shown = ("ndcg_at_10", "map_at_100", "mrr_at_10", "recall_at_100")
        print(f"{name}: {', '.join(f'{measure} {found[measure]:.4f}' for measure in shown)}")


if __name__ == "__main__":
    main()
