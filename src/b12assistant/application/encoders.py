"""Make the encoder that the settings ask for."""

from __future__ import annotations

import os

from b12assistant.errors import EncoderError
from b12assistant.index.bf16_encoder import Bf16Encoder
from b12assistant.index.encoding import encoder_of
from b12assistant.index.onnx_encoder import OnnxEncoder
from b12assistant.index.weights import find_weights, shipped_graph
from b12assistant.protocols import Encoder
from b12assistant.settings import EncoderSettings
from b12assistant.stages import stage
from b12assistant.threads import OneAtATime

FP32 = "fp32"


@stage("encoder")
def open_encoder(given: EncoderSettings) -> Encoder:
    """Load it on ONNX Runtime if a graph ships for the model, else on torch. Many threads may share it.

    Raises ``EncoderError`` if the weights are missing or differ, or if ONNX is asked for and no graph ships.
    """
    weights = find_weights(given.model, given.digest or None)
    return _shareable(encoder_of(weights, threads=given.threads, runtime=given.runtime))


def indexing_encoder(given: EncoderSettings, encoder: Encoder) -> Encoder:
    """``encoder``, or the one of the reduced precision that is set for indexing. Raises ``EncoderError``."""
    if given.bulk == FP32:
        return encoder
    weights = find_weights(given.model, given.digest or None)
    graph = shipped_graph(weights)
    if graph is None:
        raise EncoderError(
            f"{given.model!r} has no ONNX graph, and bfloat16 needs it", hint="set `encoder.bulk` to fp32"
        )
    return OneAtATime(Bf16Encoder(weights, graph, threads=given.threads or os.cpu_count() or 1))


def _shareable(encoder: Encoder) -> Encoder:
    """Make an encoder safe for many threads: with torch, two calls would share the tokenizer's padding."""
    return encoder if isinstance(encoder, OnnxEncoder) else OneAtATime(encoder)
