"""Every local rule of a graph compared with finite differences, and what it gives for numbers with how it is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from minigraph.compiler.primitives import call_of
from minigraph.core.errors import GraphError, NonFiniteError, UnreadableRuleError, listing
from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node, described
from minigraph.core.provenance import places
from minigraph.core.rules import compute, node_vjp
from minigraph.core.run import forward
from minigraph.explain.numeric import finite_differences, sizes_in, value_of
from minigraph.ops.multi_output import MultiOutput, packed, parts_of
from minigraph.ops.opaque import OpaqueGradient
from minigraph.readings import expand, placeholder_for

__all__ = ["GradientReport", "RuleCheck", "check_gradients"]

ENTRIES = 100
"""How many entries of an operand are moved, at most; more are sampled."""
NAMED = 5
"""Of at most how many nodes whose rules are wrong a report is displayed with the names."""
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
class ReadingCheck:
    """What a rule gives for numbers beside what it gives when it is read: with nodes, or as a line of a program."""

    node: Node
    rule: str
    """`forward`, or `backward` with the operand that it gives the gradient for."""
    reading: str
    """`with nodes` or `as text`."""
    worst: tuple[int, ...]
    """The entry at which the two differ most."""
    called: float
    read: float
    """The two values at the worst entry: of the rule called on numbers, and of the rule as it is read."""
    error: float
    """Their distance, relative to the largest value."""

    @property
    def ok(self) -> bool:
        """Whether a program, a gradient graph or a formula computes what the rule does."""
        return self.error <= TOLERANCE


@dataclass(frozen=True)
class GradientReport:
    """One row for each operand of each operation, in the order in which the graph computes them."""

    rows: tuple[RuleCheck, ...]
    readings: tuple[ReadingCheck, ...] = ()
    """One row for each way in which a rule is read; a rule that runs on numbers alone has none."""

    @property
    def ok(self) -> bool:
        """Whether every rule is right, and means the same however it is read."""
        return all(row.ok for row in self.rows) and all(row.ok for row in self.readings)

    def __iter__(self) -> Iterator[RuleCheck]:
        return iter(self.rows)

    def __repr__(self) -> str:
        nodes = [row.node for row in self.rows if not row.ok] + [row.node for row in self.readings if not row.ok]
        wrong = list(dict.fromkeys(map(str, nodes)))
        named = listing([*wrong[:NAMED], *[f"{len(wrong) - NAMED} more"] * (len(wrong) > NAMED)])
        verdict = f"wrong at {named}; print(report) tells how" if wrong else "every rule is right"
        return f"GradientReport of {len(self.rows)} derivative{'s' * (len(self.rows) != 1)}: {verdict}"

    def __str__(self) -> str:
        lines = []
        for node, rows in groupby(self.rows, key=lambda row: row.node):
            lines.append(f"{described(node)}, made at {node.line}" if node.line else described(node))
            lines += [f"  {_line(row)}" for row in rows]
        wrong = sum(not row.ok for row in self.rows)
        verdict = "every rule is right" if not wrong else f"{wrong} of {len(self.rows)} are wrong"
        lines.append(f"{len(self.rows)} derivatives checked: {verdict}.")
        misread = [row for row in self.readings if not row.ok]
        if misread:
            lines += [*map(_misread, misread), f"{len(misread)} of {len(self.readings)} readings differ from the rule."]
        return "\n".join(lines)


def _misread(row: ReadingCheck) -> str:
    place = f" at {list(row.worst)}" if row.worst else ""
    return (
        f"WRONG {described(row.node)}: its {row.rule} gives {row.called:.6g}{place} for numbers, and {row.read:.6g} as it is "
        f"read {row.reading}, for gradient graphs and programs.{places(row.node)}\n"
        "  A rule must not ask what it is given, as isinstance, try and a comparison of a size do."
    )


def _line(row: RuleCheck) -> str:
    if not row.entries:
        return f"none  for {row.operand}: no entry that was moved has a derivative there"
    place = list(row.worst) if row.worst else ""
    return (
        f"{'ok   ' if row.ok else 'WRONG'} for {row.operand}: error {row.error:.1e} at worst{f', at {place}' if place else ''} "
        f"(backward {row.backward:.6g}, difference {row.difference:.6g}; {row.entries} entries moved)"
    )


def check_gradients(graph: Graph, /, **inputs: Any) -> GradientReport:
    """Compare the `backward` of every node with finite differences, in double precision, at the given inputs.

    Each rule is checked alone, from its own operands, so that a wrong one is named and does not hide another. The gradient
    that it is given is drawn at random, and each entry of each operand is moved by ±1e-6 (a sample of 100 entries where
    there are more). An operand for which the rule gives None must have the derivative 0. At a kink, such as
    relu's at 0, no difference is a derivative: give inputs that avoid it. Entries are left out around which there are no
    values, such as the exponent of a negative number, or around which the value jumps. A value may be infinite on the way,
    as what MaxPool pads with, where the outputs are finite.

    What a rule gives for numbers is also compared with what it gives as it is read, with nodes and as a line of a program, so
    that what it asks of its operands, as by `isinstance`, hides nothing.

    Parameters
    ----------
    graph : Graph
        The graph whose rules are checked.
    **inputs : array_like
        A value for each of its inputs, by name, as `graph.forward` takes them.

    Returns
    -------
    GradientReport
        A row for each operand of each operation, with the derivative by the rule and by differences where they differ most.
        `.ok` says whether every rule is right; printed, it is a line for each.

    Raises
    ------
    GraphError
        Where it is given something other than a graph.
    NonFiniteError
        Where an output is not finite at these inputs.

    Examples
    --------
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
    with np.errstate(all="ignore"):
        rows = [
            _checked(node, i, values, rng, original)
            for node in double.operations
            if node.dtype.kind == "f" or (isinstance(node, MultiOutput) and not isinstance(node, OpaqueGradient))
            for i, operand in enumerate(node.operands)
            if operand.dtype.kind == "f" and values[operand].size and not isinstance(operand, Constant)
        ]
        readings = [row for node in double.operations for row in _readings(node, values, rng, original[node])]
    return GradientReport(tuple(rows), tuple(readings))


