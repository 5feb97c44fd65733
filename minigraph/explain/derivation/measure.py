"""A derivation in numbers: the value of each expression as it is written, beside what finite differences find."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.explain.derivation.trace import Traced
from minigraph.graph import Graph
from minigraph.node import Constant, Node
from minigraph.readings import Expression, evaluate
from minigraph.reverse import topological_order
from minigraph.rules import compute
from minigraph.run import Run

__all__ = ["Measured", "Slope", "measure"]

MOST = 100_000
"""Up to how many operations are computed again for finite differences; beyond, the last gradient alone is checked."""

STEP = 1e-6
"""How far a value is moved along a direction, relative to its middle element: a few may be huge, as what a mask leaves out."""


VISIBLE = 1e-4
"""From which relative distance on two slopes are told apart."""


@dataclass(frozen=True)
class Slope:
    """How fast the output changes as a value moves along a random direction, each element by a normal number."""

    by_formula: float
    by_differences: float
    sides: tuple[float, float] = (0.0, 0.0)
    """The differences ahead and behind, whose mean `by_differences` is."""

    @property
    def at_kink(self) -> bool:
        """Whether the two differ because the sides do, as at the 0 of a relu, where a rule has to choose."""
        ahead, behind = self.sides
        return self.error > VISIBLE and abs(ahead - behind) > VISIBLE * max(abs(ahead), abs(behind))

    @property
    def error(self) -> float:
        """The distance of the two, relative to the larger."""
        return abs(self.by_formula - self.by_differences) / max(abs(self.by_formula), abs(self.by_differences), 1e-300)


@dataclass(frozen=True)
class Measured:
    """The values of the expressions of a derivation, by the node that each defines or is the gradient of."""

    values: Mapping[Node, Any]
    gradients: Mapping[Node, Any]
    slopes: Mapping[Node, Slope]
    whole: Any = None
    """The value of the gradient's one expression, where there is one."""


def measure(run: Run, traced: Traced) -> Measured:
    """Evaluate every expression of a derivation, each from those before it, on the values of a run in double precision."""
    rng = np.random.default_rng(0)
    values = dict(run.values)
    if traced.seed is not None:
        values[traced.seed] = rng.normal(size=values[traced.output].shape)

    def value(expression: Expression, like: Any) -> Any:
        return np.broadcast_to(evaluate(expression, lambda node: _value_of(node, values)), np.shape(like))

    gradients: dict[Node, Any] = {}
    slopes: dict[Node, Slope] = {}
    seed = values[traced.seed] if traced.seed is not None else np.ones_like(values[traced.output])
    with np.errstate(all="ignore"):
        for arrival in traced.arrivals:
            for each in arrival.auxiliary:
                values[each.node] = evaluate(each.sides[0], lambda node: _value_of(node, values))
            found = value(arrival.expression, values[arrival.node])
            values[arrival.hole] = gradients[arrival.node] = found
            if arrival is not traced.arrivals[-1] and len(traced.arrivals) * len(run.graph.operations) > MOST:
                continue
            direction = rng.normal(size=found.shape)
            sides = _differences(run, traced.output, arrival.node, direction, seed)
            slopes[arrival.node] = Slope(float((found * direction).sum()), sum(sides) / 2, sides)
        whole = None if traced.whole is None else value(traced.whole, values[traced.wrt])
    return Measured(values, gradients, slopes, whole)


def _value_of(node: Node, values: dict[Node, Any]) -> Any:
    """The value of a node of the run, or of one that a rule composed of such."""
    if node not in values:
        for each in topological_order([node]):
            if each not in values:
                values[each] = each.value if isinstance(each, Constant) else compute(each, [values[o] for o in each.operands])
    return values[node]


def _differences(run: Run, output: Node, moved: Node, direction: Any, seed: Any) -> tuple[float, float]:
    """The differences of Σ seed · output ahead and behind, as the value of one node moves along the direction."""
    typical = float(np.median(np.abs(run[moved]))) if run[moved].size else 0.0
    step = STEP * (max(1.0, typical) if np.isfinite(typical) else 1.0)
    ahead, behind = (_recomputed(run.graph, run.values, output, moved, run[moved] + by * direction) for by in (step, -step))
    here = run[output]
    return float((seed * (ahead - here)).sum() / step), float((seed * (here - behind)).sum() / step)


def _recomputed(graph: Graph, values: Mapping[Node, Any], output: Node, moved: Node, value: Any) -> Any:
    new = {moved: value}
    for node in graph.order(output):
        if node is not moved and any(operand in new for operand in node.operands):
            new[node] = compute(node, [new.get(operand, values[operand]) for operand in node.operands])
    return new[output]
