"""Every local rule of a graph held against central differences."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from minigraph.errors import GraphError, NonFiniteError
from minigraph.graph import Graph
from minigraph.node import Constant, Node, described
from minigraph.rules import compute, shares_of, unbroadcast
from minigraph.run import forward

__all__ = ["GradientReport", "RuleCheck", "check_gradients"]

ENTRIES = 100
"""How many entries of an operand are moved, at most; more are sampled."""
STEP = 1e-6
TOLERANCE = 1e-6
ROUNDING = 10 * np.finfo(np.float64).eps / STEP
"""What rounding adds to a central difference, relative to the size of the values that it is taken of."""


@dataclass(frozen=True)
class RuleCheck:
    """What a node's `backward` gives for one operand beside what moving that operand's entries gives."""

    node: Node
    operand: Node
    entries: int
    """How many entries were moved and have a derivative; where it is none, nothing was checked and all else is 0."""
    worst: tuple[int, ...]
    """The entry at which the two differ most."""
    backward: float
    difference: float
    """The two derivatives at the worst entry: by the rule, and by central differences."""
    error: float
    """Their distance, relative to the largest derivative found for this operand; less counts where rounding hides more."""

    @property
    def ok(self) -> bool:
        """Whether the rule is right, as far as the entries that were moved tell."""
        return self.error <= TOLERANCE


@dataclass(frozen=True)
class GradientReport:
    """One row for each operand of each operation, in the order in which the graph computes them."""

    rows: tuple[RuleCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether every rule is right."""
        return all(row.ok for row in self.rows)

    def __iter__(self) -> Iterator[RuleCheck]:
        return iter(self.rows)

    def __str__(self) -> str:
        lines = []
        for node, rows in groupby(self.rows, key=lambda row: row.node):
            lines.append(f"{described(node)}, made at {node.line}" if node.line else described(node))
            lines += [f"  {_told(row)}" for row in rows]
        wrong = sum(not row.ok for row in self.rows)
        verdict = "every rule is right" if not wrong else f"{wrong} of {len(self.rows)} are wrong"
        return "\n".join([*lines, f"{len(self.rows)} derivatives checked: {verdict}."])


def _told(row: RuleCheck) -> str:
    if not row.entries:
        return f"none  for {row.operand}: no entry that was moved has a derivative there"
    place = list(row.worst) if row.worst else ""
    return (
        f"{'ok   ' if row.ok else 'WRONG'} for {row.operand}: error {row.error:.1e} at worst{f', at {place}' if place else ''} "
        f"(backward {row.backward:.6g}, difference {row.difference:.6g}; {row.entries} entries moved)"
    )


def check_gradients(graph: Graph, /, **inputs: Any) -> GradientReport:
    """Hold the `backward` of every node against central differences, in double precision, at the given inputs.

    Each rule is checked alone, from its own operands, so that a wrong one is named and does not hide another. The gradient
    that it is given is drawn at random, and each entry of each operand is moved by ±1e-6 (a sample of 100 entries where
    there are more). An operand for which the rule gives None is held to have the derivative 0. At a kink, such as
    relu's at 0, no difference is a derivative: give inputs that avoid it. Entries are left out around which there are no
    values, such as the exponent of a negative number, or around which the value jumps. A value may be infinite on the way,
    as what MaxPool pads with, where the outputs are finite.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> print(check_gradients(mg.Graph(a=mg.Tanh(x, name="a")), x=[[0.5, -1.0]]))  # doctest: +ELLIPSIS
    a (N × 2), made at ...
      ok    for x: error ... at worst, at [0, ...] (backward ..., difference ...; 2 entries moved)
    1 derivatives checked: every rule is right.
    """
    if not isinstance(graph, Graph):
        raise GraphError(f"check_gradients checks a graph, as Graph(loss=loss) makes one, not {graph!r}.")
    double = graph.astype(np.float64)
    original = dict(zip(double.nodes, graph.nodes, strict=True))
    values = _values(double, inputs)
    rng = np.random.default_rng(0)
    rows = [
        _checked(node, i, values, rng, original)
        for node in double.operations
        if node.dtype.kind == "f"
        for i, operand in enumerate(node.operands)
        if operand.dtype.kind == "f" and values[operand].size and not isinstance(operand, Constant)
    ]
    return GradientReport(tuple(rows))


