"""Floating-point operations a processor second: of encoding texts, and of a plain matrix product beside it.

    python benchmarks/speed_gemm.py TEXTS

TEXTS is a JSON list. Both are done in turn, five times, on one thread; the best of each counts. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from b12assistant.application.workspace import Workspace
from b12assistant.config import load_configuration

LAYERS, WIDTH, INNER = 6, 384, 1536  # of all-MiniLM-L6-v2
TURNS = 5
MANY = 128  # texts a turn
SIDE = 1024  # of the matrices


def operations(tokens: int) -> float:
    """Multiplications and additions of one text: four projections, two of the inner layer, attention."""
    return float(LAYERS * tokens * (2 * (4 * WIDTH**2 + 2 * WIDTH * INNER) + 4 * tokens * WIDTH))


def main() -> None:
    texts = json.loads(Path(sys.argv[1]).read_text())[:MANY]
    encoder = Workspace(load_configuration(environment={}, flags={"encoder.threads": 1})).encoder
    needed = sum(operations(encoder.count(text) + 2) for text in texts)
    matrix = np.random.default_rng(1).normal(size=(SIDE, SIDE)).astype(np.float32)
    encoding, product = [], []
    for _ in range(TURNS):
        begun = time.process_time()
        list(encoder.encode(texts))
        encoding.append(needed / (time.process_time() - begun))
        begun = time.process_time()
        for _ in range(10):
            matrix @ matrix
        product.append(10 * 2 * SIDE**3 / (time.process_time() - begun))
    print(json.dumps({"encoding": max(encoding) / 1e9, "gemm": max(product) / 1e9, "runtime": dict(encoder.runtime)}))


if __name__ == "__main__":
    main()
