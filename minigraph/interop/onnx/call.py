"""A node of an ONNX model as it is about to be composed, and how most are: by minigraph's operation of the same name.

What an operator takes as an attribute may be a value in ONNX: `known_before` finds what is known of it before a run, which
follows from constants alone, or from the shapes of inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, ShapeError, listing
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import places
from minigraph.core.rewriting import topological_order
from minigraph.core.run import forward
from minigraph.core.shapes import names_of
from minigraph.core.sizes import Axis
from minigraph.interop.onnx.arithmetic import compared, sizes_of, stored
from minigraph.interop.onnx.storage import Budget
from minigraph.ops import OPERATIONS
from minigraph.ops.checks import normal_axis
from minigraph.ops.random import RandomState

__all__ = ["CALLED", "Call", "READ", "constant", "known_before", "same", "sayable", "value", "written_as"]

POOLS = ("AveragePool", "LpPool", "MaxPool")
PRODUCTS = tuple(OPERATIONS[name] for name in ("Conv", "ConvTranspose", "Det", "Einsum", "Gemm", "MatMul", *POOLS))
LARGE = 2**24
"""How many pairs of elements a product of constants, or elements a pooled one, may have to be computed while it is read."""


def constant(operands: Sequence[Node]) -> bool:
    """Whether there are operands, and all of them constants."""
    return bool(operands) and all(isinstance(operand, Constant) for operand in operands)


def value(node: Node, owner: str, budget: Budget) -> Node:
    """The value of what follows from constants alone; a large product of them is left to a run."""
    graph = Graph(value=node)
    if any(isinstance(each, PRODUCTS) and prod(map(_size, each.operands)) > LARGE for each in graph.operations):
        return node
    for each in graph.operations:
        for array in (each, *each.operands):
            budget.compute(owner, array.shape, array.dtype.itemsize)
    return Constant(forward(graph)["value"], dtype=node.dtype)


def _size(node: Node) -> int:
    return prod(size for size in node.shape if isinstance(size, int))


def known_before(node: Any, owner: str, budget: Budget) -> Any:
    """The node, or what it holds where that is known before a run, so that it can be a shape or an axis."""
    if node is None:
        return None
    if constant(node.operands):
        return value(node, owner, budget)
    if type(node) is OPERATIONS["Equal"]:
        return compared(node)
    sizes = sizes_of(node)
    return node if sizes is None or not node.operands else stored(sizes, node)


def sayable(*nodes: Node) -> str:
    """What from_onnx can be told for what is computed, or as large as is known only in a run, to be known before one."""
    found = topological_order(nodes)
    names = [str(node.name) for node in found if isinstance(node, Input)]
    axes = sorted({name for node in found for name in names_of(node.shape) | names_of(getattr(node, "sizes", None) or ())})
    if names:
        how = ", ".join(f"{name}=…" if name.isidentifier() else f"**{{{name!r}: …}}" for name in names)
        what = "their shapes or their values" if names[1:] else "its shape or its value"
        return f"\n  It follows from {listing(map(repr, names))}: give {what}, in numbers, from_onnx(…, {how})."
    if axes:
        return f"\n  It follows from {listing(axes)}: give an input a shape with a number there, from_onnx(…, x=(2, 3))."
    return ""


CALLED = {"NegativeLogLikelihoodLoss": "NegativeLogLikelihood", "SoftmaxCrossEntropyLoss": "SoftmaxCrossEntropy"}
"""The operators that minigraph calls by another name."""


def written_as(kind: type[Node]) -> str:
    """What ONNX calls the operator of an operation's name."""
    return next((operator for operator, own in CALLED.items() if own == kind.__name__), kind.__name__)


READ = {name: kind for name, kind in OPERATIONS.items() if "state" not in kind.operand_names}
"""The operations that an operator is read as by its name: what draws random numbers takes a state, of which ONNX has none."""


