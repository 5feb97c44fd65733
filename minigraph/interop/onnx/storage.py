"""What an ONNX model stores, in the file, sparsely, or in a file beside it, and how much work it may ask for.

A file of a hundred bytes can ask for 10¹² numbers or 10⁹ iterations of a loop. What is asked for is counted before it is done.
"""

import os
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.sizes import Axis
from minigraph.interop.files import FileError, FormatError

__all__ = ["Budget", "Storage", "load_external", "nodes_of", "tensors_of"]

NODES, NODES_PER_NODE = 100_000, 20
"""How many nodes may be written out, and how many more for each that the file holds."""
BYTES, BYTES_PER_BYTE = 2**29, 16
"""How many bytes may be computed while reading, and how many more for each that the file's tensors hold."""
DEPTH = 60
"""How deep graphs and functions may lie within each other."""


class Budget:
    """What may still be written out and computed, of a file with so many nodes and bytes of tensors."""

    def __init__(self, nodes: int, size: int) -> None:
        self.nodes_allowed = self.nodes_left = NODES + NODES_PER_NODE * nodes
        self.bytes_allowed = self.bytes_left = BYTES + BYTES_PER_BYTE * size

    def write(self, owner: str, count: int = 1) -> None:
        """Count nodes that are about to be written out for an owner, or raise a FormatError where they are too many."""
        self.nodes_left -= count
        if self.nodes_left < 0:
            raise FormatError(
                f"{owner} would make the graph larger than the {self.nodes_allowed} nodes that are written out of a model of "
                "this size: loops are written out iteration by iteration.\n  Export it with fewer iterations or calls."
            )

    def again(self) -> None:
        """The model is read anew: what was computed is forgotten, what was written out counts."""
        self.bytes_left = self.bytes_allowed

    def compute(self, owner: str, shape: Sequence[Axis], itemsize: int = 8) -> None:
        """Count the bytes of an array that is about to be computed; an axis of any size counts once."""
        self.bytes_left -= itemsize * prod(size for size in shape if isinstance(size, int))
        if self.bytes_left < 0:
            raise FormatError(
                f"{owner} would compute more than the {self.bytes_allowed} bytes that are computed while a model of this size "
                "is read.\n  Make what it computes an input of the model, or export the model with smaller constants."
            )

    def nest(self, owner: str, depth: int) -> None:
        """Raise a FormatError for graphs and functions that lie too deep within each other."""
        if depth > DEPTH:
            raise FormatError(
                f"{owner} is nested more than {DEPTH} deep in graphs and functions.\n  Export the model with fewer of them "
                "within each other."
            )


