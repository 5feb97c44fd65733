"""A derivation in numbers: each expression, computed as it is displayed, beside reverse mode and finite differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import compute
from minigraph.core.run import Run
from minigraph.core.shapes import sized
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.derivation.traced import Traced
from minigraph.explain.numeric import Differences, finite_differences, newly_computed, sizes_in
from minigraph.ops.arithmetic import StopGradient
from minigraph.readings import Expression, Placeholder, evaluate
from minigraph.readings.correlations import CORRELATIONS

__all__ = ["Checked", "DirectionalDerivative", "Measured", "measure"]

MOST = 100_000
"""Up to how many operations are computed again for finite differences; beyond, the last gradient alone is checked."""

STEP = 1e-6
"""How far a value is moved along a direction, relative to its middle element."""

HUGE = 1e30
"""From which size on an element is what a mask leaves out, as good as −∞, and no measure of what lies beside it."""

VISIBLE = 1e-4
"""From which relative distance on what finite differences find is something else."""

NEARER = 8
"""How much nearer differences are taken to see a jump."""

NOISE = 1e-9
"""How far rounding may put finite differences off, relative to the output or what it is composed of, through STEP."""

ROUNDING = 1e-14
"""How far rounding may put a sum off, relative to the magnitudes that it adds up."""

TINY = 1e-12
"""Below which size what is computed may be only the rounding of what is added up to it."""

PRODUCTS = ("product", "scaled", "multiple", "matmul", *CORRELATIONS.values())
"""The forms that multiply their parts."""

FIRST = ("same", "reshape", "item", "slice", "transpose", "total", "placed", "placed at")
"""The forms that arrange or add up the elements of their first part."""

EXACT = 1e-8
"""From which distance on what is displayed is something else than reverse mode gives, relative to the largest element."""


@dataclass(frozen=True)
class DirectionalDerivative:
    """How fast the output changes as a value moves along a random direction, each element by a normal number."""

    by_formula: float
    by_differences: float
    sides: tuple[float, float] = (0.0, 0.0)
    """The differences ahead and behind, whose mean `by_differences` is."""
    noise: float = 0.0
    """How far the differences may be off by rounding."""
    at_jump: bool = False
    """Whether the output jumps there, so that differences grow the nearer they are taken."""

    @property
    def ok(self) -> bool:
        """Whether the two agree to `VISIBLE`; at a kink, a jump, or where they are no numbers, differences say nothing."""
        return not self.differ or self.at_kink or self.at_jump or not np.isfinite(self.by_differences)

    @property
    def differ(self) -> bool:
        """Whether the two are farther from one another than `VISIBLE`, and than rounding explains."""
        return self.error > VISIBLE and not abs(self.by_formula - self.by_differences) <= self.noise

    @property
    def at_kink(self) -> bool:
        """Whether the two differ because the sides do, as at the 0 of a relu, where a rule has to choose."""
        ahead, behind = self.sides
        return self.differ and abs(ahead - behind) > VISIBLE * max(abs(ahead), abs(behind))

    @property
    def error(self) -> float:
        """The distance of the two, relative to the larger."""
        return abs(self.by_formula - self.by_differences) / max(abs(self.by_formula), abs(self.by_differences), 1e-300)


@dataclass(frozen=True)
class Checked:
    """The value of an expression as it is displayed, and what it should be."""

    found: Any
    right: Any
    problem: str = ""
    """Why it has no value, if so."""
    scale: float = 0.0
    """The magnitude of what is added up, where that is looked at as the two are so much smaller, or not equal."""

    @property
    def ok(self) -> bool:
        """Whether the two are equal, to `EXACT`."""
        if self.problem or np.shape(self.found) != np.shape(self.right):
            return False
        scale = float(np.max(np.abs(self.right), initial=0.0, where=np.isfinite(self.right)))
        return bool(np.allclose(self.found, self.right, rtol=EXACT, atol=EXACT * scale + ROUNDING * self.scale, equal_nan=True))

    @property
    def numbers(self) -> str:
        """Both numbers, or why there is but one."""
        return self.problem or f"as written {summary(self.found, self.scale)}, as computed {summary(self.right, self.scale)}"


@dataclass
class Measured:
    """The values of the expressions of a derivation, by the node that each defines or is the gradient of; or nothing at all."""

    values: Mapping[Node, Any] = field(default_factory=dict)
    scales: dict[Node, float] = field(default_factory=dict)
    """The magnitude of what a value that is only rounding is left of."""
    definitions: dict[Node, Checked] = field(default_factory=dict)
    gradients: dict[Node, Checked] = field(default_factory=dict)
    directional: dict[Node, DirectionalDerivative] = field(default_factory=dict)
    local_derivatives: dict[Node, Checked] = field(default_factory=dict)
    """By the node where they end: what the local derivatives together make of the gradients where they start."""
    whole: Checked | None = None
    """The gradient's one expression, where there is one."""

    def summary(self, node: Node) -> str:
        """A value in a few words, or nothing where it is not known."""
        return summary(self.values[node], self.scales.get(node, 0.0)) if node in self.values else ""


