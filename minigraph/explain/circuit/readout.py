"""What a run's circuit shows: every value, the gradient that returns to it, and each wire's contribution to that gradient."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.core.errors import UnreadableRuleError
from minigraph.core.node import Node, NodeLike
from minigraph.core.rules import contributions
from minigraph.core.run import Gradients, Run
from minigraph.core.vjp import is_scalar
from minigraph.explain.circuit.arrays import details, gradient_warning, heatmap, histogram, sizes, summary, value_warning
from minigraph.explain.circuit.style import IMAGE, Line
from minigraph.ops.multi_output import Part
from minigraph.ops.scan import Scan

__all__ = ["Readout", "Shown", "Wire", "asked_output", "contributions_of", "read", "scales_of"]

Wire = tuple[Node, int]
"""The wire to an operation's operand: the operation, and which of its operands."""


@dataclass(frozen=True)
class Shown:
    """What a wire shows of an array: its summary, what is likely to be wrong with it, and an image of it."""

    text: str
    warning: str = ""
    image: tuple[Line, ...] = ()
    """The line that is the image, or none."""
    sizes: tuple[float, ...] = ()
    """How large it is; of what every step of a scan gives, in each step."""


@dataclass(frozen=True)
class Readout:
    """What is shown by node and by wire; a circuit without a run shows none."""

    values: Mapping[Node, Shown] = field(default_factory=dict)
    gradients: Mapping[Node, Shown] = field(default_factory=dict)
    contributions: Mapping[Wire, Any] = field(default_factory=dict)
    """What returns on each wire, as an array."""
    details: Mapping[Node, str] = field(default_factory=dict)
    """What a node's tooltip shows beside the node itself."""
    of: str = ""
    """The name of the output whose gradient it is."""
    images: bool = False
    digits: int = 3

    def warns(self, node: Node) -> bool:
        """Whether something is likely to be wrong with the value of a node, or with its gradient."""
        return any(node in shown and shown[node].warning for shown in (self.values, self.gradients))

    def contribution(self, wires: Iterable[Wire]) -> str:
        """What returns on some wires that are drawn as one, summed; nothing where nothing does."""
        found = [self.contributions[wire] for wire in wires if wire in self.contributions]
        return summary(sum(found), digits=self.digits) if found else ""


def read(run: Run, output: NodeLike | str | None = None, images: bool = False, digits: int = 3) -> Readout:
    """The readout of a run, with the gradient of an output (the first, unless given) if that is a scalar.

    With `images`, matrices are shown as tiny images too.
    """

    def shown(node: Node, array: Any, warning: str, scale: float = 0.0) -> Shown:
        image = heatmap(array) if images else ""
        large = sizes(array, along=of_every_step(node))
        return Shown(summary(array, scale, digits), warning, ((IMAGE, image),) if image else (), large)

    name, target = asked_output(run, output)
    nodes = [node for node in run.graph.nodes if node.dtype.kind != "O"]
    values = {node: shown(node, run[node], value_warning(node, run[node]) if node.operands else "") for node in nodes}
    about = {node: f"value: {_at_length(run[node], values[node].warning)}" for node in nodes}
    gradients = _gradients(run, target, asked=output is not None)
    if gradients is None:
        return Readout(values, details=about, images=images, digits=digits)
    parts = contributions_of(run, gradients)
    scale = scales_of(parts)
    reached = [node for node in gradients if node in values]
    returned = {node: shown(node, gradients[node], gradient_warning(gradients[node]), scale[node]) for node in reached}
    for node in reached:
        about[node] += f"\ngradient of {name}: {_at_length(gradients[node], returned[node].warning)}"
    return Readout(values, returned, parts, about, name, images, digits)


def of_every_step(node: Node) -> bool:
    """Whether a value stacks what every step of a scan gives."""
    scan: Any = node.operands[0] if isinstance(node, Part) else None
    return isinstance(scan, Scan) and node.i >= len(scan.body.carry)  # type: ignore[attr-defined]


def _gradients(run: Run, target: Node, asked: bool) -> Gradients | None:
    """The gradients of an output; of one that nobody asked for by name, none where there are none."""
    if not asked and not is_scalar(target):
        return None
    try:
        return run.backward(target)
    except UnreadableRuleError:
        if asked:
            raise
        return None


def _at_length(array: Any, warning: str) -> str:
    return "\n".join(filter(None, (details(array), warning and f"! {warning}", histogram(array))))


def asked_output(run: Run, output: NodeLike | str | None) -> tuple[str, Node]:
    """The output whose gradient is asked for, with its name: the first, unless one is given."""
    if output is None:
        return next(iter(run.graph.outputs.items()))
    node = run.graph.node(output)
    return (output if isinstance(output, str) else str(node)), node


def scales_of(contributions: Mapping[Wire, Any]) -> dict[Node, float]:
    """The largest number that returns to each node, next to which a sum may be rounding alone."""
    scales: dict[Node, float] = defaultdict(float)
    for (node, i), part in contributions.items():
        operand = node.operands[i]
        scales[operand] = max(scales[operand], float(np.abs(part).max(initial=0.0)))
    return scales


def contributions_of(run: Run, gradients: Gradients) -> dict[Wire, Any]:
    """What returns on each wire: the operation's own rule, applied to the gradient that it received.

    What a part returns to the operation of several values that it is of is left out: it is the gradient of the part.
    """
    found: dict[Wire, Any] = {}
    with np.errstate(all="ignore"):
        for node in gradients:
            if not node.operands or isinstance(node, Part):
                continue
            operands = [run[operand] for operand in node.operands]
            for i, part in enumerate(contributions(node, gradients[node], run[node], operands)):
                if part is not None:
                    found[node, i] = np.asarray(part)
    return found