def _readings(node: Node, values: dict[Node, Any], rng: np.random.Generator, original: Node) -> Iterator[ReadingCheck]:
    """What the node's rules give for numbers beside what they give as they are read; what cannot be read is left out."""
    y, operands = values[node], [values[operand] for operand in node.operands]
    several, parts = isinstance(node, MultiOutput), expand(node)
    if parts is not node:
        yield _compared(original, "forward", "with nodes", y, value_of(parts, values))
    else:
        names = [f"x{i}" for i in range(len(operands))]
        written = call_of(node, names, out=None)
        if written is not None:
            text = eval(written.text, {"np": np, **sizes_in(values), **dict(zip(names, operands, strict=True))})
            read = packed(text) if several else np.asarray(text)
            yield _compared(original, "forward", "as text", _flat(y), _flat(read))
    if y.dtype.kind not in "fO":
        return
    gradient = _drawn_like(y, rng)
    holes = [placeholder_for(each, "gradient") for each in (parts_of(node) if isinstance(node, MultiOutput) else [node])]
    given: dict[Node, Any] = dict(zip(holes, gradient if several else [gradient], strict=True))
    try:
        composed = node_vjp(node, packed(holes) if several else holes[0], node, node.operands)
    except UnreadableRuleError:
        return
    called = node_vjp(node, gradient, y, operands)
    for operand, one, other in zip(node.operands, composed, called, strict=True):
        if isinstance(one, Node) and other is not None:
            by_nodes = value_of(one, given, values)
            yield _compared(original, f"backward for {operand}", "with nodes", other, by_nodes)


