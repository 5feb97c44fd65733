"""What an ONNX model takes: the axes and the values of its inputs, as the model declares them and as the caller says.

Nothing is said of most batches, or an exporter numbers them, unk__1 and unk__2. Such axes may be of one size, and are taken to
be where an operator asks for it: their inputs then have one name for them, so that each run checks it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError, OperationError, ShapeError, UnknownNameError, listing, nearest
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.shapes import Shape, as_shape, names_of, show_shape
from minigraph.core.sizes import Axis, named_axis, substitute
from minigraph.core.values import as_array, numeric
from minigraph.interop.onnx.call import Call
from minigraph.interop.onnx.operators import compose
from minigraph.interop.onnx.storage import Storage
from minigraph.ops import OPERATIONS

__all__ = ["Assumed", "Axes", "Given", "tensor_of"]

NUMBERED = re.compile(r"unk__\d+|p2o\.DynamicDimension\.\d+")
"""How exporters number the axes of which they know nothing."""
TRIED = 500
"""How many ways to take axes for equal are tried for one node at most."""


def tensor_of(given: Any) -> Any:
    """The tensor that an input of a model is, or an OperationError for one that is none."""
    kind = given.type.WhichOneof("value")
    if kind != "tensor_type":
        raise OperationError(
            f"The input {given.name!r} is no tensor, but of the type {kind}, which minigraph does not have.\n  Export "
            "the model with tensors alone."
        )
    return given.type.tensor_type


def declared(dim: Any) -> int | str | None:
    """The size of an axis in a model, its name, or None where nothing is said: "?" is no name."""
    if dim.HasField("dim_value"):
        return None if dim.dim_value == -1 else int(dim.dim_value)
    return str(dim.dim_param) if any(map(str.isalnum, dim.dim_param)) else None


class Given:
    """What the caller says of a model's inputs, by their names: a tuple is a shape, all else a value.

    Raises a MinigraphError for what contradicts the model, or itself.
    """

    def __init__(self, storage: Storage, graph: Any, inputs: Mapping[str, Any]) -> None:
        self.shapes: dict[str, Shape] = {}
        self.values: dict[str, Constant] = {}
        self.sizes: dict[str, tuple[Axis, str]] = {}
        """For names that the model gives to axes what they are given as, and by which axis."""
        protos = {each.name: each for each in graph.input}
        for name, what in inputs.items():
            if name not in protos:
                takes = listing(map(repr, protos))
                raise UnknownNameError(f"The model has no input named {name!r}; it takes {takes}.{nearest(name, protos)}")
            owner, tensor = f"The input {name!r}", tensor_of(protos[name])
            dtype = storage.dtype(tensor.elem_type, owner)
            if isinstance(what, tuple):
                self.shapes[name] = as_shape(what, owner)
            elif isinstance(what, str | list | None):
                raise OperationError(
                    f"{owner} is given as {what!r}, and is given a shape, a tuple such as ('N', 3), or a value, an array or a "
                    "number, that makes it a constant."
                )
            else:
                self.values[name] = Constant(as_array(numeric(what, owner), dtype, owner), name, dtype)
                self.shapes[name] = self.values[name].shape
            if tensor.HasField("shape"):
                self._compare(owner, self.shapes[name], [declared(dim) for dim in tensor.shape.dim])

    def _compare(self, owner: str, shape: Shape, own: Sequence[int | str | None]) -> None:
        """Raise where a shape is not one that the model takes, or that other inputs leave it."""
        takes = f"the model takes {' × '.join('?' if each is None else str(each) for each in own) or 'a scalar'}"
        if len(shape) != len(own):
            raise ShapeError(f"{owner} is given with {len(shape)} axes, {show_shape(shape)}, and {takes}.")
        for i, (axis, known) in enumerate(zip(shape, own, strict=True)):
            if isinstance(known, int) and axis != known:
                raise ShapeError(f"{owner} is given as {show_shape(shape)}, and {takes}: axis {i} is {known}.")
            if isinstance(known, str):
                other, where = self.sizes.setdefault(known, (axis, f"axis {i} of {owner.lower()}"))
                if other != axis:
                    raise ShapeError(
                        f"{owner} is given as {show_shape(shape)}, and {takes}: axis {i} is {known}, as is {where}, which is "
                        f"given as {other}."
                    )


class Assumed(Exception):
    """Axes have been taken for equal: the model is to be read anew."""


class Axes:
    """The names of a model's axes, and which of them are taken for equal."""

    def __init__(self, graph: Any, given: Given) -> None:
        self.given = given
        self.words = {dim.dim_param for each in graph.input for dim in each.type.tensor_type.shape.dim if dim.dim_param}
        self.words |= {name for shape in given.shapes.values() for name in names_of(shape)}
        self.names: dict[str, str] = {}
        self.open: set[str] = set()
        self.equal: dict[str, Axis] = {}
        self.assumed: list[str] = []
        self.computed = True
        """Whether sizes that follow from named axes are computed while the model is read."""

    def shape(self, given: Any) -> Shape:
        """The shape of an input, as the caller says or as the model declares it; what has no name is named after the input."""
        if given.name in self.given.shapes:
            return tuple(map(self._resolved, self.given.shapes[given.name]))
        tensor = tensor_of(given)
        if not tensor.HasField("shape"):
            raise OperationError(
                f"The input {given.name!r} has no shape: how many axes it has must be known.\n  Export the model with it."
            )
        return tuple(self._axis(dim, f"{given.name}_{i}") for i, dim in enumerate(tensor.shape.dim))

    def _axis(self, dim: Any, otherwise: str) -> Axis:
        """An axis as the model gives it; `otherwise` is the name of one that has none."""
        given = declared(dim)
        if isinstance(given, int):
            return given
        if given in self.given.sizes:
            return self._resolved(self.given.sizes[given][0])
        name = self._name(given or self._unlike(otherwise))
        if given is None or NUMBERED.fullmatch(given):
            self.open.add(name)
        return self._resolved(named_axis(name))

    def _unlike(self, name: str) -> str:
        return self._unlike(f"{name}_") if name in self.words else name

    def _name(self, given: str) -> str:
        """The name as one word, and another for each."""
        if given not in self.names:
            word = "".join(letter if letter.isidentifier() or letter.isdigit() else "_" for letter in given)
            word = word if word.isidentifier() else f"_{word}"
            while word in self.names.values():
                word += "_"
            self.names[given] = word
        return self.names[given]

    def _resolved(self, axis: Axis) -> Axis:
        while (name := str(axis)) in self.equal:
            axis = self.equal[name]
        return axis

    def assume(self, call: Call) -> bool:
        """Take as few axes for equal as will let a node be composed; whether there are any."""
        shapes = [_asked(call, node) for node in call.operands]
        pairs = list(dict.fromkeys(self._pairs(shapes)))
        tried = 0
        for count in (1, 2, 3):
            for chosen in combinations(pairs, count):
                tried, equal = tried + 1, dict(chosen)
                if tried > TRIED:
                    return False
                if len(equal) == count and not equal.keys() & set(equal.values()) and _composes(call, equal):
                    self.equal |= equal
                    self.assumed += [f"{one} = {other}, for {call.owner}" for one, other in chosen]
                    return True
        return False

    def _pairs(self, shapes: Sequence[Shape]) -> Iterator[tuple[str, Axis]]:
        """Each open axis with others that it may equal: first those that lie beside it, counted from the last axis."""
        for one, other in combinations(shapes, 2):
            for pair in zip(reversed(one), reversed(other), strict=False):
                yield from self._open(*pair)
        for one_axis, other_axis in combinations([axis for shape in shapes for axis in shape], 2):
            yield from self._open(one_axis, other_axis)

    def _open(self, one: Axis, other: Axis) -> Iterator[tuple[str, Axis]]:
        """What an open axis must be for one of the two to equal the other; 1 fits any by broadcasting."""
        for first, second in ((one, other), (other, one)):
            for name in sorted(names_of((first,)) & self.open):
                for to in [second] * (second > 1) if isinstance(second, int) else map(named_axis, sorted(names_of((second,)))):
                    if to != name and (not isinstance(second, int) or first == name):
                        yield name, to


