"""Measure rankings on a test collection, or score a run file, and write the report when all is known."""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from b12assistant.answering.retrieval import Query, encode_query, rank
from b12assistant.application.workspace import Workspace
from b12assistant.display import terminal
from b12assistant.errors import UsageError
from b12assistant.evaluation.labelled_set import SAMPLES, SEED, interval, write_whole
from b12assistant.index.collection import Collection
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.token_store import Projection
from b12assistant.protocols import Encoder, Progress
from ranking.datasets import TEST, Dataset, load_dataset
from ranking.indexing import BenchParts, Ranking, load_ranking
from ranking.report import per_query
from ranking.runs import HEADLINE, JUDGED, Run, answerable, compare, holm, read_run, score, write_run

_TOP = 10  # documents of a ranking that are checked for ties


Asked = Mapping[str, tuple[Query, float]]  # by id: the query encoded, and the milliseconds that took


@dataclass(frozen=True)
class TimedRun:
    """A run and the milliseconds of each query: encoding and searching, one at a time."""

    run: Mapping[str, Mapping[str, float]]
    milliseconds: tuple[float, ...]


@dataclass(frozen=True)
class Scored:
    """One ranking on one split: a score for each measure and query."""

    ranking: str
    scores: Mapping[str, Mapping[str, float]]
    warnings: tuple[str, ...]

    def figures(self) -> dict[str, dict[str, float]]:
        return {name: interval(list(each.values())) for name, each in self.scores.items() if name != JUDGED}


def ask(
    dataset: Dataset, collection: Collection, encoder: Encoder, projection: Projection, progress: Progress
) -> Asked:
    """Encode every judged query, one at a time, as a reader's would be."""
    for text in list(dataset.queries.values())[:1]:
        encode_query(text, collection, encoder, projection)  # so that loading at first use is not timed
    asked = {}
    for done, (id_, text) in enumerate(dataset.queries.items()):
        progress("encoding queries", done, len(dataset.queries))
        begun = time.perf_counter()
        query = encode_query(text, collection, encoder, projection)
        asked[id_] = query, 1000 * (time.perf_counter() - begun)
    progress("encoding queries", len(dataset.queries), len(dataset.queries))
    return asked


def search(asked: Asked, collection: Collection, ranking: Ranking, progress: Progress) -> TimedRun:
    """Search for the queries one by one; a query's time is that of encoding and searching."""
    run: dict[str, dict[str, float]] = {}
    taken: list[float] = []
    for done, (id_, (query, milliseconds)) in enumerate(asked.items()):
        progress(f"searching ({ranking.name})", done, len(asked))
        begun = time.perf_counter()
        hits = rank(query, collection, lambda row: True, sys.maxsize, ranking.weights, depths=ranking.retrieval)
        taken.append(milliseconds + 1000 * (time.perf_counter() - begun))
        ranked = run.setdefault(id_, {})
        for hit in hits:
            ranked.setdefault(hit.passage.document.id, hit.score)
    progress(f"searching ({ranking.name})", len(asked), len(asked))
    return TimedRun(run, tuple(taken))


def score_run(dataset: Dataset, run: Run, name: str, *, relevant: int = 1) -> Scored:
    """Score ``run`` over all judged queries, with warnings."""
    scores = score(dataset.qrels, run, relevant=relevant)
    return Scored(name, scores, tuple(_of_the_run(dataset, run, scores, relevant)))


def speed(searched: TimedRun) -> dict[str, float]:
    """Return percentiles of the milliseconds of a query, and queries per second, one at a time on this machine."""
    percentiles = zip((50, 95, 99), np.percentile(searched.milliseconds, [50, 95, 99]), strict=True)
    times = {f"p{percent}_ms": round(float(value), 2) for percent, value in percentiles}
    return {**times, "queries_per_second": round(len(searched.milliseconds) / (sum(searched.milliseconds) / 1000), 1)}


def sizes(collection: Collection) -> dict[str, int]:
    """Return the bytes of each part of the index in memory, and their sum."""
    context = collection.context
    parts = {
        "vectors": collection.matrix.nbytes,
        "words": len(collection.lexical.to_bytes()) if isinstance(collection.lexical, BM25FIndex) else 0,
        "tokens": context.tokens.nbytes + context.pieces.nbytes + context.starts.nbytes,
    }
    return {**parts, "total": sum(parts.values())}


