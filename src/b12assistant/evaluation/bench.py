"""`evaluate` on a test collection: rankings, or a run file, to one report; nothing is written before all is known."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from b12assistant.application.workspace import Workspace
from b12assistant.display import terminal
from b12assistant.errors import UsageError
from b12assistant.evaluation import bench_html, bench_report
from b12assistant.evaluation.bench_config import Ranking, load_ranking
from b12assistant.evaluation.bench_index import Stages
from b12assistant.evaluation.benchmarking import (
    Asked,
    Progress,
    Scored,
    Searched,
    ask,
    of_the_set,
    of_the_texts,
    score_run,
    search,
    sizes,
    speed,
)
from b12assistant.evaluation.datasets import TEST, Dataset, load_dataset
from b12assistant.evaluation.measures import HEADLINE, SAMPLES, SEED, compare, holm
from b12assistant.evaluation.runs import Run, read_run, write_run, write_whole
from b12assistant.index.collection import Collection

CACHE = Path("build/bench-cache")
_COMPARED = (HEADLINE, "MAP", "Recall@100")


@dataclass(frozen=True)
class Request:
    """What to measure, and where to. ``run``: scored if it is there, else written. ``relevant``: least grade that
    counts as relevant where a measure knows only yes and no."""

    folder: Path
    split: str | None = None
    queries: str | None = None
    configs: Sequence[Path] = ()
    run: Path | None = None
    out: Path | None = None
    cache: Path = CACHE
    relevant: int = 1


@dataclass(frozen=True)
class Indexed:
    """A collection with its queries encoded."""

    collection: Collection
    asked: tuple[Asked, ...]


@dataclass
class Bench:
    """One request, worked off."""

    space: Workspace
    request: Request
    say: Callable[[str], None] = lambda sentence: None
    runs: dict[str, Searched] = field(default_factory=dict)
    scored: list[Scored] = field(default_factory=list)
    _known: dict[object, Indexed] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Figures of every ranking; writes what was asked for when all are known."""
        request = self.request
        rankings = [load_ranking(path) for path in request.configs] or [
            Ranking(settings=self.space.configuration.settings)
        ]
        _refuse_doubles(rankings, request)
        dataset = load_dataset(request.folder, request.split, request.queries)
        given = read_run(request.run) if request.run is not None and request.run.exists() else None
        for sentence in announced(dataset, request):
            self.say(sentence)
        warnings = list(of_the_set(dataset))
        if request.run is not None and given is not None:
            about = {}
            rows = [self._given(dataset, given, request.run.name)]
        else:
            with terminal.progress() as progress:
                rows = [
                    self._ranked(dataset, self._indexed(dataset, each, progress), each, progress) for each in rankings
                ]
            first = self._indexed(dataset, rankings[0], _silent)
            about = self._about(first.collection)
            title_pieces = rankings[0].settings.chunking.title_pieces
            warnings += of_the_texts(dataset, first.collection, self.space.encoder, title_pieces)
        told = {
            "dataset": _described(dataset, request),
            "warnings": warnings,
            "rankings": rows,
            "compared": list(compared(self.scored)),
            **about,
            "bootstrap": {"samples": SAMPLES, "seed": SEED, "interval": 0.95},
            "hardware": hardware(),
            "queries": dict(dataset.queries),
            "per_query": {scored.ranking: scored.scores for scored in self.scored},
        }
        self._write(told)
        return told

    def _given(self, dataset: Dataset, run: Run, name: str) -> dict[str, Any]:
        scored = score_run(dataset, run, name, relevant=self.request.relevant)
        self.scored.append(scored)
        return {"name": name, "says": "a run file, scored as it stands", **_figures(scored)}

    def _indexed(self, dataset: Dataset, ranking: Ranking, progress: Progress) -> Indexed:
        """One collection, and its queries, for all rankings that index alike."""
        key = (ranking.settings.chunking, ranking.settings.lexical)
        if key not in self._known:
            encoder, projection = self.space.encoder, self.space.projection
            stages = Stages(encoder, projection, ranking.settings, self.request.cache, progress)
            collection = stages.index(dataset.texts)
            self._known[key] = Indexed(collection, ask(dataset, collection, encoder, projection, progress))
        return self._known[key]

    def _ranked(self, dataset: Dataset, indexed: Indexed, ranking: Ranking, progress: Progress) -> dict[str, Any]:
        searched = search(indexed.asked, indexed.collection, ranking, progress)
        scored = score_run(dataset, searched.run, ranking.name, relevant=self.request.relevant)
        self.runs[ranking.name] = searched
        self.scored.append(scored)
        return {**ranking.as_json(), **_figures(scored), "speed": speed(searched)}

    def _about(self, collection: Collection) -> dict[str, Any]:
        encoder = self.space.encoder
        return {
            "model": {"name": encoder.name, "sha256": encoder.digest},
            "index": {"passages": len(collection.passages), "bytes": sizes(collection)},
            "peak_memory_bytes": _peak_memory(),
        }

    def _write(self, told: dict[str, Any]) -> None:
        request = self.request
        if request.run is not None and not request.run.exists():
            (searched,) = self.runs.values()
            write_run(request.run, searched.run, "b12assistant")
        if request.out is not None:
            for name, searched in self.runs.items():
                write_run(request.out / f"{name.replace(' ', '_')}.trec", searched.run, name.replace(" ", "_"))
            write_whole(request.out / "report.json", bench_report.as_json(told))
            write_whole(request.out / "report.md", bench_report.markdown(told))
            write_whole(request.out / "per_query.tsv", bench_report.per_query(told))
            write_whole(request.out / "report.html", bench_html.page(told))


