"""Backpropagation step by step: what the graph's order and the traversal back compute, one record for each.

The page and the text mode show the same records. Their numbers are those of the run, and their mathematics is read from the
rules that gave them. The chain rule is also worked out for one element of a gradient, as upstream gradients times local
derivatives.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Any

from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node, NodeLike
from minigraph.core.rewriting import topological_order
from minigraph.core.run import Gradients, Run
from minigraph.core.vjp import is_scalar
from minigraph.explain.circuit.naming import node_ids
from minigraph.explain.circuit.readout import Wire, asked_output, contributions_of
from minigraph.readings import definition, formula, local_derivative, names_of
from minigraph.readings.invented import first_alike
from minigraph.readings.letters import distinct_name, exact_number, in_letters

__all__ = ["Step", "blocks_of", "steps_of"]

LONGEST = 24
"""Up to how many letters of its formula an unnamed node is called by."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a run, forward or back.

    Its `kind` is `given` for a leaf, `value` for what an operation computes, `cotangent` for the gradient that the traversal
    starts with, `contribution` for what an operation's rule returns on the wire to an operand, and `sum` for the gradient of a
    value to which several contributions return.
    """

    kind: str
    node: Node
    """Whose value or gradient it is; of a contribution, the operand that receives it."""
    name: str
    """What the result is called: `z1`, `∂loss/∂z1`."""
    rule: str
    """The mathematics that gives the result, read from the node's rule."""
    result: Any
    wire: Wire | None = None
    """Of a contribution: the operation whose rule gives it, and to which of its operands."""

    @property
    def forward(self) -> bool:
        """Whether it is a step of the forward pass."""
        return self.kind in ("given", "value")


def steps_of(run: Run, output: NodeLike | str | None = None) -> list[Step]:
    """Every step of a run and of the way back from an output: the first, unless given.

    A first output that is no scalar has no gradient of its own: the steps then end with the forward pass.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> run = mg.Graph(y=mg.Tanh(2 * x, name="a")).forward(x=0.5)
    >>> for step in steps_of(run):
    ...     print(f"{step.kind:12} {step.name} = {step.rule or step.result}")
    given        2 = 2.0
    given        x = 0.5
    value        2 · x = 2 · x
    value        a = tanh(2 · x)
    cotangent    ∂y/∂a = 1
    contribution ∂y/∂(2 · x) = ∂y/∂a ⊙ (1 − a²)
    contribution ∂y/∂x = ∂y/∂(2 · x) ⊙ 2
    """
    labels, names = _labels(run.graph), names_of(run.graph)
    steps = [Step("given", node, labels[node], "", run[node]) for node in run.graph.nodes if not node.operands]
    steps += [Step("value", node, labels[node], definition(node, names), run[node]) for node in run.graph.operations]
    name, target = asked_output(run, output)
    if output is None and not is_scalar(target):
        return steps
    return steps + _back(run, name, run.backward(target), labels)


def _back(run: Run, of: str, gradients: Gradients, labels: Mapping[Node, str]) -> list[Step]:
    """The steps back, in the order of the traversal: an operation's wires once all of its own gradient is there."""
    results, names = contributions_of(run, gradients), names_of(run.graph)
    called = {node: f"∂{of}/∂{label if label.isidentifier() else f'({label})'}" for node, label in labels.items()}
    counts = Counter(node.operands[i] for node, i in results)
    missing = dict(counts)
    target = gradients.output
    steps = [Step("cotangent", target, called[target], "1", gradients[target])]
    for node in reversed(topological_order([target])):
        for i, operand in enumerate(node.operands):
            if (node, i) not in results:
                continue
            count, rule = counts[operand], _filled(local_derivative(node, i, names) or "", called[node])
            several = f", by way of {labels[node]}" if count > 1 else ""
            steps.append(Step("contribution", operand, called[operand] + several, rule, results[node, i], (node, i)))
            missing[operand] -= 1
        for operand in dict.fromkeys(node.operands):
            if counts[operand] > 1 and not missing[operand]:
                rule = f"the sum of the {counts[operand]} contributions that return"
                steps.append(Step("sum", operand, called[operand], rule, gradients[operand]))
                del counts[operand]
    return steps


def _filled(local: str, upstream: str) -> str:
    """The local derivative with the gradient that returns in the place of its hole."""
    return re.sub("□(?=[ᵀ²³^[])", f"({upstream})", local).replace("□", upstream)


def _labels(graph: Graph) -> dict[Node, str]:
    """What each node is called: by its name, or an output's, or its formula; by its kind and number where that is long.

    What is computed again is called so: s, again.
    """
    outputs = {node: name for name, node in reversed(graph.outputs.items())}
    ids, names = node_ids(graph), names_of(graph)
    own = {node: str(node.name or outputs[node]) for node in graph.nodes if node.name or node in outputs}
    labels = {node: in_letters(distinct_name(name, names.values())) for node, name in own.items()}
    taken, first, times = set(labels.values()), first_alike(graph), Counter[Node]()
    for node in graph.nodes:
        if node not in labels and node.operands and first[node] is not node:
            times[first[node]] += 1
            more = f" ({times[first[node]]})" if times[first[node]] > 1 else ""
            labels[node] = f"{labels[first[node]]}, again{more}"
        elif node not in labels:
            short = _short(node, names)
            labels[node] = ids[node] if not short or (short in taken and node.operands) else short
        taken.add(labels[node])
    return labels


def _short(node: Node, names: Mapping[Any, str]) -> str:
    """The formula, number or name of a node that nobody named, or nothing where it is too long to be a name."""
    text = (
        exact_number(node.given, node.value)
        if isinstance(node, Constant) and node.value.size == 1
        else formula(node, names=names)
    )
    return text if len(text) <= LONGEST and "…" not in text else ""


def blocks_of(steps: Sequence[Step]) -> list[tuple[tuple[str, ...], int, int]]:
    """The blocks that a run passes through: each one's path, and the numbers of its first and its last step, from 1.

    A step belongs to the blocks of the operation whose rule gives it; a sum to those that all of its contributions come from.
    A block of one step is that step. The outer ones come first; what is given has no number.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> with mg.blocks.block("squares"):
    ...     squares = 2 * (x * x)
    >>> blocks_of(steps_of(mg.Graph(y=mg.Tanh(squares)).forward(x=0.5)))
    [(('squares',), 1, 2), (('squares',), 6, 9)]
    """
    by = [step for step in steps if step.wire]
    paths = [_path(step, by) for step in steps if step.kind != "given"]
    found = [block for level in range(1, max(map(len, paths), default=0) + 1) for block in _blocks_at(paths, level)]
    return sorted(found, key=lambda block: (block[1], -block[2], len(block[0])))


def _path(step: Step, contributions: Sequence[Step]) -> tuple[str, ...]:
    if step.kind == "sum":
        paths = zip(*(_path(each, ()) for each in contributions if each.node is step.node), strict=False)
        return tuple(names[0] for names in takewhile(lambda names: len({*names}) == 1, paths))
    if step.kind == "cotangent":
        return ()
    return step.wire[0].block if step.wire else step.node.block


def _blocks_at(paths: Sequence[tuple[str, ...]], level: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """The runs of two and more steps that are in one block of a level."""
    for path, group in groupby(enumerate(paths, 1), lambda each: each[1][:level]):
        numbers = [number for number, _ in group]
        if len(path) == level and len(numbers) > 1:
            yield path, numbers[0], numbers[-1]
