"""Measure what a changed file costs, and what no change costs, without encoding: the encoder is a stand-in.

    python benchmarks/ingest.py DATASETS [--files 2000 5000]

DATASETS holds the public test collections; scifact's abstracts are the files, more than 5,183 of them again with other
titles. Each run is a process of its own: all files new, none changed, one changed. Prints processor seconds, also of
the reader's process, and the most memory of its own (RssAnon; pages of mapped files are the system's).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.index.token_store import Projection
from b12assistant.protocols import Encoded

_PIECE = re.compile(r"\w{1,4}")
_TABLE = np.random.default_rng(1).standard_normal((4096, 384)).astype(np.float32)
_TABLE /= np.linalg.norm(_TABLE, axis=1, keepdims=True)
_KEPT = 192  # directions of a token vector, as of the pinned model


class StandIn:
    """An encoder with about as many tokens as the pinned model, whose vectors are looked up."""

    name, digest, dimension, limit, tokenizer = "stand-in", "0" * 64, 384, 254, None

    @property
    def runtime(self) -> dict[str, str]:
        return {"encoder": "stand-in"}

    def count(self, text: str) -> int:
        return len(_PIECE.findall(text))

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        for text in texts:
            found = list(_PIECE.finditer(text))
            pieces = np.array([1 + zlib.crc32(each[0].encode()) % 4095 for each in found], np.int32)
            total = _TABLE[pieces].sum(axis=0) if found else _TABLE[0]
            offsets = np.array([each.span() for each in found], np.int32).reshape(-1, 2)
            yield Encoded(total / np.linalg.norm(total), _TABLE[pieces], offsets, pieces)


class Space(Workspace):
    """A workspace with the stand-in."""

    @cached_property
    def encoder(self) -> StandIn:
        return StandIn()

    @cached_property
    def projection(self) -> Projection:
        return Projection(np.eye(384, _KEPT, dtype=np.float32), np.empty(0, np.float32))


def index(corpus: Path, folder: Path) -> None:
    """Index once, and print a line."""
    flags = {"paths.corpus": str(corpus), "paths.index": str(folder)}
    space = Space(load_configuration(environment={}, flags=flags))
    before = time.process_time()
    with most_memory() as peak:
        report = space.index()
    own, reader = time.process_time() - before, resource.getrusage(resource.RUSAGE_CHILDREN)
    read = reader.ru_utime + reader.ru_stime
    passages = sum(each.passages for each in report.files)
    told = "none changed" if report.unchanged else f"{sum(each.embedded for each in report.files)} embedded"
    sys.stdout.write(
        f"{len(report.files)} files, {passages} passages, {told}: {own:.2f} s, reader {read:.2f} s, "
        f"{peak[0]} MB, load {os.getloadavg()[0]:.0f}\n"
    )


@contextmanager
def most_memory() -> Iterator[list[int]]:
    """Yield a list whose only item becomes the most memory of the process itself, in MB, measured every .1 s."""
    most, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.1):
            status = Path("/proc/self/status").read_text("ascii")
            most[0] = max(most[0], int(status.partition("RssAnon:")[2].split()[0]) >> 10)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        is_over.set()
        watcher.join()


def write(datasets: Path, files: int, corpus: Path) -> None:
    with gzip.open(datasets / "scifact" / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for number in range(files):
        copy, place = divmod(number, len(rows))
        title, text = (rows[place][key] for key in ("title", "text"))
        words = f"# {title}{f' ({copy})' * bool(copy)}\n\n{text}\n"
        (corpus / f"{number:05}.md").write_text(words, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path)
    parser.add_argument("--files", type=int, nargs="+", default=[2_000, 5_000])
    parser.add_argument("--run", type=Path, nargs=2, metavar=("CORPUS", "INDEX"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        index(*given.run)
        return
    for files in given.files:
        with tempfile.TemporaryDirectory() as folder:
            corpus, made = Path(folder, "corpus"), Path(folder, "index")
            corpus.mkdir()
            write(given.datasets, files, corpus)
            command = [sys.executable, __file__, str(given.datasets), "--run", str(corpus), str(made)]
            for changed in (False, False, True):
                if changed:
                    path = corpus / "00100.md"
                    path.write_text(path.read_text("utf-8") + "\nIt was measured again.\n", "utf-8")
                subprocess.run(command, check=True)  # noqa: S603 - this script, in this interpreter


if __name__ == "__main__":
    main()