def measure(run: Run, traced: Traced) -> Measured:
    """Evaluate every expression of a derivation as it is displayed, on the values of a run in double precision.

    Each gradient is taken from those before it, and compared with what reverse mode gives and with finite differences.
    """
    rng, output, values = np.random.default_rng(0), traced.output, Values(run, traced)
    cotangent = np.ones_like(run[output]) if traced.cotangent is None else rng.normal(size=run[output].shape)
    if traced.cotangent is not None:
        values.known[traced.cotangent] = cotangent
    measured = Measured(values.known)
    with np.errstate(all="ignore"):
        reverse = run.backward(output, cotangent=cotangent)
        for each in traced.definitions:
            measured.definitions[each.node] = values.checked_all(each.sides, values(each.node))
        for named in traced.gradients:
            for each in named.auxiliary:
                measured.definitions[each.node] = values.checked_all(each.sides, values(each.node))
            found = measured.gradients[named.node] = values.checked(named.expression, reverse[named.node], long=named.long)
            measured.scales[named.leaf] = values.scales[named.leaf] = found.scale
            values.known[named.leaf] = gradient = reverse[named.node] if found.problem else found.found
            if named is traced.gradients[-1] or len(traced.gradients) * len(run.graph.operations) <= MOST:
                measured.directional[named.node] = _directional(run, named.node, output, gradient, cotangent, rng)
        for local in traced.local_derivatives:
            incoming = cotangent if local.start is output else reverse[local.start]
            found = values.checked(local.expression, reverse[local.end], incoming, local.long)
            measured.local_derivatives[local.end] = _together(measured.local_derivatives.get(local.end), found)
        if traced.whole is not None:
            measured.whole = values.checked(traced.whole, reverse[traced.wrt], long=traced.long)
    return measured


def _together(before: Checked | None, one: Checked) -> Checked:
    """What some local derivatives that end at one node make together."""
    if before is None:
        return one
    problem = one.problem or before.problem
    found = one.found if problem else before.found + one.found
    return Checked(found, one.right, problem, max(one.scale, before.scale))


