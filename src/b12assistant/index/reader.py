"""Read a question and a sentence together, and score how well the sentence answers it.

The encoder reads each alone, so every sentence on the subject is near. The reader is a few of its layers, trained
further on graded quotes (`benchmarks/fit/reader.py`) and stored as eight-bit integers. It reads only the quotes that
are shown, to decide which are strong (docs/decisions/05-quoting.md).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from b12assistant.errors import EncoderError
from b12assistant.index.onnx_encoder import OPENING, TINY, WORDS, open_session
from b12assistant.language.words import levelled, open_tokenizer
from b12assistant.protocols import Encoder
from b12assistant.threads import NATIVE_CALLS, cached, once

FOLDER = "data/reader"
_HINT = "reinstall b12assistant"
LONGEST = 96  # word pieces of a question, and of a sentence, each with its [SEP]; of a longer question the last count
_KEPT = 256  # scores that are cached
EXTREMES = -4.0, 6.0  # of a score: those of 1,817 quotes for questions and letters were between -2.9 and 4.2


@dataclass(frozen=True)
class JointReader:
    """``graph``: sha256 of the ONNX file, which is read at first use. Many threads may share it.

    ``tokenizer``: the encoder's, with the word vectors in its folder.
    """

    graph: str
    tokenizer: Path

    @cached(_KEPT)
    def score(self, question: str, text: str) -> float:
        """Return a logit, above 0 if the text more likely answers the question than not.

        Cached: an earlier answer is computed again for the next turn.
        """
        with NATIVE_CALLS:
            asked, read = (each.ids for each in open_tokenizer(self.tokenizer).encode_batch([question, levelled(text)]))
            # One [CLS], and a [SEP] after each.
            first, second = [asked[0], *asked[1:][-LONGEST:]], [*read[1:-1][: LONGEST - 1], read[-1]]
            ids = np.array([[*first, *second]], np.int64)
            kinds = np.array([[0] * len(first) + [1] * len(second)], np.int64)
            inputs = dict(zip(TINY, (ids, np.ones_like(ids), kinds), strict=True))
            (found,) = self._session.run(["score"], inputs)
        return float(found[0])

    @once
    def _session(self) -> Any:
        try:
            graph = resources.files("b12assistant").joinpath(FOLDER, "reader.onnx").read_bytes()
        except OSError as error:
            raise EncoderError("the reader cannot be read", hint=_HINT) from error
        if hashlib.sha256(graph).hexdigest() != self.graph:
            raise EncoderError("the reader differs from its digest", hint=_HINT)
        with OPENING:
            session = open_session(graph, self.tokenizer.parent, f"model.{WORDS}")
            session.run(["score"], TINY)
        return session


def open_reader(encoder: Encoder) -> JointReader | None:
    """Return the reader that ships for these weights; ``None`` for others, whose word vectors it does not know.

    Raises ``EncoderError`` if its facts cannot be read; `JointReader.score` raises it if the graph is damaged.
    """
    try:
        facts = json.loads(resources.files("b12assistant").joinpath(FOLDER, "reader.json").read_bytes())
        if encoder.tokenizer is None or facts["encoder"] != encoder.digest:
            return None
        return JointReader(str(facts["sha256"]), encoder.tokenizer)
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError("the reader cannot be read", hint=_HINT) from error