def of_the_set(dataset: Dataset) -> Iterator[str]:
    """Yield warnings about the collection itself: ids that clash, texts that repeat."""
    if clash := dataset.queries.keys() & {text.id for text in dataset.texts}:
        yield (
            f"{len(clash)} query ids are ids of documents too; nothing is dropped for it "
            "(BEIR's own scorer drops such documents from the run)"
        )
    if same := _repeats(f"{text.title}\0{text.text}" for text in dataset.texts):
        yield f"{same} documents repeat another's title and text; judged only once, the twin counts as wrong"
    if asked := _repeats(" ".join(text.split()).casefold() for text in dataset.queries.values()):
        yield f"{asked} queries repeat another's words"


def of_the_texts(dataset: Dataset, collection: Collection, encoder: Encoder, title_pieces: int) -> Iterator[str]:
    """Yield warnings about empty documents and texts over the encoder's limits."""
    held = {passage.document.id for passage in collection.passages}
    if empty := sum(document.id not in held for document in collection.documents):
        yield f"{empty} documents have no text and cannot be found"
    if long := sum(encoder.count(document.title) > title_pieces for document in collection.documents):
        yield f"{long} titles are cut to {title_pieces} word pieces in front of their passages"
    if len(collection.passages) > len(held):
        yield f"no text is cut: {len(held)} documents were read in {len(collection.passages)} passages"
    if read := sum(encoder.count(text) > encoder.limit for text in dataset.queries.values()):
        yield f"{read} queries are longer than the encoder's limit and were read in parts"


def _of_the_run(dataset: Dataset, run: Run, scores: Mapping[str, Any], relevant: int) -> Iterator[str]:
    counted = answerable(dataset.qrels, relevant)
    if len(counted) < len(dataset.qrels):
        left = len(dataset.qrels) - len(counted)
        yield f"{left} of {len(dataset.qrels)} judged queries have no relevant document and are not counted"
    if missing := [query for query in counted if not run.get(query)]:
        yield f"{len(missing)} of {len(counted)} queries are missing from the run and count as 0 (first: {missing[0]})"
    if strange := sum(query not in dataset.qrels for query in run):
        yield f"{strange} queries of the run are not judged in this split and are passed over"
    known = {text.id for text in dataset.texts}
    if unknown := sum(document not in known for ranked in run.values() for document in ranked):
        yield f"{unknown} places of the run hold documents that the collection does not have"
    if tied := sum(_has_ties(run[query]) for query in counted if query in run):
        yield (
            f"{tied} queries have equal scores among their first {_TOP}: there the order is trec_eval's, "
            "by document id, descending"
        )
    if unjudged := 1 - float(np.mean(list(scores[JUDGED].values()))):
        yield f"{unjudged:.1%} of the first {_TOP} documents were never judged and count as not relevant"


def _has_ties(ranked: Mapping[str, float]) -> bool:
    best = sorted(ranked.values(), reverse=True)[: _TOP + 1]
    return len(set(best)) < len(best)


def _repeats(texts: Iterator[str]) -> int:
    return sum(times - 1 for times in Counter(texts).values())


CACHE = Path("build/bench-cache")
_COMPARED = (HEADLINE, "MAP", "Recall@100")


@dataclass(frozen=True)
class Request:
    """What to measure, and where to write it. ``run``: scored if it exists, else written. ``relevant``: the least grade
    that counts as relevant in yes-or-no measures."""

    folder: Path
    split: str | None = None
    queries: str | None = None
    configs: Sequence[Path] = ()
    run: Path | None = None
    out: Path | None = None
    cache: Path = CACHE
    relevant: int = 1