def _values(graph: Graph, inputs: dict[str, Any]) -> dict[Node, Any]:
    """Every value of a run. What is not finite is an error, unless no output is so."""
    try:
        return forward(graph, check=True, **inputs).values
    except NonFiniteError:
        values = forward(graph, **inputs).values
        if not all(np.isfinite(values[output]).all() for output in graph.outputs.values()):
            raise
        return values


def _checked(node: Node, i: int, values: dict[Node, Any], rng: np.random.Generator, original: dict[Node, Node]) -> RuleCheck:
    operands = [values[operand] for operand in node.operands]
    gradient = rng.normal(size=values[node].shape)
    share = shares_of(node, gradient, values[node], operands)[i]
    by_rule = np.zeros_like(operands[i]) if share is None else unbroadcast(share, operands[i], node)
    entries = _sample(operands[i].shape, rng)
    moved = np.array([_difference(node, i, operands, entry, gradient) for entry in entries])
    told = np.array([by_rule[entry] for entry in entries])
    exists = np.isfinite(moved)
    errors = np.abs(told - moved) / _size(moved[exists], told[exists], gradient, values[node])
    for at in np.flatnonzero(exists & ~(errors <= TOLERANCE)):
        farther = _difference(node, i, operands, entries[at], gradient, 8 * STEP)
        exists[at] = abs(8 * farther - moved[at]) > 0.01 * abs(moved[at]) or not moved[at]  # a jump is as high at any step
    pair, count = (original[node], original[node.operands[i]]), int(exists.sum())
    if not count:
        return RuleCheck(*pair, 0, (), 0.0, 0.0, 0.0)
    worst = int(np.where(exists, np.nan_to_num(errors, nan=np.inf), -1).argmax())
    return RuleCheck(*pair, count, entries[worst], told[worst], moved[worst], errors[worst])


def _size(moved: Any, told: Any, gradient: Any, value: Any) -> float:
    """What an error is relative to: the largest derivative, or what rounding hides where that is more."""
    finite = np.where(np.isfinite(value), value, 0)
    hidden = ROUNDING * np.abs(gradient * finite).sum() / TOLERANCE
    return float(max(np.abs(moved).max(initial=0), np.abs(told).max(initial=0), hidden, np.finfo(np.float64).tiny))


def _sample(shape: tuple[int, ...], rng: np.random.Generator) -> list[tuple[int, ...]]:
    size = int(np.prod(shape))
    chosen = np.arange(size) if size <= ENTRIES else np.sort(rng.choice(size, ENTRIES, replace=False))
    return [tuple(map(int, np.unravel_index(entry, shape))) for entry in chosen]


def _difference(
    node: Node, i: int, operands: list[Any], entry: tuple[int, ...], gradient: Any, relative: float = STEP
) -> float:
    """The central difference of Σ gradient · value, as one entry of one operand moves."""
    step = relative * max(1.0, abs(float(operands[i][entry])))
    ahead, behind = (_moved(node, i, operands, entry, by) for by in (step, -step))
    with np.errstate(all="ignore"):
        return float(np.where(ahead == behind, 0, gradient * (ahead - behind)).sum() / (2 * step))


def _moved(node: Node, i: int, operands: list[Any], entry: tuple[int, ...], by: float) -> Any:
    operand = np.array(operands[i])
    with np.errstate(all="ignore"):
        operand[entry] += by
        return compute(node, [*operands[:i], operand, *operands[i + 1 :]])