class Values:
    """What the leaves of expressions stand for, in numbers."""

    def __init__(self, run: Run, traced: Traced) -> None:
        self.known = dict(run.values)
        self.scales: dict[Node, float] = {}
        """The magnitude of what a gradient that is only rounding is left of."""
        self._names = traced.names
        self._sizes = sizes_in(run.values)

    def __call__(self, leaf: Any) -> Any:
        """The value of a node, or ones of a shape."""
        if isinstance(leaf, tuple):
            return np.ones(sized(leaf, self._sizes))
        for node in [] if leaf in self.known else topological_order([leaf]):
            if node not in self.known:
                self.known[node] = self._computed(node)
        return self.known[leaf]

    def magnitude(self, leaf: Any) -> Any:
        """The value of a node, or of a gradient that is only rounding the magnitude of what that is left of."""
        scale = 0.0 if isinstance(leaf, tuple) else self.scales.get(leaf, 0.0)
        return np.maximum(np.abs(self(leaf)), scale) if scale else self(leaf)

    def _computed(self, node: Node) -> Any:
        if isinstance(node, Placeholder):  # a leaf that stands for an expression
            return np.broadcast_to(evaluate(self._names.stands_for(node), self), sized(node.shape, self._sizes))
        return newly_computed(node, self.known)

    def checked(self, expression: Expression, right: Any, incoming: Any = None, long: Expression | None = None) -> Checked:
        """The value of an expression as it is displayed, and the right one; `incoming` is the gradient □.

        It is repeated to the shape of the right one, or its elements are given that shape. `long` is what it was before it was
        simplified: it says how large the numbers are that may have cancelled.
        """

        def value(tree: Expression) -> Any:
            return np.asarray(evaluate(tree, lambda leaf: incoming if leaf is None else self(leaf)))

        def magnitude(tree: Expression) -> float:
            found = evaluate(_magnitudes(tree), lambda leaf: incoming if leaf is None else self.magnitude(leaf))
            return float(np.asarray(found).max(initial=0.0))

        try:
            found = value(expression)
            same_size, shape = found.size == np.size(right), np.shape(right)
            checked = Checked(found.reshape(shape) if same_size else np.broadcast_to(found, shape), right)
            if checked.ok and not 0 < np.abs(found).max(initial=0.0) < TINY:
                return checked
            largest = max(map(magnitude, (expression, long or expression)))
            return replace(checked, scale=largest if np.isfinite(largest) else 0.0)
        except Exception as error:  # whatever keeps the displayed form from being computed, it does not say what it should
            return Checked(None, right, f"{type(error).__name__}: {error}")

    def checked_all(self, sides: Sequence[Expression], right: Any) -> Checked:
        """The first of several ways to write one value that is not right, or the last."""
        found = [self.checked(side, right) for side in sides]
        return next((each for each in found if not each.ok), found[-1])


def _magnitudes(tree: Expression) -> Expression:
    """The same with the magnitudes of what is added up, so that nothing cancels: |a| + |b| for a − b."""
    if tree.form == "negative":
        return _magnitudes(tree.parts[0])
    if tree.form in ("plus", "minus"):
        return Expression("plus", tuple(map(_magnitudes, tree.parts)), function=np.add)
    if tree.form in PRODUCTS:
        return replace(tree, parts=tuple(map(_magnitudes, tree.parts)))
    if tree.form == "quotient":
        below = Expression("absolute", tree.parts[1:], function=np.abs)
        return replace(tree, parts=(_magnitudes(tree.parts[0]), below))
    if tree.form == "choice":
        return replace(tree, parts=(tree.parts[0], *map(_magnitudes, tree.parts[1:])))
    if tree.form in (*FIRST, "added rows") or tree.word in ("mean", "split", "concat"):
        return replace(tree, parts=(_magnitudes(tree.parts[0]), *tree.parts[1:]))
    return Expression("absolute", (tree,), function=np.abs)


def _directional(
    run: Run, moved: Node, output: Node, gradient: Any, cotangent: Any, rng: np.random.Generator
) -> DirectionalDerivative:
    """What a gradient says of a random direction, and what differences find there as the value of one node moves along it."""
    direction, order, x = rng.normal(size=gradient.shape), topological_order([output]), run[moved]
    step = STEP * max(1.0, float(np.median(sizes)) if (sizes := _sizes(x)).size else 0.0)

    def value(x: Any) -> Any:
        new = {moved: x}
        for node in order:
            if node is not moved and not isinstance(node, StopGradient) and any(operand in new for operand in node.operands):
                new[node] = compute(node, [new.get(operand, run.values[operand]) for operand in node.operands])
        return new[output]

    def differences(step: float) -> Differences:
        return finite_differences(value, x, direction, step, cotangent, run[output])

    near = differences(step)
    largest = max(float(_sizes(run[node]).max(initial=0.0)) for node in order if node.dtype.kind == "f")
    noise = NOISE * max(float(np.abs(cotangent * run[output]).sum()), largest)
    found = DirectionalDerivative(float((gradient * direction).sum()), near.central, (near.ahead, near.behind), noise)
    return found if found.ok else replace(found, at_jump=abs(differences(step / NEARER).central) > 2 * abs(near.central))


def _sizes(array: Any) -> Any:
    """The magnitudes of the elements that are not huge."""
    sizes = np.abs(array)
    return sizes[sizes < HUGE]