@dataclass
class Bench:
    """Carries out one request."""

    space: Workspace
    request: Request
    say: Callable[[str], None] = lambda sentence: None
    runs: dict[str, TimedRun] = field(default_factory=dict)
    scored: list[Scored] = field(default_factory=list)
    _known: dict[object, tuple[Collection, Asked]] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Return figures of every ranking; write what was asked for when all are known."""
        request = self.request
        rankings = [load_ranking(path) for path in request.configs] or [Ranking()]
        if len({ranking.name for ranking in rankings}) < len(rankings):
            complaint = "two configurations have the same file name"
            raise UsageError(complaint, hint="name each otherwise: it heads a column")
        if request.run is not None and len(rankings) > 1:
            raise UsageError("--run is one run, and several configurations were given", hint="use --out FOLDER")
        dataset = load_dataset(request.folder, request.split, request.queries)
        given = read_run(request.run) if request.run is not None and request.run.exists() else None
        if dataset.split == TEST:
            self.say(f"reading the test split of {request.folder.name}: do not choose settings by these figures")
        warnings = list(of_the_set(dataset))
        if request.run is not None and given is not None:
            self.say(f"scoring the run {request.run}; nothing is searched")
            about = {}
            says = "a run file, scored without searching"
            rows = [{"name": request.run.name, "says": says, **self._scored(dataset, given, request.run.name)}]
        else:
            with terminal.progress() as progress:
                rows = [self._ranked(dataset, each, progress) for each in rankings]
            collection, _ = self._indexed(dataset, rankings[0], lambda stage, done, of: None)
            about = self._about(collection)
            warnings += of_the_texts(dataset, collection, self.space.encoder, rankings[0].chunking.title_pieces)
        report = {
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
        self._write(report)
        return report

    def _scored(self, dataset: Dataset, run: Run, name: str) -> dict[str, Any]:
        scored = score_run(dataset, run, name, relevant=self.request.relevant)
        self.scored.append(scored)
        return {"measures": scored.figures(), "warnings": list(scored.warnings)}

    def _indexed(self, dataset: Dataset, ranking: Ranking, progress: Progress) -> tuple[Collection, Asked]:
        """Return one collection and its queries for all rankings that index in the same way."""
        key = (ranking.chunking, ranking.lexical)
        if key not in self._known:
            encoder, projection = self.space.encoder, self.space.projection
            parts = BenchParts(encoder, projection, self.request.cache, progress, ranking.lexical, ranking.chunking)
            collection = parts.index(dataset.texts)
            self._known[key] = collection, ask(dataset, collection, encoder, projection, progress)
        return self._known[key]

    def _ranked(self, dataset: Dataset, ranking: Ranking, progress: Progress) -> dict[str, Any]:
        collection, asked = self._indexed(dataset, ranking, progress)
        searched = self.runs[ranking.name] = search(asked, collection, ranking, progress)
        scored = self._scored(dataset, searched.run, ranking.name)
        return {**asdict(ranking), **scored, "speed": speed(searched)}

    def _about(self, collection: Collection) -> dict[str, Any]:
        encoder = self.space.encoder
        return {
            "model": {"name": encoder.name, "sha256": encoder.digest},
            "index": {"passages": len(collection.passages), "bytes": sizes(collection)},
            "peak_memory_bytes": _peak_memory(),
        }

    def _write(self, report: dict[str, Any]) -> None:
        request = self.request
        if request.run is not None and not request.run.exists():
            (searched,) = self.runs.values()
            write_run(request.run, searched.run, "b12assistant")
        if request.out is not None:
            for name, searched in self.runs.items():
                write_run(request.out / f"{name.replace(' ', '_')}.trec", searched.run, name.replace(" ", "_"))
            write_whole(request.out / "report.json", json.dumps(report, ensure_ascii=False, indent=1) + "\n")
            write_whole(request.out / "per_query.tsv", per_query(report))


def compared(scored: Sequence[Scored]) -> Iterator[dict[str, Any]]:
    """Compare every ranking with the first, for each compared measure; p is corrected for all of a measure."""
    if len(scored) < 2:
        return
    first, others = scored[0], scored[1:]
    for measure in _COMPARED:
        base = first.scores[measure]
        found = [compare(list(other.scores[measure].values()), list(base.values())) for other in others]
        for other, each, corrected in zip(others, found, holm([each["p"] for each in found]), strict=True):
            yield {"measure": measure, "ranking": other.ranking, "against": first.ranking, **each, "holm": corrected}


def hardware() -> str:
    """Describe the machine in one line: times mean nothing without it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{_processor()}, {cores} cores, {platform.system()}, Python {platform.python_version()}, "
        f"onnxruntime {version('onnxruntime')}, faiss {version('faiss-cpu')}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _peak_memory() -> int:
    """Return bytes; the system counts in bytes on macOS and in kilobytes elsewhere."""
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
