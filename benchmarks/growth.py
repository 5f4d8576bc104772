"""Measure memory, time and recall as a collection grows: `python benchmarks/growth.py FOLDER [URI [PID]]`.

URI: of a Milvus server that searches too; PID: of its process, for its memory. Each step is a process of its own.
Recall: of the 100 passages nearest to a question, how many the search by vectors finds.

Not real: each document of corpus/, without what its curators wrote, is there many times under other names. So texts,
words and token vectors repeat; seeded noise is added to the vectors of passages. The product builds the first two
indexes; that of 500,000 is the second one ten times. No encoder runs: the texts are known from `index/`.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from fit.data import CORPUS, ROOT, labelled_rows, workspace
from safetensors.numpy import save_file
from speed import ONE_THREAD, timed

from b12assistant.index.asked_questions import NOTHING_ASKED
from b12assistant.index.collection import CONTEXT, Opened, read_parts
from b12assistant.index.documents import DOCUMENTS, entries_from_bytes
from b12assistant.index.lexical_index import index_words
from b12assistant.index.milvus import Collections, connect
from b12assistant.index.store import Store, read_bytes

SIZES = {"5000": (3, 1), "50000": (30, 1), "500000": (30, 10)}  # copies of a document, and of the index of these
NOISE = 0.002  # deviation added to each of 384 numbers of a row of length 1: in all 0.04
ASKED, NEAREST, ROUNDING = 40, 100, 1e-5


def build(folder: Path, copies: str) -> str:
    """Index so many copies of the documents; `index/` has their vectors."""
    shutil.copytree(ROOT / "index", folder / "index")
    curated = shutil.ignore_patterns("README.md", "*.toml", "*.jsonl")
    for number in range(int(copies)):
        shutil.copytree(CORPUS, folder / "corpus" / str(number), ignore=curated)
    begun, report = time.perf_counter(), workspace(folder / "corpus", folder / "index").index()
    return f"{sum(each.passages for each in report.files)} passages in {time.perf_counter() - begun:.0f} s"


def repeat(folder: Path, built: str, times: str) -> str:
    """Publish the index of ``built`` so many times, with noise in each vector. Token vectors may exceed memory."""
    generation, many, store = Store(Path(built) / "index").open(), int(times), Store(folder / "index")
    given = read_parts(generation).collection
    lines = (re.sub(rb'"(document|id)": "', rb"\g<0>%d/" % n, bytes(generation.files[DOCUMENTS])) for n in range(many))
    entries = entries_from_bytes(b"".join(lines))
    rows = np.tile(given.vectors, (many, 1))
    rows += NOISE * np.random.default_rng(1).standard_normal(rows.shape, np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    words = index_words([passage for entry in entries for passage in entry.passages])
    held = replace(given, vectors=rows, words=words, asked=NOTHING_ASKED, context=given.context.part(0, 0))
    kept = ("model", "chunking", "lexical", "method", "runtime", "counts")
    facts = {name: generation.manifest[name] for name in kept}
    with store.writing(), TemporaryDirectory(dir=folder) as draft:
        path = Path(draft) / CONTEXT
        tokens = np.memmap(Path(draft) / "tokens", np.int8, "w+", shape=(many, *given.context.tokens.shape))
        tokens[:] = given.context.tokens
        starts = np.concatenate([[0], *(given.context.starts[1:] + n * tokens.shape[1] for n in range(many))])
        pieces = np.tile(given.context.pieces, many)
        save_file({"starts": starts, "pieces": pieces, "tokens": tokens.reshape(-1, tokens.shape[2])}, path)
        files = {**Opened(held, entries, (), {}).to_files(), CONTEXT: read_bytes(path, path.stat().st_size) or b""}
        store.publish(files, facts)
    return f"{sum(map(len, files.values())) / 1e6:.0f} MB on disk"


def told(ask: Callable[[Any], object], questions: Sequence[Any]) -> str:
    """Return the median and the 95th percentile of milliseconds."""
    return "{:.1f} / {:.1f} ms".format(*np.percentile(timed(ask, questions), [50, 95]))


def answer(folder: Path, uri: str = "", pid: str = "self") -> str:
    """Open an index and ask all questions, with a server if one is given."""
    begun, space = time.perf_counter(), workspace(folder / "corpus", folder / "index")
    opened, took = space.opened, f"opened in {time.perf_counter() - begun:.1f} s"
    collection, begun = opened.collection, time.perf_counter()
    if uri:
        server = Collections(connect(uri), f"growth_{folder.name}")
        collection = server.attached(collection, {"engine": server.fill(collection.vectors, collection.words)})
        vars(space)["opened"] = replace(opened, collection=collection)
        took += f", copied in {time.perf_counter() - begun:.0f} s"
    questions = [row["question"] for row in labelled_rows("questions/calibration.jsonl")][:ASKED]
    space.ask(questions[0])
    took += f", search {told(space.search, questions)}, question {told(space.ask, questions)}"
    every, own = re.findall(r"(?:VmRSS|RssAnon):\s+(\d+)", Path(f"/proc/{pid}/status").read_text("ascii"))
    vectors = [space.engine.query(question).vector for question in questions]
    took += f"; by vectors {told(lambda vector: collection.searched[0].search(vector, NEAREST), vectors)}"
    nearest = np.array([np.partition(collection.vectors @ vector, -NEAREST)[-NEAREST] for vector in vectors])
    found = np.array([collection.searched[0].search(vector, NEAREST)[1] for vector in vectors])
    recall = (found >= nearest[:, None] - ROUNDING).mean()
    return f"{took}, recall {recall:.4f}; {own} kB own, {every} with mapped files"


STEPS: dict[str, Callable[..., str]] = {"build": build, "repeat": repeat, "answer": answer}


def main(folder: Path, *server: str) -> None:
    for size, (copies, times) in SIZES.items():
        built, grown = folder / f"built-{copies}", folder / size
        steps = [("build", built, copies)] * (not built.exists()) + [("repeat", grown, built, times), ("answer", grown)]
        for step in [*steps, *([("answer", grown, *server)] if server else [])]:
            subprocess.run([sys.executable, __file__, *map(str, step)], env=os.environ | ONE_THREAD, check=True)  # noqa: S603


if __name__ == "__main__":
    if sys.argv[1] in STEPS:
        figures = STEPS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
        print(f"{' '.join(sys.argv[1:3])}: {figures}; at most {most} MB", flush=True)
    else:
        main(Path(sys.argv[1]), *sys.argv[2:])
