"""Write the ONNX graph of the pinned encoder. Two runs write the same bytes.

`make weights OF=graph` then compares it with sentence-transformers (tests/test_onnx.py, also nightly). The exporter is
torch's tracing one: the newer one needs three more packages, takes four times as long and renames the weights, which
the graph leaves in the model's own file and a tuned encoder replaces (docs/decisions/11-serving.md).
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from b12assistant.index.encoding import EIGHT_BITS, SentenceEncoder
from b12assistant.index.onnx_encoder import (
    GRAPHS,
    PINNED_MODEL,
    SAFETENSORS,
    TOKENIZER,
    OnnxGraph,
    file_digest,
    find_weights,
)
from fit.data import PACKAGED, Given

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_OPSET = 17
LEFT = tuple(f"encoder.layer.{n}.output.dense" for n in range(4))  # the matrices that stay in single precision
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_FILES = (SAFETENSORS, TOKENIZER, "config.json", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json")


def fit(_given: Given) -> None:
    """Make the graph, and write it with its facts."""
    graph = make_graph(SentenceEncoder(find_weights(), threads=1))
    for name, each in ((PINNED_MODEL, graph), (EIGHT_BITS, rounding(graph))):
        write_graph(each, name)
        print(f"{name}: {len(each.data)} bytes, sha256 {each.sha256}")


def write_graph(graph: OnnxGraph, name: str) -> None:
    """Write a graph and its facts into the package."""
    facts = {key: value for key, value in asdict(graph).items() if key != "data"}
    (PACKAGED / GRAPHS / f"{name}.onnx").write_bytes(graph.data)
    (PACKAGED / GRAPHS / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def make_graph(encoder: SentenceEncoder, *, eight_bits: bool = False) -> OnnxGraph:
    """Export the graph of an encoder in a folder, without the weights that are the folder's own.

    ``eight_bits``: round the matrices and what they multiply; not the word vectors.
    """
    folder = encoder.weights.place
    # Not folded: a transposed weight is no longer the one in the file.
    exported = in_eight_bits(_traced(encoder, fold=True)) if eight_bits else _traced(encoder, fold=False)
    whole, names = linked(exported, folder)
    data = simplified(whole)
    return OnnxGraph(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        limit=encoder.limit,
        dimension=encoder.dimension,
        pad=int(encoder.model.tokenizer.pad_token_id or 0),
        weights=names,
        files={name: file_digest(folder / name) for name in _FILES},
        alone=eight_bits,
        traced=hashlib.sha256(whole).hexdigest(),
    )


def changed(encoder: SentenceEncoder, changes: Mapping[str, Floats]) -> SentenceEncoder:
    """Return a copy with each of ``changes`` added to the weight of its name; the copy shares the word vectors."""
    import torch

    own: Any = encoder.model
    shared = own[0].auto_model.embeddings
    model = copy.deepcopy(own, {id(shared): shared})
    weights = dict(model[0].auto_model.named_parameters())
    with torch.no_grad():
        for name, change in changes.items():
            weights[name] += torch.from_numpy(change)
    found = SentenceEncoder(encoder.weights, threads=1)
    vars(found)["model"] = model
    return found


def _traced(encoder: SentenceEncoder, *, fold: bool) -> bytes:
    """Trace the whole model, with pooling: texts to vectors (n, d) and token vectors (n, pieces, d)."""
    import torch

    model: Any = encoder.model
    features = model.tokenizer(["One that is read.", "Another."], padding=True, return_tensors="pt")

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            out = self.model({**dict(zip(_INPUTS, given, strict=True)), "modality": "text"})
            return out["sentence_embedding"], out["token_embeddings"]

    outputs = {"vector": {0: "texts"}, "tokens": {0: "texts", 1: "pieces"}}
    return traced(Whole(), {name: features[name] for name in _INPUTS}, outputs, fold=fold)


def traced(
    module: torch.nn.Module, given: Mapping[str, torch.Tensor], outputs: Mapping[str, Mapping[int, str]], *, fold: bool
) -> bytes:
    """Trace a module over texts (n, pieces). ``outputs``: the names of their axes. ``fold``: what is constant."""
    import torch

    file: Any = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # that tracing is not the newest way, and fixes branches
        torch.onnx.export(
            module.eval(),
            tuple(given.values()),
            file,
            dynamo=False,
            input_names=list(given),
            output_names=list(outputs),
            dynamic_axes={**{name: {0: "texts", 1: "pieces"} for name in given}, **outputs},
            opset_version=_OPSET,
            do_constant_folding=fold,
        )
    return bytes(file.getvalue())


def in_eight_bits(graph: bytes) -> bytes:
    """Round the matrices of a graph, and at each run what they multiply.

    Seven bits of weights: with eight, processors without VNNI would overflow, and answer otherwise.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as place:
        plain, small = Path(place) / "plain.onnx", Path(place) / "small.onnx"
        onnx.save(onnx.load_from_string(graph), plain)
        kind = {"op_types_to_quantize": ["MatMul"], "weight_type": QuantType.QInt8}
        quantize_dynamic(plain, small, per_channel=True, reduce_range=True, **kind)
        return small.read_bytes()


