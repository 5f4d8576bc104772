"""What an index in bfloat16 keeps of one in single precision, on the texts of test collections.

    python benchmarks/reduced_precision.py COLLECTION [COLLECTION ...] [--passages 2000]

Questions are read in single precision, as they always are. Prints for each collection the least cosine of a passage's
two vectors, and of the ten passages that come first by the one how many do by the other: by vectors, and by late
interaction over the fifty that the vectors propose; and passages a second of processor time. Run `b12assistant index`
before: it makes the form of the encoder that both stand on.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from b12assistant.application.encoders import indexing_encoder, open_encoder
from b12assistant.evaluation.datasets import load_dataset
from b12assistant.protocols import Encoder
from b12assistant.settings import EncoderSettings

KEPT, PROPOSED, QUESTIONS = 10, 50, 200
Floats = NDArray[np.float32]


class Encoded(NamedTuple):
    vectors: Floats
    tokens: list[NDArray[np.float16]]
    seconds: float  # of the processor


def encoded(texts: Sequence[str], encoder: Encoder) -> Encoded:
    list(encoder.encode(texts[:1]))  # loads it
    began = time.process_time()
    found = [(each.vector, each.tokens.astype(np.float16)) for each in encoder.encode(texts)]
    return Encoded(np.stack([each[0] for each in found]), [each[1] for each in found], time.process_time() - began)


def read_whole(text: str, encoder: Encoder) -> str:
    """The beginning of a text, as far as the encoder reads."""
    while encoder.count(text) > encoder.limit:
        text = text[: len(text) * 3 // 4]
    return text


def first(scores: Floats) -> set[int]:
    return set(np.argsort(-scores, kind="stable")[:KEPT].tolist())


def shares_kept(questions: Encoded, one: Encoded, other: Encoded) -> tuple[float, float]:
    by_vectors, by_tokens = [], []
    for vector, tokens in zip(questions.vectors, questions.tokens, strict=True):
        ranked = []
        for index in (one, other):
            cosines = index.vectors @ vector
            late = np.full(len(cosines), -np.inf, np.float32)
            for row in np.argsort(-cosines, kind="stable")[:PROPOSED]:
                sims = tokens.astype(np.float32) @ index.tokens[row].astype(np.float32).T
                late[row] = sims.max(axis=1).sum()
            ranked.append((first(cosines), first(late)))
        by_vectors.append(len(ranked[0][0] & ranked[1][0]) / KEPT)
        by_tokens.append(len(ranked[0][1] & ranked[1][1]) / KEPT)
    return float(np.mean(by_vectors)), float(np.mean(by_tokens))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="+", type=Path, metavar="COLLECTION")
    parser.add_argument("--passages", default=2000, type=int)
    given = parser.parse_args()
    single = open_encoder(EncoderSettings(runtime="onnx", threads=1))
    half = indexing_encoder(EncoderSettings(runtime="onnx", threads=1, bulk="bf16"), single)
    print(f"load {os.getloadavg()[0]:.1f}; fp32 {dict(single.runtime)}; bf16 {dict(half.runtime)}")
    for folder in given.collections:
        dataset = load_dataset(folder)
        texts = [read_whole(each.text, single) for each in dataset.texts[: given.passages]]
        asked = [read_whole(each, single) for each in list(dataset.queries.values())[:QUESTIONS]]
        one, other = encoded(texts, single), encoded(texts, half)
        vectors, tokens = shares_kept(encoded(asked, single), one, other)
        cosine = float((one.vectors * other.vectors).sum(axis=1).min())
        rates = " and ".join(f"{len(texts) / each.seconds:.1f}" for each in (one, other))
        print(
            f"{folder.name}: {len(texts)} passages, {len(asked)} questions; least cosine {cosine:.5f}; "
            f"of the first ten {vectors:.4f} kept by vectors, {tokens:.4f} by late interaction; {rates} passages/s"
        )


if __name__ == "__main__":
    main()
