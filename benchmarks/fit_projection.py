"""Fit what late interaction needs to know of language at large, from public text.

    python benchmarks/fit_projection.py DATASETS OUT.npz

``DATASETS`` holds BEIR folders `scifact` (CC BY 4.0 / ODC-By) and `medquad-sample` (CC BY 4.0). The result holds no
text:
``projection`` (d, p) float16, the leading directions of the token vectors (second moments, not centred: inner
products are what must survive), ``piece_idf`` (vocabulary,) float16, and ``encoder``, the weights' digest.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from b12assistant.index.encoding import load_encoder
from b12assistant.language.sentences import split_sentences

FOLDERS = ("scifact", "medquad-sample")
DOCUMENTS = 1200  # of each folder, for the projection
DIMENSIONS = 192
SEED = 20_261_120


def documents(folder: Path) -> Iterator[str]:
    plain, packed = folder / "corpus.jsonl", folder / "corpus.jsonl.gz"
    with plain.open(encoding="utf-8") if plain.is_file() else gzip.open(packed, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield f"{row.get('title', '')}. {row['text']}"


def main(datasets: Path, out: Path) -> None:
    encoder = load_encoder()
    tokenize = encoder._tokenizer
    texts = {name: list(documents(datasets / name)) for name in FOLDERS}
    frequency = np.zeros(len(tokenize), dtype=np.int64)
    sentences = 0
    for name in FOLDERS:
        for text in texts[name]:
            for sentence in split_sentences(text):
                pieces = tokenize(text[sentence.start : sentence.end], add_special_tokens=False)["input_ids"]
                frequency[np.unique(pieces)] += 1
                sentences += 1
    piece_idf = np.log((sentences + 1) / (frequency + 0.5))
    moments = np.zeros((encoder.dimension, encoder.dimension), dtype=np.float64)
    rng = random.Random(SEED)
    for name in FOLDERS:
        sample = rng.sample([text for text in texts[name] if text.strip(". ")], DOCUMENTS)
        starts = [text[:800].rsplit(" ", 1)[0] for text in sample]
        for encoded in encoder.encode([text for text in starts if encoder.count(text) <= encoder.limit]):
            tokens = encoded.tokens.astype(np.float64)
            moments += tokens.T @ tokens
    values, vectors = np.linalg.eigh(moments)
    order = np.argsort(values)[::-1]
    kept = values[order[:DIMENSIONS]].sum() / values.sum()
    print(f"{sentences} sentences, {DIMENSIONS} of {encoder.dimension} directions keep {kept:.3f} of the second moment")
    np.savez_compressed(
        out,
        projection=vectors[:, order[:DIMENSIONS]].astype(np.float16),
        piece_idf=piece_idf.astype(np.float16),
        encoder=np.array(encoder.digest),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
