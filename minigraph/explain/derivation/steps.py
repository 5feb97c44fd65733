"""The steps of a derivation, in the order in which a person writes them down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

from minigraph.core.node import Node
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.derivation.measure import Checked, DirectionalDerivative, Measured
from minigraph.explain.derivation.traced import INCOMING, Definition, LocalDerivative, NamedGradient, Traced
from minigraph.readings import Expression, symbols

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
"""The gradient of an output with respect to itself."""

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
    """Of a gradient: the derivative along a random direction, by it and by finite differences."""
    checked: Checked | None = None
    """The value of what is displayed, and that of the run or of reverse mode."""
    conditions: tuple[Expression, ...] = ()
    """What the line holds for, as relations: x ≠ 0."""
    again: str = ""
    """How often this step and those before it come, with other names."""
    beside: tuple[tuple[Expression, Expression], ...] = ()
    """Of the last step: what it names that only steps define, each with what it is."""

    @property
    def ok(self) -> bool:
        """Whether what is displayed was computed and agrees with the run, reverse mode and finite differences."""
        return (self.checked is None or self.checked.ok) and (self.directional is None or self.directional.ok)

    @property
    def evidence(self) -> str:
        """The step in numbers, or nothing where no inputs were given; where numbers disagree, both."""
        words, along = self.value, self.directional
        if self.checked is not None and not self.checked.ok:
            words = f"{words}; IT DISAGREES: {self.checked.numbers}"
        if along is None:
            return words
        words += f"; along a random direction {_number(along.by_formula)}"
        words += f", by finite differences {_number(along.by_differences)}"
        if along.at_kink and along.ok:
            ahead, behind = map(_number, along.sides)
            return f"{words}: at a kink, {ahead} on one side and {behind} on the other"
        if along.at_jump:
            return f"{words}: at a jump"
        return words if along.ok else f"{words}: THEY DISAGREE"


def steps_of(traced: Traced, measured: Measured) -> tuple[DerivationStep, ...]:
    """Every step, with its numbers where there are some."""
    several = len(traced.local_derivatives) > 1
    steps = (
        *(_defined(each, measured) for each in traced.definitions),
        *(_local(traced, each, measured) for each in traced.local_derivatives if several),
        *_chain(traced),
        *(step for each in traced.gradients for step in _gradient_steps(traced, each, measured)),
        *_whole(traced, measured),
    )
    return (*steps[:-1], replace(steps[-1], beside=_beside(traced, steps[-1].sides[-1]))) if steps else steps


def _beside(traced: Traced, result: Expression) -> tuple[tuple[Expression, Expression], ...]:
    """What a result names that only steps define, as it comes up: names that nobody gave, and gradients."""
    auxiliary = [each for gradient in traced.gradients for each in gradient.auxiliary]
    known = {
        ("name", each.name.word): (each.name, each.sides[0])
        for each in (*traced.definitions, *auxiliary)
        if not traced.names.is_given(each.name.word)
    }
    for each in traced.gradients:
        name = Expression("gradient", word=traced.called(each.node).word)
        known["gradient", name.word] = name, each.expression
    found: dict[tuple[str, str], tuple[Expression, Expression]] = {}
    pending = symbols(result)
    for symbol in pending:  # it grows while it is gone through
        key = symbol.form, symbol.word
        if key in known and key not in found:
            found[key] = known[key]
            pending += symbols(known[key][1])
    return tuple(found.values())


def _defined(definition: Definition, measured: Measured) -> DerivationStep:
    node = definition.node
    sides, checked = (definition.name, *definition.sides), measured.definitions.get(node)
    return DerivationStep("definition", sides, shape=show_shape(node.shape), value=measured.summary(node), checked=checked)


def _local(traced: Traced, local: LocalDerivative, measured: Measured) -> DerivationStep:
    start, end = local.start, local.end
    name, checked = _partial(traced, start, end), measured.local_derivatives.get(end)
    incoming, shape = INCOMING, f"{show_shape(start.shape)} → {show_shape(end.shape)}"
    if start is traced.output and traced.cotangent is None:
        incoming, shape = ONE, show_shape(end.shape)
    checked = None if checked is None or checked.ok else checked
    if incoming is ONE and sum(each.end is end for each in traced.local_derivatives) == 1:
        return DerivationStep("local", (name, local.expression), shape=shape, checked=checked, conditions=local.conditions)
    sides = (incoming, local.expression)
    return DerivationStep("local", sides, "↦", name, shape, checked=checked, conditions=local.conditions)


def _chain(traced: Traced) -> Iterator[DerivationStep]:
    """The chain rule: one product where a single way leads back, else a sum for each value that acts in several ways."""
    ways: dict[Node, list[LocalDerivative]] = {}
    for local in traced.local_derivatives:
        ways.setdefault(local.end, []).append(local)
    if all(len(locals_there) == 1 for locals_there in ways.values()):
        if len(ways) > 1:
            yield DerivationStep("chain", (_gradient(traced, traced.wrt), _product(traced, ways)))
        return
    for node, locals_there in ways.items():
        if len(locals_there) > 1:
            terms = [_term(traced, local) for local in locals_there]
            yield DerivationStep("chain", (_gradient(traced, node), reduce(partial(_of_two, "plus"), terms)))


def _product(traced: Traced, ways: dict[Node, list[LocalDerivative]]) -> Expression:
    factors: list[Expression] = []
    node = traced.wrt
    while node is not traced.output:
        (local,) = ways[node]
        factors.append(_partial(traced, local.start, node))
        node = local.start
    factors.reverse()
    if len(factors) > LONGEST:
        factors = [*factors[:3], ELLIPSIS, *factors[-3:]]
    return reduce(partial(_of_two, "scaled"), factors)


def _term(traced: Traced, local: LocalDerivative) -> Expression:
    if local.start is traced.output:
        return local.expression
    return _of_two("scaled", _gradient(traced, local.start), _partial(traced, local.start, local.end))


def _gradient_steps(traced: Traced, named: NamedGradient, measured: Measured) -> Iterator[DerivationStep]:
    for each in named.auxiliary:
        yield replace(_defined(each, measured), kind="gradient")
    name = () if named.node is traced.wrt else (Expression("gradient", word=traced.called(named.node).word),)
    yield DerivationStep(
        "gradient",
        (*name, _gradient(traced, named.node), named.expression),
        shape=show_shape(named.node.shape),
        value=measured.summary(named.leaf),
        directional=measured.directional.get(named.node),
        checked=measured.gradients.get(named.node),
        conditions=named.conditions,
    )


def _whole(traced: Traced, measured: Measured) -> Iterator[DerivationStep]:
    if traced.whole is not None and len(traced.gradients) > 1:
        sides, checked = (_gradient(traced, traced.wrt), traced.whole), measured.whole
        value = "" if checked is None or checked.problem else summary(checked.found, checked.scale)
        shape, conditions = show_shape(traced.wrt.shape), traced.conditions
        yield DerivationStep("whole", sides, shape=shape, value=value, checked=checked, conditions=conditions)


def _gradient(traced: Traced, node: Node) -> Expression:
    return _partial(traced, traced.output, node)


def _partial(traced: Traced, of: Node, by: Node) -> Expression:
    return _of_two("partial", traced.called(of), traced.called(by))


def _of_two(form: str, a: Expression, b: Expression) -> Expression:
    return Expression(form, (a, b))


def _number(x: float) -> str:
    return f"{x:.6g}".replace("-", "−")


def numbered(steps: Sequence[DerivationStep]) -> Iterator[tuple[str, list[tuple[int, DerivationStep]]]]:
    """The steps by their parts, each part with its heading, numbered throughout."""
    for kind, heading in PARTS.items():
        found = [(number, step) for number, step in enumerate(steps, 1) if step.kind == kind]
        if found:
            yield heading, found
