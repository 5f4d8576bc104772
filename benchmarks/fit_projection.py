"""Fit what late interaction needs to know of language at large, from public text: `make weights OF=projection`.

    python benchmarks/fit_projection.py DATASETS [--out FILE]

``DATASETS`` holds the folders `scifact` (CC BY 4.0 / ODC-By) and `medquad-sample` (CC BY 4.0). The result holds no
text: ``projection`` (d, p), the leading directions of the token vectors (second moments, not centred: inner products
are what must survive), ``piece_idf`` (vocabulary,), and ``encoder``, the weights' digest. It is fitted on the encoder
as it was published and used with the tuned one too. Prints how much it differs from the file that ships. After a new
one, raise METHOD (`index/collection.py`). 129 processor seconds.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
from refusal_data import rows

from b12assistant.index.encoding import load_encoder
from b12assistant.index.vectors import load_projection
from b12assistant.language.words import open_tokenizer, split_sentences
from b12assistant.protocols import Encoder

OUT = Path(__file__).parent.parent / "src/b12assistant/data/late_interaction/all-MiniLM-L6-v2.npz"
FOLDERS = ("scifact", "medquad-sample")
DOCUMENTS = 1200  # of each folder, for the projection
LONGEST = 800  # characters of a document, for the projection
DIMENSIONS = 192
SEED = 20_261_120


def idf_of(texts: list[str], encoder: Encoder) -> np.ndarray:
    """Return the idf of each word piece over the sentences of all texts, (vocabulary,)."""
    if encoder.tokenizer is None:
        raise SystemExit(f"{encoder.name} has no tokenizer of its own")
    tokenizer = open_tokenizer(encoder.tokenizer)
    frequency, sentences = np.zeros(tokenizer.get_vocab_size(), np.int64), 0
    for text in texts:
        split = [text[sentence.start : sentence.end] for sentence in split_sentences(text)]
        for read in tokenizer.encode_batch(split, add_special_tokens=False):
            frequency[np.unique(np.array(read.ids, np.int64))] += 1
        sentences += len(split)
    print(f"{sentences} sentences")
    return np.log((sentences + 1) / (frequency + 0.5))


def directions_of(samples: list[list[str]], encoder: Encoder, shipped: np.ndarray | None) -> np.ndarray:
    """Return the directions that keep most of the token vectors, (d, p), and print how much; ``shipped`` too."""
    moments = np.zeros((encoder.dimension, encoder.dimension))
    for sample in samples:
        starts = [text[:LONGEST].rsplit(" ", 1)[0] for text in sample]
        for encoded in encoder.encode([text for text in starts if encoder.count(text) <= encoder.limit]):
            tokens = encoded.tokens.astype(np.float64)
            moments += tokens.T @ tokens
    values, vectors = np.linalg.eigh(moments)
    order = np.argsort(values)[::-1][:DIMENSIONS]
    kept = values[order].sum() / values.sum()
    print(f"{DIMENSIONS} of {encoder.dimension} directions keep {kept:.4f} of the second moment")
    if shipped is not None:
        print(f"what ships keeps {np.trace(shipped.T @ moments @ shipped) / values.sum():.4f} of it")
    return np.asarray(vectors[:, order])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    encoder, rng = load_encoder(), random.Random(SEED)
    shipped = load_projection(encoder.name, encoder.digest)
    texts = [
        [f"{row.get('title') or ''}. {row['text']}" for row in rows(given.datasets / name / "corpus.jsonl")]
        for name in FOLDERS
    ]
    idf = idf_of([text for each in texts for text in each], encoder)
    samples = [rng.sample([text for text in each if text.strip(". ")], DOCUMENTS) for each in texts]
    directions = directions_of(samples, encoder, shipped.matrix)
    if shipped.matrix is not None:
        shared = np.linalg.norm(shipped.matrix.T @ directions) ** 2 / DIMENSIONS
        apart = np.abs(idf - shipped.piece_idf).max()
        print(f"beside what ships: {shared:.4f} of the space is shared, idf of word pieces {apart:.4f} apart at most")
    np.savez_compressed(
        given.out,
        projection=directions.astype(np.float16),
        piece_idf=idf.astype(np.float16),
        encoder=np.array(encoder.digest),
    )


if __name__ == "__main__":
    main()
