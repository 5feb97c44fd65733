"""A graph: named outputs, and everything that they depend on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from minigraph.core.errors import GraphError, InputError, ShapeError, UnknownNameError, listing, nearest
from minigraph.core.leaves import Input, Parameter, Variable, current_arrays
from minigraph.core.node import Constant, Leaf, Node, NodeLike, Sizes
from minigraph.core.provenance import described, places
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of, show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.core.values import as_array
from minigraph.core.vjp import Way, on_the_way

if TYPE_CHECKING:
    from minigraph.ops.methods import GraphMethods  # those that minigraph/__init__.py gives it
else:
    GraphMethods = object

__all__ = ["Graph"]


class Graph(GraphMethods):
    """The nodes that some outputs depend on, in the order in which they are computed.

    Graphs composed from the same nodes share their parameters.

    Parameters
    ----------
    *outputs, **named
        The outputs: by name, as a mapping of names to nodes, or without a name, to take the node's own.
    names
        Names for nodes that have none, usually `locals()`: a node gets the name of the variable that holds it.

    Raises
    ------
    GraphError
        Where there is no output, one is no node, or two nodes have one name.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> W = mg.Parameter("W", np.ones((2, 3)))
    >>> z = x @ W
    >>> mg.Graph(total=z.sum(), names=locals())
    Graph (2 operations, 6 parameter elements): x (N × 2) → total (scalar)
    """

    def __init__(
        self, *outputs: NodeLike | Mapping[str, NodeLike], names: Mapping[str, Any] | None = None, **named: NodeLike
    ) -> None:
        self.outputs = _outputs(*outputs, named)
        self.nodes = tuple(topological_order(self.outputs.values()))
        self._members = frozenset(self.nodes)
        self.names = self._named(names or {})
        self.unreached = tuple(v for v in (names or {}).values() if isinstance(v, Node) and v not in self._members)
        self.operations = tuple(node for node in self.nodes if not isinstance(node, Leaf))
        self.inputs = {str(n.name): n for n in self.nodes if isinstance(n, Input)}
        for node in self.inputs.values():
            if node.of_a_step:
                why = f"{described(node)} is a value of one step of a scan"
                raise GraphError(f"{why}: outside of its body there is none.{places(node)}")
        self._owners = {name: f"Input {name!r}" for name in self.inputs}
        self.variables = {str(n.name): n for n in self.nodes if isinstance(n, Variable)}
        self.parameters = {name: n for name, n in self.variables.items() if isinstance(n, Parameter)}
        self._constants: dict[Node, Any] = {node: node.value for node in self.nodes if isinstance(node, Constant)}
        self._sizes: list[Any] = [node for node in self.nodes if isinstance(node, Sizes)]
        axes = {name for node in self.inputs.values() for name in names_of(node.shape)}
        for each in [each for each in self._sizes if names_of(each.sizes) - axes]:
            why = f"The graph needs {show_shape(each.sizes)}, sizes that follow from none of its inputs.{places(each)}"
            raise GraphError(f"{why}\n  np.size(x, axis=…), or np.shape(x), is a node that depends on x and has its sizes.")
        self._ways: dict[Node, Way] = {}

    def _named(self, given: Mapping[str, Any]) -> dict[str, Node]:
        if not isinstance(given, Mapping):
            raise GraphError(f"names takes a mapping of names to nodes, such as locals(), not {given!r}.")
        names: dict[str, Node] = {}
        for node in self.nodes:
            other = names.setdefault(node.name, node) if node.name else node
            if other is not node:
                why = f"Two nodes of the graph are named {node.name!r}; a name tells one node.{places(other)[:-1]}"
                raise GraphError(f"{why}, and again at {node.line}.\n  Give one of them another name.")
        for name, output in self.outputs.items():
            if names.setdefault(name, output) is not output:
                why = f"The graph's output {name!r} has the name of another of its nodes; a name tells one node."
                raise GraphError(f"{why}{places(names[name])}\n  Give the output another name.")
        for name, value in given.items():
            if isinstance(value, Node) and value in self._members and not value.name and names.setdefault(name, value) is value:
                value.name = name
        return names

    def __getitem__(self, name: str) -> Node:
        """The node of that name."""
        if not isinstance(name, str):
            raise UnknownNameError(f"A graph gives a node by its name, graph[{next(iter(self.outputs))!r}], not by {name!r}.")
        if name not in self.names:
            has = f"it has {listing(sorted(self.names))}"
            raise UnknownNameError(f"The graph holds no node named {name!r}; {has}.{nearest(name, self.names)}")
        return self.names[name]

    def node(self, key: NodeLike | str) -> Node:
        """The node that a name or the node itself stands for, checked to be the graph's own."""
        if isinstance(key, str):
            return self.names[key] if key in self.names else self[key]
        if not isinstance(key, Node):
            raise UnknownNameError(f"A graph is asked for a node or a name, not {key!r}.")
        if key not in self._members:
            raise UnknownNameError(f"{key} is not part of this graph.{places(key)}")
        return key

    def __contains__(self, key: object) -> bool:
        return key in self.names if isinstance(key, str) else key in self._members

    def way(self, target: Node) -> Way:
        """The way of a derivative of the target back to its parameters; to everything, where it has none."""
        if target not in self._ways:
            way = on_the_way(topological_order([target]), {*self.parameters.values()})
            self._ways[target] = way or on_the_way(topological_order([target]))
        return self._ways[target]

    def bind(self, given: Mapping[str, Any]) -> dict[Node, Any]:
        """The value of every leaf: copies of the inputs, converted and checked; variables and constants as they are."""
        found, axes = self.checked(given)
        copies = {node: array.copy("K") for node, array in found.items()}
        sizes = {node: node.counted({name: size for name, (size, _) in axes.items()}) for node in self._sizes}
        arrays = current_arrays(self.variables.values())
        return {**copies, **self._constants, **sizes, **dict(zip(self.variables.values(), arrays, strict=True))}

    def checked(self, given: Mapping[str, Any]) -> tuple[dict[Node, Any], dict[str, tuple[int, str]]]:
        """The inputs as given, converted and checked, and each named axis with its size and the input that has it."""
        if given.keys() != self.inputs.keys():
            self._refuse(given)
        values: dict[Node, Any] = {}
        sizes: dict[str, tuple[int, str]] = {}
        for name, node in self.inputs.items():
            values[node] = array = as_array(given[name], node.dtype, self._owners[name])
            check_shape(node, array.shape, sizes)
        return values, sizes

    def _refuse(self, given: Mapping[str, Any]) -> NoReturn:
        for name in given.keys() - self.inputs.keys():
            takes = listing(self.inputs) if self.inputs else "none"
            raise UnknownNameError(f"The graph has no input named {name!r}; it takes {takes}.{nearest(name, self.inputs)}")
        missing = [node for name, node in self.inputs.items() if name not in given]
        names = listing(node.name for node in missing)
        raise InputError(f"The graph also needs a value for {names}.{places(*missing)}\n  Give it by name: {missing[0]}=….")

    def __repr__(self) -> str:
        def shown(nodes: Mapping[str, Node]) -> str:
            return ", ".join(f"{name} ({show_shape(node.shape)})" for name, node in nodes.items()) or "nothing"

        operations, elements = len(self.operations), sum(parameter.value.size for parameter in self.parameters.values())
        return f"Graph ({operations} operations, {elements} parameter elements): {shown(self.inputs)} → {shown(self.outputs)}"


