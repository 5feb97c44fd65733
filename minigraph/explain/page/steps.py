"""Backpropagation told step by step: what the graph's order and the traversal back compute, one record for each.

The page and the text mode tell the same records. Their numbers are those of the run, and their mathematics is read from the
rules that gave them.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node
from minigraph.core.rewrite import altered
from minigraph.core.run import Gradients, Run
from minigraph.explain.circuit.circuit import keys_of
from minigraph.explain.circuit.readout import Wire, asked_output, shares_of_run
from minigraph.readings import formula, local_derivative, names_of
from minigraph.readings.letters import number_said

__all__ = ["Step", "differentiable", "labels_of", "rule_of", "steps_of"]

LONGEST = 24
"""Up to how many letters of its formula an unnamed node is called by."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a run, forward or back.

    Its `kind` is `given` for a leaf, `value` for what an operation computes, `cotangent` for the gradient that the traversal
    starts with, `share` for what an operation's rule returns on the wire to an operand, and `sum` for the gradient of a
    value to which several shares return.
    """

    kind: str
    node: Node
    """Whose value or gradient it is; of a share, the operand that receives it."""
    name: str
    """What the result is called: `z1`, `∂loss/∂z1`."""
    rule: str
    """The mathematics that gives the result, read from the node's rule."""
    result: Any
    wire: Wire | None = None
    """Of a share: the operation whose rule gives it, and to which of its operands."""

    @property
    def forward(self) -> bool:
        """Whether it is a step of the forward pass."""
        return self.kind in ("given", "value")


def steps_of(run: Run, output: Node | str | None = None) -> list[Step]:
    """Every step of a run and of the way back from an output: the first, unless given.

    A first output that is no scalar has no gradient of its own: the steps then end with the forward pass.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> run = mg.Graph(y=mg.Tanh(2 * x, name="a")).forward(x=0.5)
    >>> for step in steps_of(run):
    ...     print(f"{step.kind:6} {step.name} = {step.rule or step.result}")
    given  2 = 2.0
    given  x = 0.5
    value  2 · x = 2 · x
    value  a = tanh(2 · x)
    cotangent   ∂y/∂a = 1
    share  ∂y/∂(2 · x) = ∂y/∂a ⊙ (1 − a²)
    share  ∂y/∂x = ∂y/∂(2 · x) ⊙ 2
    """
    labels = labels_of(run.graph)
    steps = [Step("given", node, labels[node], "", run[node]) for node in run.graph.nodes if not node.operands]
    named = names_of(run.graph.nodes)
    steps += [Step("value", node, labels[node], rule_of(node, named), run[node]) for node in run.graph.operations]
    name, target = asked_output(run, output)
    if output is None and not differentiable(target):
        return steps
    return steps + _back(run, name, run.backward(target), labels)


def differentiable(target: Node) -> bool:
    """Whether an output is one real number, whose gradient needs no cotangent."""
    return target.dtype.kind == "f" and all(axis == 1 for axis in target.shape)


def _back(run: Run, of: str, gradients: Gradients, labels: Mapping[Node, str]) -> list[Step]:
    """The steps back, in the order of the traversal: an operation's wires once all of its own gradient is there."""
    shares, named = shares_of_run(run, gradients), names_of(run.graph.nodes)
    called = {node: f"∂{of}/∂{label if label.isidentifier() else f'({label})'}" for node, label in labels.items()}
    bringing = Counter(node.operands[i] for node, i in shares)
    brought: Counter[Node] = Counter()
    target = gradients.output
    steps = [Step("cotangent", target, called[target], "1", gradients[target])]
    for node in reversed(run.graph.order(target)):
        for i, operand in enumerate(node.operands):
            if (node, i) not in shares:
                continue
            local = local_derivative(node, i, named) or ""
            several = f", by way of {labels[node]}" if bringing[operand] > 1 else ""
            steps.append(
                Step("share", operand, called[operand] + several, _filled(local, called[node]), shares[node, i], (node, i))
            )
            brought[operand] += 1
            if brought[operand] == bringing[operand] > 1:
                rule = f"the sum of the {bringing[operand]} shares that return"
                steps.append(Step("sum", operand, called[operand], rule, gradients[operand]))
    return steps


def _filled(local: str, upstream: str) -> str:
    """The local derivative with the gradient that returns in the place of its hole."""
    return re.sub("□(?=[ᵀ²³^[])", f"({upstream})", local).replace("□", upstream)


def labels_of(graph: Graph) -> dict[Node, str]:
    """What each node is called: by its name, or an output's, or its formula; by its kind and number where that is long."""
    outputs = {node: name for name, node in reversed(graph.outputs.items())}
    keys, names = keys_of(graph), names_of(graph.nodes)
    labels = {node: str(node.name or outputs[node]) for node in graph.nodes if node.name or node in outputs}
    taken = set(labels.values())
    for node in graph.nodes:
        if node not in labels:
            short = _short(node, names)
            labels[node] = keys[node] if not short or (short in taken and node.operands) else short
            taken.add(labels[node])
    return labels


def _short(node: Node, names: Mapping[Any, str]) -> str:
    """The formula, number or name of a node that nobody named, or nothing where it is too long to be a name."""
    text = number_said(node.value) if isinstance(node, Constant) and node.value.size == 1 else formula(node, names=names)
    return text if len(text) <= LONGEST and "…" not in text else ""


def rule_of(node: Node, names: Mapping[Any, str] | None = None) -> str:
    """The mathematics of a node's value, in terms of the named nodes before it, whatever its own name is.

    >>> import minigraph as mg
    >>> rule_of(mg.Tanh(mg.Input("z1", ("N", 500)), name="a1"))
    'tanh(z1)'
    """
    return formula(altered(node, name=None), names={key: name for key, name in (names or {}).items() if name != node.name})
