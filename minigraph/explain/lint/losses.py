"""Lints of the loss: whether it has a minimum, and whether what is wrong gets a gradient."""

from collections.abc import Iterator

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node
from minigraph.explain.lint.facts import Facts, Reasons, code, elementwise, source
from minigraph.ops.arithmetic import Abs, Add, Div, Mul, Neg, Sub
from minigraph.ops.cross_entropy import BinaryCrossEntropy, KLDivergence, OverClasses
from minigraph.ops.elementary import Pow
from minigraph.ops.extrema import Clip
from minigraph.ops.gather import OneHot
from minigraph.ops.losses import Loss
from minigraph.ops.reductions import ReduceMean, ReduceSum
from minigraph.ops.scatter import GatherElements, GatherND
from minigraph.ops.softmax import LogSoftmax, Softmax
from minigraph.readings.sameness import moved_operand

__all__ = ["LOSSES"]

NEARLY, FAR = 0.01, -5
"""Between what the logarithm of a probability lies, at least: ln(1 + ε) and ln ε, where ε keeps it finite."""


def loss_without_minimum(node: Node, facts: Facts) -> Reasons:
    """A loss that training makes −∞: its sign is the wrong way round, or that of a penalty in it."""
    if node is not facts.loss:
        return None
    terms = list(_terms(node))
    for sign, term in terms:
        bounds = facts.bounds[term]
        of_parameters = term in facts.learned_values and term not in facts.given_values
        grows = (bounds.high if sign < 0 else -bounds.low) == float("inf")
        if of_parameters and grows and (bounds.low >= 0 if sign < 0 else bounds.high <= 0):
            return (
                f"It is made smaller by making {_described(term)} ever larger: the penalty has the wrong sign.",
                f"Add it: loss + λ * {code(term, 'penalty')}.",
            )
    if all(_rewards(sign, term, facts) for sign, term in terms) and any(_has_target(term, facts) for _, term in terms):
        return (
            "It is never above 0, and the smaller it is the worse are the predictions: training makes them as wrong as can be.",
            f"Take the other sign: -{code(node, 'loss')}." if not isinstance(node, Neg) else "Leave out the minus.",
        )
    return None


def clipped_before_loss(node: Node, facts: Facts) -> Reasons:
    """A prediction, or its error, that is clipped: what is furthest off gets no gradient."""
    if isinstance(node, Loss) and not isinstance(node, BinaryCrossEntropy | KLDivergence):
        clipped = source(node.operands[0])
    elif isinstance(node, Pow | Abs) or (isinstance(node, Mul) and node.operands[0] is node.operands[1]):
        clipped = source(node.operands[0])
        if not isinstance(clipped, Clip) or not isinstance(source(clipped.operands[0]), Sub):
            return None
    else:
        return None
    if not isinstance(clipped, Clip) or clipped.minimum is None or clipped.maximum is None:
        return None
    inner = clipped.operands[0]
    if inner not in facts.learned_values or set(facts.users[clipped]) != {node} or clipped in facts.graph.outputs.values():
        return None
    return (
        f"Beyond {clipped.minimum:g} and {clipped.maximum:g} its gradient is 0: what is furthest off is not corrected.",
        f"Clip what is used, not what is learned: the loss takes {code(inner, 'z')} as it is, or mg.Huber bounds its gradient.",
    )


def _terms(loss: Node) -> Iterator[tuple[int, Node]]:
    """What a loss adds up, each with its sign: through sums, means, moves and factors that are known."""
    pending = [(1, loss)]
    while pending:
        sign, node = pending.pop()
        fixed = [each for each in node.operands if isinstance(source(each), Constant) or each.known is not None]
        if isinstance(node, Add):
            pending += [(sign, each) for each in node.operands if each not in fixed]
        elif isinstance(node, Sub):
            pending += [(s, each) for s, each in zip((sign, -sign), node.operands, strict=True) if each not in fixed]
        elif isinstance(node, Neg):
            pending.append((-sign, node.operands[0]))
        elif isinstance(node, Mul | Div) and len(fixed) == 1 and (isinstance(node, Mul) or node.operands[1] in fixed):
            (factor,) = fixed
            (other,) = (each for each in node.operands if each is not factor)
            value = source(factor)
            negative = isinstance(value, Constant) and value.value.size and (value.value < 0).all()
            positive = not isinstance(value, Constant) or (value.value > 0).all()
            if negative or positive:
                pending.append((-sign if negative else sign, other))
            else:
                yield sign, node
        elif isinstance(node, ReduceSum | ReduceMean) or node.keeps_order:
            pending.append((sign, node.operands[0]))
        else:
            yield sign, node