def _outputs(*given: NodeLike | Mapping[str, NodeLike]) -> dict[str, Node]:
    outputs: dict[str, Node] = {}
    for i, each in enumerate(given):
        named = each if isinstance(each, Mapping) else {getattr(each, "name", None) or f"output{i or ''}": each}
        for name, output in named.items():
            if not isinstance(output, Node):
                raise GraphError(f"The outputs of a graph are nodes, given as Graph(loss=loss), not {output!r}.")
            if not isinstance(name, str) or not name:
                raise GraphError(f"The name of an output must be a non-empty string, not {name!r}.")
            if outputs.setdefault(name, output) is not output:
                raise GraphError(f"Two outputs of the graph are named {name!r}; give one of them another name.")
    if not outputs:
        raise GraphError("A graph needs at least one output: Graph(loss=loss).")
    return outputs


def check_shape(node: Input, found: tuple[int, ...], sizes: dict[str, tuple[int, str]]) -> None:
    """Raise unless an array of shape `found` fits the input; `sizes` holds the named axes met so far."""
    name = str(node.name)
    fits = len(found) == len(node.shape)
    for axis, size in zip(node.shape, found, strict=False):
        if isinstance(axis, int):
            fits = fits and axis == size
        elif fits and sizes.setdefault(str(axis), (size, name))[0] != size:
            why = f"The axis {axis} is {sizes[str(axis)][0]} in {sizes[str(axis)][1]} and {size} in {name}"
            raise ShapeError(f"{why}: it must be one size in a run.{places(node)}")
    if not fits:
        is_row = node.shape and isinstance(node.shape[0], SymbolicSize) and found == node.shape[1:]
        one_row = f"\n  One row is a batch of one: {name}=[{name}]." if is_row else ""
        why = f"Input {name!r} is {show_shape(node.shape)}, but was given an array of {show_shape(found)}."
        raise ShapeError(f"{why}{places(node)}{one_row}")
