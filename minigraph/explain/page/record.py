"""What the page holds: the nodes and the steps, the graph as a program, and the arrays that its leaves have.

All else the page computes: values, gradients, what returns on each wire, a training's updates, and the plane of a classifier of
points. What no data says is there as it was in the run.
"""

import copy
import inspect
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigraph.core.errors import InputError, UnknownNameError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Node, NodeLike
from minigraph.core.numpy_protocol import numpy_name
from minigraph.core.run import Run, forward
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.circuit.naming import node_ids
from minigraph.explain.circuit.readout import scales_of
from minigraph.explain.circuit.view import kind_of
from minigraph.explain.derivation import gradients_written
from minigraph.explain.numeric import value_of
from minigraph.explain.page.backward import Backward
from minigraph.explain.page.program import Program, array_data
from minigraph.explain.page.steps import Step, blocks_of, steps_of
from minigraph.ops.cross_entropy import SoftmaxCrossEntropy
from minigraph.ops.modes import checked_updates
from minigraph.ops.softmax import Softmax

__all__ = ["page_record", "page_updates", "with_parameters"]


def page_record(
    run: Run, output: NodeLike | str | None, snapshots: Mapping[str, Run], updates: Mapping[Variable, Node]
) -> dict[str, Any]:
    """Everything that the page holds of a run, ready for JSON; the last of the snapshots is the run itself.

    The outputs of its program are `value ID`, `gradient ID` and `contribution ID OPERAND`, by the nodes' names in the drawing,
    `update NAME` by variables' own, and `plane`.
    """
    ids, steps = node_ids(run.graph), steps_of(run, output)
    target = next((step.node for step in steps if step.kind == "cotangent"), None)
    written = {} if target is None else gradients_written(run.graph, target)
    back, plane = Backward(run.graph, target, steps, updates), plane_of(run)
    outputs = {f"value {ids[node]}": node for node in run.graph.nodes if node.dtype.kind != "O"}
    outputs |= {f"gradient {ids[node]}": found for node, found in back.gradients.items()}
    outputs |= {f"contribution {ids[node]} {i}": found for (node, i), found in back.contributions.items()}
    outputs |= {f"update {variable.name}": new for variable, new in back.updates.items()}
    program = Program(outputs | ({"plane": plane[0]} if plane else {}), separate=back.gradients.values())
    shown = _shown(steps, ids)
    own = [leaf for leaf in program.leaves if leaf not in run.values and isinstance(leaf, Variable)]  # an optimizer's
    arrays = {leaf: run.values[leaf] for leaf in program.leaves if leaf in run.values} | {leaf: leaf.value for leaf in own}
    unread = {key: program.unread(key) for key in shown if key not in outputs}
    return {
        "nodes": {ids[step.node]: _node(step, ids, written.get(step.node, "")) for step in steps if step.forward},
        "code": _code(run.graph.operations),
        "takes": {type(node).__name__: node.operand_names for node in run.graph.operations},
        "steps": [_step(step, ids) for step in steps if step.kind != "given"],
        "blocks": [{"path": path, "first": first, "last": last} for path, first, last in blocks_of(steps)],
        "of": next((step.name.split("/")[0].removeprefix("∂") for step in steps if step.kind == "cotangent"), ""),
        "outputs": {f"output-{i}": ids[node] for i, node in enumerate(run.graph.outputs.values())},
        "drawn": {key: summary(array, scale) for key, (array, scale) in shown.items()},
        "program": program.data,
        "leaves": {leaf.name: array_data(found) for leaf, found in arrays.items()},
        "snapshots": [
            {
                "label": label,
                "leaves": _changed(each, run),
                "recorded": _recorded(each, program, unread, output, ids),
            }
            for label, each in snapshots.items()
        ],
        "plane": plane and {"points": plane[1].name, "labels": plane[2].name},
        "training": {
            "loss": f"value {ids[target]}" if target is not None else "",
            "rate": back.rate,
            "updates": {variable.name: f"update {variable.name}" for variable in back.updates},
        },
    }


def _changed(run: Run, last: Run) -> dict[str, Any]:
    """The variables' arrays in a run where they are not those of the last."""
    variables = run.graph.variables.items()
    changed = {name: run.values[each] for name, each in variables if run.values[each].tobytes() != last.values[each].tobytes()}
    return {name: array_data(array) for name, array in changed.items()}


def _shown(steps: Iterable[Step], ids: Mapping[Node, str]) -> dict[str, tuple[Any, float]]:
    """Each array that the page shows, by the name of the program's output, with the size next to which it may be rounding."""
    back = {step.wire: step.result for step in steps if step.wire}
    counts, scales = Counter(node.operands[i] for node, i in back), scales_of(back)
    shown: dict[str, tuple[Any, float]] = {}
    for step in steps:
        if step.wire and counts[step.node] > 1:
            shown[f"contribution {ids[step.wire[0]]} {step.wire[1]}"] = step.result, 0.0
        elif step.result.dtype.kind != "O":
            kind = "value" if step.forward else "gradient"
            shown[f"{kind} {ids[step.node]}"] = step.result, 0.0 if step.forward else scales.get(step.node, 0.0)
    return shown