def _compared(node: Node, rule: str, reading: str, called: Any, read: Any) -> ReadingCheck:
    """The row for two values that should be the same, also where they are not finite."""
    if called.shape != read.shape:
        return ReadingCheck(node, rule, reading, (), np.nan, np.nan, np.inf)
    if not called.size:
        return ReadingCheck(node, rule, reading, (), 0.0, 0.0, 0.0)
    one, other = np.asarray(called, np.float64), np.asarray(read, np.float64)
    distance = np.where((one == other) | (np.isnan(one) & np.isnan(other)), 0.0, np.abs(one - other))
    size = max(np.abs(one, where=np.isfinite(one), out=np.zeros_like(one)).max(), np.finfo(np.float64).tiny)
    errors = np.where(np.isnan(distance), np.inf, distance / size)
    worst = np.unravel_index(errors.argmax(), errors.shape)
    place = tuple(map(int, worst))
    return ReadingCheck(node, rule, reading, place, float(one[worst]), float(other[worst]), float(errors[worst]))


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
    """The row for one operand of a node: its derivative by the rule and by differences, entry by entry."""
    operands = [values[operand] for operand in node.operands]
    gradient = _drawn_like(values[node], rng)
    contribution = node_vjp(node, gradient, values[node], operands)[i]
    by_rule = np.zeros_like(operands[i]) if contribution is None else contribution
    entries = _sample(operands[i].shape, rng)
    direction = np.zeros_like(operands[i])

    def value(x: Any) -> Any:
        return _flat(compute(node, [*operands[:i], x, *operands[i + 1 :]]))

    weights, here = _flat(gradient), _flat(values[node])

    def difference(entry: tuple[int, ...], relative: float = STEP) -> float:
        step, direction[entry] = relative * max(1.0, abs(float(operands[i][entry]))), 1
        found = finite_differences(value, operands[i], direction, step, weights, here).central
        direction[entry] = 0
        return found

    found = np.array([difference(entry) for entry in entries])
    given = np.array([by_rule[entry] for entry in entries])
    exists = np.isfinite(found)
    errors = np.abs(given - found) / _size(found[exists], given[exists], weights, here)
    for at in np.flatnonzero(exists & ~(errors <= TOLERANCE)):
        farther = difference(entries[at], 8 * STEP)
        exists[at] = abs(8 * farther - found[at]) > 0.01 * abs(found[at]) or not found[at]  # a jump is as high at any step
    pair, count = (original[node], original[node.operands[i]]), int(exists.sum())
    if not count:
        return RuleCheck(*pair, 0, (), 0.0, 0.0, 0.0)
    worst = int(np.where(exists, np.nan_to_num(errors, nan=np.inf), -1).argmax())
    return RuleCheck(*pair, count, entries[worst], given[worst], found[worst], errors[worst])


def _drawn_like(value: Any, rng: np.random.Generator) -> Any:
    """A gradient for a value, drawn at random; of several values that of each, 0 for what is no floating-point number."""
    if value.dtype != object:
        return rng.normal(size=value.shape)
    return packed(rng.normal(size=np.shape(each)) * (each.dtype.kind == "f") for each in value)


def _flat(value: Any) -> Any:
    """The numbers of several values in a row; one value as it is."""
    return value if value.dtype != object else np.concatenate([np.ravel(each) for each in value])


def _size(found: Any, given: Any, gradient: Any, value: Any) -> float:
    """What an error is relative to: the largest derivative, or what rounding hides where that is more."""
    finite = np.where(np.isfinite(value), value, 0)
    hidden = ROUNDING * np.abs(gradient * finite).sum() / TOLERANCE
    return float(max(np.abs(found).max(initial=0), np.abs(given).max(initial=0), hidden, np.finfo(np.float64).tiny))


def _sample(shape: tuple[int, ...], rng: np.random.Generator) -> list[tuple[int, ...]]:
    size = int(np.prod(shape))
    chosen = np.arange(size) if size <= ENTRIES else np.sort(rng.choice(size, ENTRIES, replace=False))
    return [tuple(map(int, np.unravel_index(entry, shape))) for entry in chosen]
