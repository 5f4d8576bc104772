"""The encoder in bfloat16 with OpenVINO: only for indexing, and only if an operator asks for it (decision 17).

It encodes twice as many passages a second as single precision. Questions are always encoded in single precision.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import EncoderError
from b12assistant.index.onnx_encoder import TINY, Floats, OnnxEncoder
from b12assistant.index.weights import SAFETENSORS, OnnxGraph, Weights
from b12assistant.threads import once

_HINT = "set `encoder.bulk` to fp32"


def bf16_encoder(weights: Weights, graph: OnnxGraph, *, threads: int) -> Bf16Encoder:
    """Return the encoder in bfloat16. Raises ``EncoderError`` if the library is missing."""
    if find_spec("openvino") is None:
        raise EncoderError("bfloat16 needs OpenVINO", hint=f"install b12assistant[openvino], or {_HINT}")
    return Bf16Encoder(weights, graph, threads=threads)


class Bf16Encoder(OnnxEncoder):
    """An ``Encoder`` of the same graph. Raises ``EncoderError`` at first use if the processor cannot do it."""

    @property
    def runtime(self) -> Mapping[str, str]:
        versions = {name: value for name, value in super().runtime.items() if name != "onnxruntime"}
        return {**versions, "encoder": "openvino", "openvino": version("openvino"), "precision": "bfloat16"}

    @once
    def _session(self) -> Any:
        import openvino

        core = openvino.Core()
        if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise EncoderError("this processor does not compute in bfloat16", hint=_HINT)
        options = {"NUM_STREAMS": self._threads, "INFERENCE_NUM_THREADS": self._threads}
        model = core.read_model(self._with_weights())
        session = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "bf16", **options})
        self._result(session, TINY)
        return session

    @staticmethod
    def _result(session: Any, inputs: Mapping[str, NDArray[np.int64]]) -> tuple[Floats, Floats]:
        own = {port.any_name: inputs[port.any_name] for port in session.inputs}
        out = session.create_infer_request().infer(own)
        return np.array(out["vector"], np.float32), np.array(out["tokens"], np.float32)

    def _with_weights(self) -> io.BytesIO:
        """Put the weights into the graph, since OpenVINO looks for them only in the graph's own folder."""
        import onnx

        data = (self._folder / SAFETENSORS).read_bytes()
        tuned = {self._graph.weights[name]: weight for name, weight in self._tuned().items()}
        model = onnx.load_from_string(self._graph.data)
        for tensor in model.graph.initializer:
            place = {entry.key: entry.value for entry in tensor.external_data}
            if place:
                first = int(place["offset"])
                whole = data[first : first + int(place["length"])]
                tensor.raw_data = tuned[tensor.name].tobytes() if tensor.name in tuned else whole
                tensor.data_location = onnx.TensorProto.DEFAULT
                tensor.ClearField("external_data")
        return io.BytesIO(model.SerializeToString())
