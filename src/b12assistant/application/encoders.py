"""The encoder that the settings ask for, and its ONNX form, made when there is something to index."""

from __future__ import annotations

import os

from b12assistant.errors import EncoderError
from b12assistant.index.bf16_encoder import Bf16Encoder
from b12assistant.index.encoding import TORCH, encoder_of
from b12assistant.index.onnx_encoder import RUNTIME, OnnxEncoder
from b12assistant.index.onnx_form import OnnxForm, cache_of
from b12assistant.index.weights import find_weights
from b12assistant.protocols import Encoder
from b12assistant.settings import EncoderSettings
from b12assistant.stages import stage
from b12assistant.threads import OneAtATime

FP32 = "fp32"


@stage("encoder")
def open_encoder(given: EncoderSettings) -> Encoder:
    """On ONNX Runtime where a form was made, on torch where none was, for many threads.

    Raises ``EncoderError`` if the weights are missing or differ, or if the form is asked for and there is none.
    """
    weights = find_weights(given.model, given.digest or None)
    return _shareable(encoder_of(weights, threads=given.threads, runtime=given.runtime))


def indexing_encoder(given: EncoderSettings, encoder: Encoder) -> Encoder:
    """``encoder``, or the one of the reduced precision that is set for indexing. Raises ``EncoderError``."""
    if given.bulk == FP32:
        return encoder
    weights = find_weights(given.model, given.digest or None)
    cache = cache_of(weights)
    form = cache.read() if cache else None
    if not isinstance(form, OnnxForm):
        raise EncoderError(
            f"{given.model!r} has no ONNX form, and bfloat16 needs it", hint="set `encoder.bulk` to fp32"
        )
    return OneAtATime(Bf16Encoder(weights, form, threads=given.threads or os.cpu_count() or 1))


def encoder_with_form(given: EncoderSettings, known: Encoder | None) -> Encoder:
    """``known``, or the encoder on its ONNX form, which is made where there is none yet: some seconds, once.

    A model that has none stays on torch, unless the form is asked for: then ``EncoderError`` says why there is none.
    """
    if given.runtime == TORCH or (known is not None and known.runtime["encoder"] == RUNTIME):
        return known or open_encoder(given)
    from b12assistant.index.onnx_export import ensure_form

    weights = find_weights(given.model, given.digest or None)
    facts = ensure_form(weights)
    if known is not None and (facts is None or facts.refused):
        return known
    return _shareable(encoder_of(weights, threads=given.threads, runtime=given.runtime))


def _shareable(encoder: Encoder) -> Encoder:
    """For many threads. The ONNX form is so by itself; with torch two calls would share the tokenizer's padding."""
    return encoder if isinstance(encoder, OnnxEncoder) else OneAtATime(encoder)
