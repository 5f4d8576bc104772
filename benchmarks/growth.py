"""Measure what an answering process holds in memory, and how long a question takes, as a collection grows.

    python benchmarks/growth.py INDEX FOLDER [--times 3 29 290] [--questions 40] [--milvus]

INDEX is a built index. FOLDER gets one in which each of its documents is there so many times, under other names and
with a little noise in its vectors: real text and real vectors, but words, and lists of what is asked, repeat. Each
index is opened in a process of its own. Memory is RssAnon, what belongs to the process alone; pages of mapped files
are the system's. Recall: how many of the nearest hundred passages, by all rows, a search finds. ``--milvus`` measures
with Milvus Lite too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b12assistant.api import Workspace
from b12assistant.config import IndexSettings, load_configuration
from b12assistant.index.arrays import from_npz
from b12assistant.index.milvus import MILVUS, search_server
from b12assistant.index.store import SCHEMA, Store, describe, generation_name, map_bytes, sealed
from b12assistant.index.vector_index import build_index
from b12assistant.protocols import LexicalIndex

Array = NDArray[Any]
Stacked = tuple[tuple[int, ...], Any, Callable[[], Iterable[Array]]]  # shape, type, parts from first to last
QUESTIONS = Path(__file__).parent / "data/questions/calibration.jsonl"
_NOISE = 0.002  # deviation added to each of 384 numbers of a row of length 1: in all 0.04
_NEAREST, _ROUNDING = 100, 1e-5
_IN_ONCE = ("piece_idf.npy", "left_out.json", "disputes.json", "disputes.npy")


def repeated(array: Array, times: int, shift: int = 0) -> Stacked:
    """Return an array ``times`` times, each time higher by ``shift``."""
    return (len(array) * times, *array.shape[1:]), array.dtype, lambda: (array + shift * n for n in range(times))


def whole(array: Array) -> Stacked:
    return array.shape, array.dtype, lambda: [array]


def running(lengths: Iterator[Array], total: int) -> Stacked:
    """Return where each of ``total`` lengths begins, and where the last ends."""
    return whole(np.cumsum([0, *np.concatenate(list(lengths))], dtype=np.int64)[: total + 1])


def write(path: Path, arrays: Mapping[str, Stacked]) -> None:
    """Write an npz file whose arrays need not fit into memory, each at a whole cache line."""
    with path.open("wb") as out, zipfile.ZipFile(out, "w") as archive:
        for name, (shape, kind, parts) in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            padding = -(out.tell() + 54 + len(member.filename)) % 64
            member.extra = b"\xff\xfe" + padding.to_bytes(2, "little") + bytes(padding)
            with archive.open(member, "w", force_zip64=True) as file:
                header = {"descr": np.dtype(kind).str, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for part in parts():
                    file.write(np.ascontiguousarray(part, kind).data)


class Grown:
    """Writes the index ``files`` so many ``times`` into ``folder``."""

    def __init__(self, files: Mapping[str, bytes | memoryview], folder: Path, times: int) -> None:
        self.files, self.folder, self.times = files, folder, times
        self.outline = from_npz(files["outline.npz"])
        self.passages, self.sentences = len(self.outline["ids"]), int(self.outline["sentences"][-1])

    def write(self) -> dict[str, object]:
        """Write all files; return what the manifest says of the vectors."""
        self._documents()
        self._tokens()
        self._asked()
        self._words()
        for file in _IN_ONCE:
            (self.folder / file).write_bytes(self.files[file])
        return self._vectors()

    def _documents(self) -> None:
        ids = [each.decode() for each in self.outline["ids"].tolist()]
        names = json.loads(self.outline["names"].tobytes())
        known = sorted((json.dumps(each, ensure_ascii=False)[:-1] for each in (*ids, *names)), key=len, reverse=True)
        parts = re.split("(" + "|".join(map(re.escape, known)) + ")", bytes(self.files["documents.jsonl"]).decode())
        lengths, all_ids, all_names = [], [], []
        with (self.folder / "documents.jsonl").open("wb") as out:
            for n in range(self.times):
                copy = parts.copy()
                copy[1::2] = [self._renamed(each, n, quote='"') for each in parts[1::2]]
                data = "".join(copy).encode()
                out.write(data)
                lengths.append(np.array([len(line) + 1 for line in data.split(b"\n")[:-1]], np.int64))
                all_ids += [self._renamed(each, n) for each in ids]
                all_names += [self._renamed(each, n) for each in names]
        keys = np.array([each.encode() for each in all_ids], "S24")
        sizes = {name: np.tile(np.diff(self.outline[name]), self.times) for name in ("firsts", "sentences")}
        stacked = {
            "lines": running(iter(lengths), len(all_names)),
            "names": whole(np.frombuffer(json.dumps(all_names).encode(), np.uint8)),
            "in_force": repeated(self.outline["in_force"], self.times),
            "firsts": running(iter([sizes["firsts"]]), len(all_names)),
            "ids": whole(keys),
            "order": whole(np.argsort(keys, kind="stable")),
            "sentences": running(iter([sizes["sentences"]]), len(keys)),
            "references": repeated(self.outline["references"], self.times),
        }
        write(self.folder / "outline.npz", stacked)

    def _renamed(self, name: str, n: int, quote: str = "") -> str:
        return name if not n else f"{quote}{n:03x}~{name.removeprefix(quote)}"

    def _tokens(self) -> None:
        context = from_npz(self.files["context_tokens.npz"])
        lengths = np.tile(np.diff(context["starts"]), self.times)
        stacked = {
            "tokens": repeated(context["tokens"], self.times),
            "pieces": repeated(context["pieces"], self.times),
            "starts": running(iter([lengths]), len(lengths)),
        }
        write(self.folder / "context_tokens.npz", stacked)

    def _asked(self) -> None:
        asked = from_npz(self.files["asked_questions.npz"])
        answered = int(np.searchsorted(asked["sentences"], self.sentences))
        vectors, places = asked["vectors"], asked["sentences"]
        none = len(places) - answered
        stacked: dict[str, Stacked] = {
            "vectors": (
                (answered * self.times + none, vectors.shape[1]),
                vectors.dtype,
                lambda: (*(vectors[:answered] for _ in range(self.times)), vectors[answered:]),
            ),
            "sentences": whole(
                np.concatenate(
                    [
                        *(places[:answered] + n * self.sentences for n in range(self.times)),
                        np.full(none, self.sentences * self.times),
                    ]
                )
            ),
            "keys": whole(np.concatenate([np.tile(asked["keys"][:-1], self.times), asked["keys"][-1:]])),
            "counts": whole(np.concatenate([np.tile(asked["counts"][:-1], self.times), asked["counts"][-1:]])),
        }
        write(self.folder / "asked_questions.npz", stacked)

    def _words(self) -> None:
        words, lexical = from_npz(self.files["words.npz"]), from_npz(self.files["lexical.npz"])
        counts = words["counts"] * self.times
        write(self.folder / "words.npz", {**{k: whole(v) for k, v in words.items()}, "counts": whole(counts)})
        starts, sizes = lexical["starts"], np.diff(lexical["starts"])
        rows, weights = (np.empty(len(lexical["rows"]) * self.times, lexical[k].dtype) for k in ("rows", "weights"))
        places = np.arange(len(lexical["rows"])) + np.repeat(starts[:-1] * (self.times - 1), sizes)
        for n in range(self.times):
            at = places + n * np.repeat(sizes, sizes)
            rows[at], weights[at] = lexical["rows"] + n * self.passages, lexical["weights"]
        grown = {**lexical, "starts": starts * self.times, "rows": rows, "weights": weights}
        write(self.folder / "lexical.npz", {name: whole(array) for name, array in grown.items()})

    def _vectors(self) -> dict[str, object]:
        rows = from_npz(self.files["vectors.npz"])["rows"]
        random, grown = np.random.default_rng(1), np.empty((len(rows) * self.times, rows.shape[1]), np.float32)
        for n in range(self.times):
            part = rows + (n > 0) * _NOISE * random.standard_normal(rows.shape, np.float32)
            grown[n * len(rows) : (n + 1) * len(rows)] = part / np.linalg.norm(part, axis=1, keepdims=True)
        index = build_index(grown)
        for file, data in index.to_files().items():
            (self.folder / file).write_bytes(data)
        return dict(index.facts)


def make(base: Path, root: Path, times: int) -> None:
    """Make ``root`` an index in which every document of ``base`` is ``times`` times."""
    generation = Store(base).open()
    draft = root / "generations/draft"
    shutil.rmtree(root, ignore_errors=True)
    draft.mkdir(parents=True)
    vectors = Grown(generation.files, draft, times).write()
    files = {path.name: describe(map_bytes(path, path.stat().st_size) or b"") for path in sorted(draft.iterdir())}
    kept = ("generation", "counter", "seal", "schema", "files", "vectors")
    facts = {key: value for key, value in generation.manifest.items() if key not in kept}
    content = {"schema": SCHEMA, **facts, "vectors": vectors, "files": files}
    name = generation_name(content)
    (draft / "manifest.json").write_bytes(sealed(content, counter=1))
    draft.rename(root / "generations" / name)
    (root / "CURRENT").write_text(f"{name}\n")


def memory() -> str:
    """Return the process's own memory, and pages of files, in MB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
    own, files = (int(status[key].split()[0]) >> 10 for key in ("RssAnon", "RssFile"))
    return f"{own} MB own, {files} MB of files"


