"""What a run's circuit says: every value, the gradient that returns to it, and each wire's share of that gradient."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.core.errors import UnreadableRuleError
from minigraph.core.node import Constant, Node, NodeLike
from minigraph.core.opaque import contributions
from minigraph.core.run import Gradients, Run
from minigraph.explain.circuit.arrays import details, gradient_marks, heatmap, histogram, summary, value_marks

__all__ = ["Readout", "Wire", "asked_output", "read", "shares_of_run"]

Wire = tuple[Node, int]
"""The wire to an operation's operand: the operation, and which of its operands."""


@dataclass(frozen=True)
class Readout:
    """Summaries by node and by wire; a circuit without a run has none."""

    values: Mapping[Node, str] = field(default_factory=dict)
    gradients: Mapping[Node, str] = field(default_factory=dict)
    shares: Mapping[Wire, str] = field(default_factory=dict)
    details: Mapping[Node, str] = field(default_factory=dict)
    of: str = ""
    """The name of the output whose gradient it is."""
    returned: Mapping[Wire, Any] = field(default_factory=dict)
    """The shares as arrays."""
    marks: Mapping[Node, list[str]] = field(default_factory=dict)
    """What may be wrong with a value, and below with the gradient that returns to it."""
    gradient_marks: Mapping[Node, list[str]] = field(default_factory=dict)
    images: Mapping[Node, str] = field(default_factory=dict)
    gradient_images: Mapping[Node, str] = field(default_factory=dict)

    def share(self, wires: Iterable[Wire]) -> str:
        """What returns on some wires that are drawn as one: the sum of their shares, or nothing where none has any."""
        some = [wire for wire in wires if wire in self.shares]
        return self.shares[some[0]] if len(some) == 1 else summary(sum(self.returned[wire] for wire in some)) if some else ""


def read(run: Run, output: NodeLike | str | None = None, images: bool = False) -> Readout:
    """The readout of a run, with the gradient of an output: the first, unless given, if that is a scalar.

    With `images`, matrices are told as tiny images too.
    """
    name, target = asked_output(run, output)
    nodes = [node for node in run.graph.nodes if node.dtype.kind != "O"]
    values = {node: summary(run[node]) for node in nodes}
    about = {node: f"value: {details(run[node])}{_bars(run[node])}" for node in nodes}
    marks = {node: value_marks(node, run[node]) for node in nodes if node.operands}
    pictures = {node: heatmap(run[node]) for node in nodes if images}
    gradients = _gradients(run, target, asked=output is not None)
    if gradients is None:
        return Readout(values, details=about, marks=marks, images=pictures)
    shares = shares_of_run(run, gradients)
    scale: dict[Node, float] = {}
    for (node, i), share in shares.items():
        operand = node.operands[i]
        scale[operand] = max(scale.get(operand, 0.0), float(np.abs(share).max(initial=0.0)))
    for node in gradients:
        about[node] += f"\ngradient of {name}: {details(gradients[node])}{_bars(gradients[node])}"
    return Readout(
        values,
        {node: summary(gradients[node], scale.get(node, 0.0)) for node in gradients},
        {wire: summary(share) for wire, share in shares.items()},
        about,
        name,
        shares,
        marks,
        {node: gradient_marks(gradients[node]) for node in gradients},
        pictures,
        {node: heatmap(gradients[node]) for node in gradients if images},
    )


def _gradients(run: Run, target: Node, asked: bool) -> Gradients | None:
    """The gradients of an output; of one that nobody asked for by name, none where there are none."""
    if not asked and (target.dtype.kind != "f" or any(axis != 1 for axis in target.shape)):
        return None
    try:
        return run.backward(target)
    except UnreadableRuleError:
        if asked:
            raise
        return None


def _bars(value: Any) -> str:
    bars = histogram(value)
    return f"\n{bars}" if bars else ""


def asked_output(run: Run, output: NodeLike | str | None) -> tuple[str, Node]:
    """The output whose gradient is asked for, with its name: the first, unless one is given."""
    if output is None:
        return next(iter(run.graph.outputs.items()))
    node = run.graph.node(output)
    return (output if isinstance(output, str) else str(node)), node


def shares_of_run(run: Run, gradients: Gradients) -> dict[Wire, Any]:
    """What returns on each wire: the operation's own rule, applied to the gradient that it received."""
    shares: dict[Wire, Any] = {}
    with np.errstate(all="ignore"):
        for node in gradients:
            if not node.operands:
                continue
            operands = [run[operand] for operand in node.operands]
            for i, share in enumerate(contributions(node, gradients[node], run[node], operands)):
                if share is not None and not isinstance(node.operands[i], Constant):
                    shares[node, i] = np.asarray(share)
    return shares
