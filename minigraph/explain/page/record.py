"""What the page is told: the nodes, the steps and, for each snapshot of the parameters, every array."""

import copy
import inspect
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from minigraph.core.errors import InputError, UnknownNameError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.core.numpy_protocol import spelled
from minigraph.core.run import Run, forward
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.circuit import keys_of
from minigraph.explain.circuit.look import kind_of
from minigraph.explain.circuit.readout import read
from minigraph.explain.circuit.summary import summary
from minigraph.explain.derivation import gradients_written
from minigraph.explain.page.arrays import array_record, window
from minigraph.explain.page.boundary import boundary_record
from minigraph.explain.page.steps import Step, steps_of
from minigraph.explain.page.worked import Worked, added_element, worked_element

__all__ = ["page_record", "with_parameters"]


def page_record(run: Run, output: Node | str | None, snapshots: Mapping[str, Run]) -> dict[str, Any]:
    """Everything that the page tells of a run, ready for JSON; the last of the snapshots is the run itself."""
    keys, steps = keys_of(run.graph), steps_of(run, output)
    target = next((step.node for step in steps if step.kind == "cotangent"), None)
    written = {} if target is None else gradients_written(run.graph, target)
    return {
        "nodes": {keys[step.node]: _node(step, keys, written.get(step.node, "")) for step in steps if step.forward},
        "code": _code(run.graph.operations),
        "steps": [_step(step, keys) for step in steps if step.kind != "given"],
        "snapshots": [_snapshot(label, each, output, keys) for label, each in snapshots.items()],
        "of": next((step.name.split("/")[0].removeprefix("∂") for step in steps if step.kind == "cotangent"), ""),
        "outputs": {f"output-{i}": keys[node] for i, node in enumerate(run.graph.outputs.values())},
    }


def _node(step: Step, keys: Mapping[Node, str], gradient: str) -> dict[str, Any]:
    """A node as its own step tells it, with where it comes from, and its gradient as it is written out."""
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
        "operands": [keys[operand] for operand in node.operands],
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
        return text if cls.ufunc is None else text.replace("self.ufunc", spelled(cls.ufunc))
    except (OSError, TypeError):
        return "# Its source is in no file: it was made while a program ran."


def _step(step: Step, keys: Mapping[Node, str]) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": step.kind, "node": keys[step.node], "name": step.name, "rule": step.rule}
    if step.wire:
        record |= {"by": keys[step.wire[0]], "operand": step.wire[1]}
    return record


def _snapshot(label: str, run: Run, output: Node | str | None, keys: Mapping[Node, str]) -> dict[str, Any]:
    """Every array of a run: values and gradients by node, and what each step back gives."""
    readout, steps = read(run, output), steps_of(run, output)
    back = [step for step in steps if not step.forward]
    gradients: Mapping[Node, Any] = run.backward(back[0].node) if back else {}
    bringing = Counter(step.node for step in back if step.kind == "share")
    record: dict[str, Any] = {
        "label": label,
        "values": {keys[node]: array_record(run[node], readout.values.get(node, "")) for node in run.graph.nodes},
        "gradients": {keys[node]: array_record(gradients[node], readout.gradients[node]) for node in gradients},
        "shares": {},
        "worked": {},
    }
    for step in back:
        if step.wire:
            wire = f"{keys[step.wire[0]]} {step.wire[1]}"
            if bringing[step.node] > 1:
                record["shares"][wire] = array_record(step.result, readout.shares[step.wire])
            worked = worked_element(run, gradients, step.wire, step.result, window(step.result.shape))
        elif step.kind == "sum":
            wire = f"{keys[step.node]} sum"
            shares = [other.result for other in back if other.kind == "share" and other.node is step.node]
            worked = added_element(step.result, shares, window(step.result.shape))
        else:
            continue
        if worked:
            record["worked"][wire] = _worked(worked)
    plane = boundary_record(run)
    return record | ({"plane": plane} if plane else {})


def _worked(worked: Worked) -> dict[str, Any]:
    return {
        "at": list(worked.place),
        "result": worked.result,
        "told": str(worked),
        "terms": [
            {"at": list(t.place), "upstream": t.upstream, "local": t.local, "told": [summary(t.upstream), summary(t.local)]}
            for t in worked.terms
        ],
        "others": worked.others,
        "rest": worked.rest,
    }


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
    return Run(run.graph, {node: again[twin] for node, twin in zip(run.graph.nodes, graph.nodes, strict=True)})