def with_milvus(space: Workspace, root: Path) -> Workspace:
    """Copy the index to Milvus Lite, and return the workspace that searches there."""
    server, begun = search_server(IndexSettings(engine=MILVUS), root), time.perf_counter()
    facts = server.copy(space.opened.collection)
    server.switch(facts["engine"])
    sys.stdout.write(f"copied to Milvus Lite in {time.perf_counter() - begun:.0f} s\n")
    return space.with_collection(server.attached(space.opened.collection, facts))


def recall(space: Workspace, questions: Sequence[str], local: LexicalIndex) -> str:
    """Return the mean shares of the nearest ``_NEAREST`` rows, by meaning and by words, that a search finds."""
    collection = space.opened.collection
    near, worded = [], []
    for question in questions:
        vector = space.engine.query(question).vector
        exact = np.sort(collection.matrix @ vector)[-_NEAREST:]
        found = collection.vectors.search(vector, _NEAREST)[1]
        near.append(float((found >= exact[0] - _ROUNDING).sum()) / len(exact))
        best, scores = (each.search(question, _NEAREST)[1] for each in (local, collection.lexical))
        worded.append(float((scores >= best[-1] - _ROUNDING).sum()) / len(best) if len(best) else 1.0)
    return f"recall@{_NEAREST} {np.mean(near):.4f} (worst {min(near):.2f}), by words {np.mean(worded):.4f}"