NARROW = (
    *("BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "FLOAT8E8M0", "FLOAT4E2M1"),
    *("INT4", "UINT4", "INT2", "UINT2"),
)
"""The element types that NumPy lacks and of which every number is one of float32, or of a whole number of eight bits."""


class Storage:
    """What reads a model's tensors: `owner` says in an error which one it was."""

    def __init__(self, onnx: Any, budget: Budget) -> None:
        self.onnx, self.budget = onnx, budget

    def dtype(self, number: int, owner: str) -> np.dtype[Any]:
        """The element type that ONNX's number stands for, or an OperationError where NumPy has none."""
        names = self.onnx.TensorProto.DataType
        if number not in names.values() or not number:
            raise FormatError(f"{owner} has the element type {number}, which ONNX does not have.\n  Export the model anew.")
        if number == self.onnx.TensorProto.STRING:
            raise OperationError(
                f"{owner} holds text, and a graph computes with numbers.\n  Encode the text before it, as numbers of classes, "
                "and export the model from there on."
            )
        dtype: np.dtype[Any] = self.onnx.helper.tensor_dtype_to_np_dtype(number)
        if dtype.kind not in "fiub" or dtype.isbuiltin != 1:
            raise OperationError(
                f"{owner} holds {names.Name(number).lower()}, an element type that NumPy does not compute with.\n  Export the "
                "model in float32."
            )
        return dtype

    def is_narrow(self, tensor: Any) -> bool:
        """Whether a tensor's element type is one that NumPy lacks, whose numbers are read in a wider one."""
        number = getattr(tensor, "data_type", 0)
        return number in self.onnx.TensorProto.DataType.values() and self.onnx.TensorProto.DataType.Name(number) in NARROW

    def array(self, tensor: Any, owner: str) -> np.ndarray[Any, Any]:
        """The numbers of a tensor, dense or sparse."""
        if type(tensor).__name__ == "SparseTensorProto":
            return self._dense(tensor, owner)
        if tensor.data_type == self.onnx.TensorProto.STRING:
            return self._text(tensor, owner)
        if not self.is_narrow(tensor):
            self.dtype(tensor.data_type, owner)
        try:
            array: np.ndarray[Any, Any] = self.onnx.numpy_helper.to_array(tensor)
        except Exception as error:  # NumPy's own, and those of protocol buffers
            raise FormatError(
                f"{owner} does not hold the numbers of its shape, {' × '.join(map(str, tensor.dims)) or 'scalar'}: {error}."
                "\n  The file is damaged: export or copy it anew."
            ) from None
        if self.is_narrow(tensor):
            name = array.dtype.name
            return array.astype(np.uint8 if name.startswith("uint") else np.int8 if name.startswith("int") else np.float32)
        return array

    def _text(self, tensor: Any, owner: str) -> np.ndarray[Any, Any]:
        """The names of a tensor of text."""
        try:
            names = [each.decode() for each in tensor.string_data]
            return np.array(names, np.str_).reshape(tuple(tensor.dims))
        except ValueError:
            raise FormatError(f"{owner} does not hold the names of its shape, or no text.\n  Export the model anew.") from None

    def _dense(self, tensor: Any, owner: str) -> np.ndarray[Any, Any]:
        """A sparse tensor's array: the places of its numbers are counted through the whole, or given axis by axis."""
        shape = tuple(tensor.dims)
        values, places = self.array(tensor.values, owner), self.array(tensor.indices, owner)
        self.budget.compute(owner, shape, values.itemsize)
        dense = np.zeros(shape, values.dtype)
        at = places if places.ndim == 1 else places @ np.array([prod(shape[i + 1 :]) for i in range(len(shape))], np.int64)
        if at.shape != values.shape or (at < 0).any() or (at >= dense.size).any():
            raise FormatError(f"{owner} is sparse and has numbers in places that it does not have.\n  Export the model anew.")
        dense.flat[at] = values
        return dense


def nodes_of(model: Any) -> Iterator[Any]:
    """Every node that a model holds: those of its graph, of the graphs within it, and of its functions."""
    yield from (node for graph in _graphs_of(model) for node in graph.node)


def tensors_of(model: Any) -> Iterator[Any]:
    """Every dense tensor that a model holds: those stored in its graphs, and those in attributes of its nodes."""
    for graph in _graphs_of(model):
        stored = [*getattr(graph, "initializer", ())]
        sparse = [*getattr(graph, "sparse_initializer", ())]
        for attribute in (each for node in graph.node for each in node.attribute):
            stored.extend([attribute.t] if attribute.HasField("t") else attribute.tensors)
            sparse.extend([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else attribute.sparse_tensors)
        yield from stored
        yield from (part for each in sparse for part in (each.values, each.indices))


def _graphs_of(model: Any) -> Iterator[Any]:
    """The graph of a model, its functions, and the graphs within their nodes."""
    waiting = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        yield graph
        for attribute in (each for node in graph.node for each in node.attribute):
            waiting.extend([attribute.g] if attribute.HasField("g") else attribute.graphs)


def load_external(onnx: Any, model: Any, folder: Path | None) -> None:
    """Put into the model what its tensors hold in files of its folder; nothing outside of the folder is opened."""
    for tensor in tensors_of(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            if folder is None:
                raise FormatError(
                    f"The tensor {tensor.name!r} lies in a file beside the model, which a model in memory does not know."
                    "\n  Give from_onnx the path of the model's file."
                )
            tensor.raw_data = _bytes(onnx, tensor, folder)
            tensor.data_location = onnx.TensorProto.DEFAULT
            del tensor.external_data[:]


def _bytes(onnx: Any, tensor: Any, folder: Path) -> bytes:
    """The bytes of a tensor that lies in a file of its own."""
    owner, given = f"The tensor {tensor.name!r}", _external(tensor)
    file = _inside(owner, given.get("location", ""), folder)
    try:
        with file.open("rb") as stream:
            start, size = _extent(onnx, tensor, given, os.fstat(stream.fileno()).st_size, owner)
            stream.seek(start)
            return stream.read(size)
    except OSError as error:
        raise FileError(f"{owner} lies in {file}, which cannot be read: {error.strerror}.") from None


def _inside(owner: str, location: str, folder: Path) -> Path:
    """The file at a location within the folder, whatever links lead there."""
    whole = os.path.realpath(folder)
    file = Path(os.path.realpath(os.path.join(whole, location))) if "\0" not in location else Path(whole)
    if not location or os.path.isabs(location) or not file.is_relative_to(whole) or file == Path(whole):
        raise FileError(
            f"{owner} lies at {location!r}, which is no file in the model's folder, {whole}.\n  Only files in it are read: "
            "copy it there, and save the model with its name."
        )
    if not file.is_file():
        raise FileError(f"{owner} lies in {file}, and there is no such file.\n  Copy it to the model's folder.")
    return file


def _extent(onnx: Any, tensor: Any, given: dict[str, str], available: int, owner: str) -> tuple[int, int]:
    """Where in a file of so many bytes the tensor begins, and how many bytes it has."""
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    try:
        start = int(given.get("offset", 0))
        size = int(given.get("length", prod(tensor.dims) * dtype.itemsize))
    except ValueError:
        start = size = -1
    if start < 0 or size < 0 or start + size > available:
        raise FormatError(
            f"{owner} should have {given.get('length', 'its')} bytes from offset {given.get('offset', 0)} of "
            f"{given.get('location')!r}, which holds {available}.\n  The file was cut short, or is another model's: copy it "
            "anew."
        )
    return start, size


def _external(tensor: Any) -> dict[str, str]:
    return {each.key: each.value for each in tensor.external_data}
