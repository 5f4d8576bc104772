"""A cross-encoder through sentence-transformers, offline: it reads a question and a passage together, and is off unless
one is configured (`docs/decisions/0007-ranking.md`).

What it is given must be a classifier of one score that was trained as one: the library would put a random head on any
other model and call it a ranking.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.errors import EncoderError
from b12assistant.protocols import CrossEncoder
from b12assistant.types import Hit

if TYPE_CHECKING:
    import sentence_transformers
    from numpy.typing import NDArray

_BATCH = 32
_HEAD = "ForSequenceClassification"
_HINT = "give `retrieval.cross_encoder` the folder of one, or leave it empty"


class PairClassifier:
    """A sentence-transformers model as a ``CrossEncoder`` for many threads; `load_cross_encoder` makes one."""

    def __init__(self, model: sentence_transformers.CrossEncoder) -> None:
        self._model = model
        self._turn = threading.Lock()  # two calls would share the tokenizer's padding

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """A pair over the model's limit is cut, the longer text first. Batches are made of ``texts`` alone and one
        thread reads them, so the same call always gives the same bits."""
        import torch

        if not texts:
            return np.empty(0, np.float32)
        with self._turn:
            torch.set_num_threads(1)
            scores = self._model.predict(
                [(question, text) for text in texts],
                batch_size=_BATCH,
                show_progress_bar=False,
                activation_fn=torch.nn.Identity(),  # a sigmoid keeps the order, but for what it rounds to 1
            )
        return np.asarray(scores, dtype=np.float32)


def load_cross_encoder(name: str) -> PairClassifier | None:
    """The model in a folder or under a hub name, on the CPU; ``None`` for no name.

    Raises ``EncoderError`` if it is missing, broken, or no cross-encoder.
    """
    if not name:
        return None
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers import AutoConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # what it reports of a model's weights is an error below
    try:
        config = AutoConfig.from_pretrained(name)
        architecture = (config.architectures or [""])[0]
        if not architecture.endswith(_HEAD):
            raise _no_cross_encoder(name, f"it is {architecture or 'of no known kind'}, not a …{_HEAD}")
        if config.num_labels != 1:
            raise _no_cross_encoder(name, f"it gives a pair {config.num_labels} scores, not one")
        model = CrossEncoder(name, device="cpu", model_kwargs={"use_safetensors": True})  # a pickle can run code
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise EncoderError(f"the cross-encoder {name!r} cannot be loaded ({reason})", hint=_HINT) from error
    if len(model.tokenizer) <= len(model.tokenizer.all_special_tokens):
        raise _no_cross_encoder(name, "its tokenizer knows no word")
    return PairClassifier(model)


def reordered(question: str, hits: Sequence[Hit], model: CrossEncoder, most: int) -> tuple[Hit, ...]:
    """The first ``most`` hits in the model's order, the others behind them as they were.

    A hit's score is that of its place, so that scores still fall; what the model scores alike keeps its order.
    """
    best = hits[:most]
    scores = model.score(question, [" ".join(span.text for span in hit.passage.sentences) for hit in best])
    order = np.argsort(-scores, kind="stable").tolist()
    placed = (replace(place, passage=best[i].passage) for place, i in zip(best, order, strict=True))
    return (*placed, *hits[most:])


def _no_cross_encoder(name: str, why: str) -> EncoderError:
    return EncoderError(f"{name!r} is no cross-encoder ({why})", hint=_HINT)
