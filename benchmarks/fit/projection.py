"""Fit what late interaction needs to know of language at large, from public text.

The collections are `scifact` (CC BY 4.0 / ODC-By) and `medquad-sample` (CC BY 4.0). The result holds no text:
``projection`` (d, p), the leading directions of the token vectors (second moments, not centred: inner products are what
must survive), ``piece_idf`` (vocabulary,), and ``encoder``, the weights' digest. It is fitted on the encoder as it was
published and used with the tuned one too. After a new one, raise METHOD (`index/collection.py`).
"""

import random
from collections.abc import Sequence

import numpy as np

from b12assistant.index.encoding import load_encoder
from b12assistant.language.words import open_tokenizer, split_sentences
from b12assistant.protocols import Encoder
from fit.data import SEED, Given, rows, write

FOLDERS = ("scifact", "medquad-sample")
DOCUMENTS = 1200  # of each folder, for the projection
LONGEST = 800  # characters of a document, for the projection
DIMENSIONS = 192


def idf_of(texts: Sequence[str], encoder: Encoder) -> np.ndarray:
    """Return the idf of each word piece over the sentences of all texts, (vocabulary,)."""
    assert encoder.tokenizer  # noqa: S101 - the pinned encoder has one
    tokenizer = open_tokenizer(encoder.tokenizer)
    frequency, sentences = np.zeros(tokenizer.get_vocab_size(), np.int64), 0
    for text in texts:
        split = [text[sentence.start : sentence.end] for sentence in split_sentences(text)]
        for read in tokenizer.encode_batch(split, add_special_tokens=False):
            frequency[np.unique(np.array(read.ids, np.int64))] += 1
        sentences += len(split)
    return np.asarray(np.log((sentences + 1) / (frequency + 0.5)))


def directions_of(samples: Sequence[Sequence[str]], encoder: Encoder) -> np.ndarray:
    """Return the directions that keep most of the token vectors, (d, p)."""
    moments = np.zeros((encoder.dimension, encoder.dimension))
    for sample in samples:
        starts = [text[:LONGEST].rsplit(" ", 1)[0] for text in sample]
        for encoded in encoder.encode([text for text in starts if encoder.count(text) <= encoder.limit]):
            tokens = encoded.tokens.astype(np.float64)
            moments += tokens.T @ tokens
    return np.asarray(np.linalg.eigh(moments)[1][:, ::-1][:, :DIMENSIONS])  # the largest last


def fit(given: Given) -> None:
    encoder, rng = load_encoder(), random.Random(SEED)
    texts = [
        [f"{row.get('title') or ''}. {row['text']}" for row in rows(given.datasets / name / "corpus.jsonl")]
        for name in FOLDERS
    ]
    idf = idf_of([text for each in texts for text in each], encoder)
    samples = [rng.sample([text for text in each if text.strip(". ")], DOCUMENTS) for each in texts]
    write(
        "data/late_interaction/all-MiniLM-L6-v2.npz",
        projection=directions_of(samples, encoder).astype(np.float16),
        piece_idf=idf.astype(np.float16),
        encoder=np.array(encoder.digest),
    )
