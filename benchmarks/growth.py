"""Measure memory, time and recall as a collection grows: `python benchmarks/growth.py FOLDER [URI [PID]]`.

URI: of a Milvus server that searches too; PID: of its process, for its memory. Each step is a process of its own.
Recall: of the 100 passages nearest to a question, how many the search by vectors finds.

Not real: each document of corpus/, without what its curators wrote, is there many times under other names. So texts,
words and token vectors repeat; seeded noise is added to the vectors of passages. Up to 50,000 passages the product
builds the index. No encoder runs, since it knows the texts: encoding takes a minute of one core for 1,000 passages. The
index of 500,000 is that of 50,000 ten times. A server before 2.4 gets vectors only; words are searched in the process.
"""

import json
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
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from speed import ONE_THREAD, product, timed

from b12assistant.config import IndexSettings
from b12assistant.corpus.folder import corpus_files
from b12assistant.index.asked_questions import NOTHING_ASKED
from b12assistant.index.collection import CONTEXT, Collection, Opened, read_parts
from b12assistant.index.documents import DOCUMENTS, entries_from_bytes
from b12assistant.index.lexical_index import index_words
from b12assistant.index.milvus import MILVUS, Server, search_server
from b12assistant.index.store import Store, map_bytes

ROOT = Path(__file__).parent.parent
SIZES = {"5000": (3, 1), "50000": (30, 1), "500000": (30, 10)}  # copies of a document, and of the index of these
NOISE = 0.002  # deviation added to each of 384 numbers of a row of length 1: in all 0.04
ASKED, NEAREST, ROUNDING = 40, 100, 1e-5
BESIDE = ("generation", "counter", "seal", "schema", "files", "asked")  # of a manifest


def build(folder: Path, copies: str) -> str:
    """Index so many copies of the documents; `index/` has their vectors."""
    shutil.copytree(ROOT / "index", folder / "index")
    for name in corpus_files(ROOT / "corpus"):
        for place in (folder / "corpus" / str(number) / name for number in range(int(copies))):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / "corpus" / name, place)
    begun, report = time.perf_counter(), product(folder).index()
    return f"{sum(each.passages for each in report.files)} passages in {time.perf_counter() - begun:.0f} s"