def _rewards(sign: int, term: Node, facts: Facts) -> bool:
    """Whether a term, with its sign, is at most 0 and unbounded below: a likelihood, or an error that is taken off."""
    if sign < 0:
        return isinstance(term, OverClasses | BinaryCrossEntropy) or _is_error(term, facts)
    likely = _log_probability(term, facts)
    if likely is None and isinstance(term, Mul):
        for weight, other in (term.operands, term.operands[::-1]):
            logarithm = _log_probability(other, facts)
            if logarithm is not None and _is_distribution(weight, other, facts):
                likely = logarithm
    return likely is not None


def _log_probability(node: Node, facts: Facts) -> Node | None:
    """The logarithm of a probability that is learned: at most 0, but for what keeps it finite, and far below it."""
    bounds = facts.bounds[node]
    found = bounds.high <= NEARLY and bounds.low < FAR and node in facts.learned_values
    return node if found and not isinstance(source(node), Neg | Sub) else None


def _is_distribution(weight: Node, logarithm: Node, facts: Facts) -> bool:
    """Whether a given value is what a prediction should be: labels as rows, a distribution, or one of a pair t and 1 − t."""
    given = source(weight)
    if isinstance(given, OneHot) or facts.bounds[weight].low >= 0:
        return weight not in facts.learned_values
    if isinstance(given, Input):
        whole = weight.shape == logarithm.shape and _whole(logarithm)
        return whole or any(isinstance(user, Sub) and _complement(user) is given for user in _all_users(given, facts))
    return isinstance(given, Sub) and isinstance(_complement(given), Input)


def _whole(logarithm: Node) -> bool:
    """Whether it is of all probabilities of a distribution, none of which was picked."""
    while not isinstance(logarithm, LogSoftmax | Softmax):
        operands = [each for each in logarithm.operands if each.shape == logarithm.shape]
        if not elementwise(logarithm) or len(operands) != 1:
            return False
        (logarithm,) = operands
    return True


def _all_users(node: Node, facts: Facts) -> Iterator[Node]:
    pending = [node]
    while pending:
        for user in facts.users[pending.pop()]:
            yield user
            if moved_operand(user) is not None:
                pending.append(user)


def _complement(node: Sub) -> Node | None:
    """t, of 1 − t."""
    one = node.operands[0]
    return source(node.operands[1]) if isinstance(one, Constant) and (one.value == 1).all() else None


def _is_error(term: Node, facts: Facts) -> bool:
    """Whether it is an error against what is given: a loss, or the square or absolute value of a difference."""
    if isinstance(term, Loss):
        return facts.bounds[term].low >= 0
    if isinstance(term, Pow | Abs) or (isinstance(term, Mul) and term.operands[0] is term.operands[1]):
        return facts.bounds[term].low >= 0 and isinstance(source(term.operands[0]), Sub)
    return False


def _has_target(term: Node, facts: Facts) -> bool:
    """Whether a term compares what is learned with what a run is given."""
    if isinstance(term, OverClasses | BinaryCrossEntropy | Loss):
        return isinstance(source(term.operands[1]), Input)
    if isinstance(term, Mul) and term.operands[0] is not term.operands[1]:
        return any(each in facts.given_values and each not in facts.learned_values for each in term.operands)
    picked = term
    while (moved := moved_operand(picked)) is not None:
        if isinstance(picked, GatherElements | GatherND) and picked.operands[1] in facts.given_values:
            return True
        picked = moved
    difference = source(term.operands[0]) if term.operands else term
    return isinstance(difference, Sub) and any(isinstance(source(each), Input) for each in difference.operands)


def _described(term: Node) -> str:
    return f"{term} of {term.operands[0]}" if term.operands and not term.name else str(term)


LOSSES = (loss_without_minimum, clipped_before_loss)
"""The lints, in the order in which they are asked."""
