"""A run: one forward pass that keeps every value, and the gradients that follow from them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from minigraph.core.errors import InputError, NonFiniteError, OperationError, ShapeError, UnknownNameError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Constant, Node, NodeLike
from minigraph.core.provenance import described, places
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import compute, misfit
from minigraph.core.shapes import show_shape
from minigraph.core.values import as_array
from minigraph.core.vjp import Way, check_scalar, on_the_way, reverse_mode

if TYPE_CHECKING:
    from minigraph.ops.methods import RunMethods  # those that minigraph/__init__.py gives it
else:
    RunMethods = object

__all__ = ["Gradients", "Run", "forward"]


class Gradients(Mapping[Node, Any]):
    """The gradient of one output with respect to every node on the way to it: `gradients[W]`, `gradients["W"]`.

    Each is an array of the node's shape and type, and the caller's own. Those of the parameters are computed at once, and all
    others when one of them is first asked for. Where no path of derivatives leads to a node, such as a constant or labels,
    asking for its gradient is an UnknownNameError.
    """

    def __init__(self, run: "Run", output: Node, cotangent: Any) -> None:
        self.output, self._run, self._cotangent, self._complete = output, run, cotangent, False
        self._arrays = self._computed(run.graph.way(output))

    def _computed(self, way: Way) -> dict[Node, Any]:
        with np.errstate(all="ignore"):
            return reverse_mode(way, self._run.values.__getitem__, self._cotangent)

    def _all(self) -> dict[Node, Any]:
        if not self._complete:
            found, order = self._arrays, topological_order([self.output])
            others = on_the_way(node for node in order if node not in found or node is self.output)
            self._arrays, self._complete = {**self._computed(others), **found}, True
        return self._arrays

    def __getitem__(self, key: NodeLike | str) -> Any:
        node = self._run.graph.node(key)
        if node not in self._arrays and node not in self._all():
            why = "it is a constant" if isinstance(node, Constant) else "no path of derivatives leads there"
            if node.dtype.kind != "f":
                why = f"it holds {node.dtype}, which takes no derivative"
            raise UnknownNameError(f"{self.output} has no gradient with respect to {node}: {why}.{places(node)}")
        value = self._arrays[node]
        if value.dtype == node.dtype:
            return _own(value)
        with np.errstate(all="ignore"):  # of half precision, carried in float32
            return value.astype(node.dtype)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class Run(RunMethods):
    """Every value of a forward pass: `run[z1]`, `run["loss"]`, each the caller's own; `values` are the arrays to be read.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N",))
    >>> run = mg.Graph(total=(x * x).sum()).forward(x=[1, 2, 3])
    >>> float(run["total"]), run.backward()["x"]
    (14.0, array([2., 4., 6.], dtype=float32))
    """

    def __init__(self, graph: Graph, values: dict[Node, Any]) -> None:
        self.graph, self.values = graph, values

    def __getitem__(self, key: NodeLike | str) -> Any:
        return _own(self.values[self.graph.node(key)])

    def __setitem__(self, key: NodeLike | str, value: Any) -> NoReturn:
        node = self.graph.node(key)
        remedy = f", with {node}.value = …" if isinstance(node, Variable) else f", with {node}=…" * isinstance(node, Input)
        why = f"A run is what was computed, and {node} cannot be set in it."
        raise OperationError(f"{why}{places(node)}\n  Compute another run{remedy}.")

    def __repr__(self) -> str:
        return f"Run of {self.graph!r}"

    def backward(self, output: NodeLike | str | None = None, cotangent: Any = None) -> Gradients:
        """The gradient of an output with respect to every node on the way to it, by reverse-mode differentiation.

        Parameters
        ----------
        output
            A node or its name: the graph's first output, unless given.
        cotangent
            The derivative of what follows the output, of its shape. A scalar needs none.

        Raises
        ------
        GraphError
            Where the output is not a scalar and no cotangent is given.
        ShapeError, DTypeError
            Where the cotangent is not of the output's shape, or the output takes no derivative.
        """
        target = self.graph.node(next(iter(self.graph.outputs)) if output is None else output)
        return Gradients(self, target, self._cotangent(target, cotangent))

    def _cotangent(self, target: Node, cotangent: Any) -> Any:
        value = self.values[target]
        if cotangent is None:
            check_scalar(target)
            return np.asarray(1, target.dtype).reshape(value.shape)
        array = np.array(as_array(cotangent, target.dtype, f"The cotangent of {target}"))
        if array.shape != value.shape:
            why = f"The cotangent of {target} must have its shape, {show_shape(value.shape)}"
            raise ShapeError(f"{why}, not {show_shape(array.shape)}.")
        return array


def _own(value: Any) -> Any:
    """A copy, unless it is a number that cannot change: what the caller does with it changes no gradient of the run."""
    return value.copy("K") if isinstance(value, np.ndarray) else value


# With `check: bool`, a type checker would refuse forward(**arrays): it takes each of them for the option.
def forward(graph: Graph, /, *unnamed: Any, check: Any = False, **inputs: Any) -> Run:
    """Compute every node once.

    What is given is copied, and so is what the run gives: whatever becomes of either, its gradients stay what they are.

    Parameters
    ----------
    **inputs
        An array for each input, by its name; it is converted to the input's type.
    check
        Whether to raise for the first node whose value is not finite, or not of the sizes that were inferred for it.

    Raises
    ------
    InputError, UnknownNameError, ShapeError, DTypeError
        Where an input is missing, unknown or does not fit.
    NonFiniteError
        With `check`, for the first value that is not finite.
    """
    if unnamed:
        example = ", ".join(f"{name}=…" for name in graph.inputs)
        raise InputError(f"The inputs of a run are given by name: graph.forward({example}).")
    values = graph.bind(inputs)
    value = values.__getitem__
    with np.errstate(all="ignore"):
        for node in graph.nodes if check else graph.operations:
            if node.operands:
                values[node] = compute(node, list(map(value, node.operands)))
            if check:
                _check_value(node, values)
    return Run(graph, values)


def _check_value(node: Node, values: Mapping[Node, Any]) -> None:
    """Raise where the value is not of the sizes that were inferred for it, or is not finite."""
    value = values[node]
    if any(isinstance(axis, int) and axis != size for axis, size in zip(node.shape, value.shape, strict=True)):
        raise misfit(node, value)
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        bad = tuple(map(int, np.argwhere(~np.isfinite(value))[0]))
        found = "".join(
            f"\n  {described(operand)}: from {values[operand].min()!s} to {values[operand].max()!s}"
            for operand in node.operands
            if values[operand].size
        )
        at = f" at {list(bad)}" if bad else ""
        raise NonFiniteError(f"{described(node)} is {value[bad]}{at}.{places(node)}{found}")