@dataclass(frozen=True)
class Call:
    """A node of an ONNX model about to be composed."""

    operator: str
    version: int
    """The operator set since which the operator means what it means in the model's."""
    name: str
    owner: str
    """How an error speaks of it: its operator and name."""
    inputs: Sequence[tuple[str, Node | None]]
    """Each input's name in ONNX's schema with its node, or None for one that is left out."""
    given: dict[str, Any]
    defaults: dict[str, Any]
    outputs: tuple[str, ...]
    budget: Budget
    states: dict[float, RandomState] = field(default_factory=dict)
    """What the model's random numbers are drawn from, by the seed."""
    labels: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """The names that the numbers of a value stand for, by the name of the value."""
    values: tuple[str, ...] = ()
    """The names of the inputs' values."""

    def labels_of(self, number: int) -> tuple[Any, ...]:
        """The names that the numbers of an input stand for, or none."""
        return self.labels.get(self.values[number], ()) if number < len(self.values) else ()

    def random(self, seed: float) -> RandomState:
        """The random state of a seed; of one that is no whole number, for ONNX has floating-point ones, the bits are taken."""
        if seed not in self.states:
            name = f"random_{len(self.states) + 1}" if self.states else "random"
            whole = 0 <= seed < 2**53 and seed == int(seed)
            self.states[seed] = RandomState(int(seed) if whole else int(np.float64(seed).view(np.uint64)), name)
        return self.states[seed]

    def operand(self, name: str) -> Node | None:
        """The input of that name, or None."""
        return next((node for key, node in self.inputs if key == name), None)

    @property
    def operands(self) -> list[Node]:
        """All inputs that are there."""
        return [node for _, node in self.inputs if node is not None]

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes as given, or else by default."""
        return self.defaults | self.given

    def axis(self, axis: int, rank: int) -> int:
        """An axis counted from the front, or a ShapeError for one that there is not."""
        counted = normal_axis(axis, rank)
        if counted is None:
            raise ShapeError(f"{self.owner} has no axis {axis}: there are {rank}, counted from 0.")
        return counted

    def array(self, name: str) -> Any:
        """An input whose numbers must be known before a run, as an array; None where it is left out.

        In older operator sets it was an attribute of the same name.
        """
        node = self.operand(name)
        if node is None:
            return np.asarray(self.attributes[name]) if name in self.attributes else None
        if isinstance(node, Constant | Variable):
            return node.value
        if node.known is not None and all(isinstance(size, int) for size in node.known):
            return np.array(node.known if node.shape else node.known[0], node.dtype)
        raise OperationError(
            f"{self.owner} needs its {name} known before a run, but {node} is computed.{places(node)}{sayable(node)}"
        )

    def integers(self, name: str) -> tuple[int, ...] | None:
        """An input of whole numbers known before a run, as a tuple; None where it is left out."""
        array = self.array(name)
        return None if array is None else tuple(map(int, np.ravel(array)))

    def sizes(self, name: str) -> tuple[Axis, ...] | None:
        """The same, of which some may be sizes with names in them."""
        node = self.operand(name)
        return self.integers(name) if node is None or node.known is None else node.known


def same(call: Call, **instead: Any) -> Node:
    """The operation of the same name, its operands in the same order.

    An input that minigraph takes as an attribute is given as one. Attributes whose value is ONNX's default may be unknown.
    """
    kind = READ.get(CALLED.get(call.operator, call.operator))
    if kind is None:
        raise OperationError(
            f"minigraph has no operation for {call.owner}.\n  docs/onnx.md lists the operators that are read: export the model "
            "without this one."
        )
    stored = {name: call.array(name) for name, node in call.inputs if name in kind.attributes and node is not None}
    attributes = {name: tuple(array.tolist()) if array.ndim else array.item() for name, array in stored.items()}
    attributes |= {key: value for key, value in call.attributes.items() if key in kind.attributes} | instead
    for key, value in call.given.items():
        if key not in kind.attributes and (key not in call.defaults or value != call.defaults[key]):
            raise OperationError(f"{call.owner} has {key}={value!r}, which minigraph's {kind.__name__} has not.")
    operands: list[Any] = [node for name, node in call.inputs if name not in kind.attributes]
    while operands and operands[-1] is None:
        operands.pop()
    if None in operands:
        raise OperationError(f"{call.owner} leaves out an input before others, which minigraph's {kind.__name__} cannot.")
    return kind(*operands, **{key: _as_declared(call, kind, key, value) for key, value in attributes.items()})


def _as_declared(call: Call, kind: type[Node], key: str, value: Any) -> Any:
    """ONNX writes truth as a whole number, 0 or 1."""
    if not isinstance(kind.attributes[key], bool):
        return value
    if value not in (0, 1):
        raise OperationError(f"{call.owner} has {key}={value!r}, which is 0 or 1.")
    return bool(value)
