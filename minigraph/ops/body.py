"""The body of a scan: what it repeats, as leaves that stand for what a step is given, and what a step computes of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import Shape
from minigraph.core.sizes import Axis
from minigraph.core.values import DType
from minigraph.ops.arithmetic import Identity
from minigraph.ops.copies import converted, flattened, restored
from minigraph.ops.multi_output import MultiOutput, Part

__all__ = ["Body", "BodyInput", "computed", "stackable"]


class BodyInput(Input):
    """What stands in a body for the carry, for the slice of a sequence, or for a value from outside."""

    of_a_step = True
    of: str | None = None
    """Of a gradient that is carried over: the name of the value that it is the gradient for."""

    def __init__(self, name: str, shape: Shape, dtype: DType, known: tuple[Axis, ...] | None = None) -> None:
        super().__init__(name, (), dtype)
        self.shape, self._known = shape, known

    @property
    def known(self) -> tuple[Axis, ...] | None:
        """The sizes that it consists of, where it stands for sizes."""
        return self._known


class Body:
    """What a scan repeats: from the carry, a slice of each sequence and the values captured, the new carry and all else.

    Parameters
    ----------
    carry, slices, captured
        The leaves that stand for what a step is given.
    new
        The new carry.
    stacked
        The values of a step that are parts of the scan, stacked, where they are read; see `stackable`.
    """

    def __init__(
        self,
        carry: Iterable[Node],
        slices: Iterable[Node],
        captured: Iterable[Node],
        new: Iterable[Node],
        stacked: Iterable[Node],
    ) -> None:
        self.carry, self.slices, self.captured = tuple(carry), tuple(slices), tuple(captured)
        self.new, self.stacked = tuple(new), tuple(stacked)
        order = topological_order([*self.new, *self.stacked])
        self.operations = [node for node in order if node.operands]
        self.constants: dict[Node, Any] = {node: node.value for node in order if isinstance(node, Constant)}
        self.sizes = [node for node in order if isinstance(node, Sizes)]
        self.place = {node: len(self.carry) + i for i, node in enumerate(self.stacked)}
        """The number of the part that is the stack of a value; before these come those of the last carry."""
        self.gradients: dict[tuple[bool, ...], Any] = {}
        """Its gradients, by the parts at which gradients arrive; see `gradient_of`."""
        self._converted: dict[tuple[DType, ...], Body] = {}

    def split(self, operands: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        """What a scan is given: the first carry, the sequences, the values captured."""
        count, end = len(self.carry), len(self.carry) + len(self.slices)
        return operands[:count], operands[count:end], operands[end:]

    def counted(self, operands: Sequence[Any]) -> dict[Node, Any]:
        """The numbers of its sizes, from the named axes of what a scan is given."""
        axes: dict[str, int] = {}
        for leaf, array in zip(self.carry + self.slices + self.captured, operands, strict=True) if self.sizes else ():
            found = array.shape[1:] if leaf in self.slices else array.shape
            axes |= {str(axis): size for axis, size in zip(leaf.shape, found, strict=True)}
        return {node: node.counted(axes) for node in self.sizes}

    @property
    def fields(self) -> list[tuple[Node, ...]]:
        """What it is made of, as `Body` takes it."""
        return [self.carry, self.slices, self.captured, self.new, self.stacked]

    @property
    def nodes(self) -> list[Node]:
        """All of its nodes, operands before what uses them."""
        return topological_order(node for nodes in self.fields for node in nodes)

    def converted(self, dtype_of: Callable[[Any], DType]) -> "Body":
        """The same with other element types."""
        key = tuple(dtype_of(np.dtype(each)) for each in (np.float16, np.float32, np.float64))
        if key not in self._converted:
            nodes = self.nodes
            new = converted(nodes, dtype_of) if any(dtype_of(node.dtype) != node.dtype for node in nodes) else None
            self._converted[key] = Body(*([new[node] for node in each] for each in self.fields)) if new else self
        return self._converted[key]

    def replaced(self, rule: Callable[[Node, tuple[Node, ...]], Node]) -> "Body":
        """The same with what a rule gives for each node, and its operands as they are then: itself where nothing is another."""
        new: dict[Node, Node] = {}
        for node in self.nodes:
            new[node] = rule(node, tuple(new[operand] for operand in node.operands))
        if all(each is node for node, each in new.items()):
            return self
        return Body(*([new[node] for node in each] for each in self.fields))

    def __getstate__(self) -> dict[str, Any]:
        index = {node: i for i, node in enumerate(self.nodes)}
        return {"records": flattened(self.nodes), "fields": [[index[node] for node in each] for each in self.fields]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        nodes = restored(state["records"])
        self.__init__(*([nodes[i] for i in each] for each in state["fields"]))  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"Body of {len(self.operations)} operations"


def stackable(carry: Sequence[Node], outputs: Iterable[Node]) -> list[Node]:
    """The values of a body that a scan can stack: what a step is carried over, and all that it computes for these outputs."""
    order = topological_order(outputs)
    known = {(node.operands[0], node.i) for node in order if isinstance(node, Part)}
    several = [node for node in order if isinstance(node, MultiOutput)]
    order += [Part(node, i=i) for node in several for i in range(len(node.parts(*node.operands))) if (node, i) not in known]
    return [*carry, *(node for node in order if node.operands and not isinstance(node, MultiOutput))]


def computed(node: Node, slices: Sequence[Node]) -> Node:
    """A value that a scan can stack, or the slice of a sequence."""
    return node if node.operands or node in slices else Identity(node)