def repeat(folder: Path, built: str, times: str) -> str:
    """Publish the index of ``built`` so many times, with noise in each vector. Token vectors may exceed memory."""
    generation, many = Store(Path(built) / "index").open(), int(times)
    given = read_parts(generation).collection
    lines = (re.sub(rb'"(document|id)": "', rb"\g<0>%d/" % n, bytes(generation.files[DOCUMENTS])) for n in range(many))
    entries = entries_from_bytes(b"".join(lines))
    rows = np.tile(given.matrix, (many, 1))
    rows += NOISE * np.random.default_rng(1).standard_normal(rows.shape, np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    words = index_words([passage for entry in entries for passage in entry.passages])
    held = replace(given, matrix=rows, lexical=words, asked=NOTHING_ASKED, context=given.context.part(0, 0))
    facts = {name: fact for name, fact in generation.manifest.items() if name not in BESIDE}
    size, path = given.context.tokens.shape, folder / CONTEXT
    with Store(folder / "index").writing():
        tokens = np.memmap(folder / "tokens", np.int8, "w+", shape=(many, *size))
        tokens[:] = given.context.tokens
        starts = np.concatenate([[0], *(given.context.starts[1:] + n * size[0] for n in range(many))])
        arrays = {
            "starts": starts,
            "pieces": np.tile(given.context.pieces, many),
            "tokens": tokens.reshape(-1, size[1]),
        }
        save_file(arrays, path)
        files = {**Opened(held, entries, (), {}).to_files(), CONTEXT: map_bytes(path, path.stat().st_size) or b""}
        Store(folder / "index").publish(files, facts)
    for each in (folder / "tokens", path):
        each.unlink()
    return f"{sum(map(len, files.values())) / 1e6:.0f} MB on disk"


class OldClient:
    """pymilvus' client without the last field, sparse vectors, which a server before 2.4 does not know."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def create_collection(self, name: str, schema: Any, **rest: Any) -> None:
        schema.fields.pop()
        self.client.create_collection(name, schema=schema, **rest)

    def insert(self, name: str, rows: Sequence[dict[str, Any]], **rest: Any) -> None:
        self.client.insert(name, [{key: row[key] for key in ("row", "vector")} for row in rows], **rest)

    def create_index(self, name: str, params: Any, **rest: Any) -> None:
        params.pop()
        self.client.create_index(name, params, **rest)


def on_server(collection: Collection, uri: str, folder: Path) -> Collection:
    """Copy a collection to a server; return it as searched there."""
    found = search_server(IndexSettings(engine=MILVUS, uri=uri, collection=f"growth_{folder.name}"), folder)
    is_old = found.server.client.get_server_version().startswith("v2.3")
    server = replace(found, server=Server(OldClient(found.server.client))) if is_old else found
    begun, facts = time.perf_counter(), server.copy(collection)
    print(f"copied to Milvus in {time.perf_counter() - begun:.0f} s", flush=True)
    attached = server.attached(collection, facts)
    return replace(attached, lexical=collection.lexical) if is_old else attached


def told(ask: Callable[[Any], object], questions: Sequence[Any]) -> str:
    """Return the median and the 95th percentile of milliseconds."""
    return "{:.1f} / {:.1f} ms".format(*np.percentile(timed(ask, questions), [50, 95]))


def answer(folder: Path, uri: str = "", pid: str = "self") -> str:
    """Open an index and ask all questions, with a server if one is given."""
    begun, space = time.perf_counter(), product(folder)
    opened, took = space.opened, f"opened in {time.perf_counter() - begun:.1f} s"
    if uri:
        vars(space)["opened"] = replace(opened, collection=on_server(opened.collection, uri, folder))
    collection = space.opened.collection
    lines = (ROOT / "benchmarks/data/questions/calibration.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines[:ASKED]]
    space.ask(questions[0])
    took += f", search {told(space.search, questions)}, question {told(space.ask, questions)}"
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    own, every = (int(re.findall(rf"{name}:\s+(\d+)", status)[0]) // 1000 for name in ("RssAnon", "VmRSS"))
    vectors = [space.engine.query(question).vector for question in questions]
    took += f"; by vectors {told(lambda vector: collection.vectors.search(vector, NEAREST), vectors)}"
    cuts = [np.partition(collection.matrix @ vector, -NEAREST)[-NEAREST] - ROUNDING for vector in vectors]
    pairs = zip(vectors, cuts, strict=True)
    recall = np.mean([collection.vectors.search(vector, NEAREST)[1] >= cut for vector, cut in pairs])
    return f"{took}, recall {recall:.4f}; {own} MB own, {every} with mapped files"


STEPS: dict[str, Callable[..., str]] = {"build": build, "repeat": repeat, "answer": answer}


def main(folder: Path, *server: str) -> None:
    for size, (copies, times) in SIZES.items():
        built, grown = folder / f"built-{copies}", folder / size
        steps = [("build", built, copies)] * (not built.exists()) + [("repeat", grown, built, times), ("answer", grown)]
        for step in [*steps, *([("answer", grown, *server)] if server else [])]:
            command = [sys.executable, __file__, *map(str, step)]
            subprocess.run(command, env=os.environ | ONE_THREAD, check=True)  # noqa: S603 - our own script


if __name__ == "__main__":
    if sys.argv[1] in STEPS:
        figures = STEPS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
        print(f"{' '.join(sys.argv[1:3])}: {figures}; at most {most} MB", flush=True)
    else:
        main(Path(sys.argv[1]), *sys.argv[2:])