def rounding(graph: OnnxGraph) -> OnnxGraph:
    """Return the graph with its matrices, and at each run what they multiply, in eight bits.

    The matrices are supplied when the graph is opened. The second feed-forward matrices of the first four layers stay
    in single precision: a few of the numbers that they multiply are so large that rounding would lose the others. So
    cosines of a question and what it is near differ by .0035, with one such matrix by .0044; and a run takes half of
    what it takes in single precision, with one two fifths.
    """
    model = onnx.load_from_string(graph.data)
    held = {tensor.name: tensor for tensor in model.graph.initializer}
    turned = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Transpose"}
    names = {own: name for name, own in graph.weights.items() if not name.startswith(LEFT)}
    nodes: list[Any] = []
    done: dict[str, str] = {}
    for node in model.graph.node:
        own = turned.get(node.input[1], "") if node.op_type == "MatMul" else ""
        if own not in names:
            nodes.append(node)
            continue
        (given, _), (made,) = node.input, node.output
        if not any(each.output[0] == f"{given}_rounded" for each in nodes):
            outputs = [f"{given}_{each}" for each in ("rounded", "step", "zero")]
            nodes.append(helper.make_node("DynamicQuantizeLinear", [given], outputs))
        product = [f"{given}_rounded", f"{own}_rounded", f"{given}_zero", f"{own}_zero"]
        nodes += [
            helper.make_node("MatMulInteger", product, [f"{made}_whole"]),
            helper.make_node("Cast", [f"{made}_whole"], [f"{made}_number"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Mul", [f"{given}_step", f"{own}_steps"], [f"{made}_step"]),
            helper.make_node("Mul", [f"{made}_number", f"{made}_step"], [made]),
        ]
        rows, columns = held.pop(own).dims
        held |= {each.name: each for each in _given(own, rows, columns)}
        done[names[own]] = own
    nodes = [node for node in nodes if node.op_type != "Transpose" or node.input[0] not in done.values()]
    for field, values in ((model.graph.node, nodes), (model.graph.initializer, held.values())):
        del field[:]
        field.extend(values)
    data = bytes(model.SerializeToString(deterministic=True))
    return replace(graph, data=data, sha256=hashlib.sha256(data).hexdigest(), alone=True, traced="", rounded=done)


def _given(name: str, rows: int, columns: int) -> Iterator[Any]:
    """Yield the tensors of a matrix (out, in) in eight bits; two are given when the graph is opened."""
    kinds = (("rounded", [columns, rows], onnx.TensorProto.INT8), ("steps", [rows], onnx.TensorProto.FLOAT))
    for what, sizes, kind in kinds:
        tensor = onnx.TensorProto(name=f"{name}_{what}", dims=sizes, data_type=kind)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=SAFETENSORS)  # ignored: the values are supplied on opening
        yield tensor
    yield numpy_helper.from_array(np.zeros(rows, np.int8), f"{name}_zero")


def linked(graph: bytes, folder: Path) -> tuple[bytes, dict[str, str]]:
    """Replace each weight that is in the model's file by its place there. Returns the graph and the weights' names."""
    data = (folder / SAFETENSORS).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")  # of the tensors, after a table of their places
    places = {
        name: (start + told["data_offsets"][0], start + told["data_offsets"][1])
        for name, told in json.loads(data[8:start]).items()
        if name != "__metadata__" and told["dtype"] == "F32"
    }
    model, names = onnx.load_from_string(graph), {}
    for tensor in model.graph.initializer:
        for name, (first, last) in places.items():
            if tensor.name.endswith(f".{name}") and tensor.raw_data == data[first:last]:
                names[name] = tensor.name
                tensor.ClearField("raw_data")
                tensor.data_location = onnx.TensorProto.EXTERNAL
                for key, value in (("location", SAFETENSORS), ("offset", first), ("length", last - first)):
                    tensor.external_data.add(key=key, value=str(value))
    return model.SerializeToString(deterministic=True), names


def simplified(graph: bytes, *, shaped: bool = True) -> bytes:
    """Leave out of a traced graph what takes time and changes no bit.

    That is: a check of the attention's shares for NaN, which no text gives, since it has a token; a mask for each
    layer, as large as the shares; and the shapes of reshaped tensors, computed at each run from the axes that stay.
    ``shaped``: whether the graph says the shapes of the others. By them the runtime joins a sum and its norm, which in
    eight bits takes an eighth more time; without them it does not, and rounds a little differently.
    """
    model = onnx.load_from_string(graph)
    wanted = {output.name for output in model.graph.output}
    kept = []
    for node in reversed(_rewired(model.graph.node)):
        if not wanted.isdisjoint(node.output):
            kept.append(node)
            wanted.update(node.input)
    # The runtime fuses nodes only where it knows their shapes.
    infos = [info for info in model.graph.value_info if shaped and info.name in wanted]
    for field, values in ((model.graph.node, kept[::-1]), (model.graph.value_info, infos)):
        del field[:]
        field.extend(values)
    return bytes(model.SerializeToString(deterministic=True))


def _rewired(given: Sequence[Any]) -> list[Any]:
    """Return nodes that read one mask, shares unchecked, and sizes that are known."""
    made = {name: node for node in given for name in node.output}
    known = {
        node.output[0]: numpy_helper.to_array(node.attribute[0].t)
        for node in made.values()
        if node.op_type == "Constant"
    }
    axes = numpy_helper.from_array(np.array([1, 2], np.int64))
    nodes = [
        helper.make_node("Constant", [], ["mask_axes"], value=axes),
        helper.make_node("Cast", ["attention_mask"], ["is_read"], to=onnx.TensorProto.BOOL),
        helper.make_node("Unsqueeze", ["is_read", "mask_axes"], ["mask"]),
    ]
    masks: list[str] = []
    same: dict[str, str] = {}  # what is left out, and what is read instead
    for node in given:
        node.input[:] = [same.get(name, name) for name in node.input]
        condition = made.get(node.input[0]) if node.op_type == "Where" else None
        if condition is not None and condition.op_type == "IsNaN":
            same[node.output[0]] = node.input[2]
        elif condition is not None and np.array_equal(known.get(node.input[2], 0), [-np.inf]):
            node.input[0] = "mask"
            masks.append(node.output[0])
            same[node.output[0]] = masks[0]
        elif node.op_type == "Reshape" and len(sizes := _sizes(made.get(node.input[1]), made, known)) > 2:
            array = numpy_helper.from_array(np.array(sizes, np.int64))
            nodes.append(helper.make_node("Constant", [], [f"{node.output[0]}_sizes"], value=array))
            node.input[1] = f"{node.output[0]}_sizes"
        nodes.append(node)
    return nodes


def _sizes(node: Any, made: Mapping[str, Any], known: Mapping[str, Any]) -> list[int]:
    """Return the sizes that a node joins, 0 for one computed from an axis that stays; none of another node."""
    sizes = []
    for name in node.input if node is not None and node.op_type == "Concat" else ():
        while name not in known and name in made and made[name].op_type == "Unsqueeze":
            name = made[name].input[0]
        sizes.append(int(known[name].reshape(-1)[0]) if name in known else 0)
    return sizes