def _asked(call: Call, node: Node) -> Shape:
    """The axes that an operator asks something of: parts may be of any sizes along the axis that Concat joins them along."""
    if node.known is not None:
        return node.known
    if call.operator != "Concat" or not node.ndim:
        return node.shape
    axis = call.axis(call.attributes.get("axis", 1), node.ndim)
    return (*node.shape[:axis], *node.shape[axis + 1 :])


def _composes(call: Call, equal: Mapping[str, Axis]) -> bool:
    """Whether a node can be composed once some axes are equal."""
    try:
        inputs = [(name, None if node is None else _standing(node, equal)) for name, node in call.inputs]
        compose(replace(call, inputs=inputs))
    except MinigraphError:
        return False
    return True


def _standing(node: Node, equal: Mapping[str, Axis]) -> Node:
    """A node of the same type with other axes, or one that holds other sizes."""
    if node.known is not None and names_of(node.known).intersection(equal):
        sizes = OPERATIONS["Shape"](_renamed(node.known, np.dtype(np.float32), equal))
        return sizes if node.ndim else OPERATIONS["Gather"](sizes, 0)
    return _renamed(node.shape, node.dtype, equal) if names_of(node.shape).intersection(equal) else node


def _renamed(shape: Shape, dtype: np.dtype[Any], equal: Mapping[str, Axis]) -> Leaf:
    return Leaf("x", tuple(substitute(axis, equal) for axis in shape), dtype)
