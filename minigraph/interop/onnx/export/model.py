"""Graphs written as ONNX models: `graph.to_onnx`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import NodeLike
from minigraph.core.provenance import described, places
from minigraph.interop.extras import optional
from minigraph.interop.files import FileError, write_together
from minigraph.interop.onnx.export.emission import Value
from minigraph.interop.onnx.export.protos import Model
from minigraph.interop.onnx.export.writer import Writer
from minigraph.ops.modes import checked_updates
from minigraph.ops.random import RandomState

__all__ = ["model_of", "to_onnx"]

Array = np.ndarray[Any, Any]
Arrays = list[Array]

OLDEST, USUAL = 18, 21
"""The first operator set that can be written, and the one that is unless another is asked for."""
LARGEST = 2**31 - 2**20
"""How many bytes of numbers are stored in the file itself: Protocol Buffers ends at 2 GiB."""
SMALL = 1024
"""Fewer bytes stay in the file in any case: shapes are among them."""
SHOWN = 5
"""How many nodes that cannot be written a message lists."""


def to_onnx(
    graph: Graph,
    file: str | os.PathLike[str],
    updates: Mapping[Variable, NodeLike] | None = None,
    opset: int = USUAL,
) -> Path:
    """Write the graph as an ONNX model, which other runtimes run.

    Parameters
    ----------
    graph : Graph
        What the model computes. Its inputs and outputs keep their names, and named axes theirs; variables are stored with their
        present values. For use rather than training, write `mg.inference(graph)`.
    file : str or os.PathLike
        Where to write it: whole, or not at all. Numbers of more than 2 GB go to a file beside it, FILE.data.
    updates : mapping of Variable to Node, optional
        What a training step changes, as `mg.compile` takes it. Each of these variables is an input, whose default is its
        present value, and has an output W_new behind the graph's own, in the same order. What random operations draw,
        dropout's mask say, are inputs of the step too.
    opset : int
        The operator set, from 18 on.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OperationError
        For what ONNX cannot say, by the node, before anything is written.
    GraphError, ShapeError, DTypeError
        For updates that `mg.compile` refuses too.
    FileError
        Where the file cannot be written, or its name ends as that of another format.

    >>> import tempfile
    >>> import numpy as np
    >>> import minigraph as mg
    >>> x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", [[1.0], [2.0]])
    >>> graph = mg.Graph(y=np.tanh(x @ W))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = mg.from_onnx(graph.to_onnx(f"{folder}/model.onnx"))
    >>> again["y"], again.forward(x=[[0.0, 0.0]])["y"]
    (Tanh 'y' (N × 1, float32), array([[0.]], dtype=float32))
    """
    if not isinstance(file, str | os.PathLike):
        raise FileError(f"graph.to_onnx takes the name of a file, not {type(file).__name__}.")
    path = Path(file)
    if path.suffix not in ("", ".onnx"):
        raise FileError(f"graph.to_onnx writes ONNX: name the file {path.with_suffix('.onnx')}.")
    model, numbers = _written(graph, updates, opset)
    beside = _store(model, numbers, f"{path.name}.data")
    files: dict[str | os.PathLike[str], Any] = {path.with_name(f"{path.name}.data"): beside} if beside else {}
    return write_together(files | {path: [model.SerializeToString(deterministic=True)]}, "The model")[-1]


def model_of(graph: Graph, updates: Mapping[Variable, NodeLike] | None = None, opset: int = USUAL) -> Any:
    """The graph, with its updates, as an `onnx.ModelProto`; see `to_onnx`."""
    model, numbers = _written(graph, updates, opset)
    for tensor, array in zip(model.graph.initializer, numbers, strict=True):
        tensor.raw_data = _bytes(array).tobytes()
    return model


def _store(model: Any, numbers: Arrays, beside: str) -> Arrays:
    """Put its numbers into a model, or, where they are too many, the place of each large array in the file beside it.

    What is given are the bytes of which that file consists.
    """
    onnx = optional("onnx", "onnx", "onnx")
    external = sum(array.nbytes for array in numbers) > LARGEST
    pieces: Arrays = []
    start = 0
    for tensor, array in zip(model.graph.initializer, numbers, strict=True):
        content = _bytes(array)
        if not external or array.nbytes < SMALL:
            tensor.raw_data = content.tobytes()
            continue
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", beside), ("offset", start), ("length", array.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
        pieces.append(content)
        start += array.nbytes
    return pieces


def _bytes(array: Array) -> Array:
    """The numbers as bytes, the lowest first: a view of them on most machines."""
    lowest_first = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    return np.ravel(lowest_first).view(np.uint8)


def _written(graph: Graph, updates: Mapping[Variable, NodeLike] | None, opset: int) -> tuple[Any, Arrays]:
    """The model without the numbers of its initialisers, and these."""
    onnx = optional("onnx", "onnx", "onnx")
    newest = onnx.defs.onnx_opset_version()
    if not isinstance(opset, int | np.integer) or isinstance(opset, bool) or not OLDEST <= opset <= newest:
        raise OperationError(f"opset takes a number from {OLDEST} to {newest}, an operator set of ONNX, not {opset!r}.")
    new = {} if updates is None else checked_updates(graph, updates)
    new = {variable: node for variable, node in new.items() if not isinstance(variable, RandomState)}  # draws are inputs
    whole = Graph(graph.outputs, {f"new {variable.name}": node for variable, node in new.items()}) if new else graph
    writer = Writer(onnx, int(opset), whole.inputs.values(), draws=updates is not None)
    for variable in new:
        value = writer.values[variable] = Value(variable.dtype, str(variable.name))
        writer.stored[variable] = value, variable
    outputs = [*graph.outputs.values(), *new.values()]
    writer.write(outputs)
    _refuse(writer)
    model = Model(onnx, writer, graph, new, whole)
    return model.proto(), model.numbers


def _refuse(writer: Writer) -> None:
    """Raise for what cannot be written, all of it."""
    lines = []
    for node, reason in list(writer.refused.items())[:SHOWN]:
        lines.append(f"{described(node)} cannot be written as ONNX: {reason}.{places(node)}")
    if len(writer.refused) > SHOWN:
        lines.append(f"and {len(writer.refused) - SHOWN} others")
    if lines:
        raise OperationError("\n".join(lines))