def _recorded(
    run: Run, program: Program, unread: Mapping[str, int], output: NodeLike | str | None, ids: Mapping[Node, str]
) -> dict[int, Any]:
    """The arrays of a run that the page does not compute, by their numbers in the program."""
    found = {program.numbers[node]: value_of(node, run.values) for node in program.recorded}
    if unread:
        shown = _shown(steps_of(run, output), ids)
        found |= {number: shown[key][0] for key, number in unread.items()}
    return {number: _data(each) for number, each in found.items()}


def _data(found: Any) -> Any:
    """An array as data, or a list of several."""
    return [*map(array_data, found)] if isinstance(found, tuple) or found.dtype.kind == "O" else array_data(found)


def _node(step: Step, ids: Mapping[Node, str], gradient: str) -> dict[str, Any]:
    """A node as its own step shows it, with where it comes from, and its gradient as it is written out."""
    node = step.node
    kind = kind_of(node)
    return {
        "name": step.name,
        "kind": kind,
        "operation": type(node).__name__,
        "about": _first_words(type(node)) if kind == "operation" else "",
        "formula": step.rule,
        "gradient": gradient,
        "shape": show_shape(node.shape),
        "dtype": str(node.dtype),
        "line": node.line,
        "leaf": node.name if isinstance(node, Input | Variable) else "",
        "operands": [ids[operand] for operand in node.operands],
        "attributes": [f"{key} = {getattr(node, key)!r}" for key in node.attributes if getattr(node, key) is not None],
    }


def _first_words(kind: type) -> str:
    """The first paragraph of what a class says of itself, on one line."""
    return (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ").replace("`", "")


def _code(nodes: Iterable[Node]) -> dict[str, dict[str, str]]:
    """The source of both rules of each operation, as its class has them."""
    classes = {type(node).__name__: type(node) for node in nodes}
    return {name: {rule: _source(cls, rule) for rule in ("forward", "backward")} for name, cls in classes.items()}


def _source(cls: type[Node], rule: str) -> str:
    try:
        text = textwrap.dedent(inspect.getsource(getattr(cls, rule))).rstrip()
        return text if cls.ufunc is None else text.replace("self.ufunc", numpy_name(cls.ufunc))
    except (OSError, TypeError):
        return "# Its source is in no file: it was made while a program ran."


def _step(step: Step, ids: Mapping[Node, str]) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": step.kind, "node": ids[step.node], "name": step.name, "rule": step.rule}
    if step.wire:
        record |= {"by": ids[step.wire[0]], "operand": step.wire[1]}
    return record


def with_parameters(run: Run, label: str, parameters: Mapping[str, ArrayLike]) -> Run:
    """The same graph on the same inputs, with other values for its variables."""
    graph: Graph = copy.deepcopy(run.graph)
    if not isinstance(parameters, Mapping):
        raise InputError(f"The snapshot {label!r} is a mapping of variables' names to arrays, not {type(parameters).__name__}.")
    for name, value in parameters.items():
        if name not in graph.variables:
            raise UnknownNameError(
                f"The snapshot {label!r} has a value for {name!r}, but the graph's variables are {listing(graph.variables)}."
                f"{nearest(name, graph.variables)}"
            )
        graph.variables[name].value = value
    again = forward(graph, **{name: run[node] for name, node in run.graph.inputs.items()})
    return Run(run.graph, {node: again[copied] for node, copied in zip(run.graph.nodes, graph.nodes, strict=True)})


def page_updates(graph: Graph, updates: Mapping[Variable, NodeLike] | None) -> dict[Variable, Node]:
    """The updates of a training, found to be new values of variables that follow from the graph's own inputs."""
    found = checked_updates(graph, updates)
    taken = Graph(graph.outputs, {f"new {variable.name}": new for variable, new in found.items()}).inputs
    for name in taken.keys() - graph.inputs.keys():
        raise InputError(f"The updates take the input {name!r}, which the run was not given: it has {listing(graph.inputs)}.")
    return found


def plane_of(run: Run) -> tuple[Node, Node, Node] | None:
    """The probabilities of a classifier of points in the plane, the points, and their labels; None for any other graph."""
    found = [node for node in run.graph.nodes if isinstance(node, SoftmaxCrossEntropy)]
    if len(found) != 1 or found[0].axis != 1 or not isinstance(found[0].operands[1], Input):
        return None
    scores, labels = found[0].operands
    probabilities = Softmax(scores, axis=found[0].axis)
    graph = Graph(probabilities=probabilities)
    points = next(iter(graph.inputs.values()), None)
    if points is None or len(graph.inputs) > 1 or points.shape[1:] != (2,) or labels.shape != points.shape[:1]:
        return None
    x, classes = run.values[points], probabilities.shape[1] if probabilities.ndim == 2 else 0
    if (
        not isinstance(classes, int)
        or not 2 <= classes <= MOST_CLASSES
        or isinstance(points.shape[0], int)
        or not x.size
        or not np.isfinite(x).all()
    ):
        return None
    return probabilities, points, labels


MOST_CLASSES = 8
"""As many as there are colours."""
