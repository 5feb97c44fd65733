"""The steps of a derivation, in the order in which a person writes them down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from minigraph.core.node import Node
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.derivation.measure import Checked, DirectionalDerivative, Measured
from minigraph.explain.derivation.trace import Arrival, Definition, Passage, Traced
from minigraph.readings import Expression

__all__ = ["PARTS", "DerivationStep", "numbered", "steps_of"]

PARTS = {
    "definition": "What is computed",
    "local": "Local derivatives: what becomes of a gradient □ on its way back",
    "chain": "The chain rule",
    "gradient": "Back from the output, one gradient after another",
    "whole": "All in one",
}
"""The heading of each part of a derivation, by the kind of its steps."""

LONGEST = 8
"""Up to how many factors a chain writes one by one."""

ONE = Expression("number", word="1", meaning=1)
"""The gradient that arrives at an output."""

ELLIPSIS = Expression("name", word="…")


@dataclass(frozen=True)
class DerivationStep:
    """One numbered line: what is equal to what."""

    kind: str
    sides: tuple[Expression, ...]
    relation: str = "="
    label: Expression | None = None
    """Of a local derivative: what it is called."""
    shape: str = ""
    value: str = ""
    """A summary of the value in the run that was asked for."""
    directional: DirectionalDerivative | None = None
    """Of a gradient: what it says of a random direction, beside finite differences."""
    checked: Checked | None = None
    """The value of what is displayed beside that of the run, or of reverse mode."""

    @property
    def ok(self) -> bool:
        """Whether what is displayed was computed and agrees with the run, reverse mode and finite differences."""
        return (self.checked is None or self.checked.ok) and (self.directional is None or self.directional.ok)

    @property
    def evidence(self) -> str:
        """The step in numbers, or nothing where no inputs were given; where numbers disagree, both."""
        told = self.value
        if self.checked is not None and not self.checked.ok:
            told = f"{told}; IT DISAGREES: {self.checked.told}"
        if self.directional is None:
            return told
        found, checked = _number(self.directional.by_formula), _number(self.directional.by_differences)
        told = f"{told}; along a random direction {found}, by finite differences {checked}"
        if self.directional.at_kink and self.directional.ok:
            ahead, behind = map(_number, self.directional.sides)
            return f"{told}: at a kink, {ahead} on one side and {behind} on the other"
        if self.directional.at_jump:
            return f"{told}: at a jump"
        return told if self.directional.ok else f"{told}: THEY DISAGREE"


def steps_of(traced: Traced, measured: Measured | None) -> tuple[DerivationStep, ...]:
    """Every step, with its numbers where there are some."""
    return (
        *(_defined(each, measured) for each in traced.definitions),
        *(_local(traced, each, measured) for each in traced.passages if len(traced.passages) > 1),
        *_chain(traced),
        *(step for each in traced.arrivals for step in _arrived(traced, each, measured)),
        *_whole(traced, measured),
    )


def _defined(definition: Definition, measured: Measured | None) -> DerivationStep:
    return DerivationStep(
        "definition",
        (definition.name, *definition.sides),
        shape=show_shape(definition.node.shape),
        value=summary(measured.values[definition.node]) if measured else "",
        checked=measured.definitions.get(definition.node) if measured else None,
    )


def _local(traced: Traced, passage: Passage, measured: Measured | None) -> DerivationStep:
    step = _told(traced, passage)
    checked = measured.passages.get(passage.end) if measured else None
    return step if checked is None or checked.ok else replace(step, checked=checked)


def _told(traced: Traced, passage: Passage) -> DerivationStep:
    start, end = passage.start, passage.end
    hole = Expression("name", word="□")
    if start is traced.output and traced.cotangent is None:
        if sum(each.end is end for each in traced.passages) > 1:
            return DerivationStep("local", (ONE, passage.local), "↦", _partial(traced, start, end), show_shape(end.shape))
        return DerivationStep("local", (_partial(traced, start, end), passage.local), shape=show_shape(end.shape))
    shapes = f"{show_shape(start.shape)} → {show_shape(end.shape)}"
    return DerivationStep("local", (hole, passage.local), "↦", _partial(traced, start, end), shapes)


def _chain(traced: Traced) -> Iterator[DerivationStep]:
    """The chain rule: one product where a single way leads back, else a sum for each value that acts in several ways."""
    starts: dict[Node, list[Passage]] = {}
    for passage in traced.passages:
        starts.setdefault(passage.end, []).append(passage)
    if all(len(passages) == 1 for passages in starts.values()):
        if len(starts) > 1:
            yield DerivationStep("chain", (_gradient(traced, traced.wrt), _product(traced, starts)))
        return
    for node, passages in starts.items():
        if len(passages) > 1:
            terms = [_term(traced, passage) for passage in passages]
            yield DerivationStep("chain", (_gradient(traced, node), reduce(_plus, terms)))


def _product(traced: Traced, starts: dict[Node, list[Passage]]) -> Expression:
    factors, node = [], traced.wrt
    while node is not traced.output:
        (passage,) = starts[node]
        factors.append(_partial(traced, passage.start, node))
        node = passage.start
    factors.reverse()
    if len(factors) > LONGEST:
        factors = [*factors[:3], ELLIPSIS, *factors[-3:]]
    return reduce(_times, factors)


def _term(traced: Traced, passage: Passage) -> Expression:
    if passage.start is traced.output:
        return passage.local
    return _times(_gradient(traced, passage.start), _partial(traced, passage.start, passage.end))


def _arrived(traced: Traced, arrival: Arrival, measured: Measured | None) -> Iterator[DerivationStep]:
    for each in arrival.auxiliary:
        yield replace(_defined(each, measured), kind="gradient")
    last = arrival.node is traced.wrt
    name = () if last else (Expression("gradient", word=traced.called(arrival.node).word),)
    yield DerivationStep(
        "gradient",
        (*name, _gradient(traced, arrival.node), arrival.expression),
        shape=show_shape(arrival.node.shape),
        value=summary(measured.values[arrival.hole]) if measured else "",
        directional=measured.directional.get(arrival.node) if measured else None,
        checked=measured.gradients[arrival.node] if measured else None,
    )


def _whole(traced: Traced, measured: Measured | None) -> Iterator[DerivationStep]:
    if traced.whole is not None and len(traced.arrivals) > 1:
        yield DerivationStep(
            "whole",
            (_gradient(traced, traced.wrt), traced.whole),
            shape=show_shape(traced.wrt.shape),
            value=summary(measured.whole.found) if measured and measured.whole and not measured.whole.problem else "",
            checked=measured.whole if measured else None,
        )


def _gradient(traced: Traced, node: Node) -> Expression:
    return _partial(traced, traced.output, node)


def _partial(traced: Traced, of: Node, by: Node) -> Expression:
    return Expression("partial", (traced.called(of), traced.called(by)))


def _times(a: Expression, b: Expression) -> Expression:
    return Expression("scaled", (a, b))


def _plus(a: Expression, b: Expression) -> Expression:
    return Expression("plus", (a, b))


def _number(x: float) -> str:
    return f"{x:.6g}".replace("-", "−")


def numbered(steps: Sequence[DerivationStep]) -> Iterator[tuple[str, list[tuple[int, DerivationStep]]]]:
    """The steps by their parts, each part with its heading, numbered throughout."""
    for kind, heading in PARTS.items():
        found = [(number, step) for number, step in enumerate(steps, 1) if step.kind == kind]
        if found:
            yield heading, found