def announced(dataset: Dataset, request: Request) -> Iterator[str]:
    """What a reader should hear before anything is measured."""
    if dataset.split == TEST:
        yield f"reading the test split of {request.folder.name}: nothing may be chosen by what it says"
    if request.run is not None and request.run.exists():
        yield f"scoring the run {request.run} as it stands; nothing is searched"


def compared(scored: Sequence[Scored]) -> Iterator[dict[str, Any]]:
    """Every ranking against the first, for each compared measure; p corrected for all of a measure."""
    if len(scored) < 2:
        return
    first, others = scored[0], scored[1:]
    for measure in _COMPARED:
        base = first.scores[measure]
        found = [compare(list(other.scores[measure].values()), list(base.values())) for other in others]
        for other, each, corrected in zip(others, found, holm([each["p"] for each in found]), strict=True):
            yield {"measure": measure, "ranking": other.ranking, "against": first.ranking, **each, "holm": corrected}


def _silent(stage: str, done: int, of: int) -> None:
    pass


def hardware() -> str:
    """One line on the machine: figures of time mean nothing without it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{_processor()}, {cores} cores, {platform.system()}, Python {platform.python_version()}, "
        f"torch {version('torch')}, faiss {version('faiss-cpu')}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _peak_memory() -> int:
    """Bytes; the system counts in them on macOS and in kilobytes elsewhere."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _described(dataset: Dataset, request: Request) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "split": dataset.split,
        "queries_file": request.queries,
        "documents": len(dataset.texts),
        "queries": len(dataset.qrels),
        "judgements": sum(len(judged) for judged in dataset.qrels.values()),
        "relevant_from": request.relevant,
        "sha256": dataset.digest,
        "licence": dataset.licence,
    }


def _figures(scored: Scored) -> dict[str, Any]:
    return {"measures": scored.figures(), "warnings": list(scored.warnings)}


def _refuse_doubles(rankings: Sequence[Ranking], request: Request) -> None:
    names = [ranking.name for ranking in rankings]
    if len(set(names)) < len(names):
        raise UsageError("two configurations have the same file name", hint="name each otherwise: it heads a column")
    if request.run is not None and len(rankings) > 1:
        raise UsageError("--run is one run, and several configurations were given", hint="use --out FOLDER")