def measure(root: Path, corpus: Path, count: int, *, milvus: bool) -> None:
    flags = {"paths.corpus": str(corpus), "paths.index": str(root)}
    space = Workspace(load_configuration(environment={}, flags=flags))
    begun, used = time.perf_counter(), time.process_time()
    passages = len(space.opened.collection.passages)
    took = f"{time.perf_counter() - begun:.1f} s, {time.process_time() - used:.1f} of the processor"
    sys.stdout.write(f"{passages} passages: opened in {took}; {memory()}\n")
    local = space.opened.collection.lexical
    if milvus:
        space = with_milvus(space, root)
    space.ask("Can low B12 damage nerves?")
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()[:count]]
    spent, waited = [], []
    for question in questions:
        begin, begun = time.process_time(), time.perf_counter()
        space.ask(question)
        spent.append(1000 * (time.process_time() - begin))
        waited.append(1000 * (time.perf_counter() - begun))
    (p50, p95), (wall50, wall95) = (np.percentile(each, [50, 95]) for each in (spent, waited))
    sys.stdout.write(
        f"{len(spent)} questions: p50 {p50:.0f} ms, p95 {p95:.0f} of the processor, {wall50:.0f} and {wall95:.0f} "
        f"by the clock; {memory()}; load {os.getloadavg()[0]:.0f}\n{recall(space, questions, local)}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, nargs="+", default=[3, 29, 290])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--milvus", action="store_true", help="measure with Milvus Lite too")
    parser.add_argument("--measure", action="store_true", help="FOLDER is an index that was made")
    given = parser.parse_args()
    if given.measure:
        measure(given.folder, given.corpus, given.questions, milvus=given.milvus)
        return
    for times in given.times:
        root = given.folder / str(times)
        make(given.index, root, times)
        command = [sys.executable, __file__, str(given.index), str(root), "--measure"]
        command += ["--questions", str(given.questions), "--corpus", str(given.corpus)]
        for engine in ([], ["--milvus"])[: 1 + given.milvus]:
            subprocess.run([*command, *engine], check=True)  # noqa: S603 - this script, in this interpreter


if __name__ == "__main__":
    main()
